"""Texts in attributes of HDF5 files, read after it is known how long they are.

A list of texts of varying length is a list of places in a heap. Many of them may be one place, so that a small file
unpacks to any length when the library reads the list, which it does as a whole. The lengths stand in the object's
header, and are added up there before.

Source: HDF5 File Format Specification 3.0, sections IV.A.1.a and IV.A.1.b (object headers), IV.A.2.m (attributes),
IV.A.2.q (continuations) and VIII.B (places of a varying length).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from weigh.errors import FormatError

_CONTINUATION, _ATTRIBUTE = 0x10, 0x0C
_SMALL = 1 << 26  # bytes that may be unpacked without a look at the lengths before
_PLACE = 16  # bytes: a length, an address and a number
_HAS_TIMES, _HAS_PHASES, _HAS_ORDER = 0x20, 0x10, 0x04

Read = Callable[[int, int], bytes]
"""Returns bytes of the file: from where, how many; fewer where it ends."""


def texts(place: Any, attribute: str, read: Read, size: int, limit: int, where: str) -> list[str] | None:
    """Return the text, or the list of texts, of an attribute; ``None`` where there is no such attribute.

    Args:
        place: the group, as h5py's low level has it.
        attribute: the name.
        read: reads the file itself.
        size: bytes of the file.
        limit: bytes of all the texts at most.
        where: what the group is called in messages.

    Raises:
        FormatError: it is something else, or longer.
    """
    import numpy
    from h5py import h5a

    name = attribute.encode()
    if not h5a.exists(place, name):
        return None
    opened = h5a.open(place, name)
    where = f"{where}: the attribute {attribute!r}"
    dtype, shape = opened.dtype, opened.shape
    if len(shape) > 1 or dtype.kind not in "SO" + "f" * (0 in shape):
        raise FormatError(f"{where} should be a list of texts, but holds {shape} of {dtype}.")
    number = prod(shape)
    if dtype.kind != "O":
        claimed = number * dtype.itemsize
    elif number <= 1 or number * size <= _SMALL:  # a place is no longer than the heap, which is in the file
        claimed = 0
    else:
        claimed = _length(place, name, number, read)
    if claimed > limit:
        raise FormatError(f"{where} claims {claimed:,} bytes; at most {limit:,} make sense.")
    values = numpy.empty(shape, dtype)
    opened.read(values)
    listed = values.tolist() if shape else [values.item()]
    found = [value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value for value in listed]
    if not all(isinstance(text, str) for text in found):
        raise FormatError(f"{where} should be a list of texts, but holds {dtype}.")
    return found


def divided(place: Any, attribute: str, read: Read, size: int, limit: int, where: str) -> list[str] | None:
    """Return a list of texts that may be divided among attributes with 0, 1, … behind the name; raises as `texts`.

    Keras divides lists beyond the 64,512 bytes that an object header takes.
    """
    whole = texts(place, attribute, read, size, limit, where)
    if whole is not None:
        return whole
    parts: list[list[str]] = []
    while (part := texts(place, f"{attribute}{len(parts)}", read, size, limit, where)) is not None:
        limit -= sum(map(len, part))
        parts.append(part)
    return [text for part in parts for text in part] if parts else None


def _length(place: Any, name: bytes, number: int, read: Read) -> int:
    """Return the bytes that a list of varying texts unpacks to, at most."""
    from h5py import h5o

    for kind, message in _messages(h5o.get_info(place).addr, read):
        if kind == _ATTRIBUTE and (content := _content(message, name)) is not None:
            places = content[: number * _PLACE]
            if len(places) == number * _PLACE:
                return sum(int.from_bytes(places[at : at + 4], "little") for at in range(0, len(places), _PLACE))
    return number << 32  # it stands elsewhere, as long lists may: a length has 32 bits


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
