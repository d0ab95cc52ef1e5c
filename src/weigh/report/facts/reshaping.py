"""What the texts about reshaping layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.place import Place, attributes


def _flatten(place: Place) -> dict[str, Any]:
    return {"moved": attributes(place.layer)["data_format"] == "channels_first"}


FACTS = {"Flatten": _flatten}
