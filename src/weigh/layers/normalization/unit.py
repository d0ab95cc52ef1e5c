"""Normalization to length 1."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.layers.base import Layer
from weigh.layers.normalization.affine import check_axes, checked_axes, listed


class UnitNormalization(Layer):
    """Divides the numbers along some axes by their Euclidean length; where all are 0, they stay 0.

    Output shape: that of the input, (batch, …). The gradient at 0 is finite, which it is not in Keras.

    Args:
        axis: the axis or axes that a length is taken over.

    Raises:
        ArgumentTypeError: `axis` is neither a whole number nor a list of some.
        ShapeError: the input has no such axis.
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = checked_axes(self, axis)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_axes(self, self.axis, input_shape)
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        # a number each: squared, into the sum, times 1 / length; a length each: the root and the reciprocal
        numbers = product(input_shape)
        lengths = int(numbers) // max(1, int(product(input_shape[axis] for axis in listed(self.axis))))
        return Cost(others=3 * numbers + 2 * lengths)

    def call(self, inputs: Array) -> Array:
        check_axes(self, self.axis, inputs.shape)
        jnp = jax.numpy
        wide = inputs.astype(jnp.promote_types(inputs.dtype, "float32"))
        squares = jnp.sum(jnp.square(wide), tuple(listed(self.axis)), keepdims=True)
        return (wide * jax.lax.rsqrt(jnp.maximum(squares, 1e-24))).astype(inputs.dtype)
