"""What the texts about pooling layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.explanation import Joined
from weigh.report.facts import size
from weigh.report.facts.convolution import index, of_window, sizes
from weigh.report.place import Place
from weigh.report.wording import FIXED_SPACE


def _pooling(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    known = of_window(place, layer.pool_size, layer.strides)
    stops, seen, first = known["stops"].items, known["seen"].items, known["first"]
    return {
        **known,
        "steps": Joined(dict.fromkeys(layer.strides)) if layer.strides != layer.pool_size else None,
        "y_at": index(("c", *stops) if first else (*stops, "c")),
        "x_at": index(("c", *seen) if first else (*seen, "c")),
    }


def _whole(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shape = place.input_shapes[0]
    first = layer.data_format == "channels_first"
    came = shape[2:] if first else shape[1:-1]
    stops = "ijk"[: len(came)]
    zeros = ("0",) * len(came) if layer.keepdims else ()
    return {
        "came": sizes(came),
        "channels": size(shape[1 if first else -1]),
        "all": Joined(stops, ","),
        "y_at": index(("c", *zeros) if first else (*zeros, "c")),
        "x_at": index(("c", *stops) if first else (*stops, "c")),
    }


def _adaptive(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shape = place.input_shapes[0]
    first = layer.data_format == "channels_first"
    came = shape[2:] if first else shape[1:-1]
    stops, seen = "ijk"[: len(came)], "pqr"[: len(came)]
    bounds = []
    for stop, at, length, parts in zip(stops, seen, came, layer.output_size, strict=True):
        whole = "n" if length is None else f"{length:,}"
        bounds.append(f"⌊{whole}{stop} ÷ {parts}⌋ ≤ {at} < ⌈{whole}({stop} + 1) ÷ {parts}⌉".replace(" ", FIXED_SPACE))
    even = all(
        length is not None and length % parts == 0 for length, parts in zip(came, layer.output_size, strict=True)
    )
    return {
        "came": sizes(came),
        "went": Joined(layer.output_size, "×"),
        "even": Joined([(length or 0) // parts for length, parts in zip(came, layer.output_size, strict=True)], "×")
        if even
        else None,
        "bounds": Joined(bounds, " "),
        "y_at": index(("c", *stops) if first else (*stops, "c")),
        "x_at": index(("c", *seen) if first else (*seen, "c")),
    }


FACTS = {
    "MaxPooling": _pooling,
    "AveragePooling": _pooling,
    "GlobalMaxPooling": _whole,
    "GlobalAveragePooling": _whole,
    "GlobalAveragePooling1D": _whole,
    "AdaptiveMaxPooling": _adaptive,
    "AdaptiveAveragePooling": _adaptive,
}
