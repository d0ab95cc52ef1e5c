"""Containers of arrays: mappings, sequences, named tuples and data classes, whatever library they are for.

Sources: Flax, ``flax/core/scope.py`` and ``flax/linen/module.py`` (collections of variables), ``flax/core/meta.py``
(boxes), ``flax/training/train_state.py``; Optax, ``optax/_src/base.py`` (states are named tuples); PyTorch,
``torch/optim/optimizer.py`` (`state_dict`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from weigh.account import roles
from weigh.errors import ArgumentTypeError
from weigh.objects.arrays import asked, classes, is_a, is_array
from weigh.objects.found import DECLARED, NOTHING, SLOT, Found, Said

_MOST_DEPTH = 200
_COLLECTIONS = {
    "params": Said(True, True),
    "batch_stats": Said(False, False, kind=roles.STATISTIC),
    "cache": Said(False, False, kind=roles.CARRIED),
}
"""What Flax says of variables by the name of their collection; others are not trained."""

_LINEN = {
    "kernel": roles.KERNEL,
    "embedding": roles.EMBEDDING,
    "scale": roles.SCALE,
    "bias": roles.BIAS,
    "mean": roles.RUNNING_MEAN,
    "var": roles.RUNNING_VARIANCE,
}


def recognises(value: Any) -> bool:
    """Return whether this is an array or a container."""
    return is_array(value) or _children(value) is not None


def read(value: Any, found: Found, path: str) -> None:
    """Add all arrays in a container, or the array itself.

    Raises:
        ArgumentTypeError: there is something in it, and nothing of it is an array.
    """
    if is_array(value):
        found.knows(f"an array of {type(value).__module__.partition('.')[0]}", type(value).__name__)
        _leaf(value, found, path or str(asked(value, "name") or "array"), NOTHING)
    elif is_a(value, "flax", "TrainState"):
        found.knows("Flax TrainState", type(value).__name__)
        _read_training(value, found, path)
    elif is_linen(value):
        found.knows("Flax Linen variables", "variables")
        _read_linen(value, found, path)
    else:
        found.knows(_format(value), type(value).__name__)
        before = len(found.arrays)
        left_out = walk(value, found, path)
        if left_out and len(found.arrays) == before and not path:
            raise ArgumentTypeError(
                f"This {type(value).__name__} holds no array, but {', '.join(sorted(left_out))}. An account is made of "
                "arrays, or of what says shape and dtype as they do, in mappings and sequences of any depth."
            )
        for name in sorted(left_out - {"str", "NoneType"}):
            found.note("What is no array is not counted", name)


def _format(value: Any) -> str:
    leaf = next(iter(value.values()), None) if isinstance(value, Mapping) else None
    if leaf is not None and is_a(leaf, "torch", "Tensor"):
        return "torch state_dict"
    return "optax state" if _is_slots(value) else "a container of arrays"


def walk(value: Any, found: Found, path: str, said: Said = NOTHING) -> set[str]:
    """Add all arrays in a container.

    Args:
        value: the container.
        found: what they are added to.
        path: of the container.
        said: of all arrays in it.

    Returns:
        Types of what is no array and holds none.
    """
    left_out: set[str] = set()
    waiting: list[tuple[Any, str, Said, tuple[int, ...]]] = [(value, path, said, ())]
    while waiting:
        value, path, said, around = waiting.pop()
        value = _unboxed(value)
        if is_array(value):
            _leaf(value, found, path, said)
            continue
        children = _children(value)
        if children is None:
            if said is SLOT or not found.read(value, path):
                left_out.add(type(value).__name__)
            continue
        if id(value) in around or len(around) > _MOST_DEPTH:
            found.note("Containers that stand in themselves or too deep; not followed further", path)
            continue
        if said is NOTHING and _is_slots(value):
            said = SLOT
        inside = (*around, id(value))
        waiting += reversed([(child, _joined(path, name), said, inside) for name, child in children])
    return left_out


def _children(value: Any) -> list[tuple[str, Any]] | None:
    """Return the named children of a container; ``None`` of what is none."""
    if isinstance(value, Mapping):
        return [(str(name), child) for name, child in value.items()]
    if isinstance(value, list | tuple):
        names = asked(value, "_fields") or map(str, range(len(value)))
        return list(zip(names, value, strict=True))
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and not _is_model(value):
        return [(field.name, asked(value, field.name)) for field in dataclasses.fields(value)]
    return None


def _is_model(value: Any) -> bool:
    return is_a(value, "flax", "Module") or is_a(value, "equinox", "Module")


def _is_slots(value: Any) -> bool:
    """Return whether a container is the state of an optimizer."""
    if isinstance(value, Mapping):
        return "state" in value and "param_groups" in value
    if isinstance(value, tuple) and any(cls.__module__.startswith("optax.") for cls in classes(value)):
        return True
    return isinstance(value, tuple) and bool(value) and not hasattr(value, "_fields") and all(map(_is_slots, value))


def _unboxed(value: Any) -> Any:
    """Return what a box of Flax holds: it says beside the value how that is laid over devices."""
    while is_a(value, "flax", "AxisMetadata"):
        value = asked(value, "value")
    return value


def _joined(path: str, name: str) -> str:
    return f"{path}{'.' if '.' in name else '/'}{name}" if path else name  # a name with dots is a path already


def _leaf(value: Any, found: Found, path: str, said: Said) -> None:
    if said is NOTHING:
        said = _said_by(value)
    found.add(path, value, said)


def _said_by(value: Any) -> Said:
    """Return what an array says of itself."""
    if is_a(value, "torch", "Parameter"):
        return Said(bool(asked(value, "requires_grad", False)), True, evidence=DECLARED)
    if str(asked(asked(value, "dtype"), "name", "")).startswith("key<"):
        return Said(False, False, role=roles.RANDOM_STATE, evidence=DECLARED)
    trainable = asked(value, "trainable")  # variables of Keras, of TensorFlow and of ours
    if isinstance(trainable, bool):
        return Said(trainable, trainable, role=str(asked(value, "role") or ""), evidence=DECLARED)
    return NOTHING


def is_linen(value: Any) -> bool:
    """Return whether this is what a Linen module's `init` returns: collections of variables, `params` among them."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("params"), Mapping)
        and all(isinstance(name, str) and isinstance(inside, Mapping) for name, inside in value.items())
        and not any(is_a(leaf, "torch", "Tensor") for leaf in value["params"].values())
    )


def _read_linen(variables: Mapping[str, Any], found: Found, path: str) -> None:
    for collection, inside in variables.items():
        said = _COLLECTIONS.get(collection, Said(False, False))
        first = len(found.arrays)
        walk(inside, found, _joined(path, collection), said._replace(evidence=f"collection {collection}"))
        _name_roles(found, first, collection)


def _name_roles(found: Found, first: int, collection: str) -> None:
    """Say roles of Linen's own names: beside a scale, a bias is the offset of a normalisation."""
    arrays = found.arrays[first:]
    scaled = {array.layer for array in arrays if array.name == "scale"}
    for array in arrays:
        if array.role or array.name not in _LINEN or (array.name in ("mean", "var")) != (collection == "batch_stats"):
            continue
        array.role = roles.OFFSET if array.name == "bias" and array.layer in scaled else _LINEN[array.name]
        array.evidence = f"collection {collection}, named {array.name}"


def _read_training(state: Any, found: Found, path: str) -> None:
    """Add what a TrainState holds: parameters, other collections, and beside them the optimizer's state."""
    for field in dataclasses.fields(state):
        value = asked(state, field.name)
        here = _joined(path, field.name)
        if field.name == "opt_state":
            walk(value, found, here, SLOT)
        elif field.name == "params":
            if is_linen(value):
                _read_linen(value, found, path)
            else:
                _read_linen({"params": value}, found, path)
        elif field.name in _COLLECTIONS:
            _read_linen({field.name: value}, found, path)
        elif field.name == "step" and is_array(value):
            found.add(here, value, Said(False, False, role=roles.COUNTER, evidence=DECLARED))
        elif value is not None and not callable(value) and field.name != "tx":
            walk(value, found, here, Said(False, False, evidence=f"field {field.name} of a TrainState"))
