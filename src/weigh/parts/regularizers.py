"""What a weight or an output adds to the loss for being large: called with its value, returns a scalar."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config
from weigh.errors import ArgumentError, ShapeError
from weigh.parts import EPSILON
from weigh.parts.family import Family


class Regularizer:
    """A penalty on a value; this one is 0. A subclass also says its `get_config`."""

    keras_module = "keras.regularizers"

    def __call__(self, x: Array) -> Array:
        """Return the penalty for `x` of any shape, a scalar of its dtype."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal regularizer."""
        raise NotImplementedError(f"{type(self).__name__} has no `get_config`, so it cannot be written down.")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        """Make a regularizer from what `get_config` returned."""
        return cls(**config)


class L1(Regularizer):
    """l1 · Σ |x|.

    Raises:
        ArgumentError: `l1` is negative or not a finite number.
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _single(_factor("l1", l1, 0.01))

    def __call__(self, x: Array) -> Array:
        return self.l1 * _sum_of_sizes(x)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """l2 · Σ x².

    Raises:
        ArgumentError: `l2` is negative or not a finite number.
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _factor("l2", l2, 0.01)

    def __call__(self, x: Array) -> Array:
        return self.l2 * _sum_of_squares(x)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class L1L2(Regularizer):
    """l1 · Σ |x| + l2 · Σ x².

    Raises:
        ArgumentError: `l1` or `l2` is negative or not a finite number.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor("l1", l1, 0.0)
        self.l2 = _factor("l2", l2, 0.0)

    def __call__(self, x: Array) -> Array:
        penalty = jax.numpy.zeros((), jax.numpy.asarray(x).dtype)
        if self.l1:
            penalty += self.l1 * _sum_of_sizes(x)
        if self.l2:
            penalty += self.l2 * _sum_of_squares(x)
        return penalty

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """factor · the mean over all pairs of rows (or columns) of |cos of the angle between them|.

    Takes a matrix.

    Raises:
        ArgumentError: `factor` is negative or not a finite number, or `mode` is neither ``"rows"`` nor ``"columns"``.
        ShapeError: called with something that is not a matrix.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            raise ArgumentError(f"`mode` of OrthogonalRegularizer must be 'rows' or 'columns', not {mode!r}.")
        self.factor = _single(_factor("factor", factor, 0.01))
        self.mode = mode

    def __call__(self, inputs: Array) -> Array:
        x = jax.numpy.asarray(inputs)
        if x.ndim != 2:
            raise ShapeError(f"OrthogonalRegularizer takes a matrix, but got shape {x.shape}.")
        rows = x if self.mode == "rows" else x.T
        squares = jax.numpy.sum(jax.numpy.square(rows), axis=1, keepdims=True)
        units = rows * jax.numpy.minimum(jax.lax.rsqrt(squares), 1 / EPSILON)
        count = rows.shape[0]
        cosines = (units @ units.T) * (1.0 - jax.numpy.eye(count, dtype=x.dtype))
        pairs = count * (count - 1.0) / 2.0
        return self.factor * 0.5 * jax.numpy.sum(jax.numpy.abs(cosines)) / pairs

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


def _sum_of_sizes(x: Array) -> Array:
    return jax.numpy.sum(jax.numpy.abs(jax.numpy.asarray(x)))


def _sum_of_squares(x: Array) -> Array:
    return jax.numpy.sum(jax.numpy.square(jax.numpy.asarray(x)))


def _factor(name: str, value: Any, default: float) -> float:
    if value is None:
        return default
    if not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ArgumentError(f"`{name}` of a regularizer must be a finite number that is not negative, not {value!r}.")
    return float(value)


def _single(value: float) -> float:
    """Return the nearest single-precision number: Keras keeps these factors, and writes them, as such."""
    import struct

    (single,) = struct.unpack("f", struct.pack("f", value))
    return float(single)


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

_family = Family("regularizer", (Regularizer, L1, L2, L1L2, OrthogonalRegularizer))
get = _family.get
serialize = config.serialize
deserialize = _family.deserialize
