"""Which rows of an account: a small language of comparisons, read by hand and never evaluated as Python.

    role=kernel and count>1e6
    not trainable or (path~attn and dtype=float16)
    shape=4096x* and kind="running statistic"

Names: path, layer, name, role, kind, dtype, evidence (texts); count, bytes, rank (numbers; ``1e6``, ``64Ki``);
trainable (yes, no, unknown); shape (sizes with an x between them, ``*`` for any). Texts: ``=`` and ``!=`` compare
without regard to case, with ``*`` and ``?`` for any signs; ``~`` asks whether it is in there. What is not known is
neither equal nor unequal to anything but ``unknown``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import NamedTuple

from weigh.account import roles
from weigh.account.entry import Entry
from weigh.errors import ArgumentError, UnknownNameError

_TEXTS = ("path", "layer", "name", "role", "kind", "dtype", "evidence")
_NUMBERS = ("count", "bytes", "rank")
FIELDS = (*_TEXTS, *_NUMBERS, "trainable", "shape")
"""What can be asked for."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>==|!=|>=|<=|[=<>~()])|"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<word>[^\s=<>~()!"']+))"""
)
_NUMBER = re.compile(r"(?P<digits>[0-9][0-9_,]*)(?P<rest>(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,3})?)(?P<unit>[kKMGTP]?i?)B?")
_UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_ORDERS: dict[str, Callable[[int, int], bool]] = {
    "=": int.__eq__,
    "!=": int.__ne__,
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
}
_DEEPEST = 100
_UNKNOWN = "unknown"
_YES, _NO = ("true", "yes"), ("false", "no")

Test = Callable[[Entry], "bool | None"]


class Where:
    """A condition on rows.

    Args:
        text: as a person writes it.

    Raises:
        ArgumentError: it is none; the message shows the place.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._test = _Reading(text).whole()

    def __call__(self, row: Entry) -> bool:
        """Return whether it is known to hold for a row."""
        return self._test(row) is True

    def __repr__(self) -> str:
        return f"Where({self.text!r})"


def number(text: str) -> int | None:
    """Return a whole number as people write it: ``1e6``, ``1_000_000``, ``64Ki``, ``2.5M``, ``1MiB``; else ``None``."""
    match = _NUMBER.fullmatch(text)
    if match is None or match["unit"] == "i":
        return None
    from fractions import Fraction

    unit = match["unit"]
    factor = 1024 ** "kMGTP".index(unit[0].replace("K", "k")) * 1024 if unit.endswith("i") else _UNITS[unit]
    value = Fraction(re.sub("[_,]", "", match["digits"]) + match["rest"]) * factor
    return int(value) if value.denominator == 1 else None


class _Token(NamedTuple):
    text: str
    at: int
    end: int
    is_sign: bool = False
    is_quoted: bool = False


class _Reading:
    """A text while it is read, token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[_Token] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._error(_Token(text[at], at, at + 1), "this is not understood")
            kind = match.lastgroup or ""
            self._tokens.append(
                _Token(match[kind], match.start(kind), match.end(), kind == "sign", kind in ("double", "single"))
            )
            at = match.end()
        self._tokens.append(_Token("", end, end, True))
        self._next = 0

    def whole(self) -> Test:
        test = self._either(0)
        if self._seen.text or not self._seen.is_sign:
            raise self._error(self._seen, "expected `and`, `or` or the end")
        return test

    @property
    def _seen(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _takes(self, word: str) -> bool:
        token = self._seen
        found = not token.is_quoted and token.text.lower() == word
        self._next += found
        return found

    def _either(self, depth: int) -> Test:
        tests = [self._both(depth)]
        while self._takes("or"):
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda row: _any([test(row) for test in tests])

    def _both(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._takes("and"):
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda row: _all([test(row) for test in tests])

    def _one(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise self._error(self._seen, "this is nested too deeply")
        if self._takes("not"):
            inner = self._one(depth + 1)
            return lambda row: _not(inner(row))
        if self._takes("("):
            inner = self._either(depth + 1)
            if not self._takes(")"):
                raise self._error(self._seen, "expected `)`")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        field = self._take()
        if field.is_sign or field.is_quoted:
            raise self._error(field, f"expected a name to compare: {', '.join(FIELDS)}")
        name = field.text.lower()
        if name not in FIELDS:
            raise self._error(field, str(UnknownNameError.of("name", field.text, FIELDS)))
        if name == "trainable" and (not self._seen.is_sign or self._seen.text in ("", ")")):
            return lambda row: row.trainable
        sign = self._take()
        if not sign.is_sign or sign.text in ("", "(", ")"):
            raise self._error(sign, "expected one of = != < <= > >= ~")
        value = self._take()
        if value.is_sign:
            raise self._error(value, "expected what to compare with")
        order = "=" if sign.text == "==" else sign.text
        if name in _NUMBERS:
            return self._number(name, order, sign, value)
        if order not in ("=", "!=", "~") or (order == "~" and name not in _TEXTS):
            raise self._error(sign, f"`{name}` is no number: it can be = or !=" + (" or ~" if name in _TEXTS else ""))
        if name == "trainable":
            test = self._trainable(value)
        elif name == "shape":
            test = self._shape(value)
        else:
            test = _text(name, "~" if order == "~" else "=", value.text)
        return test if order != "!=" else lambda row: _not(test(row))

    def _number(self, name: str, order: str, sign: _Token, value: _Token) -> Test:
        wanted = number(value.text)
        if order not in _ORDERS:
            raise self._error(sign, f"`{name}` is a number: it can be = != < <= > >=")
        if wanted is None:
            raise self._error(value, "expected a whole number such as 1000, 1e6 or 64Ki")
        compare = _ORDERS[order]
        if name == "rank":
            return lambda row: compare(len(row.shape), wanted)
        if name == "count":
            return lambda row: compare(row.count, wanted)
        return lambda row: compare(row.bytes, wanted)

    def _trainable(self, value: _Token) -> Test:
        said = value.text.lower()
        if said not in (*_YES, *_NO, _UNKNOWN):
            raise self._error(value, "expected yes, no or unknown")
        if said == _UNKNOWN:
            return lambda row: row.trainable is None
        wanted = said in _YES
        return lambda row: None if row.trainable is None else row.trainable is wanted

    def _shape(self, value: _Token) -> Test:
        sizes = [size.strip() for size in re.split("[x×X]", value.text)]
        if not all(size == "*" or (size.isascii() and size.isdigit()) for size in sizes):
            raise self._error(value, "expected sizes with an x between them, such as 4096x* or 512")
        wanted = [None if size == "*" else int(size) for size in sizes]

        def test(row: Entry) -> bool:
            pairs = zip(row.shape, wanted, strict=False)
            return len(row.shape) == len(wanted) and all(want in (None, size) for size, want in pairs)

        return test

    def _error(self, token: _Token, problem: str) -> ArgumentError:
        before, here, after = self._text[: token.at], self._text[token.at : token.end], self._text[token.end :]
        stop = "" if problem[-1] in ".?" else "."
        return ArgumentError(f"At character {token.at + 1} of the condition: {problem}{stop} {before}▸{here}◂{after}")


def _text(name: str, order: str, value: str) -> Test:
    wanted = value.casefold()
    if name in ("role", "kind"):
        wanted = wanted.replace("_", " ")
    is_pattern = order == "=" and ("*" in wanted or "?" in wanted)

    def test(row: Entry) -> bool | None:
        said = str(getattr(row, name)).casefold()
        if (name, said) in (("role", roles.UNSAID), ("kind", roles.UNKNOWN)):
            return True if wanted in (_UNKNOWN, said) else None
        if order == "~":
            return wanted in said
        return fnmatchcase(said, wanted) if is_pattern else said == wanted

    return test


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _any(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def _all(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True
