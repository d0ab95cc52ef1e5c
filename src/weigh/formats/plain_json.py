"""JSON read without trusting it: names of an object differ, nesting and numbers are bounded, text is text.

Source: RFC 8259, sections 4 (names should be unique: readers disagree where they are not) and 8 (UTF-8).
"""

from __future__ import annotations

import json
from typing import Any

from weigh.errors import FormatError

_SHOWN = 200  # characters of what is wrong


def parsed(data: bytes, what: str, *, whole: bool = False, depth: int | None = None) -> Any:
    """Return what a JSON text says.

    Args:
        data: the text, UTF-8.
        what: what it is called in messages, with the file's name.
        whole: whether its numbers must be whole.
        depth: of nesting at most; otherwise as deep as Python reads.

    Raises:
        FormatError: it is no JSON, names something twice, or is nested too deeply.
    """

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    raise FormatError(f"{what} names {name[:_SHOWN]!a} twice.")
                seen.add(name)
        return fields

    def refused(number: str) -> Any:
        raise FormatError(f"{what} holds {number[:_SHOWN]}, where only whole numbers make sense.")

    parsers: dict[str, Any] = {"parse_float": refused, "parse_constant": refused} if whole else {}
    try:
        text = data.decode("utf-8")
        has_escapes = "\\u" in text
        value = json.loads(text, object_pairs_hook=distinct, **parsers)
    except FormatError:
        raise
    except RecursionError as error:
        raise FormatError(f"{what} is nested too deeply.") from error
    except ValueError as error:  # no JSON, no UTF-8, numbers of thousands of digits
        raise FormatError(f"{what} is not JSON: {str(error)[:_SHOWN]}.") from error
    if has_escapes or depth is not None:
        _check(value, what, depth)
    return value


def _check(value: Any, what: str, depth: int | None) -> None:
    """Raise a FormatError if there is half a character in a text, as an escape may say, or nesting beyond the limit."""
    waiting = [(value, 1)]
    while waiting:
        value, level = waiting.pop()
        if isinstance(value, str):
            if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
                raise FormatError(f"{what} holds half a character, which is no text, in {value[:_SHOWN]!a}.")
        elif isinstance(value, dict | list):
            if depth is not None and level > depth:
                raise FormatError(f"{what} is nested deeper than the limit `depth`, {depth}.")
            if isinstance(value, dict):
                waiting += [(name, level) for name in value]
                value = value.values()
            waiting += [(item, level + 1) for item in value]
