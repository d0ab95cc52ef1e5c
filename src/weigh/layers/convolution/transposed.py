"""Convolutions that make more positions of fewer: the gradient of a convolution as a layer of its own."""

from __future__ import annotations

from typing import Any

from weigh.compute.convolution import convolve_transposed
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.window import channel_axis, positions, transposed_size
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.convolution.base import BaseConv


class ConvTranspose(BaseConv):
    """Every number of the input spreads over a window of the output, times the kernel; what overlaps is added.

    Input shape: (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. Output
    shape: as many axes, with `filters` in place of the channels, and `strides` times as many positions.

    Args:
        filters: number of channels that come out.
        kernel_size: positions that the window has along each axis; one number for all axes.
        strides: positions of the output by which the window moves for one of the input.
        padding: ``"valid"`` for all that the windows reach, ``"same"`` for a size that is that of the input times
            `strides`.
        output_padding: positions that are added behind the least size that the convolution brings to that of the
            input; below `strides`. ``None`` for as many as give the sizes that `padding` says.
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.
        dilation_rate: distance of the window's elements from each other.
        activation: applied to the sums; ``None`` leaves them.
        use_bias: whether a bias is added for each filter.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.

    Raises:
        ArgumentError: a size is not a whole number above 0, `output_padding` is not below `strides`, or both
            `strides` and `dilation_rate` are above 1.
        ShapeError: the input has another rank or number of channels, that number is unknown, or nothing comes out.

    Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.
    """

    _way_out = "Give a larger input or `output_padding`, or take padding='valid'."

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        self._refuse_strides_with_dilation()
        self.output_padding = (
            None if output_padding is None else checks.sizes(self, "output_padding", output_padding, self.rank, least=0)
        )
        if self.output_padding and any(more >= by for more, by in zip(self.output_padding, self.strides, strict=True)):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `output_padding` must be below `strides` along every "
                f"axis, but is {self.output_padding} with strides {self.strides}."
            )
        self.kernel: Variable

    def build(self, input_shape: Shape) -> None:
        channels = self._channels_in(input_shape)
        self.kernel = self._add_kernel((*self._window(), self.dim("filters"), channels))
        self._add_bias(self.dim("filters"))

    def _channels_out(self, input_shape: Shape) -> int:
        return self.dim("filters")

    def _size_out(self, axis: int, size: int | None) -> int | None:
        more = None if self.output_padding is None else self.output_padding[axis]
        return transposed_size(
            size, self.kernel_size[axis], self.strides[axis], self.padding, self.dilation_rate[axis], more
        )

    def compute_cost(self, input_shape: Shape) -> Cost:
        # each number that comes in is multiplied with the whole window; at stride 1 it is a convolution of the output
        spread = max(self.strides) > 1
        shape = input_shape if spread else self.compute_output_shape(input_shape)
        channels = checks.known_size(self, input_shape, channel_axis(self.data_format))
        factors = (input_shape[0], *positions(shape, self.data_format), *self._window(), channels, self.dim("filters"))
        return self._cost(input_shape, product(factors))

    def call(self, inputs: Array) -> Array:
        return self._finished(
            convolve_transposed(
                inputs,
                self.kernel.value,
                self.strides,
                self.padding,
                self.dilation_rate,
                self.output_padding,
                self.data_format,
            )
        )


class Conv1DTranspose(ConvTranspose):
    """A transposed convolution over one axis: steps of a sequence. See :class:`ConvTranspose`."""

    rank = 1


class Conv2DTranspose(ConvTranspose):
    """A transposed convolution over two axes: rows and columns of a picture. See :class:`ConvTranspose`."""

    rank = 2


class Conv3DTranspose(ConvTranspose):
    """A transposed convolution over three axes: a volume, or a film. See :class:`ConvTranspose`."""

    rank = 3


Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
