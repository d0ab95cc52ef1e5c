"""What the texts about image layers use beside arguments and shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.report.explanation import Joined
from weigh.report.place import Place

Facts = dict[str, Any]


def _number(value: Any) -> str:
    """Return a number as texts show it; several of them in parentheses, as long as they are few."""
    if isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0:
        shown = [_number(one) for one in value]
        return f"({', '.join(shown[:4])}{', …' if len(shown) > 4 else ''})"
    return f"{float(value):.6g}".replace("-", "−")


def _between(prefix: str, interval: Any, scale: float = 1.0, start: float = 0.0) -> Facts:
    """Return the ends of an interval that a number is drawn from, as texts show them."""
    low, high = (_number(start + scale * end) for end in interval)
    return {f"{prefix}low": low, f"{prefix}high": high}


def _range(layer: Any) -> Facts:
    least, most = layer.value_range
    return {"least": _number(least), "most": _number(most)}


def _stretched(layer: Any) -> Facts:
    least, most = layer.value_range
    span = None if most - least == 1 else _number(most - least)
    return {**_range(layer), "start": _number(least) if least else None, "span": span}


def _rescaling(layer: Any) -> Facts:
    offset = _number(layer.offset)
    shifted = None if offset == "0" else offset.removeprefix("−")
    return {"scaled": _number(layer.scale), "sign": "−" if offset.startswith("−") else "+", "shifted": shifted}


def _resizing(layer: Any) -> Facts:
    return {"interpolated": layer.interpolation != "nearest"}


def _flip(layer: Any) -> Facts:
    both = layer.mode == "horizontal_and_vertical"
    return {"both": both, "horizontal": layer.mode == "horizontal", "vertical": layer.mode == "vertical"}


def _translation(layer: Any) -> Facts:
    return {**_between("down_", layer._down, 100), **_between("right_", layer._right, 100)}


def _zoom(layer: Any) -> Facts:
    free = layer._across is not None
    return {**_between("down_", layer._down, 100), **_between("right_", layer._across or (1, 1), 100), "free": free}


def _elastic(layer: Any) -> Facts:
    return {**_between("", layer.factor), **_between("scale_", layer.scale)}


def _contrast(layer: Any) -> Facts:
    low, high = layer.factor
    return {**_range(layer), "least_factor": _number(1 - low), "most_factor": _number(1 + high)}


def _jitter(layer: Any) -> Facts:
    return {"parts": Joined(part.name for part in layer._parts_used()) if layer._parts_used() else "–"}


def _posterization(layer: Any) -> Facts:
    low, high = map(int, layer.factor)
    return {"fixed": low == high, "bits": low, "low": low, "last": high - 1}


def _solarization(layer: Any) -> Facts:
    (add, add_most), (at, at_most) = layer.addition_factor, layer.threshold_factor
    return {**_between("add_", (add, 255 * add_most)), **_between("at_", (at, 255 * at_most))}


def _tiles(layer: Any) -> Facts:
    down, across = layer._grid
    return {"down": down, "across": across, "limited": layer.clip_limit > 0, "clip_limit": _number(layer.clip_limit)}


def _erasing(layer: Any) -> Facts:
    return {**_elastic(layer), "noise": layer.fill_value is None}


def _blur(layer: Any) -> Facts:
    across, down = layer.kernel_size
    return {**_between("", layer.factor), **_between("sigma_", layer.sigma), "across": across, "down": down}


def _pipeline(layer: Any) -> Facts:
    chain = "x"
    for inner in layer.layers:
        chain = f"{inner.name}({chain})"
    return {"steps": len(layer.layers), "chain": chain}


def _of_layer(facts: Callable[[Any], Facts]) -> Callable[[Place], Facts]:
    """Return the function of a place that asks a function of its layer."""
    return lambda place: facts(place.layer)


FACTS = {
    name: _of_layer(facts)
    for name, facts in {
        "Rescaling": _rescaling,
        "Resizing": _resizing,
        "RandomFlip": _flip,
        "RandomRotation": lambda layer: _between("", layer.factor, 360),
        "RandomTranslation": _translation,
        "RandomZoom": _zoom,
        "RandomShear": lambda layer: {**_between("x_", layer._x), **_between("y_", layer._y)},
        "RandomPerspective": lambda layer: {**_between("", layer.factor), "reach": _number(50 * layer.scale)},
        "RandomElasticTransform": _elastic,
        "RandomBrightness": lambda layer: {**_between("", layer.factor, 100), **_range(layer)},
        "RandomContrast": _contrast,
        "RandomHue": lambda layer: _between("", layer.factor),
        "RandomSaturation": lambda layer: _between("", layer.factor),
        "RandomColorDegeneration": lambda layer: _between("", layer.factor),
        "RandomColorJitter": _jitter,
        "RandomGrayscale": lambda layer: {"chance": _number(100 * layer.factor)},
        "RandomInvert": lambda layer: {**_between("", layer.factor), **_range(layer)},
        "RandomPosterization": _posterization,
        "RandomSharpness": lambda layer: _between("", layer.factor),
        "Solarization": _solarization,
        "AutoContrast": _stretched,
        "ContrastLimitedAdaptiveHistogramEqualization": _tiles,
        "CutMix": lambda layer: _between("", layer.factor),
        "RandomErasing": _erasing,
        "RandomGaussianBlur": _blur,
        "RandAugment": lambda layer: _between("", layer.factor),
        "AugMix": lambda layer: {"kinds": len(layer.choices)},
        "Pipeline": _pipeline,
    }.items()
}
