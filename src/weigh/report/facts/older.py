"""What the texts about layers of older Keras use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.facts import named_activation
from weigh.report.facts.activation import shared_axes
from weigh.report.place import Place


def _features(place: Place) -> dict[str, Any]:
    return {"features": place.own[0].shape[-2]}


def _highway(place: Place) -> dict[str, Any]:
    return {**_features(place), **named_activation(place)}


FACTS = {"MaxoutDense": _features, "Highway": _highway, "ParametricSoftplus": shared_axes, "SReLU": shared_axes}
