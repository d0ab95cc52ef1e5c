"""What the texts about the core layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.report.explanation import Joined
from weigh.report.facts import named_activation, size
from weigh.report.place import Place


def _input_layer(place: Place) -> dict[str, Any]:
    return {"dtype": place.layer.dtype}


def _dense(place: Place) -> dict[str, Any]:
    kernel = place.own[0]
    others = [one for shape in place.input_shapes[:1] for one in shape[1:-1]]
    return {
        **named_activation(place),
        **low_rank(place),
        "features": kernel.shape[0],
        "units": kernel.shape[1],
        "positions": Joined(map(size, others), "×") if others else None,
    }


def _einsum_dense(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    kernel = place.own[0]
    summed = [letter for letter in layer.given if letter in layer.weighed and letter not in layer.made]
    free = [letter for letter in layer.given[0 if layer.before else 1 :] if letter not in layer.weighed]
    return {
        **named_activation(place),
        **low_rank(place),
        "bias": next((row.symbol for row in place.own if row.role == roles.BIAS), None),
        "equation": layer.equation.replace("->", " → "),
        "summed": Joined(summed) if summed else None,
        "kernel_axes": Joined(
            (f"{letter} = {number:,}" for letter, number in zip(layer.weighed, kernel.shape, strict=True)), ","
        ),
        "bias_axes": Joined(layer.bias_axes) if layer.bias_axes else None,
        "positions": Joined(free) if free else None,
    }


def low_rank(place: Place) -> dict[str, Any]:
    """Return the rank of what is learned in place of a weight, and the factor before it; absent where it is not."""
    layer: Any = place.layer
    factor = layer.lora_factor
    told = {"rank": layer.lora_rank, "factor": None if factor == 1 else f"{factor:.12g}"}
    return told if layer.lora_enabled else {}


def _masking(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    value = layer.mask_value
    return {"mask_value": f"{value:.12g}" if isinstance(value, (int, float)) else "mask_value"}


FACTS = {"InputLayer": _input_layer, "Dense": _dense, "EinsumDense": _einsum_dense, "Masking": _masking}
