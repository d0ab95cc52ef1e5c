"""The weights of Keras 1 and 2: an HDF5 file with a group a layer, listed in order in attributes.

The file, or its group ``model_weights`` where a whole network was saved, has an attribute ``layer_names``; the group of
each layer has an attribute ``weight_names`` and the arrays of these names. Lists that do not fit one attribute go on in
``layer_names0``, ``layer_names1``, … Keras 3 reads these files too, and the official weights come in them.

Source: Keras 3.15, ``keras/src/legacy/saving/legacy_h5_format.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats.hdf5 import SIGNATURE, Hdf5File
from weigh.formats.source import Source
from weigh.formats.weights_file import existing

SUFFIXES = (".h5", ".hdf5", ".hdf")
WHOLE = "model_weights"


def recognises(head: bytes, name: str) -> bool:
    """Return whether this is an HDF5 file: by its signature, else by its name."""
    return head.startswith(SIGNATURE) or name.lower().endswith(SUFFIXES)


def is_of(path: str) -> bool:
    """Return whether there is a file with the signature of HDF5."""
    with existing(path) as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def read(source: Source) -> Account:
    """Return the account of an HDF5 file of Keras 1, 2 or 3, or of any other; raises as `read_hdf5`."""
    from weigh.formats.keras_account import read_hdf5

    return read_hdf5(source)


class SavedLayer(NamedTuple):
    """A layer of the file.

    Attributes:
        name: what it is called there.
        arrays: the paths of its arrays, in order.
    """

    name: str
    arrays: list[str]


class LayerFile:
    """An open file of the older layout.

    Attributes:
        layers: the layers that have arrays, in the order of the network.
    """

    def __init__(self, file: Hdf5File, name: str) -> None:
        self._file = file
        root = ""
        names = file.strings("", "layer_names")
        if names is None:
            root, names = f"{WHOLE}/", file.strings(WHOLE, "layer_names")
        if names is None:
            raise FormatError(
                f"{name}: there is no list `layer_names`: these are not weights as Keras 1 or 2 wrote them. Weights of "
                "Keras 3 "
                "are in files that end in '.weights.h5'."
            )
        found = [SavedLayer(layer, self._arrays(f"{root}{layer}")) for layer in names]
        self.layers = [layer for layer in found if layer.arrays]

    def _arrays(self, group: str) -> list[str]:
        return [f"{group}/{weight}" for weight in self._file.strings(group, "weight_names") or []]

    def text(self, attribute: str) -> str | None:
        """Return a text that stands in an attribute of the file; ``None`` where there is none."""
        texts = self._file.strings("", attribute)
        return texts[0] if texts and len(texts) == 1 else None

    def shape(self, path: str) -> tuple[int, ...]:
        """Return the shape of an array."""
        return self._file.shape(path)

    def array(self, path: str) -> Any:
        """Return an array; raises as :meth:`weigh.formats.hdf5.Hdf5File.array`."""
        return self._file.array(path)


@contextmanager
def opened(path: str) -> Iterator[LayerFile]:
    """Yield the file at `path`, open for reading.

    Raises:
        FormatError: there is no such file, or it is no file of this layout, or is damaged.
        UnsafeFileError: it asks for something that reading must not do.
    """
    with existing(path) as file:
        whole = Hdf5File(file, path)
        try:
            yield LayerFile(whole, path)
        finally:
            whole.close()
