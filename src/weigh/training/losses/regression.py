"""Losses between numbers: squared and absolute error."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.training.losses.base import FixedFunctionLoss, same_shape


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """Return the mean of ``(y_true − y_pred)²`` over the last axis; shapes ``(batch, …, features) → (batch, …)``.

    Raises:
        ShapeError: the shapes differ by more than a last axis of size 1.
    """
    y_true, y_pred = same_shape("mean_squared_error", y_true, y_pred)
    return jax.numpy.square(y_true - y_pred).mean(axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Array:
    """Return the mean of ``|y_true − y_pred|`` over the last axis; shapes ``(batch, …, features) → (batch, …)``.

    Raises:
        ShapeError: the shapes differ by more than a last axis of size 1.
    """
    y_true, y_pred = same_shape("mean_absolute_error", y_true, y_pred)
    return jax.numpy.abs(y_true - y_pred).mean(axis=-1)


class MeanSquaredError(FixedFunctionLoss):
    """The mean of the squares of the errors."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(FixedFunctionLoss):
    """The mean of the sizes of the errors."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_error, reduction, name, dtype)
