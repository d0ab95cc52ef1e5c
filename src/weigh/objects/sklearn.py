"""Fitted estimators of scikit-learn: perceptrons of several layers, and linear models.

Source: scikit-learn 1.7, ``sklearn/neural_network/_multilayer_perceptron.py`` and ``_stochastic_optimizers.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weigh.account import roles
from weigh.errors import NotBuiltError
from weigh.objects.arrays import asked, is_a, is_array
from weigh.objects.found import DECLARED, SLOT, Arguments, Found, Said

_KERNEL = Said(True, True, roles.KERNEL, evidence=DECLARED)
_BIAS = Said(True, True, roles.BIAS, evidence=DECLARED)


def recognises(value: Any) -> bool:
    """Return whether this is an estimator of scikit-learn."""
    return is_a(value, "sklearn", "BaseEstimator")


def read(value: Any, found: Found, path: str) -> None:
    """Add coefficients and intercepts; what a perceptron's optimizer keeps stands beside.

    Raises:
        NotBuiltError: it is not fitted, or holds no arrays of these names.
    """
    name = type(value).__name__
    found.knows("scikit-learn", name)
    given = Arguments(value, name)
    start = f"{path}." if path else ""
    if (kernels := asked(value, "coefs_")) is not None:
        sizes = _layer_sizes(given)
        for number, (kernel, bias) in enumerate(zip(kernels, value.intercepts_, strict=True)):
            for label, array, said, axes in (
                ("coefs_", kernel, _KERNEL, sizes[number : number + 2]),
                ("intercepts_", bias, _BIAS, sizes[number + 1 : number + 2]),
            ):
                at = f"{start}{label}[{number}]"
                found.add(at, array, said, sizes=axes, layer=f"{start}layer {number}", layer_type=name)
        for label, array in _slots(value):
            found.add(f"{start}_optimizer.{label}", array, SLOT, layer_type=type(value._optimizer).__name__)
        return
    before = len(found.arrays)
    for attribute, said in (("coef_", _KERNEL), ("intercept_", _BIAS)):
        array = asked(value, attribute)
        if is_array(array):
            found.add(f"{start}{attribute}", array, said, layer=path or name, layer_type=name)
    if len(found.arrays) == before:
        raise NotBuiltError(
            f"{name} has neither `coefs_` nor `coef_`: it is not fitted yet, or no perceptron and no linear model."
        )


def _layer_sizes(given: Arguments) -> list[int | None]:
    return [given.one("n_features_in_"), *given.all("hidden_layer_sizes"), given.one("n_outputs_")]


def _slots(value: Any) -> Iterator[tuple[str, Any]]:
    for attribute in ("ms", "vs", "velocities"):
        for number, array in enumerate(asked(asked(value, "_optimizer"), attribute) or ()):
            if is_array(array):
                yield f"{attribute}[{number}]", array
