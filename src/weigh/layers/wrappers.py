"""Layers that hold another layer and change how it is applied."""

from __future__ import annotations

from typing import Any

from weigh.compute import recurrence
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config as configuration
from weigh.declare import tree
from weigh.declare.config import Resolve
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.graph import Tensor, unrecorded
from weigh.declare.layer import Layer as Declared
from weigh.errors import ArgumentError, ShapeError, StateError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.layers.inner import held, revived


class Wrapper(Layer):
    """The base of layers that hold another layer, which has all the weights unless a subclass adds some.

    Args:
        layer: the layer inside.

    Raises:
        ArgumentTypeError: `layer` is not a layer.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = held(self, "layer", layer)

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, resolve: Resolve | None = None
    ) -> Any:
        return cls(**{**config, "layer": revived(config["layer"], custom_objects, resolve)})


class TimeDistributed(Wrapper):
    """Applies a layer to each step of a sequence alone, with the same weights.

    Input shape: (batch, steps, …). Output shape: (batch, steps, *of the layer's output for one step).

    All steps are computed at once, as one larger batch, unless that could make a difference: a layer that draws random
    numbers, or keeps statistics of its batches, is given one step after the other in training, and a layer that is not
    one of weigh's always is.

    Args:
        layer: the layer inside. Where its `call` takes a mask, it gets that of the step.

    Raises:
        ArgumentTypeError: `layer` is not a layer.
        ShapeError: the input has fewer than three axes, or the mask is not one of (batch, steps, …).
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def _step_shape(self, input_shape: Any) -> Shape:
        if not tree.is_shape(input_shape) or len(input_shape) < 3:
            raise ShapeError(
                f"Layer {self.name!r} (TimeDistributed) takes an input of at least 3 axes, (batch, steps, …), but got "
                f"shape {input_shape}."
            )
        return (input_shape[0], *input_shape[2:])

    def build(self, input_shape: Any = None) -> None:
        super().build(self._step_shape(input_shape))

    def compute_output_shape(self, input_shape: Shape) -> Any:
        with unrecorded():
            one = self.layer.compute_output_spec(Tensor(self._step_shape(input_shape), self.compute_dtype, "step"))
        return tree.map_leaves(lambda tensor: (tensor.shape[0], input_shape[1], *tensor.shape[1:]), one)

    def compute_cost(self, input_shape: Shape) -> Cost | None:
        cost, steps = self.layer.compute_cost(self._step_shape(input_shape)), input_shape[1]
        if cost is None or steps is None:
            return None
        return Cost(steps * cost.multiply_adds, steps * cost.others)

    def call(self, inputs: Array, training: bool | None = None, mask: Array | None = None) -> Any:
        jnp = jax.numpy
        self._check_mask(mask, inputs)
        names = configuration.parameters(type(self.layer).call)
        options = {"training": training} if "training" in names else {}
        mask = mask if "mask" in names else None

        def apply(x: Array, kept: Array | None) -> Any:
            return self.layer(x, **options, **({} if kept is None else {"mask": kept}))

        if self._steps_are_alone(training):
            batch, steps = inputs.shape[:2]
            outputs = apply(_joined(inputs), None if mask is None else _joined(mask))
            return tree.map_leaves(lambda output: output.reshape(batch, steps, *output.shape[1:]), outputs)
        swapped = (jnp.swapaxes(inputs, 0, 1), None if mask is None else jnp.swapaxes(mask, 0, 1))
        moved = self.layer.non_trainable_variables
        _, outputs = recurrence.scan(lambda none, given: (none, apply(*given)), None, swapped, variables=moved)
        return tree.map_leaves(lambda output: jnp.swapaxes(output, 0, 1), outputs)

    def _check_mask(self, mask: Any, inputs: Array) -> None:
        if mask is not None and (mask.ndim < 2 or mask.shape[:2] != inputs.shape[:2]):
            raise ShapeError(
                f"Layer {self.name!r} (TimeDistributed) got a mask of shape {tuple(mask.shape)} for an input of shape "
                f"{tuple(inputs.shape)}: the mask must have a number for each example and step, {inputs.shape[:2]}."
            )

    def _steps_are_alone(self, training: Any) -> bool:
        """Return whether no step's output depends on the others that are computed with it."""
        inside = self.layer._flatten_layers()
        ours = all(type(layer).__module__.startswith("weigh.") and type(layer).__name__ != "Lambda" for layer in inside)
        carrying = any(getattr(layer, "stateful", False) for layer in inside)
        return ours and not carrying and not (training and self.layer.non_trainable_variables)


def _joined(array: Array) -> Array:
    """Return an array of (batch, steps, …) as one of (batch · steps, …)."""
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


class Bidirectional(Layer):
    """Two recurrent layers over the same sequence, one from each end, and their outputs together.

    Input shape: (batch, steps, …), as of the layer inside. Output shape: that of the layer, its last axis twice as
    large for `merge_mode` ``"concat"``; two outputs for ``None``. With `return_state` followed by the states of
    the forward layer, then those of the backward layer.

    With `return_sequences` the outputs of masked steps are 0, and the backward outputs are put back in the order of the
    steps.

    Args:
        layer: a recurrent layer. It is a pattern: the forward layer is made anew from its configuration.
        merge_mode: ``"concat"``, ``"sum"``, ``"mul"``, ``"ave"``, or ``None`` for both outputs as they are.
        weights: values to begin with, those of the forward layer first.
        backward_layer: the other layer, if it is not to be a second one like `layer` with `go_backwards` reversed.

    Raises:
        ArgumentTypeError: one of the two is not a layer.
        ArgumentError: they are not recurrent, run the same way, or differ in what they return; or `merge_mode` is
            unknown.
    """

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for argument, given in (("layer", layer), ("backward_layer", backward_layer)):
            if given is not None or argument == "layer":
                self._check_recurrent(argument, held(self, argument, given))
        self.merge_mode = None if merge_mode is None else checks.one_of(self, "merge_mode", merge_mode, _MODES)
        self.forward_layer = _like(layer, "forward_")
        self.backward_layer = backward_layer or _like(layer, "backward_", go_backwards=True)
        self._check_pair()
        for one in (self.forward_layer, self.backward_layer):
            if hasattr(one, "zero_output_for_mask"):
                one.zero_output_for_mask = one.return_sequences
        self.stateful = layer.stateful
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec
        self._first_weights = weights

    def _check_recurrent(self, argument: str, layer: Any) -> None:
        missing = [name for name in ("go_backwards", "return_sequences", "return_state") if not hasattr(layer, name)]
        if missing:
            raise ArgumentError(
                f"Layer {self.name!r} (Bidirectional): `{argument}` must be a recurrent layer, such as LSTM(8), but "
                f"{layer!r} has no {', '.join(f'`{name}`' for name in missing)}."
            )

    def _check_pair(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ArgumentError(
                f"Layer {self.name!r} (Bidirectional): one of its layers must have `go_backwards=True` and the other "
                f"not, but both have `go_backwards={forward.go_backwards}`."
            )
        for name in ("stateful", "return_sequences", "return_state"):
            one, other = getattr(forward, name, False), getattr(backward, name, False)
            if one != other:
                raise ArgumentError(
                    f"Layer {self.name!r} (Bidirectional): its two layers must have the same `{name}`, but the forward "
                    f"layer has {one} and the backward layer {other}."
                )

    # Declaring --------------------------------------------------------------------------------------------------

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        self._halves(initial_state_shape)
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        output, states = (shape[0], tuple(shape[1:])) if self.return_state else (shape, ())
        if self.merge_mode is None:
            return (output, output, *states, *states)
        if self.merge_mode == "concat":
            output = (*output[:-1], 2 * output[-1])
        return (output, *states, *states) if self.return_state else output

    def compute_cost(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Cost | None:
        forward = self.forward_layer.compute_cost(sequences_shape)
        backward = self.backward_layer.compute_cost(sequences_shape)
        if forward is None or backward is None:
            return None
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        merged = product(shape[0] if self.return_state else shape) * _OPERATIONS.get(self.merge_mode or "", 0)
        alike = forward.multiply_adds == backward.multiply_adds
        products = 2 * forward.multiply_adds if alike else forward.multiply_adds + backward.multiply_adds
        return Cost(products, forward.others + backward.others + merged)

    def get_config(self) -> dict[str, Any]:
        own = {"layer": self.forward_layer, "merge_mode": self.merge_mode, "backward_layer": self.backward_layer}
        common = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype_policy}
        return {name: configuration.serialize(value) for name, value in (common | own).items()}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, resolve: Resolve | None = None
    ) -> Any:
        made = {name: revived(config.get(name), custom_objects, resolve) for name in ("layer", "backward_layer")}
        return cls(**{**config, **made})

    # States -----------------------------------------------------------------------------------------------------

    @property
    def states(self) -> Any:
        """The states that are carried from batch to batch, forward first; ``None`` where none are."""
        own = [layer.states for layer in (self.forward_layer, self.backward_layer) if layer.states is not None]
        return tuple(state for states in own for state in states) if len(own) == 2 else None

    def reset_state(self) -> None:
        """Begin the next batch with states of 0.

        Raises:
            StateError: it is not stateful.
        """
        if not self.stateful:
            raise StateError(f"Layer {self.name!r} (Bidirectional) is not stateful: it has no states to reset.")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """The older name of `reset_state`."""
        self.reset_state()

    def _halves(self, initial_state: Any) -> tuple[Any, Any]:
        if initial_state is None:
            return None, None
        if not isinstance(initial_state, (list, tuple)) or len(initial_state) % 2 or not len(initial_state):
            raise ShapeError(
                f"Layer {self.name!r} (Bidirectional) takes a list of initial states, first those of the forward "
                f"layer, then as many of the backward layer, but got {initial_state!r}."
            )
        half = len(initial_state) // 2
        return list(initial_state[:half]), list(initial_state[half:])

    # Computing --------------------------------------------------------------------------------------------------

    def call(
        self, sequences: Array, initial_state: Any = None, mask: Array | None = None, training: bool | None = None
    ) -> Any:
        outputs: list[Array] = []
        states: list[Any] = []
        for layer, own in zip((self.forward_layer, self.backward_layer), self._halves(initial_state), strict=True):
            names = configuration.parameters(type(layer).call)
            options = {"training": training, "mask": mask, "initial_state": own}
            given = {name: value for name, value in options.items() if name in names and value is not None}
            result = layer(sequences, **given)
            output, *after = result if self.return_state else (result,)
            outputs.append(output.astype(self.compute_dtype))
            states += after
        if self.return_sequences:
            outputs[1] = jax.numpy.flip(outputs[1], 1)
        merged = self._merged(*outputs)
        if self.return_state:
            return (*(merged if self.merge_mode is None else (merged,)), *states)
        return merged

    def _merged(self, forward: Array, backward: Array) -> Any:
        if self.merge_mode == "concat":
            return jax.numpy.concatenate([forward, backward], axis=-1)
        if self.merge_mode == "sum":
            return forward + backward
        if self.merge_mode == "ave":
            return (forward + backward) / 2
        if self.merge_mode == "mul":
            return forward * backward
        return forward, backward

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        mask = next(tree.leaves(previous_mask), None) if self.return_sequences else None
        states = (None,) * (2 * len(self.forward_layer.state_size)) if self.return_state else ()
        outputs = (mask, mask) if self.merge_mode is None else (mask,)
        return (*outputs, *states) if len(outputs) + len(states) > 1 else mask


_MODES = ("concat", "sum", "mul", "ave")
_OPERATIONS = {"sum": 1, "mul": 1, "ave": 2}


def _like(layer: Any, prefix: str, **changed: Any) -> Any:
    """Return a new layer of the same configuration, its name with `prefix`, and with what is `changed`."""
    settings = layer.get_config() | changed | {"name": prefix + layer.name.removeprefix(prefix)}
    named = "custom_objects" in configuration.parameters(type(layer).from_config)
    return type(layer).from_config(settings, **({"custom_objects": _inside(layer)} if named else {}))


def _inside(layer: Declared) -> dict[str, Any]:
    """Return the classes and functions of users in a layer, by name: they need not be registered to be used again."""
    found: dict[str, Any] = {}
    for one in layer._flatten_layers():
        for thing in (one, *vars(one).values()):
            kind = thing if hasattr(thing, "__name__") else type(thing)
            if callable(kind) and not kind.__module__.startswith(("weigh.", "builtins")):
                found[configuration.registered_name(kind)] = kind
    return found
