"""The files of ``torch.save`` and ``torch.jit.save``: a zip file, stacked pickles, or a tar file; and plain pickles.

Only the pickle that describes the tensors is read, by the machine of `weigh.formats.pickles`, which makes nothing that
it asks for; where elements lie is compared with what the directory of the file says, and no element is read.

Sources: PyTorch 2.13, ``torch/serialization.py`` (`_save`, `_legacy_save`, `legacy_load`),
``caffe2/serialize/inline_container.h`` (the members of the zip file), ``torch/csrc/jit/docs/serialization.md``
(TorchScript); POSIX.1-1988 (ustar).
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from typing import Any, Final

from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import pickles
from weigh.formats.archive import LOCAL_HEADER, Archive
from weigh.formats.pickles import Pickle, Reference, Token
from weigh.formats.source import Source
from weigh.formats.torch_objects import Finder, Place
from weigh.formats.torch_tensors import BITS, Storage, Tensor, Tensors, is_understood

SUFFIXES = (".pt", ".pth", ".bin", ".ckpt", ".pt2", ".ptl", ".torch", ".pkl")

_MAGIC_NUMBER: Final = 0x1950A86A20F9469CFC6C
_PROTOCOLS: Final = (b"\x02", b"\x03", b"\x04", b"\x05")
_WORDLESS: Final = (b"(", b"c", b"}", b"]", b"i", b"L", b"\x80")  # what pickles of protocols 0 and 1 begin with
_MEMBER: Final = re.compile(
    rb"[^/]+/(\.?data(\.pkl|/\w+)|constants(\.pkl|/\d+)|\.format_version|version|byteorder|code/.*)", re.DOTALL
)
_TAR_MEMBERS: Final = ("sys_info", "storages", "tensors", "pickle")
_OCTAL = re.compile(rb"[0-7]+")
_DATA = "data.pkl"
_BLOCK = 512
_FIELDS = 8  # bytes of a number in the tar form, and of the size before a storage


def recognises(head: bytes, name: str) -> bool:
    """Return whether a file is one of PyTorch's, by its first bytes; by its ending where these can be many things."""
    ending = name.lower().endswith(SUFFIXES)
    if head.startswith(LOCAL_HEADER):
        member = head[30 : 30 + int.from_bytes(head[26:28], "little")]
        return bool(_MEMBER.fullmatch(member)) or (ending and b"/" in member)
    if head[:1] == b"\x80" and head[1:2] in _PROTOCOLS and head[2:3] in pickles.INSTRUCTIONS:
        return True
    if _is_tar(head):
        return ending or _tar_name(head) in _TAR_MEMBERS
    return ending and head.startswith(_WORDLESS)


def read(source: Source) -> Account:
    """Return the account of what a file holds.

    Raises:
        FormatError: it is none of PyTorch's files, or contradicts itself.
    """
    head = source.read(0, min(source.size, len(LOCAL_HEADER)), "the beginning")
    if head == LOCAL_HEADER:
        return _Zip(source).account()
    if not head.startswith(b"\x80") and source.size >= _BLOCK and _is_tar(source.read(0, _BLOCK, "the beginning")):
        return _read_tar(source)
    first = pickles.load(source)
    if isinstance(first.value, int) and first.value == _MAGIC_NUMBER:
        return _read_stacked(source)
    return _read_plain(source, first)


def _account(source: Source, arrays: Finder, form: str) -> Account:
    form = f"{arrays.kind or 'tensors'} ({form})"
    return Account.stored(os.path.basename(source.name), arrays.arrays, form, source.receipt)


def _say_names(source: Source, pickle: Pickle) -> None:
    names = sorted(pickle.names, key=is_understood)  # what means nothing as data comes first
    source.receipt.refused += [f"{name} was named and not called" for name in names]


class _Zip:
    """A zip file of PyTorch: a folder with ``data.pkl``, and in ``data`` a member a storage."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.archive = Archive(source.as_file(), source.name)
        self.sizes = self.archive.sizes
        self.folder = next(iter(self.sizes), "").partition("/")[0]  # PyTorch takes that of the first member
        self.claimed: dict[str, int] = {}

    def account(self) -> Account:
        receipt, pickle = self.source.receipt, self._pickle(_DATA)
        order = self._text("byteorder")
        if order not in ("", "little"):
            receipt.notes.append(f"Its elements are stored in {order[:20]!r} byte order.")
        finder = self._find(pickle, "data", "", None)
        if f"{self.folder}/constants.pkl" in self.archive and any(
            name.startswith(f"{self.folder}/code/") for name in self.sizes
        ):
            finder.kind = "TorchScript"
            constants = self._find(self._pickle("constants.pkl"), "constants", "constants", False)
            finder.arrays += constants.arrays
            receipt.refused.append("the code in the file was not read")
        self._say_what_is_left()
        return _account(self.source, finder, "torch zip")

    def _find(self, pickle: Pickle, folder: str, path: str, trains: bool | None) -> Finder:
        storages: dict[str, Storage] = {}
        claims = Tensors(self.source, lambda reference: None)
        for reference in pickle.references:
            storage = claims.storage(reference.identifier)
            if storage is not None:
                self._compare(folder, storage)
                storages.setdefault(storage.key, storage)
        tensors = Tensors(self.source, lambda reference: claims.storage(reference.identifier), pickle.steps)
        finder = Finder(self.source, tensors, pickle)
        finder.find(pickle.value, path, Place(trains=trains))
        finder.tell({key: self.sizes.get(self._member(folder, key), 0) for key in storages})
        return finder

    def _member(self, folder: str, key: str) -> str:
        return f"{self.folder}/{folder}/{key}"

    def _compare(self, folder: str, storage: Storage) -> None:
        member = self._member(folder, storage.key)
        present = self.sizes.get(member)
        if present is None:
            raise FormatError(f"{self.source.name}: there is no {member!r}, where elements should be.")
        if present < storage.bytes:
            raise FormatError(
                f"{self.source.name}: storage {member!r} is claimed to have {storage.bytes:,} bytes, and has "
                f"{present:,}."
            )
        if self.claimed.setdefault(member, storage.bytes) < present:
            self.claimed[member] = present
            self.source.receipt.notes.append(
                f"Storage {member!r} has {present:,} bytes, and the pickle speaks of {storage.bytes:,} of them."
            )

    def _pickle(self, name: str) -> Pickle:
        member = f"{self.folder}/{name}"
        data, is_right = self.archive.read_unchecked(member, self.source.limits.header)
        if not is_right:  # PyTorch can be told to write none
            self.source.receipt.notes.append(f"The checksum of {member!r} is not that of its content.")
        pickle = pickles.load(Source(io.BytesIO(data), f"{self.source.name}: {member}", self.source.limits))
        _say_names(self.source, pickle)
        return pickle

    def _text(self, name: str) -> str:
        member = f"{self.folder}/{name}"
        if member not in self.archive:
            return ""
        return self.archive.read_unchecked(member, _BLOCK)[0].decode("utf-8", "backslashreplace").strip()

    def _say_what_is_left(self) -> None:
        others = [name for name in self.sizes if name.endswith(f"/{_DATA}") and name != f"{self.folder}/{_DATA}"]
        for name in others:
            self.source.receipt.refused.append(
                f"{name!r} is a second pickle, which PyTorch does not read; nor was it here"
            )
        unused = [name for name in self.sizes if name.startswith(f"{self.folder}/data/") and name not in self.claimed]
        if unused:
            total = sum(self.sizes[name] for name in unused)
            self.source.receipt.notes.append(f"{len(unused):,} storages of {total:,} bytes are spoken of nowhere.")


def _read_stacked(source: Source) -> Account:
    """Read the form before PyTorch 1.6: five pickles, then the storages, each after its size."""
    at = 0
    parts: list[Any] = []
    for _ in range(3):  # the magic number, the version of the form, and what machine wrote it
        part = pickles.load(source, at)
        at = part.end
        parts.append(part.value)
    pickle = pickles.load(source, at)
    _say_names(source, pickle)
    keys = pickles.load(source, pickle.end)
    claims = Tensors(source, lambda reference: None)
    storages: dict[str, Storage] = {}
    for reference in pickle.references:
        storage = claims.storage(reference.identifier)
        if storage is not None and storage.bytes > storages.setdefault(storage.key, storage).bytes:
            storages[storage.key] = storage
        elif storage is None:
            _say_source(source, reference)
    at = keys.end
    sizes: dict[str, int] = {}
    for key in keys.value if isinstance(keys.value, list) else ():
        storage = storages.get(key) if isinstance(key, str) else None
        if storage is None:
            source.receipt.notes.append(
                f"A storage {str(key)[:80]!r} is spoken of nowhere; what follows it was not found."
            )
            break
        unit = max(1, BITS[storage.dtype] // 8)
        size = unit * source.number(at, _FIELDS, f"the size of storage {key!r}")
        at += _FIELDS + size
        if size < storage.bytes or at > source.size:
            raise FormatError(
                f"{source.name}: storage {key!r} is claimed to have {storage.bytes:,} bytes, says {size:,} and has "
                f"{max(0, source.size - at + size):,}."
            )
        sizes[storage.key] = size
    missing = next((key for key in storages if key not in sizes and storages[key].bytes), None)
    if missing is not None:
        raise FormatError(f"{source.name}: there is no storage {missing!r}, where elements should be.")
    tensors = Tensors(source, lambda reference: claims.storage(reference.identifier), pickle.steps)
    finder = Finder(source, tensors, pickle)
    finder.find(pickle.value)
    finder.tell(sizes)
    return _account(source, finder, "torch stacked pickles")


def _say_source(source: Source, reference: Reference) -> None:
    """Say that the source code of a class was saved with it."""
    identifier = reference.identifier
    if isinstance(identifier, tuple) and len(identifier) == 4 and isinstance(identifier[1], Token) and identifier[3]:
        source.receipt.refused.append(f"the source code of {identifier[1]} is in the file and was not run")


def _read_plain(source: Source, pickle: Pickle) -> Account:
    """Read a pickle that PyTorch or NumPy objects were written to by themselves."""
    _say_names(source, pickle)
    if pickle.end < source.size:
        source.receipt.notes.append(f"{source.size - pickle.end:,} bytes follow the pickle and were not read.")
    finder = Finder(source, Tensors(source, lambda reference: None, pickle.steps), pickle)
    finder.find(pickle.value)
    finder.tell({})
    return _account(source, finder, "pickle")


def _tar_name(head: bytes) -> str:
    return head[:100].partition(b"\0")[0].decode("utf-8", "backslashreplace").removeprefix("./")


def _is_tar(head: bytes) -> bool:
    checksum = head[148:156].strip(b" \0")
    known = sum(head[:148]) + sum(head[156:_BLOCK]) + 8 * ord(" ")  # as if the checksum were written in spaces
    return len(head) >= _BLOCK and bool(_OCTAL.fullmatch(checksum)) and int(checksum, 8) == known


def _tar_members(source: Source) -> dict[str, tuple[int, int]]:
    """Return where the members of a tar file begin and end."""
    members: dict[str, tuple[int, int]] = {}
    at, count = 0, 0
    while at + _BLOCK <= source.size and _is_tar(head := source.read(at, _BLOCK, "a header of the tar file")):
        count = source.check(count + 1, "entries", "the number of members of the tar file")
        size = head[124:136].strip(b" \0")
        if not _OCTAL.fullmatch(size):
            raise FormatError(f"{source.name}: the size of {_tar_name(head)!r} at byte {at:,} is no octal number.")
        start = at + _BLOCK
        end = start + int(size, 8)
        if end > source.size:
            raise FormatError(
                f"{source.name}: {_tar_name(head)!r} reaches to byte {end:,}, and there are {source.size:,}."
            )
        if head[156:157] in (b"0", b"\0"):
            members.setdefault(_tar_name(head), (start, end))
        at = start + -(-(end - start) // _BLOCK) * _BLOCK
    return members


class _Tar:
    """The tar file of PyTorch before 0.1.10: storages, tensors over them, and a pickle that names the tensors."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.members = _tar_members(source)
        self.tensors = Tensors(source, lambda reference: None)
        self.storages: dict[int, Storage] = {}
        self.laid: dict[int, Tensor] = {}
        self.sizes: dict[str, int] = {}

    def bounds(self, name: str) -> tuple[int, int]:
        if name not in self.members:
            raise FormatError(f"{self.source.name}: there is no member {name!r} in it.")
        return self.members[name]

    def each(self, name: str, take: Callable[[tuple[Any, ...], int, int], int]) -> int:
        """Give each record of a member, a pickled triple and what follows it, to `take`, which says where it ended."""
        start, end = self.bounds(name)
        count = pickles.load(self.source, start, end)
        at = count.end
        for _ in range(self.number(count.value)):
            record = pickles.load(self.source, at, end)
            if not isinstance(record.value, tuple) or len(record.value) != 3:
                raise self.tensors.error(f"a record of {name!r} at byte {at:,} should have three particulars")
            at = take(record.value, record.end, end)
        return at

    def take_storage(self, record: tuple[Any, ...], at: int, end: int) -> int:
        key, location, kind = record
        storage = self.tensors.storage(("storage", kind, str(self.number(key)), location, self.field(at, end)))
        assert storage is not None
        at += _FIELDS + storage.bytes
        if at > end:
            raise self.tensors.error(f"storage {storage.key!r} of {storage.bytes:,} bytes reaches beyond its member")
        self.storages[key] = storage
        self.sizes[storage.key] = storage.bytes
        return at

    def take_views(self, at: int) -> None:
        views = pickles.load(self.source, at, self.bounds("storages")[1]).value
        for view in views if isinstance(views, list) else ():
            if not isinstance(view, tuple) or len(view) != 4 or not isinstance(root := view[1], int):
                raise self.tensors.error("a part of a storage should be described by four numbers")
            whole = self.storages.get(root)
            if whole is None:
                raise self.tensors.error(f"there is no storage {root!r} for a part of it")
            unit = max(1, BITS[whole.dtype] // 8)
            start, size = unit * self.number(view[2]), unit * self.number(view[3])
            if whole.start + start + size > whole.bytes:
                raise self.tensors.error(f"a part of storage {whole.key!r} reaches beyond its end")
            self.storages[self.number(view[0])] = Storage(whole.key, whole.dtype, whole.bytes, whole.start + start)

    def take_tensor(self, record: tuple[Any, ...], at: int, end: int) -> int:
        key, storage_key, _kind = record
        storage = self.storages.get(self.number(storage_key))
        if storage is None:
            raise self.tensors.error(f"there is no storage {storage_key!r} for a tensor")
        rank = self.source.check(self.field(at, end) & 0xFFFFFFFF, "rank", "the number of axes of a tensor")
        at += _FIELDS
        numbers = [self.field(at + _FIELDS * index, end) for index in range(2 * rank + 1)]
        offset = numbers.pop()
        self.laid[self.number(key)] = self.tensors.laid(storage, storage.dtype, offset, numbers[:rank], numbers[rank:])
        return at + _FIELDS * (2 * rank + 1)

    def field(self, at: int, end: int) -> int:
        if at + _FIELDS > end:
            raise self.tensors.error(f"a number should stand at byte {at:,}, where its member has ended")
        return self.source.number(at, _FIELDS, "a number of the tar form")

    def number(self, value: Any) -> int:
        if not isinstance(value, int) or value < 0:
            raise self.tensors.error(f"a number of 0 or more should stand where there is a {type(value).__name__}")
        return value

    def resolve(self, reference: Reference) -> Tensor | None:
        identifier = reference.identifier
        if isinstance(identifier, str) and identifier.isdecimal() and len(identifier) <= 20:
            identifier = int(identifier)
        return self.laid.get(identifier) if isinstance(identifier, int) else None


def _read_tar(source: Source) -> Account:
    tar = _Tar(source)
    tar.take_views(tar.each("storages", tar.take_storage))
    tar.each("tensors", tar.take_tensor)
    start, end = tar.bounds("pickle")
    pickle = pickles.load(source, start, end)
    _say_names(source, pickle)
    finder = Finder(source, Tensors(source, tar.resolve, pickle.steps), pickle)
    finder.find(pickle.value)
    finder.tell(tar.sizes)
    return _account(source, finder, "torch tar")
