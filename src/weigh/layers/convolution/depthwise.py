"""Convolutions in which every channel has windows of its own and sees no other channel."""

from __future__ import annotations

from typing import Any

from weigh.compute.convolution import convolve_depthwise
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.window import channel_axis, positions
from weigh.layers import checks
from weigh.layers.convolution.base import BaseConv


class DepthwiseConv(BaseConv):
    """At each position, sums over the window for every channel alone; channels are not mixed.

    Input shape: (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. Output
    shape: as many axes, with channels × `depth_multiplier` channels; those of one channel stand together.

    Args:
        kernel_size: positions that the window has along each axis; one number for all axes.
        strides: positions by which it moves.
        padding: ``"valid"`` for a window that stays inside, ``"same"`` for zeros around.
        depth_multiplier: number of channels that come out for each one that comes in.
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.
        dilation_rate: distance of the window's elements from each other.
        activation: applied to the sums; ``None`` leaves them.
        use_bias: whether a bias is added for each channel that comes out.
        depthwise_initializer, bias_initializer: how the weights begin.
        depthwise_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        depthwise_constraint, bias_constraint: applied to the weights after each update.

    Raises:
        ArgumentError: a size is not a whole number above 0.
        ShapeError: the input has another rank or number of channels, that number is unknown, or the window does not
            fit in.

    Source: Howard et al. 2017, "MobileNets", section 3.1, equation 3.
    """

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
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
        self.depth_multiplier = checks.positive(self, "depth_multiplier", depth_multiplier)
        self.kernel: Variable

    def build(self, input_shape: Shape) -> None:
        channels = self._channels_in(input_shape)
        self.kernel = self._add_kernel((*self._window(), channels, self.dim("depth_multiplier")), prefix="depthwise")
        self._add_bias(self._multiplied(channels))

    def _multiplied(self, channels: int) -> int:
        return channels if self.depth_multiplier == 1 else channels * self.dim("depth_multiplier")

    def _channels_out(self, input_shape: Shape) -> int | None:
        channels = input_shape[channel_axis(self.data_format)]
        return None if channels is None else self._multiplied(channels)

    def compute_cost(self, input_shape: Shape) -> Cost:
        out = positions(self.compute_output_shape(input_shape), self.data_format)
        channels = checks.known_size(self, input_shape, channel_axis(self.data_format))
        return self._cost(
            input_shape, product((input_shape[0], *out, *self._window(), channels, self.dim("depth_multiplier")))
        )

    def call(self, inputs: Array) -> Array:
        return self._finished(
            convolve_depthwise(
                inputs, self.kernel.value, self.strides, self.padding, self.dilation_rate, self.data_format
            )
        )


class DepthwiseConv1D(DepthwiseConv):
    """A depthwise convolution over one axis: steps of a sequence. See :class:`DepthwiseConv`."""

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """A depthwise convolution over two axes: rows and columns of a picture. See :class:`DepthwiseConv`."""

    rank = 2
