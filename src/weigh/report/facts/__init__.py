"""What the texts about a layer may use: its arguments, its symbols, its shapes, and what single layer types add.

What a type adds is in the module of its family, by class name in `FACTS`; a family whose texts need no more than
arguments and shapes has no module.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from weigh.account import roles
from weigh.declare.layer import Layer
from weigh.report import wording
from weigh.report.explanation import Joined
from weigh.report.operations import expression
from weigh.report.place import Place, attributes


def described_as(place: Place) -> str:
    """Return the section of the words that a layer's texts are in: ``layers.core.Dense``, or ``default``.

    It is that of its class, or of the one of ours that it derives from and takes `build` and `call` from unchanged.
    """
    own: Any = type(place.layer)
    if not issubclass(own, Layer):
        return "operation"
    for cls in own.__mro__:
        section = section_of(cls)
        if section is not None and own.build is cls.build and own.call is cls.call:
            return section
    return "default"


def section_of(cls: type) -> str | None:
    """Return the section of the words that a class of ours has to itself; ``None`` for another class."""
    house, _, module = cls.__module__.partition(".")
    floor, _, family = module.partition(".")
    if house != "weigh" or floor not in ("layers", "applications"):
        return None
    section = f"layers.{'applications' if floor == 'applications' else family.partition('.')[0]}.{cls.__name__}"
    return section if wording.known(f"{section}.formula") else None


def facts(place: Place) -> dict[str, Any]:
    """Return values for the texts about the layer at `place`; what is absent is ``None``."""
    layer = place.layer
    if not isinstance(layer, Layer):
        return {"name": layer.name, "type": type(layer).__name__, "expression": expression(place)}
    symbols = {row.role: row.symbol for row in place.own}
    _, family, name = (*described_as(place).split("."), "", "")[:3]
    more = _of_family(family).get(name)
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
        **(more(place) if more is not None else {}),
    }


@cache
def _of_family(family: str) -> dict[str, Callable[[Place], dict[str, Any]]]:
    """Return what the types of a family add, by class name."""
    module = f"{__name__}.{family}"
    if not family or find_spec(module) is None:
        return {}
    found: dict[str, Callable[[Place], dict[str, Any]]] = import_module(module).FACTS
    return found


def _one_or_all(shapes: list[Any]) -> Any:
    return Joined(shapes) if shapes else None


def size(value: int | None) -> Any:
    """Return a size of a shape as texts show it: a number, or ``None`` as a word."""
    return "None" if value is None else int(value)


def named_activation(place: Place) -> dict[str, Any]:
    """Return the name of the layer's activation; that of none, and of ``linear``, is absent."""
    name = attributes(place.layer)["activation"]
    return {"activation": None if name == "linear" else name}
