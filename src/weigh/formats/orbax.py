"""Orbax checkpoints: folders with the tree of what was saved as JSON, and each array as a zarr array or inside OCDBT.

Of an array in a folder of its own, zarr's metadata tell all. Arrays inside OCDBT, a key-value store of compressed
pages, are told from what Orbax notes beside: their shapes, not their number formats. No file is opened because another
one names it: what is there is listed, links left out, and looked up by the names of the tree.

Sources: Orbax checkpoint format, ``docs/guides/checkpoint/checkpoint_format.ipynb``; ``orbax/checkpoint/_src/metadata/
tree.py`` (``_METADATA``), ``array_metadata_store.py``, ``sharding.py``; zarr specifications, version 2, section
"Metadata", and version 3, section "Array metadata".
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from typing import Any

from weigh.account.account import Account
from weigh.account.receipt import Receipt
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats import jax_tree, plain_json
from weigh.formats.source import Limits, opened

TREE, CHECKPOINT, SHARDING, ARRAYS = "_METADATA", "_CHECKPOINT_METADATA", "_sharding", "array_metadatas"
ZARR = (".zarray", "zarr.json")
UNKNOWN = "unknown"
"""The number format of an array that nothing tells."""

_STORE = "manifest.ocdbt"
_SHOWN = 100  # characters of a name in a message
_ARRAYS = ("jax.Array", "np.ndarray", "scalar")
_KINDS = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_TYPE = re.compile(r"[<>|=]?([biufc])([0-9]{1,2})")


def recognises_folder(path: str | os.PathLike[str]) -> bool:
    """Return whether a folder is a checkpoint: by the metadata of a tree or of a step."""
    return any(os.path.isfile(os.path.join(path, mark)) for mark in (TREE, CHECKPOINT))


def read_folder(path: str | os.PathLike[str], limits: Limits | None = None) -> Account:
    """Return the account of a checkpoint: of a tree, or of one step with several.

    Raises:
        FormatError: there is no tree in it, or what describes it contradicts itself.
    """
    folder = os.fsdecode(path)
    reader = _Checkpoint(folder, limits or Limits())
    there = reader.listed(folder)
    reader.said(there)
    if _is_tree(there):
        reader.tree(folder, there, ())
    else:
        for name, entry in there.items():
            if entry.is_dir(follow_symlinks=False) and _is_tree(inner := reader.listed(entry.path)):
                reader.trees.append(name)
                reader.tree(entry.path, inner, (name,))
        if not reader.trees:
            raise FormatError(f"{folder}: there is no {TREE!r} in this folder or in those inside: no tree was saved.")
    reader.receipt.bytes_present = reader.size(folder)
    account = Account.stored(os.path.basename(os.path.abspath(folder)), reader.arrays, "orbax", reader.receipt)
    account.config.update(reader.config)
    return account


Entries = dict[str, "os.DirEntry[str]"]


def _is_tree(there: Entries) -> bool:
    return TREE in there or _STORE in there or any(_is_array(entry) for entry in there.values())


def _is_array(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and any(os.path.lexists(os.path.join(entry.path, name)) for name in ZARR)


class _Checkpoint:
    """A checkpoint while it is read."""

    def __init__(self, folder: str, limits: Limits) -> None:
        self._limits = limits
        self._seen = 0
        self.receipt = Receipt(folder, 0, limits.to_dict())
        self.arrays: list[Stored] = []
        self.trees: list[str] = []
        self.config: dict[str, Any] = {}

    # What is there ------------------------------------------------------------------------------------------------

    def listed(self, folder: str) -> Entries:
        """Return what is in a folder, in order of the names."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise FormatError(f"{folder}: cannot be read: {error.strerror or error}.") from error
        self._seen += len(entries)
        if self._seen > self._limits.entries:
            raise FormatError(f"{folder}: there are more entries than the limit `entries`, {self._limits.entries:,}.")
        return {entry.name: entry for entry in entries}

    def size(self, folder: str) -> int:
        """Return the bytes of all files in a folder and those inside, links left out."""
        total, waiting = 0, [(folder, 0)]
        while waiting:
            inner, depth = waiting.pop()
            for entry in self.listed(inner).values():
                if entry.is_dir(follow_symlinks=False) and depth < self._limits.depth:
                    waiting.append((entry.path, depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
        return total

    def json(self, entry: os.DirEntry[str] | None) -> Any:
        """Return what a file says; an empty object where there is none."""
        if entry is None or not entry.is_file(follow_symlinks=False):
            return {}
        with opened(entry.path, self._limits) as source:
            source.check(source.size, "header", "the length of the metadata")
            data = source.read(0, source.size, "the metadata")
            self.receipt.add(source.receipt)
        return plain_json.parsed(data, entry.path, depth=self._limits.depth)

    def said(self, there: Entries) -> None:
        """Keep what a checkpoint says of itself."""
        if said := _object(self.json(there.get(CHECKPOINT))):
            self.config["checkpoint"] = said

    # A tree -------------------------------------------------------------------------------------------------------

    def tree(self, folder: str, there: Entries, before: tuple[str, ...]) -> None:
        """Add the arrays of a tree."""
        said = _object(self.json(there.get(TREE)))
        custom = said.get("custom_metadata")
        if custom is not None:
            self.config["/".join((*before, "custom_metadata"))] = custom
        leaves = list(self._leaves(said, folder))
        folders = {name: entry for name, entry in there.items() if _is_array(entry)}
        if not leaves:
            leaves = [(tuple(name.split(".")), {"value_type": "np.ndarray"}) for name in folders]
        shapes = self._shapes(there, folder)
        untold: list[str] = []
        formats = 0
        for parts, value in leaves:
            name = ".".join(parts)
            if name in folders:
                shape, dtype = self._zarr(folders[name])
            elif value.get("value_type") not in _ARRAYS:
                continue
            else:
                given = _sizes(value.get("write_shape"))
                found = shapes.get(name, given)
                found = () if found is None and value["value_type"] == "scalar" else found
                if found is None:
                    untold.append(name)
                    continue
                shape, dtype = found, UNKNOWN
                formats += 1
            if len(shape) > self._limits.rank:
                raise FormatError(f"{folder}: the rank of {name[:_SHOWN]!a} is above the limit `rank`.")
            width = jax_tree.width(dtype) or 0
            count = 1
            for size in shape:
                count *= size
            self.arrays.append(jax_tree.stored((*before, *parts), shape, dtype, count * width))
        if formats:
            self.receipt.notes.append(
                f"{folder}: {formats:,} arrays are inside OCDBT, whose pages are not unpacked: their shapes are those "
                "that Orbax notes beside, and neither their number formats nor their bytes are told."
            )
        if untold:
            self.receipt.notes.append(
                f"{folder}: of {len(untold):,} arrays inside OCDBT nothing tells the shape, and they are in no total: "
                f"{', '.join(ascii(name[:_SHOWN]) for name in untold[:10])}."
            )

    def _leaves(self, said: dict[str, Any], folder: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
        """Yield the names on the way to each leaf, and what is said of it."""
        tree = _object(said.get("tree_metadata"))
        if len(tree) > self._limits.entries:
            raise FormatError(f"{folder}: the tree has more leaves than the limit `entries`.")
        text = 0
        for leaf in tree.values():
            keys = _object(leaf).get("key_metadata")
            names = [_object(key).get("key") for key in keys] if isinstance(keys, list) else []
            if not names or not all(isinstance(name, str | int) for name in names):
                raise FormatError(f"{folder}: {TREE!r} should say the keys of every leaf in `key_metadata`.")
            if len(names) > self._limits.depth:
                raise FormatError(f"{folder}: the tree is nested deeper than the limit `depth`.")
            parts = tuple(map(str, names))
            text += sum(map(len, parts))
            if text > self._limits.text:
                raise FormatError(f"{folder}: the names of the tree are longer than the limit `text`.")
            yield parts, _object(_object(leaf).get("value_metadata"))

    def _shapes(self, there: Entries, folder: str) -> dict[str, tuple[int, ...]]:
        """Return shapes by name from what each process notes of what it wrote, times the parts of its sharding."""
        noted = there.get(ARRAYS)
        if noted is None or not noted.is_dir(follow_symlinks=False):
            return {}
        shardings = _object(self.json(there.get(SHARDING)))
        shapes: dict[str, tuple[int, ...]] = {}
        for entry in self.listed(noted.path).values():
            arrays = _object(self.json(entry)).get("array_metadatas")
            for array in arrays if isinstance(arrays, list) else ():
                one = _object(_object(array).get("array_metadata"))
                name, written = one.get("param_name"), _sizes(one.get("write_shape"))
                if isinstance(name, str) and written is not None:
                    split = shardings.get(base64.b64encode(name.encode("utf-8", "replace")).decode())
                    shapes[name] = self._whole(written, split, f"{folder}: {name[:_SHOWN]!a}")
        return shapes

    def _whole(self, written: tuple[int, ...], sharding: Any, where: str) -> tuple[int, ...]:
        """Return the shape of an array of which each device wrote a part."""
        if not isinstance(sharding, str):
            return written
        said = _object(plain_json.parsed(sharding.encode("utf-8", "replace"), where, depth=self._limits.depth))
        axes, sizes, spec = said.get("axis_names"), _sizes(said.get("shape")), said.get("partition_spec")
        if not isinstance(axes, list) or sizes is None or len(axes) != len(sizes) or not isinstance(spec, list):
            return written
        mesh = {str(axis): size for axis, size in zip(axes, sizes, strict=True)}
        whole = list(written)
        for place, names in enumerate(spec[: len(whole)]):
            for name in names if isinstance(names, list) else [names]:
                whole[place] *= mesh.get(str(name), 1)
        return tuple(whole)

    def _zarr(self, entry: os.DirEntry[str]) -> tuple[tuple[int, ...], str]:
        """Return the shape and the number format of an array in a folder of its own."""
        there = self.listed(entry.path)
        metadata = next(there[name] for name in ZARR if name in there)
        if not metadata.is_file(follow_symlinks=False):
            raise FormatError(f"{metadata.path}: this is no file of its own, and is not followed.")
        said = _object(self.json(metadata))
        shape = _sizes(said.get("shape"))
        named = said.get("dtype" if metadata.name == ZARR[0] else "data_type")
        dtype = _dtype(named)
        if shape is None or dtype is None:
            raise FormatError(
                f"{metadata.path}: an array should have a shape and a number format, not {str(said.get('shape'))[:80]} "
                f"and {str(named)[:80]!a}."
            )
        return shape, dtype


def _dtype(named: Any) -> str | None:
    """Return the name of a number format of zarr; ``None`` if it is none."""
    if not isinstance(named, str):
        return None
    match = _TYPE.fullmatch(named)
    if match is not None:
        named = "bool" if match[1] == "b" else f"{_KINDS[match[1]]}{8 * int(match[2])}"
    return named if jax_tree.width(named) is not None else None


def _sizes(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, list) or not all(type(size) is int and 0 <= size < 1 << 63 for size in value):
        return None
    return tuple(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
