"""What the texts about image layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.place import Place


def _rescaling(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shifted = _number(layer.offset)
    return {"scaled": _number(layer.scale), "shifted": None if shifted == "0" else shifted}


def _number(value: Any) -> str:
    """Return a number as texts show it; several of them in parentheses, as long as they are few."""
    if isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0:
        shown = [_number(one) for one in value]
        return f"({', '.join(shown[:4])}{', …' if len(shown) > 4 else ''})"
    return f"{float(value):.6g}".replace("-", "−")


FACTS = {"Rescaling": _rescaling}
