"""A vector for each position of a sequence."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.account import roles
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.errors import ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.parts import initializers


class PositionEmbedding(Layer):
    """Adds to the vectors of a sequence a learned vector for each position, since attention does not see order.

    Input shape: (batch, positions, features), with no more positions than `length`. Output shape: the same.

    Source: Vaswani et al. 2017, section 3.5; learned as in Devlin et al. 2018 and Radford et al. 2019.

    Args:
        length: how many positions there are vectors for.
        initializer: how these begin.

    Raises:
        ArgumentError: `length` is not a whole number above 0.
        ShapeError: a sequence is longer.
    """

    keras_module: ClassVar[str] = "weigh.applications.text"

    def __init__(self, length: int, initializer: Any = "uniform", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = checks.positive(self, "length", length)
        self.initializer = initializers.get(initializer)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        features = checks.known_size(self, input_shape, -1)
        self.embeddings = self.add_weight(
            (self.dim("length"), features), name="embeddings", role=roles.EMBEDDING, initializer=self.initializer
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        positions = input_shape[1]
        if positions is not None and positions > self.length:
            raise ShapeError(
                f"Layer {self.name!r} (PositionEmbedding) has vectors for {self.length} positions, but got a sequence "
                f"of {positions}, shape {input_shape}."
            )
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(input_shape))

    def call(self, inputs: Array) -> Array:
        self.compute_output_shape(inputs.shape)
        return inputs + self.embeddings[: inputs.shape[1]]
