"""Metrics made of the confusion matrix: counts of right and wrong positives and negatives at thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.errors import ArgumentError, ShapeError
from weigh.training.losses.base import EPSILON, align, at_least_float32, divide_no_nan, same_shape
from weigh.training.metrics.base import Metric

LEAST = -1e10
"""Below every prediction: the threshold of `top_k`, and what predictions outside the top k are set to."""


class Thresholds:
    """The thresholds above which a prediction is positive.

    All counts come from one histogram of how many thresholds lie below each prediction: time and memory grow with
    predictions + thresholds, not with their product.

    Args:
        values: in any order.

    Attributes:
        even: whether they divide [0, 1] evenly. Then the place of a prediction is a multiplication, and predictions
            are clipped to [0, 1], as in Keras.
    """

    def __init__(self, values: Sequence[float]) -> None:
        self.values = tuple(values)
        last = len(values) - 1
        self.even = last > 1 and all(
            abs(value - index / last) <= EPSILON + 1e-5 * index / last for index, value in enumerate(values)
        )

    def __len__(self) -> int:
        return len(self.values)

    def count(self, positive: Array, y_pred: Array, weights: Array | None) -> dict[str, Array]:
        """Return the weighted counts, each of shape ``(thresholds, labels)``, by the names that Keras gives them.

        Args:
            positive: whether the label says yes; ``(examples, labels)``.
            y_pred: predictions; ``(examples, labels)``.
            weights: broadcastable to ``(examples, labels)``.
        """
        examples, labels = y_pred.shape
        places = len(self) + 1
        weights = jax.numpy.ones((), "float32") if weights is None else weights
        column = 2 * jax.numpy.arange(labels) + jax.numpy.where(positive, 0, 1)
        histogram = jax.ops.segment_sum(
            jax.numpy.broadcast_to(weights, (examples, labels)).ravel(),
            (column * places + self._below(y_pred)).ravel(),
            num_segments=2 * labels * places,
        )
        above = jax.lax.cumsum(histogram.reshape(labels, 2, places), axis=2, reverse=True).transpose(1, 2, 0)
        hits = above[:, jax.numpy.asarray(self._ranks()) + 1]
        misses = above[:, :1] - hits
        return {
            "true_positives": hits[0],
            "false_positives": hits[1],
            "true_negatives": misses[1],
            "false_negatives": misses[0],
        }

    def _below(self, y_pred: Array) -> Array:
        """Return how many thresholds lie below each prediction."""
        if not self.even:
            return (y_pred[..., None] > jax.numpy.asarray(self.values, y_pred.dtype)).sum(axis=-1)
        last = len(self) - 1
        below = jax.numpy.ceil(jax.numpy.clip(y_pred, 0.0, 1.0) * last).astype("int32")
        return jax.numpy.maximum(below, 1) if self.values[0] < 0 or self.values[-1] > 1 else below

    def _ranks(self) -> list[int]:
        """Return the place of each threshold in their sorted order."""
        order = sorted(range(len(self)), key=self.values.__getitem__)
        ranks = [0] * len(self)
        for rank, index in enumerate(order):
            ranks[index] = rank
        return ranks


class ConfusionMetric(Metric):
    """A metric that accumulates counts of the confusion matrix.

    Attributes:
        counted: which counts; each is an accumulator of that name.
    """

    counted: ClassVar[tuple[str, ...]]

    thresholds: Any
    _thresholds: Thresholds

    def _declare(self, shape: tuple[int, ...]) -> None:
        for name in self.counted:
            setattr(self, name, self.add_variable(shape, name=name))

    def _accumulate(self, counts: dict[str, Array]) -> None:
        for name in self.counted:
            variable = getattr(self, name)
            variable.assign_add(counts[name].reshape(variable.shape))

    def _inputs(self, y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[Array, Array, Array | None]:
        """Return labels and predictions in one shape, and weights of the same rank."""
        y_true, y_pred = same_shape(self.name, y_true, y_pred)
        if sample_weight is not None:
            sample_weight = at_least_float32(sample_weight)
            if sample_weight.ndim == y_pred.ndim + 1 and sample_weight.shape[-1] == 1:
                sample_weight = sample_weight[..., 0]
            try:
                sample_weight = align(sample_weight, y_pred.shape)
            except ShapeError as error:
                raise ShapeError(f"Metric {self.name!r}: {error}") from None
        return y_true, y_pred, sample_weight


class _PartOfTruePositives(ConfusionMetric):
    """True positives as a part of them and one kind of error.

    Args:
        thresholds: one or several in [0, 1]; a prediction above is positive. 0.5 where none is given, or with `top_k`
            none at all. The result has one number for each.
        top_k: only the `top_k` largest predictions of an example can be positive.
        class_id: only this class, an index of the last axis, is looked at.
        name: automatic where none is given.
        dtype: what it computes in.

    Raises:
        ArgumentError: a threshold outside [0, 1].
    """

    _direction = "up"

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = _threshold_list(self.name, thresholds, 0.5 if top_k is None else LEAST)
        self._thresholds = Thresholds(self.thresholds)
        self._declare((len(self.thresholds),))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred, sample_weight = self._inputs(y_true, y_pred, sample_weight)
        if self.top_k is not None:
            chosen = jax.lax.top_k(y_pred, self.top_k)[1]
            among = (chosen[..., None] == jax.numpy.arange(y_pred.shape[-1])).any(axis=-2)
            y_pred = jax.numpy.where(among, y_pred, LEAST)
        if self.class_id is not None:
            y_true, y_pred, sample_weight = self._of_class(y_true, y_pred, sample_weight)
        if sample_weight is not None:
            sample_weight = jax.numpy.broadcast_to(sample_weight, y_pred.shape).reshape(-1, 1)
        self._accumulate(self._thresholds.count(y_true.reshape(-1, 1) != 0, y_pred.reshape(-1, 1), sample_weight))

    def _of_class(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> tuple[Array, Array, Array | None]:
        if y_pred.ndim < 2 or not 0 <= self.class_id < y_pred.shape[-1]:  # type: ignore[operator]
            raise ShapeError(
                f"Metric {self.name!r} looks at class {self.class_id}, but y_pred has shape {y_pred.shape}; "
                f"it needs a last axis of more than {self.class_id} classes."
            )
        only = (..., slice(self.class_id, self.class_id + 1))  # type: ignore[operator]
        if sample_weight is not None and sample_weight.shape[-1] != 1:
            sample_weight = sample_weight[only]
        return y_true[only], y_pred[only], sample_weight

    def result(self) -> Array:
        right, wrong = (getattr(self, name).value for name in self.counted)
        part = divide_no_nan(right, right + wrong)
        return part[0] if len(self.thresholds) == 1 else part

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(_PartOfTruePositives):
    """How many of the positive predictions are right: TP / (TP + FP), 0 where there is none."""

    counted = ("true_positives", "false_positives")


class Recall(_PartOfTruePositives):
    """How many of the positive labels are found: TP / (TP + FN), 0 where there is none."""

    counted = ("true_positives", "false_negatives")


def _threshold_list(who: str, thresholds: Any, default: float) -> list[float]:
    if thresholds is None:
        return [default]
    values = list(thresholds) if isinstance(thresholds, (list, tuple)) else [thresholds]
    wrong = [value for value in values if value is None or not 0 <= value <= 1]
    if wrong:
        raise ArgumentError(f"Metric {who!r}: thresholds must be in [0, 1], but {wrong} came.")
    return values
