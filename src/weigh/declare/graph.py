"""What calling layers on symbolic tensors recorded: Tensors, the Nodes that made them, and the Graph between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from weigh.declare import dtypes, naming, tree
from weigh.declare.dim import Shape
from weigh.errors import ArgumentTypeError, GraphError

if TYPE_CHECKING:
    from weigh.declare.layer import Layer
    from weigh.declare.operation import Operation


class Tensor:
    """A symbolic array: a shape and a number format that a layer promised, without values.

    Args:
        shape: sizes of axes, ``None`` where unknown.
        dtype: number format.
        name: automatic where none is given.

    Attributes:
        node: the recorded call that made it; ``None`` for one that stands alone.
        made_by: the layer that made it, the arguments of that call, recorded or not, and its place among the outputs.
        index: its place among that call's outputs.
    """

    def __init__(self, shape: Iterable[int | None], dtype: Any = None, name: str | None = None) -> None:
        self.shape: Shape = tuple(shape)
        self.dtype = dtypes.standardize(dtype)
        self.name = name or naming.automatic("KerasTensor")
        self.node: Node | None = None
        self.made_by: tuple[Any, tuple[Any, ...], dict[str, Any], int] | None = None
        self.index = 0

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def layer(self) -> Operation | None:
        """The layer or operation whose call made it."""
        return self.node.layer if self.node else None

    @property
    def _keras_history(self) -> tuple[Operation | None, int, int]:
        if self.node is None:
            return (None, 0, 0)
        return (self.node.layer, self.node.number, self.index)

    def _refuse(self, conversion: str) -> ArgumentTypeError:
        return ArgumentTypeError(
            f"The symbolic tensor {self.name!r} of shape {self.shape} has no values: it cannot be {conversion}. "
            "Use it as the input of a layer."
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._refuse("turned into a NumPy array")

    def __jax_array__(self) -> Any:
        raise self._refuse("turned into a JAX array")

    def __bool__(self) -> bool:
        raise self._refuse("used as a truth value")

    def __iter__(self) -> Iterator[Any]:
        raise self._refuse("iterated over")

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


_recording = [True]


def unrecorded() -> AbstractContextManager[None]:
    """Let calls on symbolic tensors leave no Nodes while the block runs: only the shapes are wanted."""
    return _recording_is(False)


def recorded() -> AbstractContextManager[None]:
    """Let calls on symbolic tensors leave Nodes while the block runs, even inside of `unrecorded`."""
    return _recording_is(True)


@contextmanager
def _recording_is(value: bool) -> Iterator[None]:
    _recording.append(value)
    try:
        yield
    finally:
        _recording.pop()


def recording() -> bool:
    """Return whether calls on symbolic tensors leave Nodes."""
    return _recording[-1]


class Node:
    """One call of a layer or another operation on symbolic tensors.

    Attributes:
        layer: the layer or operation that was called.
        args, kwargs: its arguments, Tensors among them.
        inputs: the Tensors among the arguments, in order.
        outputs: the Tensors that came out, flattened.
        number: this call's place among the layer's calls.
    """

    def __init__(self, layer: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any) -> None:
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.inputs: list[Tensor] = [leaf for leaf in tree.leaves([args, kwargs]) if isinstance(leaf, Tensor)]
        self.outputs: list[Tensor] = tree.flatten(outputs)
        self.number = len(layer.inbound_nodes)
        for index, output in enumerate(self.outputs):
            output.node, output.index = self, index
        layer.inbound_nodes.append(self)
        for tensor in self.inputs:
            if tensor.node is not None:
                tensor.node.layer.outbound_nodes.append(self)

    @property
    def parents(self) -> list[Node]:
        """The calls whose outputs this one reads, one for each input."""
        return [tensor.node for tensor in self.inputs if tensor.node is not None]

    def __repr__(self) -> str:
        return f"<Node {self.number} of {self.layer.name}>"


class Graph:
    """The calls between some input tensors and some output tensors.

    Args:
        inputs: the Tensors that are given.
        outputs: the Tensors to be computed from them.

    Raises:
        GraphError: an output does not depend on the inputs alone, calls form a cycle, or two layers share a name.

    Attributes:
        nodes: the calls in an order in which they can be made, inputs first.
        operations: what is called, layers and others, in the order in which Keras lists them: by depth, then as first
            met from the outputs.
        nodes_by_depth: calls by their distance from the outputs; 0 is nearest.
    """

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        order, first_met = _postorder(self.inputs, self.outputs)
        depth = _depths(self.inputs, order)
        self.nodes_by_depth: dict[int, list[Node]] = {}
        for node, level in depth.items():
            self.nodes_by_depth.setdefault(level, []).append(node)
        self.nodes = [
            node for level in sorted(self.nodes_by_depth, reverse=True) for node in self.nodes_by_depth[level]
        ]
        farthest: dict[Operation, int] = {}
        for node, level in depth.items():
            farthest[node.layer] = max(level, farthest.get(node.layer, 0))
        self.operations = sorted(farthest, key=lambda called: (-farthest[called], first_met.get(called, -1)))
        self._check_connected()
        self._check_names()

    @property
    def layers(self) -> list[Layer]:
        """The layers among the operations."""
        from weigh.declare.layer import Layer

        return [operation for operation in self.operations if isinstance(operation, Layer)]

    def _check_connected(self) -> None:
        known = set(map(id, self.inputs))
        for node in self.nodes:
            for tensor in node.inputs:
                if id(tensor) not in known:
                    raise GraphError(
                        f"The network is disconnected: layer {node.layer.name!r} needs the tensor {tensor.name!r} of "
                        f"shape {tensor.shape}, which cannot be computed from the inputs "
                        f"{[given.name for given in self.inputs]}. Add the Input that it comes from to `inputs`."
                    )
            if node.inputs:
                known.update(map(id, node.outputs))
        for tensor in self.outputs:
            if id(tensor) not in known:
                raise GraphError(
                    f"The output {tensor.name!r} of shape {tensor.shape} does not depend on the inputs "
                    f"{[given.name for given in self.inputs]}: no layer between them made it."
                )

    def _check_names(self) -> None:
        seen: dict[str, Operation] = {}
        for layer in self.operations:
            other = seen.setdefault(layer.name, layer)
            if other is not layer:
                raise GraphError(
                    f"Two layers of one network are named {layer.name!r}: a {type(other).__name__} and a "
                    f"{type(layer).__name__}. Names must differ; pass another `name` to one of them."
                )


def _postorder(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> tuple[list[Node], dict[Operation, int]]:
    """Return the nodes behind `outputs`, each after its parents, and for each layer when it was first met.

    Walks depth first without recursion, since networks are deeper than Python's stack. The walk does not pass
    beyond `inputs`.
    """
    given = set(map(id, inputs))
    order: list[Node] = []
    finished: set[Node] = set()
    unfinished: set[Node] = set()
    first_met: dict[Operation, int] = {}
    stack: list[tuple[Node | None, Iterator[Tensor]]] = [(None, iter(outputs))]
    while stack:
        node, tensors = stack[-1]
        for tensor in tensors:
            parent = tensor.node
            if parent is None or parent in finished or (id(tensor) in given and parent.inputs):
                continue
            if parent in unfinished:
                raise GraphError(
                    f"The network has a cycle: the tensor {tensor.name!r} of layer {parent.layer.name!r} depends on "
                    f"itself through {[caller.layer.name for caller, _ in stack if caller is not None]}."
                )
            first_met.setdefault(parent.layer, len(first_met))
            unfinished.add(parent)
            stack.append((parent, iter(parent.inputs)))
            break
        else:
            stack.pop()
            if node is not None:
                unfinished.discard(node)
                finished.add(node)
                order.append(node)
    return order, first_met


def _depths(inputs: Sequence[Tensor], order: list[Node]) -> dict[Node, int]:
    """Return each node's depth: the longest way from it to an output, and at least that of its layer's later calls."""
    given = set(map(id, inputs))
    depth: dict[Node, int] = {}
    layer_depth: dict[Operation, int] = {}
    members = set(order)
    for node in reversed(order):
        level = max(depth.get(node, 0), layer_depth.get(node.layer, 0))
        depth[node] = layer_depth[node.layer] = level
        for tensor in node.inputs:
            parent = tensor.node
            if parent is not None and parent in members and (id(tensor) not in given or not parent.inputs):
                depth[parent] = max(level + 1, depth.get(parent, 0))
    for tensor in inputs:
        if tensor.node is not None and not tensor.node.inputs and tensor.node not in depth:
            depth[tensor.node] = 0
    return {node: depth[node] for node in sorted(depth, key=lambda node: -depth[node])}
