"""Protocol buffers as they lie in a file: fields by number and place, nothing copied that nobody asks for.

A message is a range of the file. Its fields are told one by one; of a field with a length the length and the place are
told, and what it holds is passed over by a seek. Nested messages are ranges again, so nothing here recurses.

Source: Protocol Buffers documentation, "Encoding" (varints of at most ten bytes, wire types 0 to 5, packed repeated
fields); groups (wire types 3 and 4) are deprecated there and refused here. CVE-2025-4565 and CVE-2026-0994 (parsers
that recurse as deep as the message says) have nothing to act on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from weigh.errors import FormatError
from weigh.formats.source import Source

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}
_GROUPS = {3: "begins a group", 4: "ends a group"}
_HELD = 1024  # a message of at most so many bytes is read in one piece, unless it may hold a tensor

Field = tuple[int, int, int, int]
"""Number, wire type, value (the length where there is one) and where the content begins."""


class Wire:
    """The messages of a source.

    Args:
        source: of their bytes.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._fields = 0
        self._text = 0
        self._window = (0, 0, b"")

    def fields(self, start: int, end: int, *, piecewise: bool = False) -> Iterator[Field]:
        """Yield the fields of the message between two places.

        Args:
            start: of the message.
            end: of the message.
            piecewise: whether not one byte is read beyond tags and lengths, however small the message is.

        Raises:
            FormatError: a varint is too long, a field reaches beyond the message, a wire type is refused.
        """
        limit, source = self.source.limits.entries, self.source
        varint = self._varint if piecewise or end - start > _HELD else self._held(start, end)
        at = start
        while at < end:
            self._fields += 1
            if self._fields > limit:
                source.check(self._fields, "entries", "the number of fields")
            place = at
            tag, at = varint(at, end)
            number, kind = tag >> 3, tag & 7
            if not 0 < number < 1 << 29:
                raise FormatError(f"{source.name}: the field at byte {place:,} has the number {number}.")
            if kind == BYTES:
                value, at = varint(at, end)
                if value > end - at:
                    raise FormatError(
                        f"{source.name}: field {number} at byte {place:,} claims {value:,} bytes; its message has "
                        f"{end - at:,} left."
                    )
                yield number, kind, value, at
                at += value
            elif kind == VARINT:
                value, after = varint(at, end)
                yield number, kind, value, at
                at = after
            elif kind in _WIDTHS:
                width = _WIDTHS[kind]
                if width > end - at:
                    raise FormatError(f"{source.name}: field {number} at byte {place:,} reaches beyond its message.")
                yield number, kind, width, at
                at += width
            else:
                raise FormatError(
                    f"{source.name}: field {number} at byte {place:,} {_GROUPS.get(kind, f'is of wire type {kind}')}, "
                    "which is not read."
                )

    def text(self, length: int, at: int, what: str) -> str:
        """Return a string; what is not UTF-8 in it is escaped.

        Raises:
            FormatError: it, or all strings together, are longer than the limits.
        """
        self.source.check(length, "name", f"the length of {what} at byte {at:,}")
        self._text += length
        self.source.check(self._text, "text", "the length of all names")
        return self._bytes(at, length, what).decode("utf-8", "backslashreplace")

    def messages(self, wanted: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of the messages, texts or bytes that a field holds in a message."""
        for number, kind, value, at in self.fields(start, end):
            if (number, kind) == (wanted, BYTES):
                yield at, at + value

    def entry(self, start: int, end: int) -> tuple[str, tuple[int, int]]:
        """Return an entry of a map from texts: the key, and the range of what it maps to."""
        key, place = "", (end, end)
        for number, kind, value, at in self.fields(start, end):
            if (number, kind) == (1, BYTES):
                key = self.text(value, at, "a key")
            elif (number, kind) == (2, BYTES):
                place = at, at + value
        return key, place

    def pair(self, start: int, end: int) -> tuple[str, str]:
        """Return an entry of a map from texts to texts; a long text is told by its length."""
        key, (at, stop) = self.entry(start, end)
        if stop - at > self.source.limits.name:
            return key, f"({stop - at:,} bytes)"
        return key, self.text(stop - at, at, "a value")

    def integers(self, field: Field, what: str) -> Iterator[int]:
        """Yield the signed numbers of a repeated field, of which this is one number or a packed run of them."""
        _, kind, value, at = field
        if kind == VARINT:
            yield signed(value)
        elif kind == BYTES:
            self.source.check(value, "header", what)
            varint, end = self._held(at, at + value), at + value
            while at < end:
                number, at = varint(at, end)
                yield signed(number)

    def sizes(self, field: Field, what: str) -> list[int]:
        """Return the sizes of axes of which this is one or a packed run; raises where they are more than the limit."""
        _, kind, value, _ = field
        if kind == BYTES:
            self.source.check(-(-value // 10), "rank", f"at least the number of axes of {what}")
        return list(self.integers(field, what))

    def floats(self, field: Field, what: str) -> list[float]:
        """Return the 32-bit numbers of a repeated field, of which this is one number or a packed run of them."""
        import struct

        _, kind, length, at = field
        if kind not in (BYTES, FIXED32) or length % 4:
            raise FormatError(f"{self.source.name}: {what} at byte {at:,} should be 32-bit numbers.")
        self.source.check(length, "header", what)
        return list(struct.unpack(f"<{length // 4}f", self._bytes(at, length, what)))

    def _held(self, start: int, end: int) -> Callable[[int, int], tuple[int, int]]:
        """Return a reader of varints in a range that is read at once."""
        data = self._bytes(start, end - start, "a message")
        if not self._window[0] <= start <= end <= self._window[1]:
            self._window = (start, end, data)

        def varint(at: int, end: int) -> tuple[int, int]:
            index = at - start
            value = data[index] if at < end else 0x80
            if value < 0x80:  # nearly all of them are of one byte
                return value, at + 1
            value, shift = 0, 0
            for byte in data[index : min(index + 10, end - start)]:
                value |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    return self._checked(value, at), at + shift // 7
            raise self._too_long(at, end)

        return varint

    def _bytes(self, at: int, length: int, what: str) -> bytes:
        """Return bytes of the range that was read last, or of the file."""
        start, end, data = self._window
        if start <= at and at + length <= end:
            return data[at - start : at - start + length]
        return self.source.read(at, length, what)

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value, read = 0, self.source.read
        for index in range(min(10, end - at)):
            byte = read(at + index, 1, "a number")[0]
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                return self._checked(value, at), at + index + 1
        raise self._too_long(at, end)

    def _checked(self, value: int, at: int) -> int:
        if value >> 64:
            raise FormatError(f"{self.source.name}: the number at byte {at:,} does not fit into 64 bits.")
        return value

    def _too_long(self, at: int, end: int) -> FormatError:
        why = "has more than ten bytes" if end - at >= 10 else "is cut off by the end of its message"
        return FormatError(f"{self.source.name}: the number at byte {at:,} {why}.")


def signed(value: int) -> int:
    """Return what a varint stands for in a field of type int32 or int64."""
    return value - (1 << 64) if value >> 63 else value
