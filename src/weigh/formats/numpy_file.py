"""NumPy's files: ``.npy``, one array behind a header that is a Python literal, and ``.npz``, a zip file of them.

The header is read by a parser of the few literals that stand in it, never by `eval`, and arrays of Python objects,
whose content is a pickle, are refused. Of a ``.npz`` file only the head of each member is unpacked.

Source: NumPy, ``numpy/lib/format.py``, sections "Format Version 1.0" to "3.0"; NEP 1; the array interface's type
strings. CVE-2019-6446 is what loading objects did.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.errors import FormatError, UnsafeFileError
from weigh.formats.archive import LOCAL_HEADER, Archive
from weigh.formats.source import Source

SUFFIXES = (".npy", ".npz")
MAGIC = b"\x93NUMPY"

_FIXED = 12  # bytes of magic, version and the header's length at most
_LONGEST_HEADER = 1 << 20  # NumPy itself takes 10,000 from who is not trusted
_HEAD = 4096  # bytes of a member that are read at first; the rest of a header where it is longer
_NAMES = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex", "m": "timedelta64", "M": "datetime64"}
_SIZED = {"S": ("bytes", 1), "a": ("bytes", 1), "U": ("string", 4), "V": ("void", 1)}
_TYPE = re.compile(r"([<>|=]?)([a-zA-Z?])([0-9]{0,18})(\[[A-Za-z0-9]{1,20}\])?")
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?[0-9]{1,40})L?(?![\w.])|(?P<word>True|False|None)\b|(?P<sign>[()\[\]{},:])"""
    r"""|[ub]?'(?P<single>(?:[^'\\\n]|\\.)*)'|[ub]?"(?P<double>(?:[^"\\\n]|\\.)*)")\s*"""
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def recognises(head: bytes, name: str) -> bool:
    """Return whether this is a file of NumPy: by its magic, or a zip file whose first member is one, else by name."""
    if head.startswith(MAGIC):
        return True
    if head.startswith(LOCAL_HEADER) and len(head) >= 30:
        length = int.from_bytes(head[26:28], "little")
        return head[30 : 30 + length].endswith(b".npy")
    return name.lower().endswith(SUFFIXES)


def read(source: Source) -> Account:
    """Return the account of an array or an archive of arrays, from their headers.

    Raises:
        FormatError: it is neither, or a header contradicts itself or the file's length.
        UnsafeFileError: it holds an array of Python objects; in an archive such a member is named in the receipt
            and left out.
    """
    magic = source.read(0, min(source.size, len(MAGIC)), "the magic number")
    if magic.startswith(LOCAL_HEADER):
        return Account.stored(source.name, _members(source), "npz", source.receipt)
    if magic != MAGIC:
        raise FormatError(f"{source.name}: this is not a file of NumPy: it begins with {magic!r}, not {MAGIC!r}.")
    head = source.read(0, min(source.size, _FIXED), "the header")
    length = _header_length(head, source.name)
    head += source.read(len(head), max(0, min(length, source.size) - len(head)), "the header")
    array = _array(head, "", source.size, source, source.name)
    if (rest := source.size - length - array.bytes) > 0:
        source.receipt.notes.append(f"{source.name}: {rest:,} bytes follow the array; only the first array is counted.")
    return Account.stored(source.name, [array], "npy", source.receipt)


def _members(source: Source) -> list[Stored]:
    """Return the arrays of an archive, by the heads of its members."""
    archive = Archive(source.as_file(), source.name)
    members = archive.sizes
    source.check(len(members), "entries", "the number of members")
    arrays = []
    for member, size in members.items():
        where = f"{source.name}: {member!a}"
        if not member.endswith(".npy"):
            source.receipt.notes.append(f"{where} is no array.")
            continue
        head = archive.head(member, _HEAD)
        if (length := _header_length(head, where)) > _HEAD:
            head = archive.head(member, length)
        try:
            arrays.append(_array(head, member.removesuffix(".npy"), size, source, where))
        except UnsafeFileError as error:
            source.receipt.refused.append(str(error))
    return arrays


def _header_length(head: bytes, where: str) -> int:
    """Return the number of bytes before the content."""
    if head[:6] != MAGIC or len(head) < 10:
        raise FormatError(f"{where} does not begin with {MAGIC!r} and a version.")
    if head[6] not in (1, 2, 3) or head[7]:
        raise FormatError(f"{where} is of version {head[6]}.{head[7]}; versions 1.0, 2.0 and 3.0 are known.")
    width = 2 if head[6] == 1 else 4
    length = int.from_bytes(head[8 : 8 + width], "little")
    if length > _LONGEST_HEADER:
        raise FormatError(f"{where} claims a header of {length:,} bytes; at most {_LONGEST_HEADER:,} make sense.")
    return 8 + width + length


def _array(head: bytes, path: str, size: int, source: Source, where: str) -> Stored:
    """Return the array of a header; the whole has `size` bytes."""
    length = _header_length(head, where)
    if length > min(size, len(head)):
        raise FormatError(f"{where} claims a header of {length:,} bytes and has {min(size, len(head)):,}.")
    try:
        text = head[12 if head[6] > 1 else 10 : length].decode("utf-8" if head[6] == 3 else "latin-1")
    except UnicodeDecodeError as error:
        raise FormatError(f"{where} has a header that is not UTF-8.") from error
    said = Literal(text, where, source.limits.depth).value()
    if not isinstance(said, dict) or set(said) != {"descr", "fortran_order", "shape"}:
        raise FormatError(f"{where} should be described by descr, fortran_order and shape.")
    if type(said["fortran_order"]) is not bool:
        raise FormatError(f"{where} has {said['fortran_order']!a} as fortran_order, which should be True or False.")
    shape = _shape(said["shape"], where)
    source.check(len(shape), "rank", f"the rank of {where}")
    dtype, width = _type(said["descr"], where)
    count = width
    for axis in shape:
        count *= axis
    if length + count > size:
        raise FormatError(f"{where} claims {count:,} bytes of content and has {size - length:,}.")
    return Stored(path, shape, dtype, bytes=count)


def _shape(shape: Any, where: str) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(type(size) is int and 0 <= size < 1 << 63 for size in shape):
        raise FormatError(f"{where} has a shape that is no tuple of sizes.")
    return shape


def _type(described: Any, where: str) -> tuple[str, int]:
    """Return the name of a number format and the bytes of an element."""
    if isinstance(described, list):
        return "record", sum(_field(field, where) for field in described)
    match = _TYPE.fullmatch(described) if isinstance(described, str) else None
    if match is None:
        raise FormatError(f"{where} is of a dtype that is neither a type string nor a list of fields.")
    _, letter, digits, _ = match.groups()
    if letter == "O":
        raise UnsafeFileError(f"{where} is an array of Python objects: its content is a pickle, which is not loaded.")
    if letter == "?":
        return "bool", 1
    width = int(digits or 0)
    if letter in _SIZED:
        name, unit = _SIZED[letter]
        return name, width * unit
    name = _NAMES.get(letter, "")
    if letter in "mM" and width == 8:
        return name, 8
    if letter == "b" and width == 1:
        return name, 1
    if name and letter in "iufc" and width in (1, 2, 4, 8, 12, 16, 24, 32):
        return f"{name}{width * 8}", width
    raise FormatError(f"{where} is of an unknown dtype, {described[:40]!a}.")


def _field(field: Any, where: str) -> int:
    """Return the bytes of a field of a record: a name, a type, and sizes where it is an array itself."""
    if not isinstance(field, tuple) or len(field) not in (2, 3):
        raise FormatError(f"{where} is a record with a field that is not described by name, type and sizes.")
    width = _type(field[1], where)[1]
    if len(field) == 3:
        sizes = field[2]
        for size in _shape((sizes,) if type(sizes) is int else sizes, where):
            width *= size
    return width


class Literal:
    """The few literals that stand in a header: numbers, texts, True, False, None, and tuples, lists and dicts of them.

    Args:
        text: what is read.
        where: what it is called in messages.
        depth: of nesting at most.
    """

    def __init__(self, text: str, where: str, depth: int) -> None:
        self._text = text
        self._where = where
        self._depth = depth
        self._at = 0

    def value(self) -> Any:
        """Return the value; nothing may follow it.

        Raises:
            FormatError: it is something else, or nested too deeply.
        """
        value = self._item(self._token(), 0)
        if self._at != len(self._text):
            self._fail("something follows")
        return value

    def _token(self) -> tuple[str, str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match.lastgroup is None:
            self._fail("this is no plain literal")
        self._at = match.end()
        return match.lastgroup, match[match.lastgroup]

    def _item(self, token: tuple[str, str], depth: int) -> Any:
        kind, text = token
        if kind == "number":
            return int(text)
        if kind == "word":
            return {"True": True, "False": False, "None": None}[text]
        if kind != "sign":
            return re.sub(r"\\(.)", r"\1", text)  # names of fields, of which only the length of the list matters
        if text not in _CLOSING:
            self._fail("this is no value")
        if depth == self._depth:
            self._fail(f"this is nested deeper than the limit `depth`, {self._depth}")
        return self._dict(depth + 1) if text == "{" else self._sequence(text, depth + 1)

    def _sequence(self, opening: str, depth: int) -> Any:
        items: list[Any] = []
        closing = ("sign", _CLOSING[opening])
        while (token := self._token()) != closing:
            items.append(self._item(token, depth))
            token = self._token()
            if token == closing:
                if opening == "(" and len(items) == 1:
                    return items[0]  # only a comma makes a tuple
                break
            if token != ("sign", ","):
                self._fail("a comma is missing")
        return tuple(items) if opening == "(" else items

    def _dict(self, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while (token := self._token()) != ("sign", "}"):
            key = self._item(token, depth)
            if not isinstance(key, str) or self._token() != ("sign", ":"):
                self._fail("a dict of names is expected")
            if key in fields:
                self._fail(f"{key[:40]!a} stands twice")
            fields[key] = self._item(self._token(), depth)
            token = self._token()
            if token == ("sign", "}"):
                break
            if token != ("sign", ","):
                self._fail("a comma is missing")
        return fields

    def _fail(self, why: str) -> NoReturn:
        raise FormatError(f"{self._where}: the header's literal, at {self._at:,}: {why}.")
