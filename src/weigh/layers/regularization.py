"""Layers that act in training only, to keep a network from learning its data by heart."""

from __future__ import annotations

from typing import Any

from weigh.compute.randomness import SeedGenerator, dropout
from weigh.compute.values import Array
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.base import Layer


class Dropout(Layer):
    """In training, sets a random share of its inputs to 0 and divides the others by 1 − rate; else does nothing.

    Output shape: that of the input. Source: Srivastava et al. 2014, section 4.

    Args:
        rate: share to drop, at least 0 and below 1.
        noise_shape: shape of the random mask, broadcast against the input; ``None`` for the input's own.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `rate` is outside [0, 1), or `noise_shape` is no shape.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = checks.share(self, "rate", rate)
        self.seed = seed
        self.noise_shape = self._checked_noise_shape(noise_shape)
        if rate > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True

    def _checked_noise_shape(self, noise_shape: Any) -> tuple[int | None, ...] | None:
        if noise_shape is None:
            return None
        sizes = tuple(noise_shape) if isinstance(noise_shape, (list, tuple)) else (noise_shape,)
        if not sizes or any(size is not None and (not isinstance(size, int) or size <= 0) for size in sizes):
            raise ArgumentError(
                f"Layer {self.name!r} (Dropout): `noise_shape` must hold whole numbers above 0 and None, "
                f"one for each axis of the input, not {noise_shape!r}."
            )
        return sizes

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE

    def call(self, inputs: Array, training: bool = False) -> Array:
        if training and self.rate > 0:
            return dropout(inputs, self.rate, self.noise_shape, self.seed_generator.next())
        return inputs
