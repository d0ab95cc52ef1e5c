"""Who drives the steps: takes the values from the weights, runs a step, and hands them back."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from weigh.compute import values
from weigh.compute.lazy import jax
from weigh.compute.state import State
from weigh.compute.values import Array, Variable
from weigh.training.data import AHEAD, Batch

Step = Callable[[State, Batch], tuple[State, Array]]


class Walk:
    """The weights of a network, found by a walk through its layers, which costs as much as a small step.

    Attributes:
        variables: weights and random states.
        trained: those that are trained.
        tracked: the others.
    """

    def __init__(self, model: Any) -> None:
        self.variables = model.variables
        self.trained = model.trainable_variables
        self.tracked = model.non_trainable_variables
        self._graph = model.graph
        self._flags = self._present_flags(model)

    @classmethod
    def of(cls, model: Any, last: Walk | None) -> Walk:
        """Return the `last` walk where it still holds, also for what is trained."""
        return (
            last if last is not None and last.holds(model) and last._flags == last._present_flags(model) else cls(model)
        )

    def holds(self, model: Any) -> bool:
        """Return whether the model has the same variables still: the layers of a graph stay."""
        return self._graph is not None and self._graph is model.graph

    def _present_flags(self, model: Any) -> list[bool]:
        return [model.trainable, *(variable.trainable for variable in self.variables)]


class Seats:
    """The weights whose values a step takes, and hands back when it is done.

    Between steps every weight has its present value, so that anything may look at it or change it.

    Args:
        trained, tracked, slots, metrics: as of `State`.
    """

    def __init__(
        self,
        trained: Sequence[Variable],
        tracked: Sequence[Variable],
        slots: Sequence[Variable],
        metrics: Sequence[Variable],
    ) -> None:
        self.trained = trained
        self.tracked = tracked
        self.slots = slots
        self.metrics = metrics
        self.diverged: Array = None
        values.materialise([*trained, *tracked, *slots, *metrics])

    def state(self) -> State:
        """Return the present values."""
        return State(
            [weight.raw for weight in self.trained],
            [weight.raw for weight in self.tracked],
            [weight.raw for weight in self.slots],
            [weight.raw for weight in self.metrics],
            self.diverged,
        )

    def store(self, state: State) -> None:
        """Give the weights the values that a step returned."""
        for weights, after in (
            (self.trained, state.trained),
            (self.tracked, state.tracked),
            (self.slots, state.slots),
            (self.metrics, state.metrics),
        ):
            for weight, value in zip(weights, after, strict=True):
                weight.store(value)
        self.diverged = state.diverged


class UnderWay:
    """What was started and is not done: never more than `AHEAD` at once."""

    def __init__(self) -> None:
        self._arrays: deque[Array] = deque()

    def add(self, array: Array) -> None:
        """Add a result that may not be computed yet; wait for an older one where there are too many."""
        self._arrays.append(array)
        if len(self._arrays) > AHEAD:
            jax.block_until_ready(self._arrays.popleft())


class Runner:
    """Runs one step after another, without waiting for what comes out.

    Args:
        step: from a state and a batch to the next state and the loss.
        seats: where the state comes from and goes to.
    """

    def __init__(self, step: Step, seats: Seats) -> None:
        self._step = step
        self._seats = seats
        self._under_way = UnderWay()

    def run(self, batch: Batch) -> None:
        """Take a step."""
        with _shield:
            state, loss = self._step(self._seats.state(), batch)
            self._seats.store(state)
        self._under_way.add(loss)


class _Shield:
    """Holds Ctrl-C back while values are on their way from one home to another.

    A step's state is given away with its values, so an interrupt between taking and storing would lose them.
    """

    def __init__(self) -> None:
        self._busy = False
        self._waiting: tuple[int, Any] | None = None
        self._before: Any = None

    def __enter__(self) -> None:
        self._busy = True

    def __exit__(self, *_: object) -> None:
        self._busy = False
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._before(*waiting)

    def _handle(self, number: int, frame: Any) -> None:
        if self._busy:
            self._waiting = (number, frame)
        else:
            self._before(number, frame)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Hold interrupts back in this block; does nothing outside of the main thread, where none arrive."""
        import signal

        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or not callable(before) or before == self._handle:
            yield
            return
        self._before = before
        signal.signal(signal.SIGINT, self._handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


_shield = _Shield()
interruptible_between_steps = _shield.installed
