"""Pickles, read without making anything that they ask for.

A pickle is a program for a small machine with a stack. The machine here knows every instruction and carries out those
that make numbers, strings and containers. Where a pickle names something of Python, a `Token` stands for the name;
where it calls it, a `Made` says what would have been called with what. Nothing is imported and nothing is called, so
there is no list of what is safe to be kept complete.

Dictionaries stay pairs and nothing of the pickle is hashed, compared or copied as a whole: structure that is shared a
million times, or holds itself, or is nested deep, costs what it takes in the file.

Sources: CPython 3.14, ``Lib/pickletools.py`` (the instructions and their arguments), PEP 307, PEP 3154, PEP 574.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from weigh.errors import FormatError
from weigh.formats.source import Source

HIGHEST_PROTOCOL = 5
_NUMBER = 255  # bytes of a whole number that is kept as one; longer ones are a Blob
_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}  # as Python 2 called them


class Token:
    """Something that a pickle calls by its name."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Reference:
    """Something outside the pickle, by the identifier that the pickle has for it."""

    __slots__ = ("identifier",)

    def __init__(self, identifier: Any) -> None:
        self.identifier = identifier


class Blob:
    """Bytes, of which only the number is kept."""

    __slots__ = ("length",)

    def __init__(self, length: int) -> None:
        self.length = length


class Pairs:
    """A dictionary as it is written: pairs of a key and a value."""

    __slots__ = ("_latest", "_written")

    def __init__(self) -> None:
        self._written: list[tuple[Any, Any]] = []
        self._latest: dict[Any, Any] | None = None

    def add(self, key: Any, value: Any) -> None:
        self._written.append((key, value))
        self._latest = None

    def _by_key(self) -> dict[Any, Any]:
        """Return values by key: the last one written for it; what cannot be a name or number stands for itself."""
        if self._latest is None:
            keyed = ((key if isinstance(key, (str, int, float)) else _Key(key), value) for key, value in self._written)
            self._latest = dict(keyed)
        return self._latest

    def get(self, key: str) -> Any:
        """Return the value of a name; ``None`` where there is none."""
        return self._by_key().get(key)

    def __contains__(self, key: str) -> bool:
        return key in self._by_key()

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        for key, value in self._by_key().items():
            yield (key.value if isinstance(key, _Key) else key), value

    def __len__(self) -> int:
        return len(self._by_key())


class _Key:
    """A key that is only ever equal to itself: its hash is where it stands, not what it holds."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Made:
    """What a pickle would have made: by what, from which arguments, and what it would have put into it.

    Attributes:
        maker: what would have been called: a Token, or a value that is none.
        arguments: that it would have been called with.
        state: that it would have been given; ``None`` for none.
        items: that would have been appended or added to it.
        pairs: keys and values that would have been set in it.
    """

    __slots__ = ("arguments", "items", "maker", "pairs", "state")

    def __init__(self, maker: Any, arguments: tuple[Any, ...]) -> None:
        self.maker = maker
        self.arguments = arguments
        self.state: Any = None
        self.items: list[Any] = []
        self.pairs: Pairs | None = None

    @property
    def name(self) -> str:
        """Full name of what would have made it; ``""`` where that has no name."""
        maker = self.maker
        if isinstance(maker, Reference) and isinstance(maker.identifier, tuple):  # a class, with its source beside it
            maker = next((part for part in maker.identifier if isinstance(part, Token)), None)
        return str(maker) if isinstance(maker, Token) else ""


class Pickle:
    """What one pickle holds.

    Attributes:
        value: that it would have made.
        names: everything of Python that it names, in order.
        references: to what is outside of it, in order.
        steps: instructions that it took.
        end: where it ends in its source.
    """

    def __init__(self, value: Any, names: Sequence[str], references: Sequence[Reference], steps: int, end: int) -> None:
        self.value = value
        self.names = list(names)
        self.references = references
        self.steps = steps
        self.end = end


def load(source: Source, start: int = 0, end: int | None = None) -> Pickle:
    """Read one pickle, and no byte behind it.

    Args:
        source: that holds it.
        start: where it begins.
        end: where it must have ended; the end of the source by default.

    Raises:
        FormatError: it is none, or takes more than the limits of the source allow.
    """
    return _Machine(_Tape(source, start, source.size if end is None else end)).run()


def as_pairs(value: Any) -> Pairs | None:
    """Return what is a dictionary, or would have become a kind of one, as pairs; else ``None``."""
    if isinstance(value, Pairs) or not isinstance(value, Made):
        return value if isinstance(value, Pairs) else None
    if value.pairs is not None:
        return value.pairs
    if value.name not in _DICTIONARIES:
        return None
    written = value.arguments[-1] if value.arguments else None  # defaultdict has its default before it
    return written if isinstance(written, Pairs) else Pairs()


def as_sequence(value: Any) -> Sequence[Any] | None:
    """Return what is a list, tuple or set, or would have become one, as a sequence; else ``None``."""
    if isinstance(value, (list, tuple)):
        return value
    if not isinstance(value, Made):
        return None
    if value.items:
        return value.items
    if value.name in _SEQUENCES:
        given = value.arguments[0] if value.arguments else ()
        return given if isinstance(given, (list, tuple)) else ()
    return None


def as_plain(value: Any) -> Any:
    """Return what would have become a number, bytes, a slice or a short text as that; anything else as it is."""
    if isinstance(value, Token):
        return str(value)
    if not isinstance(value, Made):
        return value
    given = value.arguments
    if value.name in _BYTES:
        content = given[0] if given else ""
        if isinstance(content, Made) and content.name == "_codecs.encode" and content.arguments:
            content = content.arguments[0]
        return Blob(len(content)) if isinstance(content, str) else content if isinstance(content, Blob) else value
    if value.name == "builtins.complex" and len(given) == 2 and all(isinstance(part, (int, float)) for part in given):
        return complex(*given)
    if (
        value.name == "builtins.slice"
        and len(given) <= 3
        and all(isinstance(part, (int, type(None))) for part in given)
    ):
        return slice(*given) if given else value
    if value.name == "torch.device":
        return ":".join(str(part) for part in given if isinstance(part, (int, str)))
    return value


_DICTIONARIES: Final = frozenset(
    {"builtins.dict", "collections.OrderedDict", "collections.defaultdict", "collections.Counter"}
)
_SEQUENCES: Final = frozenset(
    {"builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple", "collections.deque", "torch.Size"}
)
_BYTES: Final = frozenset({"_codecs.encode", "builtins.bytes", "builtins.bytearray"})
_PLAIN: Final = _BYTES | {"builtins.complex", "builtins.slice", "torch.device", "numpy.dtype"}
UNDERSTOOD: Final = _DICTIONARIES | _SEQUENCES | _PLAIN
"""What a pickle may name and is understood here as data."""


class _Tape:
    """The bytes of a pickle in their order; each is read when its turn comes, and none before."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.at = start
        self._end = min(end, source.size)
        source.file.seek(start)

    def take(self, count: int) -> bytes:
        if count > self._end - self.at:
            raise self.error(f"{count:,} bytes should follow, and there are {max(0, self._end - self.at):,}")
        data = self.source.file.read(count)
        if len(data) != count:
            raise self.error("the file ended while it was read")
        self.at += count
        self.source.receipt.bytes_read += count
        return data

    def skip(self, count: int) -> Blob:
        if count > self._end - self.at:
            raise self.error(f"{count:,} bytes should follow, and there are {max(0, self._end - self.at):,}")
        self.at += count
        self.source.file.seek(self.at)
        return Blob(count)

    def number(self, count: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(count), "little", signed=signed)

    def line(self, most: int) -> bytes:
        data = self.source.file.readline(min(most + 1, self._end - self.at))
        self.at += len(data)
        self.source.receipt.bytes_read += len(data)
        if not data.endswith(b"\n"):
            raise self.error(f"a line of at most {most:,} bytes should stand here")
        return data[:-1]

    def error(self, what: str) -> FormatError:
        return FormatError(f"{self.source.name}: this is not a pickle as it should be: at byte {self.at:,}, {what}.")


class _Machine:
    """The machine that a pickle is a program for."""

    def __init__(self, tape: _Tape) -> None:
        self.tape = tape
        self._limits = tape.source.limits
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._tokens: dict[tuple[str, str], Token] = {}
        self._references: list[Reference] = []
        self._steps = 0
        self._paired_so_far = 0
        self._text = 0

    def run(self) -> Pickle:
        most, take, error = self._limits.entries, self.tape.take, self.tape.error
        while True:
            self._steps += 1
            if self._steps > most:
                raise error(f"it takes more instructions than the limit `entries` of {most:,}")
            code = take(1)
            if code == b".":
                value = self._pop()
                names = [str(token) for token in self._tokens.values()]
                return Pickle(value, names, self._references, self._steps, self.tape.at)
            act = INSTRUCTIONS.get(code)
            if act is None:
                raise error(f"{code!r} is no instruction")
            act(self)

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise self.tape.error("something is taken from an empty stack")
        return self._stack.pop()

    def _top(self) -> Any:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise self.tape.error("an empty stack is asked for its top")
        return self._stack[-1]

    def _since_mark(self) -> list[Any]:
        if not self._marks:
            raise self.tape.error("a mark is asked for, and none was set")
        mark = self._marks.pop()
        values = self._stack[mark:]
        del self._stack[mark:]
        return values

    # Numbers, strings and bytes

    def _string(self, data: bytes, coding: str = "utf-8") -> None:
        self._count_text(len(data))
        text = data.decode(coding, "backslashreplace")
        if coding != "utf-8":
            text = text.encode("utf-8", "backslashreplace").decode()  # half of a pair of surrogates is no character
        self._push(text)

    def _count_text(self, length: int) -> None:
        self._text += length
        self.tape.source.check(self._text, "text", "the length of all strings of the pickle")

    def _sized_string(self, size: int) -> None:
        length = self.tape.number(size)
        self.tape.source.check(length, "text", "the length of a string of the pickle")
        self._string(self.tape.take(length))

    def _sized_bytes(self, size: int) -> None:
        self._push(self.tape.skip(self.tape.number(size)))

    def _quoted_string(self) -> None:
        line = self.tape.line(self._limits.text).strip()
        if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
            raise self.tape.error("a string in quotes should stand here")
        self._string(_ESCAPE.sub(_unescaped, line[1:-1]))

    def _long(self, size: int) -> None:
        length = self.tape.number(size, signed=size == 4)
        if length < 0:
            raise self.tape.error("a number has a negative length")
        self._push(self.tape.skip(length) if length > _NUMBER else self.tape.number(length, signed=True))

    def _written_whole(self) -> None:
        line = self.tape.line(self._limits.name).strip()
        if line in (b"00", b"01"):
            self._push(line == b"01")
        elif len(digits := line.removesuffix(b"L")) > 2 * _NUMBER:
            self._push(Blob(len(digits)))
        else:
            self._push(self._parsed(int, digits))

    def _written_float(self) -> None:
        self._push(self._parsed(float, self.tape.line(self._limits.name)))

    def _parsed(self, kind: Callable[[bytes], Any], line: bytes) -> Any:
        try:
            return kind(line)
        except ValueError as error:
            raise self.tape.error(f"a number should stand here, and it is {line[:40]!r}") from error

    def _float(self) -> None:
        self._push(struct.unpack(">d", self.tape.take(8))[0])

    # Containers

    def _tuple(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self._push(tuple(values[::-1]))

    def _dictionary(self, values: list[Any]) -> None:
        self._push(Pairs())
        self._set_items(values)

    def _set_items(self, values: list[Any]) -> None:
        target = self._top()
        if isinstance(target, Made):
            target.pairs = target.pairs or Pairs()
            target = target.pairs
        if not isinstance(target, Pairs):
            raise self.tape.error(f"an item is set in a {type(target).__name__}, which has none")
        if len(values) % 2:
            raise self.tape.error("a key has no value")
        for index in range(0, len(values), 2):
            target.add(values[index], values[index + 1])

    def _append(self, values: list[Any]) -> None:
        target = self._top()
        if isinstance(target, Made):
            target = target.items
        if not isinstance(target, list):
            raise self.tape.error(f"something is appended to a {type(target).__name__}")
        target.extend(values)

    def _set(self, name: str, values: list[Any]) -> None:
        made = Made(Token("builtins", name), ())
        made.items.extend(values)
        self._push(made)

    # Names and what would be made

    def _token(self, module: Any, name: Any) -> Token:
        if not isinstance(module, str) or not isinstance(name, str):
            raise self.tape.error("something is named by what is no string")
        key = _MODULES.get(module, module), name
        if key not in self._tokens:
            length = len(key[0]) + len(name)
            self.tape.source.check(length, "name", "the length of a name in the pickle")
            self._count_text(length)
            self._tokens[key] = Token(*key)
        return self._tokens[key]

    def _named_in_lines(self) -> Token:
        module, name = (
            self.tape.line(self._limits.name).decode("utf-8", "backslashreplace") for _ in ("module", "name")
        )
        return self._token(module, name)

    def _named_on_stack(self) -> None:
        name, module = self._pop(), self._pop()
        self._push(self._token(module, name))

    def _registered(self, size: int) -> None:
        self._push(self._token("copyreg", f"extension {self.tape.number(size)}"))

    def _refer(self, identifier: Any) -> None:
        self._references.append(Reference(identifier))
        self._push(self._references[-1])

    def _make(self, maker: Any, arguments: Any) -> None:
        given = arguments if isinstance(arguments, tuple) else (arguments,)
        if isinstance(maker, Token) and str(maker) == "copyreg._reconstructor" and given:
            maker, given = given[0], ()  # how protocols 0 and 1 make an object of a class
        made = Made(maker, given)
        if given and isinstance(given[-1], list) and made.name in _DICTIONARIES:
            made.pairs = self._paired(given[-1])
        self._push(made)

    def _paired(self, written: list[Any]) -> Pairs:
        """Return the pairs that Python 2 wrote as lists of two."""
        self._paired_so_far += len(written)
        if self._paired_so_far > self.tape.at:  # a pair takes more than a byte, unless one list is used again and again
            raise self.tape.error("dictionaries are made of one list again and again")
        pairs = Pairs()
        for pair in written:
            if isinstance(pair, (list, tuple)) and len(pair) == 2:
                pairs.add(pair[0], pair[1])
        return pairs

    def _reduce(self) -> None:
        arguments, maker = self._pop(), self._pop()
        self._make(maker, arguments)

    def _new_with_names(self) -> None:
        _names, arguments, maker = self._pop(), self._pop(), self._pop()
        self._make(maker, arguments)

    def _make_from_mark(self, maker: Token | None) -> None:
        values = self._since_mark()
        if maker is None:
            if not values:
                raise self.tape.error("an object has no class")
            self._make(values[0], tuple(values[1:]))
        else:
            self._make(maker, tuple(values))

    def _build(self) -> None:
        state, target = self._pop(), self._top()
        if isinstance(target, Made):
            target.state = state
        elif not isinstance(target, (Token, Reference)):
            raise self.tape.error(f"a {type(target).__name__} is given a state")

    # The stack, the memo and the frame

    def _drop(self) -> None:
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self._pop()

    def _written_index(self) -> int:
        index = self._parsed(int, self.tape.line(_NUMBER))
        assert isinstance(index, int)
        return index

    def _get(self, index: int) -> None:
        if index not in self._memo:
            raise self.tape.error(f"number {index:,} is asked for again, and nothing was kept under it")
        self._push(self._memo[index])

    def _put(self, index: int) -> None:
        if index < 0:
            raise self.tape.error("something is kept under a negative number")
        self._memo[index] = self._top()

    def _protocol(self) -> None:
        version = self.tape.number(1)
        if version > HIGHEST_PROTOCOL:
            raise self.tape.error(f"protocol {version} is claimed; protocols up to {HIGHEST_PROTOCOL} are known")

    def _frame(self) -> None:
        length, at = self.tape.number(8), self.tape.at
        self.tape.skip(length)  # it must be there; then its instructions are read like any others
        self.tape.at = at
        self.tape.source.file.seek(at)

    def _outside(self) -> None:
        raise self.tape.error("it needs bytes that were kept outside of it")


_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 16)])
    if match[2]:
        return bytes([int(match[2], 8) & 0xFF])
    return _ESCAPED.get(match[3], match[3])


INSTRUCTIONS: Final[dict[bytes, Callable[[_Machine], None]]] = {
    b"(": lambda m: m._marks.append(len(m._stack)),
    b"0": _Machine._drop,
    b"1": lambda m: m._since_mark().clear(),
    b"2": lambda m: m._push(m._top()),
    b"F": _Machine._written_float,
    b"G": _Machine._float,
    b"I": _Machine._written_whole,
    b"L": _Machine._written_whole,
    b"J": lambda m: m._push(m.tape.number(4, signed=True)),
    b"K": lambda m: m._push(m.tape.number(1)),
    b"M": lambda m: m._push(m.tape.number(2)),
    b"\x8a": lambda m: m._long(1),
    b"\x8b": lambda m: m._long(4),
    b"N": lambda m: m._push(None),
    b"\x88": lambda m: m._push(True),
    b"\x89": lambda m: m._push(False),
    b"S": _Machine._quoted_string,
    b"T": lambda m: m._sized_string(4),
    b"U": lambda m: m._sized_string(1),
    b"V": lambda m: m._string(m.tape.line(m._limits.text), "raw_unicode_escape"),
    b"X": lambda m: m._sized_string(4),
    b"\x8c": lambda m: m._sized_string(1),
    b"\x8d": lambda m: m._sized_string(8),
    b"B": lambda m: m._sized_bytes(4),
    b"C": lambda m: m._sized_bytes(1),
    b"\x8e": lambda m: m._sized_bytes(8),
    b"\x96": lambda m: m._sized_bytes(8),
    b"\x97": _Machine._outside,
    b"\x98": _Machine._outside,
    b")": lambda m: m._push(()),
    b"t": lambda m: m._push(tuple(m._since_mark())),
    b"\x85": lambda m: m._tuple(1),
    b"\x86": lambda m: m._tuple(2),
    b"\x87": lambda m: m._tuple(3),
    b"]": lambda m: m._push([]),
    b"l": lambda m: m._push(m._since_mark()),
    b"a": lambda m: m._append([m._pop()]),
    b"e": lambda m: m._append(m._since_mark()),
    b"}": lambda m: m._push(Pairs()),
    b"d": lambda m: m._dictionary(m._since_mark()),
    b"s": lambda m: m._set_items([m._pop(), m._pop()][::-1]),
    b"u": lambda m: m._set_items(m._since_mark()),
    b"\x8f": lambda m: m._set("set", []),
    b"\x90": lambda m: m._append(m._since_mark()),
    b"\x91": lambda m: m._set("frozenset", m._since_mark()),
    b"c": lambda m: m._push(m._named_in_lines()),
    b"\x93": _Machine._named_on_stack,
    b"\x82": lambda m: m._registered(1),
    b"\x83": lambda m: m._registered(2),
    b"\x84": lambda m: m._registered(4),
    b"R": _Machine._reduce,
    b"\x81": _Machine._reduce,
    b"\x92": _Machine._new_with_names,
    b"i": lambda m: m._make_from_mark(m._named_in_lines()),
    b"o": lambda m: m._make_from_mark(None),
    b"b": _Machine._build,
    b"P": lambda m: m._refer(m.tape.line(m._limits.name).decode("utf-8", "backslashreplace")),
    b"Q": lambda m: m._refer(m._pop()),
    b"g": lambda m: m._get(m._written_index()),
    b"h": lambda m: m._get(m.tape.number(1)),
    b"j": lambda m: m._get(m.tape.number(4)),
    b"p": lambda m: m._put(m._written_index()),
    b"q": lambda m: m._put(m.tape.number(1)),
    b"r": lambda m: m._put(m.tape.number(4)),
    b"\x94": lambda m: m._put(len(m._memo)),
    b"\x80": _Machine._protocol,
    b"\x95": _Machine._frame,
}
