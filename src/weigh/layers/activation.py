"""Activations as layers."""

from __future__ import annotations

from typing import Any

from weigh.compute.calling import activated
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.layers.base import Layer
from weigh.parts import activations


class Activation(Layer):
    """An activation function as a layer. Output shape: that of the input.

    Args:
        activation: a name such as ``"relu"``, or a function of an array.

    Raises:
        UnknownNameError: no activation has that name.
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(input_shape) * activations.operations(self.activation))

    def call(self, inputs: Array) -> Array:
        return activated(self.activation, inputs)
