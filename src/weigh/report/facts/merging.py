"""What the texts about merging layers use beside arguments and shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.report.explanation import Joined
from weigh.report.facts import size
from weigh.report.place import Place
from weigh.report.sources import numbered


def _terms(sign: str) -> Callable[[Place], dict[str, Any]]:
    def terms(place: Place) -> dict[str, Any]:
        inputs = len(place.input_shapes)
        return {"terms": Joined(numbered("x", inputs), sign), "inputs": inputs}

    return terms


def _concatenate(place: Place) -> dict[str, Any]:
    return {"items": Joined(numbered("x", len(place.input_shapes)), ",")}


def _dot(place: Place) -> dict[str, Any]:
    axes = place.layer.axes
    first, second = place.input_shapes
    left, right = (axes, axes) if isinstance(axes, int) else axes
    left, right = left % len(first), right % len(second)
    summed = first[left] if first[left] is not None else second[right]
    return {"left": left, "right": right, "summed": size(summed), "normalize": place.layer.normalize}


FACTS = {
    "Add": _terms("+"),
    "Multiply": _terms("·"),
    "Average": _terms("+"),
    "Maximum": _terms(","),
    "Minimum": _terms(","),
    "Concatenate": _concatenate,
    "Dot": _dot,
}
