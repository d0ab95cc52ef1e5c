"""Outputs for data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute import values
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare import tree
from weigh.declare.graph import unrecorded
from weigh.training.callbacks.base import CallbackList
from weigh.training.callbacks.progress import is_shown
from weigh.training.data import Arrays, Feed, in_floatx
from weigh.training.loop import UnderWay, Walk
from weigh.training.step import own


def predict(
    model: Any,
    x: Any,
    batch_size: int | None = None,
    verbose: Any = "auto",
    steps: int | None = None,
    callbacks: Any = None,
) -> Any:
    """Return the outputs for data as NumPy arrays, batch by batch, as at inference.

    Args:
        model: a network.
        x: inputs, an array or a structure of arrays, each ``(examples, …)``.
        batch_size: examples a batch; 32 where nothing is said.
        verbose: as of `fit`.
        steps: batches to predict; by default all.
        callbacks: called on the way.

    Raises:
        DataError: the data are empty, not arrays, or of different lengths.
        ShapeError: the inputs have shapes that do not fit.
    """
    part, x = model.compiled_part(x)
    source = Arrays(x, batch_size=batch_size, steps=steps)
    forward = Forward.of(part, source)
    if source.batches == 1 and callbacks is None and not is_shown(verbose):
        return tree.map_leaves(numpy.array, forward(in_floatx(source.x)))
    feed = Feed(source, steps)
    calls = CallbackList.of(callbacks, model, verbose=verbose, epochs=1, steps=feed.steps)
    model.stop_predicting = False
    calls.on_predict_begin()
    outputs: list[Any] = []
    under_way = UnderWay()
    for number, (batch, _, _) in enumerate(feed.epoch()):
        calls.on_predict_batch_begin(number)
        outputs.append(forward(batch))
        under_way.add(outputs[-1])
        calls.on_predict_batch_end(number, {"outputs": outputs[-1]})
        if model.stop_predicting:
            break
    calls.on_predict_end()
    if len(outputs) == 1:
        return tree.map_leaves(numpy.array, outputs[0])
    return tree.map_leaves(lambda *parts: numpy.concatenate([numpy.asarray(part) for part in parts]), *outputs)


def predict_on_batch(model: Any, x: Any) -> Any:
    """Return the outputs for one batch as NumPy arrays."""
    part, x = model.compiled_part(x)
    source = Arrays(x)
    return tree.map_leaves(numpy.array, Forward.of(part, source)(in_floatx(source.x)))


class Forward:
    """A network at inference, compiled; random states that the network moves on are kept.

    Args:
        model: a network.
        walk: its weights.
    """

    def __init__(self, model: Any, walk: Walk) -> None:
        self._walk = walk
        self._fitting: set[Any] = set()
        self._function = jax.jit(_pure(model, walk.variables))

    @classmethod
    def of(cls, model: Any, source: Arrays) -> Forward:
        """Return that of a model, compiled anew only where the model has other weights.

        Raises:
            ShapeError: the inputs do not fit the model.
        """
        last: Forward | None = model.forward
        signature = source.signature
        if last is None or signature not in last._fitting or not last._walk.holds(model):
            with unrecorded():
                model(source.symbolic()[0])
            if last is None or not last._walk.holds(model):
                model.forward = last = cls(model, Walk(model))
                values.materialise(last._walk.variables)
            last._fitting.add(signature)
        return last

    def __call__(self, x: Any) -> Any:
        """Return the outputs for a batch, which may not be computed yet."""
        variables = self._walk.variables
        outputs, moved = self._function([variable.raw for variable in variables], x)
        for index, value in moved.items():
            variables[index].store(value)
        return outputs


def _pure(model: Any, variables: list[Any]) -> Callable[..., Any]:
    def forward(current: list[Array], x: Any) -> tuple[Any, dict[int, Array]]:
        with values.bind(variables, current) as binding:
            outputs = model(x, training=False)
        moved = {
            index: binding.read(variable) for index, variable in enumerate(variables) if binding.assigned(variable)
        }
        return own((outputs, moved), x)

    return forward
