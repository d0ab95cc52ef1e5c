"""What the texts about regularization layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.place import Place, attributes


def _dropout(place: Place) -> dict[str, Any]:
    rate = attributes(place.layer)["rate"]
    return {"rate": f"{rate:.12g}" if rate else None, "kept": 1.0 - rate}


FACTS = {"Dropout": _dropout}
