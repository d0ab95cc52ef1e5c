"""What the texts about wrappers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.facts import size
from weigh.report.place import Place


def _time_distributed(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    steps = next((size(shape[1]) for shape in place.input_shapes), None)
    return {"inner": layer.layer.name, "inner_type": type(layer.layer).__name__, "steps": steps}


_SIGNS = {"sum": "→h + ←h", "mul": "→h ⊙ ←h", "ave": "(→h + ←h) / 2", "concat": "(→h, ←h)"}


def _bidirectional(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    forward, backward = layer.forward_layer, layer.backward_layer
    counts = [sum(weight.count for weight in one.weights) for one in (forward, backward)]
    alike = counts[0] == counts[1]
    return {
        "forward": type(forward).__name__,
        "backward": type(backward).__name__,
        "merged": _SIGNS.get(layer.merge_mode or "", "→h, ←h"),
        "concat": layer.merge_mode == "concat",
        "whole": layer.return_sequences or None,
        "half": counts[0] if alike else None,
        "first": None if alike else counts[0],
        "second": None if alike else counts[1],
        "total": sum(counts),
    }


FACTS = {"TimeDistributed": _time_distributed, "Bidirectional": _bidirectional}
