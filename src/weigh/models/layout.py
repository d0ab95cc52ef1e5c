"""Where the values of a network stand in a weights file, as Keras 3 lays them out.

Parts are found by the attributes that hold them, in the order of the attributes' names, private ones last; in lists by
class name and number. Names of layers play no part, since automatic ones differ from process to process.

Source: Keras 3.15, ``keras/src/saving/saving_lib.py`` (`_walk_saveable`, `_save_state`, `_save_container_state`). One
thing is added, which Keras skips on reading: the state of random generators, so that training goes on as it would have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weigh.compute import values
from weigh.declare import naming
from weigh.declare.layer import Layer
from weigh.declare.weight import Holder
from weigh.errors import FormatError
from weigh.formats.keras_file import KerasFile
from weigh.formats.weights_file import Group, Weights
from weigh.models.model import Model
from weigh.models.sequential import Sequential

_NOT_PARTS = frozenset({"_arguments", "_stack", "_trainer"})  # of no part, or of parts that `layers` has


def parts(network: Layer) -> Iterator[tuple[str, Any]]:
    """Yield each layer, optimizer and random generator of a network once, with its path in the file."""
    yield from _parts(network, "", set())


def variables(part: Any) -> list[Any]:
    """Return the variables of a part itself, in the order in which the file numbers them."""
    if isinstance(part, Layer):
        return part.own_weights
    return list(part.holdings if isinstance(part, Holder) else part.slots)


def groups(network: Layer) -> Iterator[Group]:
    """Yield the values of a network's parts, as they are written; values that are not made yet are made."""
    found = list(parts(network))
    values.materialise([variable for _, part in found for variable in variables(part)])
    for path, part in found:
        yield Group(path, part.name, _stored(part))


def _stored(part: Any) -> dict[str, Any]:
    import numpy

    store: dict[str, Any] = {}
    if hasattr(part, "save_own_variables"):  # a user's layer may choose what is kept, as in Keras
        part.save_own_variables(store)
    else:
        store = {str(index): variable.raw for index, variable in enumerate(variables(part))}
    return {key: numpy.asarray(value) for key, value in store.items()}


def assets(network: Any) -> Iterator[tuple[str, str, bytes]]:
    """Yield of each file that a part keeps beside its weights the part's path, the file's name and its content."""
    import tempfile
    from pathlib import Path

    for path, part in parts(network):
        if hasattr(part, "save_assets"):
            with tempfile.TemporaryDirectory() as folder:
                part.save_assets(folder)
                for file in sorted(Path(folder).iterdir()):
                    yield path, file.name, file.read_bytes()


def restore_assets(network: Any, file: KerasFile) -> None:
    """Give the parts of a network the files that they kept beside their weights."""
    import tempfile
    from pathlib import Path

    for path, part in parts(network):
        kept = file.assets(path) if hasattr(part, "load_assets") else {}
        if kept:
            with tempfile.TemporaryDirectory() as folder:
                for name, content in kept.items():
                    Path(folder, name).write_bytes(content)
                part.load_assets(folder)


def restore(network: Model, weights: Weights, name: str, skip_mismatch: bool = False) -> None:
    """Give a network's variables the values that a file has for them: all or none.

    Args:
        network: the network; its weights are declared.
        weights: the open file.
        name: what the file is called in messages.
        skip_mismatch: whether parts that do not fit keep their values, with a warning, and the others are read.

    Raises:
        FormatError: the file is damaged, or does not fit the network; nothing was changed.
    """
    import warnings

    if network.optimizer is not None:
        network.optimizer.build(network.trainable_variables)  # so that the slots that the file may have find a place
    fitting, problems = [], []
    for path, part in parts(network):
        keys = weights.keys(path)
        problem = _problem(path, part, keys, weights)
        if problem is None:
            fitting.append((path, part, keys))
        elif part is network.optimizer:  # another one than the weights were trained with: as in Keras, it begins anew
            warnings.warn(f"{name}: {problem}. The optimizer begins anew.", stacklevel=4)
        else:
            problems.append(problem)
    if problems:
        message = f"{name} does not fit the network {network.name!r}: " + "; ".join(problems[:5])
        message += f"; and {len(problems) - 5} more." if len(problems) > 5 else "."
        if not skip_mismatch:
            raise FormatError(f"{message} No weight was changed.")
        warnings.warn(f"{message} These keep their values.", stacklevel=4)
    own = [variable for _, part, _ in fitting for variable in variables(part)]
    before = [variable.raw if variable.materialised else None for variable in own]
    try:
        for path, part, keys in fitting:
            _fill(path, part, keys, weights)
    except BaseException:
        for variable, value in zip(own, before, strict=True):
            variable.store(value)
        raise


def _problem(path: str, part: Any, keys: list[str], weights: Weights) -> str | None:
    """Return why the file's values for a part do not fit it, ``None`` where they do."""
    own = variables(part)
    if hasattr(part, "load_own_variables") or (not keys and _may_be_missing(part)):
        return None
    if sorted(keys) != sorted(map(str, range(len(own)))):
        if _is_fresh_optimizer(part, keys):
            return None
        return f"{part.name!r} has {len(own)} variables, but the file has {len(keys)} at {path or '/'!r}"
    for key, variable in enumerate(own):
        shape = weights.shape(path, str(key))
        if shape != variable.shape:
            return f"{variable.path!r} has shape {variable.shape}, but {path}/vars/{key} of the file has shape {shape}"
    return None


def _may_be_missing(part: Any) -> bool:
    return isinstance(part, Holder) or not isinstance(part, Layer)  # Keras keeps no random states


def _is_fresh_optimizer(part: Any, keys: list[str]) -> bool:
    """Return whether Keras saved an optimizer before its first step: iteration and learning rate, no slots."""
    return not isinstance(part, (Layer, Holder)) and sorted(keys) == ["0", "1"]


def _fill(path: str, part: Any, keys: list[str], weights: Weights) -> None:
    if hasattr(part, "load_own_variables"):
        part.load_own_variables({key: weights.array(path, key) for key in keys})
        return
    own = variables(part)
    for key in keys:
        own[int(key)].assign(weights.array(path, key))


def _parts(part: Any, path: str, visited: set[int]) -> Iterator[tuple[str, Any]]:
    if id(part) in visited:
        return
    visited.add(id(part))
    yield path, part
    for attribute, value in _attributes(part):
        inner = f"{path}/{attribute}" if path else attribute
        if _is_part(value):
            yield from _parts(value, inner, visited)
        elif isinstance(value, (list, tuple, dict)):
            yield from _contained(value, inner, visited, set())


def _contained(container: Any, path: str, visited: set[int], entered: set[int]) -> Iterator[tuple[str, Any]]:
    if id(container) in entered:
        return
    entered.add(id(container))
    used: dict[str, int] = {}

    def numbered(name: str) -> str:
        used[name] = number = used.get(name, -1) + 1
        return f"{path}/{name}_{number}" if number else f"{path}/{name}"

    for value in container.values() if isinstance(container, dict) else container:
        if _is_part(value):
            yield from _parts(value, numbered(naming.snake_case(type(value).__name__)), visited)
        elif isinstance(value, (list, tuple, dict)):
            yield from _contained(value, numbered("container"), visited, entered)


def _attributes(part: Any) -> list[tuple[str, Any]]:
    found = {name: value for name, value in vars(part).items() if name not in _NOT_PARTS and name[:2] != "__"}
    if isinstance(part, Model):
        found |= {"layers": part.layers, "optimizer": part.optimizer}
    in_order = sorted(found, key=lambda name: f"~{name}" if name.startswith("_") else name)
    if isinstance(part, Sequential) or (isinstance(part, Model) and part.graph is not None):
        in_order.sort(key=lambda name: name != "layers")
    return [(name, found[name]) for name in in_order]


def _is_part(value: Any) -> bool:
    return isinstance(value, (Layer, Holder)) or hasattr(value, "slots")
