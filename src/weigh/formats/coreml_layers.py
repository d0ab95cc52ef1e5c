"""Which weights the layers of a Core ML neural network have, and of which shapes.

Source: Core ML format specification, `NeuralNetwork.proto` (field numbers; the comments of each layer's parameters).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from weigh.account import roles


class Numbers:
    """The numbers of a layer's parameters, by their field."""

    wanted = frozenset({1, 2, 4, 5, 6, 10, 20, 60})

    def __init__(self) -> None:
        self._of: dict[int, list[int]] = {}

    def add(self, field: int, values: list[int]) -> None:
        """Add the values of a repeated field."""
        self._of.setdefault(field, []).extend(values)

    def of(self, field: int) -> list[int]:
        """Return all values of a field; empty where it is absent."""
        return self._of.get(field, [])

    def one(self, field: int, default: int = 0) -> int:
        """Return the last value of a field."""
        return (self.of(field) or [default])[-1]


class Part(NamedTuple):
    """One weight of a layer; or, where `inner` is given, a message of several."""

    name: str
    role: str
    shape: Callable[[Numbers], tuple[int, ...]]
    inner: dict[int, Part] | None = None


def _fields(*fields: int) -> Callable[[Numbers], tuple[int, ...]]:
    return lambda numbers: tuple(numbers.one(field) for field in fields)


def _listed(field: int) -> Callable[[Numbers], tuple[int, ...]]:
    return lambda numbers: tuple(numbers.of(field))


def _kernel(numbers: Numbers) -> tuple[int, ...]:
    sizes = tuple(numbers.of(20)) or (3, 3)
    if numbers.one(60):
        return (numbers.one(2), numbers.one(1) // max(1, numbers.one(10, 1)), *sizes)
    return (numbers.one(1), numbers.one(2), *sizes)


def _linear(weights: int, bias: int, shape: tuple[int, int], outputs: int) -> dict[int, Part]:
    return {
        weights: Part("weights", roles.KERNEL, _fields(*shape)),
        bias: Part("bias", roles.BIAS, _fields(outputs)),
    }


def _table(outputs: int, inputs: int) -> dict[int, Part]:
    return {
        20: Part("weights", roles.EMBEDDING, _fields(outputs, inputs)),
        21: Part("bias", roles.BIAS, _fields(outputs)),
    }


_GATES = ("input", "forget", "block_input", "output")
LSTM = {
    **{1 + at: Part(f"{gate}_gate/kernel", roles.KERNEL, _fields(2, 1)) for at, gate in enumerate(_GATES)},
    **{
        20 + at: Part(f"{gate}_gate/recurrent", roles.RECURRENT_KERNEL, _fields(2, 2)) for at, gate in enumerate(_GATES)
    },
    **{40 + at: Part(f"{gate}_gate/bias", roles.BIAS, _fields(2)) for at, gate in enumerate(_GATES)},
    **{60 + at: Part(f"{gate}_gate/peephole", "", _fields(2)) for at, gate in enumerate(("input", "forget", "output"))},
}
_GRU_GATES = ("update", "reset", "output")

LAYERS: dict[int, tuple[str, dict[int, Part]]] = {
    100: ("convolution", {90: Part("weights", roles.KERNEL, _kernel), 91: Part("bias", roles.BIAS, _fields(1))}),
    140: ("innerProduct", _linear(20, 21, (2, 1), 2)),
    150: ("embedding", _table(2, 1)),
    1040: ("embeddingND", _table(2, 1)),
    1045: ("batchedMatmul", _linear(8, 9, (5, 6), 6)),
    160: (
        "batchnorm",
        {
            15: Part("gamma", roles.SCALE, _fields(1)),
            16: Part("beta", roles.OFFSET, _fields(1)),
            17: Part("mean", roles.RUNNING_MEAN, _fields(1)),
            18: Part("variance", roles.RUNNING_VARIANCE, _fields(1)),
        },
    ),
    245: ("scale", {2: Part("scale", roles.SCALE, _listed(1)), 5: Part("bias", roles.BIAS, _listed(4))}),
    250: ("bias", {2: Part("bias", roles.BIAS, _listed(1))}),
    290: ("loadConstant", {2: Part("data", "", _listed(1))}),
    1070: ("loadConstantND", {2: Part("data", "", _listed(1))}),
    1350: (
        "layerNormalization",
        {3: Part("gamma", roles.SCALE, _listed(1)), 4: Part("beta", roles.OFFSET, _listed(1))},
    ),
    400: (
        "simpleRecurrent",
        {
            30: Part("weightMatrix", roles.KERNEL, _fields(2, 1)),
            31: Part("recursionMatrix", roles.RECURRENT_KERNEL, _fields(2, 2)),
            32: Part("biasVector", roles.BIAS, _fields(2)),
        },
    ),
    410: (
        "gru",
        {
            **{30 + at: Part(f"{gate}_gate/kernel", roles.KERNEL, _fields(2, 1)) for at, gate in enumerate(_GRU_GATES)},
            **{
                50 + at: Part(f"{gate}_gate/recurrent", roles.RECURRENT_KERNEL, _fields(2, 2))
                for at, gate in enumerate(_GRU_GATES)
            },
            **{70 + at: Part(f"{gate}_gate/bias", roles.BIAS, _fields(2)) for at, gate in enumerate(_GRU_GATES)},
        },
    ),
    420: ("uniDirectionalLSTM", {20: Part("weightParams", "", _fields(), LSTM)}),
    430: ("biDirectionalLSTM", {20: Part("weightParams", "", _fields(), LSTM)}),
}
"""Layers with weights by their field in a NeuralNetworkLayer: what they are called, and their weights by field."""
