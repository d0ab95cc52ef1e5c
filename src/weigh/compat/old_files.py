"""Networks in files of Keras 1 and 2: the architecture is translated, layers are made through the doors of that Keras.

What such files say of the graph becomes what Keras 3 says, as plain data; each layer's arguments go through the
spelling of its Keras. Nothing is made of code, and no name is looked up but those of layers.

Sources: Keras 1.2.2, ``keras/engine/topology.py`` (`Container.get_config`) and ``keras/models.py``; Keras 2.15,
``keras/src/engine/functional.py`` (`get_network_config`) and ``keras/src/saving/legacy/hdf5_format.py``.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from weigh.compat.door import Door
from weigh.errors import FormatError
from weigh.formats import keras_h5
from weigh.formats.keras_account import MODEL, VERSION
from weigh.models import ordered, saving
from weigh.models.catalogue import revive, unchecked

_NETWORKS = ("Functional", "Model", "Sequential")
_INSIDE = ("layer", "backward_layer", "cell")
"""Arguments that are layers."""

_HOW_WRITTEN = ("mode_type", "output_shape_type", "output_mask_type", "function_type", "module")
"""What Keras 1 noted of functions among the arguments: ``"raw"``, or that they are code."""

_PARTS = {"regularizer": "regularizers", "constraint": "constraints"}
"""Where Keras 1 has classes that it describes by a flat record, by the last word of the argument."""


def load_model(
    filepath: Any, custom_objects: dict[str, Any] | None = None, door: str | None = None, safe_mode: bool = True
) -> Any:
    """Return the network in an HDF5 file of a whole network, with its weights; it is not compiled.

    Args:
        filepath: the file.
        custom_objects: classes by name that the file may use beside ours.
        door: the package whose layers are made, ``"weigh.compat.keras1"``; by default that of the file's Keras.
        safe_mode: whether a file that carries code is refused; no code is run either way.

    Raises:
        FormatError: it holds no network, is damaged, or names a layer that is neither ours nor passed.
        UnsafeFileError: it carries code.
    """
    path = saving._path(filepath)
    with keras_h5.opened(path) as file:
        said = {name: file.text(name) for name in (MODEL, VERSION)}
        if said[MODEL] is None:
            raise FormatError(
                f"{path} holds weights alone, no network: declare the network and call `load_weights({path!r})`."
            )
        with unchecked(path):
            model = declared(parsed(said[MODEL] or ""), said[VERSION], custom_objects, door, safe_mode)
        ordered.restore(model, file, path)
    return model


def parsed(text: str) -> Any:
    """Return the record of a network from its JSON.

    Raises:
        FormatError: it is no JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"The text is not JSON, or nested too deeply: {error}.") from error


def is_old(record: Any, version: str | None = None) -> bool:
    """Return whether a record of a network is one of Keras 1 or 2, by its version or, without one, by its form."""
    version = version or (record.get(VERSION) if isinstance(record, dict) else None)
    if isinstance(version, str):
        return version.partition(".")[0] in ("1", "2")
    return isinstance(record, dict) and record.get("class_name") in _NETWORKS and "module" not in record


def declared(
    record: Any,
    version: str | None = None,
    custom_objects: dict[str, Any] | None = None,
    door: str | None = None,
    safe_mode: bool = True,
) -> Any:
    """Return the network that a record describes, with weights that are declared and not made.

    Args:
        record: the architecture, as plain data.
        version: of the Keras that wrote it; by default what the record says itself.
        custom_objects: as of `load_model`.
        door: as of `load_model`.
        safe_mode: as of `load_model`.

    Raises:
        FormatError: it describes no network, or names a layer that is neither ours nor passed.
        UnsafeFileError: it carries code.
    """
    saving._refuse_code(record, safe_mode)
    if not is_old(record, version):
        with unchecked("The network cannot be made"):
            record = _with_modules(record)
        return saving._network(record, custom_objects, safe_mode)
    version = str(version or record.get(VERSION) or "2")
    reader = _Reader(import_module(door or f"weigh.compat.keras{version.partition('.')[0]}"), custom_objects or {})
    with unchecked("The network cannot be made"):
        translated = reader.translated(record)
    return saving._network(translated, reader.known, safe_mode)


def _with_modules(record: Any) -> Any:
    """Return a record of Keras 3 with the modules that it leaves out where it writes the older layout."""
    if not isinstance(record, dict) or "module" in record or not isinstance(record.get("config"), dict):
        return record
    kind = str(record.get("class_name"))
    module = {"Functional": "keras.src.models.functional", "Sequential": "keras"}.get(kind, "keras.layers")
    config = dict(record["config"])
    if kind in _NETWORKS and isinstance(config.get("layers"), list):
        config["layers"] = [_with_modules(layer) for layer in config["layers"]]
    return {**record, "module": module, "config": config}


class _Reader:
    """Translates the records of an older Keras.

    Args:
        keras: the package with its spelling.
        custom_objects: classes that the caller vouches for.

    Attributes:
        known: what translated records name: its layers, as they are made of their arguments, and networks.
    """

    def __init__(self, keras: Any, custom_objects: dict[str, Any]) -> None:
        self.keras = keras
        networks = import_module(f"{keras.__name__}.networks")
        sequential = import_module(f"{keras.__name__}.sequential")
        self.known = {"Functional": networks.Functional, "Sequential": sequential.Sequential, **custom_objects}
        self._custom = custom_objects

    def translated(self, record: Any) -> dict[str, Any]:
        """Return the record of a layer or network in the form of Keras 3.

        Raises:
            FormatError: it is none, or no layer of that name is known.
        """
        kind = record.get("class_name") if isinstance(record, dict) else None
        config = record.get("config") if isinstance(record, dict) else None
        if not isinstance(kind, str) or not isinstance(config, dict | list):
            raise FormatError(f"A layer should be described by a record, not by {str(record)[:80]!a}.")
        if kind in self._custom:
            return {"module": None, "class_name": kind, "config": config}
        if kind == "Sequential":
            inner = {"layers": config} if isinstance(config, list) else dict(config)
            inner["layers"] = [self.translated(layer) for layer in _records(inner.get("layers"), "layers")]
            inner.setdefault("name", record.get("name"))
            return {"module": None, "class_name": kind, "config": inner}
        if not isinstance(config, dict):
            raise FormatError(f"The arguments of the {kind} should be a record, not a list.")
        if kind in _NETWORKS:
            return {"module": None, "class_name": "Functional", "config": self._graph(config)}
        layers = self.keras.layers
        made_by = getattr(layers, kind) if kind in layers.__all__ else None
        if not isinstance(made_by, Door) and kind != "Merge":
            raise FormatError(f"There is no layer {kind[:80]!a} among those of Keras {self.keras.__version__}.")
        self.known.setdefault(kind, _Spelled(self, made_by if isinstance(made_by, Door) else None))
        return {"module": None, "class_name": kind, "config": config}

    def _graph(self, config: dict[str, Any]) -> dict[str, Any]:
        records = _records(config.get("layers"), "layers")
        networks = {record.get("name"): record.get("class_name") for record in records}
        first = _first_calls(config, {name for name, kind in networks.items() if kind in _NETWORKS})

        def place(history: Any, counted: bool) -> list[Any]:
            name, call, output = history[:3]
            own = counted and networks.get(name) in ("Functional", "Model")  # whose calls Keras 3 counts from one there
            return [name, call - first.get(name, 0) + own, output]

        def tensor(value: Any) -> Any:
            if _is_history(value) and value[0] in networks:
                record = {"keras_history": place(value, False)}
                return {"class_name": "__keras_tensor__", "config": record}
            if isinstance(value, list):
                return [tensor(item) for item in value]
            return {key: tensor(item) for key, item in value.items()} if isinstance(value, dict) else value

        def called(record: dict[str, Any], node: Any) -> dict[str, Any]:
            inputs = [node] if _is_input(node) else node
            if not isinstance(inputs, list) or not inputs or not all(_is_input(item) for item in inputs):
                raise FormatError(f"A call should list [layer, call, output], not {str(node)[:80]!a}.")
            unknown = [item[0] for item in inputs if item[0] not in networks]
            if unknown:
                raise FormatError(f"A call takes the output of {unknown[0][:80]!a}, which is no layer of the network.")
            given = [tensor(item[:3]) for item in inputs]
            options = inputs[0][3] if len(inputs[0]) > 3 and isinstance(inputs[0][3], dict) else {}
            kwargs = {name: tensor(value) for name, value in options.items()}
            if len(given) > 1 and self._is_recurrent(record):
                return {"args": given[:1], "kwargs": {"initial_state": given[1:], **kwargs}}
            return {"args": given if len(given) == 1 else [given], "kwargs": kwargs}

        layers = [
            {
                **self.translated(record),
                "name": record.get("name"),
                "inbound_nodes": [called(record, node) for node in _listed(record.get("inbound_nodes"))],
            }
            for record in records
        ]
        ends = {
            side: [place(history, True) for history in _histories(config.get(side))]
            for side in ("input_layers", "output_layers")
        }
        return {"name": config.get("name"), "trainable": config.get("trainable", True), "layers": layers, **ends}

    def _is_recurrent(self, record: dict[str, Any]) -> bool:
        return str(record.get("class_name")) in (
            "RNN",
            "SimpleRNN",
            "LSTM",
            "GRU",
            "ConvLSTM2D",
            "CuDNNLSTM",
            "CuDNNGRU",
        )

    def layer(self, record: Any) -> Any:
        """Return the layer that a record among the arguments of another describes."""
        return revive(self.translated(record), self.known)


class _Spelled:
    """Makes a layer of the arguments that an older Keras wrote.

    Args:
        reader: what reads layers among the arguments.
        door: the layer's spelling; ``None`` for Merge, which is a function.
    """

    __module__ = "keras"  # the arguments are as that Keras wrote them, and are not held to those of ours

    def __init__(self, reader: _Reader, door: Door | None) -> None:
        self._reader = reader
        self._door = door

    def from_config(self, config: dict[str, Any]) -> Any:
        """Return the layer."""
        for name in _HOW_WRITTEN:
            if config.get(name, "raw") not in ("raw", None):
                raise FormatError(f"{config.get('name')!a} has a function among its arguments, which is not looked up.")
        arguments = {name: self._value(name, value) for name, value in config.items() if name not in _HOW_WRITTEN}
        return (self._reader.keras.layers.Merge if self._door is None else self._door)(**arguments)

    def _value(self, name: str, value: Any) -> Any:
        if name in _INSIDE and isinstance(value, dict):
            return self._reader.layer(value)
        if name == "cells" or (name == "layers" and self._door is None):
            return [self._reader.layer(item) for item in _records(value, name)]
        if name.endswith("shape") and isinstance(value, list):
            return tuple(value)
        if isinstance(value, dict) and name == "dtype":
            return (value.get("config") or {}).get("name")  # a policy
        if isinstance(value, dict) and "name" in value and "class_name" not in value:
            return self._part(name, value)
        return value

    def _part(self, name: str, value: dict[str, Any]) -> Any:
        """Return a regularizer or constraint of Keras 1."""
        house = _PARTS.get(name.rpartition("_")[2])
        if house is None:
            return value
        module = getattr(self._reader.keras, house)
        found = getattr(module, value["name"], None) if str(value["name"])[:1].isupper() else None
        if not isinstance(found, type) or not found.__module__.startswith("weigh."):
            raise FormatError(f"There is no {house.removesuffix('s')} {str(value['name'])[:80]!a}.")
        names = {"m": "max_value"}
        return found(**{names.get(argument, argument): item for argument, item in value.items() if argument != "name"})


def _records(value: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise FormatError(f"`{what}` should be a list of records.")
    return value


def _is_history(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and [type(item) for item in value] == [str, int, int]


def _is_input(value: Any) -> bool:
    return isinstance(value, list) and _is_history(value[:3])  # arguments of the call may follow


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list | type(None)):
        raise FormatError(f"The calls of a layer should be a list, not {str(value)[:80]!a}.")
    return value or []


def _histories(value: Any) -> list[list[Any]]:
    places = [value] if _is_history(value) else value
    if not isinstance(places, list) or not all(_is_history(place) for place in places):
        raise FormatError("Inputs and outputs should be lists of [layer, call, output].")
    return places


def _first_calls(config: dict[str, Any], networks: set[Any]) -> dict[str, int]:
    """Return the number of the first call of each network, which began with a call of its own or did not."""
    first: dict[str, int] = {}
    waiting: list[Any] = [config.get("layers"), config.get("output_layers")]
    while waiting:
        value = waiting.pop()
        if _is_input(value):
            if value[0] in networks:
                first[value[0]] = min(first.get(value[0], value[1]), value[1])
            waiting += value[3:]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += [item for name, item in value.items() if name != "config"]
    return first
