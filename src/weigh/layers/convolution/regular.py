"""Convolutions in which every filter sees every channel of its group."""

from __future__ import annotations

from typing import Any

from weigh.compute.convolution import convolve
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.window import channel_axis, positions
from weigh.layers import checks
from weigh.layers.convolution.base import BaseConv, checked_groups


class Conv(BaseConv):
    """At each position, every filter's sum of all that is in the window: ``activation(window · kernel + bias)``.

    Input shape: (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. Output
    shape: as many axes, with `filters` in place of the channels, and as many positions as the window takes.

    The window is not turned round: what is computed is the cross-correlation, as in all of the field.

    Args:
        filters: number of channels that come out.
        kernel_size: positions that the window has along each axis; one number for all axes.
        strides: positions by which it moves.
        padding: ``"valid"`` for a window that stays inside, ``"same"`` for as many zeros around as keep the size with
            stride 1; Conv1D also takes ``"causal"``: zeros in front only, so that no output sees what comes later.
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.
        dilation_rate: distance of the window's elements from each other.
        groups: number of equal parts of the channels; each filter sees one of them.
        activation: applied to the sums; ``None`` leaves them.
        use_bias: whether a bias is added for each filter.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.

    Raises:
        ArgumentError: a size is not a whole number above 0, `groups` divides `filters` or the channels unequally, or
            both `strides` and `dilation_rate` are above 1.
        ShapeError: the input has another rank or number of channels, that number is unknown, or the window does not
            fit in.

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II; groups:
        Krizhevsky, Sutskever and Hinton 2012, section 3.5; dilation: Yu and Koltun 2016, equation 2.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
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
        self._keep_parts("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.filters = checks.positive(self, "filters", filters)
        self.groups = checks.positive(self, "groups", groups)
        checked_groups(self, "`filters`", self.filters, self.groups)
        self._refuse_strides_with_dilation()
        self.kernel: Variable

    def build(self, input_shape: Shape) -> None:
        channels = self._channels_in(input_shape)
        checked_groups(self, "the channels of its input", channels, self.groups)
        self.kernel = self._add_kernel((*self._window(), self._of_a_group(channels), self.dim("filters")))
        self._add_bias(self.dim("filters"))

    def _of_a_group(self, channels: int) -> int:
        return channels if self.groups == 1 else channels // self.dim("groups")

    def _channels_out(self, input_shape: Shape) -> int:
        return self.dim("filters")

    def compute_cost(self, input_shape: Shape) -> Cost:
        out = positions(self.compute_output_shape(input_shape), self.data_format)
        channels = self._of_a_group(checks.known_size(self, input_shape, channel_axis(self.data_format)))
        return self._cost(input_shape, product((input_shape[0], *out, *self._window(), channels, self.dim("filters"))))

    def call(self, inputs: Array) -> Array:
        return self._finished(
            convolve(inputs, self.kernel.value, self.strides, self.padding, self.dilation_rate, self.data_format)
        )


class Conv1D(Conv):
    """A convolution over one axis: steps of a sequence. See :class:`Conv`."""

    rank = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Conv):
    """A convolution over two axes: rows and columns of a picture. See :class:`Conv`."""

    rank = 2


class Conv3D(Conv):
    """A convolution over three axes: a volume, or a film. See :class:`Conv`."""

    rank = 3


Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
