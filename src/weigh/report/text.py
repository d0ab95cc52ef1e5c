"""An explanation as plain text: indented, aligned and wrapped; East Asian wide characters count as two columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category, east_asian_width

from weigh.report.explanation import Formula, Part, Said, Section, Table
from weigh.report.shown import shortened, visible
from weigh.report.wording import FIXED_SPACE, Words

WIDTH = 100
"""Columns that a text takes at most, unless one word alone is longer."""

_INDENT = "  "
_GAP = "  "
_SHORTEST = 20  # columns that are left of a name at least
_NARROWEST = 24  # a last column that would be narrower goes under its row instead
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
_CLOSING = "，。；：、？！）」』”"
_OPENING = "（「『“"
# What a line is not broken inside: a wide character with the punctuation that clings to it, or a narrow word.
_CHUNK = re.compile(rf"[ ]|[{_OPENING}]*(?:[^ {_WIDE}]+|[{_WIDE}])[{_CLOSING}]*")


def render(section: Section, words: Words, width: int = WIDTH) -> str:
    """Return `section` as text without a line end after the last line.

    Args:
        section: what is said.
        words: in which language.
        width: columns that a line takes at most.
    """
    heading = wrap(words.say(section.heading), width)
    lines = [*heading, "─" * max(map(columns_of, heading)), *_body(section.body, words, width)]
    return "\n".join(visible(line.replace(FIXED_SPACE, " ")) for line in lines)


def _body(body: list[Part], words: Words, width: int, depth: int = 0) -> list[str]:
    """Return the lines of a body; an empty line parts sections and, where there is room, parts of different kinds."""
    lines: list[str] = []
    before: Part | None = None
    for part in body:
        if isinstance(part, Section):
            shown = _section(part, words, width, depth)
        else:
            indent = _INDENT if isinstance(part, Formula) and depth == 1 else ""
            shown = [indent + line for line in _part(part, words, width - len(indent))]
        if not shown:
            continue
        close = depth > 1 or type(part) is type(before)
        if isinstance(part, Section) or (before is not None and not close):
            lines.append("")
        lines += shown
        before = part
    return lines


def _section(section: Section, words: Words, width: int, depth: int) -> list[str]:
    inside = _body(section.body, words, width - len(_INDENT), depth + 1)
    return [*wrap(words.say(section.heading), width), *(f"{_INDENT}{line}" if line else "" for line in inside)]


def _part(part: Said | Formula | Table, words: Words, width: int) -> list[str]:
    if isinstance(part, Table):
        return list(_table(part, words, width))
    if isinstance(part, Formula):
        formulas = [line for said in part.lines for line in words.lines(said)]
        return [line for formula in formulas for line in wrap(formula, width, rest=_INDENT * 2)]
    return [line for paragraph in words.lines(part) for line in wrap(paragraph, width)]


def _table(table: Table, words: Words, width: int) -> Iterator[str]:
    cells = [["" if cell is None else words.value(cell) for cell in row] for row in table.rows]
    used = [column for column in range(len(table.align)) if any(row[column] for row in cells)]
    widths = {column: max(columns_of(row[column]) for row in cells) for column in used}
    *columns, last = used
    if table.wide:
        width = max(width, sum(widths.values()) + len(_GAP) * len(columns))
    if table.shrink in columns:
        others = sum(size + len(_GAP) for column, size in widths.items() if column not in (table.shrink, last))
        room = width - others - len(_GAP) - min(widths[last], _NARROWEST)
        widths[table.shrink] = min(widths[table.shrink], max(room, _SHORTEST))
        for row in cells:
            row[table.shrink] = shortened(row[table.shrink], widths[table.shrink])
    left = sum(widths[column] + len(_GAP) for column in columns)
    under = width - left < min(_NARROWEST, widths[last])
    for row in cells:
        start = "".join(pad(row[column], widths[column], table.align[column]) + _GAP for column in columns)
        if table.align[last] == "r":
            yield start + pad(row[last], widths[last], "r")
        elif under:
            yield start.rstrip(" ")
            yield from wrap(row[last], width, _INDENT * 2)
        else:
            wrapped = wrap(row[last], width - left) or [""]
            yield (start + wrapped[0]).rstrip(" ")
            yield from (" " * left + line for line in wrapped[1:])


def room() -> int:
    """Return the columns that a text may take where standard output leads."""
    import shutil
    import sys

    return min(WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH


def columns_of(text: str) -> int:
    """Return the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(sign: str) -> int:
    if category(sign)[0] == "M":
        return 0  # it stands on the letter before
    return 2 if east_asian_width(sign) in "WF" else 1


def pad(text: str, width: int, align: str) -> str:
    """Return `text` filled with spaces to `width` columns."""
    filling = " " * (width - columns_of(text))
    return filling + text if align == "r" else text + filling


def wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Return `text` as lines of at most `width` columns; a longer word stands on a line of its own.

    Args:
        text: one paragraph.
        width: columns of a line, its indent included.
        first: indent of the first line.
        rest: indent of the other lines; by default as of the first.
    """
    lines: list[str] = []
    line, empty = first, True
    for chunk in _CHUNK.findall(text):
        if not empty and columns_of(line) + columns_of(chunk.rstrip(" ")) > width:
            lines.append(line.rstrip(" "))
            line, empty = first if rest is None else rest, True
        if chunk != " " or not empty:
            line, empty = line + chunk, False
    return lines if empty else [*lines, line.rstrip(" ")]
