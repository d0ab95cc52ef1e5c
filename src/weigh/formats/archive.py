"""Zip files, read without trusting them: the directory is checked before a member is, and only named members are read.

Sources: PKWARE APPNOTE 6.3.10, sections 4.3.7 and 4.4 (the fields that are compared); CVE-2024-0450 (overlapping
members); CVE-2025-1944 (a member that is named otherwise in its own header).
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from weigh.errors import FormatError, UnsafeFileError, WeighError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LOCAL_HEADER = b"PK\x03\x04"
FLOOR = 1 << 28  # bytes up to which a member may be packed as tightly as it likes
RATIO = 100  # beyond the floor; what is written here is not packed at all, and arrays pack by far less
_BLOCK = 1 << 20
_ENCRYPTED, _SIZES_FOLLOW = 0x1, 0x8
_IN_ZIP64 = 0xFFFFFFFF


class Archive:
    """A zip file whose directory is sound.

    Args:
        file: the open file.
        name: what the file is called in messages.

    Raises:
        FormatError: it is no zip file, or its directory contradicts itself or what lies in the file.
        UnsafeFileError: a member's name leads out of a folder, or a member is a decompression bomb.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        with self._told():
            if file.read(len(LOCAL_HEADER)) != LOCAL_HEADER:
                raise FormatError(f"{name}: this is not a zip file: it does not begin with {LOCAL_HEADER!r}.")
            self._zip = zipfile.ZipFile(file)
            self._starts = self._checked_starts()

    def __contains__(self, member: str) -> bool:
        return member in self._starts

    def in_folder(self, folder: str) -> list[str]:
        """Return the members that stand in a folder itself, by their names there."""
        prefix = f"{folder}/"
        names = (member.removeprefix(prefix) for member in self._starts if member.startswith(prefix))
        return [name for name in names if name and "/" not in name and "\\" not in name]

    def head(self, member: str, count: int) -> bytes:
        """Return the first `count` bytes of a member, or all where it is shorter; the rest is not unpacked.

        Raises:
            FormatError: there is no such member, or its content is damaged.
        """
        info = self._info(member)
        with self._told(member), self._zip.open(info) as file:
            return file.read(count)

    @property
    def sizes(self) -> dict[str, int]:
        """The members in the order of the directory, with the length of their contents that it claims."""
        return {info.filename: info.file_size for info in self._zip.infolist()}

    def read_unchecked(self, member: str, limit: int) -> tuple[bytes, bool]:
        """Return a member's content, and whether its checksum is right; raises as `read`, but not for the checksum."""
        info = self._info(member)
        if max(info.file_size, info.compress_size) > limit:
            raise FormatError(
                f"{self._name}: {member!r} claims {info.file_size:,} bytes; at most {limit:,} make sense."
            )
        with self._told(member):
            self._file.seek(self._starts[member])
            content = self._file.read(info.compress_size)
            if info.compress_type != zipfile.ZIP_STORED:
                content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, info.file_size + 1)
            if len(content) != info.file_size:
                raise FormatError(f"{self._name}: {member!r} is not as long as the directory says.")
            return content, zlib.crc32(content) == info.CRC

    def read(self, member: str, limit: int) -> bytes:
        """Return the content of a member of at most `limit` bytes.

        Raises:
            FormatError: there is no such member, it is longer, or its content is damaged.
        """
        info = self._info(member)
        if info.file_size > limit:
            raise FormatError(
                f"{self._name}: {member!r} claims {info.file_size:,} bytes; at most {limit:,} make sense."
            )
        with self._told(member):
            return self._zip.read(info)

    @contextmanager
    def open(self, member: str, checked: bool = True) -> Iterator[BinaryIO]:
        """Yield a member as a seekable file, after its checksum was found right.

        Args:
            member: its name.
            checked: whether the checksum is compared where that means to read all of a member that lies unpacked.

        Raises:
            FormatError: there is no such member, or its content is damaged.
        """
        import tempfile

        info = self._info(member)
        if info.compress_type == zipfile.ZIP_STORED:
            window = _Window(self._file, self._starts[member], info.file_size)
            if not checked:
                yield cast(BinaryIO, window)  # what is read is then no more than what was asked for
                return
            self._check_sum(window, info)
            yield io.BufferedReader(window)
            return
        with tempfile.TemporaryFile() as unpacked:
            with self._told(member), self._zip.open(info) as packed:
                while block := packed.read(_BLOCK):
                    unpacked.write(block)
            unpacked.seek(0)
            yield unpacked

    def _info(self, member: str) -> zipfile.ZipInfo:
        if member not in self:
            listed = ", ".join(sorted(self._starts)[:10])
            raise FormatError(f"{self._name}: there is no {member!r} in it, only: {listed or 'nothing'}.")
        return self._zip.getinfo(member)

    def _check_sum(self, window: _Window, info: zipfile.ZipInfo) -> None:
        with self._told(info.filename):
            found = 0
            while block := window.read(_BLOCK):
                found = zlib.crc32(block, found)
            if found != info.CRC or window.tell() != info.file_size:
                raise FormatError(f"{self._name}: {info.filename!r} is damaged: its checksum is wrong.")
            window.seek(0)

    def _checked_starts(self) -> dict[str, int]:
        """Return where the content of each member begins, after checks of all members."""
        starts: dict[str, int] = {}
        end, last = 0, ""
        for info in sorted(self._zip.infolist(), key=lambda info: info.header_offset):
            self._check_claims(info)
            if info.filename in starts:
                raise FormatError(f"{self._name}: it holds {info.filename!r} twice.")
            if info.header_offset < end or (not starts and info.header_offset):
                raise FormatError(f"{self._name}: {info.filename!r} overlaps {last or 'what stands before it'!r}.")
            starts[info.filename] = start = self._content_start(info)
            end, last = start + info.compress_size, info.filename
        if end > self._zip.start_dir:
            raise FormatError(f"{self._name}: {last!r} overlaps the directory of the zip file.")
        return starts

    def _check_claims(self, info: zipfile.ZipInfo) -> None:
        member = info.filename
        parts = info.orig_filename.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or ":" in parts[0] or "\0" in info.orig_filename:
            raise UnsafeFileError(
                f"{self._name}: a member is named {info.orig_filename!r}, which leads out of a folder."
            )
        if info.flag_bits & _ENCRYPTED:
            raise FormatError(f"{self._name}: {member!r} is encrypted.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(
                f"{self._name}: {member!r} is packed by method {info.compress_type}, not stored or deflated."
            )
        if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
            raise FormatError(
                f"{self._name}: {member!r} is stored, claims {info.file_size:,} bytes and has {info.compress_size:,}."
            )
        if info.file_size > max(FLOOR, RATIO * info.compress_size):
            raise UnsafeFileError(
                f"{self._name}: {member!r} claims to unpack from {info.compress_size:,} to {info.file_size:,} bytes: "
                "this looks like a decompression bomb."
            )

    def _content_start(self, info: zipfile.ZipInfo) -> int:
        """Return where a member's content begins, after comparing its own header with the directory."""
        import struct

        self._file.seek(info.header_offset)
        header = self._file.read(30)
        if len(header) < 30 or header[:4] != LOCAL_HEADER:
            raise FormatError(f"{self._name}: {info.filename!r} is not where the directory says.")
        flags, method, _, _, checksum, packed, unpacked, name_length, extra_length = struct.unpack(
            "<4H3I2H", header[6:]
        )
        name = self._file.read(name_length).decode("utf-8" if flags & 0x800 else "cp437")
        same = name == info.orig_filename and method == info.compress_type and flags == info.flag_bits
        if not flags & _SIZES_FOLLOW:
            same &= checksum == info.CRC
            same &= packed in (info.compress_size, _IN_ZIP64) and unpacked in (info.file_size, _IN_ZIP64)
        if not same:
            raise FormatError(
                f"{self._name}: {info.filename!r} of the directory and {name!r} at its place are not described alike."
            )
        return int(info.header_offset + 30 + name_length + extra_length)

    @contextmanager
    def _told(self, member: str = "") -> Iterator[None]:
        """Turn whatever `zipfile` raises on malformed input into a FormatError."""
        where = f"{self._name}: {member!r}" if member else self._name
        try:
            yield
        except WeighError:
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise FormatError(f"{where} is truncated or damaged: {error}.") from error
        except (OSError, RuntimeError, ValueError, ArithmeticError, LookupError, TypeError) as error:
            raise FormatError(f"{where} cannot be read: {error}.") from error


class _Window(io.RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        self._file.seek(self._start + self._at)
        block = self._file.read(max(0, min(len(view), self._size - self._at)))
        view[: len(block)] = block
        self._at += len(block)
        return len(block)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at
