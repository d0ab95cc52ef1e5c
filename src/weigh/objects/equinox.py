"""Modules of Equinox: trees of arrays, of which the floating-point ones are trained by convention.

Sources: Equinox 0.13, ``equinox/_module``, ``equinox/nn``, ``equinox/nn/_stateful.py`` (`StateIndex`, `State`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from weigh.account import roles
from weigh.declare import dtypes
from weigh.objects.arrays import asked, dtype_of, is_a, is_array
from weigh.objects.found import DECLARED, Arguments, Found, Known, Said, known_as

_CONVENTION = "floating-point arrays of a module are trained, by Equinox's convention"
_INITIAL = "Initial values of a state that Equinox keeps apart from the module"
_MAP = {"weight": roles.KERNEL, "bias": roles.BIAS}
_NORM = {"weight": roles.SCALE, "bias": roles.OFFSET}
_CELL = {"weight_ih": roles.KERNEL, "weight_hh": roles.RECURRENT_KERNEL, "bias": roles.BIAS, "bias_n": roles.BIAS}


def _linear(given: Arguments) -> Any:
    units = given.all("out_features")
    return {"weight": (*units, *given.all("in_features")), "bias": units}


def _convolution(given: Arguments) -> Any:
    filters, kernel = given.one("out_channels"), given.all("kernel_size")
    return {
        "weight": (filters, given.share("in_channels", "groups"), *kernel),
        "bias": (filters, *[None] * len(kernel)),
    }


def _norm(argument: str) -> Known:
    return Known(_NORM, lambda given: dict.fromkeys(_NORM, given.all(argument)))


def _cell(gates: int) -> Known:
    def sizes(given: Arguments) -> Any:
        every = given.times(gates, "hidden_size")
        state = given.one("hidden_size")
        return {
            "weight_ih": (every, given.one("input_size")),
            "weight_hh": (every, state),
            "bias": (every,),
            "bias_n": (state,),
        }

    return Known(_CELL, sizes)


_TABLE = {
    "Linear": Known(_MAP, _linear),
    "Conv": Known(_MAP, _convolution),
    "ConvTranspose": Known(_MAP, _convolution),
    "LayerNorm": _norm("shape"),
    "RMSNorm": _norm("shape"),
    "GroupNorm": _norm("channels"),
    "BatchNorm": _norm("input_size"),
    "Embedding": Known(
        {"weight": roles.EMBEDDING},
        lambda given: {"weight": (given.one("num_embeddings"), given.one("embedding_size"))},
    ),
    "LSTMCell": _cell(4),
    "GRUCell": _cell(3),
    "PReLU": Known({"negative_slope": roles.SLOPE}),
}

_STATES = {
    ("BatchNorm", "ema_state_index"): (roles.RUNNING_MEAN, roles.RUNNING_VARIANCE),
    ("BatchNorm", "batch_state_index"): (roles.RUNNING_MEAN, roles.RUNNING_VARIANCE),
    ("BatchNorm", "state_index"): (roles.RUNNING_MEAN, roles.RUNNING_VARIANCE),
    ("BatchNorm", "batch_counter"): (roles.COUNTER,),
    ("BatchNorm", "ema_first_time_index"): (roles.COUNTER,),
    ("BatchNorm", "first_time_index"): (roles.COUNTER,),
    ("SpectralNorm", "uv_index"): (roles.SINGULAR_VECTOR, roles.SINGULAR_VECTOR),
}
"""What the arrays of a state are, by the class and attribute that index them."""


def recognises(value: Any) -> bool:
    """Return whether this is a module or a state of Equinox."""
    return is_a(value, "equinox", "Module", "State")


def read(value: Any, found: Found, path: str) -> None:
    """Add all arrays of a module or of a state."""
    if is_a(value, "equinox", "State"):
        found.knows("equinox.nn.State", "State")
        for marker, inside in (asked(value, "_state") or {}).items():
            name = marker if isinstance(marker, str) else "state"
            owner, _, attribute = name.rpartition(".")
            layer, layer_type = _indexed_by(found, owner.partition(".")[2]) or ("", owner.rpartition(".")[2])
            _read_state(inside, found, f"{path}.{name}" if path else name, (layer_type, attribute), layer)
        return
    found.knows("equinox.Module", type(value).__name__)
    waiting: list[tuple[Any, str, Any, str]] = [(value, path, value, path or type(value).__name__)]
    while waiting:  # modules are frozen, so none can stand in itself
        value, path, owner, owner_path = waiting.pop()
        if is_array(value):
            _read_array(value, path, owner, owner_path, found)
        elif is_a(value, "equinox", "StateIndex"):
            initial = asked(value, "init")
            if is_array(initial) or isinstance(initial, list | tuple | Mapping):
                found.note(_INITIAL, path)
                _read_state(initial, found, path, (type(owner).__name__, path.rpartition(".")[2]), owner_path)
        elif is_a(value, "equinox", "Module"):
            children = [
                (asked(value, field.name), f"{path}.{field.name}" if path else field.name, value, path or owner_path)
                for field in dataclasses.fields(value)
                if not field.metadata.get("static", False)
            ]
            waiting += reversed(children)
        elif isinstance(value, Mapping | list | tuple):
            named = value.items() if isinstance(value, Mapping) else enumerate(value)
            waiting += reversed([(child, f"{path}.{name}", owner, owner_path) for name, child in named])


def _read_array(value: Any, path: str, owner: Any, owner_path: str, found: Found) -> None:
    name = path.rpartition(".")[2]
    known = known_as(owner, _TABLE, "equinox")
    is_trained = dtypes.is_inexact(dtype_of(value))
    if dtype_of(value).startswith("key<"):
        said = Said(False, False, role=roles.RANDOM_STATE, evidence=DECLARED)
    else:
        role = known.roles.get(name, "") if known is not None else ""
        evidence = _CONVENTION if is_trained else "no floating-point array, so not trained by Equinox's convention"
        said = Said(is_trained, is_trained, role=role, evidence=evidence)
    sizes = known.sizes(Arguments(owner, owner_path)).get(name, ()) if known is not None else ()
    found.add(path, value, said, layer=owner_path, layer_type=type(owner).__name__, sizes=sizes)


def _indexed_by(found: Found, owner: str) -> tuple[str, str] | None:
    """Return path and class of the module that a state belongs to, if it was met before."""
    for array in found.arrays:
        if owner and f".{array.layer}".endswith(f".{owner}"):
            return array.layer, array.layer_type
    return None


def _read_state(value: Any, found: Found, path: str, index: tuple[str, str], owner_path: str) -> None:
    known = _STATES.get(index, ())
    several = list(value) if isinstance(value, list | tuple) else [value]
    names = [f"{path}.{number}" for number in range(len(several))] if isinstance(value, list | tuple) else [path]
    said = Said(False, False, role=roles.CARRIED, evidence="kept in a state of Equinox")
    for number, (name, array) in enumerate(zip(names, several, strict=True)):
        role = known[number] if number < len(known) else ""
        if is_array(array):
            this = said._replace(role=role, evidence=DECLARED) if role else said
            found.add(name, array, this, layer=owner_path or None, layer_type=index[0] if known else "")
        else:
            found.read(array, name)
