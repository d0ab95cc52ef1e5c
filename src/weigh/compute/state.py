"""Everything that a training step reads and writes, as one pytree, and networks as pure functions of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute import values
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.layer import Layer


class State:
    """The values of a network and of its training; a JAX pytree.

    Attributes:
        trained: values of the trainable weights, in the network's order.
        tracked: values of the other weights and of the random states, in the network's order.
        slots: the optimizer's values, in its order, the number of steps taken first; empty without one.
        metrics: the metrics' accumulators, in their order; empty without any.
        diverged: number of the first step whose loss was not finite, int32 scalar, −1 while there is none; ``None``
            outside of training.
    """

    __slots__ = ("diverged", "metrics", "slots", "tracked", "trained")

    def __init__(self, trained: Any, tracked: Any, slots: Any = (), metrics: Any = (), diverged: Any = None) -> None:
        self.trained = trained
        self.tracked = tracked
        self.slots = slots
        self.metrics = metrics
        self.diverged = diverged
        if not _registered:
            _register()

    @classmethod
    def of(cls, network: Layer) -> State:
        """Return the state of a network without an optimizer; its values must be made already."""
        return cls(
            [weight.raw for weight in network.trainable_variables],
            [weight.raw for weight in network.non_trainable_variables],
        )

    def replace(self, **parts: Any) -> State:
        """Return a state with other `parts` and the rest as it is."""
        return State(**{name: parts.get(name, getattr(self, name)) for name in self.__slots__})


_registered: list[bool] = []


def _register() -> None:
    """Tell JAX how a State is taken apart; done when the first one is made, so that declaring needs no JAX."""
    _registered.append(True)
    names = State.__slots__
    jax.tree_util.register_pytree_with_keys(
        State,
        lambda state: ([(jax.tree_util.GetAttrKey(name), getattr(state, name)) for name in names], None),
        lambda _, parts: State(**dict(zip(names, parts, strict=True))),
        flatten_func=lambda state: ([getattr(state, name) for name in names], None),
    )


def pure(network: Layer) -> Callable[..., tuple[Array, State]]:
    """Return ``apply(state, inputs, training=False) -> outputs, state`` that reads and writes nothing else."""
    trained, tracked = network.trainable_variables, network.non_trainable_variables

    def apply(state: State, *inputs: Any, training: bool = False, **options: Any) -> tuple[Array, State]:
        with values.bind([*trained, *tracked], [*state.trained, *state.tracked]) as binding:
            outputs = network(*inputs, training=training, **options)
        return outputs, state.replace(tracked=binding.values(tracked))

    return apply
