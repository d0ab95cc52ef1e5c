"""Convolutions in two steps: over positions channel by channel, then over channels position by position."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.convolution import convolve, convolve_depthwise
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.window import channel_axis, positions
from weigh.layers import checks
from weigh.layers.convolution.base import BaseConv


class SeparableConv(BaseConv):
    """A depthwise convolution, and behind it one with a window of 1 that mixes the channels.

    Input shape: (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. Output
    shape: as many axes, with `filters` in place of the channels, and as many positions as the window takes.

    Args:
        filters: number of channels that come out.
        kernel_size: positions that the window has along each axis; one number for all axes.
        strides: positions by which it moves.
        padding: ``"valid"`` for a window that stays inside, ``"same"`` for zeros around.
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.
        dilation_rate: distance of the window's elements from each other.
        depth_multiplier: number of channels between the steps for each one that comes in.
        activation: applied to the sums; ``None`` leaves them.
        use_bias: whether a bias is added for each filter.
        depthwise_initializer, pointwise_initializer, bias_initializer: how the weights begin.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        depthwise_constraint, pointwise_constraint, bias_constraint: applied to the weights after each update.

    Raises:
        ArgumentError: a size is not a whole number above 0.
        ShapeError: the input has another rank or number of channels, that number is unknown, or the window does not
            fit in.

    Source: Sifre 2014, "Rigid-motion scattering for image classification", section 6.2; Chollet 2017, "Xception".
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            bias_initializer,
            bias_regularizer,
            bias_constraint,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self._keep_parts("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self._keep_parts("pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint)
        self.filters = checks.positive(self, "filters", filters)
        self.depth_multiplier = checks.positive(self, "depth_multiplier", depth_multiplier)
        self.depthwise_kernel: Variable
        self.pointwise_kernel: Variable

    def build(self, input_shape: Shape) -> None:
        channels, filters = self._channels_in(input_shape), self.dim("filters")
        self.depthwise_kernel = self._add(
            "depthwise_kernel",
            (*self._window(), channels, self.dim("depth_multiplier")),
            "depthwise",
            roles.DEPTHWISE_KERNEL,
        )
        self.pointwise_kernel = self._add(
            "pointwise_kernel",
            (*(1,) * self.rank, self._between(channels), filters),
            "pointwise",
            roles.POINTWISE_KERNEL,
        )
        self._add_bias(filters)

    def _between(self, channels: int) -> int:
        return channels if self.depth_multiplier == 1 else channels * self.dim("depth_multiplier")

    def _channels_out(self, input_shape: Shape) -> int:
        return self.dim("filters")

    def compute_cost(self, input_shape: Shape) -> Cost:
        out = positions(self.compute_output_shape(input_shape), self.data_format)
        channels = self._between(checks.known_size(self, input_shape, channel_axis(self.data_format)))
        each = product(self._window()) + self.dim("filters")  # of a channel between, at a position: the two steps
        return self._cost(input_shape, product((input_shape[0], *out, channels, each)))

    def call(self, inputs: Array) -> Array:
        between = convolve_depthwise(
            inputs, self.depthwise_kernel.value, self.strides, self.padding, self.dilation_rate, self.data_format
        )
        ones = (1,) * self.rank
        return self._finished(convolve(between, self.pointwise_kernel.value, ones, "valid", ones, self.data_format))


class SeparableConv1D(SeparableConv):
    """A separable convolution over one axis: steps of a sequence. See :class:`SeparableConv`."""

    rank = 1


class SeparableConv2D(SeparableConv):
    """A separable convolution over two axes: rows and columns of a picture. See :class:`SeparableConv`."""

    rank = 2


SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
