"""A table in boxes, as rich lays it out for Keras 3: column widths, rows of broken lines, borders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from weigh.report.summary import cells
from weigh.report.summary.cells import Text

Segment = tuple[str, str]
"""Text with the name of its style."""

Line = list[Segment]

BOXES = {  # where columns meet: left, line, between, right
    "top": "┏━┳┓",
    "head": "┃ ┃┃",
    "neck": "┡━╇┩",
    "body": "│ ││",
    "rule": "├─┼┤",
    "foot": "└─┴┘",
}
ASCII = {"top": "+--+", "head": "| ||", "neck": "|-+|", "body": "| ||", "rule": "|-+|", "foot": "+--+"}
PADDING = 2  # a space on either side


def column_widths(wanted: Sequence[int], line_length: int) -> list[int]:
    """Return widths, with padding, of columns that together with their borders fill `line_length`.

    Args:
        wanted: widths without padding; what is too much is taken from all alike, what is too little given to each
            by its share.
        line_length: width of the table.
    """
    room = max(0, line_length - len(wanted) - 1)
    widths = [min(width + PADDING, room) or 1 for width in wanted]
    excess = sum(widths) - room
    if excess > 0:
        for index, width in enumerate(widths):
            less = min(width, round(excess / (len(widths) - index)))
            widths[index] -= less
            excess -= less
    missing, share = room - sum(widths), sum(widths)
    for index, width in enumerate(widths):
        if missing <= 0 or not share:
            break
        more = -(-width * missing // share)
        widths[index] += more
        missing -= more
        share -= width
    return widths


def table(
    header: Sequence[str], rows: Sequence[Sequence[Text]], widths: Sequence[int], justify: Sequence[str], is_ascii: bool
) -> Iterator[Line]:
    """Yield the lines of a table with a rule between any two rows.

    Args:
        header: titles of the columns.
        rows: a Text for each column.
        widths: of the columns, padding included.
        justify: ``"left"``, ``"right"`` or ``"center"`` for each column.
        is_ascii: whether borders are of ASCII's signs.
    """
    box = ASCII if is_ascii else BOXES

    def rule(name: str) -> Line:
        left, line, between, right = iter(box[name])
        return [(left + between.join(line * width for width in widths) + right, "")]

    yield rule("top")
    titles = [cells.styled(title, "bold") for title in header]
    yield from _row(titles, widths, justify, box["head"], "bold")
    yield rule("neck")
    for index, row in enumerate(rows):
        if index:
            yield rule("rule")
        yield from _row(row, widths, justify, box["body"])
    yield rule("foot")


def _row(
    texts: Sequence[Text], widths: Sequence[int], justify: Sequence[str], border: str, style: str = ""
) -> Iterator[Line]:
    columns = [_cell(*column, style) for column in zip(texts, widths, justify, strict=True)]
    height = max(1, *map(len, columns))
    for column, width in zip(columns, widths, strict=True):
        blank = [[(" " * width, style)]] * (height - len(column))
        column[:] = [*blank, *column] if style else [*column, *blank]  # titles stand at the bottom
    left, _, between, right = iter(border)
    for parts in zip(*columns, strict=True):
        line: Line = [(left, "")]
        for part in parts:
            line += [*part, (between, "")]
        yield [*line[:-1], (right, "")]


def _cell(text: Text, width: int, justify: str, style: str) -> list[Line]:
    inner = width - PADDING
    if inner < 1:
        return []
    return [
        [(" ", style), *segments(cells.fitted(line, inner, justify, style)), (" ", style)]
        for line in cells.lines(text, inner)
    ]


def segments(text: Text) -> Line:
    """Return `text` with neighbouring signs of one style together."""
    return [("".join(sign for sign, _ in signs), style) for style, signs in groupby(text, key=lambda signed: signed[1])]


def render(line: Line, width: int, codes: Mapping[str, str]) -> str:
    """Return a line as it is printed: cut at `width`, with the ANSI codes of its styles."""
    if sum(cells.width(text) for text, _ in line) > width:
        line = _cut(line, width)
    return "".join(f"\x1b[{codes[style]}m{text}\x1b[0m" if text and style in codes else text for text, style in line)


def _cut(line: Line, width: int) -> Line:
    kept: Line = []
    for text, style in line:
        kept.append((cells.plain(cells.cut(cells.styled(text), width)), style))
        width -= cells.width(text)
        if width <= 0:
            break
    return kept
