"""``keras.layers.merge`` of Keras 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from weigh.compat.door import Door
from weigh.compat.keras2.layers.topology import door
from weigh.declare.graph import Tensor

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]

Add = door("Add")
Subtract = door("Subtract")
Multiply = door("Multiply")
Average = door("Average")
Maximum = door("Maximum")
Minimum = door("Minimum")
Concatenate = door("Concatenate")
Dot = door("Dot")


def _function(name: str) -> Callable[..., Any]:
    """Return the function that merges tensors as the layer of that name does; `options` are the layer's."""
    layer: Door = globals()[name]

    def merge(inputs: Sequence[Tensor], *args: Any, **options: Any) -> Any:
        return layer(*args, **options)(inputs)

    merge.__name__ = merge.__qualname__ = name.lower()
    merge.__doc__ = f"Return `inputs` merged; see `{name}`."
    return merge


add, subtract, multiply = _function("Add"), _function("Subtract"), _function("Multiply")
average, maximum, minimum = _function("Average"), _function("Maximum"), _function("Minimum")
concatenate, dot = _function("Concatenate"), _function("Dot")
