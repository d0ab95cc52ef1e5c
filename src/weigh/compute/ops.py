"""Array functions that several layers share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array


def moments(x: Array, axis: int, mask: Array | None = None) -> tuple[Array, Array]:
    """Return mean and biased variance of each feature, float32 at least, each of shape (features,).

    The variance is taken in a second pass over x − mean: E[x²] − E[x]² loses all digits where the mean is large
    against the spread.

    Args:
        x: (…, features at `axis`, …).
        axis: the features' axis.
        mask: booleans or weights of the shape of `x` without its last axis; what is 0 does not count.

    Source: Ioffe and Szegedy 2015, Algorithm 1, lines 1 and 2.
    """
    jnp = jax.numpy
    x = x.astype(jnp.promote_types(x.dtype, "float32"))
    others = tuple(other for other in range(x.ndim) if other != axis % x.ndim)
    if mask is None:
        mean, variance = _moments(others)(x)
    else:
        weight = jnp.broadcast_to(mask[..., None].astype(x.dtype), x.shape)
        count = jnp.maximum(jnp.sum(weight, others, keepdims=True), 1e-30)  # nothing left: 0 / 0 is not wanted
        mean = jnp.sum(weight * x, others, keepdims=True) / count
        variance = jnp.sum(weight * jnp.square(x - mean), others, keepdims=True) / count
    return mean.reshape(-1), variance.reshape(-1)


@cache
def _moments(axes: tuple[int, ...]) -> Callable[[Array], tuple[Array, Array]]:
    """Return the function from an array to its mean and biased variance over `axes`, which are kept.

    Its derivative is written out: that of the variance with respect to the mean is a sum over x − mean, which is 0;
    automatic differentiation does not know, and passes over the activations once more in every training step.
    """
    jnp = jax.numpy

    def moments(x: Array) -> tuple[Array, Array]:
        mean = jnp.mean(x, axes, keepdims=True)
        return mean, jnp.mean(jnp.square(x - mean), axes, keepdims=True)

    def derivative(primals: tuple[Array], tangents: tuple[Array]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        (x,), (change,) = primals, tangents
        mean, variance = moments(x)
        changed = jnp.mean(change, axes, keepdims=True), 2 * jnp.mean((x - mean) * change, axes, keepdims=True)
        return (mean, variance), changed

    function = jax.custom_jvp(moments)
    function.defjvp(derivative)
    return function


def normalize(
    x: Array, mean: Any, variance: Any, axis: int, epsilon: float, gamma: Any = None, beta: Any = None
) -> Array:
    """Return γ (x − mean) / √(variance + ε) + β in the dtype of `x`, computed in float32 at least.

    Args:
        x: (…, features at `axis`, …).
        mean: (features,).
        variance: (features,).
        axis: the features' axis.
        epsilon: ε.
        gamma: (features,); ``None`` for 1.
        beta: (features,); ``None`` for 0.

    Source: Ioffe and Szegedy 2015, Algorithm 1, lines 3 and 4.
    """
    jnp = jax.numpy
    wide = jnp.promote_types(x.dtype, "float32")
    shape = [1] * x.ndim
    shape[axis] = -1

    def aligned(value: Any) -> Array:
        return jnp.asarray(value, wide).reshape(shape)

    scale = jax.lax.rsqrt(aligned(variance) + epsilon)
    if gamma is not None:
        scale = scale * aligned(gamma)
    y = (x.astype(wide) - aligned(mean)) * scale
    if beta is not None:
        y = y + aligned(beta)
    return y.astype(x.dtype)


def spread(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Return mean and biased variance over `axes` (none negative), which are kept with size 1; two passes."""
    return _moments(axes)(x)


def standardize(x: Array, axes: tuple[int, ...], epsilon: float, centered: bool = True) -> Array:
    """Return (x − mean) / √(variance + ε) over some axes, in float32 at least; two passes.

    Args:
        x: any shape.
        axes: over which mean and variance are taken, none negative.
        epsilon: ε.
        centered: whether the mean is subtracted; else x / √(mean of x² + ε).
    """
    x = x.astype(jax.numpy.promote_types(x.dtype, "float32"))
    return _standardize(axes, float(epsilon), centered)(x)


@cache
def _standardize(axes: tuple[int, ...], epsilon: float, centered: bool) -> Callable[[Array], Array]:
    """Return the function for an array, with its derivative written out.

    With y what comes out and s = 1 / √(variance + ε): dy = s (dx − mean(dx) − y mean(y dx)), which needs y and s alone.
    """
    jnp = jax.numpy

    def mean(x: Array) -> Array:
        return jnp.mean(x, axes, keepdims=True)

    def both(x: Array) -> tuple[Array, Array]:
        if centered:
            x = x - mean(x)
        inverse = jax.lax.rsqrt(mean(jnp.square(x)) + epsilon)
        return x * inverse, inverse

    def derivative(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        (x,), (change,) = primals, tangents
        y, inverse = both(x)
        changed = change - y * mean(y * change)
        if centered:
            changed = changed - mean(change)
        return y, inverse * changed

    function = jax.custom_jvp(lambda x: both(x)[0])
    function.defjvp(derivative)
    return function
