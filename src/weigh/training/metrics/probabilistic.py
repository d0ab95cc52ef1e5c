"""The cross-entropies as metrics."""

from __future__ import annotations

from typing import Any

from weigh.training.losses import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy
from weigh.training.metrics.reduction import FixedFunctionMetric


class BinaryCrossentropy(FixedFunctionMetric):
    """Mean cross-entropy of yes-or-no answers; arguments as of `weigh.losses.binary_crossentropy`."""

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(FixedFunctionMetric):
    """Mean cross-entropy of one-hot labels; arguments as of `weigh.losses.categorical_crossentropy`."""

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            categorical_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis
        )


class SparseCategoricalCrossentropy(FixedFunctionMetric):
    """Mean cross-entropy of class numbers; arguments as of `weigh.losses.sparse_categorical_crossentropy`.

    Elements of `ignore_class` count as zeros, and are left out of the mean only where sample weights are given, as in
    Keras.
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy, name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis
        )
