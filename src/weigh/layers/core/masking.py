"""Layers that pass on what comes in, or all of it but padding."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config, tree
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.layers.base import Layer


class Identity(Layer):
    """Passes on what comes in, whatever it is: a tensor, or a structure of some. Output shape: that of the input."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def compute_output_spec(self, inputs: Any) -> Any:
        return tree.map_leaves(lambda tensor: self.tensor_type(tensor.shape, tensor.dtype), inputs)

    def compute_cost(self, input_shape: Any) -> Cost:
        return FREE

    def call(self, inputs: Any) -> Any:
        return inputs


class Masking(Layer):
    """Marks the steps of a sequence that are padding: those whose features all equal `mask_value`.

    They are set to 0, and the layers behind it that know masks pass over them.
    Input shape: (batch, steps, …, features). Output shape: that of the input. Mask: (batch, steps, …).

    Args:
        mask_value: what padding consists of: a number, or an array that broadcasts against the features.
    """

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = config.deserialize(mask_value, lambda *_: None)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=2 * product(input_shape))  # compared, and the comparisons of a step joined

    def compute_mask(self, inputs: Array, previous_mask: Any = None) -> Array:
        return jax.numpy.any(jax.numpy.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Array) -> Array:
        return jax.numpy.where(self.compute_mask(inputs)[..., None], inputs, jax.numpy.zeros((), inputs.dtype))
