"""What an explanation consists of: sentences by key with what fills them, tables, formulas, sections; no words yet.

`weigh.report.wording` puts it into a language, `weigh.report.text` lays it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weigh.account.entry import Entry


class Said:
    """A sentence, or a few words, to be put into a language.

    Attributes:
        key: its place in the words files: ``"title.layer"``.
        values: what fills its places: numbers, shapes, names, a Said, a Joined; ``None`` and ``False`` are absent.
    """

    __slots__ = ("key", "values")

    def __init__(self, key: str, /, **values: Any) -> None:
        self.key = key
        self.values = values

    def __repr__(self) -> str:
        return f"Said({self.key!r}, {self.values!r})"


class Joined:
    """Several values in one place.

    Attributes:
        items: values as of a Said.
        sign: what stands between them: an operator such as ``"×"``, ``","``, ``" "`` for a wide gap; empty where the
            language says how a list is joined: ``a, b and c``.
    """

    __slots__ = ("items", "sign")

    def __init__(self, items: Iterable[Any], sign: str = "") -> None:
        self.items = list(items)
        self.sign = sign

    def __repr__(self) -> str:
        return f"Joined({self.items!r}, {self.sign!r})"


class Table:
    """Rows of cells that stand in columns; the last column may be long.

    Attributes:
        rows: cells are values as of a Said; ``None`` leaves a cell empty.
        align: ``"l"`` or ``"r"`` for each column.
        shrink: the column whose cells are shortened where the table is too wide.
        wide: whether it may be as wide as it is, for whoever reads it line by line.
    """

    __slots__ = ("align", "rows", "shrink", "wide")

    def __init__(
        self, align: str, rows: Iterable[Sequence[Any]], shrink: int | None = None, wide: bool = False
    ) -> None:
        self.wide = wide
        self.align = align
        self.shrink = shrink
        self.rows = [list(row) for row in rows]


class Formula:
    """Lines that are read as they stand.

    Attributes:
        lines: one Said each.
    """

    __slots__ = ("lines",)

    def __init__(self, *lines: Said) -> None:
        self.lines = list(lines)


class Section:
    """A heading and what is under it.

    Attributes:
        heading: one Said.
        body: Said (a paragraph), Formula, Table, Section, in reading order.
    """

    __slots__ = ("body", "heading")

    def __init__(self, heading: Said, body: Iterable[Part]) -> None:
        self.heading = heading
        self.body: list[Part] = list(body)


class Explanation(Section):
    """Everything that is said about a network or a layer.

    Attributes:
        subject: name of the network, or path of the layer.
        rows: the weights that it is about.
    """

    __slots__ = ("rows", "subject")

    def __init__(self, subject: str, rows: Sequence[Entry], heading: Said, body: Iterable[Part]) -> None:
        super().__init__(heading, body)
        self.subject = subject
        self.rows = list(rows)


Part = Said | Formula | Table | Section
