"""Networks that read text: the calls that run on the host, and the rest of the network, which is compiled.

JAX has no strings. The calls of layers that compute on the host (`Layer.on_host`), and those that their inputs come
from, are made before a compiled step; what they give are the inputs of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from weigh.compute.lazy import numpy
from weigh.declare import tree
from weigh.declare.graph import Graph, Node, Tensor, unrecorded
from weigh.errors import DataError, GraphError
from weigh.layers.base import Layer
from weigh.models.functional import fitted, made, ordered
from weigh.models.model import Model
from weigh.ops.tensor import KerasTensor

_TEXT = ("O", "S", "T", "U")


class Rest(Layer):
    """The part of a network that is compiled; its inputs are what the part on the host gives.

    Args:
        network: the network.
        given: the tensors that the part on the host gives.
        nodes: the calls that are left.
    """

    is_network = True

    def __init__(self, network: Model, given: Sequence[Tensor], nodes: Sequence[Node]) -> None:
        super().__init__(name=network.name)
        self.network = network
        self.graph = network.graph
        self.forward: Any = None
        self._given = list(given)
        self._nodes = list(nodes)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        outputs = made(self._nodes, self._given, inputs, self.network.outputs)
        packed = tree.pack(self.network.output_structure, outputs)
        return packed[0] if isinstance(packed, list) and len(packed) == 1 else packed

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        with unrecorded():
            return self.call(*args, **kwargs)


class Split:
    """Where a network was cut; no layer, so that the network that remembers it does not take it for one of its own."""

    def __init__(self, graph: Graph, nodes: list[Node], rest: Rest) -> None:
        self._graph = graph
        self._nodes = nodes
        self.rest = rest

    def holds(self, graph: Graph, nodes: list[Node]) -> bool:
        """Return whether the network is still to be cut there."""
        return graph is self._graph and nodes == self._nodes


def compiled_part(model: Model, x: Any) -> tuple[Any, Any]:
    """Return the part of a network that is compiled, and its inputs for data `x`; the network and `x` where it is all.

    Raises:
        DataError: `x` holds text and the network computes in a `call` of its own, so nobody knows where text ends.
        GraphError: layers in front of one that computes on the host are to be trained.
    """
    text = _holds_text(x)
    if model.graph is None and (text or any(layer.on_host for layer in model.layers)):
        x = _arrays(model, x)
        with unrecorded():
            model(tree.map_leaves(_symbolic, x))
    graph = model.graph
    if graph is None:
        if text:
            raise DataError(
                f"Model {model.name!r} ({type(model).__name__}) computes in its own `call`, which cannot be compiled "
                "on text. Map the layers that read text over the data first, as in `model.fit(layer(texts), y)`."
            )
        return model, x
    first = _on_host(graph)
    if not first:
        return model, x
    given, rest = _frontier(graph, first)
    known: Split | None = model.split
    if known is None or not known.holds(graph, rest):
        _check_untrained(model, first)
        known = model.split = Split(graph, rest, Rest(model, given, rest))
    flat = [
        fitted(model, value, tensor)
        for value, tensor in zip(ordered(model, _arrays(model, x)), graph.inputs, strict=True)
    ]
    return known.rest, made([node for node in graph.nodes if node in first], graph.inputs, flat, given)


def _on_host(graph: Graph) -> set[Node]:
    """Return the calls of layers that compute on the host, and those that their inputs come from."""
    found: set[Node] = set()
    waiting = [node for node in graph.nodes if _computes_on_host(node)]
    while waiting:
        node = waiting.pop()
        if node not in found and node.inputs:
            found.add(node)
            waiting.extend(node.parents)
    return found


def _computes_on_host(node: Node) -> bool:
    layer = node.layer
    return isinstance(layer, Layer) and any(getattr(one, "on_host", False) for one in layer._flatten_layers())


def _frontier(graph: Graph, first: set[Node]) -> tuple[list[Tensor], list[Node]]:
    """Return the tensors that the calls behind `first` need of it or of the inputs, and those calls."""
    rest = [node for node in graph.nodes if node.inputs and node not in first]
    own = {id(tensor) for node in rest for tensor in node.outputs}
    needed: Iterable[Tensor] = (*(tensor for node in rest for tensor in node.inputs), *graph.outputs)
    given = {id(tensor): tensor for tensor in needed if id(tensor) not in own}
    return list(given.values()), rest


def _check_untrained(model: Model, first: set[Node]) -> None:
    layers = {node.layer for node in first if isinstance(node.layer, Layer)}
    trained = sorted(layer.name for layer in layers if layer.trainable_weights)
    if trained:
        raise GraphError(
            f"Model {model.name!r}: {', '.join(map(repr, trained))} stand in front of a layer that computes on the "
            "host, or hold one, so no gradient reaches their weights. Map it over the data first, or freeze them."
        )


def _holds_text(x: Any) -> bool:
    return any(
        isinstance(leaf, (str, bytes)) or getattr(getattr(leaf, "dtype", None), "kind", None) in _TEXT
        for leaf in tree.leaves(x)
    )


def _arrays(model: Model, x: Any) -> Any:
    """Return inputs as arrays: lists of texts become one."""
    if isinstance(x, (list, tuple)) and x and all(isinstance(leaf, (str, bytes)) for leaf in tree.leaves(x)):
        return numpy.asarray(x)
    return tree.map_leaves(lambda leaf: leaf if hasattr(leaf, "dtype") else numpy.asarray(leaf), x)


def _symbolic(array: Any) -> Tensor:
    return KerasTensor((None, *array.shape[1:]), "string" if array.dtype.kind in _TEXT else array.dtype)
