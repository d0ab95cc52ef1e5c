"""Checks of arguments and shapes that layers share; each error names the layer and what would fit."""

from __future__ import annotations

from operator import index
from typing import Any

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
