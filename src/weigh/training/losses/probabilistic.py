"""Losses between labels and probabilities: the cross-entropies.

Each takes probabilities, which it clips to [1e-7, 1 − 1e-7] as Keras does, or with `from_logits` what goes into the
sigmoid or softmax that makes them.
"""

from __future__ import annotations

from typing import Any

from weigh.compute import calling
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.errors import ShapeError
from weigh.training.losses.base import (
    EPSILON,
    FixedFunctionLoss,
    at_least_float32,
    from_logits_of,
    same_shape,
)


@from_logits_of("sigmoid")
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """Return the mean over `axis` of ``−y·log p − (1 − y)·log(1 − p)``; shapes ``(batch, …, labels) → (batch, …)``.

    Args:
        y_true: labels in [0, 1].
        y_pred: probabilities, or logits.
        from_logits: whether `y_pred` are logits.
        label_smoothing: moves labels towards ½ by this part of the way.
        axis: the axis to take the mean over.

    Raises:
        ShapeError: the shapes differ by more than a last axis of size 1.
    """
    y_true, y_pred = same_shape("binary_crossentropy", y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        # No cancellation at either end, unlike x·(1 − y) + softplus(−x).
        rest = jax.numpy.log1p(jax.numpy.exp(-jax.numpy.abs(y_pred)))
        values = jax.numpy.maximum(y_pred, 0.0) - y_pred * y_true + rest
    else:
        y_pred = jax.numpy.clip(y_pred, EPSILON, 1.0 - EPSILON)
        values = -(y_true * jax.numpy.log(y_pred) + (1.0 - y_true) * jax.numpy.log(1.0 - y_pred))
    return values.mean(axis=axis)


@from_logits_of("softmax")
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """Return ``−Σ y·log p`` over `axis`; shapes ``(batch, …, classes) → (batch, …)``.

    Args:
        y_true: one-hot labels, or a distribution.
        y_pred: probabilities, which are divided by their sum, or logits.
        from_logits: whether `y_pred` are logits.
        label_smoothing: moves labels towards 1 / classes by this part of the way.
        axis: the axis of the classes.

    Raises:
        ShapeError: the shapes differ by more than a last axis of size 1.
    """
    y_true, y_pred = same_shape("categorical_crossentropy", y_true, y_pred)
    if y_pred.shape[-1] == 1:
        import warnings

        warnings.warn(
            f"'categorical_crossentropy' of predictions of shape {y_pred.shape} is always 0: there is one class. "
            "For a single yes-or-no answer use 'binary_crossentropy'.",
            SyntaxWarning,
            stacklevel=2,
        )
    if label_smoothing:
        # The last axis, whatever `axis` says: Keras' number.
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_true.shape[-1]
    return -(y_true * _log_probabilities(y_pred, from_logits, axis)).sum(axis=axis)


@from_logits_of("softmax")
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """Return ``−log p[y]``; shapes ``y_true (batch, …)``, ``y_pred (batch, …, classes) → (batch, …)``.

    A label that is no class costs 0, as in Keras on JAX.

    Args:
        y_true: class numbers; they may have the axis of the classes, with size 1.
        y_pred: probabilities, which are divided by their sum, or logits.
        from_logits: whether `y_pred` are logits.
        ignore_class: elements with this label cost 0, and the result carries a mask that leaves them out.
        axis: the axis of the classes.

    Raises:
        ShapeError: the shapes do not fit.
    """
    y_true, y_pred = jax.numpy.asarray(y_true), at_least_float32(y_pred)
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    classes = range(y_pred.ndim)[axis] if y_pred.ndim else 0
    expected = y_pred.shape[:classes] + y_pred.shape[classes + 1 :]
    if not y_pred.ndim or y_true.shape != expected:
        raise ShapeError(
            f"'sparse_categorical_crossentropy' takes class numbers, one for each prediction: y_true has shape "
            f"{y_true.shape}, and y_pred of shape {y_pred.shape} needs {expected}. "
            "For one-hot labels use 'categorical_crossentropy'."
        )
    y_true = y_true.astype("int32")
    valid = None if ignore_class is None else y_true != ignore_class
    if valid is not None:
        # Before the logarithm: what is ignored must not make the gradient NaN.
        y_pred = jax.numpy.where(jax.numpy.expand_dims(valid, axis), y_pred, 0.0)
    numbers = jax.lax.broadcasted_iota("int32", y_pred.shape, classes)
    chosen = numbers == jax.numpy.expand_dims(y_true, axis)
    values = -jax.numpy.where(chosen, _log_probabilities(y_pred, from_logits, axis), 0.0).sum(axis=axis)
    if valid is not None:
        values = jax.numpy.where(valid, values, 0.0)
        calling.masks.set(values, valid)
    return values


def _log_probabilities(y_pred: Array, from_logits: bool, axis: int) -> Array:
    if from_logits:
        return jax.nn.log_softmax(y_pred, axis=axis)
    y_pred = y_pred / y_pred.sum(axis=axis, keepdims=True)
    return jax.numpy.log(jax.numpy.clip(y_pred, EPSILON, 1.0 - EPSILON))


class BinaryCrossentropy(FixedFunctionLoss):
    """Cross-entropy of independent yes-or-no answers; arguments as of `binary_crossentropy` and `Loss`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(FixedFunctionLoss):
    """Cross-entropy of one-hot labels; arguments as of `categorical_crossentropy` and `Loss`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(FixedFunctionLoss):
    """Cross-entropy of class numbers; arguments as of `sparse_categorical_crossentropy` and `Loss`."""

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config["axis"] == -1:  # Keras writes no axis here, and would lose another one
            del config["axis"]
        return config
