"""What a file says is computed with its weights: operations as plain data, none of which we need to know."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Attribute = int | float | str | list[int] | list[float]
_NONE: Mapping[str, Attribute] = MappingProxyType({})  # a file may hold millions of operations


class Signature(NamedTuple):
    """A value that a graph takes or gives: a size is a name where the file leaves it open, ``None`` without a name."""

    name: str
    dtype: str = ""
    shape: tuple[int | str | None, ...] | None = None


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

    __slots__ = ("attributes", "domain", "graphs", "inputs", "name", "outputs", "type")

    def __init__(
        self, type: str, name: str = "", inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = (), domain: str = ""
    ) -> None:
        self.type = type
        self.domain = domain
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = _NONE
        self.graphs: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What it is called in words: its type and its name, or that of its first output."""
        return f"{self.type} {self.name or next(filter(None, self.outputs), '')}".rstrip()

    def __repr__(self) -> str:
        return f"<{self.label}: {', '.join(self.inputs)} → {', '.join(self.outputs)}>"


class ForeignGraph:
    """Operations in the order of the file, with what goes in and out.

    Attributes:
        name: as the file has it.
        inputs: what it takes, weights left out.
        outputs: what it gives.
        operations: of it.
        values: shapes and number formats that the file says of what is computed, by name.
        constants: by the name that operations use, the path of the stored array.
        parent: name of the graph whose operation runs it; ``None`` for the main one.
        inner: graphs that operations run inside, and functions; on the main graph only.
    """

    def __init__(self, name: str, parent: str | None = None) -> None:
        self.name = name
        self.inputs: list[Signature] = []
        self.outputs: list[Signature] = []
        self.operations: list[Operation] = []
        self.values: dict[str, Signature] = {}
        self.constants: dict[str, str] = {}
        self.parent = parent
        self.inner: list[ForeignGraph] = []

    def __repr__(self) -> str:
        return f"<ForeignGraph {self.name}: {len(self.operations)} operations, {len(self.constants)} arrays>"
