"""``keras.backend`` of Keras 1 and 2: settings, names, and the functions that losses and layers were written with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array, Variable
from weigh.declare import naming, tree
from weigh.declare.dtypes import floatx, set_floatx
from weigh.parts import EPSILON
from weigh.utils import clear_session

__all__ = ["backend", "clear_session", "epsilon", "floatx", "get_uid", "int_shape", "ndim", "set_floatx"]


def backend() -> str:
    """Return what computes."""
    return "jax"


def epsilon() -> float:
    """Return what is added where something is divided by what may be 0."""
    return EPSILON


def image_data_format() -> str:
    """Return where an image's channels stand."""
    return "channels_last"


def image_dim_ordering() -> str:
    """Return where an image's channels stand, as Keras 1 called it."""
    return "tf"


def get_uid(prefix: str = "") -> int:
    """Return the next number of a prefix, from 1."""
    return int(naming.unique(prefix, first=1).rpartition("_")[2])


def int_shape(x: Any) -> tuple[int | None, ...]:
    """Return the shape of a tensor or array, ``None`` where a size is unknown."""
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """Return the number of axes."""
    return len(x.shape)


def _on_arrays(function: Callable[..., Array]) -> Callable[..., Array]:
    """Let `function` take weights as well."""

    def call(*args: Any, **options: Any) -> Array:
        return function(*tree.map_leaves(_value, args), **tree.map_leaves(_value, options))

    return call


def _value(leaf: Any) -> Any:
    return leaf.value if isinstance(leaf, Variable) else leaf


def _reduction(name: str) -> Callable[..., Array]:
    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
        return getattr(jax.numpy, name)(x, axis=axis, keepdims=keepdims)

    return _on_arrays(reduce)


def _clip(x: Any, min_value: Any, max_value: Any) -> Array:
    return jax.numpy.clip(_value(x), min_value, max_value)


_REDUCTIONS = ("all", "any", "max", "mean", "min", "prod", "std", "sum", "var")
_SAME = (
    *("abs", "argmax", "concatenate", "cos", "dot", "equal", "exp", "expand_dims", "greater", "greater_equal", "less"),
    *("less_equal", "log", "maximum", "minimum", "not_equal", "ones_like", "reshape", "round", "sign", "sin", "sqrt"),
    *("square", "squeeze", "stack", "tile", "transpose", "zeros_like"),
)
_ACTIVATIONS = ("elu", "relu", "sigmoid", "softmax", "softplus", "softsign", "tanh")


def __getattr__(name: str) -> Any:
    if name in _REDUCTIONS:
        return _reduction(name)
    if name in _SAME:
        return _on_arrays(getattr(jax.numpy, name))
    if name in _ACTIVATIONS:
        from weigh.parts import activations

        return getattr(activations, name)
    if name == "clip":
        return _clip
    raise AttributeError(f"weigh's `keras.backend` has no {name!r}; `jax.numpy` may have what you need.")
