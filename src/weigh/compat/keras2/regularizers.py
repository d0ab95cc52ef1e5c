"""What Keras 2 added to the loss: as today, but for what `l1_l2` takes where nothing is said."""

from __future__ import annotations

from typing import Any

from weigh.parts import regularizers
from weigh.parts.regularizers import L1L2


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Return l1 · Σ |x| + l2 · Σ x²."""
    return L1L2(l1, l2)


def get(identifier: Any) -> Any:
    """Return the regularizer that an argument means; raises as `weigh.regularizers.get`."""
    return l1_l2() if identifier == "l1_l2" else regularizers.get(identifier)


def __getattr__(name: str) -> Any:
    return getattr(regularizers, name)
