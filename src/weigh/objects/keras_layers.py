"""What Keras' layers declare: roles by name, and which of their arguments the sizes are.

Source: Keras 3.15, the `build` methods in ``keras/src/layers``.
"""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.objects.found import Arguments, Known

TABLE = {
    "alpha": roles.SLOPE,
    "mean": roles.DATA_MEAN,
    "variance": roles.DATA_VARIANCE,
    "count": roles.COUNTER,
    "vector_u": roles.SINGULAR_VECTOR,
    "concat_score_weight": roles.SCORE_WEIGHT,
    "lora_kernel_a": roles.LOW_RANK_A,
    "lora_kernel_b": roles.LOW_RANK_B,
    "lora_embeddings_a": roles.LOW_RANK_A,
    "lora_embeddings_b": roles.LOW_RANK_B,
    "kernel_scale": roles.QUANTISATION_SCALE,
    "embeddings_scale": roles.QUANTISATION_SCALE,
    "kernel_zero": roles.ZERO_POINT,
    "g_idx": roles.QUANTISATION_INDEX,
}
"""Roles by a name that no layer of ours uses for another one."""


def _units(given: Arguments) -> Any:
    return {"kernel": (None, given.one("units")), "bias": (given.one("units"),)}


def _filters(given: Arguments) -> Any:
    return {"kernel": (*given.all("kernel_size"), None, given.one("filters")), "bias": (given.one("filters"),)}


def _transposed(given: Arguments) -> Any:
    return {"kernel": (*given.all("kernel_size"), given.one("filters"), None), "bias": (given.one("filters"),)}


def _gates(gates: int) -> Known:
    def sizes(given: Arguments) -> Any:
        every = given.times(gates, "units")
        return {"kernel": (None, every), "recurrent_kernel": (given.one("units"), every), "bias": (every,)}

    return Known({}, sizes)


UNITS = {
    "Dense": Known({}, _units),
    "Conv1D": Known({}, _filters),
    "Conv2D": Known({}, _filters),
    "Conv3D": Known({}, _filters),
    "Conv1DTranspose": Known({}, _transposed),
    "Conv2DTranspose": Known({}, _transposed),
    "Conv3DTranspose": Known({}, _transposed),
    "Embedding": Known({}, lambda given: {"embeddings": (given.one("input_dim"), given.one("output_dim"))}),
    "SimpleRNNCell": _gates(1),
    "LSTMCell": _gates(4),
    "GRUCell": _gates(3),
}
"""By class, sizes that its arguments say."""

CHANNELS_LAST = {"kernel": -2}
"""Axis of a weight that is the last axis of the layer's input."""

PASSING = {
    "Dense": "units",
    "LSTM": "units",
    "GRU": "units",
    "SimpleRNN": "units",
    "Embedding": "output_dim",
    "Conv1D": "filters",
    "Conv2D": "filters",
    "Conv3D": "filters",
    "Conv1DTranspose": "filters",
    "Conv2DTranspose": "filters",
    "Conv3DTranspose": "filters",
    "SeparableConv1D": "filters",
    "SeparableConv2D": "filters",
} | dict.fromkeys(
    (
        "Activation",
        "BatchNormalization",
        "Dropout",
        "ELU",
        "GaussianDropout",
        "GaussianNoise",
        "LayerNormalization",
        "LeakyReLU",
        "Masking",
        "PReLU",
        "ReLU",
        "Softmax",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "AveragePooling1D",
        "AveragePooling2D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "MaxPooling1D",
        "MaxPooling2D",
        "ZeroPadding2D",
    ),
    "",
)
"""Argument that makes the last axis of a layer's output, channels last; empty where it is that of its input."""
