"""Errors between numbers as metrics."""

from __future__ import annotations

from typing import Any

from weigh.training.losses import mean_absolute_error, mean_squared_error
from weigh.training.metrics.reduction import FixedFunctionMetric


class MeanSquaredError(FixedFunctionMetric):
    """The mean of the squares of the errors."""

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_error, name, dtype)


class MeanAbsoluteError(FixedFunctionMetric):
    """The mean of the sizes of the errors."""

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_error, name, dtype)
