"""Layers that rearrange axes and compute nothing."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Dim, Origin, Shape, product
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer


class Flatten(Layer):
    """Makes one axis of all axes behind the batch's.

    Input shape: (batch, …). Output shape: (batch, product of the others).

    Args:
        data_format: ``"channels_last"`` (default), or ``"channels_first"``, whose channels are moved to the end first.

    Raises:
        ArgumentError: `data_format` is neither.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *rest = input_shape
        sizes = [size for size in rest if size is not None]
        return (batch, product(sizes) if len(sizes) == len(rest) else None)

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE

    def call(self, inputs: Array) -> Array:
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = jax.numpy.moveaxis(inputs, 1, -1)
        return inputs.reshape(inputs.shape[0], product(inputs.shape[1:]))


class Reshape(Layer):
    """Gives each example another shape of as many elements.

    Input shape: (batch, …). Output shape: (batch, *target_shape).

    Args:
        target_shape: sizes without the batch's; one of them may be −1 and takes what is left.

    Raises:
        ArgumentError: `target_shape` is no shape or has more than one −1.
        ShapeError: the input has another number of elements.
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target = (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)
        if any(not isinstance(size, int) or size < -1 for size in target) or target.count(-1) > 1:
            raise ArgumentError(
                f"Layer {self.name!r} (Reshape): `target_shape` must hold whole numbers of at least 0 and at most one "
                f"-1, not {target_shape!r}."
            )
        self.target_shape = target

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *rest = input_shape
        target: list[int | None] = [
            None if size == -1 else self.dim("target_shape", axis) for axis, size in enumerate(self.target_shape)
        ]
        if None in rest:
            return (batch, *target)
        given = product(size for size in rest if size is not None)
        fixed = product(size for size in target if size is not None)
        fits = given % fixed == 0 if fixed and None in target else given == fixed
        if not fits:
            raise ShapeError(
                f"Layer {self.name!r} cannot give an input of shape {input_shape}, {given:,} elements an example, the "
                f"shape {self.target_shape}, {fixed:,} elements."
            )
        left = given if fixed == 1 else Dim(given // max(fixed, 1), Origin("arithmetic", "÷", parts=(given, fixed)))
        return (batch, *(left if size is None else size for size in target))

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE

    def call(self, inputs: Array) -> Array:
        return inputs.reshape(inputs.shape[0], *self.target_shape)
