"""Every array of an HDF5 file by its description, and the texts beside: no data are read, and nothing outside the file.

Groups are entered through hard links alone, each once, so that no link leads in circles or out. A dataset whose data
lie in other files, or are made of other datasets, or are claimed and not there, is told of and left out: its shape
would say nothing about this file.

Sources: HDF5 File Format Specification 3.0, sections IV.A.2.d (dataspace), IV.A.2.g (links), IV.A.2.h (external files)
and IV.A.2.i (layout); CVE-2026-1669 (external storage and links), CVE-2026-0897 (shapes that are only claimed);
keras pull request 22976 (virtual datasets), tf-keras pull request 921 (soft links).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, NamedTuple

from weigh.errors import FormatError, WeighError
from weigh.formats.hdf5 import SIGNATURE
from weigh.formats.hdf5_names import Names
from weigh.formats.source import Source

_NUMBERS = "biufcV"
_FORMAT = re.compile(r"[a-z0-9_]{1,32}")


class Dataset(NamedTuple):
    """An array of the file.

    Attributes:
        path: through groups, ``"layers/dense/vars/0"``.
        shape: its sizes.
        dtype: its number format.
        bytes: that its elements take.
        address: the same for paths that lead to one dataset.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    address: int


class Walk:
    """A walk through a file.

    Args:
        source: the file.

    Attributes:
        datasets: all that hold numbers of this file, by path, in the order of the names; numbers by their value.
        groups: all groups, by path, as h5py's low level has them.

    Raises:
        FormatError: it is no HDF5 file, is damaged, or exceeds a limit.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.datasets: dict[str, Dataset] = {}
        self.groups: dict[str, Any] = {}
        self._addresses: set[int] = set()
        self._stored = 0
        self._text = 0
        self._names = Names(self._bytes, source.size, min(source.size, source.limits.header))
        if source.read(0, min(source.size, len(SIGNATURE)), "the signature") != SIGNATURE:
            raise FormatError(f"{source.name}: this is not an HDF5 file: it does not begin with {SIGNATURE!r}.")
        with self._told(""):
            import h5py

            self._file = h5py.File(source.as_file(), "r")
            try:
                self._enter_all()
            except BaseException:
                self._file.close()
                raise

    def __enter__(self) -> Walk:
        return self

    def __exit__(self, *error: object) -> None:
        self.groups.clear()
        self._file.close()

    def text(self, path: str, attribute: str) -> str | None:
        """Return the text of a group's attribute; ``None`` where there is neither; raises as `texts`."""
        found = self._texts(self._names.texts, path, attribute)
        if found is not None and len(found) != 1:
            raise FormatError(f"{self._source.name}: the attribute {attribute!r} of {path!a} should be one text.")
        return found[0] if found else None

    def texts(self, path: str, attribute: str) -> list[str] | None:
        """Return the texts of a group's attribute, which may be divided; ``None`` where there is neither.

        Raises:
            FormatError: it holds something else, or more than makes sense.
        """
        return self._texts(self._names.divided, path, attribute)

    def has(self, path: str, attribute: str) -> bool:
        """Return whether there is a group with an attribute, or with the first part of a divided one."""
        from h5py import h5a

        names = (attribute.encode(), f"{attribute}0".encode())
        with self._told(path):
            return path in self.groups and any(h5a.exists(self.groups[path], name) for name in names)

    def note(self, sentence: str) -> None:
        """Let the receipt say what a reader of the account should know."""
        self._source.receipt.notes.append(f"{self._source.name}: {sentence}")

    def _texts(self, of: Any, path: str, attribute: str) -> list[str] | None:
        if path not in self.groups:
            return None
        with self._told(path):
            where = f"{self._source.name}: {path!a}" if path else self._source.name
            found: list[str] | None = of(self.groups[path], attribute, where)
        self._count_text(sum(map(len, found or ())))
        return found

    def _bytes(self, offset: int, count: int) -> bytes:
        there = max(0, self._source.size - offset)
        return self._source.read(offset, min(count, there), "an object header") if there else b""

    def _count_text(self, length: int) -> None:
        self._text += length
        self._source.check(self._text, "text", "the length of all names")

    def _enter_all(self) -> None:
        from h5py import h5o

        group = h5o.open(self._file.id, b"/")
        waiting = [("", group, 1)]
        entered = {h5o.get_info(group).addr}
        seen = 1
        while waiting:
            path, group, depth = waiting.pop()
            self.groups[path] = group
            seen += group.get_num_objs()
            self._source.check(seen, "entries", "the number of groups and datasets")
            inner = []
            for name, raw, address in self._links(group, path):
                where = f"{path}/{name}" if path else name
                self._count_text(len(where))
                with self._told(where):
                    thing = h5o.open(group, raw)
                    if hasattr(thing, "get_num_objs"):
                        if address in entered:
                            self._refuse(f"{where!a} leads to a group that was entered already.")
                            continue
                        entered.add(address)
                        self._source.check(depth, "depth", f"the nesting of {where!a}")
                        inner.append((where, thing, depth + 1))
                    elif hasattr(thing, "get_storage_size"):
                        self._take(thing, where, address)
            waiting += reversed(inner)

    def _links(self, group: Any, path: str) -> list[tuple[str, bytes, int]]:
        """Return name, as text and as bytes, and address of what hard links lead to; numbers by their value."""
        from h5py import h5l

        links: list[tuple[str, bytes, int]] = []

        def note(raw: bytes, link: Any) -> None:
            name = raw.decode("utf-8", "backslashreplace")
            if link.type == h5l.TYPE_HARD:
                links.append((name, raw, link.u))
            else:
                kind = {h5l.TYPE_SOFT: "a soft link", h5l.TYPE_EXTERNAL: "a link into another file"}.get(link.type)
                self._refuse(f"{f'{path}/{name}'.lstrip('/')!a} is {kind or 'a link of a kind of its own'}.")

        group.links.iterate(note, info=True)
        return sorted(links, key=lambda link: (0, int(link[0]), "") if _is_number(link[0]) else (1, 0, link[0]))

    def _refuse(self, sentence: str) -> None:
        self._source.receipt.refused.append(f"{self._source.name}: {sentence} It was not followed.")

    def _take(self, dataset: Any, path: str, address: int) -> None:
        """Note a dataset, after its claims were compared with what is there."""
        from h5py import h5d

        plan = dataset.get_create_plist()
        layout = plan.get_layout()
        if plan.get_external_count():
            files = [ascii(plan.get_external(index)[0]) for index in range(min(plan.get_external_count(), 3))]
            self._refuse(f"{path!a} keeps its data in other files, {', '.join(files)}, and is in no total.")
            return
        if layout == h5d.VIRTUAL:
            self._refuse(f"{path!a} is virtual: made of datasets elsewhere, and is in no total.")
            return
        sizes, dtype = dataset.shape, dataset.dtype
        if sizes is None or dtype.kind not in _NUMBERS or dtype.names or dtype.subdtype:
            self.note(f"{path!a} holds no numbers and is in no total.")
            return
        shape = tuple(map(int, sizes))
        self._source.check(len(shape), "rank", f"the rank of {path!a}")
        claimed = prod(shape) * int(dtype.itemsize)
        stored = int(dataset.get_storage_size())
        offset = dataset.get_offset() or 0
        packed = layout == h5d.CHUNKED
        if offset + stored > self._source.size or claimed > stored * (self._source.limits.packed if packed else 1):
            self._refuse(
                f"{path!a} claims {claimed:,} bytes, {shape} of {dtype}, and the file holds "
                f"{min(stored, max(0, self._source.size - offset)):,} for it; it is in no total."
            )
            return
        if path in self.datasets:
            raise FormatError(f"{self._source.name}: two datasets are named {path!a}.")
        if address not in self._addresses:
            self._addresses.add(address)
            self._stored += stored
            if self._stored > self._source.size:
                raise FormatError(f"{self._source.name}: {path!a} claims bytes that other datasets claimed already.")
        self.datasets[path] = Dataset(path, shape, self._format(dataset, dtype, path), claimed, address)

    def _format(self, dataset: Any, dtype: Any, path: str) -> str:
        """Return the name of a number format; one that HDF5 has not stands beside, as Keras notes it."""
        if dtype.kind != "V":
            return str(dtype.name)
        noted = self._names.texts(dataset, "dtype", f"{self._source.name}: {path!a}") or [""]
        known = _FORMAT.fullmatch(noted[0]) if len(noted) == 1 else None
        return noted[0] if known else f"void{8 * int(dtype.itemsize)}"

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """Turn whatever h5py and HDF5 raise on malformed input into a FormatError."""
        try:
            yield
        except WeighError:
            raise
        except (OSError, RuntimeError, ValueError, ArithmeticError, LookupError, TypeError, MemoryError) as error:
            where = f"{self._source.name}: {path!a}" if path else self._source.name
            raise FormatError(f"{where} is truncated or damaged: {str(error)!a}.") from error


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 10
