"""What keeps a weight inside a set: called with its new value after each update, returns the value to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config
from weigh.parts import EPSILON
from weigh.parts.family import Family

Axes = int | Sequence[int]
"""The axes that a norm is taken over: 0 for the kernel of a Dense, (0, 1, 2) for that of a Conv2D."""


class Constraint:
    """A projection of a weight's value; this one keeps every value as it is."""

    keras_module = "keras.constraints"

    def __call__(self, w: Array) -> Array:
        """Return the value to keep instead of `w`, of the same shape."""
        return w

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constraint:
        """Make a constraint from what `get_config` returned."""
        return cls(**config)


class MaxNorm(Constraint):
    """Scales down what has a norm above `max_value`.

    Source: Srivastava et al. 2014, section 5.1.
    """

    def __init__(self, max_value: float = 2, axis: Axes = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        w = jax.numpy.asarray(w)
        norm = _norm(w, self.axis)
        return w * (jax.numpy.clip(norm, 0, self.max_value) / (EPSILON + norm))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Replaces what is negative by 0."""

    def __call__(self, w: Array) -> Array:
        return jax.numpy.maximum(jax.numpy.asarray(w), 0)


class UnitNorm(Constraint):
    """Scales to norm 1."""

    def __init__(self, axis: Axes = 0) -> None:
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        w = jax.numpy.asarray(w)
        return w / (EPSILON + _norm(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Moves the norm towards the nearest value in [min_value, max_value], a share `rate` of the way."""

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axes = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        w = jax.numpy.asarray(w)
        norm = _norm(w, self.axis)
        nearest = jax.numpy.clip(norm, self.min_value, self.max_value)
        return w * ((self.rate * nearest + (1 - self.rate) * norm) / (EPSILON + norm))

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


def _norm(w: Array, axis: Axes) -> Array:
    axes = axis if isinstance(axis, int) else tuple(axis)  # a configuration that was read has a list
    return jax.numpy.sqrt(jax.numpy.sum(jax.numpy.square(w), axis=axes, keepdims=True))


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm

_family = Family("constraint", (Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm))
get = _family.get
serialize = config.serialize
deserialize = _family.deserialize
