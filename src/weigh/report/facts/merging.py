"""What the texts about merging layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.explanation import Joined
from weigh.report.place import Place
from weigh.report.sources import numbered


def _add(place: Place) -> dict[str, Any]:
    return {"terms": Joined(numbered("x", len(place.input_shapes)), "+")}


def _concatenate(place: Place) -> dict[str, Any]:
    return {"items": Joined(numbered("x", len(place.input_shapes)), ",")}


FACTS = {"Add": _add, "Concatenate": _concatenate}
