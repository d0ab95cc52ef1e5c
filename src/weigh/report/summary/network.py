"""What every style shows of a network: which layers, and what they read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from weigh.declare.graph import Graph, Node
from weigh.declare.layer import Layer
from weigh.declare.operation import Operation
from weigh.errors import ArgumentError, UnknownNameError


class Wanted(NamedTuple):
    """The options of a summary, as `weigh.report.summary.summary` takes them."""

    line_length: int | None
    positions: Sequence[float] | None
    expand_nested: bool
    show_trainable: bool
    layer_range: Sequence[str] | None


class Source(NamedTuple):
    """Where something that a layer reads comes from: a call, and which of its outputs."""

    node: Node
    output: int


class Network:
    """A network as its summary sees it.

    Attributes:
        graph: its calls; ``None`` of one that computes in `call`.
        layers: the layers that have a row of their own.
        rows: what has a row in Keras 3: the layers, and other operations between them.
        in_line: whether each layer is called once and reads only the one before, so that connections say nothing.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.graph: Graph | None = model.graph
        self._nodes: set[Node] = set() if self.graph is None else set(self.graph.nodes)
        own = None if self.graph is None else set(self.graph.layers)
        self.layers: list[Any] = [layer for layer in model.layers if own is None or layer in own]
        self.rows: list[Any] = self._with_operations()
        self.in_line = self.graph is None or self._is_in_line(self.graph)

    def _with_operations(self) -> list[Any]:
        """Return the layers, and between them the operations that are none; an Input that is hidden stays hidden."""
        if self.graph is None:
            return self.layers
        shown = set(self.layers)
        return [called for called in self.graph.operations if called in shown or not isinstance(called, Layer)]

    def _is_in_line(self, graph: Graph) -> bool:
        branches = any(len(nodes) > 1 or len(nodes[0].inputs) > 1 for nodes in graph.nodes_by_depth.values())
        return not branches and all(len(self.calls(layer)) < 2 for layer in self.layers)

    def calls(self, layer: Operation) -> list[Node]:
        """Return the calls of `layer` that are part of this network."""
        return [node for node in layer.inbound_nodes if node in self._nodes]

    def sources(self, layer: Operation) -> list[Source]:
        """Return what `layer` reads in this network, call by call."""
        return [
            Source(tensor.node, tensor.index) for node in self.calls(layer) for tensor in node.inputs if tensor.node
        ]


def in_range(layers: list[Any], layer_range: Sequence[str] | None) -> list[Any]:
    """Return the layers between the first match of one pattern and the last of the other, in whichever order.

    Raises:
        ArgumentError: `layer_range` is not a pair, or not of patterns.
        UnknownNameError: no layer matches one of them.
    """
    if layer_range is None:
        return layers
    if isinstance(layer_range, str) or len(layer_range) != 2:
        raise ArgumentError(f"`layer_range` takes two names, of the first and last layer to show, not {layer_range!r}.")
    first, last = (_matches(layers, pattern) for pattern in layer_range)
    start, end = (first[0], last[-1]) if first[0] <= last[-1] else (last[0], first[-1])
    return layers[start : end + 1]


def _matches(layers: list[Any], pattern: str) -> list[int]:
    import re

    if not isinstance(pattern, str):
        raise ArgumentError(f"`layer_range` takes names of layers or patterns of them, not {pattern!r}.")
    try:
        matches = [index for index, layer in enumerate(layers) if re.match(pattern, layer.name)]
    except re.error as error:
        raise ArgumentError(f"`layer_range`: {pattern!r} is no pattern: {error}.") from None
    if not matches:
        raise UnknownNameError.of("layer in `layer_range`", pattern, [layer.name for layer in layers])
    return matches


def inner_layers(layer: Layer) -> list[Layer]:
    """Return the layers inside that `expand_nested` shows."""
    return list(getattr(layer, "layers", None) or ())


def readable(size: float, unit: str) -> str:
    """Return a number of bytes as ``8.17 MB``; `unit` is how the style writes bytes."""
    for name in (unit, "KB", "MB", "GB", "TB", "PB"):
        if size < 1024:
            return f"{size:.2f} {name}"
        size /= 1024
    return f"{size:.2f} PB"  # in truth EB; this is what every Keras prints
