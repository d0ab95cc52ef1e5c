"""``keras.utils.np_utils`` of Keras 1."""

from __future__ import annotations

from typing import Any

from weigh import utils
from weigh.compute.lazy import numpy
from weigh.utils import normalize

__all__ = ["categorical_probas_to_classes", "normalize", "probas_to_classes", "to_categorical"]


def to_categorical(y: Any, nb_classes: int | None = None) -> Any:
    """Return class numbers, in any shape, as rows with a 1 at the class: (numbers, nb_classes)."""
    return utils.to_categorical(numpy.ravel(y), nb_classes)


def probas_to_classes(y_pred: Any) -> Any:
    """Return the class of each row: the largest number's place, or whether a single number is above 0.5."""
    if len(y_pred.shape) > 1 and y_pred.shape[1] > 1:
        return categorical_probas_to_classes(y_pred)
    return numpy.array([1 if p > 0.5 else 0 for p in numpy.ravel(y_pred)])


def categorical_probas_to_classes(p: Any) -> Any:
    """Return the place of the largest number of each row."""
    return numpy.argmax(p, axis=1)
