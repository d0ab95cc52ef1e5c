"""Repeated blocks of a network, so that a compiler sees each of them once.

A published network is a few blocks, each many times over: the same layers with the same arguments, connected alike, on
inputs of one shape. Here they are found in the graph, whatever code made it. Where the network is compiled, all
occurrences then call one function, with their own weights. XLA would paste the function into each place and compile a
network of 24 blocks in 24 times the time of one; on processors it is asked to keep the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from weigh.compute import calling, values
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import tree
from weigh.declare.graph import Graph, Node, Tensor
from weigh.declare.layer import Layer
from weigh.errors import WeighError

LEAST_CALLS = 4
"""Calls that a block has at least: smaller ones lose more by not being fused with their neighbours than they save."""

LEAST_SAVED = 8
"""Calls that all blocks but the first have together at least."""

Made = Callable[[Sequence[Node], Sequence[Tensor], Sequence[Any], Sequence[Tensor]], list[Any]]
"""Makes calls anew with values for given tensors; returns what stands for wanted ones."""


class Block:
    """Calls that follow each other.

    Attributes:
        nodes: the calls.
        inputs: tensors that they read and that come from outside, in the order in which they are first read.
        outputs: tensors that they make and that are read outside.
        variables: weights and random states of their layers, each once.
    """

    def __init__(self, nodes: Sequence[Node], outputs: Iterable[Tensor]) -> None:
        own = {id(tensor) for node in nodes for tensor in node.outputs}
        read = {id(tensor): tensor for node in nodes for tensor in node.inputs}
        self.nodes = list(nodes)
        self.inputs = [tensor for key, tensor in read.items() if key not in own]
        self.outputs = list(outputs)
        layers = dict.fromkeys(node.layer for node in nodes)
        self.variables = list(dict.fromkeys(one for layer in layers for one in _variables(layer)))


class Repeated:
    """Blocks that differ in the values of their weights only.

    Attributes:
        blocks: in order, two at least.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = list(blocks)
        self._assigned: list[int] = []

    def run(self, known: dict[int, Any], made: Made) -> None:
        """Compute all blocks from the tensors in `known`, and add those that they give."""
        training = calling.training()
        function = jax.jit(lambda state, arrays: self._computed(state, arrays, made, training))
        for block in self.blocks:
            state = [variable.raw for variable in block.variables]
            arrays = [known[id(tensor)] for tensor in block.inputs]
            try:
                if _masked(arrays):
                    raise _MaskInsideError
                with _kept_as_a_call():
                    outputs, after, losses = function(state, arrays)
            except _MaskInsideError:
                outputs, after, losses = made(block.nodes, block.inputs, arrays, block.outputs), [], []
            known.update({id(tensor): value for tensor, value in zip(block.outputs, outputs, strict=True)})
            for place, value in zip(self._assigned, after, strict=False):
                block.variables[place].assign(value)
            binding = values.current_binding()
            if binding is not None:
                binding.losses.extend(losses)

    def _computed(self, state: list[Array], arrays: list[Array], made: Made, training: Any) -> tuple[Any, Any, Any]:
        """Compute the first block with the weights and inputs of any."""
        block = self.blocks[0]
        with values.bind(block.variables, state) as binding, calling.call(training):
            outputs = made(block.nodes, block.inputs, arrays, block.outputs)
        if _masked(outputs):
            raise _MaskInsideError
        self._assigned = [place for place, one in enumerate(block.variables) if binding.assigned(one)]
        return outputs, binding.values(block.variables[place] for place in self._assigned), binding.losses


class _MaskInsideError(Exception):
    """Masks go from layer to layer beside the arrays, and would not come out of a function."""


def _masked(arrays: Sequence[Any]) -> bool:
    return any(calling.masks.get(array) is not None for array in arrays)


def _kept_as_a_call() -> Any:
    from jax.experimental.xla_metadata import set_xla_metadata

    return set_xla_metadata(inlineable="false")


def worthwhile(graph: Graph, arrays: Sequence[Any]) -> bool:
    """Return whether a network that is about to run on `arrays` is being compiled for a processor, and is not small."""
    return (
        len(graph.nodes) >= LEAST_CALLS + LEAST_SAVED
        and values.current_binding() is not None
        and any(isinstance(array, jax.core.Tracer) for array in arrays)
        and jax.default_backend() == "cpu"
    )


# Finding them -------------------------------------------------------------------------------------------------------


def parts(graph: Graph) -> list[Node | Repeated]:
    """Return the calls of a graph in order, with repeated blocks put together."""
    return list(_Search(graph).parts())


class _Search:
    """The calls of a graph, each with a number that is the same for calls that are alike."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = [node for node in graph.nodes if node.inputs]
        self.given = set(map(id, graph.outputs))
        self.last_read: dict[int, int] = {}
        self.first_read: dict[int, int] = {}
        for place, node in enumerate(self.nodes):
            for tensor in node.inputs:
                self.first_read.setdefault(id(tensor), place)
                self.last_read[id(tensor)] = place
        self.signs = self._signs()

    def parts(self, start: int = 0, end: int | None = None) -> Iterator[Node | Repeated]:
        """Yield what the calls from `start` to `end` consist of."""
        end = len(self.nodes) if end is None else end
        run = self._longest(start, end)
        if run is None:
            yield from self.nodes[start:end]
            return
        first, period, times = self._well_cut(*run)
        yield from self.parts(start, first)
        yield self._repeated(first, period, times)
        yield from self.parts(first + period * times, end)

    def _longest(self, start: int, end: int) -> tuple[int, int, int] | None:
        """Return first call, period and number of calls of the run that saves most; ``None`` if none saves enough."""
        best, saved = None, LEAST_SAVED - 1
        signs = self.signs
        for period in range(LEAST_CALLS, (end - start) // 2 + 1):
            begin = None
            for place in range(start, end - period + 1):
                alike = place < end - period and signs[place] == signs[place + period]
                if alike and begin is None:
                    begin = place
                elif not alike and begin is not None:
                    count = place + period - begin
                    if count // period * period - period > saved:
                        best, saved = (begin, period, count), count // period * period - period
                    begin = None
        return best

    def _well_cut(self, begin: int, period: int, count: int) -> tuple[int, int, int]:
        """Return where blocks begin, their length and number: cut where the fewest tensors pass."""
        times = count // period
        first = min(range(begin, begin + count - period * times + 1), key=self._passing)
        return first, period, times

    def _passing(self, place: int) -> int:
        """Return how many tensors that are made before a place are read from there on."""
        made = (tensor for node in self.nodes[:place] for tensor in node.outputs)
        return sum(self.last_read.get(id(tensor), -1) >= place for tensor in made)

    def _repeated(self, first: int, period: int, times: int) -> Repeated:
        starts = [first + number * period for number in range(times)]
        read = sorted(
            {
                (offset, index)
                for start in starts
                for offset in range(period)
                for index, tensor in enumerate(self.nodes[start + offset].outputs)
                if id(tensor) in self.given or self.last_read.get(id(tensor), -1) >= start + period
            }
        )
        return Repeated(
            [
                Block(
                    self.nodes[start : start + period],
                    [self.nodes[start + offset].outputs[index] for offset, index in read],
                )
                for start in starts
            ]
        )

    # Likeness -------------------------------------------------------------------------------------------------------

    def _signs(self) -> list[int]:
        numbers: dict[Any, int] = {}
        calls: dict[int, int] = {}
        made: dict[int, tuple[int, int]] = {}
        for node in self.nodes:
            calls[id(node.layer)] = calls.get(id(node.layer), 0) + 1
        kinds = {id(node.layer): _kind(node.layer) for node in self.nodes}
        signs = []
        for place, node in enumerate(self.nodes):
            arguments = tree.map_leaves(lambda leaf, at=place: self._argument(leaf, at, made), [node.args, node.kwargs])
            only = id(node.layer) if calls[id(node.layer)] > 1 else None
            shapes = tuple((tensor.shape, tensor.dtype) for tensor in (*node.inputs, *node.outputs))
            sign = (kinds[id(node.layer)], only, repr(arguments), shapes)
            signs.append(numbers.setdefault(sign, len(numbers)))
            made.update({id(tensor): (place, index) for index, tensor in enumerate(node.outputs)})
        return signs

    def _argument(self, leaf: Any, place: int, made: dict[int, tuple[int, int]]) -> Any:
        """Return what stands for an argument: a tensor's place before the call, unless calls all over read it."""
        if not isinstance(leaf, Tensor):
            return leaf if leaf is None or isinstance(leaf, (bool, int, float, str)) else (type(leaf), id(leaf))
        span = self.last_read[id(leaf)] - self.first_read[id(leaf)]
        if id(leaf) not in made or span > max(64, len(self.nodes) // 4):
            return "tensor", id(leaf)
        maker, index = made[id(leaf)]
        return "tensor", place - maker, index


def _variables(layer: Any) -> list[Any]:
    return list(layer.variables) if isinstance(layer, Layer) else []


def _kind(layer: Any) -> Any:
    """Return what is equal for layers that compute alike, given their weights; unique for those nobody can tell."""
    inner = layer._flatten_layers() if isinstance(layer, Layer) else [layer]
    if any(not type(one).__module__.startswith("weigh.") or "call" in vars(one) for one in inner):
        return id(layer)
    if any(getattr(one, "is_network", False) for one in inner):
        return id(layer)
    try:
        config = repr(_nameless(layer.get_config()))
    except WeighError:
        return id(layer)
    foreign = tuple(id(value) for one in inner for value in vars(one).values() if _is_foreign_function(value))
    own = tuple((one.shape, one.dtype, one.trainable) for one in _variables(layer))
    state = tuple((getattr(one, "trainable", None), id(getattr(one, "_remat", None))) for one in inner)
    return type(layer), config, foreign, own, state


def _nameless(config: Any) -> Any:
    """Return a configuration without what computing does not depend on: names, seeds, how weights begin."""
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if not _is_idle(key)}
    return [_nameless(item) for item in config] if isinstance(config, (list, tuple)) else config


def _is_idle(key: str) -> bool:
    return key in ("name", "seed", "build_config") or key.endswith(("_initializer", "_regularizer", "_constraint"))


def _is_foreign_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, (Layer, type)) and not value.__module__.startswith("weigh.")
