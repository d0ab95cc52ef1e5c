"""Losses: how far predictions are from labels. Names, arguments, configurations and numbers as in Keras 3."""

from __future__ import annotations

from typing import Any

from weigh.declare import config as configuration
from weigh.declare.dim import Shape
from weigh.training.losses.base import Loss, LossFunctionWrapper, function_record, name_of
from weigh.training.losses.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from weigh.training.losses.regression import (
    MeanAbsoluteError,
    MeanSquaredError,
    mean_absolute_error,
    mean_squared_error,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "is_ours",
    "kind_of_labels",
    "mean_absolute_error",
    "mean_squared_error",
    "resolve",
    "serialize",
    "sparse_categorical_crossentropy",
]

_OURS: dict[str, Any] = {
    thing.__name__: thing
    for thing in (
        LossFunctionWrapper,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
        MeanSquaredError,
        MeanAbsoluteError,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
        mean_squared_error,
        mean_absolute_error,
    )
}
_OURS |= {
    "bce": binary_crossentropy,
    "BCE": binary_crossentropy,
    "mse": mean_squared_error,
    "MSE": mean_squared_error,
    "mae": mean_absolute_error,
    "MAE": mean_absolute_error,
}

_BY_KIND = {
    "binary": binary_crossentropy,
    "sparse": sparse_categorical_crossentropy,
    "categorical": categorical_crossentropy,
}


def get(identifier: Any) -> Any:
    """Return the loss or function that `identifier` means: a name, a configuration, a class, a callable, ``None``.

    Raises:
        UnknownNameError: no loss has that name.
    """
    return configuration.get(identifier, "loss", _OURS.get, lambda: list(_OURS))


def serialize(loss: Any) -> Any:
    """Return a loss or a function as plain data."""
    return function_record(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return what `serialize` described; a name of ours is looked up, other plain data comes back as it is.

    Raises:
        FormatError: it names something that is neither ours nor registered.
    """
    if isinstance(name, str):
        return configuration.get_registered_object(name, custom_objects, _OURS) or name
    return configuration.deserialize(name, lambda _, known: _OURS.get(known), custom_objects)


def is_ours(thing: Any) -> bool:
    """Return whether `thing` is one of the functions here, or an object of one of the classes."""
    return thing in _OURS.values() or type(thing) in _OURS.values()


def resolve(identifier: Any, y_true_shape: Shape, y_pred_shape: Shape) -> Loss:
    """Return the loss that ``compile(loss=identifier)`` means for labels and predictions of these shapes.

    ``"crossentropy"`` and ``"ce"`` choose between binary, categorical and sparse by the shapes, as Keras does.
    """
    chosen = isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce")
    loss = _BY_KIND[kind_of_labels(y_true_shape, y_pred_shape)] if chosen else get(identifier)
    if isinstance(loss, Loss):
        return loss
    return LossFunctionWrapper(loss, name=identifier if isinstance(identifier, str) else name_of(loss))


def kind_of_labels(y_true_shape: Shape, y_pred_shape: Shape) -> str:
    """Return what the shapes say that labels are: ``"binary"``, ``"sparse"`` or ``"categorical"``."""
    if y_pred_shape[-1] == 1:
        return "binary"
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return "sparse"
    return "categorical"
