"""FlatBuffers as they lie in a file: tables, vectors and texts by offsets, every one of which is checked.

Offsets may share what they point to, so that a small file unfolds to an endless one (dvidelabs/flatcc#63): what is
visited is charged against the bytes that there are, and a file that visits its own bytes many times over is refused.

Source: FlatBuffers documentation, "FlatBuffer Internals" (tables, vtables, vectors, strings, file identifier).
"""

from __future__ import annotations

from collections.abc import Iterator

from weigh.errors import FormatError
from weigh.formats.source import Source

_VISITS = 8  # how often over a file may visit its own bytes: honest ones share little but vtables
_FIELDS = 24  # the first fields of a table, whose places are kept
_OFFSET = 4


class FlatBuffer:
    """A FlatBuffer in a source.

    Args:
        source: of its bytes.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._left = _VISITS * source.size + 4096
        self._text = 0
        self._vtables: dict[int, tuple[int, ...]] = {}

    def root(self) -> Table:
        """Return the table that everything hangs from.

        Raises:
            FormatError: it is not in the file.
        """
        return self.table(0, "the root")

    def table(self, at: int, what: str) -> Table:
        """Return the table that an offset at a place points to; raises as `root`."""
        place = self.follow(at, what)
        self.charge(_OFFSET, what)
        vtable = place - self.source.number(place, 4, what, signed=True)
        if vtable not in self._vtables:
            self._vtables[vtable] = self._fields(vtable, what)
        return Table(self, place, self._vtables[vtable])

    def follow(self, at: int, what: str) -> int:
        """Return the place that an offset at a place points to."""
        return at + self.source.number(at, 4, f"the offset of {what}")

    def charge(self, count: int, what: str) -> None:
        """Take bytes that are visited from those that may be.

        Raises:
            FormatError: none are left.
        """
        self._left -= count
        if self._left < 0:
            raise FormatError(
                f"{self.source.name}: {what}: the file refers to its {self.source.size:,} bytes more than {_VISITS} "
                "times over."
            )

    def text(self, at: int, count: int, what: str) -> str:
        """Return a text; what is not UTF-8 in it is escaped."""
        self.source.check(count, "name", f"the length of {what} at byte {at:,}")
        self._text += count
        self.source.check(self._text, "text", "the length of all names")
        return self.source.read(at, count, what).decode("utf-8", "backslashreplace")

    def _fields(self, vtable: int, what: str) -> tuple[int, ...]:
        """Return how far the fields of a table stand from it: zeros where they are absent."""
        size = self.source.number(vtable, 2, f"the fields of {what}")
        if size < 4 or size % 2:
            raise FormatError(f"{self.source.name}: {what}: the list of its fields is {size} bytes long.")
        length = min(size, 4 + 2 * _FIELDS)
        data = self.source.read(vtable, length, f"the fields of {what}")
        return tuple(int.from_bytes(data[at : at + 2], "little") for at in range(4, length, 2))


class Table:
    """A table, whose fields are asked for by number.

    Args:
        buffer: that it stands in.
        at: where.
        fields: how far each stands from there; zero where absent.
    """

    def __init__(self, buffer: FlatBuffer, at: int, fields: tuple[int, ...]) -> None:
        self.buffer = buffer
        self.at = at
        self._fields = fields

    def place(self, field: int) -> int | None:
        """Return where a field is, ``None`` where it is absent."""
        distance = self._fields[field] if field < len(self._fields) else 0
        return self.at + distance if distance else None

    def number(self, field: int, width: int, default: int = 0, *, signed: bool = False) -> int:
        """Return a number of `width` bytes."""
        place = self.place(field)
        return default if place is None else self.buffer.source.number(place, width, "a number", signed)

    def table(self, field: int, what: str) -> Table | None:
        """Return the table that a field points to."""
        place = self.place(field)
        return None if place is None else self.buffer.table(place, what)

    def vector(self, field: int, width: int, what: str) -> tuple[int, int] | None:
        """Return where the elements of a vector begin, and how many there are.

        Raises:
            FormatError: they are not all in the file.
        """
        place = self.place(field)
        if place is None:
            return None
        source = self.buffer.source
        start = self.buffer.follow(place, what)
        count = source.number(start, 4, f"the length of {what}")
        if start + 4 + count * width > source.size:
            raise FormatError(
                f"{source.name}: {what} should be {count:,} × {width} bytes at {start + 4:,}, but the file has "
                f"{source.size:,}."
            )
        return start + 4, count

    def numbers(self, field: int, width: int, what: str) -> list[int]:
        """Return a vector of signed numbers of `width` bytes; empty where it is absent."""
        start, count = self.vector(field, width, what) or (0, 0)
        self.buffer.source.check(count, "entries", f"the length of {what}")
        self.buffer.charge(count * width + _OFFSET, what)
        data = self.buffer.source.read(start, count * width, what)
        return [int.from_bytes(data[at : at + width], "little", signed=True) for at in range(0, len(data), width)]

    def tables(self, field: int, what: str) -> Iterator[Table]:
        """Yield the tables of a vector; none where it is absent."""
        start, count = self.vector(field, _OFFSET, what) or (0, 0)
        self.buffer.source.check(count, "entries", f"the number of {what}")
        for index in range(count):
            yield self.buffer.table(start + _OFFSET * index, what)

    def text(self, field: int, what: str) -> str:
        """Return a text; empty where it is absent."""
        start, count = self.vector(field, 1, what) or (0, 0)
        self.buffer.charge(count + _OFFSET, what)
        return self.buffer.text(start, count, what)
