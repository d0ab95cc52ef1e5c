"""What a file says is computed with its weights: operations as plain data, none of which we need to know."""

from __future__ import annotations

from dataclasses import dataclass, field

Attribute = int | float | str | list[int] | list[float]


@dataclass(slots=True)
class Signature:
    """A value that a graph takes or gives: a size is a name where the file leaves it open, ``None`` without a name."""

    name: str
    dtype: str
    shape: list[int | str | None] | None


@dataclass(slots=True)
class Operation:
    """One operation of a graph.

    Attributes:
        type: what it does, in the format's words: ``"Conv"``, ``"FULLY_CONNECTED"``.
        domain: whose word that is; empty for the format's own.
        name: of this one; empty where it has none.
        inputs: names of what it takes, by position; empty where an optional one is left out.
        outputs: names of what it gives.
        attributes: those that are numbers or short strings.
        graphs: names of the graphs that it runs inside.
    """

    type: str
    domain: str = ""
    name: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    graphs: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What it is called in words: its type and its name, or that of its first output."""
        return f"{self.type} {self.name or next(filter(None, self.outputs), '')}".rstrip()


@dataclass(slots=True)
class ForeignGraph:
    """Operations in the order of the file, with what goes in and out.

    Attributes:
        name: as the file has it.
        inputs: what it takes, weights left out.
        outputs: what it gives.
        operations: of it.
        constants: by the name that operations use, the path of the stored array.
        parent: name of the graph whose operation runs it; ``None`` for the main one.
        inner: graphs that operations run inside, and functions; on the main graph only.
    """

    name: str
    inputs: list[Signature] = field(default_factory=list)
    outputs: list[Signature] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    parent: str | None = None
    inner: list[ForeignGraph] = field(default_factory=list)
