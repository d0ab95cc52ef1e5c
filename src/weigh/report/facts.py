"""What the texts about a layer may use: its arguments, its symbols, its shapes, and what single layer types add."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.account import roles
from weigh.report import wording
from weigh.report.explanation import Joined
from weigh.report.place import Place, attributes
from weigh.report.sources import numbered


def described_as(place: Place) -> str:
    """Return the section of the words that a layer's texts are in.

    It is that of its class, or of the one of ours that it derives from and takes `build` and `call` from unchanged.
    """
    own: Any = type(place.layer)
    for cls in own.__mro__:
        ours = cls.__module__.startswith("weigh.") and wording.known(f"layers.{cls.__name__}.formula")
        if ours and own.build is cls.build and own.call is cls.call:
            return f"layers.{cls.__name__}"
    return "layers.default"


def facts(place: Place) -> dict[str, Any]:
    """Return values for the texts about the layer at `place`; what is absent is ``None``."""
    layer = place.layer
    symbols = {row.role: row.symbol for row in place.own}
    section = described_as(place).partition(".")[2]
    return {
        **attributes(layer),
        **{role.replace(" ", "_"): symbols.get(role) for role in roles.SYMBOLS},
        "name": layer.name,
        "type": type(layer).__name__,
        "calls": len(place.calls),
        "shared": len(place.calls) > 1,
        "frozen": not layer.trainable,
        "input": _one_or_all(place.input_shapes),
        "output": _one_or_all(place.output_shapes),
        "n": len(place.own),
        **_SPECIAL.get(section, _nothing_more)(place),
    }


def _nothing_more(place: Place) -> dict[str, Any]:
    return {}


def _one_or_all(shapes: list[Any]) -> Any:
    return Joined(shapes) if shapes else None


def _input_layer(place: Place) -> dict[str, Any]:
    return {"dtype": place.layer.dtype}


def _activation(place: Place) -> dict[str, Any]:
    name = attributes(place.layer)["activation"]
    return {"activation": None if name == "linear" else name}


def _dense(place: Place) -> dict[str, Any]:
    kernel = place.own[0]
    others = [size for shape in place.input_shapes[:1] for size in shape[1:-1]]
    return {
        **_activation(place),
        "features": kernel.shape[0],
        "units": kernel.shape[1],
        "positions": Joined(map(_size, others), "×") if others else None,
    }


def _batch_normalization(place: Place) -> dict[str, Any]:
    arguments = attributes(place.layer)
    (tracked,) = (row for row in place.own if row.role == roles.RUNNING_MEAN)
    shape = place.input_shapes[0]
    along = arguments["axis"] % len(shape)
    behind = len(shape) - 1 - along
    others = [_size(size) for index, size in enumerate(shape) if index not in (0, along)]
    return {
        "axis": along if behind else -1,
        "features": tracked.count,
        "batched": along != 0,
        "others": Joined(others, "×") if others else None if along else 1,
        "broadcast": (*(1,) * along, tracked.count, *(1,) * behind) if behind else None,
        "kept": arguments["momentum"],
        "taken": 1.0 - arguments["momentum"],
    }


def _flatten(place: Place) -> dict[str, Any]:
    return {"moved": attributes(place.layer)["data_format"] == "channels_first"}


def _add(place: Place) -> dict[str, Any]:
    return {"terms": Joined(numbered("x", len(place.input_shapes)), "+")}


def _concatenate(place: Place) -> dict[str, Any]:
    return {"items": Joined(numbered("x", len(place.input_shapes)), ",")}


def _dropout(place: Place) -> dict[str, Any]:
    rate = attributes(place.layer)["rate"]
    return {"rate": f"{rate:.12g}" if rate else None, "kept": 1.0 - rate}


def _size(size: int | None) -> Any:
    return "None" if size is None else int(size)


_SPECIAL: dict[str, Callable[[Place], dict[str, Any]]] = {
    "InputLayer": _input_layer,
    "Activation": _activation,
    "Dense": _dense,
    "BatchNormalization": _batch_normalization,
    "Dropout": _dropout,
    "Flatten": _flatten,
    "Add": _add,
    "Concatenate": _concatenate,
}
