"""What the texts about functions of other libraries use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.declare import config
from weigh.report.explanation import Joined
from weigh.report.place import Place


def _jax_layer(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    module = getattr(layer, "module", None)
    if module is not None:
        return {"function": type(module).__name__, "initial": "init", "arguments": "x"}
    names = ("x" if name == "inputs" else name for name in config.parameters(layer.call_fn))
    return {
        "function": getattr(layer.call_fn, "__name__", type(layer.call_fn).__name__),
        "initial": getattr(layer.init_fn, "__name__", None),
        "arguments": Joined(names, ","),
    }


FACTS = {"JaxLayer": _jax_layer}
