"""Layers, models and optimizers of Keras 3, tf.keras and tf_keras, and other modules of TensorFlow.

Sources: Keras 3.15, ``keras/src/layers/layer.py`` (`_layers`, `_trainable_variables`, `_seed_generators`) and
``keras/src/ops/node.py``; tf_keras 2.21, ``tf_keras/src/engine/base_layer.py``; TensorFlow, ``tf.Module``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from weigh.account import roles
from weigh.declare.dim import Dim, Origin
from weigh.errors import NotBuiltError
from weigh.objects.arrays import asked, classes, dtype_of, is_a, shape_of
from weigh.objects.found import DECLARED, SLOT, Arguments, Found, Said, known_as
from weigh.objects.keras_layers import CHANNELS_LAST, PASSING, TABLE, UNITS

PACKAGES = "keras tf_keras tensorflow.python.keras"
_UNBUILT = "Not built, so their weights are not known and not counted"


def recognises(value: Any) -> bool:
    """Return whether this is a layer, a model or an optimizer of Keras, or another module of TensorFlow."""
    return is_layer(value) or is_optimizer(value) or is_a(value, "tensorflow", "Module")


def is_layer(value: Any) -> bool:
    """Return whether this is a layer or a model of Keras."""
    return is_a(value, PACKAGES, "Layer")


def is_optimizer(value: Any) -> bool:
    """Return whether this is an optimizer of Keras."""
    return is_a(value, PACKAGES, "Optimizer", "BaseOptimizer", "_BaseOptimizer", "OptimizerV2")


def read(value: Any, found: Found, path: str) -> None:
    """Add all weights of a layer or model; random states and the optimizer's slots stand beside.

    Raises:
        NotBuiltError: none of its weights is declared yet.
    """
    if is_optimizer(value):
        found.knows(f"{_library(value)} optimizer", str(asked(value, "name") or type(value).__name__))
        read_slots(value, found, path or "optimizer")
        return
    if not is_layer(value):
        _read_module(value, found, path)
        return
    found.knows(_library(value), str(value.name))
    trained = {id(weight) for weight in value.trainable_weights}
    if not asked(value, "built", True) and not value.weights:
        raise NotBuiltError(
            f"{value.name!r} ({type(value).__name__}) is not built: its weights depend on the shape of its input. "
            "Call it on a tensor, or `build(input_shape)`, first."
        )
    is_network = is_a(value, PACKAGES, "Model")
    _Layers(found, trained).add(value, path or ("" if is_network else str(value.name)))
    optimizer = asked(value, "optimizer")
    if optimizer is not None and is_optimizer(optimizer):
        read_slots(optimizer, found, f"{path}/optimizer" if path else "optimizer")


def read_slots(optimizer: Any, found: Found, path: str) -> None:
    """Add all variables of an optimizer."""
    variables = asked(optimizer, "variables") or ()
    for variable in variables() if callable(variables) else variables:
        name = str(asked(variable, "path") or variable.name).removesuffix(":0")
        found.add(f"{path}/{name}", variable, SLOT, layer=path, layer_type=type(optimizer).__name__)


def _library(value: Any) -> str:
    homes = [cls.__module__ for cls in classes(value)]
    if any(home.startswith("tensorflow.") for home in homes) or any(home.startswith("tf_keras.") for home in homes):
        return "tf_keras" if any(home.startswith("tf_keras.") for home in homes) else "tf.keras"
    return "Keras 3"


class _Layers:
    """A walk over layers in the order of Keras' own `weights`."""

    def __init__(self, found: Found, trained: set[int]) -> None:
        self._found = found
        self._trained = trained
        self._around: list[int] = []

    def add(self, layer: Any, path: str) -> None:
        """Add a layer's own weights and random states, then those of the layers inside."""
        if id(layer) in self._around:
            return
        owner = path or str(layer.name)
        learned, tracked = _own(layer)
        home = type(layer).__module__.partition(".")[0]
        for variable in (*learned, *tracked):
            name = _name(variable)
            role = roles.of("", name)
            role = TABLE.get(name, "" if role == roles.UNSAID else role)
            evidence = DECLARED if home in ("keras", "tf_keras", "tensorflow") or not role else f"named {name}"
            is_trained = id(variable) in self._trained
            is_learned = any(variable is other for other in learned)
            is_quantised = _is_quantised(layer, name)
            logical, packing = _packed(layer, variable) if is_quantised else (None, "")
            self._found.add(
                f"{path}/{name}" if path else name,
                variable,
                Said(is_trained, is_learned or is_quantised, role=role, evidence=evidence),
                layer=owner,
                layer_type=type(layer).__name__,
                sizes=_sizes(layer, name, owner, variable),
                logical=logical,
                packing=packing,
            )
        for number, generator in enumerate(asked(layer, "_seed_generators") or ()):
            name = "seed_generator" if number == 0 else f"seed_generator_{number}"
            said = Said(False, False, role=roles.RANDOM_STATE, evidence=DECLARED)
            self._found.add(f"{owner}/{name}", generator.state, said, layer=owner, layer_type=type(layer).__name__)
        if not asked(layer, "built", True):
            self._found.note(_UNBUILT, owner)
        self._around.append(id(layer))
        for inner in layer._flatten_layers(include_self=False, recursive=False):
            if not is_a(inner, PACKAGES, "Metric"):
                self.add(inner, f"{path}/{inner.name}" if path else str(inner.name))
        self._around.pop()


def _own(layer: Any) -> tuple[list[Any], list[Any]]:
    """Return what a layer itself declared, made to be trained and not."""
    for learned, tracked in (
        ("_trainable_variables", "_non_trainable_variables"),
        ("_trainable_weights", "_non_trainable_weights"),
    ):
        if asked(layer, learned) is not None:
            return list(getattr(layer, learned)), list(getattr(layer, tracked))
    return [], []


def _name(variable: Any) -> str:
    return str(variable.name).removesuffix(":0").rpartition("/")[2]


def _sizes(layer: Any, name: str, owner: str, variable: Any) -> Sequence[int | None]:
    known = known_as(layer, UNITS, PACKAGES)
    if known is not None:
        given = list(known.sizes(Arguments(layer, owner)).get(name, ()))
        axis = CHANNELS_LAST.get(name)
        if axis is not None and len(given) >= -axis and given[axis] is None:
            given[axis] = _dim_of_input(layer, shape_of(variable), axis)
        return given
    if any(cls.__name__ in ("BatchNormalization", "LayerNormalization") for cls in classes(layer)):
        return (_dim_of_input(layer, shape_of(variable), -1),)
    return ()


def _dim_of_input(layer: Any, shape: tuple[int, ...] | None, axis: int) -> int | None:
    """Return the size of the last axis of a layer's input, with the argument of the layer before that made it so."""
    if shape is None or len(shape) < -axis:
        return None
    size = shape[axis]
    for before in _before(layer):
        if is_a(before, PACKAGES, "InputLayer"):
            rank = len(asked(before, "batch_shape") or ())
            return Dim(size, Origin("input", str(rank - 1), str(before.name)))
        for cls in classes(before):
            argument = PASSING.get(cls.__name__, "")
            if argument:
                if asked(before, argument) != size:
                    return None
                return Dim(size, Origin("argument", argument, str(before.name)))
            if cls.__name__ in PASSING:
                break
        else:
            return None
    return None


def _before(layer: Any) -> Iterator[Any]:
    """Yield the layer whose output this one takes, the one before that, and so on while each takes one tensor."""
    for _ in range(1000):
        nodes: Any = asked(layer, "_inbound_nodes") or ()
        tensors = asked(nodes[0], "input_tensors") if len(nodes) == 1 else None
        if isinstance(tensors, list | tuple):
            tensors = tensors[0] if len(tensors) == 1 else None
        history = asked(tensors, "_keras_history")
        layer = asked(history, "operation") or asked(history, "layer")
        if layer is None:
            return
        yield layer


def _is_quantised(layer: Any, name: str) -> bool:
    return asked(layer, "quantization_mode") is not None and name in ("kernel", "embeddings")


def _packed(layer: Any, variable: Any) -> tuple[tuple[int, ...] | None, str]:
    """Return what shape a kernel of 4 bits stands for: Keras keeps two neighbours of one axis in one of int8."""
    shape = shape_of(variable)
    if layer.quantization_mode == "int4" and shape:
        for attribute, axis in (("_orig_output_dim", len(shape) - 1), ("_orig_input_dim", 0)):
            size = asked(layer, attribute)
            if isinstance(size, int) and (size + 1) // 2 == shape[axis]:
                logical = (*shape[:axis], size, *shape[axis + 1 :])
                return logical, f"2 weights in an {dtype_of(variable)}, as quantization_mode says"
    return None, ""


def _read_module(module: Any, found: Found, path: str) -> None:
    """Add the variables of a module of TensorFlow, which says of each what it is called and whether it is trained."""
    found.knows("tf.Module", str(asked(module, "name") or type(module).__name__))
    for variable in module.variables:
        name = str(variable.name).removesuffix(":0")
        trainable = bool(asked(variable, "trainable", False))
        found.add(f"{path}/{name}" if path else name, variable, Said(trainable, trainable, evidence=DECLARED))
