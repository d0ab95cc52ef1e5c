"""What weights are for, and what kind of number that makes them: learned, tracked, frozen, …"""

from __future__ import annotations

from typing import Any

KERNEL = "kernel"
DEPTHWISE_KERNEL = "depthwise kernel"
POINTWISE_KERNEL = "pointwise kernel"
BIAS = "bias"
SCALE = "scale"
OFFSET = "offset"
RUNNING_MEAN = "running mean"
RUNNING_VARIANCE = "running variance"
RUNNING_DEVIATION = "running deviation"
SINGULAR_VECTOR = "singular vector"
LOW_RANK_A = "low rank factor A"
LOW_RANK_B = "low rank factor B"
SCORE_WEIGHT = "score weight"
EMBEDDING = "embedding"
RECURRENT_KERNEL = "recurrent kernel"
SLOPE = "slope"
GATE_KERNEL = "gate kernel"
GATE_BIAS = "gate bias"
AMPLITUDE = "amplitude"
STEEPNESS = "steepness"
LEFT_THRESHOLD = "left threshold"
LEFT_SLOPE = "left slope"
THRESHOLD_DISTANCE = "threshold distance"
RIGHT_SLOPE = "right slope"
DATA_MEAN = "mean of the data"
DATA_VARIANCE = "variance of the data"
COSINES = "cosine kernel"
SINES = "sine kernel"
COUNTER = "counter"
RANDOM_STATE = "random state"
CARRIED = "carried state"
SLOT = "optimizer slot"
METRIC = "metric"
UNUSED = "unused"
UNSAID = "weight"

QUANTISATION_SCALE = "quantisation scale"
ZERO_POINT = "quantisation zero point"
QUANTISATION_INDEX = "quantisation index"
MASK = "mask"
POSITION_TABLE = "position table"
ARGUMENT = "argument"

TRAINED = "trained"
FROZEN = "frozen"
STATISTIC = "running statistic"
UNTRAINED = "not trained"
UNKNOWN = "not known"
QUANTISATION = "quantisation"
TABLE = "mask or position table"
SETTING = "setting"
SHADOW = "moving average of weights"
ADAPTED = "adapted"

SYMBOLS = {
    KERNEL: "W",
    DEPTHWISE_KERNEL: "D",
    POINTWISE_KERNEL: "P",
    BIAS: "b",
    SCALE: "γ",
    OFFSET: "β",
    RUNNING_MEAN: "μ",
    RUNNING_VARIANCE: "σ²",
    DATA_MEAN: "μ",
    DATA_VARIANCE: "σ²",
    COSINES: "C",
    SINES: "S",
    RUNNING_DEVIATION: "σ",
    SINGULAR_VECTOR: "u",
    LOW_RANK_A: "A",
    LOW_RANK_B: "B",
    SCORE_WEIGHT: "w",
    EMBEDDING: "E",
    RECURRENT_KERNEL: "U",
    SLOPE: "α",
    GATE_KERNEL: "Wₜ",
    GATE_BIAS: "bₜ",
    AMPLITUDE: "α",
    STEEPNESS: "β",
    LEFT_THRESHOLD: "tˡ",
    LEFT_SLOPE: "aˡ",
    THRESHOLD_DISTANCE: "d",
    RIGHT_SLOPE: "aʳ",
}
"""How papers write a role."""

_KINDS = {
    RUNNING_MEAN: STATISTIC,
    RUNNING_VARIANCE: STATISTIC,
    RUNNING_DEVIATION: STATISTIC,
    DATA_MEAN: ADAPTED,
    DATA_VARIANCE: ADAPTED,
    COUNTER: COUNTER,
    RANDOM_STATE: RANDOM_STATE,
    CARRIED: CARRIED,
    SLOT: SLOT,
    METRIC: METRIC,
    QUANTISATION_SCALE: QUANTISATION,
    ZERO_POINT: QUANTISATION,
    QUANTISATION_INDEX: QUANTISATION,
    MASK: TABLE,
    POSITION_TABLE: TABLE,
    ARGUMENT: SETTING,
}

_NAMES = {
    "kernel": KERNEL,
    "depthwise_kernel": DEPTHWISE_KERNEL,
    "pointwise_kernel": POINTWISE_KERNEL,
    "w": KERNEL,
    "bias": BIAS,
    "b": BIAS,
    "gamma": SCALE,
    "scale": SCALE,
    "beta": OFFSET,
    "offset": OFFSET,
    "moving_mean": RUNNING_MEAN,
    "moving_variance": RUNNING_VARIANCE,
    "embeddings": EMBEDDING,
    "real_kernel": COSINES,
    "imag_kernel": SINES,
    "recurrent_kernel": RECURRENT_KERNEL,
}


def of(declared: str, name: str) -> str:
    """Return the declared role, else what the weight's name tells, else `UNSAID`."""
    return declared or _NAMES.get(name, UNSAID)


def told(weight: Any, held_as: str = "") -> tuple[str, str]:
    """Return a weight's role and what it was told from, in words.

    That is its declaration, its name, the attribute that its layer holds it as, or else how it begins.

    Args:
        weight: declared or stored.
        held_as: name of the attribute; empty where there is none.
    """
    if weight.role:
        return weight.role, "declared"
    for name, how in ((weight.name, "named"), (held_as, "held as")):
        if name in _NAMES:
            return _NAMES[name], f"{how} {name}"
    start = type(getattr(weight, "initializer", None)).__name__
    begins = _BEGINNINGS.get((start, min(len(weight.shape), 2))) if weight.learnable else None
    return (begins, f"{_axes(len(weight.shape))}, begins by {start}") if begins else (UNSAID, "")


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


_BEGINNINGS = {
    ("Zeros", 1): BIAS,
    ("Ones", 1): SCALE,
    **{
        (f"{scheme}{kind}", 2): KERNEL
        for scheme in ("Random", "Glorot", "He", "Lecun", "Truncated")
        for kind in ("Normal", "Uniform")
    },
    ("Orthogonal", 2): KERNEL,
    ("VarianceScaling", 2): KERNEL,
}
"""What a learned weight is usually for that begins by an initializer and has so many axes, 2 for 2 or more."""


BESIDE = frozenset({COUNTER, RANDOM_STATE, SLOT, METRIC, QUANTISATION, TABLE, SETTING, SHADOW})
"""Kinds of what stands beside a network's weights and is in no total of them."""


def kind(role: str, learnable: bool | None, trained: bool | None) -> str:
    """Return why a weight does or does not change by gradient.

    Args:
        role: what the weight is for.
        learnable: whether it was declared trainable.
        trained: whether the gradient changes it now; ``None`` for either where nothing tells.
    """
    if trained:
        return TRAINED
    if learnable is None:
        return _KINDS.get(role, UNKNOWN)
    return FROZEN if learnable else _KINDS.get(role, UNTRAINED)
