"""HDF5 files, read through h5py without trusting them: nothing outside the file, and no size that is merely claimed.

Sources: HDF5 File Format Specification 3.0, sections IV.A.2.h (external files), IV.A.2.i (layout) and IV.A.2.l
(filters); CVE-2026-1669 (external storage), CVE-2026-0897 (shapes that are only claimed).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, BinaryIO

from weigh.errors import FormatError, UnsafeFileError, WeighError
from weigh.formats.hdf5_names import Names

SIGNATURE = b"\x89HDF\r\n\x1a\n"
RATIO = 1100  # deflate packs by 1,032 at most, the other filters by less
_DEFLATE, _SHUFFLE, _FLETCHER32, _LZF = 1, 2, 3, 32000
_FILTERS = {_DEFLATE: "gzip", _SHUFFLE: "shuffle", _FLETCHER32: "fletcher32", _LZF: "lzf"}
_FLETCHER32_BYTES = 4


class Hdf5File:
    """An HDF5 file of which only what is asked for is read, after its claims were checked.

    Args:
        file: the open file.
        name: what the file is called in messages.

    Raises:
        FormatError: it is no HDF5 file, or is truncated.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._size = file.seek(0, os.SEEK_END)
        self._names = Names(self._bytes, self._size, self._size)
        self._taken = 0
        self._listed = 0
        file.seek(0)
        if file.read(len(SIGNATURE)) != SIGNATURE:
            raise FormatError(f"{name}: this is not an HDF5 file: it does not begin with {SIGNATURE!r}.")
        import h5py

        with self._told(""):
            self._root = h5py.File(file, "r")

    def close(self) -> None:
        """Let go of the file."""
        self._root.close()

    def members(self, path: str) -> list[str] | None:
        """Return the names in a group, ``None`` where there is no such group.

        Raises:
            FormatError: something on the way is a link or not a group.
        """
        group = self._at(path)
        if group is None:
            return None
        with self._told(path):
            if not hasattr(group, "keys"):
                raise FormatError(f"{self._name}: {path!r} should be a group, but is a dataset.")
            return list(group.keys())

    def shape(self, path: str) -> tuple[int, ...]:
        """Return the shape of a dataset.

        Raises:
            FormatError: there is no such dataset.
        """
        dataset = self._dataset(path)
        with self._told(path):
            return tuple(dataset.shape)

    def array(self, path: str) -> Any:
        """Return a dataset as a NumPy array.

        Raises:
            FormatError: there is no such dataset, it holds something else than numbers, it claims more than the file
                has, or it is packed by an unknown filter.
            UnsafeFileError: its data lie in another file, or it is a decompression bomb.
        """
        dataset = self._dataset(path)
        with self._told(path):
            self._check(dataset, path)
            array = dataset[()]
            named = self._names.texts(dataset.id, "dtype", path) if array.dtype.kind == "V" else None
            return array if named is None else array.view(_extended("".join(named)))

    def strings(self, path: str, attribute: str) -> list[str] | None:
        """Return a list of texts that stands in an attribute of the group at `path`, ``""`` for the file itself.

        A long list is divided among attributes of that name with 0, 1, … behind it, as Keras does.

        Returns:
            ``None`` where there is neither the group nor the attribute.

        Raises:
            FormatError: the attribute holds something else, or claims more than the file has.
        """
        group = self._at(path)
        if group is None:
            return None
        where = f"{self._name}: {path!r}" if path else self._name
        with self._told(path):
            found = self._names.divided(group.id, attribute, where)
        self._listed += sum(map(len, found or ()))
        if self._listed > self._size:
            raise FormatError(f"{where}: lists of names claim {self._listed:,} bytes of a file of {self._size:,}.")
        return found

    def _bytes(self, offset: int, count: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(max(0, min(count, self._size - offset)))

    def _at(self, path: str) -> Any:
        """Return what stands at `path`, followed through plain links only; ``None`` where the way ends."""
        import h5py

        thing = self._root
        for index, part in enumerate(parts := path.split("/") if path else []):
            where = "/".join(parts[: index + 1])
            with self._told(where):
                if not isinstance(thing, h5py.Group):
                    raise FormatError(f"{self._name}: {'/'.join(parts[:index])!r} should be a group, but is a dataset.")
                link = thing.get(part, getlink=True) if part in thing.keys() else None  # noqa: SIM118 - `in` follows links
                if link is None:
                    return None
                if isinstance(link, h5py.ExternalLink):
                    raise UnsafeFileError(f"{self._name}: {where!r} is a link into another file, {link.filename!r}.")
                if not isinstance(link, h5py.HardLink):
                    raise FormatError(f"{self._name}: {where!r} is a {type(link).__name__}, which is not followed.")
                thing = thing[part]
        return thing

    def _dataset(self, path: str) -> Any:
        import h5py

        dataset = self._at(path)
        if not isinstance(dataset, h5py.Dataset):
            raise FormatError(f"{self._name}: there is no dataset at {path!r}.")
        return dataset

    def _check(self, dataset: Any, path: str) -> None:
        where = f"{self._name}: the dataset {path!r}"
        if dataset.external:
            raise UnsafeFileError(f"{where} keeps its data in other files, {[item[0] for item in dataset.external]}.")
        if dataset.is_virtual:
            raise UnsafeFileError(f"{where} is virtual: it is made of datasets of other files.")
        if dataset.shape is None or dataset.dtype.kind not in "biufcV" or dataset.dtype.names or dataset.dtype.subdtype:
            raise FormatError(f"{where} should hold an array of numbers, but holds {dataset.dtype}.")
        claimed = prod(map(int, dataset.shape)) * dataset.dtype.itemsize
        stored = self._stored_chunks(dataset, where) if dataset.chunks else self._stored_block(dataset, where)
        if claimed > stored * (RATIO if dataset.chunks else 1):
            raise FormatError(
                f"{where} claims {claimed:,} bytes, {dataset.shape} of {dataset.dtype}; the file holds {stored:,}."
            )
        self._taken += stored
        if self._taken > self._size:
            raise FormatError(f"{where} claims bytes that other datasets claimed already.")

    def _stored_block(self, dataset: Any, where: str) -> int:
        stored = int(dataset.id.get_storage_size())
        offset = dataset.id.get_offset() or 0  # none where the data stand in the header
        if stored > self._size or offset + stored > self._size:
            raise FormatError(f"{where} claims bytes {offset:,} to {offset + stored:,} of a file of {self._size:,}.")
        return stored

    def _stored_chunks(self, dataset: Any, where: str) -> int:
        """Return the bytes that chunks occupy, after a check that none of them unpacks to more than its size."""
        plan = dataset.id.get_create_plist()
        filters = [plan.get_filter(index)[0] for index in range(plan.get_nfilters())]
        unknown = [number for number in filters if number not in _FILTERS]
        if unknown:
            raise FormatError(f"{where} is packed by the filter {unknown[0]}; known are {list(_FILTERS.values())}.")
        whole = prod(dataset.chunks) * dataset.dtype.itemsize
        stored = 0
        for index in range(dataset.id.get_num_chunks()):
            chunk = dataset.id.get_chunk_info(index)
            if chunk.byte_offset is None or chunk.byte_offset + chunk.size > self._size:
                raise FormatError(f"{where} claims a chunk beyond the end of the file.")
            stored += chunk.size
            if stored > self._size:
                raise FormatError(f"{where} claims {stored:,} bytes of a file of {self._size:,}.")
            if whole > chunk.size * RATIO:
                raise UnsafeFileError(f"{where} unpacks {chunk.size:,} bytes to {whole:,}: a decompression bomb.")
            if _DEFLATE in filters:
                _check_deflated(dataset, chunk, filters, whole, where)
        return stored

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """Turn whatever h5py and HDF5 raise on malformed input into a FormatError."""
        where = f"{self._name}: {path!r}" if path else self._name
        try:
            yield
        except WeighError:
            raise
        except (OSError, RuntimeError, ValueError, ArithmeticError, LookupError, TypeError, zlib.error) as error:
            raise FormatError(f"{where} is truncated or damaged: {error}.") from error


def _check_deflated(dataset: Any, chunk: Any, filters: list[int], whole: int, where: str) -> None:
    # libhdf5 unpacks a chunk to whatever its stream gives, so the stream is tried first, with an end to it.
    skipped, packed = dataset.id.read_direct_chunk(chunk.chunk_offset)
    place = filters.index(_DEFLATE)
    if skipped & (1 << place):
        return
    stream = packed[:-_FLETCHER32_BYTES] if _FLETCHER32 in filters[place + 1 :] else packed
    most = whole + _FLETCHER32_BYTES
    if len(zlib.decompressobj().decompress(stream, most + 1)) > most:
        raise UnsafeFileError(f"{where} has a chunk that unpacks to more than its {whole:,} bytes.")


def _extended(name: Any) -> Any:
    """Return the dtype that Keras notes beside data that HDF5 has no type for, such as ``"bfloat16"``."""
    import ml_dtypes
    import numpy

    if not isinstance(name, str) or not hasattr(ml_dtypes, name):
        raise FormatError(f"There is no number format {name!r}.")
    return numpy.dtype(getattr(ml_dtypes, name))
