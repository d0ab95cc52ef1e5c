"""The gated recurrent unit."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.compute.values import Array
from weigh.declare.dim import Shape
from weigh.layers.recurrent.cell import Cell, Prepared, times
from weigh.layers.recurrent.rnn import Recurrent
from weigh.parts import activations


class GRUCell(Cell):
    """One step of GRU; see there for the formulas.

    Called with an input, (batch, features), and the state, (batch, units); returns the output and the new state,
    which are the same.

    Args: those of :class:`GRU` that are not about sequences.

    Source: Cho et al. 2014, equations 5 to 8.
    """

    gates: ClassVar[int] = 3
    units: int
    recurrent_activation: Any

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        seed: int | None = None,
        *,
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), **kwargs)
        self.reset_after = reset_after

    def bias_shape(self, wide: int) -> Shape:
        return (2, wide) if self.reset_after else (wide,)

    def operations(self) -> int:
        gated, candidate = activations.operations(self.recurrent_activation), activations.operations(self.activation)
        biases = 3 * self.use_bias * (1 + self.reset_after)
        return 3 + biases + 2 * gated + candidate + 1 + 4  # r ⊙ h, and z ⊙ h + (1 − z) ⊙ h̃

    def prepare(self, inputs: Any, training: Any) -> Prepared:
        each, units = self.implementation == 1, self.units
        project = self.projection(inputs, training, each)
        kernel, mask = self.value_of(self.recurrent_kernel), self.state_mask(inputs, training, each)
        early = None if mask is None else mask[:2]
        late = None if mask is None else mask[2:]
        bias = self.value_of(self.bias)[1] if self.bias is not None and self.reset_after else None

        def both(sums: Array) -> Array:
            """Return the update and the reset gate, (batch, 2, units)."""
            gates: Array = self.recurrent_activation(sums.reshape(*sums.shape[:-1], 2, units))
            return gates

        def after(given: Array, h: Array) -> tuple[Array, Array]:
            inner = times(h, kernel, mask) if bias is None else times(h, kernel, mask) + bias
            gates = both(given[..., : 2 * units] + inner[..., : 2 * units])
            return gates[..., 0, :], given[..., 2 * units :] + gates[..., 1, :] * inner[..., 2 * units :]

        def before(given: Array, h: Array) -> tuple[Array, Array]:
            gates = both(given[..., : 2 * units] + times(h, kernel[:, : 2 * units], early))
            return gates[..., 0, :], given[..., 2 * units :] + times(gates[..., 1, :] * h, kernel[:, 2 * units :], late)

        sums = after if self.reset_after else before

        def advance(given: Array, states: Any) -> tuple[Array, list[Array]]:
            z, candidate = sums(given, states[0])
            h = z * states[0] + (1 - z) * self.activation(candidate)
            return h, [h]

        return project, advance


class GRU(Recurrent):
    """A gated recurrent unit: an update gate z mixes the old state with a new candidate, which a reset gate r limits.

    With σ the recurrent activation, x the input and h the state before::

        z  = σ(x · W_z + h · U_z + b_z)
        r  = σ(x · W_r + h · U_r + b_r)
        h̃  = activation(x · W_h + b_h + r ⊙ (h · U_h + b'_h))     reset_after
        h̃  = activation(x · W_h + b_h + (r ⊙ h) · U_h)            not reset_after: as in the paper
        h' = z ⊙ h + (1 − z) ⊙ h̃

    Input shape: (batch, steps, features). Output shape: (batch, units), or with `return_sequences` (batch, steps,
    units); with `return_state` followed by the last state, (batch, units).

    Args:
        units: number of outputs.
        activation: of the candidate.
        recurrent_activation: of the gates.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: applied to the weights after each update.
        dropout: share of the inputs that is dropped in training, the same ones at every step.
        recurrent_dropout: share of the state that is dropped in training on its way into the sums.
        seed: where the random stream starts.
        return_sequences, return_state, go_backwards, stateful, unroll: as of :class:`RNN`.
        reset_after: whether the reset gate acts after the product with U_h, as cuDNN has it. Each gate then has two
            biases, one for the input and one for the state, in a weight of shape (2, 3 units).
        use_cudnn: accepted; the compiler chooses.
        implementation: 1 drops other inputs for each gate, 2 the same for all; with `recurrent_dropout` it is 1.

    Raises:
        ArgumentError: `units` is not a whole number above 0, or a share is outside [0, 1).
        ShapeError: the input does not have three axes, or its last axis is of unknown or another size.

    Source: Cho et al. 2014, equations 5 to 8, in which z and 1 − z stand the same way round as here.
    """

    cell_type = GRUCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        *,
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals(), **kwargs)
