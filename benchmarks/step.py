"""How long does a training step of the seed's network take, with Adam and binary cross-entropy?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.measure import Line, clocked, paired
from benchmarks.network import compiled, examples

Batches = Sequence[tuple[Any, Any]]


class Stepper:
    """A compiled step and the state that it goes on from.

    Args:
        step: ``state, x, y → state, loss``; may take over the memory of its state.
        state: before the first step; it is copied.
    """

    def __init__(self, step: Callable[[Any, Any, Any], tuple[Any, Any]], state: Any) -> None:
        import jax

        self._step = step
        self._state = jax.tree.map(lambda value: jax.numpy.array(value, copy=True), state)

    def run(self, batches: Batches) -> float:
        """Take a step with each batch and wait for the last one; return its loss."""
        state, step = self._state, self._step
        for x, y in batches:
            state, loss = step(state, x, y)
        self._state = state
        return float(loss)


def ours(model: Any) -> Stepper:
    """Return the step that `fit` compiled for a model, as `fit` calls it."""
    import numpy

    from weigh.compute.state import State

    groups = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        [variable for metric in model.metrics for variable in metric.variables],
    )
    trained, tracked, slots, metrics = ([variable.raw for variable in group] for group in groups)
    state = State(trained, tracked, slots, metrics, diverged=numpy.int32(-1))
    step = model.trainer._function("train")
    return Stepper(lambda state, x, y: step(state, (x, y, None)), state)


def by_hand(model: Any) -> Stepper:
    """Return the hand-written step, from the weights and the random key of a model of ours."""
    from benchmarks.peers import raw_jax

    *_, key = model.non_trainable_variables
    return Stepper(raw_jax.step, raw_jax.begin(model.get_weights(), key.numpy()))


def of_keras(model: Any) -> Stepper:
    """Return the step that Keras compiled for a model of its own, as its `fit` calls it."""

    def step(state: Any, x: Any, y: Any) -> tuple[Any, Any]:
        logs, state = model.train_function(state, iter([(x, y)]))
        return state, logs["loss"]

    parts = ("trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables")
    return Stepper(step, model._get_jax_state(**dict.fromkeys(parts, True)))


def trained(keras: Any, batches: Batches) -> Any:
    """Return the seed's network after one step, which compiled it."""
    model = compiled(keras)
    model.train_on_batch(*batches[0])
    return model


def batches_of(x: Any, y: Any, size: int) -> Batches:
    """Return examples cut into batches."""
    return [(x[start : start + size], y[start : start + size]) for start in range(0, len(x), size)]


def lines() -> Iterator[Line]:
    import keras

    import weigh

    for size, steps, count in ((32, 4, 300), (256, 2, 150)):
        batches = batches_of(*examples(size * steps), size)
        model = trained(weigh, batches)
        bare = _clocked(ours(model), batches)
        pairs = paired(bare, _clocked(by_hand(model), batches), count)
        yield Line(f"training step, batch {size}", "weigh", "JAX + optax", pairs, 1.02)
        pairs = paired(bare, _clocked(of_keras(trained(keras, batches)), batches), count)
        yield Line(f"training step, batch {size}", "weigh", "Keras 3", pairs, 1.0)


def _clocked(stepper: Stepper, batches: Batches) -> Callable[[], float]:
    return clocked(lambda: stepper.run(batches), len(batches))
