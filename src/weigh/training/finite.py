"""When a loss is no number any more: saying so once, and finding where it began."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from weigh.compute import values
from weigh.compute.lazy import jax, numpy
from weigh.declare import tree
from weigh.layers.base import Layer


def warn_of_divergence(model: str, loss: float, step: int, epoch: int) -> None:
    """Warn that the loss is not finite, and since which step."""
    import warnings

    warnings.warn(
        f"The loss of model {model!r} is {loss} since step {step} (epoch {epoch + 1}): training goes on, but learns "
        "nothing any more. `model.trainer.first_non_finite(x)` names the first layer whose output is not finite; "
        "a smaller learning rate, `clipnorm`, or inputs without NaN may help.",
        RuntimeWarning,
        stacklevel=4,
    )


def first_non_finite(model: Layer, x: Any, training: bool = False) -> str | None:
    """Return the name of the first layer whose output is not finite, ``None`` where all are.

    Args:
        model: a network.
        x: one batch of inputs.
        training: whether it computes as in training; nothing is updated either way.
    """
    found: list[str] = []

    def look(layer: Layer, output: Any) -> None:
        arrays = [leaf for leaf in tree.leaves(output) if leaf is not None]
        if not found and not all(bool(numpy.isfinite(numpy.asarray(array)).all()) for array in arrays):
            found.append(layer.name)

    variables = [*model.trainable_variables, *model.non_trainable_variables]
    values.materialise(variables)
    with _watched(model, look), values.bind(variables, [variable.raw for variable in variables]):
        model(tree.map_leaves(jax.device_put, x), training=training)
    return found[0] if found else None


@contextmanager
def _watched(model: Layer, look: Callable[[Layer, Any], None]) -> Iterator[None]:
    """Show `look` the output of every call of a layer inside the block; inner layers come first."""

    def watching(layer: Any) -> Callable[..., Any]:
        call = layer.call

        def watched(*args: Any, **kwargs: Any) -> Any:
            outputs = call(*args, **kwargs)
            look(layer, outputs)
            return outputs

        return watched

    layers = model._flatten_layers()
    try:
        for layer in layers:
            layer.__dict__["call"] = watching(layer)
        yield
    finally:
        for layer in layers:
            layer.__dict__.pop("call", None)
