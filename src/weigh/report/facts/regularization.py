"""What the texts about regularization layers use beside arguments and shapes."""

from __future__ import annotations

from math import sqrt
from typing import Any

from weigh.report.explanation import Joined
from weigh.report.place import Place, attributes


def _dropout(place: Place) -> dict[str, Any]:
    rate = attributes(place.layer)["rate"]
    return {"rate": _short(rate) if rate else None, "kept": 1.0 - rate}


def _spatial_dropout(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    return {**_dropout(place), "drawn": layer.drawn_shape(place.input_shapes[0])}


def _alpha_dropout(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    factor, offset = layer.affine()
    return {**_dropout(place), "lowest": _signed(layer.LOWEST), "factor": _signed(factor), "offset": _signed(offset)}


def _gaussian_dropout(place: Place) -> dict[str, Any]:
    rate = attributes(place.layer)["rate"]
    return {**_dropout(place), "stddev": _signed(sqrt(rate / (1 - rate)))}


def _gaussian_noise(place: Place) -> dict[str, Any]:
    stddev = attributes(place.layer)["stddev"]
    return {"noise": _short(stddev) if stddev else None}


def _activity_regularization(place: Place) -> dict[str, Any]:
    factors = attributes(place.layer)
    terms = [f"{_short(factors[name])} · {of}" for name, of in (("l1", "Σ |x|"), ("l2", "Σ x²")) if factors[name]]
    return {"penalty": Joined(terms, "+") if terms else None}


def _short(value: float) -> str:
    return f"{value:.12g}"


def _signed(value: float) -> str:
    """Return what is worked out of arguments as it is read: four digits, a minus and no hyphen."""
    return f"{value:.4g}".replace("-", "−")


FACTS = {
    "Dropout": _dropout,
    "SpatialDropout": _spatial_dropout,
    "AlphaDropout": _alpha_dropout,
    "GaussianDropout": _gaussian_dropout,
    "GaussianNoise": _gaussian_noise,
    "ActivityRegularization": _activity_regularization,
}
