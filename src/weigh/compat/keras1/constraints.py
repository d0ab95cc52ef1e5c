"""What kept weights inside a set in Keras 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.parts import constraints
from weigh.parts.constraints import Axes, Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm

__all__ = ["Constraint", "MinMaxNorm", "NonNeg", "UnitNorm", "get", "maxnorm", "nonneg", "unitnorm"]


def maxnorm(m: float = 2, axis: Axes = 0) -> MaxNorm:
    """Return what scales down a norm above `m`."""
    return MaxNorm(m, axis)


nonneg, unitnorm = NonNeg, UnitNorm
_OURS: dict[str, Callable[..., Constraint]] = {"maxnorm": maxnorm, "nonneg": nonneg, "unitnorm": unitnorm}


def get(identifier: Any) -> Any:
    """Return the constraint that an argument means; raises as `weigh.constraints.get`."""
    return _OURS[identifier]() if isinstance(identifier, str) and identifier in _OURS else constraints.get(identifier)
