"""Functions of one array that layers apply to their output. All keep the shape, except `glu`, which halves an axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config
from weigh.parts.family import Family

_Function = TypeVar("_Function", bound=Callable[..., Array])


def _of_array(function: _Function) -> _Function:
    """Let `function` take lists, NumPy arrays and weights as well."""

    @wraps(function)
    def on_array(x: Array, *args: Any, **kwargs: Any) -> Array:
        return function(jax.numpy.asarray(x), *args, **kwargs)

    return cast(_Function, on_array)


def linear(x: Array) -> Array:
    """Return x."""
    return x


# Rectifiers ---------------------------------------------------------------------------------------------------------


@_of_array
def relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """Return max(x, 0).

    Args:
        x: any shape.
        negative_slope: below the threshold the result is negative_slope · (x − threshold).
        max_value: what the result never exceeds.
        threshold: the result is x above this.
    """
    if not threshold and max_value is None and negative_slope:
        return jax.nn.leaky_relu(x, negative_slope)
    y = jax.numpy.where(x > threshold, x, 0) if threshold else jax.nn.relu(x)
    if max_value is not None:
        y = jax.numpy.clip(y, 0, max_value)
    if negative_slope:
        y -= negative_slope * jax.nn.relu(threshold - x)
    return y


@_of_array
def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """Return x above 0, negative_slope · x below."""
    return jax.nn.leaky_relu(x, negative_slope)


@_of_array
def relu6(x: Array) -> Array:
    """Return min(max(x, 0), 6)."""
    return jax.nn.relu6(x)


@_of_array
def threshold(x: Array, threshold: float, default_value: float) -> Array:
    """Return x above `threshold`, else `default_value`."""
    return jax.numpy.where(x > threshold, x, default_value)


@_of_array
def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """Return x where |x| > threshold, else 0."""
    return jax.numpy.where(jax.numpy.abs(x) > threshold, x, 0.0)


@_of_array
def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """Return x moved towards 0 by `threshold`, and 0 within it."""
    below = jax.numpy.where(x < -threshold, x + threshold, 0.0)
    return jax.numpy.where(x > threshold, x - threshold, below)


# Exponential units --------------------------------------------------------------------------------------------------


@_of_array
def exponential(x: Array) -> Array:
    """Return eˣ."""
    return jax.numpy.exp(x)


@_of_array
def elu(x: Array, alpha: float = 1.0) -> Array:
    """Return x above 0, alpha · (eˣ − 1) below. Source: Clevert et al. 2015."""
    return jax.nn.elu(x, alpha)


@_of_array
def celu(x: Array, alpha: float = 1.0) -> Array:
    """Return x above 0, alpha · (e^(x ÷ alpha) − 1) below. Source: Barron 2017."""
    return jax.nn.celu(x, alpha)


@_of_array
def selu(x: Array) -> Array:
    """Return 1.0507 · elu(x, 1.6733), which keeps mean 0 and variance 1. Source: Klambauer et al. 2017."""
    return jax.nn.selu(x)


# Smooth rectifiers --------------------------------------------------------------------------------------------------


@_of_array
def softplus(x: Array) -> Array:
    """Return log(1 + eˣ)."""
    return jax.nn.softplus(x)


@_of_array
def squareplus(x: Array, b: float = 4) -> Array:
    """Return (x + √(x² + b)) ÷ 2. Source: Barron 2021."""
    return jax.nn.squareplus(x, b)


@_of_array
def sparse_plus(x: Array) -> Array:
    """Return 0 up to −1, (x + 1)² ÷ 4 up to 1, x above."""
    return jax.nn.sparse_plus(x)


@_of_array
def gelu(x: Array, approximate: bool = False) -> Array:
    """Return x · Φ(x), Φ the normal distribution's; by tanh where `approximate`. Source: Hendrycks and Gimpel 2016."""
    return jax.nn.gelu(x, approximate)


@_of_array
def silu(x: Array) -> Array:
    """Return x · sigmoid(x), also called swish. Source: Ramachandran et al. 2017."""
    return jax.nn.silu(x)


@_of_array
def hard_silu(x: Array) -> Array:
    """Return x · hard_sigmoid(x). Source: Howard et al. 2019."""
    return jax.nn.hard_silu(x)


@_of_array
def mish(x: Array) -> Array:
    """Return x · tanh(softplus(x)). Source: Misra 2019."""
    return x * jax.numpy.tanh(jax.nn.softplus(x))


@_of_array
def glu(x: Array, axis: int = -1) -> Array:
    """Return the first half of `axis` times the sigmoid of the second. Source: Dauphin et al. 2016."""
    return jax.nn.glu(x, axis)


# Between bounds -----------------------------------------------------------------------------------------------------


@_of_array
def sigmoid(x: Array) -> Array:
    """Return 1 ÷ (1 + e⁻ˣ)."""
    return jax.nn.sigmoid(x)


@_of_array
def hard_sigmoid(x: Array) -> Array:
    """Return x ÷ 6 + 1 ÷ 2, kept in [0, 1]."""
    return jax.nn.hard_sigmoid(x)


@_of_array
def sparse_sigmoid(x: Array) -> Array:
    """Return (x + 1) ÷ 2, kept in [0, 1]."""
    return jax.nn.sparse_sigmoid(x)


@_of_array
def log_sigmoid(x: Array) -> Array:
    """Return log(sigmoid(x))."""
    return jax.nn.log_sigmoid(x)


@_of_array
def tanh(x: Array) -> Array:
    """Return (eˣ − e⁻ˣ) ÷ (eˣ + e⁻ˣ)."""
    return jax.numpy.tanh(x)


@_of_array
def hard_tanh(x: Array) -> Array:
    """Return x, kept in [−1, 1]."""
    return jax.nn.hard_tanh(x)


@_of_array
def tanh_shrink(x: Array) -> Array:
    """Return x − tanh(x)."""
    return x - jax.numpy.tanh(x)


@_of_array
def softsign(x: Array) -> Array:
    """Return x ÷ (1 + |x|)."""
    return jax.nn.soft_sign(x)


# Distributions over an axis -----------------------------------------------------------------------------------------


@_of_array
def softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """Return eˣ ÷ Σ eˣ, the sum over `axis`, which may be several axes.

    Warns:
        UserWarning: the axis has size 1, so that the result is 1 whatever goes in.
    """
    if isinstance(axis, int) and -x.ndim <= axis < x.ndim and x.shape[axis] == 1:
        import warnings

        warnings.warn(
            f"softmax over axis {axis} of shape {x.shape}, which has size 1, is always 1. Is sigmoid meant?",
            stacklevel=3,
        )
    return jax.nn.softmax(x, axis)


@_of_array
def log_softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """Return log(softmax(x))."""
    return jax.nn.log_softmax(x, axis)


@_of_array
def sparsemax(x: Array, axis: int = -1) -> Array:
    """Return the nearest distribution to x: max(x − τ, 0), τ such that the sum over `axis` is 1.

    Keras up to 3.15 computes τ wrongly wherever more than one element stays above 0.

    Source: Martins and Astudillo 2016, algorithm 1.
    """
    descending = jax.numpy.sort(x, axis, descending=True)
    totals = jax.numpy.cumsum(descending, axis)
    rank = jax.numpy.arange(1, x.shape[axis] + 1).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    support = 1 + rank * descending > totals
    count = jax.numpy.sum(support, axis, keepdims=True)
    tau = (jax.numpy.sum(jax.numpy.where(support, descending, 0.0), axis, keepdims=True) - 1) / count
    return jax.numpy.maximum(x - tau, 0.0)


swish, hard_swish = silu, hard_silu

_family = Family(
    "activation",
    (
        *(linear, relu, leaky_relu, relu6, threshold, hard_shrink, soft_shrink, exponential, elu, celu, selu, softplus),
        *(squareplus, sparse_plus, gelu, silu, hard_silu, mish, glu, sigmoid, hard_sigmoid, sparse_sigmoid),
        *(log_sigmoid, tanh, hard_tanh, tanh_shrink, softsign, softmax, log_softmax, sparsemax),
    ),
    {"swish": silu, "hard_swish": hard_silu},
)
serialize = config.serialize
deserialize = _family.deserialize


_OPERATIONS = {
    "linear": 0,
    **dict.fromkeys(("relu", "exponential", "tanh"), 1),
    **dict.fromkeys(("relu6", "leaky_relu", "threshold", "hard_shrink", "hard_tanh", "glu", "tanh_shrink"), 2),
    **dict.fromkeys(("softsign", "softplus", "sparse_plus"), 3),
    **dict.fromkeys(("elu", "soft_shrink", "sigmoid", "hard_sigmoid", "sparse_sigmoid", "log_sigmoid"), 4),
    **dict.fromkeys(("celu", "selu", "silu", "hard_silu", "squareplus", "mish", "softmax", "log_softmax"), 5),
    "gelu": 6,
    "sparsemax": 8,  # beside a sort
}
"""Operations that a number takes, by what the function's formula consists of; exp, tanh, log, erf, √ are one each."""


def operations(activation: Any) -> int:
    """Return how many operations on each number an activation takes; at least 1 for a function that is not ours."""
    return 0 if activation is None else _OPERATIONS.get(getattr(activation, "__name__", ""), 1)


def get(identifier: Any) -> Any:
    """Return the function that an argument means: a name, a record, the function itself, or ``None`` for `linear`.

    Raises:
        UnknownNameError: the name is not known; the message has the nearest ones.
        FormatError: a record names something that is neither ours nor registered.
        ArgumentError: it is none of these.
    """
    return linear if identifier is None else _family.get(identifier)
