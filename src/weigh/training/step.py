"""What one step computes, as pure functions: values in, values out, nothing else read or written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from weigh.compute import calling, values
from weigh.compute.lazy import jax
from weigh.compute.state import State
from weigh.compute.values import Array
from weigh.declare import tree
from weigh.errors import ArgumentError
from weigh.layers.base import Layer, regularization
from weigh.training.data import Batch
from weigh.training.objective import Objective
from weigh.training.optimizers.base import Optimizer

Outputs = TypeVar("Outputs")

Judged = tuple[Array, list[Array], Any, list[Any]]
"""Of a batch: the loss with all that is added to it, the loss of each output, the outputs, and their masks, which do
not survive a transformation of JAX's by themselves."""


def training(model: Layer, objective: Objective, optimizer: Optimizer) -> Callable[[State, Batch], tuple[State, Array]]:
    """Return the training step ``State, batch → State, loss``."""
    trained, tracked = model.trainable_variables, model.non_trainable_variables

    def step(state: State, batch: Batch) -> tuple[State, Array]:
        def scaled_loss(weights: list[Array]) -> tuple[Array, tuple[Judged, list[Array]]]:
            with values.bind([*trained, *tracked], [*weights, *state.tracked]) as binding:
                judged = _judged(model, objective, binding, batch, training=True)
            return optimizer.scale_loss(judged[0]), (judged, binding.values(tracked))

        gradients, (judged, after) = jax.grad(scaled_loss, has_aux=True)(state.trained)
        weights, slots = optimizer.stateless_apply(state.slots, gradients, state.trained)
        metrics = _updated(objective, state.metrics, judged, batch)
        loss = judged[0]
        first = (state.diverged < 0) & ~jax.numpy.isfinite(loss)
        diverged = jax.numpy.where(first, slots[0], state.diverged)
        return own(State(weights, after, slots, metrics, diverged), batch), loss

    return step


def testing(model: Layer, objective: Objective) -> Callable[[State, Batch], tuple[State, Array]]:
    """Return the step of an evaluation ``State, batch → State, loss``; it changes random states and metrics only."""
    trained, tracked = model.trainable_variables, model.non_trainable_variables

    def step(state: State, batch: Batch) -> tuple[State, Array]:
        with values.bind([*trained, *tracked], [*state.trained, *state.tracked]) as binding:
            judged = _judged(model, objective, binding, batch, training=False)
        metrics = _updated(objective, state.metrics, judged, batch)
        return own(State(state.trained, binding.values(tracked), (), metrics), batch), judged[0]

    return step


def results(objective: Objective) -> Callable[[list[Array]], dict[str, Array]]:
    """Return the function from the metrics' accumulators to their numbers, by name."""
    variables = objective.variables

    def compute(accumulated: list[Array]) -> dict[str, Array]:
        with values.bind(variables, accumulated):
            return objective.results()

    return compute


def own(outputs: Outputs, batch: Any) -> Outputs:
    """Return what a compiled function returns, with a copy of each array that is the batch's as it came.

    Such an array would be given back in the batch's memory, which is used again.
    """
    given = set(map(id, jax.tree.leaves(batch)))
    copied: Outputs = jax.tree.map(lambda leaf: jax.numpy.copy(leaf) if id(leaf) in given else leaf, outputs)
    return copied


def _judged(model: Layer, objective: Objective, binding: values.Binding, batch: Batch, training: bool) -> Judged:
    x, y, sample_weight = batch
    y_pred = model(x, training=training)
    parts = objective.losses(y, y_pred, sample_weight)
    added = [jax.numpy.sum(loss) for loss in (*binding.losses, *regularization(model.trainable_weights))]
    terms = [*objective.weighted(parts), *added]
    if not terms and training:
        raise ArgumentError(
            f"There is nothing to train model {model.name!r} on: give `compile` a `loss`, or let a layer `add_loss`."
        )
    total = sum(terms[1:], terms[0]) if terms else jax.numpy.zeros(())
    return total, parts, y_pred, [calling.masks.get(leaf) for leaf in tree.leaves(y_pred)]


def _updated(objective: Objective, accumulated: list[Array], judged: Judged, batch: Batch) -> list[Array]:
    """Return the metrics' accumulators with a batch added."""
    total, parts, y_pred, masks = judged
    x, y, sample_weight = batch
    for leaf, mask in zip(tree.leaves(y_pred), masks, strict=True):
        if mask is not None:
            calling.masks.set(leaf, mask)
    examples = next(leaf for leaf in tree.leaves(x) if leaf is not None).shape[0]
    variables = objective.variables
    with values.bind(variables, accumulated) as binding:
        objective.update(total, parts, examples, y, y_pred, sample_weight)
    return binding.values(variables)
