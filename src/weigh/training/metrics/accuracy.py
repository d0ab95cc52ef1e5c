"""How often predictions are right: the accuracy family."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.errors import ShapeError
from weigh.training.losses.base import same_shape
from weigh.training.metrics.reduction import FixedFunctionMetric


def accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return 1 where labels and predictions are equal, else 0.

    Raises:
        ShapeError: the shapes differ by more than a last axis of size 1.
    """
    y_true, y_pred = same_shape("accuracy", y_true, y_pred)
    return _ones_where(y_true == y_pred)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """Return 1 where the prediction lies on the label's side of `threshold`, else 0.

    Raises:
        ShapeError: the shapes differ by more than a last axis of size 1.
    """
    y_true, y_pred = same_shape("binary_accuracy", y_true, y_pred)
    return _ones_where(y_true == (y_pred > threshold))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return 1 where the class with the largest prediction is that of the one-hot label, else 0.

    Shapes ``(batch, …, classes) → (batch, …)``.

    Raises:
        ShapeError: the shapes differ.
    """
    y_true, y_pred = same_shape("categorical_accuracy", y_true, y_pred)
    return _ones_where(y_true.argmax(axis=-1) == y_pred.argmax(axis=-1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return 1 where the class with the largest prediction is the label, else 0.

    Shapes ``y_true (batch, …)``, ``y_pred (batch, …, classes) → (batch, …)``.

    Raises:
        ShapeError: the shapes do not fit.
    """
    y_true, y_pred = _numbers_and_scores("sparse_categorical_accuracy", y_true, y_pred)
    matches = _ones_where(y_true == y_pred.argmax(axis=-1))
    return matches[..., 0] if matches.ndim > 1 and matches.shape[-1] == 1 else matches


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """Return 1 where fewer than `k` classes have a larger prediction than that of the one-hot label, else 0.

    Shapes ``(batch, …, classes) → (batch, …)``.

    Raises:
        ShapeError: the shapes differ.
    """
    y_true, y_pred = same_shape("top_k_categorical_accuracy", y_true, y_pred)
    return _in_top_k(y_true.argmax(axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Array:
    """Return 1 where fewer than `k` classes have a larger prediction than the label, else 0.

    Args:
        y_true: class numbers, ``(batch, …)``.
        y_pred: a score for each class, or class numbers from the best down; ``(batch, …, classes)``.
        k: how many classes count as hits.
        from_sorted_ids: whether `y_pred` are class numbers.

    Raises:
        ShapeError: the shapes do not fit.
    """
    y_true, y_pred = _numbers_and_scores("sparse_top_k_categorical_accuracy", y_true, y_pred)
    if from_sorted_ids:
        return _ones_where((y_true[..., None] == y_pred[..., :k]).any(axis=-1))
    return _in_top_k(y_true.astype("int32"), y_pred, k)


def _ones_where(condition: Array) -> Array:
    return condition.astype("float32")


def _numbers_and_scores(who: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    y_true, y_pred = jax.numpy.asarray(y_true), jax.numpy.asarray(y_pred)
    if y_true.ndim == y_pred.ndim and y_true.shape[-1:] == (1,):
        y_true = y_true[..., 0]
    if y_true.shape != y_pred.shape[:-1]:
        raise ShapeError(
            f"{who!r} takes class numbers, one for each prediction: y_true has shape {y_true.shape}, and y_pred of "
            f"shape {y_pred.shape} needs {y_pred.shape[:-1]}. For one-hot labels use {who.removeprefix('sparse_')!r}."
        )
    return y_true, y_pred


def _in_top_k(numbers: Array, scores: Array, k: int) -> Array:
    # A label that is no class has no score, NaN, and NaN is as bad as a score can be.
    score = jax.numpy.take_along_axis(scores, numbers[..., None], axis=-1)
    score = jax.numpy.where(jax.numpy.isnan(score), -jax.numpy.inf, score)
    return _ones_where((scores > score).sum(axis=-1) < k)


class Accuracy(FixedFunctionMetric):
    """How often predictions equal labels."""

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(FixedFunctionMetric):
    """How often predictions lie on their label's side of `threshold`."""

    _direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(FixedFunctionMetric):
    """How often the largest prediction is at the one-hot label."""

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(FixedFunctionMetric):
    """How often the largest prediction is at the class that the label numbers."""

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(FixedFunctionMetric):
    """How often the one-hot label is among the `k` largest predictions."""

    _direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(FixedFunctionMetric):
    """How often the class that the label numbers is among the `k` largest predictions."""

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if not config["from_sorted_ids"]:  # as in Keras, written only where it is set
            del config["from_sorted_ids"]
        return config
