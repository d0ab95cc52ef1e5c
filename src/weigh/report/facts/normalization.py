"""What the texts about normalization layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.report.explanation import Joined
from weigh.report.facts import size
from weigh.report.place import Place, attributes


def _batch_normalization(place: Place) -> dict[str, Any]:
    arguments = attributes(place.layer)
    (tracked,) = (row for row in place.own if row.role == roles.RUNNING_MEAN)
    shape = place.input_shapes[0]
    along = arguments["axis"] % len(shape)
    behind = len(shape) - 1 - along
    others = [size(one) for index, one in enumerate(shape) if index not in (0, along)]
    return {
        "axis": along if behind else -1,
        "features": tracked.count,
        "batched": along != 0,
        "others": Joined(others, "×") if others else None if along else 1,
        "broadcast": (*(1,) * along, tracked.count, *(1,) * behind) if behind else None,
        "kept": arguments["momentum"],
        "taken": 1.0 - arguments["momentum"],
    }


FACTS = {"BatchNormalization": _batch_normalization}
