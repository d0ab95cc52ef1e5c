"""Sorted tables of keys and values, as LevelDB and TensorFlow's checkpoints write them: keys, and where values lie.

Source: LevelDB, doc/table_format.md and table/block_builder.cc (footer, blocks, shared prefixes). A block that is
packed by Snappy is refused; TensorFlow writes none.
"""

from __future__ import annotations

from collections.abc import Iterator

from weigh.errors import FormatError
from weigh.formats.source import Source

MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOTER = 48
_TRAILER = 5  # how a block is packed, and its checksum

Pair = tuple[bytes, int, int]
"""A key, and the range of its value in the file."""


def pairs(source: Source) -> Iterator[Pair]:
    """Yield the pairs of a table in its order.

    Raises:
        FormatError: it is no table, its blocks are out of order or packed, or a key is longer than the limits.
    """
    if source.size < _FOOTER:
        raise FormatError(f"{source.name}: {source.size:,} bytes are too few for a table, which ends in {_FOOTER}.")
    start = source.size - _FOOTER
    footer = source.read(start, _FOOTER, "the footer")
    if footer[-8:] != MAGIC:
        raise FormatError(f"{source.name}: this is not a table of a checkpoint: it does not end in its magic number.")
    table = _Table(source)
    _, at = table.handle(footer, 0, start)
    index, _ = table.handle(footer, at, start)
    last: bytes | None = None
    end = 0
    for _, place, stop in table.block(*index):
        (offset, size), _ = table.handle(source.read(place, stop - place, "the place of a block"), 0, place)
        if offset < end:
            raise FormatError(f"{source.name}: the block at byte {offset:,} overlaps what stands before byte {end:,}.")
        end = offset + size
        for key, value, stop_of_value in table.block(offset, size):
            if last is not None and key <= last:
                raise FormatError(f"{source.name}: the key {key[:80]!r} is not behind {last[:80]!r}.")
            last = key
            yield key, value, stop_of_value


class _Table:
    def __init__(self, source: Source) -> None:
        self.source = source
        self._entries = 0
        self._text = 0

    def handle(self, data: bytes, at: int, place: int) -> tuple[tuple[int, int], int]:
        """Return the offset and size of a block, and where what follows them begins."""
        offset, at = self._varint(data, at, place)
        size, at = self._varint(data, at, place)
        return (offset, size), at

    def block(self, offset: int, size: int) -> Iterator[Pair]:
        """Yield the pairs of the block at a place."""
        source = self.source
        source.check(size, "header", f"the size of the block at byte {offset:,}")
        data = source.read(offset, size + _TRAILER, "a block")
        if data[size]:
            raise FormatError(f"{source.name}: the block at byte {offset:,} is packed (type {data[size]}); not read.")
        restarts = int.from_bytes(data[size - 4 : size], "little") if size >= 4 else 0
        end = size - 4 - 4 * restarts
        if size < 4 or end < 0:
            raise FormatError(f"{source.name}: the block at byte {offset:,} has no room for its {restarts:,} restarts.")
        key, at = b"", 0
        while at < end:
            self._entries += 1
            source.check(self._entries, "entries", "the number of keys")
            place = offset + at
            shared, at = self._varint(data, at, offset)
            unshared, at = self._varint(data, at, offset)
            length, at = self._varint(data, at, offset)
            if shared > len(key) or unshared + length > end - at:
                raise FormatError(f"{source.name}: the key at byte {place:,} reaches beyond what is there.")
            source.check(shared + unshared, "name", f"the length of the key at byte {place:,}")
            self._text += shared + unshared
            source.check(self._text, "text", "the length of all keys")
            key = key[:shared] + data[at : at + unshared]
            at += unshared
            yield key, offset + at, offset + at + length
            at += length

    def _varint(self, data: bytes, at: int, place: int) -> tuple[int, int]:
        value = 0
        for index, byte in enumerate(data[at : at + 10]):
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                return value, at + index + 1
        raise FormatError(f"{self.source.name}: the number at byte {place + at:,} does not end.")
