"""Keras 1's summary: fields are cut where their column ends, and each further connection has a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from weigh.account.account import Account
from weigh.declare.graph import Tensor
from weigh.declare.layer import Layer
from weigh.errors import ArgumentError
from weigh.report.summary.characters import column_ends, output_shape
from weigh.report.summary.network import Network, Source, Wanted

HEADER = ("Layer (type)", "Output Shape", "Param #", "Connected to")
CLASSES = {"Functional": "Model", "Add": "Merge", "Concatenate": "Merge"}


def lines(model: Any, wanted: Wanted) -> Iterator[str]:
    """Yield the lines of the summary of `model`.

    Raises:
        ArgumentError: an option is wanted that Keras 1 does not have, or there are too few positions.
        NotBuiltError: a layer's weights are not declared yet.
    """
    for option in ("expand_nested", "show_trainable", "layer_range"):
        if getattr(wanted, option):
            raise ArgumentError(f"Keras 1's summary has no `{option}`: use style='keras2' or style='keras3' with it.")
    network = Network(model)
    line_length = wanted.line_length or 100
    ends = column_ends(wanted.positions or (0.33, 0.55, 0.67, 1.0), line_length, HEADER)
    yield "_" * line_length
    yield _row(HEADER, ends)
    for index, layer in enumerate(network.layers):
        yield ("_" if index else "=") * line_length
        name = f"{layer.name} ({CLASSES.get(type(layer).__name__, type(layer).__name__)})"
        calls = [*_made(layer), *(node.outputs for node in layer.inbound_nodes)]
        first, *others = _connections(network, layer) or [""]
        yield _row((name, output_shape(calls), Account.of(layer).total, first), ends)
        for other in others:
            yield _row(("", "", "", other), ends)
    yield "=" * line_length
    rows = [
        (row, row.weight.learnable and layer.trainable)
        for layer in _leaves(network.layers)
        for row in Account.of(layer)
    ]
    yield f"Total params: {sum(row.count for row, _ in rows):,}"
    yield f"Trainable params: {sum(row.count for row, trained in rows if trained):,}"
    yield f"Non-trainable params: {sum(row.count for row, trained in rows if not trained):,}"
    yield "_" * line_length


def _row(fields: Sequence[Any], ends: Sequence[int]) -> str:
    line = ""
    for index, (field, end) in enumerate(zip(fields, ends, strict=False)):
        line = f"{line[:-1]} " if index else ""  # a field that fills its column gives up its last character
        line = f"{line}{field}"[:end].ljust(end)
    return line


def _connections(network: Network, layer: Layer) -> list[str]:
    if layer is _head(network):
        return []
    return [_connection(_seen_through(network, source)) for source in network.sources(layer)]


def _connection(source: Source) -> str:
    layer = source.node.layer
    return f"{layer.name}[{len(_made(layer)) + source.node.number}][{source.output}]"


def _made(layer: Any) -> list[list[Tensor]]:
    """Return what came out of `layer` where it was made, which counts as a call of a network."""
    return [layer.graph.outputs] if layer.is_network and layer.graph is not None else []


def _head(network: Network) -> Any:
    """Return the network that a Sequential begins with, if any: what follows is connected to its last layer."""
    hides_input = network.graph is not None and len(network.graph.layers) > len(network.layers)
    return network.layers[0] if hides_input and network.layers[0].is_network else None


def _seen_through(network: Network, source: Source) -> Source:
    head = _head(network)
    if head is None or source.node.layer is not head:
        return source
    inside = Network(head)
    tensor = inside.model.outputs[source.output]
    return _seen_through(inside, Source(tensor.node, tensor.index))


def _leaves(layers: Sequence[Any]) -> list[Layer]:
    """Return the layers that are no networks, each once: what is frozen is asked of them alone."""
    found: dict[Layer, None] = {}
    for layer in layers:
        found.update(dict.fromkeys(_leaves(layer.layers) if layer.is_network else [layer]))
    return list(found)
