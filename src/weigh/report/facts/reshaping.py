"""What the texts about reshaping layers use beside arguments and shapes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from weigh.declare.dim import Shape
from weigh.report.explanation import Joined, Said
from weigh.report.place import Place, attributes


def _flatten(place: Place) -> dict[str, Any]:
    return {"moved": attributes(place.layer)["data_format"] == "channels_first"}


def _permute(place: Place) -> dict[str, Any]:
    return {"order": (0, *attributes(place.layer)["dims"])}


def _numbers(shape: Shape) -> int | None:
    """Return how many numbers an example has, ``None`` where that is not known."""
    sizes = [size for size in shape[1:] if size is not None]
    return prod(map(int, sizes)) if len(sizes) == len(shape) - 1 else None


def _first_axis(place: Place) -> int:
    return 2 if attributes(place.layer).get("data_format") == "channels_first" else 1


def _sides(argument: str) -> Callable[[Place], dict[str, Any]]:
    """Return what says how many numbers an argument means before and behind on each axis."""

    def sides(place: Place) -> dict[str, Any]:
        given = getattr(place.layer, argument)
        pairs = given if isinstance(given[0], tuple) else (given,)
        said = [
            Said("layers.reshaping.side", before=before, behind=behind, axis=axis)
            for axis, (before, behind) in enumerate(pairs, _first_axis(place))
            if before or behind
        ]
        before, behind = _numbers(place.input_shapes[0]), _numbers(place.output_shapes[0])
        return {"sides": Joined(said) if said else None, "numbers": before, "more": behind if said else None}

    return sides


def _up_sampling(place: Place) -> dict[str, Any]:
    size, interpolation = place.layer.size, attributes(place.layer).get("interpolation")
    factors = size if isinstance(size, tuple) else (size,)
    said = (
        Said("layers.reshaping.factor", times=times, axis=axis)
        for axis, times in enumerate(factors, _first_axis(place))
    )
    return {"factors": Joined(said), "interpolation": None if interpolation == "nearest" else interpolation}


FACTS = {
    "Flatten": _flatten,
    "Permute": _permute,
    "ZeroPadding": _sides("padding"),
    "Cropping": _sides("cropping"),
    "UpSampling": _up_sampling,
    "UpSampling2D": _up_sampling,
}
