"""Layers where they stand: in which network, with which weights, called on what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weigh.account.account import Account
from weigh.account.entry import Entry
from weigh.declare import config, naming, tree
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape
from weigh.declare.graph import Graph, Node, Tensor
from weigh.declare.layer import Layer
from weigh.errors import ArgumentError, UnknownNameError


class Place:
    """A layer, a network or another operation, where it stands.

    Attributes:
        layer: the layer or operation.
        path: its name behind those of the layers that hold it; of the whole, its name.
        own: the weights that it declared itself.
        rows: these and those of the layers inside.
        beside: its own state that is no weight: random states.
        calls: its calls in the network that holds it; all there were where none does.
    """

    __slots__ = ("beside", "calls", "layer", "own", "path", "rows")

    def __init__(
        self, layer: Any, path: str, own: list[Entry], rows: list[Entry], beside: list[Entry], calls: list[Node]
    ) -> None:
        self.layer = layer
        self.path = path
        self.own = own
        self.rows = rows
        self.beside = beside
        self.calls = calls

    @property
    def total(self) -> int:
        """Number of elements of all its weights."""
        return sum(row.count for row in self.rows)

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors of its first call."""
        return self.calls[0].inputs if self.calls else []

    @property
    def input_shapes(self) -> list[Shape]:
        """The shapes that it was first called on, or built for."""
        if self.calls:
            return [tensor.shape for tensor in self.inputs]
        found: list[Shape] = []
        for shape in (self.layer.get_build_config() or {}).values():
            tree.map_shapes(found.append, shape)
        return found

    @property
    def output_shapes(self) -> list[Shape]:
        """The shapes that come out; none where the layer does not say them without being run."""
        if self.calls:
            return [tensor.shape for tensor in self.calls[0].outputs]
        if type(self.layer).compute_output_shape is Layer.compute_output_shape or self.layer.is_network:
            return []
        given = (self.layer.get_build_config() or {}).get("input_shape")
        found: list[Shape] = []
        if given is not None:
            tree.map_shapes(found.append, self.layer.compute_output_shape(given))
        return found

    @property
    def cost(self) -> Cost | None:
        """What one call takes for one example; ``None`` where the layer does not say, or a size is not known."""
        layer = self.layer
        if not isinstance(layer, Layer):
            return self._cost_of_operation()
        if type(layer).compute_cost is Layer.compute_cost:
            return None
        if self.calls:
            shapes = layer._shapes_for(layer.compute_cost, self.calls[0].args, self.calls[0].kwargs)
        else:
            config = layer.get_build_config() or {}
            shapes = (config["input_shape"],) if "input_shape" in config else (), config.get("shapes_dict", {})
        known: list[int | None] = []
        one = tree.map_shapes(_of_one_example, shapes[0])
        named = {name: tree.map_shapes(_of_one_example, shape) for name, shape in shapes[1].items()}
        tree.map_shapes(known.extend, [*one, *named.values()])
        return layer.compute_cost(*one, **named) if known and None not in known else None

    def _cost_of_operation(self) -> Cost | None:
        call = self.calls[0]

        def of_one(leaf: Any) -> Any:
            return type(leaf)(_of_one_example(leaf.shape), leaf.dtype, leaf.name) if isinstance(leaf, Tensor) else leaf

        args, kwargs = tree.map_leaves(of_one, (call.args, call.kwargs))
        known = all(None not in leaf.shape for leaf in tree.leaves((args, kwargs)) if isinstance(leaf, Tensor))
        with naming.unchanged():
            found: Cost | None = self.layer.compute_cost(*args, **kwargs) if known else None
        return found


def _members(layer: Layer, graph: Graph | None) -> list[Any]:
    """Return what a network calls, layers and other operations, in order; of another layer the layers inside."""
    inner = dict.fromkeys(layer.sublayers)
    called = [] if graph is None else [one for one in graph.operations if one in inner or not isinstance(one, Layer)]
    return list(dict.fromkeys([*called, *inner]))


def _of_one_example(shape: Shape) -> Shape:
    return (1, *shape[1:]) if shape and shape[0] is None else shape


def places(whole: Layer, account: Account) -> list[Place]:
    """Return the places of `whole` and of all layers inside, each where it is met first, in order."""
    row_of = {row.weight: row for row in (*account.rows, *account.beside)}

    def here(layer: Any, path: str, calls: list[Node]) -> Iterator[Place]:
        if not isinstance(layer, Layer):
            yield Place(layer, path, [], [], [], calls)
            return
        graph: Graph | None = getattr(layer, "graph", None)
        nodes = set(graph.nodes) if graph is not None else set()
        prefix = "" if layer is whole and layer.is_network else f"{path}/"
        inside = [
            place
            for inner in _members(layer, graph)
            for place in here(inner, prefix + inner.name, [node for node in inner.inbound_nodes if node in nodes])
        ]
        own = [row_of[weight] for weight in layer.own_weights]
        beside = [row_of[state] for state in layer.own_random_states]
        rows = {row.weight: row for row in (*own, *(row for place in inside for row in place.rows))}
        yield Place(layer, path, own, list(rows.values()), beside, calls)
        yield from inside

    return list(here(whole, whole.name, whole.inbound_nodes))


def find(whole: Layer, known: list[Place], name: str) -> Place:
    """Return the place of the layer with that path or, if only one has it, that name.

    Raises:
        UnknownNameError: there is none; the message has the nearest ones.
        ArgumentError: several layers inside have that name.
    """
    inside = known[1:]
    for place in inside:
        if place.path == name:
            return place
    named = [place for place in inside if place.layer.name == name]
    if len(named) > 1:
        raise ArgumentError(
            f"{whole.name!r} has {len(named)} layers named {name!r}. Say which one: "
            f"{', '.join(repr(place.path) for place in named)}."
        )
    if named:
        return named[0]
    raise UnknownNameError.of(f"layer of {whole.name!r}", name, [place.path for place in inside])


def attributes(layer: Layer) -> dict[str, Any]:
    """Return the layer's arguments as things that can be read out: numbers, names, shapes.

    What is false, or no value at all, is ``None``.
    """
    return {name: _readable(getattr(layer, name, None)) for name in config.parameters(type(layer).__init__)}


def _readable(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if tree.is_shape(value):
        return tuple(value)
    return getattr(value, "__name__", type(value).__name__)
