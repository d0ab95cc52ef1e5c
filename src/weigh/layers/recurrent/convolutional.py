"""LSTMs whose products are convolutions, for sequences of images."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from weigh.compute.convolution import convolve
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.declare.window import assembled, channel_axis, convolved_size, positions, times
from weigh.errors import ArgumentError, NotBuiltError, ShapeError
from weigh.layers import checks
from weigh.layers.recurrent.cell import Prepared
from weigh.layers.recurrent.lstm import Memory
from weigh.layers.recurrent.rnn import Recurrent


class ConvLSTMCell(Memory):
    """One step of ConvLSTM1D, 2D or 3D; see there.

    Called with an input, (batch, *positions*, channels), and two states, output and cell state, each (batch,
    *positions that come out*, filters); returns the output and the two new states, of which the first is the output.

    Args: `rank`, over how many axes the window moves; and those of :class:`ConvLSTM` that are not about sequences.

    Source: Shi et al. 2015, equation 3, without the products with the cell state (the peepholes).
    """

    size: ClassVar[str] = "filters"

    filters: int

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), **kwargs)
        self.rank = rank
        self.unit_forget_bias = unit_forget_bias
        self.kernel_size = checks.sizes(self, "kernel_size", kernel_size, rank)
        self.strides = checks.sizes(self, "strides", strides, rank)
        self.padding = checks.one_of(self, "padding", padding, ("valid", "same"))
        self.data_format = checks.data_format(self, data_format)
        self.dilation_rate = checks.sizes(self, "dilation_rate", dilation_rate, rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `strides` and `dilation_rate` cannot both be above 1, "
                f"but are {self.strides} and {self.dilation_rate}. Leave one of them at 1."
            )
        self.input_spec = InputSpec(ndim=rank + 2)

    # Declaring --------------------------------------------------------------------------------------------------

    def build(self, input_shape: Shape) -> None:
        channels, filters = checks.known_size(self, input_shape, channel_axis(self.data_format)), self.dim("filters")
        self._sizes = positions(self.compute_output_shape(input_shape)[0], self.data_format)
        window = tuple(self.dim("kernel_size", axis) for axis in range(self.rank))
        wide = 4 * filters
        self.declare((*window, channels, wide), (*window, filters, wide), (wide,), self.first_bias())
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={channel_axis(self.data_format): channels})

    def compute_output_shape(self, inputs_shape: Shape, states_shape: Any = None) -> Any:
        sizes = positions(inputs_shape, self.data_format)
        out = tuple(
            convolved_size(size, kernel, stride, self.padding, dilation)
            for size, kernel, stride, dilation in zip(
                sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        )
        if any(size is not None and size < 1 for size in out):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) moves a window of {times(self.kernel_size)} positions, "
                f"{times(self.dilation_rate)} apart, over an input of {times(sizes)} with padding {self.padding!r}: "
                "nothing would come out. Make `kernel_size` smaller, give a larger input, or pad it with "
                "padding='same'."
            )
        shape = assembled(inputs_shape[0], out, self.dim("filters"), self.data_format)
        return shape, [shape, shape]

    def compute_cost(self, inputs_shape: Shape, states_shape: Any = None) -> Cost:
        shape = self.compute_output_shape(inputs_shape)[0]
        channels, filters = checks.known_size(self, inputs_shape, channel_axis(self.data_format)), self.dim("filters")
        places = (inputs_shape[0], *positions(shape, self.data_format))
        window = (self.dim("kernel_size", axis) for axis in range(self.rank))
        return Cost(product((*places, *window, 4, channels + filters, filters)), product(shape) * self.operations())

    def get_initial_state(self, batch_size: int | None = None) -> list[Array]:
        """Return states of 0 for so many examples of the shape that it was built for.

        Raises:
            NotBuiltError: it is not built, or was for an unknown number of positions.
        """
        sizes = getattr(self, "_sizes", (None,))
        if None in sizes:
            raise NotBuiltError(
                f"Layer {self.name!r} ({type(self).__name__}) does not know how many positions its states have: build "
                "it for an input of known size first."
            )
        shape = assembled(batch_size, sizes, self.filters, self.data_format)
        return [jax.numpy.zeros(shape, self.compute_dtype) for _ in range(2)]

    # Computing --------------------------------------------------------------------------------------------------

    def prepare(self, inputs: Any, training: Any) -> Prepared:
        jnp = jax.numpy
        axis, first = channel_axis(self.data_format), self.data_format == "channels_first"
        shape, ones = self.compute_output_shape(tuple(inputs.shape))[0], (1,) * self.rank
        moves = {"strides": self.strides, "padding": self.padding, "dilation": self.dilation_rate}
        stays = {"strides": ones, "padding": "same", "dilation": ones}
        given = self.masks(self.dropout, inputs.shape, training, each=True)
        kept = self.masks(self.recurrent_dropout, tuple(map(int, shape)), training, each=True)
        kernel, recurrent = self.value_of(self.kernel), self.value_of(self.recurrent_kernel)
        bias = None if self.bias is None else self.value_of(self.bias)
        if bias is not None and first:
            bias = bias.reshape(-1, *ones)

        def summed(x: Array, kernel: Array, mask: Array | None, how: dict[str, Any]) -> Array:
            """Return the sums of all gates at each position; with a mask for each gate, gate by gate."""
            if mask is None:
                return convolve(x, kernel, data_format=self.data_format, **how)
            gates = zip(jnp.split(kernel, 4, -1), mask, strict=True)
            sums = [convolve(x * one, part, data_format=self.data_format, **how) for part, one in gates]
            return jnp.concatenate(sums, axis)

        def project(x: Array) -> Array:
            batches = x.shape[: x.ndim - self.rank - 1]
            flat = x.reshape(prod(batches), *x.shape[len(batches) :])
            mask = given
            if mask is not None and len(batches) > 1:
                mask = jnp.tile(mask, (1, prod(batches[:-1]), *(1,) * (self.rank + 1)))
            sums = summed(flat, kernel, mask, moves)
            return (sums if bias is None else sums + bias).reshape(*batches, *sums.shape[1:])

        def advance(projected: Array, before: Any) -> tuple[Array, list[Array]]:
            sums = projected + summed(before[0], recurrent, kept, stays)
            if not first:
                h, c = self.gated(sums, before[1])
            else:
                h, c = self.gated(jnp.moveaxis(sums, 1, -1), jnp.moveaxis(before[1], 1, -1))
                h, c = jnp.moveaxis(h, -1, 1), jnp.moveaxis(c, -1, 1)
            return h, [h, c]

        return project, advance


class ConvLSTM(Recurrent):
    """The base of ConvLSTM1D, 2D and 3D: an LSTM at every position, which sees what is around it.

    The formulas are those of :class:`LSTM`, with convolutions in place of the products of x and h with kernels: that of
    x as `strides`, `padding` and `dilation_rate` say, that of h with stride 1 and zeros around.

    Input shape: (batch, steps, *positions*, channels), or (batch, steps, channels, *positions*) with
    ``"channels_first"``. Output shape: (batch, *positions that come out*, filters), or with `return_sequences` (batch,
    steps, …); with `return_state` followed by the last h and c, each as the output of one step.

    Args:
        filters: number of channels that come out.
        kernel_size: positions that the window has along each axis; one number for all axes.
        strides: positions by which it moves over the input.
        padding: ``"valid"`` or ``"same"``, of the input.
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.
        dilation_rate: distance of the window's elements from each other.
        activation: of the candidate and of the cell state.
        recurrent_activation: of the gates.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights begin.
        unit_forget_bias: whether the bias of the forget gate begins with 1, so that it keeps at first.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: applied to the weights after each update.
        dropout: share of the inputs that is dropped in training, other ones for each gate, the same at every step.
        recurrent_dropout: share of the state that is dropped in training on its way into the sums.
        seed: where the random stream starts.
        return_sequences, return_state, go_backwards, stateful: as of :class:`RNN`, whose other arguments it takes too.

    Raises:
        ArgumentError: a size is not a whole number above 0, a share is outside [0, 1), or both `strides` and
            `dilation_rate` are above 1.
        ShapeError: the input has another rank or number of channels, or the window does not fit in.

    Source: Shi et al. 2015, equation 3, without the products with the cell state (the peepholes).
    """

    cell_type = ConvLSTMCell
    rank: ClassVar[Any]

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__({**locals(), "rank": self.rank}, **kwargs)
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def state_shapes(self, sequences_shape: Shape) -> list[Any]:
        return [self.step_output_shape(sequences_shape)] * 2

    def step_output_shape(self, sequences_shape: Shape) -> Shape:
        shape = self.cell.compute_output_shape((sequences_shape[0], *sequences_shape[2:]))[0]
        return tuple(self._named(size) for size in shape)

    def zero_states(self, sequences: Array) -> list[Any]:
        shapes = self.state_shapes(tuple(sequences.shape))
        return [jax.numpy.zeros(tuple(map(int, shape)), self.cell.compute_dtype) for shape in shapes]


class ConvLSTM1D(ConvLSTM):
    """An LSTM at every position of a line; see :class:`ConvLSTM`."""

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """An LSTM at every position of an image; see :class:`ConvLSTM`."""

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """An LSTM at every position of a volume; see :class:`ConvLSTM`."""

    rank = 3
