"""Convolutions that do not share: every position has a kernel of its own. Keras had them up to version 2."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.convolution import multiply_windows
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Dim, Origin, Shape, product
from weigh.declare.spec import InputSpec
from weigh.declare.window import channel_axis, positions
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.convolution.base import BaseConv


class LocallyConnected(BaseConv):
    """A convolution whose window has other weights, and another bias, at every position.

    Input shape: (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. Output
    shape: as many axes, with `filters` in place of the channels, and as many positions as the window takes.

    The kernel is (positions that come out, window × channels, filters), as Keras 2 stores it with ``implementation=1``;
    with ``"channels_first"`` the channels stand before the window in its second axis. The bias is (*positions that
    come out*, filters); with ``"channels_first"`` Keras reads its numbers as (filters, *positions*), and so do we.

    Args:
        filters: number of channels that come out.
        kernel_size: positions that the window has along each axis; one number for all axes.
        strides: positions by which it moves.
        padding: ``"valid"`` for a window that stays inside, ``"same"`` for zeros around.
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.
        activation: applied to the sums; ``None`` leaves them.
        use_bias: whether a bias is added for each position and filter.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.
        implementation: 1, 2 or 3, ways in which Keras 2 computed the same; there is one way here.

    Raises:
        ArgumentError: a size is not a whole number above 0, or there is no such implementation.
        ShapeError: the input has another rank, one of its sizes is unknown or another than before, or the window does
            not fit in.

    Source: LeCun 1989, "Generalization and network design strategies", section 4.2.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        implementation: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            1,
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
        if implementation not in (1, 2, 3):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `implementation` must be 1, 2 or 3, "
                f"not {implementation!r}."
            )
        self.implementation = implementation
        self.kernel: Variable

    def build(self, input_shape: Shape) -> None:
        channels = self._channels_in(input_shape)
        sizes = positions(input_shape, self.data_format)
        if None in sizes:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) has weights for every position, so it needs to know all "
                f"sizes of its input, but got shape {input_shape}. Give the Input known sizes."
            )
        out, filters = self._positions_out(sizes), self.dim("filters")
        self.kernel = self._add_kernel((product(out), product((*self._window(), channels)), filters))
        if self.use_bias:
            self.bias = self._add("bias", (*out, filters), "bias", roles.BIAS)
        first = 2 if self.data_format == "channels_first" else 1
        axes = dict(enumerate(sizes, first))
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={**axes, channel_axis(self.data_format): channels})

    def _positions_out(self, sizes: Shape) -> tuple[int, ...]:
        """Return how many positions come out along each axis, with the working."""
        return tuple(self._worked(axis, size) for axis, size in enumerate(sizes) if size is not None)

    def _worked(self, axis: int, size: int) -> int:
        kernel, stride = self.dim("kernel_size", axis), self.dim("strides", axis)
        if self.padding == "valid":
            room: int = size - kernel
            return (room if stride == 1 else room // stride) + 1
        return size if stride == 1 else Dim(-(-size // int(stride)), Origin("arithmetic", "÷", parts=(size, stride)))

    def _channels_out(self, input_shape: Shape) -> int:
        return self.dim("filters")

    def compute_cost(self, input_shape: Shape) -> Cost:
        out = positions(self.compute_output_shape(input_shape), self.data_format)
        channels = checks.known_size(self, input_shape, channel_axis(self.data_format))
        return self._cost(input_shape, product((input_shape[0], *out, *self._window(), channels, self.dim("filters"))))

    def call(self, inputs: Array) -> Array:
        sums = multiply_windows(
            inputs, self.kernel.value, self.kernel_size, self.strides, self.padding, self.data_format
        )
        return self._finished(sums)

    def _spread(self, bias: Array) -> Array:
        *out, filters = bias.shape
        return bias.reshape(filters, *out) if self.data_format == "channels_first" else bias


class LocallyConnected1D(LocallyConnected):
    """A convolution over steps of a sequence that shares no weights. See :class:`LocallyConnected`."""

    rank = 1


class LocallyConnected2D(LocallyConnected):
    """A convolution over rows and columns of a picture that shares no weights. See :class:`LocallyConnected`."""

    rank = 2
