"""Operations that are no layers as formulas: ``y = x · 2``, ``y = concatenate(x₁, x₂, axis=-1)``."""

from __future__ import annotations

from typing import Any

from weigh.declare.graph import Tensor
from weigh.report.place import Place
from weigh.report.sources import numbered

_BETWEEN = {
    **{"Add": "+", "Subtract": "−", "Multiply": "·", "Divide": "÷", "TrueDivide": "÷", "Matmul": "·", "Power": "^"},
    **{"Less": "<", "LessEqual": "≤", "Greater": ">", "GreaterEqual": "≥", "Equal": "=", "NotEqual": "≠"},
}
_AROUND = {"Negative": ("−", ""), "Absolute": ("|", "|")}


def expression(place: Place) -> str:
    """Return what an operation computes in its first call; its tensors are x, or x₁, x₂, …"""
    operation, call = place.layer, place.calls[0]
    symbols = iter(numbered("x", len(call.inputs)))

    def written(value: Any) -> str:
        if isinstance(value, Tensor):
            return next(symbols)
        if isinstance(value, (list, tuple)):
            inside = ", ".join(map(written, value))
            return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
        if hasattr(value, "shape"):
            return f"array{tuple(value.shape)}"
        if isinstance(value, (int, float)):
            return f"{value!r}".replace("-", "−")
        return getattr(value, "__name__", None) or repr(value)

    kind, given = type(operation).__name__, list(call.args)
    if kind == "GetItem":
        return f"{written(given[0])}[{_key(given[1])}]"
    while given and given[-1] is None:
        given.pop()  # what is left away
    if kind in _BETWEEN and len(given) == 2:
        return f"{written(given[0])} {_BETWEEN[kind]} {written(given[1])}"
    if kind in _AROUND:
        before, after = _AROUND[kind]
        return f"{before}{written(given[0])}{after}"
    several = len(given) == 1 and isinstance(given[0], (list, tuple))
    arguments = [written(value) for value in (given[0] if several else given)]
    named = {**call.kwargs, **{name: value for name, value in operation.get_config().items() if name != "name"}}
    if kind == "Einsum":
        arguments.insert(0, repr(named.pop("subscripts")))
    arguments += [
        f"{name}={written(value)}" for name, value in named.items() if value is not None and value is not False
    ]
    function = getattr(type(operation), "function", type(operation))
    return f"{function.__name__}({', '.join(arguments)})"


def _key(key: Any) -> str:
    """Return an index as it is written between brackets."""
    if isinstance(key, (list, tuple)):
        return ", ".join(map(_key, key))
    if isinstance(key, slice):
        start, stop, step = ("" if bound is None else str(bound) for bound in (key.start, key.stop, key.step))
        return f"{start}:{stop}" + (f":{step}" if step else "")
    if key is Ellipsis:
        return "..."
    return f"array{tuple(key.shape)}" if hasattr(key, "shape") else str(key)
