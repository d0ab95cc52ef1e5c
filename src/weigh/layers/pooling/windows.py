"""Pooling with a window that moves."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from weigh.compute.pooling import average_pool, max_pool
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.declare.window import assembled, channel_axis, convolved_size, positions, times
from weigh.errors import ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer


class Pooling(Layer):
    """One number for each window of positions, in each channel.

    Input shape: (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. Output
    shape: as many axes and channels, and as many positions as the window takes.

    Args:
        pool_size: positions that the window has along each axis; one number for all axes.
        strides: positions by which it moves; ``None`` for `pool_size`, so that windows stand side by side.
        padding: ``"valid"`` for a window that stays inside; what is left at the end is dropped. ``"same"`` lets it
            reach beyond; what is outside does not count.
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.

    Raises:
        ArgumentError: a size is not a whole number above 0.
        ShapeError: the input has another rank, or the window does not fit in.
    """

    rank: ClassVar[int]

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = checks.sizes(self, "pool_size", pool_size, self.rank)
        self.strides = checks.sizes(self, "strides", self.pool_size if strides is None else strides, self.rank)
        self.padding = checks.one_of(self, "padding", padding, ("valid", "same"))
        self.data_format = checks.data_format(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.input_spec.check(input_shape, self.name)
        sizes = positions(input_shape, self.data_format)
        out = tuple(
            convolved_size(size, window, stride, self.padding)
            for size, window, stride in zip(sizes, self.pool_size, self.strides, strict=True)
        )
        if any(size is not None and size < 1 for size in out):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) pools windows of {times(self.pool_size)} positions, "
                f"which do not fit into an input of {times(sizes)}, shape {input_shape}. Make `pool_size` "
                "smaller, give a larger input, or let the window reach beyond it with padding='same'."
            )
        return assembled(input_shape[0], out, input_shape[channel_axis(self.data_format)], self.data_format)


class MaxPooling(Pooling):
    """The largest number of each window, in each channel. Arguments and shapes as of :class:`Pooling`.

    Source: Zhou and Chellappa 1988, "Computation of optical flow using a neural network".
    """

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(self.compute_output_shape(input_shape)) * (prod(self.pool_size) - 1))

    def call(self, inputs: Array) -> Array:
        return max_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class AveragePooling(Pooling):
    """The average of each window, in each channel. Arguments and shapes as of :class:`Pooling`.

    Source: LeCun et al. 1989, "Handwritten digit recognition with a back-propagation network".
    """

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(self.compute_output_shape(input_shape)) * prod(self.pool_size))

    def call(self, inputs: Array) -> Array:
        return average_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class MaxPooling1D(MaxPooling):
    """The largest number of each window of steps. See :class:`Pooling`."""

    rank = 1


class MaxPooling2D(MaxPooling):
    """The largest number of each window of a picture. See :class:`Pooling`."""

    rank = 2


class MaxPooling3D(MaxPooling):
    """The largest number of each window of a volume. See :class:`Pooling`."""

    rank = 3


class AveragePooling1D(AveragePooling):
    """The average of each window of steps. See :class:`Pooling`."""

    rank = 1


class AveragePooling2D(AveragePooling):
    """The average of each window of a picture. See :class:`Pooling`."""

    rank = 2


class AveragePooling3D(AveragePooling):
    """The average of each window of a volume. See :class:`Pooling`."""

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
