"""Activations of Keras 1 and 2: ours, but for one whose formula Keras 3 changed."""

from __future__ import annotations

from typing import Any

from weigh import ops
from weigh.compute.values import Array
from weigh.declare.config import register_keras_serializable
from weigh.parts import activations


@register_keras_serializable("keras2")
def hard_sigmoid(x: Array) -> Array:
    """Return 0.2 x + 0.5, kept in [0, 1]; since Keras 3 the slope is 1 ÷ 6."""
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def get(identifier: Any) -> Any:
    """Return the function that an argument means; raises as `weigh.activations.get`."""
    return hard_sigmoid if identifier == "hard_sigmoid" else activations.get(identifier)


def __getattr__(name: str) -> Any:
    return getattr(activations, name)
