"""The area under a curve of the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, ShapeError, UnknownNameError
from weigh.training.losses.base import EPSILON, at_least_float32, divide_no_nan
from weigh.training.metrics.confusion import ConfusionMetric, Thresholds

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


class AUC(ConfusionMetric):
    """The area under the ROC or precision–recall curve, as a sum over thresholds.

    Args:
        num_thresholds: how many points the curve has; as many thresholds, evenly from 0 to 1.
        curve: ``"ROC"`` (true over false positive rate), ``"PR"`` (precision over recall) or ``"PRGAIN"`` (their
            gains over the rate of positives; Flach and Kull 2015).
        summation_method: ``"interpolation"`` between points (for PR of the counts, as in section 4 of Davis and
            Goadrich 2006, since precision itself is not linear between them), ``"minoring"`` or ``"majoring"``: the
            lower or the upper end of each step.
        name: automatic where none is given.
        dtype: what it computes in.
        thresholds: instead of `num_thresholds`, those between 0 and 1; 0 and 1 are added.
        multi_label: whether the area is computed for each label, an index of the last axis, and then averaged.
        num_labels: how many labels; only for `multi_label`. Known from the first batch where it is not given.
        label_weights: a weight for each label: in the average for `multi_label`, else in the counts.
        from_logits: whether predictions are logits.

    Raises:
        ArgumentError: an argument has none of these values.
    """

    counted = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    _direction = "up"

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.curve = _one_of(CURVES, "curve", curve)
        self.summation_method = _one_of(SUMMATIONS, "summation method", summation_method)
        if thresholds is None and num_thresholds <= 1:
            raise ArgumentError(f"Metric {self.name!r}: `num_thresholds` must be more than 1, not {num_thresholds}.")
        if num_labels and not multi_label:
            raise ArgumentError(f"Metric {self.name!r}: `num_labels` needs `multi_label=True`.")
        self._given = None if thresholds is None else sorted(thresholds)
        if self._given is None:
            inner = [index / (num_thresholds - 1) for index in range(1, num_thresholds - 1)]
        else:
            inner = self._given
        # The ends lie just outside [0, 1], so that 0 is above the first and 1 is not above the last.
        self._thresholds = Thresholds([-EPSILON, *inner, 1.0 + EPSILON])
        self.num_thresholds = len(self._thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else [float(weight) for weight in label_weights]
        self.from_logits = from_logits
        if not multi_label:
            self._declare((self.num_thresholds,))
        elif num_labels:
            self._declare((self.num_thresholds, num_labels))

    @property
    def thresholds(self) -> list[float]:
        """The thresholds, from below 0 to above 1."""
        return list(self._thresholds.values)

    def build(self, y_true_shape: Shape, y_pred_shape: Shape) -> None:
        if self._added:
            return
        if len(y_pred_shape) != 2:
            raise ShapeError(
                f"Metric {self.name!r} with `multi_label=True` needs predictions of shape (examples, labels), but "
                f"y_pred has shape {tuple(y_pred_shape)}."
            )
        self._declare((self.num_thresholds, y_pred_shape[1]))  # type: ignore[arg-type]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred, sample_weight = self._inputs(y_true, y_pred, sample_weight)
        self.build(y_true.shape, y_pred.shape)
        if self.from_logits:
            y_pred = jax.nn.sigmoid(y_pred)
        if self.label_weights is not None and not self.multi_label:
            by_label = jax.numpy.broadcast_to(at_least_float32(self.label_weights), y_pred.shape)
            sample_weight = by_label if sample_weight is None else by_label * sample_weight
        if not self.multi_label:
            if sample_weight is not None:
                sample_weight = jax.numpy.broadcast_to(sample_weight, y_pred.shape).reshape(-1, 1)
            y_true, y_pred = y_true.reshape(-1, 1), y_pred.reshape(-1, 1)
        self._accumulate(self._thresholds.count(y_true != 0, y_pred, sample_weight))

    def result(self) -> Array:
        if self.multi_label and not self._added:
            return jax.numpy.zeros(())
        counts = (getattr(self, name).value for name in self.counted)
        area = _interpolated_pr(*counts) if self._interpolates_pr else self._stepwise(*counts)
        if not self.multi_label:
            return area
        if self.label_weights is None:
            return area.mean()
        weights = at_least_float32(self.label_weights)
        return divide_no_nan((area * weights).sum(), weights.sum())

    @property
    def _interpolates_pr(self) -> bool:
        return self.curve == "PR" and self.summation_method == "interpolation"

    def _stepwise(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        recall = divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            x, y = divide_no_nan(fp, fp + tn), recall
        elif self.curve == "PR":
            x, y = recall, divide_no_nan(tp, tp + fp)
        else:
            x, y = _gains(tp, fp, tn, fn)
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        elif self.summation_method == "minoring":
            heights = jax.numpy.minimum(y[:-1], y[1:])
        else:
            heights = jax.numpy.maximum(y[:-1], y[1:])
        return ((x[:-1] - x[1:]) * heights).sum(axis=0)

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
        }
        return config if self._given is None else {**config, "thresholds": self._given}


def _gains(tp: Array, fp: Array, tn: Array, fn: Array) -> tuple[Array, Array]:
    """Return recall gain and precision gain: 0 and 1 where nothing is found, and recall gain never negative."""
    odds = divide_no_nan(tp + fn, tn + fp)
    recall_gain = jax.numpy.where(tp == 0, 0.0, 1.0 - odds * divide_no_nan(fn, tp))
    precision_gain = jax.numpy.where(tp == 0, 1.0, 1.0 - odds * divide_no_nan(fp, tp))
    return jax.numpy.maximum(recall_gain, 0.0), precision_gain


def _interpolated_pr(tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
    """Return the area under precision over recall with TP and P = TP + FP linear between thresholds A and B.

    With slope = dTP/dP and intercept = TP_B − slope·P_B, the area of a step is
    ``slope·(dTP + intercept·log(P_A / P_B)) / (TP + FN)``.
    """
    positive = tp + fp
    found, claimed = tp[:-1] - tp[1:], positive[:-1] - positive[1:]
    slope = divide_no_nan(found, jax.numpy.maximum(claimed, 0))
    intercept = tp[1:] - slope * positive[1:]
    both = (positive[:-1] > 0) & (positive[1:] > 0)
    ratio = jax.numpy.where(both, divide_no_nan(positive[:-1], jax.numpy.maximum(positive[1:], 0)), 1.0)
    labelled = jax.numpy.maximum(tp[1:] + fn[1:], 0)
    return divide_no_nan(slope * (found + intercept * jax.numpy.log(ratio)), labelled).sum(axis=0)


def _one_of(known: tuple[str, ...], what: str, value: Any) -> str:
    for option in known:
        if str(value).lower() == option.lower():
            return option
    raise UnknownNameError.of(what, value, known)
