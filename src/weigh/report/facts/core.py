"""What the texts about the core layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.explanation import Joined
from weigh.report.facts import named_activation, size
from weigh.report.place import Place


def _input_layer(place: Place) -> dict[str, Any]:
    return {"dtype": place.layer.dtype}


def _dense(place: Place) -> dict[str, Any]:
    kernel = place.own[0]
    others = [one for shape in place.input_shapes[:1] for one in shape[1:-1]]
    return {
        **named_activation(place),
        "features": kernel.shape[0],
        "units": kernel.shape[1],
        "positions": Joined(map(size, others), "×") if others else None,
    }


FACTS = {"InputLayer": _input_layer, "Dense": _dense}
