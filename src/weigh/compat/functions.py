"""``keras.backend.function``: what lies between tensors of a network, called as a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from weigh.compute.lazy import numpy
from weigh.declare import tree
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError


def function(
    inputs: Sequence[Any], outputs: Any, updates: Any = None, name: str | None = None, **options: Any
) -> Callable[[Sequence[Any]], Any]:
    """Return a function of a list of arrays, which returns NumPy arrays.

    Args:
        inputs: symbolic tensors; what is none, such as `learning_phase()`, stands for whether to compute as in
            training.
        outputs: symbolic tensors that depend on them, or one.
        updates: not supported.
        name: not needed.
        options: of a session, which there is none of.

    Raises:
        ArgumentError: there are `updates`.
    """
    if updates:
        raise ArgumentError("`keras.backend.function` with `updates` is not supported: write a training step.")
    from weigh.models.functional import Functional

    tensors = [tensor for tensor in inputs if isinstance(tensor, Tensor)]
    several = isinstance(outputs, (list, tuple))
    network = Functional(tensors, list(outputs) if several else [outputs])

    def call(values: Sequence[Any]) -> Any:
        arrays = [value for tensor, value in zip(inputs, values, strict=True) if isinstance(tensor, Tensor)]
        phases = [value for tensor, value in zip(inputs, values, strict=True) if not isinstance(tensor, Tensor)]
        results = network(arrays, training=any(map(bool, phases)))
        made = [numpy.asarray(result) for result in tree.leaves(results)]
        return made if several else made[0]

    return call
