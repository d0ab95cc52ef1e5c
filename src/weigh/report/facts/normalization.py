"""What the texts about normalization layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.explanation import Joined
from weigh.report.facts import size
from weigh.report.place import Place, attributes


def _batch_normalization(place: Place) -> dict[str, Any]:
    arguments = attributes(place.layer)
    features = next(row.count for row in place.own if row.name == "moving_mean")
    shape = place.input_shapes[0]
    along = arguments["axis"] % len(shape)
    behind = len(shape) - 1 - along
    others = [size(one) for index, one in enumerate(shape) if index not in (0, along)]
    return {
        "axis": along if behind else -1,
        "features": features,
        "batched": along != 0,
        "others": Joined(others, "×") if others else None if along else 1,
        "broadcast": (*(1,) * along, features, *(1,) * behind) if behind else None,
        "last": size(shape[-1]),
        "kept": arguments["momentum"],
        "taken": 1.0 - arguments["momentum"],
        "renorm_kept": arguments["renorm_momentum"],
        "renorm_taken": 1.0 - arguments["renorm_momentum"],
    }


def _by_position(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shape, axes = place.input_shapes[0], layer.axis
    axes = axes if isinstance(axes, list) else [axes]
    sizes = [shape[axis] for axis in axes]
    roles = {row.role for row in place.own}
    return {
        "axis": Joined(axes),
        "normalized": Joined(map(size, sizes), "×") if len(sizes) > 1 else size(sizes[0]),
        "both": {"scale", "offset"} <= roles,
        "centred": not getattr(layer, "rms_scaling", False),
    }


def _group_normalization(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shape = place.input_shapes[0]
    along = layer.axis % len(shape)
    channels = int(shape[along] or 0)
    others = [size(one) for index, one in enumerate(shape) if index not in (0, along)]
    return {
        "groups": layer.groups,
        "channels": channels,
        "each": channels // layer.groups,
        "both": {"scale", "offset"} <= {row.role for row in place.own},
        "others": Joined(others, "×") if others else None,
    }


def _unit_normalization(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    axis = layer.axis
    return {"axis": Joined(axis) if isinstance(axis, list) else axis}


def _spectral_normalization(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    inner, iterations = layer.layer, layer.power_iterations
    return {
        "inner": inner.name,
        "outputs": int(layer.vector_u.shape[-1]),
        "power_iterations": iterations,
        "several": iterations > 1,
    }


FACTS = {
    "BatchNormalization": _batch_normalization,
    "SamplewiseBatchNormalization": _batch_normalization,
    "StatelessBatchNormalization": _batch_normalization,
    "LayerNormalization": _by_position,
    "RMSNormalization": _by_position,
    "GroupNormalization": _group_normalization,
    "UnitNormalization": _unit_normalization,
    "SpectralNormalization": _spectral_normalization,
}
