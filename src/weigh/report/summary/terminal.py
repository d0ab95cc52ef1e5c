"""What standard output can show: width, colours and signs. Found as rich finds it, which Keras 3 prints with."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_EIGHT_BIT = {
    "bold": "1",
    "unknown": "38;5;45",
    "number": "38;5;34",
    "type": "38;5;33",
    "yes": "1;38;5;34",
    "no": "1;91",
}
_STANDARD = {"bold": "1", "unknown": "96", "number": "32", "type": "94", "yes": "1;32", "no": "1;91"}
_COLOURLESS = {"bold": "1", "yes": "1", "no": "1"}


class Terminal(NamedTuple):
    """Where a table is printed.

    Attributes:
        columns: characters in a line, from which a table chooses its width.
        width: characters in a line, at which it is cut. Keras asks standard output for the one and any standard
            stream for the other, so they differ when only one of these is a terminal.
        is_ascii: whether there are no other signs than ASCII's.
        codes: the ANSI code of each style; empty where there is no colour.
    """

    columns: int = 80
    width: int = 80
    is_ascii: bool = False
    codes: Mapping[str, str] = {}

    @classmethod
    def of(cls, stream: Any, plain: bool = False) -> Terminal:
        """Return what `stream` can show; without colours if `plain`."""
        interactive = not plain and _is_terminal(stream)
        dumb = interactive and os.environ.get("TERM", "").lower() in ("dumb", "unknown")
        encoding = getattr(stream, "encoding", None) or "utf-8"
        return cls(
            columns=_width((1,)),
            width=80 if dumb else _width((0, 1, 2)),
            is_ascii=not encoding.lower().startswith("utf"),
            codes=_codes() if interactive and not dumb else {},
        )


def _is_terminal(stream: Any) -> bool:
    if (getattr(sys.stdin, "__module__", None) or "").startswith("idlelib"):
        return False  # says that it is one and shows escape codes as they are
    compatible = os.environ.get("TTY_COMPATIBLE")
    if compatible in ("0", "1"):
        return compatible == "1"
    forced = os.environ.get("FORCE_COLOR")
    if forced is not None:
        return forced != ""
    return hasattr(stream, "isatty") and bool(stream.isatty())


def _codes() -> Mapping[str, str]:
    if os.environ.get("NO_COLOR"):
        return _COLOURLESS
    if os.environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return _EIGHT_BIT
    colours = os.environ.get("TERM", "").strip().lower().rpartition("-")[2]
    return _EIGHT_BIT if colours in ("256color", "kitty") else _STANDARD


def _width(descriptors: Iterable[int]) -> int:
    """Return what the environment says, else the width of the first of `descriptors` that is a terminal, else 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    return next(filter(None, map(_size, descriptors)), 80)


def _size(descriptor: int) -> int:
    try:
        return os.get_terminal_size(descriptor).columns
    except OSError:
        return 0
