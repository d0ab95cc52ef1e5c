"""What networks are made of beside windows and activations: normalization, attention, classes as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.declare.cost import Cost
from weigh.declare.dim import product
from weigh.declare.settings import epsilon as default_epsilon
from weigh.errors import ArgumentError, ShapeError
from weigh.ops import shapes, specs
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import made, own, promoted, shape_of

MODULE = "keras.src.ops.nn"


# Normalization ------------------------------------------------------------------------------------------------------


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    return tuple(sorted(shapes.axes_of(axis, rank)))


def _wide(x: Any) -> Array:
    """Return `x` in float32 at least."""
    x = array(x)
    return x.astype(dtypes.result_type(x.dtype, "float32"))


def _moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    shape = shapes.reduced(shape_of(x), axes, keepdims)
    return made(shape, own(x)), made(shape, own(x))


def _several(x: Any, *_: Any, **__: Any) -> Cost:
    return Cost(others=5 * product(shape_of(x)))


@operation("Moments", ("axes", "keepdims", "synchronized"), _moments, _several, MODULE)
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> tuple[Array, Array]:
    """Return mean and biased variance over axes, computed in float32 at least.

    `synchronized` is accepted: statistics are those of the global batch on any number of devices.
    """
    jnp, x = jax.numpy, array(x)
    dtype, wide, axes = x.dtype, _wide(x), _axes(axes, x.ndim)
    found = jnp.mean(wide, axes, keepdims=keepdims), jnp.var(wide, axes, keepdims=keepdims)
    if dtype in ("float16", "bfloat16"):
        most = 65504.0  # what float16 holds
        return tuple(jnp.clip(one, -most, most).astype(dtype) for one in found)  # type: ignore[return-value]
    return found


def _vectors(x: Any, *vectors: Any, axis: int) -> None:
    """Check that all but ``None`` are vectors of the size of an axis."""
    shape = shape_of(x)
    size = shape[shapes.axis_of(axis, len(shape))]
    for vector in vectors:
        given = (size,) if vector is None else shape_of(vector)
        if len(given) != 1 or (None not in (size, given[0]) and given[0] != size):
            raise ShapeError(f"axis {axis} of shape {shape} takes vectors of shape ({size},), not {given}.")


def _batch_normalized(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Any:
    _vectors(x, mean, variance, offset, scale, axis=axis)
    return made(shape_of(x), own(x))


@operation("BatchNorm", ("axis", "epsilon"), _batch_normalized, _several, MODULE)
def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Array:
    """Return scale · (x − mean) ÷ √(variance + epsilon) + offset, each a vector along `axis`."""
    x = array(x)
    along = [1] * x.ndim
    along[axis] = -1
    mean, variance, offset, scale = (
        None if one is None else array(one).reshape(along) for one in (mean, variance, offset, scale)
    )
    factor = jax.lax.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    y = (x - mean) * factor
    return y if offset is None else y + offset


@operation("LayerNorm", ("axis", "epsilon", "rms_scaling"), specs.like(), _several, MODULE)
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Array:
    """Return gamma · (x − μ) ÷ √(σ² + epsilon) + beta, μ and σ² over `axis`.

    With `rms_scaling` the mean stays and there is no beta, as older Keras had it; see :func:`rms_normalization`.
    """
    x = array(x)
    wide, axes = _wide(x), _axes(axis, x.ndim)
    mean = jax.numpy.mean(wide, axes, keepdims=True)
    variance = jax.numpy.mean(jax.numpy.square(wide - mean), axes, keepdims=True)
    y = (wide if rms_scaling else wide - mean) * jax.lax.rsqrt(variance + _small(epsilon))
    if gamma is not None:
        y = y * _along(gamma, wide, axes)
    if beta is not None and not rms_scaling:
        y = y + _along(beta, wide, axes)
    return y.astype(x.dtype)


def _along(vector: Any, x: Array, axes: Sequence[int]) -> Array:
    """Return weights of normalized axes in a shape that is broadcast along these."""
    vector = array(vector).astype(x.dtype)
    if vector.ndim == x.ndim or list(axes) == [x.ndim - 1]:
        return vector
    return vector.reshape([x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)])


def _small(epsilon: float | None) -> float:
    return default_epsilon() if epsilon is None else epsilon


@operation("RMSNorm", ("axis", "epsilon"), specs.like(), specs.each(specs.like(), 4), MODULE)
def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Array:
    """Return scale · x ÷ √(mean of x² + epsilon), the mean over `axis`. Source: Zhang and Sennrich 2019, equation 4."""
    x = array(x)
    wide = _wide(x if x.ndim else x[None])
    axes = _axes(axis, wide.ndim)
    y = wide * jax.lax.rsqrt(jax.numpy.mean(jax.numpy.square(wide), axes, keepdims=True) + _small(epsilon))
    return (y if scale is None else y * array(scale).astype(wide.dtype)).astype(x.dtype)


def _normalized(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Any:
    shape = shape_of(x) or (1,)
    shapes.axes_of(axis, len(shape))
    return made(shape, specs.floating(x))


@operation("Normalize", ("axis", "order", "epsilon"), _normalized, specs.each(_normalized, 3), MODULE)
def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Array:
    """Return x divided by its norm of an order along `axis`, at least `epsilon`."""
    if order != int(order) or order < 1:
        raise ArgumentError(f"`order` must be a whole number of at least 1, not {order!r}.")
    jnp, x = jax.numpy, array(x)
    x = (x if x.ndim else x[None]).astype(specs.floating(x))
    if order == 2:
        squares = jnp.sum(jnp.square(x), axis, keepdims=True)
        return x * jnp.minimum(jax.lax.rsqrt(squares), 1.0 / _small(epsilon))
    return x / jnp.maximum(jnp.linalg.norm(x, order, axis, keepdims=True), _small(epsilon))


# Attention ----------------------------------------------------------------------------------------------------------


def _attended(query: Any, key: Any, value: Any, **_: Any) -> Any:
    for given in (query, key, value):
        if len(shape_of(given)) != 4:
            raise ShapeError(
                f"query, key and value are (batch, length, heads, features), not {shape_of(query)}, {shape_of(key)} "
                f"and {shape_of(value)}."
            )
    shapes.meet(shape_of(query), shape_of(key), -1, -1)
    return made((*shape_of(query)[:-1], shape_of(value)[-1]), promoted(query, key, value))


def _attention_cost(query: Any, key: Any, value: Any, **_: Any) -> Cost:
    batch, length, heads, features = shape_of(query)
    scores = (batch, heads, length, shape_of(key)[1])
    return Cost(product((*scores, features)) + product((*scores, shape_of(value)[-1])), 5 * product(scores))


@operation(
    "DotProductAttention",
    ("is_causal", "flash_attention", "attn_logits_soft_cap"),
    _attended,
    _attention_cost,
    MODULE,
)
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Array:
    """Return softmax(query · keyᵀ · scale + bias) · value for each head.

    Args:
        query: (batch, length, heads, features).
        key: (batch, other length, heads or a divisor of it, features).
        value: as `key`.
        bias: broadcast against (batch, heads, length, other length).
        mask: booleans like `bias`; what is False is not attended to.
        scale: 1 ÷ √features by default.
        is_causal: whether nothing behind itself is attended to.
        flash_attention: whether cuDNN's kernel must be used (True) or must not (False); by default where it can.
        attn_logits_soft_cap: must be ``None``.

    Source: Vaswani et al. 2017, equation 1.
    """
    if attn_logits_soft_cap is not None:
        raise ArgumentError("`attn_logits_soft_cap` is not supported.")
    dtype = promoted(query, key, value)
    query, key, value = (array(one).astype(dtype) for one in (query, key, value))
    return jax.nn.dot_product_attention(
        query,
        key,
        value,
        bias=None if bias is None else array(bias).astype(dtype),
        mask=None if mask is None else array(mask).astype(bool),
        scale=scale,
        is_causal=is_causal,
        implementation="cudnn" if flash_attention else None if flash_attention is None else "xla",
    )


# Classes ------------------------------------------------------------------------------------------------------------


def _one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    shape = shape_of(x)
    place = shapes.axis_of(axis, len(shape) + 1)
    return made((*shape[:place], num_classes, *shape[place:]), dtype)


@operation("OneHot", ("num_classes", "axis", "dtype", "sparse"), _one_hot, specs.free, MODULE)
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Array:
    """Return for each whole number a vector along `axis`: 1 at its place, 0 elsewhere.

    `sparse` is accepted; the result is never sparse.
    """
    return jax.nn.one_hot(array(x), num_classes, axis=axis, dtype=dtypes.standardize(dtype))


def _multi_hot(
    inputs: Any, num_classes: int | None = None, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    shape = shape_of(_one_hot(inputs, num_classes or 0, axis))
    return made(shape[-1:] if len(shape) == 2 else (shape[0], *shape[2:]), dtype)


@operation("MultiHot", ("num_classes", "axis", "dtype", "sparse"), _multi_hot, specs.free, MODULE)
def multi_hot(
    inputs: Any, num_classes: int | None = None, axis: int = -1, dtype: Any = None, sparse: bool = False, **kwargs: Any
) -> Array:
    """Return for each row of whole numbers one vector: 1 at the places of all that occur in it.

    `sparse` is accepted; the result is never sparse.
    """
    classes = num_classes if num_classes is not None else kwargs.get("num_tokens")
    if classes is None:
        raise ArgumentError("`multi_hot` needs `num_classes`.")
    inputs = array(inputs)
    each = jax.nn.one_hot(inputs.astype("int32"), classes, axis=axis, dtype=dtypes.standardize(dtype))
    return jax.numpy.max(each, axis=1 if inputs.ndim > 1 else 0)


# Others -------------------------------------------------------------------------------------------------------------


@operation(
    "Polar", (), lambda abs_, angle: made(shapes.broadcast(shape_of(abs_), shape_of(angle)), "complex64"), None, MODULE
)
def polar(abs_: Any, angle: Any) -> Array:
    """Return the complex numbers of so large absolute values and angles."""
    size, angle = array(abs_), array(angle)
    return jax.lax.complex(size * jax.numpy.cos(angle), size * jax.numpy.sin(angle))


def _compared(x1: Any, x2: Any, max_val: float) -> Any:
    if len(shape_of(x1)) != len(shape_of(x2)):
        raise ShapeError(f"arrays of one shape are compared, not {shape_of(x1)} and {shape_of(x2)}.")
    return made((), dtypes.floatx())


@operation("PSNR", ("max_val",), _compared, None, MODULE)
def psnr(x1: Any, x2: Any, max_val: float) -> Array:
    """Return the peak signal-to-noise ratio in decibels: 20 log₁₀ max_val − 10 log₁₀ of the mean square difference."""
    jnp, x1, x2 = jax.numpy, array(x1), array(x2)
    if x1.shape != x2.shape:
        raise ShapeError(f"`psnr` compares arrays of one shape, not {x1.shape} and {x2.shape}.")
    error = jnp.mean(jnp.square(x1 - x2))
    return 20 * jnp.log10(jnp.asarray(max_val, x2.dtype)) - 10 * jnp.log10(error)
