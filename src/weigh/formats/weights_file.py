"""The ``.weights.h5`` file of Keras 3: for each part of a network a group ``<path>/vars`` with arrays ``0``, ``1``, …

Source: Keras 3.15, ``keras/src/saving/saving_lib.py`` (`H5IOStore`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from weigh.errors import FormatError
from weigh.formats.atomic import replacing
from weigh.formats.hdf5 import Hdf5File


class Group(NamedTuple):
    """The values of one part of a network.

    Attributes:
        path: where the part stands in the network: ``"layers/dense_1"``; ``""`` for the network itself.
        name: what the part is called.
        values: arrays by name.
    """

    path: str
    name: str
    values: dict[str, Any]


def save(path: str, groups: Iterable[Group], overwrite: bool = True) -> None:
    """Write a weights file, whole or not at all.

    Raises:
        SaveError: it cannot be written; what was there before is untouched.
    """
    with replacing(path, overwrite) as file:
        write(file, groups)


def write(file: BinaryIO, groups: Iterable[Group]) -> None:
    """Write the content of a weights file."""
    import h5py

    with h5py.File(file, "w") as root:
        for group in groups:
            variables = root.create_group(_variables(group.path))
            variables.attrs["name"] = group.name
            for key, value in group.values.items():
                dataset = variables.create_dataset(key, data=value)
                if dataset.dtype.kind == "V":  # HDF5 has no such type; it keeps the bytes
                    dataset.attrs["dtype"] = str(value.dtype)


class Weights:
    """An open weights file.

    Args:
        file: the open file.
        name: what the file is called in messages.

    Raises:
        FormatError: it is no HDF5 file, or is damaged.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = Hdf5File(file, name)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def keys(self, path: str) -> list[str]:
        """Return the names of the arrays of the part at `path`; none where it has none."""
        return self._file.members(_variables(path)) or []

    def shape(self, path: str, key: str) -> tuple[int, ...]:
        """Return the shape of an array."""
        return self._file.shape(f"{_variables(path)}/{key}")

    def array(self, path: str, key: str) -> Any:
        """Return an array; raises as :meth:`weigh.formats.hdf5.Hdf5File.array`."""
        return self._file.array(f"{_variables(path)}/{key}")


@contextmanager
def opened(path: str) -> Iterator[Weights]:
    """Yield the weights file at `path`, open for reading.

    Raises:
        FormatError: there is no such file, or it is no weights file, or is damaged.
    """
    with existing(path) as file:
        weights = Weights(file, path)
        try:
            yield weights
        finally:
            weights.close()


@contextmanager
def existing(path: str) -> Iterator[BinaryIO]:
    """Yield a file open for reading.

    Raises:
        FormatError: there is no such file, it is a folder, or it may not be read.
    """
    if os.path.isdir(path):
        raise FormatError(f"{path!r} is a folder; give the path of a file.")
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; only opening may fail for these reasons
    except OSError as error:
        raise FormatError(f"{path!r} cannot be read: {error.strerror or error}.") from error
    with file:
        yield file


def _variables(path: str) -> str:
    return f"{path}/vars" if path else "vars"
