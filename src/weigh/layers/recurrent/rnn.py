"""Recurrent layers: a cell, applied to each step of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from weigh.account import roles
from weigh.compute import recurrence
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array, Variable
from weigh.declare import config as configuration
from weigh.declare import naming, tree
from weigh.declare.config import Resolve
from weigh.declare.cost import Cost
from weigh.declare.dim import Dim, Origin, Shape
from weigh.declare.layer import Layer as Declared
from weigh.declare.spec import InputSpec
from weigh.declare.weight import Holder
from weigh.errors import ArgumentError, ShapeError
from weigh.layers.base import Layer
from weigh.layers.inner import revived
from weigh.layers.recurrent.cell import Cell
from weigh.layers.recurrent.stacked import StackedRNNCells, prepared


class Carried(Holder):
    """States of a layer that begins each batch where the last one ended: values, but no weights.

    Args:
        shapes: of the states, in the structure that the cell has them in.
        dtype: number format that they are kept in.
    """

    def __init__(self, shapes: Any, dtype: str) -> None:
        self.name = "carried"
        self.structure = tree.map_shapes(lambda shape: self._state(shape, dtype), shapes)
        self.holdings: list[Any] = tree.flatten(self.structure)
        for index, state in enumerate(self.holdings):
            state.name = f"rnn_state_{index}" if index else "rnn_state"

    @staticmethod
    def _state(shape: Shape, dtype: str) -> Variable:
        return Variable(shape, None, dtype, role=roles.CARRIED, trainable=False, name="rnn_state")


class RNN(Layer):
    """Applies a cell to each step of a sequence; the cell's state goes from each step to the next.

    Input shape: (batch, steps, features, …). Output shape: (batch, units) of the last step, or with `return_sequences`
    (batch, steps, units); with `return_state` followed by the states, each (batch, units).

    Args:
        cell: a layer with a `state_size` (a number, or a list of one for each state), and a `call(inputs, states)`
            that returns the output and the new states. It may have an `output_size` and a
            `get_initial_state(batch_size)`. A list of cells is stacked.
        return_sequences: whether the output of every step is returned, or only that of the last.
        return_state: whether the states after the last step are returned as well.
        go_backwards: whether the last step comes first; outputs are then in that order too.
        stateful: whether each example of a batch begins with the states in which that of the last batch ended. Needs a
            fixed batch size; `reset_state` makes the states 0 again.
        unroll: whether the steps are written out in the compiled program; the results are the same.
        zero_output_for_mask: whether the output of a masked step is 0, and not that of the step before.

    Raises:
        ArgumentError: `cell` has no `state_size` or `call`.
        ShapeError: the input, the mask or the initial states have shapes that do not fit; or it is stateful and the
            batch size is not known.
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else checked_cell(self, cell)
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=3)
        self._carried: Carried | None = None

    # Declaring --------------------------------------------------------------------------------------------------

    @property
    def state_size(self) -> list[Any]:
        """Sizes of the states, one for each."""
        size = self.cell.state_size
        return [size] if isinstance(size, int) else list(size)

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        if isinstance(self.cell, Declared) and not self.cell.built:
            self.cell.build((sequences_shape[0], *sequences_shape[2:]))
            self.cell.built = True
        if self.unroll and sequences_shape[1] is None:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) cannot unroll a sequence of unknown length, but got "
                f"shape {sequences_shape}. Give the Input a number of steps, or leave out `unroll=True`."
            )
        if self.stateful:
            if sequences_shape[0] is None:
                raise ShapeError(
                    f"Layer {self.name!r} ({type(self).__name__}) is stateful, so it needs to know the batch size, but "
                    f"got shape {sequences_shape}. Give the Input a `batch_shape`, such as "
                    f"({', '.join(map(str, (32, *sequences_shape[1:])))})."
                )
            with naming.scope(self.name, self):
                self._carried = Carried(self.state_shapes(sequences_shape), self.variable_dtype)

    def state_shapes(self, sequences_shape: Shape) -> list[Any]:
        """Return the shapes of the states for sequences of a shape, in the structure that the cell has them in."""
        batch = sequences_shape[0]
        return [tree.map_leaves(lambda size: (batch, self._named(size)), size) for size in self.state_size]

    def _named(self, size: Any) -> Any:
        """Return a size that is an argument of the cell's as one of this layer's, where it has that argument too."""
        origin = getattr(size, "origin", None)
        if (
            origin is not None
            and origin.kind == "argument"
            and origin.name in configuration.parameters(type(self).__init__)
        ):
            return Dim(size, Origin("argument", origin.name, self.name))
        return size

    def step_output_shape(self, sequences_shape: Shape) -> Shape:
        """Return the shape of the output of one step."""
        size = getattr(self.cell, "output_size", None)
        if size is None:
            size = next(tree.leaves(self.state_size))
        if not isinstance(size, int):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): the `output_size` of a cell must be a whole number, but "
                f"that of {self.cell!r} is {size!r}."
            )
        return (sequences_shape[0], self._named(size))

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        if initial_state_shape is not None:
            self._check_states(initial_state_shape, sequences_shape)
        batch, *rest = self.step_output_shape(sequences_shape)
        output = (batch, sequences_shape[1], *rest) if self.return_sequences else (batch, *rest)
        return (output, *self.state_shapes(sequences_shape)) if self.return_state else output

    def compute_cost(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Cost | None:
        batch, steps, *rest = sequences_shape
        cost = self.cell.compute_cost((batch, *rest)) if isinstance(self.cell, Declared) else None
        if cost is None or steps is None:
            return None
        return Cost(steps * cost.multiply_adds, steps * cost.others)

    def get_config(self) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in configuration.parameters(RNN.__init__) if name != "cell"}
        return {**super().get_config(), **kept}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, resolve: Resolve | None = None
    ) -> Any:
        return cls(**{**config, "cell": revived(config["cell"], custom_objects, resolve)})

    # States -----------------------------------------------------------------------------------------------------

    @property
    def states(self) -> Any:
        """The states that are carried from batch to batch; ``None`` where none are."""
        return None if self._carried is None else self._carried.structure

    def reset_state(self) -> None:
        """Begin the next batch with states of 0."""
        for state in self._carried.holdings if self._carried is not None else ():
            state.assign(numpy.zeros(state.shape, state.dtype))

    def reset_states(self) -> None:
        """The older name of `reset_state`."""
        self.reset_state()

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Return the states before the first step, for so many examples: those of the cell, else 0."""
        own = getattr(self.cell, "get_initial_state", None)
        if own is None:
            dtype = getattr(self.cell, "compute_dtype", self.compute_dtype)
            return tree.map_leaves(lambda size: jax.numpy.zeros((batch_size, size), dtype), self.state_size)  # type: ignore[no-any-return]
        states = own(batch_size=batch_size)
        return list(states) if isinstance(states, (list, tuple)) else [states]

    def zero_states(self, sequences: Array) -> list[Any]:
        """Return the states before the first step of `sequences`, where none are given."""
        return self.get_initial_state(sequences.shape[0])

    def _check_states(self, given: Any, sequences_shape: Shape) -> None:
        wanted: list[Shape] = []
        got: list[Shape] = []
        tree.map_shapes(wanted.append, self.state_shapes(sequences_shape))
        tree.map_shapes(got.append, given)
        if len(wanted) != len(got) or any(not _fits(one, other) for one, other in zip(wanted, got, strict=True)):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) takes {len(wanted)} initial "
                f"{'state' if len(wanted) == 1 else 'states'}, of {'shape' if len(wanted) == 1 else 'shapes'} "
                f"{', '.join(map(str, wanted))}, but got {len(got)}: {', '.join(map(str, got))}."
            )

    def _first_states(self, sequences: Array, initial_state: Any) -> list[Any]:
        batch = sequences.shape[0]
        if initial_state is None:
            if not self.stateful:
                return self.zero_states(sequences)
            kept = self.states
            size = next(tree.leaves(kept)).shape[0]
            if size != batch:
                raise ShapeError(
                    f"Layer {self.name!r} ({type(self).__name__}) is stateful and was made for batches of {size} "
                    f"examples, but got one of {batch}. Give it whole batches only."
                )
            return tree.map_leaves(lambda state: state.value, kept)  # type: ignore[no-any-return]
        states = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
        self._check_states(tree.map_leaves(lambda state: tuple(state.shape), states), tuple(sequences.shape))
        return states

    # Computing --------------------------------------------------------------------------------------------------

    def call(
        self, sequences: Array, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Array | tuple[Array, ...]:
        jnp = jax.numpy
        kept = self._steps_of(mask, sequences)
        states = tree.map_leaves(
            partial(jnp.asarray, dtype=self._cell_dtype), self._first_states(sequences, initial_state)
        )
        steps = jnp.swapaxes(sequences, 0, 1).astype(self._cell_dtype)
        if self.go_backwards:
            steps = jnp.flip(steps, 0)
            kept = None if kept is None else jnp.flip(kept, 0)
        output, states = self.run(steps, states, kept, training)
        output = output.astype(self.compute_dtype)
        output = jnp.swapaxes(output, 0, 1) if self.return_sequences else output
        states = tree.map_leaves(lambda state: state.astype(self.compute_dtype), states)
        if self._carried is not None:
            for state, value in zip(self._carried.holdings, tree.leaves(states), strict=True):
                state.assign(value)
        return (output, *states) if self.return_state else output

    @property
    def _cell_dtype(self) -> str:
        return str(getattr(self.cell, "compute_dtype", self.compute_dtype))

    def run(self, steps: Array, states: Any, kept: Array | None, training: Any) -> tuple[Array, Any]:
        """Return the outputs of all steps, or the last one, and the states behind it.

        Args:
            steps: (steps, batch, …), in the order in which they are taken.
            states: before the first step.
            kept: which steps count, (steps, batch); ``None`` for all.
            training: whether it is training.
        """
        project, advance = prepared(self.cell, jax.ShapeDtypeStruct(steps.shape[1:], steps.dtype), states, training)
        early = recurrence.ahead(steps.shape[1])
        return recurrence.loop(
            advance if early else (lambda given, before: advance(project(given), before)),
            project(steps) if early else steps,
            states,
            mask=kept,
            zero_masked=self.zero_output_for_mask,
            previous=_last_output,
            whole=self.return_sequences,
            unroll=self.unroll,
            variables=[] if isinstance(self.cell, Cell) else _moving(self.cell),
        )

    def _steps_of(self, mask: Any, sequences: Array) -> Array | None:
        """Return which steps count, (steps, batch)."""
        mask = next(tree.leaves(mask), None)
        if mask is None:
            return None
        mask = jax.numpy.asarray(mask, bool)
        if mask.ndim < 2 or mask.shape[:2] != sequences.shape[:2]:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) got a mask of shape {mask.shape} for sequences of shape "
                f"{tuple(sequences.shape)}: the mask must have a number for each example and step, "
                f"{tuple(sequences.shape[:2])}."
            )
        return mask.any(axis=tuple(range(2, mask.ndim))).T

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        mask = next(tree.leaves(previous_mask), None) if self.return_sequences else None
        return [mask, *(None for _ in self.state_size)] if self.return_state else mask


def _fits(wanted: Shape, got: Shape) -> bool:
    return len(wanted) == len(got) and all(
        one is None or other is None or one == other for one, other in zip(wanted, got, strict=True)
    )


def _last_output(states: Any) -> Array:
    """Return the output of the step before: the first state of the cell, of the last cell where several are stacked."""
    return states[-1][0] if tree.is_nested(states[0]) else states[0]


def _moving(cell: Any) -> list[Any]:
    return list(cell.non_trainable_variables) if isinstance(cell, Declared) else []


def checked_cell(layer: Layer, cell: Any) -> Any:
    """Return `cell`, if it has what a cell needs.

    Raises:
        ArgumentError: it has no `call`, or no `state_size` that is a whole number or a list.
    """
    size = getattr(cell, "state_size", None)
    if not hasattr(cell, "call") or not isinstance(size, (int, list, tuple)):
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): a cell must have a method `call(inputs, states)` and a "
            f"`state_size`, a whole number or a list of one for each state, but {cell!r} has "
            f"{'no `call`' if not hasattr(cell, 'call') else f'`state_size` {size!r}'}."
        )
    return cell


def _of_cell(name: str) -> Callable[[Any], Any]:
    return lambda layer: getattr(layer.cell, name)


class Recurrent(RNN):
    """The base of recurrent layers with a cell of their own, whose arguments are theirs.

    Args:
        given: the arguments of the subclass's constructor, by name.
    """

    cell_type: ClassVar[type[Cell]]
    cell: Cell

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "cell_type" in cls.__dict__:
            for name in configuration.parameters(cls.cell_type.__init__):
                setattr(cls, name, property(_of_cell(name)))

    def __init__(self, given: dict[str, Any], **kwargs: Any) -> None:
        of_cell = {name: given[name] for name in configuration.parameters(self.cell_type.__init__) if name in given}
        of_layer = {name: given[name] for name in configuration.parameters(RNN.__init__) if name in given}
        cell = self.cell_type(
            **of_cell,
            name=naming.snake_case(self.cell_type.__name__),
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
        )
        super().__init__(cell, activity_regularizer=given["activity_regularizer"], **of_layer, **kwargs)
        self.input_spec = InputSpec(ndim=3)
        if "use_cudnn" in given:
            if given["use_cudnn"] not in (True, False, "auto"):
                raise ArgumentError(
                    f"Layer {self.name!r} ({type(self).__name__}): `use_cudnn` must be True, False or 'auto', "
                    f"not {given['use_cudnn']!r}."
                )
            self.use_cudnn = given["use_cudnn"]

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "cell"}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, resolve: Resolve | None = None
    ) -> Any:
        return cls(**config)
