"""What weights are for, and what kind of number that makes them: learned, tracked, frozen, …"""

from __future__ import annotations

KERNEL = "kernel"
BIAS = "bias"
SCALE = "scale"
OFFSET = "offset"
RUNNING_MEAN = "running mean"
RUNNING_VARIANCE = "running variance"
RUNNING_DEVIATION = "running deviation"
SINGULAR_VECTOR = "singular vector"
EMBEDDING = "embedding"
RECURRENT_KERNEL = "recurrent kernel"
SLOPE = "slope"
COUNTER = "counter"
RANDOM_STATE = "random state"
SLOT = "optimizer slot"
METRIC = "metric"
UNUSED = "unused"
UNSAID = "weight"

TRAINED = "trained"
FROZEN = "frozen"
STATISTIC = "running statistic"
UNTRAINED = "not trained"

SYMBOLS = {
    KERNEL: "W",
    BIAS: "b",
    SCALE: "γ",
    OFFSET: "β",
    RUNNING_MEAN: "μ",
    RUNNING_VARIANCE: "σ²",
    RUNNING_DEVIATION: "σ",
    SINGULAR_VECTOR: "u",
    EMBEDDING: "E",
    RECURRENT_KERNEL: "U",
    SLOPE: "α",
}
"""How papers write a role."""

_KINDS = {
    RUNNING_MEAN: STATISTIC,
    RUNNING_VARIANCE: STATISTIC,
    RUNNING_DEVIATION: STATISTIC,
    SINGULAR_VECTOR: STATISTIC,
    COUNTER: COUNTER,
    RANDOM_STATE: RANDOM_STATE,
    SLOT: SLOT,
    METRIC: METRIC,
}

_NAMES = {
    "kernel": KERNEL,
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
    "recurrent_kernel": RECURRENT_KERNEL,
}


def of(declared: str, name: str) -> str:
    """Return the declared role, else what the weight's name tells, else `UNSAID`."""
    return declared or _NAMES.get(name, UNSAID)


def kind(role: str, learnable: bool, trained: bool) -> str:
    """Return why a weight does or does not change by gradient.

    Args:
        role: what the weight is for.
        learnable: whether it was declared trainable.
        trained: whether the gradient changes it now.
    """
    if trained:
        return TRAINED
    return FROZEN if learnable else _KINDS.get(role, UNTRAINED)
