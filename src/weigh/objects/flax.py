"""Modules of Flax NNX, whose variables say by their classes what they are.

Sources: Flax 0.12, ``flax/nnx/variablelib.py`` (classes of variables), ``flax/nnx/pytreelib.py`` (which attributes are
nodes), ``flax/nnx/rnglib.py``, ``flax/nnx/nn``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weigh.account import roles
from weigh.errors import ArgumentTypeError
from weigh.objects.arrays import asked, classes, is_a, is_array
from weigh.objects.found import DECLARED, NOTHING, SLOT, Arguments, Found, Known, Said, known_as

_NNX = "flax.nnx"
_MAP = {"kernel": roles.KERNEL, "bias": roles.BIAS}
_NORM = {
    "scale": roles.SCALE,
    "bias": roles.OFFSET,
    "mean": roles.RUNNING_MEAN,
    "var": roles.RUNNING_VARIANCE,
}


def _linear(given: Arguments) -> Any:
    units = given.all("out_features")
    return {"kernel": (*given.all("in_features"), *units), "bias": units}


def _convolution(given: Arguments) -> Any:
    filters = given.one("out_features")
    inputs = given.share("in_features", "feature_group_count")
    return {"kernel": (*given.all("kernel_size"), inputs, filters), "bias": (filters,)}


def _embedding(given: Arguments) -> Any:
    return {"embedding": (given.one("num_embeddings"), given.one("features"))}


_NORMALISED = Known(_NORM, lambda given: dict.fromkeys(_NORM, given.all("num_features")))
_TABLE = {
    "Linear": Known(_MAP, _linear),
    "LinearGeneral": Known(_MAP, _linear),
    "Einsum": Known(_MAP),
    "Conv": Known(_MAP, _convolution),
    "ConvTranspose": Known(_MAP),
    "Embed": Known({"embedding": roles.EMBEDDING}, _embedding),
    "BatchNorm": _NORMALISED,
    "LayerNorm": _NORMALISED,
    "RMSNorm": _NORMALISED,
    "GroupNorm": _NORMALISED,
    "InstanceNorm": _NORMALISED,
    "PReLU": Known({"negative_slope": roles.SLOPE}),
    "LoRA": Known({"lora_a": roles.LOW_RANK_A, "lora_b": roles.LOW_RANK_B}),
}

_VARIABLES = {
    "Param": Said(True, True),
    "BatchStat": Said(False, False, kind=roles.STATISTIC),
    "RngState": Said(False, False, role=roles.RANDOM_STATE),
    "Cache": Said(False, False, role=roles.CARRIED),
    "OptState": SLOT,
    "Variable": Said(False, False),
}
"""What a variable is, by the nearest of its classes."""


def recognises(value: Any) -> bool:
    """Return whether this is a module, a state or a variable of NNX, or a module of Linen."""
    return is_a(value, "flax", "Module") or is_a(value, _NNX, "Pytree", "Object", "State", "Variable", "Optimizer")


def is_optimizer(value: Any) -> bool:
    """Return whether this is an optimizer of NNX."""
    return is_a(value, _NNX, "Optimizer")


def read(value: Any, found: Found, path: str) -> None:
    """Add all variables of a module.

    Raises:
        ArgumentTypeError: it is a module of Linen, which holds none.
    """
    if is_a(value, "flax.linen", "Module"):
        raise ArgumentTypeError(
            f"The Linen module {type(value).__name__} holds no variables. Give what its `init` returned, or what "
            "`jax.eval_shape(module.init, key, inputs)` returns, which costs nothing."
        )
    kind = "Optimizer" if is_optimizer(value) else "State" if isinstance(value, Mapping) else "Module"
    found.knows(f"flax.nnx.{kind}", type(value).__name__)
    name = "" if kind == "State" else type(value).__name__
    waiting: list[tuple[Any, str, Any, str, Said, tuple[int, ...]]] = [(value, path, None, name, NOTHING, ())]
    while waiting:
        value, path, owner, owner_path, said, around = waiting.pop()
        if is_a(value, _NNX, "Variable"):
            _read_variable(value, path, owner, owner_path, said, found)
            continue
        if is_array(value):
            said = said if said is SLOT else Said(False, False, evidence="an array that is no nnx.Variable")
            owner_type = "" if owner is None else type(owner).__name__
            found.add(path, value, said, layer=owner_path or None, layer_type=owner_type)
            continue
        children = _children(value)
        if children is None or id(value) in around:
            if children is None and not is_plain(value):
                found.read(value, path)
            continue
        if is_a(value, _NNX, "Pytree", "Object") and not is_a(value, _NNX, "List", "Dict"):
            owner, owner_path = value, path or type(value).__name__
        keeps_slots = is_optimizer(value)
        inside = (*around, id(value))
        waiting += reversed(
            [
                (
                    child,
                    f"{path}.{name}" if path else name,
                    owner,
                    owner_path,
                    SLOT if keeps_slots and name != "model" else said,
                    inside,
                )
                for name, child in children
            ]
        )


def is_plain(value: Any) -> bool:
    """Return whether a value is an argument rather than something that may hold arrays."""
    return value is None or callable(value) or isinstance(value, str | bytes | bool | int | float | complex)


def _children(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, Mapping):
        return [(str(name), child) for name, child in value.items()]
    if isinstance(value, list | tuple):
        return list(zip(asked(value, "_fields") or map(str, range(len(value))), value, strict=True))
    if not is_a(value, _NNX, "Pytree", "Object", "Module", "Optimizer"):
        return None
    attributes = vars(value)
    nodes = attributes.get("_pytree__nodes") or {}
    return [
        (name, child)
        for name, child in attributes.items()
        if nodes.get(name, True) and not name.startswith(("_pytree__", "_object__"))
    ]


def _read_variable(variable: Any, path: str, owner: Any, owner_path: str, said: Said, found: Found) -> None:
    cls = next(cls.__name__ for cls in classes(variable) if cls.__name__ in _VARIABLES)
    name = path.rpartition(".")[2]
    known = known_as(owner, _TABLE, _NNX)
    role = known.roles.get(name, "") if known is not None else ""
    if said is not SLOT:
        said = _VARIABLES[cls]
        evidence = DECLARED if cls != "Variable" or role else f"an nnx.{type(variable).__name__}"
        said = said._replace(role=said.role or role, evidence=evidence)
    if not is_array(variable):
        found.note("Variables whose value is no array, and that are not counted", path)
        return
    sizes = known.sizes(Arguments(owner, owner_path)) if known is not None and said is not SLOT else {}
    found.add(
        path,
        variable,
        said,
        layer=owner_path or None,
        layer_type="" if owner is None else type(owner).__name__,
        sizes=sizes.get(name, ()),
    )
