"""Long short-term memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from weigh.compute import recurrence
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.layers.recurrent.cell import Cell, Prepared, times
from weigh.layers.recurrent.rnn import Recurrent
from weigh.parts import activations


class Memory(Cell):
    """The base of cells with the four gates of an LSTM and two states: the output, and the cell state behind it."""

    gates: ClassVar[int] = 4
    recurrent_activation: Any
    unit_forget_bias: bool

    @property
    def state_size(self) -> list[int]:
        """Sizes of output and cell state."""
        return [self.dim(self.size), self.dim(self.size)]

    def first_bias(self) -> Any:
        size = getattr(self, self.size)
        return forgetting(self.bias_initializer, size) if self.unit_forget_bias else self.bias_initializer

    def operations(self) -> int:
        gated, squashed = activations.operations(self.recurrent_activation), activations.operations(self.activation)
        return 4 + 4 * self.use_bias + 3 * gated + 2 * squashed + 4  # f ⊙ c + i ⊙ g, and o ⊙ tanh(c)

    def gated(self, sums: Array, carried: Array) -> tuple[Array, Array]:
        """Return output and cell state, from the sums at the gates (…, 4 units) and the cell state before."""
        if self.activation is activations.tanh and self.recurrent_activation is activations.sigmoid:
            return recurrence.gated(sums, carried)
        i, f, g, o = jax.numpy.split(sums, 4, axis=-1)
        c = self.recurrent_activation(f) * carried + self.recurrent_activation(i) * self.activation(g)
        return self.recurrent_activation(o) * self.activation(c), c


def forgetting(initializer: Callable[..., Any], size: int) -> Callable[..., Any]:
    """Return an initializer of the bias of four gates that begins that of the forget gate with 1.

    Source: Jozefowicz et al. 2015, section 2.2.
    """

    def begin(shape: Any, dtype: Any = None) -> Any:
        ones = jax.numpy.ones((size,), dtype)
        first, rest = initializer((size,), dtype=dtype), initializer((2 * size,), dtype=dtype)
        return jax.numpy.concatenate([first, ones, rest])

    return begin


class LSTMCell(Memory):
    """One step of LSTM; see there for the formulas.

    Called with an input, (batch, features), and two states, output and cell state, each (batch, units); returns the
    output and the two new states, of which the first is the output.

    Args: those of :class:`LSTM` that are not about sequences.

    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """

    def __init__(
        self,
        units: int,
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
        *,
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), **kwargs)
        self.unit_forget_bias = unit_forget_bias

    def prepare(self, inputs: Any, training: Any) -> Prepared:
        each = self.implementation == 1
        project = self.projection(inputs, training, each)
        kernel, mask = self.value_of(self.recurrent_kernel), self.state_mask(inputs, training, each)

        def advance(given: Array, states: Any) -> tuple[Array, list[Array]]:
            h, c = self.gated(given + times(states[0], kernel, mask), states[1])
            return h, [h, c]

        return project, advance


class LSTM(Recurrent):
    """Long short-term memory: a cell state that gates write to, keep and read from.

    With σ the recurrent activation, x the input, h the output and c the cell state before::

        i  = σ(x · W_i + h · U_i + b_i)               input gate
        f  = σ(x · W_f + h · U_f + b_f)               forget gate
        g  = activation(x · W_g + h · U_g + b_g)      candidate
        o  = σ(x · W_o + h · U_o + b_o)               output gate
        c' = f ⊙ c + i ⊙ g
        h' = o ⊙ activation(c')

    The four kernels stand side by side in one weight, in this order; so do the recurrent kernels and the biases.

    Input shape: (batch, steps, features). Output shape: (batch, units), or with `return_sequences` (batch, steps,
    units); with `return_state` followed by the last h and c, each (batch, units).

    Args:
        units: number of outputs.
        activation: of the candidate and of the cell state.
        recurrent_activation: of the gates.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights begin.
        unit_forget_bias: whether the bias of the forget gate begins with 1, so that it keeps at first.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: applied to the weights after each update.
        dropout: share of the inputs that is dropped in training, the same ones at every step.
        recurrent_dropout: share of the state that is dropped in training on its way into the sums.
        seed: where the random stream starts.
        return_sequences, return_state, go_backwards, stateful, unroll: as of :class:`RNN`.
        use_cudnn: ``False`` takes the loop that can also be differentiated forwards (`jax.jvp`), which trains more
            slowly; otherwise the gradient is one of our own wherever it applies.
        implementation: 1 drops other inputs for each gate, 2 the same for all; with `recurrent_dropout` it is 1.

    Raises:
        ArgumentError: `units` is not a whole number above 0, or a share is outside [0, 1).
        ShapeError: the input does not have three axes, or its last axis is of unknown or another size.

    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """

    cell_type = LSTMCell
    cell: LSTMCell

    def __init__(
        self,
        units: int,
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
        unroll: bool = False,
        use_cudnn: Any = "auto",
        *,
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), **kwargs)

    def run(self, steps: Array, states: Any, kept: Array | None, training: Any) -> tuple[Array, Any]:
        cell = self.cell
        usual = cell.activation is activations.tanh and cell.recurrent_activation is activations.sigmoid
        if not usual or kept is not None or self.unroll or self.use_cudnn is False or cell.implementation == 1:
            return super().run(steps, states, kept, training)
        mask = cell.masks(cell.dropout, steps.shape[1:], training, each=False)
        outputs, h, c = recurrence.lstm(
            steps if mask is None else steps * mask,
            states[0],
            states[1],
            cell.value_of(cell.kernel),
            cell.value_of(cell.recurrent_kernel),
            None if cell.bias is None else cell.value_of(cell.bias),
        )
        return outputs if self.return_sequences else h, [h, c]
