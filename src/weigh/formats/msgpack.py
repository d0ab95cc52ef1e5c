"""Flax's msgpack files: a tree of maps whose leaves are arrays, each a shape, a number format and the bytes.

The bytes of an array are passed over. An array of more than 2³⁰ bytes is in chunks of that, under a map that says its
shape. Numbers and texts at other leaves are no weights and are kept as what the file says beside them.

Sources: msgpack specification, section "Formats"; Flax, ``flax/serialization.py`` (``_MsgpackExtType``,
``_ndarray_to_bytes``, ``_chunk``).
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple, NoReturn

from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats import jax_tree
from weigh.formats.source import Source

SUFFIXES = (".msgpack",)

_CHUNKED = "__msgpack_chunked_array__"
_NDARRAY, _COMPLEX, _SCALAR = 1, 2, 3
_SHOWN = 100  # characters of a name in a message
_KEPT = 1000  # values beside the arrays that are kept

_MAPS = {0xDE: 2, 0xDF: 4}
_LISTS = {0xDC: 2, 0xDD: 4}
_TEXTS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BINARY = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_UNSIGNED = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_SIGNED = {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_FLOATS = {0xCA: ">f", 0xCB: ">d"}


def recognises(head: bytes, name: str) -> bool:
    """Return whether this is a map whose first key is a text, as a tree of Flax is; else by its name."""
    if name.lower().endswith(SUFFIXES):
        return True
    if len(head) < 6:
        return False
    key = 1 + _MAPS.get(head[0], 0)
    if not (0x81 <= head[0] <= 0x8F or head[0] in _MAPS) or not 0xA1 <= head[key] <= 0xBF:
        return False
    text = head[key + 1 : key + 1 + (head[key] & 0x1F)]
    return text.isascii() and text.decode("ascii").isprintable() and len(text) == head[key] & 0x1F


def read(source: Source) -> Account:
    """Return the account of a Flax msgpack file.

    Raises:
        FormatError: it is none, or contradicts itself or the file's length.
    """
    reader = _Reader(source)
    try:
        tree = reader.value(0)
        if not isinstance(tree, dict | _Array):
            raise FormatError(f"{source.name}: a tree of arrays should be a map, not {str(tree)[:_SHOWN]!a}.")
        found = _Leaves(source)
        found.add(tree, ())
    except RecursionError as error:
        raise FormatError(f"{source.name}: this is nested too deeply.") from error
    if reader.at < source.size:
        source.receipt.notes.append(f"{source.name}: {source.size - reader.at:,} bytes follow the tree.")
    account = Account.stored(source.name, found.arrays, "flax msgpack", source.receipt)
    account.config.update(found.others)
    return account


class _Array(NamedTuple):
    """An array whose bytes were passed over."""

    shape: tuple[int, ...]
    dtype: str
    bytes: int


class _Leaves:
    """The arrays of a tree, and what else stands at its leaves."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = 0
        self.arrays: list[Stored] = []
        self.others: dict[str, Any] = {}

    def add(self, value: Any, parts: tuple[str, ...]) -> None:
        """Add what stands at a place."""
        if isinstance(value, dict) and value.get(_CHUNKED) is True:
            value = self._joined(value, parts)
        if isinstance(value, dict | list):
            named = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in named:
                self.add(item, (*parts, str(key)))
            return
        self._text += sum(map(len, parts)) + len(parts)
        self._source.check(self._text, "text", "the length of all names")
        if isinstance(value, _Array):
            self.arrays.append(jax_tree.stored(parts, *value))
        elif type(value) is int and (counter := jax_tree.stored(parts, (), "int64", 8)).role:
            self.arrays.append(counter)
        elif value is not None and len(self.others) < _KEPT:
            self.others["/".join(parts)] = value

    def _joined(self, value: dict[str, Any], parts: tuple[str, ...]) -> _Array:
        """Return the array that is in chunks."""
        where = f"{self._source.name}: the array {'/'.join(parts)[:_SHOWN]!a} in chunks"
        sizes, chunks = (self._numbered(value.get(name), where) for name in ("shape", "chunks"))
        if not all(type(size) is int and size >= 0 for size in sizes):
            raise FormatError(f"{where} has a shape that is no list of sizes.")
        if not all(isinstance(chunk, _Array) for chunk in chunks) or len({chunk.dtype for chunk in chunks}) > 1:
            raise FormatError(f"{where} should be of arrays of one number format.")
        self._source.check(len(sizes), "rank", f"{where}: the rank")
        dtype = chunks[0].dtype if chunks else "float32"
        claimed = _product(sizes) * (jax_tree.width(dtype) or 1)
        held = sum(chunk.bytes for chunk in chunks)
        if claimed != held:
            raise FormatError(f"{where} claims {claimed:,} bytes, {tuple(sizes)} of {dtype}, and has {held:,}.")
        return _Array(tuple(sizes), dtype, held)

    def _numbered(self, value: Any, where: str) -> list[Any]:
        """Return the items of a tuple, which Flax writes as a map from numbers."""
        if not isinstance(value, dict) or set(value) != {str(number) for number in range(len(value))}:
            raise FormatError(f"{where} should have `shape` and `chunks` as maps from 0, 1, …")
        return [value[str(number)] for number in range(len(value))]


def _product(sizes: Any) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product


class _Reader:
    """Values of a msgpack file one after the other.

    Attributes:
        at: where the next one begins.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._items = 0
        self._text = 0
        self.at = 0

    def value(self, depth: int) -> Any:
        """Return the next value; an array without its bytes, binary data as their number."""
        self._items += 1
        self._source.check(self._items, "entries", "the number of values")
        kind = self._take(1, "a value")[0]
        if kind <= 0x7F:
            return kind
        if kind <= 0x8F:
            return self._map(kind & 0x0F, depth)
        if kind <= 0x9F:
            return self._list(kind & 0x0F, depth)
        if kind <= 0xBF:
            return self._string(kind & 0x1F)
        if kind >= 0xE0:
            return kind - 0x100
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind in _UNSIGNED:
            return self._number(_UNSIGNED[kind])
        if kind in _SIGNED:
            return int.from_bytes(self._take(_SIGNED[kind], "a number"), "big", signed=True)
        if kind in _FLOATS:
            return struct.unpack(_FLOATS[kind], self._take(4 if kind == 0xCA else 8, "a number"))[0]
        if kind in _TEXTS:
            return self._string(self._number(_TEXTS[kind]))
        if kind in _MAPS:
            return self._map(self._number(_MAPS[kind]), depth)
        if kind in _LISTS:
            return self._list(self._number(_LISTS[kind]), depth)
        if kind in _BINARY:
            return f"{self._skip(self._number(_BINARY[kind]), 'binary data'):,} bytes"
        if kind in _EXTENSIONS or kind in _FIXED_EXTENSIONS:
            return self._extension(_FIXED_EXTENSIONS.get(kind) or self._number(_EXTENSIONS[kind]))
        self._fail(f"0x{kind:02x} begins no value")

    def _take(self, count: int, what: str) -> bytes:
        data = self._source.read(self.at, count, what)
        self.at += count
        return data

    def _skip(self, count: int, what: str) -> int:
        if count > self._source.size - self.at:
            self._fail(f"{what} of {count:,} bytes, of which {self._source.size - self.at:,} are there")
        self.at += count
        return count

    def _number(self, count: int) -> int:
        return int.from_bytes(self._take(count, "a number"), "big")

    def _string(self, length: int) -> str:
        self._source.check(length, "name", f"the length of a text at {self.at:,}")
        self._text += length
        self._source.check(self._text, "text", "the length of all texts")
        return self._take(length, "a text").decode("utf-8", "backslashreplace")

    def _several(self, count: int, least: int, depth: int) -> range:
        self._source.check(depth + 1, "depth", f"the nesting at {self.at:,}")
        if count * least > self._source.size - self.at:
            self._fail(f"{count:,} values, for which the file is too short")
        return range(count)

    def _map(self, count: int, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for _ in self._several(count, 2, depth):
            key = self.value(depth + 1)
            if not isinstance(key, str | int):
                self._fail("a key that is neither a text nor a number")
            if str(key) in fields:
                self._fail(f"the key {str(key)[:_SHOWN]!a} twice")
            fields[str(key)] = self.value(depth + 1)
        return fields

    def _list(self, count: int, depth: int) -> list[Any]:
        return [self.value(depth + 1) for _ in self._several(count, 1, depth)]

    def _extension(self, length: int) -> Any:
        kind = int.from_bytes(self._take(1, "the type of an extension"), "big", signed=True)
        if length > self._source.size - self.at:
            self._fail(f"an extension of {length:,} bytes, of which {self._source.size - self.at:,} are there")
        end = self.at + length
        if kind in (_NDARRAY, _SCALAR):
            return self._array(end)
        self.at = end
        if kind != _COMPLEX:
            self._source.receipt.notes.append(f"{self._source.name}: an extension of type {kind} is none of Flax.")
        return "a complex number" if kind == _COMPLEX else f"an extension of type {kind}"

    def _array(self, end: int) -> _Array:
        """Return an array from the head of its extension: a list of shape, number format and bytes."""
        if self._take(1, "an array")[0] != 0x93:
            self._fail("an array that is no list of three")
        shape = self.value(self._source.limits.depth - 2)
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            self._fail("a shape that is no list of sizes")
        self._source.check(len(shape), "rank", f"the rank of the array at {self.at:,}")
        dtype = self.value(self._source.limits.depth - 1)
        width = jax_tree.width(dtype) if isinstance(dtype, str) else None
        if width is None:
            self._fail(f"the number format {str(dtype)[:_SHOWN]!a}, which is not known")
        kind = self._take(1, "the bytes of an array")[0]
        if kind not in _BINARY:
            self._fail("an array without bytes")
        held = self._number(_BINARY[kind])
        claimed = _product(shape) * width
        if held != claimed or self.at + held != end:
            self._fail(f"an array that claims {claimed:,} bytes, {tuple(shape)} of {dtype}, and has {held:,}")
        self.at = end
        return _Array(tuple(shape), dtype, held)

    def _fail(self, what: str) -> NoReturn:
        raise FormatError(f"{self._source.name}: at {self.at:,} there is {what}.")
