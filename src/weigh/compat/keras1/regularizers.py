"""What Keras 1 added to the loss for weights and outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.values import Array
from weigh.declare.config import register_keras_serializable
from weigh.parts import regularizers
from weigh.parts.regularizers import L1, L1L2, L2, Regularizer


def l1(l: float = 0.01) -> L1:  # noqa: E741 - its name then
    """Return l · Σ |x|."""
    return L1(l)


def l2(l: float = 0.01) -> L2:  # noqa: E741 - its name then
    """Return l · Σ x²."""
    return L2(l)


def l1l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Return l1 · Σ |x| + l2 · Σ x²."""
    return L1L2(l1, l2)


activity_l1, activity_l2, activity_l1l2 = l1, l2, l1l2
L1L2Regularizer = WeightRegularizer = ActivityRegularizer = L1L2

_OURS: dict[str, Callable[..., Regularizer]] = {
    "l1": l1,
    "l2": l2,
    "l1l2": l1l2,
    "activity_l1": l1,
    "activity_l2": l2,
    "activity_l1l2": l1l2,
}


def get(identifier: Any) -> Any:
    """Return the regularizer that an argument means; raises as `weigh.regularizers.get`."""
    return _OURS[identifier]() if isinstance(identifier, str) and identifier in _OURS else regularizers.get(identifier)


@register_keras_serializable("keras1")
class OfBatch:
    """A penalty on an output, summed over the batch as in Keras 1; today it is averaged."""

    def __init__(self, regularizer: Any) -> None:
        self.regularizer = get(regularizer)

    def __call__(self, x: Array) -> Array:
        """Return the penalty for an output, (batch, …)."""
        return self.regularizer(x) * x.shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"regularizer": regularizers.serialize(self.regularizer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> OfBatch:
        """Make one from what `get_config` returned."""
        return cls(**config)
