"""Which of our classes a record of a file means; nothing is ever imported because a file names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from weigh.declare import config as configuration
from weigh.declare.layer import Layer
from weigh.declare.operation import Operation
from weigh.errors import FormatError

_HOUSES = {
    "keras.activations": "weigh.parts.activations",
    "keras.constraints": "weigh.parts.constraints",
    "keras.initializers": "weigh.parts.initializers",
    "keras.layers": "weigh.layers",
    "keras.losses": "weigh.training.losses",
    "keras.metrics": "weigh.training.metrics",
    "keras.models": "weigh.models",
    "keras.optimizers": "weigh.training.optimizers",
    "keras.random": "weigh.compute.randomness",
    "keras.regularizers": "weigh.parts.regularizers",
}
_ELSEWHERE = {
    "keras": "weigh.models",
    "keras.src.applications.convnext": "weigh.applications.convnext",
    "keras.src.applications.inception_resnet_v2": "weigh.applications.inception_resnet_v2",
    "keras.src.layers.preprocessing.feature_space": "weigh.models.feature_space",
    "keras.src.models.functional": "weigh.models.functional",
    "weigh.applications.text": "weigh.applications.text",
    "keras.utils": "weigh.models.feature_space",
}
_FUNCTIONS = ("activations", "losses", "metrics", "initializers", "regularizers", "constraints")


def resolve(module: str, name: str) -> Any:
    """Return our class, or function of a module ``"builtins"``, that Keras knows as ``module.name``; else ``None``."""
    if (module, name) == ("keras", "DTypePolicy"):
        from weigh.declare.dtypes import DTypePolicy

        return DTypePolicy
    if module == "builtins":
        named = (_member(_HOUSES[f"keras.{family}"], name) for family in _FUNCTIONS)
        return next((function for function in named if function is not None and not isinstance(function, type)), None)
    if module.startswith("keras.src.ops."):
        return _operation(module, name)
    house = (_HOUSES | _ELSEWHERE).get(module)
    found = _member(house, name) if house is not None else None
    return found if hasattr(found, "from_config") else None


def _operation(module: str, name: str) -> Any:
    """Return our operation of Keras' module and class name; ``None`` if there is none."""
    from weigh.ops import names, operation

    for family in names.HOUSES.get(module.rpartition(".")[2], ()):
        import_module(f"weigh.ops.{family}")
    return operation.known.get((module, name))


def _member(house: str, name: str) -> Any:
    """Return what is called `name` among the public names of a module of ours and was made there."""
    module = import_module(house)
    public = getattr(module, "__all__", None) or dir(module)
    found = getattr(module, name) if name in public else None
    return found if callable(found) and found.__module__.startswith("weigh.") else None


def revive(record: Any, custom_objects: dict[str, Any] | None = None, connected: bool = False) -> Any:
    """Return the layer, network or operation that a record describes.

    Args:
        record: as `weigh.declare.config.serialize` gives it.
        custom_objects: names that the caller vouches for.
        connected: whether it is about to be called on tensors; then their shapes build it, which know where they come
            from, and not the plain numbers that the record has.

    Raises:
        FormatError: it describes nothing of ours, or something that cannot be made.
    """
    if not isinstance(record, dict) or not isinstance(record.get("config"), dict):
        raise FormatError(f"A layer should be described by a record with a `config`, not by {str(record)[:80]!r}.")
    what = f"The {record.get('class_name')} {record['config'].get('name', record.get('name'))!r}"
    kept = {key: value for key, value in record.items() if key != "build_config"} if connected else record
    with unchecked(f"{what} cannot be made"):
        layer = configuration.deserialize(kept, resolve, custom_objects)
        if connected and isinstance(layer, Layer) and _builds_itself(layer):
            layer.build_from_config(record.get("build_config") or {})
    if not isinstance(layer, Operation):
        raise FormatError(f"{what} stands where a layer should be.")
    return layer


def _builds_itself(layer: Layer) -> bool:
    return type(layer).build_from_config is not Layer.build_from_config and not layer.built


@contextmanager
def unchecked(problem: str) -> Iterator[None]:
    """Let errors be FormatErrors that begin with `problem`: the block uses values of a file as they are."""
    try:
        yield
    except FormatError as error:
        raise type(error)(f"{problem}: {error}") from error
    except Exception as error:  # what a constructor raises on values that nobody checked can be anything
        raise FormatError(f"{problem}: {error}") from error
