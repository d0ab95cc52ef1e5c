"""``keras.backend`` of Keras 2: settings, names, and the functions that losses, layers and lambdas were written with.

Nearly all are functions of `weigh.ops` under another name or with another order of arguments, and so compute on arrays
and weights, and declare on symbolic tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from string import ascii_lowercase
from typing import Any

from weigh import ops
from weigh.compat import activations
from weigh.compat.drawing import key
from weigh.compat.functions import function
from weigh.compute import calling
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array, Variable
from weigh.declare import naming
from weigh.declare.dtypes import floatx, set_floatx
from weigh.declare.graph import Tensor
from weigh.declare.naming import scope as name_scope
from weigh.declare.settings import epsilon, image_data_format, set_epsilon, set_image_data_format
from weigh.errors import ArgumentError
from weigh.utils import clear_session

_SAME = (
    *("abs", "all", "any", "concatenate", "cos", "cumprod", "cumsum", "dot", "equal", "exp", "eye", "greater"),
    *("greater_equal", "less", "less_equal", "log", "logsumexp", "max", "maximum", "mean", "min", "minimum"),
    *("not_equal", "ones_like", "prod", "reshape", "round", "shape", "sigmoid", "sign", "sin", "softmax", "softplus"),
    *("softsign", "sqrt", "square", "std", "stop_gradient", "sum", "tanh", "tile", "transpose", "var", "zeros_like"),
    *("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "in_top_k"),
)
"""Functions of `weigh.ops` with that name and those arguments."""

_ELSEWHERE = {
    "conv1d": "conv",
    "conv2d": "conv",
    "conv3d": "conv",
    "depthwise_conv2d": "depthwise_conv",
    "one_hot": "one_hot",
    "permute_dimensions": "transpose",
    "pow": "power",
    "repeat_elements": "repeat",
    "reverse": "flip",
    "separable_conv2d": "separable_conv",
    "stack": "stack",
}
"""Functions of `weigh.ops` under another name, whose arguments are in the same order."""

_ABSENT = {
    "ctc_batch_cost": "use `weigh.ops.ctc_loss`",
    "ctc_decode": "use `weigh.ops.ctc_decode`",
    "foldl": "use `weigh.ops.scan`",
    "foldr": "use `weigh.ops.scan`",
    "get_session": "there are no sessions: what is called computes",
    "gradients": "use `jax.grad` on `model.functional()`",
    "rnn": "use `weigh.layers.RNN`",
    "set_session": "there are no sessions: what is called computes",
}

__all__ = [
    "arange",
    "argmax",
    "argmin",
    "backend",
    "batch_dot",
    "batch_flatten",
    "batch_get_value",
    "batch_normalization",
    "batch_set_value",
    "bias_add",
    "cast",
    "cast_to_floatx",
    "clear_session",
    "clip",
    "constant",
    "count_params",
    "dropout",
    "dtype",
    "elu",
    "epsilon",
    "eval",
    "expand_dims",
    "flatten",
    "floatx",
    "function",
    "gather",
    "get_uid",
    "get_value",
    "hard_sigmoid",
    "image_data_format",
    "in_test_phase",
    "in_train_phase",
    "int_shape",
    "is_keras_tensor",
    "l2_normalize",
    "learning_phase",
    "map_fn",
    "moving_average_update",
    "name_scope",
    "ndim",
    "ones",
    "placeholder",
    "pool2d",
    "print_tensor",
    "random_binomial",
    "random_normal",
    "random_uniform",
    "relu",
    "repeat",
    "resize_images",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_learning_phase",
    "set_value",
    "spatial_2d_padding",
    "squeeze",
    "switch",
    "temporal_padding",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "variable",
    "zeros",
    *_SAME,
    *_ELSEWHERE,
]

hard_sigmoid, map_fn = activations.hard_sigmoid, ops.map


def __getattr__(name: str) -> Any:
    if name in _SAME or name in _ELSEWHERE:
        return getattr(ops, _ELSEWHERE.get(name, name))
    if name in _ABSENT:
        raise ImportError(f"weigh's `keras.backend` has no {name!r}: {_ABSENT[name]}.")
    raise AttributeError(f"weigh's `keras.backend` has no {name!r}; `weigh.ops` may have what you need.")


# Settings and questions -----------------------------------------------------------------------------------------


def backend() -> str:
    """Return what computes."""
    return "jax"


def get_uid(prefix: str = "") -> int:
    """Return the next number of a prefix, from 1."""
    return naming.number(prefix)


def int_shape(x: Any) -> tuple[int | None, ...]:
    """Return the shape of a tensor or array, ``None`` where a size is unknown."""
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """Return the number of axes."""
    return len(x.shape)


def dtype(x: Any) -> str:
    """Return the format of the numbers."""
    return str(x.dtype)


def count_params(x: Any) -> int:
    """Return how many numbers there are."""
    return prod(x.shape)


def is_keras_tensor(x: Any) -> bool:
    """Return whether a layer or `Input` gave `x`."""
    return isinstance(x, Tensor)


def learning_phase() -> int:
    """Return whether the call that is running is one of training, as 0 or 1; among inputs of `function` it stands for
    what is given there.
    """
    return int(bool(calling.training()))


def set_learning_phase(value: int) -> None:
    """Do nothing for 0: what is called outside of `fit` does not train.

    Raises:
        ArgumentError: `value` is 1.
    """
    if value:
        raise ArgumentError(
            "`set_learning_phase(1)` is not supported: call a layer or network with `training=True` where it is to "
            "behave as in training."
        )


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `x`, or what it returns, in training, else `alt`."""
    chosen = x if (calling.training() if training is None else training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `x`, or what it returns, at inference, else `alt`."""
    return in_train_phase(alt, x, training)


# Values ---------------------------------------------------------------------------------------------------------


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """Return a weight that begins with a value."""
    from weigh.parts.variable import Variable as Kept

    array = numpy.asarray(value, dtype=dtype or floatx())
    return Kept(array, array.shape, str(array.dtype), name=name, constraint=constraint)


def constant(value: Any, dtype: Any = None, shape: Sequence[int] | None = None, name: str | None = None) -> Array:
    """Return an array of a value."""
    array = jax.numpy.asarray(value, dtype=dtype or floatx())
    return array if shape is None else jax.numpy.broadcast_to(array, tuple(shape))


def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: Any = None, sparse: bool = False, name: str | None = None
) -> Tensor:
    """Return a symbolic tensor for data to enter."""
    from weigh.layers import Input

    tensor: Tensor = Input(
        batch_shape=tuple(shape) if shape is not None else (None,) * (ndim or 0), dtype=dtype, name=name
    )
    return tensor


def zeros(shape: Sequence[int], dtype: Any = None, name: str | None = None) -> Array:
    """Return an array of zeros."""
    return jax.numpy.zeros(tuple(shape), dtype or floatx())


def ones(shape: Sequence[int], dtype: Any = None, name: str | None = None) -> Array:
    """Return an array of ones."""
    return jax.numpy.ones(tuple(shape), dtype or floatx())


def get_value(x: Any) -> Any:
    """Return a weight or an array as a NumPy array."""
    return x.numpy() if isinstance(x, Variable) else numpy.asarray(x)


eval = get_value


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """Return several as NumPy arrays."""
    return [get_value(tensor) for tensor in tensors]


def set_value(x: Variable, value: Any) -> None:
    """Set a weight."""
    x.assign(value)


def batch_set_value(tuples: Sequence[tuple[Variable, Any]]) -> None:
    """Set several weights."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Variable, new_x: Any) -> None:
    """Set a weight."""
    x.assign(new_x)


def update_add(x: Variable, increment: Any) -> None:
    """Add to a weight."""
    x.assign(x.value + increment)


def update_sub(x: Variable, decrement: Any) -> None:
    """Take from a weight."""
    x.assign(x.value - decrement)


def moving_average_update(x: Variable, value: Any, momentum: Any) -> None:
    """Move a weight towards a value, by 1 − `momentum` of the way."""
    x.assign(x.value * momentum + value * (1 - momentum))


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """Return `x`, and print it whenever it is computed."""
    jax.debug.print("{message}{x}", message=message, x=x)
    return x


# Shapes ---------------------------------------------------------------------------------------------------------


def cast(x: Any, dtype: Any) -> Any:
    """Return `x` in another format."""
    return ops.cast(x, dtype)


def cast_to_floatx(x: Any) -> Any:
    """Return `x` in the format of all numbers that are not told another."""
    return ops.cast(x, floatx()) if isinstance(x, (Tensor, Variable)) else numpy.asarray(x, dtype=floatx())


def expand_dims(x: Any, axis: int = -1) -> Any:
    """Return `x` with an axis of size 1 more."""
    return ops.expand_dims(x, axis)


def squeeze(x: Any, axis: int) -> Any:
    """Return `x` without an axis of size 1."""
    return ops.squeeze(x, axis)


def flatten(x: Any) -> Any:
    """Return all numbers along one axis."""
    return ops.reshape(x, (-1,))


def batch_flatten(x: Any) -> Any:
    """Return the numbers of each example along one axis."""
    batch, *sizes = int_shape(x)
    known = [size for size in sizes if size is not None]
    return ops.reshape(x, (-1, prod(known)) if len(known) == len(sizes) else (batch, -1))


def repeat(x: Any, n: int) -> Any:
    """Return (batch, features) as (batch, n, features)."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Any:
    """Return numbers at equal distances."""
    return ops.arange(start, stop, step, dtype)


def gather(reference: Any, indices: Any) -> Any:
    """Return what stands at places along the first axis."""
    return ops.take(reference, indices, axis=0)


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """Return (batch, steps, features) with zeros before and behind the steps."""
    return ops.pad(x, ((0, 0), tuple(padding), (0, 0)))


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Return images with zeros around them."""
    rows, columns = (tuple(sides) for sides in padding)
    first = (data_format or image_data_format()) == "channels_first"
    return ops.pad(x, ((0, 0), (0, 0), rows, columns) if first else ((0, 0), rows, columns, (0, 0)))


def resize_images(x: Any, height_factor: int, width_factor: int, data_format: str | None = None) -> Any:
    """Return images with each row and column so many times."""
    rows = 2 if (data_format or image_data_format()) == "channels_first" else 1
    return ops.repeat(ops.repeat(x, height_factor, axis=rows), width_factor, axis=rows + 1)


# Computing ------------------------------------------------------------------------------------------------------


def argmax(x: Any, axis: int = -1) -> Any:
    """Return the place of the largest number."""
    return ops.argmax(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """Return the place of the least number."""
    return ops.argmin(x, axis)


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Return `x` kept between two bounds."""
    return ops.clip(x, min_value, max_value)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """Return `x` above a threshold, at most `max_value`, and `alpha` times what it is below."""
    kept = ops.where(ops.greater_equal(x, threshold), x, alpha * (x - threshold))
    return kept if max_value is None else ops.minimum(kept, max_value)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """Return `x` above 0, and alpha · (e^x − 1) below."""
    return ops.elu(x, alpha)


def l2_normalize(x: Any, axis: int | None = None) -> Any:
    """Return `x` divided by its Euclidean length; a squared length below 1e-12 counts as that."""
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis, keepdims=True), 1e-12))


def batch_dot(x: Any, y: Any, axes: int | Sequence[int] | None = None) -> Any:
    """Return the products of two tensors, example by example, added up along one axis of each.

    Args:
        x: (batch, …).
        y: (batch, …).
        axes: to add up along, one for both or one for each; by default the last of `x` and the last but one of `y`,
            the last one if it has two axes.

    Returns:
        (batch, the other axes of x, the other axes of y); (batch, 1) where none is left.
    """
    if axes is None:
        axes = (ndim(x) - 1, max(1, ndim(y) - 2))
    left, right = (axes, axes) if isinstance(axes, int) else axes
    first = list(ascii_lowercase[1 : ndim(x)])
    second = list(ascii_lowercase[ndim(x) : ndim(x) + ndim(y) - 1])
    first[left % ndim(x) - 1] = second[right % ndim(y) - 1] = "z"
    kept = "".join(letter for letter in (*first, *second) if letter != "z")
    products = ops.einsum(f"a{''.join(first)},a{''.join(second)}->a{kept}", x, y)
    return products if kept else ops.expand_dims(products, 1)


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """Return `x` with a number added for each channel."""
    if (data_format or image_data_format()) == "channels_first" and ndim(x) > 2:
        bias = ops.reshape(bias, (-1,) + (1,) * (ndim(x) - 2))
    return x + bias


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """Return gamma (x − mean) ÷ √(var + epsilon) + beta; all broadcast against `x`."""
    normal = (x - mean) * ops.rsqrt(var + epsilon)
    scaled = normal if gamma is None else normal * gamma
    return scaled if beta is None else scaled + beta


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """Return the largest number, or the average, of each window; `pool_mode` is ``"max"`` or ``"avg"``."""
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(x, pool_size, strides, padding, data_format or image_data_format())


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Return one or the other, or what it returns, where the condition holds or not."""
    one, other = (made() if callable(made) else made for made in (then_expression, else_expression))
    if hasattr(condition, "shape") and hasattr(one, "shape"):
        for _ in range(ndim(one) - ndim(condition) if ndim(condition) else 0):
            condition = ops.expand_dims(condition, -1)
    return ops.where(condition, one, other)


# Random numbers -------------------------------------------------------------------------------------------------


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Array:
    """Return normally distributed numbers."""
    return mean + stddev * jax.random.normal(key(seed), tuple(shape), dtype or floatx())


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Array:
    """Return normally distributed numbers, none beyond two standard deviations."""
    return mean + stddev * jax.random.truncated_normal(key(seed), -2, 2, tuple(shape), dtype or floatx())


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Array:
    """Return uniformly distributed numbers."""
    return jax.random.uniform(key(seed), tuple(shape), dtype or floatx(), minval, maxval)


def random_binomial(shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None) -> Array:
    """Return ones with a probability, and zeros."""
    return jax.random.bernoulli(key(seed), p, tuple(shape)).astype(dtype or floatx())


def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Array:
    """Return `x` with a share of its numbers set to 0 and the others divided by 1 − `level`."""
    from weigh.compute.randomness import dropout as dropped

    return dropped(jax.numpy.asarray(x), level, noise_shape, key(seed))
