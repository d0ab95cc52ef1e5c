"""Texts in attributes of HDF5 files, read after it is known how long they are.

A text of varying length is a place in a heap of the file. Many texts of a list may be one place, so that a small file
unpacks to any length; and libhdf5 2.0, given a heap with an empty object or a text longer than its object, goes round
for ever or falls. So the places, which stand in the object's header, are added up, and their heaps are read here.

Source: HDF5 File Format Specification 3.0, sections III.E (global heap), IV.A.1.a and IV.A.1.b (object headers),
IV.A.2.m (attributes), IV.A.2.q (continuations) and VIII.B (places of a varying length).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from struct import Struct
from typing import Any

from weigh.errors import FormatError

_CONTINUATION, _ATTRIBUTE = 0x10, 0x0C
_PLACE = 16  # bytes
_PLACES = Struct("<IQI")  # a text's length, its heap's address and its number there
_HEAP = Struct("<4sB3xQ")  # signature, version, size
_OBJECT = Struct("<HH4xQ")  # number, users, length
_HAS_TIMES, _HAS_PHASES, _HAS_ORDER = 0x20, 0x10, 0x04

Read = Callable[[int, int], bytes]
"""Returns bytes of the file: from where, how many; fewer where it ends."""


class Names:
    """Reads texts of one file.

    Args:
        read: reads the file itself.
        size: bytes of the file.
        limit: bytes of a list of texts at most.
    """

    def __init__(self, read: Read, size: int, limit: int) -> None:
        self._read = read
        self._size = size
        self._limit = limit
        self._heaps: dict[int, dict[int, bytes]] = {}

    def texts(self, place: Any, attribute: str, where: str) -> list[str] | None:
        """Return the text, or the list of texts, of an attribute; ``None`` where there is no such attribute.

        Args:
            place: the group or dataset, as h5py's low level has it.
            attribute: the name.
            where: what the group is called in messages.

        Raises:
            FormatError: it is something else, or longer, or damaged.
        """
        return self._texts(place, attribute, where, self._limit)

    def divided(self, place: Any, attribute: str, where: str) -> list[str] | None:
        """Return a list of texts that may be divided among attributes with 0, 1, … behind the name; raises as `texts`.

        Keras divides lists beyond the 64,512 bytes that an object header takes.
        """
        whole = self.texts(place, attribute, where)
        if whole is not None:
            return whole
        limit = self._limit
        parts: list[list[str]] = []
        while (part := self._texts(place, f"{attribute}{len(parts)}", where, limit)) is not None:
            limit -= sum(map(len, part))
            parts.append(part)
        return [text for part in parts for text in part] if parts else None

    def _texts(self, place: Any, attribute: str, where: str, limit: int) -> list[str] | None:
        import numpy
        from h5py import h5a

        name = attribute.encode()
        if not h5a.exists(place, name):
            return None
        opened = h5a.open(place, name)
        where = f"{where}: the attribute {attribute!r}"
        dtype, shape = opened.dtype, opened.shape
        if shape is None or len(shape) > 1 or dtype.kind not in "SO" + "f" * (0 in shape):
            raise FormatError(f"{where} should be a list of texts, but holds {shape} of {dtype}.")
        number = prod(shape)
        if dtype.kind == "O":
            return self._varying(place, name, number, limit, where)
        claimed = number * dtype.itemsize
        if claimed > limit:
            raise FormatError(f"{where} claims {claimed:,} bytes; at most {limit:,} make sense.")
        values = numpy.empty(shape, dtype)
        opened.read(values)
        listed = values.tolist() if shape else [values.item()]
        return [value.decode("utf-8", "backslashreplace") for value in listed]

    def _varying(self, place: Any, name: bytes, number: int, limit: int, where: str) -> list[str]:
        """Return texts of varying length, from their heaps."""
        from h5py import h5o

        for kind, message in _messages(h5o.get_info(place).addr, self._read):
            content = _content(message, name) if kind == _ATTRIBUTE else None
            if content is not None and len(content) >= number * _PLACE:
                places = list(_PLACES.iter_unpack(content[: number * _PLACE]))
                claimed = sum(length for length, _, _ in places)
                if claimed > limit:
                    raise FormatError(f"{where} claims {claimed:,} bytes; at most {limit:,} make sense.")
                return [self._text(length, heap, number, where) for length, heap, number in places]
        raise FormatError(f"{where} does not stand in the header of its group, where lists of up to 64 KiB stand.")

    def _text(self, length: int, address: int, number: int, where: str) -> str:
        if not length:
            return ""
        if address not in self._heaps:
            self._heaps[address] = self._heap(address, where)
        content = self._heaps[address].get(number, b"")
        if length > len(content):
            raise FormatError(f"{where} has a text of {length:,} bytes where a heap has {len(content):,}.")
        return content[:length].rstrip(b"\0").decode("utf-8", "backslashreplace")

    def _heap(self, address: int, where: str) -> dict[int, bytes]:
        """Return the objects of a heap, by number."""
        head = self._read(address, _HEAP.size)
        size = _HEAP.unpack(head)[2] if len(head) == _HEAP.size else 0
        heap = self._read(address, size) if _HEAP.size <= size <= self._size - address else b""
        sound = heap[:5] == b"GCOL\1" and len(heap) == size
        objects: dict[int, bytes] = {}
        at = _HEAP.size
        while sound and at + _OBJECT.size <= size:
            number, _, length = _OBJECT.unpack_from(heap, at)
            if number == 0:  # free space, to the end
                break
            objects[number] = heap[at + _OBJECT.size : at + _OBJECT.size + length]
            at += _OBJECT.size + -(-length // 8) * 8
            sound = at <= size
        if not sound:
            raise FormatError(f"{where} is in a heap at {address:,} that is damaged.")
        return objects


def _messages(address: int, read: Read) -> Iterator[tuple[int, bytes]]:
    """Yield the messages of an object header: of what kind each is, and its content."""
    start = read(address, 32)
    second = start[:4] == b"OHDR"
    if second:
        flags = start[5]
        at = 6 + 16 * bool(flags & _HAS_TIMES) + 4 * bool(flags & _HAS_PHASES)
        width = 1 << (flags & 3)
        size = int.from_bytes(start[at : at + width], "little")
        blocks = [(address + at + width, size)]
        prefix = 6 if flags & _HAS_ORDER else 4
    else:
        size = int.from_bytes(start[8:12], "little")
        blocks = [(address + 16, size)]
        prefix = 8
    seen: set[int] = set()
    while blocks:
        offset, size = blocks.pop()
        if offset in seen:
            return
        seen.add(offset)
        block = read(offset, size)
        at = 4 if second and block[:4] == b"OCHK" else 0
        while at + prefix <= len(block):
            head = block[at : at + prefix]
            kind = head[0] if second else int.from_bytes(head[:2], "little")
            length = int.from_bytes(head[1:3] if second else head[2:4], "little")
            message = block[at + prefix : at + prefix + length]
            at += prefix + length
            if kind == _CONTINUATION and len(message) >= _PLACE:
                blocks.append((int.from_bytes(message[:8], "little"), int.from_bytes(message[8:16], "little")))
            yield kind, message


def _content(message: bytes, name: bytes) -> bytes | None:
    """Return the content of an attribute's message, if it is the attribute of that name."""
    if len(message) < 9:
        return None
    version = message[0]
    sizes = [int.from_bytes(message[at : at + 2], "little") for at in (2, 4, 6)]
    at = 9 if version == 3 else 8
    if message[at : at + sizes[0]].rstrip(b"\0") != name:
        return None
    return message[at + sum(-(-size // 8) * 8 if version == 1 else size for size in sizes) :]
