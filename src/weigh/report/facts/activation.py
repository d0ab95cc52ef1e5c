"""What the texts about activation layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.explanation import Joined
from weigh.report.facts import named_activation
from weigh.report.place import Place, attributes


def _relu(place: Place) -> dict[str, Any]:
    arguments = attributes(place.layer)
    slope, shift = arguments["negative_slope"] or None, arguments["threshold"] or None
    return {
        "bound": arguments["max_value"],
        "slope": slope,
        "shift": shift,
        "over": arguments["threshold"],
        "plain": slope is None and shift is None,
    }


def shared_axes(place: Place) -> dict[str, Any]:
    """Return how many positions have numbers of their own, and which axes share theirs."""
    own = place.own[0]
    shared = attributes(place.layer)["shared_axes"]
    sizes = [int(one) for one in own.shape if one != 1]
    return {
        "positions": own.count,
        "axes": Joined(sizes, "×") if len(sizes) > 1 else None,
        "shared_axes": Joined(shared) if shared else None,
    }


def _softmax(place: Place) -> dict[str, Any]:
    axis = attributes(place.layer)["axis"]
    return {"axis": Joined(axis) if isinstance(axis, tuple) else axis}


def _prelu(place: Place) -> dict[str, Any]:
    shape = place.own[0].shape
    said = shared_axes(place)
    maps = len(shape) > 1 and not said["shared_axes"]
    return {
        **said,
        "others": str(list(range(1, len(shape)))) if maps else None,
        "channels": shape[-1] if maps else None,
    }


FACTS = {"Activation": named_activation, "ReLU": _relu, "PReLU": _prelu, "Softmax": _softmax}
