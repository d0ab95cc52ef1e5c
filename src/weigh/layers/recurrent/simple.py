"""The simplest recurrent layer: what came out goes in again."""

from __future__ import annotations

from typing import Any

from weigh.compute.values import Array
from weigh.layers.recurrent.cell import Cell, Prepared, times
from weigh.layers.recurrent.rnn import Recurrent
from weigh.parts import activations


class SimpleRNNCell(Cell):
    """One step of SimpleRNN: ``h' = activation(x · kernel + h · recurrent_kernel + bias)``.

    Called with an input, (batch, features), and the state, (batch, units); returns the output and the new state,
    which are the same.

    Args: those of :class:`SimpleRNN` that are not about sequences.

    Source: Elman 1990.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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

    def operations(self) -> int:
        return 1 + int(self.use_bias) + activations.operations(self.activation)

    def prepare(self, inputs: Any, training: Any) -> Prepared:
        project = self.projection(inputs, training, each=False)
        kernel, mask = self.value_of(self.recurrent_kernel), self.state_mask(inputs, training, each=False)

        def advance(projected: Array, states: Any) -> tuple[Array, list[Array]]:
            h = self.activation(projected + times(states[0], kernel, mask))
            return h, [h]

        return project, advance


class SimpleRNN(Recurrent):
    """A recurrent layer whose output is its state: ``h' = activation(x · kernel + h · recurrent_kernel + bias)``.

    Input shape: (batch, steps, features). Output shape: (batch, units), or with `return_sequences` (batch, steps,
    units); with `return_state` followed by the last state, (batch, units).

    Args:
        units: number of outputs.
        activation: applied to the sums.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: applied to the weights after each update.
        dropout: share of the inputs that is dropped in training, the same ones at every step.
        recurrent_dropout: share of the state that is dropped in training on its way into the sums.
        return_sequences, return_state, go_backwards, stateful, unroll: as of :class:`RNN`.
        seed: where the random stream starts.

    Raises:
        ArgumentError: `units` is not a whole number above 0, or a share is outside [0, 1).
        ShapeError: the input does not have three axes, or its last axis is of unknown or another size.

    Source: Elman 1990.
    """

    cell_type = SimpleRNNCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), **kwargs)
