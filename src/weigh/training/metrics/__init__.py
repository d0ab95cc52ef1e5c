"""Metrics: numbers about predictions, accumulated over batches. Names, arguments and numbers as in Keras 3."""

from __future__ import annotations

from typing import Any

from weigh.declare import config as configuration
from weigh.declare.dim import Shape
from weigh.declare.naming import snake_case
from weigh.training.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    kind_of_labels,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from weigh.training.losses.base import function_record, name_of
from weigh.training.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from weigh.training.metrics.auc import AUC
from weigh.training.metrics.base import Metric
from weigh.training.metrics.confusion import Precision, Recall
from weigh.training.metrics.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from weigh.training.metrics.reduction import Mean, MeanMetricWrapper, Sum
from weigh.training.metrics.regression import MeanAbsoluteError, MeanSquaredError

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "Recall",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "Sum",
    "TopKCategoricalAccuracy",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]

_CLASSES: dict[str, Any] = {
    cls.__name__: cls
    for cls in (
        Mean,
        Sum,
        MeanMetricWrapper,
        Accuracy,
        BinaryAccuracy,
        CategoricalAccuracy,
        SparseCategoricalAccuracy,
        TopKCategoricalAccuracy,
        SparseTopKCategoricalAccuracy,
        AUC,
        Precision,
        Recall,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
        MeanSquaredError,
        MeanAbsoluteError,
    )
}
_CLASSES |= {snake_case(name): cls for name, cls in _CLASSES.items()}
_CLASSES |= {
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
}

_FUNCTIONS: dict[str, Any] = {
    function.__name__: function
    for function in (
        accuracy,
        binary_accuracy,
        categorical_accuracy,
        sparse_categorical_accuracy,
        top_k_categorical_accuracy,
        sparse_top_k_categorical_accuracy,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
        mean_squared_error,
        mean_absolute_error,
    )
}

_ACCURACIES: dict[str, Any] = {
    "binary": BinaryAccuracy,
    "sparse": SparseCategoricalAccuracy,
    "categorical": CategoricalAccuracy,
}
_CROSSENTROPIES: dict[str, Any] = {
    "binary": BinaryCrossentropy,
    "sparse": SparseCategoricalCrossentropy,
    "categorical": CategoricalCrossentropy,
}
_CHOSEN_BY_SHAPE = {
    "accuracy": _ACCURACIES,
    "acc": _ACCURACIES,
    "crossentropy": _CROSSENTROPIES,
    "ce": _CROSSENTROPIES,
}


def get(identifier: Any) -> Any:
    """Return the metric or function that `identifier` means: a name, a configuration, a class, a callable, ``None``.

    Raises:
        UnknownNameError: no metric has that name.
    """
    if isinstance(identifier, dict):
        return deserialize(identifier)
    return configuration.get(identifier, "metric", _CLASSES.get, lambda: list(_CLASSES))


def serialize(metric: Any) -> Any:
    """Return a metric or a function as plain data."""
    return function_record(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return what `serialize` described; a name of ours is looked up, other plain data comes back as it is.

    Raises:
        FormatError: it names something that is neither ours nor registered.
    """
    if isinstance(config, str):
        return configuration.get_registered_object(config, custom_objects, _FUNCTIONS | _CLASSES) or config
    is_function = isinstance(config, dict) and config.get("class_name") == "function"
    known = _FUNCTIONS if is_function else _CLASSES
    return configuration.deserialize(config, lambda _, name: known.get(name), custom_objects)


def resolve(identifier: Any, y_true_shape: Shape, y_pred_shape: Shape) -> Metric:
    """Return the metric that ``compile(metrics=[identifier])`` means for labels and predictions of these shapes.

    ``"accuracy"``, ``"acc"``, ``"crossentropy"`` and ``"ce"`` choose between binary, categorical and sparse by the
    shapes, as Keras does. The metric is called what the user called it.
    """
    choice = _CHOSEN_BY_SHAPE.get(identifier.lower()) if isinstance(identifier, str) else None
    found = choice[kind_of_labels(y_true_shape, y_pred_shape)]() if choice else get(identifier)
    metric = found if isinstance(found, Metric) else MeanMetricWrapper(found)
    metric.name = identifier if isinstance(identifier, str) else name_of(found)
    return metric
