"""Checks of arguments and shapes that layers share; each error names the layer and what would fit."""

from __future__ import annotations

from operator import index
from typing import Any

from weigh.declare import settings
from weigh.declare.dim import Shape
from weigh.declare.layer import Layer
from weigh.errors import ArgumentError, ShapeError


def positive(layer: Layer, argument: str, value: Any) -> int:
    """Return `value` as an int above 0.

    Raises:
        ArgumentError: it is not one.
    """
    try:
        whole = index(value)
    except TypeError:
        whole = 0
    if whole <= 0 or isinstance(value, bool):
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): "
            f"`{argument}` must be a whole number above 0, not {value!r}."
        )
    return whole


def sizes(layer: Layer, argument: str, value: Any, rank: int, least: int = 1) -> tuple[int, ...]:
    """Return `value`, one whole number or one for each of `rank` axes, as a tuple of `rank`.

    Raises:
        ArgumentError: it is neither, or a number is below `least`.
    """
    given = (value,) * rank if not isinstance(value, (list, tuple)) else tuple(value)
    if len(given) != rank or any(
        isinstance(one, bool) or not hasattr(one, "__index__") or one < least for one in given
    ):
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): `{argument}` must be a whole number of at least {least}, "
            f"or {rank} of them, not {value!r}."
        )
    return tuple(map(index, given))


def one_of(layer: Layer, argument: str, value: Any, options: tuple[str, ...]) -> str:
    """Return `value`, in lower case, if it is one of `options`.

    Raises:
        ArgumentError: it is not.
    """
    word = value.lower() if isinstance(value, str) else value
    if word not in options:
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): `{argument}` must be one of "
            f"{', '.join(map(repr, options))}, not {value!r}."
        )
    return str(word)


def data_format(layer: Layer, value: Any) -> str:
    """Return where the channels' axis is: ``"channels_last"`` or ``"channels_first"``; ``None`` is the default.

    Raises:
        ArgumentError: `value` is neither.
    """
    value = settings.image_data_format() if value is None else value
    return one_of(layer, "data_format", value, ("channels_last", "channels_first"))


def share(layer: Layer, argument: str, value: Any) -> float:
    """Return `value` as a number in [0, 1).

    Raises:
        ArgumentError: it is not one.
    """
    if not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): "
            f"`{argument}` must be at least 0 and below 1, not {value!r}."
        )
    return value


def not_negative(layer: Layer, argument: str, value: Any) -> float:
    """Return `value` as a number of at least 0.

    Raises:
        ArgumentError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): "
            f"`{argument}` must be a number of at least 0, not {value!r}."
        )
    return value


def known_size(layer: Layer, shape: Shape, axis: int) -> int:
    """Return the size of an input's axis, which the layer's weights depend on.

    Raises:
        ShapeError: the input has no such axis, or its size is unknown.
    """
    rank = len(shape)
    if not -rank <= axis < rank:
        raise ShapeError(
            f"Layer {layer.name!r} ({type(layer).__name__}) works on axis {axis}, but its input of shape {shape} has "
            f"axes {-rank} to {rank - 1}."
        )
    size = shape[axis]
    if size is None:
        raise ShapeError(
            f"Layer {layer.name!r} ({type(layer).__name__}) needs to know the size of axis {axis} of its input, on "
            f"which the shapes of its weights depend, but got shape {shape}. Give the Input a known size there."
        )
    return size
