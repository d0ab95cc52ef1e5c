"""GGUF, the file of ggml and llama.cpp: pairs of metadata, a table of tensors, and their blocks.

Only what stands before the blocks is read. Arrays of the metadata that say nothing of the network, above all the
tokenizer's vocabulary, which is most of the header, are stepped over without being built. Sizes are given with the
longest stride first, as every other format has them: a GGUF file writes them the other way round.

Source: ggml ``docs/gguf.md``, sections "File structure", "Standardized key-value pairs" and "Version history"
(version 1 counts in 32 bits, later ones in 64; version 3 may be big-endian); ``ggml-common.h`` for the blocks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats.source import Source

SUFFIXES = (".gguf",)
MAGIC = b"GGUF"

TYPES: dict[int, tuple[str, int, int]] = {
    0: ("float32", 1, 4),
    1: ("float16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("int8", 1, 1),
    25: ("int16", 1, 2),
    26: ("int32", 1, 4),
    27: ("int64", 1, 8),
    28: ("float64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("bfloat16", 1, 2),
    31: ("Q4_0_4_4", 32, 18),
    32: ("Q4_0_4_8", 32, 18),
    33: ("Q4_0_8_8", 32, 18),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    36: ("IQ4_NL_4_4", 32, 18),
    37: ("IQ4_NL_4_8", 32, 18),
    38: ("IQ4_NL_8_8", 32, 18),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
    42: ("Q2_0", 64, 18),
}
"""Number formats by their number: name, weights of a block, bytes of a block. 31 to 33 and 36 to 38 are no longer
written; 4 and 5 never stood in a GGUF file."""

_RANK = 4  # GGML_MAX_DIMS
_ALIGNMENT = 32
_LONGEST_ARRAY = 1024  # items; longer ones are vocabularies and their like
_CHUNK = 1 << 16

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
_BOOL, _STRING, _ARRAY = 7, 8, 9
_KINDS = (
    *("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array"),
    *("uint64", "int64", "float64"),
)


def recognises(head: bytes, name: str) -> bool:
    """Return whether this is a GGUF file: by its first four bytes, else by its name."""
    return head.startswith(MAGIC) or name.lower().endswith(SUFFIXES)


def read(source: Source) -> Account:
    """Return the account of a GGUF file, from what stands before the blocks.

    Raises:
        FormatError: it is none, or its tables contradict themselves or the file's length.
    """
    cursor = _Cursor(source)
    tensor_count = cursor.count("the number of tensors")
    pair_count = cursor.count("the number of metadata pairs")
    source.check(tensor_count, "entries", "the number of tensors")
    source.check(pair_count, "entries", "the number of metadata pairs")
    pairs = _pairs(cursor, pair_count, tensor_count)
    tensors = [_Tensor(cursor) for _ in cursor.counted(tensor_count, cursor.least_tensor)]
    alignment = pairs.get("general.alignment", _ALIGNMENT)
    if type(alignment) is not int or alignment <= 0 or alignment & (alignment - 1):
        raise FormatError(f"{source.name}: general.alignment should be a power of two, not {_shown(alignment)}.")
    start = -(-cursor.at // alignment) * alignment
    _check_places(source, tensors, start, alignment)
    account = Account.stored(source.name, [tensor.stored() for tensor in tensors], "GGUF", source.receipt)
    account.config = pairs
    if type(parts := pairs.get("split.count")) is int and parts > 1:
        source.receipt.notes.append(f"{source.name} is one of {parts} parts of a network: the others are not in it.")
    return account


class _Cursor:
    """A place in the header, which goes forward only, and never reads what may not be header any more.

    Attributes:
        at: the place.
        sure: bytes from here on that are header for certain, as far as it has said what is to come.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.at = 0
        self.sure = 0
        self._window = b""
        self._start = 0
        if (magic := self.take(4, "the magic number")) != MAGIC:
            raise FormatError(f"{source.name}: this is not a GGUF file: it begins with {magic!r}, not {MAGIC!r}.")
        self.order = "<"
        version = self.scalar("I", "the version")
        if version & 0xFFFF == 0:  # a version's low half stands where its high half should
            self.order = ">"
            version = int.from_bytes(version.to_bytes(4, "little"), "big")
        if not 1 <= version <= 3:
            raise FormatError(f"{source.name}: GGUF of version {version} is not known; versions 1 to 3 are.")
        self.version = version
        self.wide = "I" if version == 1 else "Q"
        self.length = struct.Struct(self.order + self.wide)
        self.least_pair = self.length.size + 4 + 1
        self.least_tensor = self.length.size + 4 + 4 + 8
        self._text = 0

    def counted(self, count: int, least: int, after: int = 0) -> Iterator[None]:
        """Yield so many times, before things of at least so many bytes, knowing how much must still come after them."""
        for left in range(count, 0, -1):
            self.sure = left * least + after
            yield

    def fill(self, count: int, what: str) -> int:
        """Have the next `count` bytes in the window; return where in it they begin."""
        place = self.at - self._start
        if place + count > len(self._window):
            size = max(count, min(self.sure, _CHUNK, self.source.size - self.at))
            self._window = self.source.read(self.at, size, what)
            self._start, place = self.at, 0
        return place

    def take(self, count: int, what: str) -> bytes:
        place = self.fill(count, what)
        self.step(count)
        return self._window[place : place + count]

    def step(self, count: int) -> None:
        """Go forward; whether the bytes are there shows when the next are read, and at the end."""
        self.at += count
        self.sure = max(0, self.sure - count)

    def scalar(self, code: str, what: str) -> Any:
        size = struct.calcsize(f"={code}")
        return struct.unpack(self.order + code, self.take(size, what))[0]

    def count(self, what: str) -> int:
        return int(self.scalar(self.wide, what))

    def text(self, what: str, limit: str = "text") -> str:
        length = self.source.check(self.count(f"the length of {what}"), limit, f"the length of {what}")
        self._text = self.source.check(self._text + length, "text", "the length of all names and texts")
        data = self.take(length, what)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise FormatError(f"{self.source.name}: {what}, at {self.at - length:,}, is not UTF-8.") from error

    def skip_texts(self, count: int, what: str) -> None:
        """Step over so many texts without building any."""
        width, unpack = self.length.size, self.length.unpack_from
        size, rest = self.source.size, self.sure
        at, start, window = self.at, self._start, self._window
        end = start + len(window)
        for left in range(count, 0, -1):
            if at + width > end:
                self.at, self.sure = at, rest + left * width
                self.fill(width, what)
                start, window = self._start, self._window
                end = start + len(window)
            at += width + unpack(window, at - start)[0]
            if at > size:
                raise FormatError(f"{self.source.name}: {what} goes on to {at:,}, but the file has {size:,} bytes.")
        self.at, self.sure = at, rest


def _pairs(cursor: _Cursor, count: int, tensors: int) -> dict[str, Any]:
    """Return the metadata; arrays that are long or the tokenizer's as what they are made of and how long they are."""
    pairs: dict[str, Any] = {}
    for _ in cursor.counted(count, cursor.least_pair, tensors * cursor.least_tensor):
        key = cursor.text("a metadata key", "name")
        if key in pairs:
            raise FormatError(f"{cursor.source.name}: the metadata name {_shown(key)} twice.")
        kind = cursor.scalar("I", f"the type of {_shown(key)}")
        pairs[key] = _array(cursor, key) if kind == _ARRAY else _value(cursor, kind, key)
    return pairs


def _value(cursor: _Cursor, kind: int, key: str) -> Any:
    if kind == _STRING:
        return cursor.text(f"the value of {_shown(key)}")
    code = _SCALARS.get(kind)
    if code is None:
        raise FormatError(f"{cursor.source.name}: {_shown(key)} is of the unknown type {kind}.")
    value = cursor.scalar(code, f"the value of {_shown(key)}")
    if kind != _BOOL:
        return value
    if value > 1:
        raise FormatError(f"{cursor.source.name}: {_shown(key)} should be true (1) or false (0), not {value}.")
    return bool(value)


def _array(cursor: _Cursor, key: str) -> Any:
    what = f"the array {_shown(key)}"
    kind = cursor.scalar("I", f"the type of {what}")
    count = cursor.source.check(cursor.count(f"the length of {what}"), "entries", f"the length of {what}")
    if kind == _ARRAY:
        raise FormatError(f"{cursor.source.name}: {what} holds arrays, which nothing that writes GGUF does.")
    if kind != _STRING and kind not in _SCALARS:
        raise FormatError(f"{cursor.source.name}: {what} is of the unknown type {kind}.")
    if count <= _LONGEST_ARRAY and not key.startswith("tokenizer."):
        return [_value(cursor, kind, key) for _ in range(count)]
    if kind == _STRING:
        cursor.skip_texts(count, what)
    else:
        width = struct.calcsize(f"={_SCALARS[kind]}")
        if cursor.at + count * width > cursor.source.size:
            raise FormatError(
                f"{cursor.source.name}: {what} claims {count:,} items of {width} bytes from {cursor.at:,} on, but the "
                f"file has {cursor.source.size:,}."
            )
        cursor.at += count * width
    return {"array of": _KINDS[kind], "count": count}


class _Tensor:
    """An entry of the table that makes sense in itself."""

    __slots__ = ("block", "bytes", "dtype", "name", "offset", "per_block", "shape")

    def __init__(self, cursor: _Cursor) -> None:
        source = cursor.source
        self.name = cursor.text("a tensor's name", "name")
        where = f"tensor {_shown(self.name)}"
        rank = cursor.scalar("I", f"the rank of {where}")
        if rank > _RANK:
            raise FormatError(f"{source.name}: {where} claims {rank:,} axes; ggml has at most {_RANK}.")
        sizes = [cursor.count(f"a size of {where}") for _ in range(rank)]
        self.shape = tuple(reversed(sizes))
        kind = cursor.scalar("I", f"the type of {where}")
        self.offset = int(cursor.scalar("Q", f"the offset of {where}"))
        if kind not in TYPES:
            raise FormatError(f"{source.name}: {where} is of the unknown type {kind}; its bytes cannot be told.")
        self.dtype, self.block, self.per_block = TYPES[kind]
        row = sizes[0] if sizes else 1
        if row % self.block:
            raise FormatError(
                f"{source.name}: {where} has rows of {row:,}, which {self.dtype} cannot store: it takes {self.block:,} "
                "at a time."
            )
        count = 1
        for size in sizes:
            count *= size
        self.bytes = count // self.block * self.per_block

    def stored(self) -> Stored:
        packing = ""
        if self.block > 1:
            bits = self.per_block * 8 / self.block
            packing = f"blocks of {self.block} weights in {self.per_block} bytes, {bits:g} bits a weight"
        return Stored(self.name, self.shape, self.dtype, bytes=self.bytes, packing=packing)


def _check_places(source: Source, tensors: list[_Tensor], start: int, alignment: int) -> None:
    """Raise a FormatError unless every tensor's bytes are in the file, aligned, and no other's."""
    names: set[str] = set()
    end, last = 0, ""
    for tensor in sorted(tensors, key=lambda tensor: (tensor.offset, tensor.bytes)):
        where = f"{source.name}: tensor {_shown(tensor.name)}"
        if tensor.name in names:
            raise FormatError(f"{where} stands in the file twice.")
        names.add(tensor.name)
        if tensor.offset % alignment:
            raise FormatError(f"{where} begins at {tensor.offset:,}, which is no multiple of {alignment:,}.")
        if tensor.offset < end:
            raise FormatError(
                f"{where} begins at {tensor.offset:,} and overlaps {_shown(last)}, which ends at {end:,}."
            )
        end, last = tensor.offset + tensor.bytes, tensor.name
        if start + end > source.size:
            raise FormatError(
                f"{where} needs {tensor.bytes:,} bytes at {start + tensor.offset:,}, but the file has {source.size:,}."
            )


def _shown(value: Any) -> str:
    text = ascii(value[:80] if isinstance(value, str) else value)
    return text if len(text) <= 400 else f"{text[:400]}…"
