"""What the configuration of a network of Keras says of its layers, as plain data: nothing is made of it.

A configuration names classes, functions and modules, and may carry code. Here all of these are text.

Sources: Keras 3.15, ``keras/src/saving/serialization_lib.py`` and ``saving_lib.py`` (`_save_container_state`: how parts
are called in files); CVE-2024-3660, CVE-2025-1550, CVE-2025-8747, CVE-2025-9905, CVE-2025-9906 (what came of doing as
configurations say).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from weigh.declare import naming
from weigh.formats import plain_json
from weigh.formats.source import Source

_PARTS = (
    *("activations", "constraints", "dtype_policies", "engine", "initializers", "layers", "losses", "metrics"),
    *("mixed_precision", "models", "optimizers", "random", "regularizers"),
)
_ROOTS = ("keras", "keras.src", "tf_keras", "tf_keras.src", "tensorflow.keras")
_SHOWN = 100  # characters of a name in a sentence
_SENTENCES = 100  # on what was not done


class LayerRecord(NamedTuple):
    """A layer of a configuration.

    Attributes:
        name: its own.
        path: its name behind those of the networks that it is in.
        type: the name of its class.
        trainable: whether it and all networks that it is in are said to be trainable.
        config: its arguments.
        layers: the layers inside, in order.
    """

    name: str
    path: str
    type: str
    trainable: bool
    config: dict[str, Any]
    layers: list[LayerRecord]


def parsed(text: str | bytes, source: Source, what: str) -> Any:
    """Return a configuration; raises a FormatError as `plain_json.parsed`."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return plain_json.parsed(data, f"{source.name}: {what}", depth=source.limits.depth)


def layers(config: Any) -> list[LayerRecord]:
    """Return the layers of a network, as far as its configuration has the usual form."""
    root = LayerRecord("", "", "", True, {}, [])
    waiting = [(config, root)]
    while waiting:
        network, parent = waiting.pop()
        inner = _of(network).get("config")
        records = inner.get("layers") if isinstance(inner, dict) else inner  # Keras 1 lists a Sequential's as they are
        trainable = parent.trainable and (not isinstance(inner, dict) or inner.get("trainable") is not False)
        for record in map(_of, records if isinstance(records, list) else ()):
            own = _of(record.get("config"))
            name = own.get("name", record.get("name"))
            name = name if isinstance(name, str) else ""
            kind = record.get("class_name")
            found = LayerRecord(
                name,
                f"{parent.path}/{name}" if parent.path else name,
                kind if isinstance(kind, str) else "",
                trainable and own.get("trainable") is not False,
                own,
                [],
            )
            parent.layers.append(found)
            if isinstance(record.get("config"), list) or isinstance(own.get("layers"), list):
                waiting.append((record, found))
    return root.layers


def by_place(records: list[LayerRecord], path: str = "layers") -> Iterator[tuple[str, LayerRecord]]:
    """Yield the layers with their places in a weights file of Keras 3: by class name, counted."""
    waiting = [(records, path)]
    while waiting:
        listed, path = waiting.pop()
        used: dict[str, int] = {}
        for record in listed:
            name = naming.snake_case(record.type)
            number = used[name] = used.get(name, -1) + 1
            place = f"{path}/{name}_{number}" if number else f"{path}/{name}"
            yield place, record
            if record.layers:
                waiting.append((record.layers, f"{place}/layers"))


def by_name(records: list[LayerRecord]) -> dict[str, LayerRecord]:
    """Return all layers inside by their own names; of several of one name the first."""
    found: dict[str, LayerRecord] = {}
    waiting = list(reversed(records))
    while waiting:
        record = waiting.pop()
        found.setdefault(record.name, record)
        waiting += reversed(record.layers)
    return found


def refusals(config: Any, name: str) -> list[str]:
    """Return a sentence for everything that a configuration asks for and a reader must not do, each once.

    Args:
        config: as it was parsed.
        name: of the file.
    """
    sentences: dict[str, None] = {}
    waiting = [config]
    while waiting and len(sentences) < _SENTENCES:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, dict):
            waiting += reversed(one.values())
            if sentence := _refusal(one):
                sentences[f"{name}: {sentence}"] = None
    return list(sentences)


def _refusal(record: dict[str, Any]) -> str | None:
    kind, module = record.get("class_name"), record.get("module")
    if not isinstance(kind, str):
        return None
    config = record.get("config")
    own = _of(config)
    function = own.get("function")
    if kind == "__lambda__" or (kind == "Lambda" and isinstance(function, list)):
        return f"{kind} {_shown(own.get('name', ''))} carries code, which was not run."
    named = config if kind == "function" and isinstance(config, str) else kind
    if isinstance(module, str) and module != "builtins" and not _is_of_keras(module, kind):
        return f"{_shown(f'{module}.{named}')} was named and not imported."
    if kind == "function" and (module != "builtins" or record.get("registered_name") != "function"):
        return f"the function {_shown(named)} was named and not looked up."
    return None


def _is_of_keras(module: str, kind: str) -> bool:
    """Return whether a module is one of Keras in which there are only parts of networks."""
    if kind == "function":
        return False
    return any(module == root or module.startswith(tuple(f"{root}.{part}" for part in _PARTS)) for root in _ROOTS)


def _shown(name: Any) -> str:
    return ascii(str(name)[:_SHOWN])


def _of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
