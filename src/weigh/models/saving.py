"""Networks to files and back, in the formats of Keras 3; and the names of ``keras.saving``."""

from __future__ import annotations

import json
import os
from importlib import import_module
from typing import Any

from weigh.declare import config as configuration
from weigh.declare.config import (
    custom_object_scope,
    get_custom_objects,
    get_registered_object,
    register_keras_serializable,
)
from weigh.declare.config import registered_name as get_registered_name
from weigh.declare.config import serialize_whole as serialize_keras_object
from weigh.errors import ArgumentError, ArgumentTypeError, FormatError, NotBuiltError, UnsafeFileError
from weigh.formats import keras_file, keras_h5, weights_file
from weigh.layers.base import Layer
from weigh.models import layout, ordered
from weigh.models.catalogue import resolve, revive, unchecked
from weigh.models.model import Model

CustomObjectScope = custom_object_scope
_OLDER = "weigh.compat.old_files"  # which knows the spelling of older files, and stands above

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "declare_model",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "model_from_json",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
    "to_json",
]


# The network --------------------------------------------------------------------------------------------------------


def to_json(model: Model, **options: Any) -> str:
    """Return the architecture as JSON, as Keras 3 writes it; `options` go to `json.dumps`."""
    return json.dumps(serialize_keras_object(model), **options)


def model_from_json(text: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the network that `to_json` described, with new weights.

    Raises:
        FormatError: the text is not JSON, or describes no network of ours.
        UnsafeFileError: it carries code.
    """
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"The text is not JSON, or nested too deeply: {error}.") from error
    return _network(record, custom_objects, safe_mode=True)


def deserialize_keras_object(
    config: Any, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True, **options: Any
) -> Any:
    """Return what `serialize_keras_object` described; `options` are accepted for compatibility.

    Raises:
        FormatError: it names a class that is neither ours nor registered; nothing is imported.
        UnsafeFileError: it carries code.
    """
    _refuse_code(config, safe_mode)
    with custom_object_scope(custom_objects or {}), configuration.reviving():
        return configuration.deserialize(config, resolve, custom_objects, safe_mode)


def _network(record: Any, custom_objects: dict[str, Any] | None, safe_mode: bool) -> Any:
    _refuse_code(record, safe_mode)
    with custom_object_scope(custom_objects or {}), configuration.reviving():
        model = revive(record, custom_objects)
    if not isinstance(model, Model) and not hasattr(type(model), "save"):
        raise FormatError(f"The configuration describes a {type(model).__name__}, not a network.")
    return model


def _refuse_code(record: Any, safe_mode: bool) -> None:
    """Look through a configuration for code before anything is made of it."""
    waiting = [record]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
            if _is_code(one):
                advice = (
                    "This is refused while `safe_mode` is on, and this version of weigh could not run it otherwise."
                    if safe_mode
                    else "This version of weigh does not run code from files."
                )
                raise UnsafeFileError(
                    f"The {one['class_name']} {_name(one)!r} carries Python code. {advice} Write a layer class and "
                    "register it with `weigh.saving.register_keras_serializable()` instead."
                )


def _is_code(record: dict[str, Any]) -> bool:
    """Return whether a record is a lambda, or a Lambda layer of Keras 2 or 3 with the code of one."""
    if record.get("class_name") != "Lambda" or not isinstance(record.get("config"), dict):
        return record.get("class_name") == "__lambda__"
    function = record["config"].get("function")
    return isinstance(function, list) or (isinstance(function, dict) and function.get("class_name") == "__lambda__")


def _name(record: dict[str, Any]) -> str:
    config = record.get("config")
    return str(config.get("name", "")) if isinstance(config, dict) else ""


# Whole models -------------------------------------------------------------------------------------------------------


def save_model(model: Layer, filepath: Any, overwrite: bool = True, zipped: bool | None = None) -> None:
    """Write architecture, weights and training state to a ``.keras`` file; whole or not at all.

    Args:
        model: the network; weights that are not made yet are made.
        filepath: the file, ending in ``.keras``.
        overwrite: whether a file may be there already.
        zipped: accepted for compatibility; a folder instead of a file is not written.

    Raises:
        ArgumentError: the path does not end in ``.keras``, or `zipped` is False.
        SaveError: the file cannot be written; what was there before is untouched.
    """
    path = _path(filepath)
    if zipped is False:
        raise ArgumentError("`zipped=False`, a folder instead of a file, is not supported: leave `zipped` away.")
    if not path.endswith(".keras"):
        raise ArgumentError(f"`filepath` must end in '.keras', or for weights alone in '.weights.h5'; got {path!r}.")
    keras_file.save(path, serialize_keras_object(model), layout.groups(model), overwrite, layout.assets(model))


def load_model(
    filepath: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Return the network in a ``.keras`` file that weigh or Keras 3 wrote, or in a file of Keras 1 or 2.

    Args:
        filepath: the file; what an older Keras wrote is not compiled.
        custom_objects: classes and functions by name that the file may use beside ours and the registered ones.
        compile: whether it is compiled as it was when it was saved.
        safe_mode: whether a file that carries code is refused; this version runs no code from files either way.

    Raises:
        FormatError: it is no ``.keras`` file, is damaged, or names something that is neither ours nor registered.
        UnsafeFileError: it asks for something that reading must not do, such as running code.
    """
    path = _path(filepath)
    if keras_h5.is_of(path):
        return import_module(_OLDER).load_model(path, custom_objects, safe_mode=safe_mode)
    with keras_file.opened(path) as file:
        with unchecked(path):
            model = _declared(file, custom_objects, safe_mode)
        compile_config = file.config.get("compile_config")
        if compile and compile_config and not _is_older(file):
            problem = f"{path}: the network cannot be compiled as it was (`compile=False` leaves this away)"
            with unchecked(problem), custom_object_scope(custom_objects or {}):
                _refuse_code(compile_config, safe_mode)
                model.compile_from_config(compile_config)
        with file.weights() as weights:
            layout.restore(model, weights, path)
        with unchecked(f"{path}: what layers keep beside their weights does not fit"):
            layout.restore_assets(model, file)
    return model


def declare_model(filepath: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the network in a ``.keras`` file as it is declared, not compiled; the weights in the file are not read.

    Raises:
        FormatError: it is no ``.keras`` file, or names something that is neither ours nor registered.
        UnsafeFileError: it asks for something that reading must not do, such as running code.
    """
    path = _path(filepath)
    with keras_file.opened(path) as file, unchecked(path):
        return _declared(file, custom_objects, safe_mode=True)


def _is_older(file: keras_file.KerasFile) -> bool:
    return file.version.partition(".")[0] in ("1", "2")


def _declared(file: keras_file.KerasFile, custom_objects: dict[str, Any] | None, safe_mode: bool) -> Any:
    """Return the network of a file, not compiled."""
    record = {**file.config, "compile_config": None}
    if _is_older(file):
        return import_module(_OLDER).declared(record, file.version, custom_objects, safe_mode=safe_mode)
    return _network(record, custom_objects, safe_mode)


# Weights alone ------------------------------------------------------------------------------------------------------


def save_weights(model: Model, filepath: Any, overwrite: bool = True) -> None:
    """Write the weights, and the optimizer's if there is one, to a ``.weights.h5`` file; whole or not at all.

    Raises:
        ArgumentError: the path does not end in ``.weights.h5``.
        NotBuiltError: the weights are not declared yet.
        SaveError: the file cannot be written; what was there before is untouched.
    """
    path = _path(filepath)
    if not path.endswith(".weights.h5"):
        raise ArgumentError(f"`filepath` must end in '.weights.h5', not {path!r}.")
    _check_built(model, "saved")
    weights_file.save(path, layout.groups(model), overwrite)


def load_weights(model: Model, filepath: Any, skip_mismatch: bool = False) -> None:
    """Read the weights from a file; all or none, unless mismatches are skipped.

    Args:
        model: the network.
        filepath: the file: ``.weights.h5`` or ``.keras`` of Keras 3, or ``.h5`` or ``.hdf5`` of Keras 1 or 2, whose
            layers are taken in order, whatever they are called.
        skip_mismatch: whether layers whose weights do not fit keep theirs, with a warning, and the others are read.

    Raises:
        ArgumentError: the path ends otherwise.
        NotBuiltError: the weights are not declared yet.
        FormatError: the file is damaged or does not fit the network; no weight was changed.
    """
    path = _path(filepath)
    _check_built(model, "loaded")
    if path.endswith(".keras"):
        with keras_file.opened(path) as file, file.weights() as weights:
            layout.restore(model, weights, path, skip_mismatch)
    elif path.endswith(".weights.h5"):
        with weights_file.opened(path) as weights:
            layout.restore(model, weights, path, skip_mismatch)
    elif path.endswith((".h5", ".hdf5")):
        with keras_h5.opened(path) as layers:
            ordered.restore(model, layers, path, skip_mismatch)
    else:
        raise ArgumentError(
            f"`filepath` must end in '.weights.h5' or '.keras', or in '.h5' for a file of Keras 1 or 2, not {path!r}."
        )


def _check_built(model: Model, what: str) -> None:
    if not model.built:
        raise NotBuiltError(
            f"Model {model.name!r} is not built, so there are no weights to be {what}: call it on data, or "
            "`build(input_shape)`, first."
        )


def _path(filepath: Any) -> str:
    try:
        return os.fsdecode(filepath)
    except TypeError:
        raise ArgumentTypeError(
            f"`filepath` must be a path, not {filepath!r} of type {type(filepath).__name__}."
        ) from None
