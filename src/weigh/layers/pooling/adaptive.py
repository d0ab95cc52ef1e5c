"""Pooling to a size that is given: the windows are as large as that takes."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from weigh.compute.pooling import adaptive_average_pool, adaptive_max_pool, adaptive_windows
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.declare.window import assembled, channel_axis, positions
from weigh.layers import checks
from weigh.layers.base import Layer


class AdaptivePooling(Layer):
    """As many windows as are wanted, whatever the input's size; they cover it evenly and overlap where they must.

    Input shape: (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. Output
    shape: the same with `output_size` for the positions.

    Args:
        output_size: positions that come out along each axis; one number for all axes.
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.

    Raises:
        ArgumentError: a size is not a whole number above 0.
        ShapeError: the input has another rank.
    """

    rank: ClassVar[int]

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = checks.sizes(self, "output_size", output_size, self.rank)
        self.data_format = checks.data_format(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.input_spec.check(input_shape, self.name)
        out = tuple(self.dim("output_size", axis) for axis in range(self.rank))
        return assembled(input_shape[0], out, input_shape[channel_axis(self.data_format)], self.data_format)

    def _read(self, input_shape: Shape) -> int:
        """Return how many numbers all windows of all channels hold together."""
        sizes = positions(input_shape, self.data_format)
        along = [
            sum(end - begin for begin, end in adaptive_windows(size, parts))
            for size, parts in zip(sizes, self.output_size, strict=True)
            if size is not None
        ]
        return product((input_shape[0], input_shape[channel_axis(self.data_format)])) * prod(along)


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest number of each window, in each channel. Arguments and shapes as of :class:`AdaptivePooling`."""

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=self._read(input_shape) - product(self.compute_output_shape(input_shape)))

    def call(self, inputs: Array) -> Array:
        return adaptive_max_pool(inputs, self.output_size, self.data_format)


class AdaptiveAveragePooling(AdaptivePooling):
    """The average of each window, in each channel. Arguments and shapes as of :class:`AdaptivePooling`."""

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=self._read(input_shape))

    def call(self, inputs: Array) -> Array:
        return adaptive_average_pool(inputs, self.output_size, self.data_format)


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest number of each window of steps. See :class:`AdaptivePooling`."""

    rank = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest number of each window of a picture. See :class:`AdaptivePooling`."""

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The largest number of each window of a volume. See :class:`AdaptivePooling`."""

    rank = 3


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The average of each window of steps. See :class:`AdaptivePooling`."""

    rank = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The average of each window of a picture. See :class:`AdaptivePooling`."""

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The average of each window of a volume. See :class:`AdaptivePooling`."""

    rank = 3
