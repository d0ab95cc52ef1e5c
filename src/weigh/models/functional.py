"""Networks given by a graph: how one runs, and its configuration as Keras 3 writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from weigh.compute import calling
from weigh.declare import config as configuration
from weigh.declare import tree
from weigh.declare.graph import Graph, Node, Tensor
from weigh.declare.operation import Operation
from weigh.errors import FormatError, ShapeError
from weigh.models.catalogue import revive, unchecked
from weigh.models.model import Model


class Functional(Model):
    """What ``Model(inputs, outputs)`` makes."""

    keras_module: ClassVar[str] = "keras.src.models.functional"

    def get_build_config(self) -> dict[str, Any]:
        """Return what Keras writes; the graph builds itself."""
        return {"input_shape": None}


# As plain data ------------------------------------------------------------------------------------------------------


def graph_config(model: Model) -> dict[str, Any]:
    """Return a network with a graph in the form that Keras 3 writes.

    Calls are numbered among those of this network: a layer may have been called elsewhere too.
    """
    graph = model._graph_or_error()
    number = {node: place for calls in _calls(graph).values() for place, node in enumerate(calls)}

    def written(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or leaf.node is None:
            return configuration.serialize(leaf)
        history = [leaf.node.layer.name, number[leaf.node], leaf.index]
        shape = configuration.serialize(leaf.shape)
        return {
            "class_name": "__keras_tensor__",
            "config": {"shape": shape, "dtype": leaf.dtype, "keras_history": history},
        }

    def place(tensor: Tensor) -> list[Any]:
        node = tensor.node
        if node is None:
            raise ShapeError(f"Model {model.name!r}: the tensor {tensor.name!r} was not made by a layer.")
        return [node.layer.name, number[node] + _first_number(node.layer), tensor.index]

    records = []
    for layer, calls in _calls(graph).items():
        arguments = [
            {"args": tree.map_leaves(written, node.args), "kwargs": tree.map_leaves(written, node.kwargs)}
            for node in calls
            if node.inputs
        ]
        records.append({**configuration.serialize(layer), "name": layer.name, "inbound_nodes": arguments})
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": records,
        "input_layers": tree.map_leaves(place, model.input_structure),
        "output_layers": tree.map_leaves(place, model.output_structure),
    }


def _calls(graph: Graph) -> dict[Operation, list[Node]]:
    """Return the calls of each layer and operation that belong to the graph, both in order."""
    own = set(graph.nodes)
    return {called: [node for node in called.inbound_nodes if node in own] for called in graph.operations}


def _first_number(layer: Operation) -> int:
    """Return the number of a layer's first call where inputs and outputs are listed.

    In Keras 2 a functional model began with a call of its own; Keras 3 still counts it there, and only there.
    """
    return int(isinstance(layer, Functional))


def from_graph_config(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """Return the input and output structures of the network that a configuration describes, its layers called anew.

    Raises:
        FormatError: a layer is unknown or cannot be made, or the connections contradict each other.
    """
    layers: dict[str, Operation] = {}
    made: dict[str, list[Node]] = {}
    calls: dict[tuple[str, int], dict[str, Any]] = {}
    for record in _listed(config, "layers"):
        layer = revive(record, custom_objects, connected=True)
        name = record.get("name", layer.name)
        if name in layers:
            raise FormatError(f"The network has two layers named {name!r}.")
        layers[name] = layer
        made[name] = [layer.inbound_nodes[0]] if layer.inbound_nodes and not layer.inbound_nodes[0].inputs else []
        calls |= {(name, place): call for place, call in enumerate(_listed(record, "inbound_nodes"))}

    def found(history: Any, first: Callable[[Operation], int] = lambda layer: 0) -> Tensor:
        name, call, output = _history(history)
        place = call - first(layers[name]) if name in layers else 0
        outputs = made[name][place].outputs if 0 <= place < len(made.get(name, ())) else []
        if not 0 <= output < len(outputs):
            raise FormatError(
                f"The network refers to output {output} of call {call} of {name!r}, which does not exist."
            )
        return outputs[output]

    for name, place in _in_order(calls):
        call = calls[name, place]
        args = _read(call.get("args", []), found, custom_objects)
        kwargs = _read(call.get("kwargs", {}), found, custom_objects)
        made[name].append(_made(layers[name], args, kwargs))
    inputs, outputs = (
        _places(config.get(side), lambda history: found(history, _first_number))
        for side in ("input_layers", "output_layers")
    )
    return inputs, outputs


def _listed(record: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = record.get(key)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise FormatError(f"{record.get('class_name', 'The network')}: `{key}` should be a list of objects.")
    return value


def _history(history: Any) -> tuple[str, int, int]:
    if not _is_place(history):
        raise FormatError(f"A tensor should be given as [layer, call, output], not as {str(history)[:80]!r}.")
    name, call, output = history
    return name, call, output


def _is_place(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and [type(part) for part in value] == [str, int, int]


def _in_order(calls: dict[tuple[str, int], dict[str, Any]]) -> Iterator[tuple[str, int]]:
    """Yield the calls, each after those that it needs: its layer's earlier ones and those that its inputs are of."""
    needs = {
        key: {(name, number) for name, number, _ in _tensors(call) if (name, number) in calls}
        | ({(key[0], key[1] - 1)} if key[1] else set())
        for key, call in calls.items()
    }
    needed_by: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for key, others in needs.items():
        for other in others:
            needed_by.setdefault(other, []).append(key)
    ready = [key for key in calls if not needs[key]]
    for key in ready:
        yield key
        for waiting in needed_by.get(key, ()):
            needs[waiting].discard(key)
            if not needs[waiting]:
                ready.append(waiting)
    if len(ready) < len(calls):
        stuck = sorted({name for name, _ in calls.keys() - set(ready)})
        raise FormatError(f"The network has a cycle: each of the layers {stuck} waits for another.")


def _tensors(value: Any) -> Iterator[tuple[str, int, int]]:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield _history((value.get("config") or {}).get("keras_history"))
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)


def _read(value: Any, found: Callable[[Any], Tensor], custom_objects: dict[str, Any] | None) -> Any:
    """Return a call's arguments from their records, tensors among them."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return found(value["config"]["keras_history"])
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _read(item, found, custom_objects) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_read(item, found, custom_objects) for item in value]
    return configuration.deserialize(value, lambda module, name: None, custom_objects)


def _made(layer: Operation, args: list[Any], kwargs: dict[str, Any]) -> Node:
    """Call a layer and return the Node that this leaves.

    Keras writes the defaults of `training` and `mask` as if they had been given; they are left away, because what is
    given holds against what the network as a whole is told.
    """
    defaults = configuration.defaults(type(layer).call)
    given = {name: value for name, value in kwargs.items() if name not in defaults or defaults[name] is not value}
    with unchecked(f"The layer {layer.name!r} cannot be called as the network says"):
        layer(*args, **given)
    return layer.inbound_nodes[-1]


def _places(structure: Any, found: Callable[[Any], Tensor]) -> Any:
    if _is_place(structure):
        return found(structure)
    if isinstance(structure, dict):
        return {key: _places(value, found) for key, value in structure.items()}
    if isinstance(structure, list):
        return [_places(value, found) for value in structure]
    raise FormatError(f"Inputs and outputs should be given as [layer, call, output], not as {str(structure)[:80]!r}.")


# Running ------------------------------------------------------------------------------------------------------------


def run(model: Model, inputs: Any, mask: Any = None) -> Any:
    """Return the outputs of a model's graph for arrays or symbolic tensors, in the structure of its outputs.

    Raises:
        ShapeError: there are too few or too many inputs, or one has a rank that does not fit.
    """
    graph = model._graph_or_error()
    flat = [fitted(model, value, tensor) for value, tensor in zip(ordered(model, inputs), graph.inputs, strict=True)]
    if mask is not None:
        for value, one in zip(flat, tree.leaves(mask), strict=True):
            if one is not None:
                calling.masks.set(value, one)
    outputs = tree.pack(model.output_structure, replay(graph, flat))
    return outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs


def replay(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    """Make the graph's calls anew on other inputs and return what stands for its outputs, in a flat list."""
    return made(graph.nodes, graph.inputs, inputs, graph.outputs)


def made(nodes: Sequence[Node], given: Sequence[Tensor], values: Sequence[Any], wanted: Sequence[Tensor]) -> list[Any]:
    """Make calls anew with `values` for the tensors `given`, and return what stands for the tensors `wanted`."""
    known: dict[int, Any] = {id(tensor): value for tensor, value in zip(given, values, strict=True)}

    def substitute(leaf: Any) -> Any:
        return known[id(leaf)] if isinstance(leaf, Tensor) else leaf

    for node in nodes:
        if _is_needed(node, known):
            outputs = node.layer(*tree.map_leaves(substitute, node.args), **tree.map_leaves(substitute, node.kwargs))
            for tensor, value in zip(node.outputs, tree.leaves(outputs), strict=True):
                known[id(tensor)] = value
    return [known[id(tensor)] for tensor in wanted]


def _is_needed(node: Node, known: dict[int, Any]) -> bool:
    return bool(node.inputs) and not all(id(tensor) in known for tensor in node.outputs)


def ordered(model: Model, inputs: Any) -> list[Any]:
    """Return the inputs in the graph's order; a dict may name them."""
    graph = model._graph_or_error()
    names = [tensor.name for tensor in graph.inputs]
    if isinstance(inputs, dict) and not isinstance(model.input_structure, dict):
        if not set(names) <= set(inputs):
            raise ShapeError(f"Model {model.name!r} needs inputs named {names}, but got {sorted(inputs)}.")
        return [inputs[name] for name in names]
    flat: list[Any] = tree.flatten(inputs)
    if len(flat) != len(names):
        raise ShapeError(f"Model {model.name!r} takes {len(names)} inputs, {names}, but got {len(flat)}.")
    return flat


def fitted(model: Model, value: Any, tensor: Tensor) -> Any:
    """Return an input with the rank of the graph's; a last axis of 1 may be missing or one too many."""
    if value is None or len(value.shape) == tensor.ndim:
        return value
    if len(value.shape) == tensor.ndim + 1 and value.shape[-1] == 1:
        return (
            value.reshape(value.shape[:-1])
            if not isinstance(value, Tensor)
            else type(value)(value.shape[:-1], value.dtype)
        )
    if len(value.shape) == tensor.ndim - 1 and tensor.shape[-1] == 1:
        return (
            value[..., None]  # also where it is text, which JAX has not
            if not isinstance(value, Tensor)
            else type(value)((*value.shape, 1), value.dtype)
        )
    raise ShapeError(
        f"Model {model.name!r} takes for input {tensor.name!r} a shape like {tensor.shape}, "
        f"but got {tuple(value.shape)}."
    )
