"""What texts about the layers of `weigh.applications` need beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.place import Place, attributes


def _scaled(place: Place) -> dict[str, Any]:
    return {"factor": float(attributes(place.layer)["scale"])}


FACTS = {"CustomScaleLayer": _scaled}
