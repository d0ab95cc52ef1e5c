"""Bytes of a file, read at a place and never beyond what is there; what was read is counted."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from weigh.account.receipt import Receipt
from weigh.errors import FormatError

_QUOTED = 100  # characters of a name in a message


class Limits:
    """What a reader takes at most, whatever a file claims; every one can be set anew.

    Args:
        header: bytes of a header, an index or a graph that is read as a whole.
        entries: tensors, members, nodes, opcodes, pairs: things of one kind.
        depth: nesting of structures.
        name: bytes of one name.
        text: bytes of all names and strings that are kept.
        rank: axes of a tensor.
        packed: how many times its packed size a member may be.
    """

    def __init__(
        self,
        *,
        header: int = 1 << 28,
        entries: int = 1 << 24,
        depth: int = 128,
        name: int = 1 << 16,
        text: int = 1 << 28,
        rank: int = 64,
        packed: int = 1000,
    ) -> None:
        self.header = header
        self.entries = entries
        self.depth = depth
        self.name = name
        self.text = text
        self.rank = rank
        self.packed = packed

    def to_dict(self) -> dict[str, int]:
        """Return the limits by name."""
        return dict(vars(self))


class Source:
    """Something with bytes at places: a file that is open, or a part of one.

    Args:
        file: open for reading in binary, and seekable.
        name: what it is called in messages.
        limits: what its reader takes at most.

    Attributes:
        size: bytes that are there.
        receipt: what was read so far.
    """

    def __init__(self, file: BinaryIO, name: str, limits: Limits | None = None) -> None:
        self.file = file
        self.name = name
        self.limits = limits or Limits()
        self.size = file.seek(0, os.SEEK_END)
        self.receipt = Receipt(name, self.size, self.limits.to_dict())

    def read(self, offset: int, count: int, what: str) -> bytes:
        """Return `count` bytes from `offset` on.

        Args:
            offset: from the beginning.
            count: how many; all of them must be there.
            what: what they are, for the message.

        Raises:
            FormatError: they are not there.
        """
        if offset < 0 or count < 0 or offset + count > self.size:
            raise FormatError(
                f"{self.name}: {what} should be {count:,} bytes at {offset:,}, but the file has {self.size:,}."
            )
        self.file.seek(offset)
        data = self.file.read(count)
        if len(data) != count:
            raise FormatError(f"{self.name}: {what}: the file ended while it was read.")
        self.receipt.bytes_read += count
        return data

    def as_file(self) -> BinaryIO:
        """Return the file for what reads a file by itself: what it reads is counted as well."""
        return cast("BinaryIO", _Counted(self))

    def number(self, offset: int, count: int, what: str, signed: bool = False) -> int:
        """Return a little-endian number of `count` bytes; raises as `read`."""
        return int.from_bytes(self.read(offset, count, what), "little", signed=signed)

    def check(self, value: int, limit: str, what: str) -> int:
        """Return `value` if it does not exceed a limit.

        Raises:
            FormatError: it does; the message names the limit, which is an option.
        """
        most = getattr(self.limits, limit)
        if not 0 <= value <= most:
            raise FormatError(f"{self.name}: {what} is {value:,}, and the limit `{limit}` is {most:,}.")
        return value


class _Counted:
    """A file of which it is counted what is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.seek = source.file.seek
        self.tell = source.file.tell
        self.seek(0)

    def read(self, count: int = -1) -> bytes:
        data = self._source.file.read(count)
        self._source.receipt.bytes_read += len(data)
        return data

    def seekable(self) -> bool:
        return True


@contextmanager
def opened(path: str | os.PathLike[str], limits: Limits | None = None) -> Iterator[Source]:
    """Open a file as a Source; what is no regular file is refused.

    Raises:
        FormatError: it is a folder or a device, or cannot be read.
    """
    name = os.fsdecode(path)
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FormatError(f"{name}: this is not a file with contents of its own, but a device or a pipe.")
            yield Source(file, name, limits)
    except OSError as error:
        raise FormatError(f"{name}: cannot be read: {error.strerror or error}.") from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe without a writer would be waited for


def quoted(name: str) -> str:
    """Return a name of a file's own as it stands in a message: quoted, escaped, and cut where it goes on and on."""
    return repr(name) if len(name) <= _QUOTED else f"{name[:_QUOTED]!r}… ({len(name):,} characters)"
