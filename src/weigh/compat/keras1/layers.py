"""The layers of Keras 1, with the names that it gave them and their arguments."""

from __future__ import annotations

from typing import Any

from weigh.compat import activations
from weigh.compat.door import Asked, Door
from weigh.compat.keras1 import constraints, initializations, regularizers
from weigh.declare import naming
from weigh.declare.graph import Tensor
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError
from weigh.layers.base import Layer as OurLayer

__all__ = [
    "Activation",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "Merge",
    "Reshape",
    "merge",
]


class Keras1Layer(Asked):
    """What a layer was called and asked in Keras 1, and how a class of the user's said its output shape."""

    @classmethod
    def _automatic_name(cls) -> str:
        return naming.unique({"InputLayer": "input"}.get(cls.__name__, cls.__name__.lower()), first=1)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        shape = cls.__dict__.get("get_output_shape_for")
        if shape is not None:
            cls.compute_output_shape = shape  # type: ignore[attr-defined]  # of our layer, beside this
        super().__init_subclass__(**kwargs)

    def add_weight(self, shape: Any = (), initializer: Any = None, *others: Any, **options: Any) -> Any:
        """Declare a weight, as a layer of ours does."""
        options |= zip(("name", "trainable", "regularizer", "constraint"), others, strict=False)
        if initializer is not None:
            initializer = initializations.get(initializer)
        return super().add_weight(shape, initializer, **options)  # type: ignore[misc]  # of our layer, beside this


def _activity(regularizer: Any) -> regularizers.OfBatch:
    return regularizers.OfBatch(regularizer)


_VALUES = {
    "activation": activations.get,
    "activity_regularizer": _activity,
    "constraint": constraints.get,
    "initializer": initializations.get,
    "regularizer": regularizers.get,
}


class _BatchNormalization(Door):
    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        arguments, weights = super().translate(args, kwargs)
        mode = arguments.pop("mode", 0)
        if mode != 0:
            raise ArgumentError(
                f"BatchNormalization: `mode={mode!r}` is not supported yet, only mode 0: statistics of each feature "
                "over the batch, and moving ones at inference."
            )
        return arguments, weights


Layer = Door(Keras1Layer, "Layer", {}, _VALUES)
InputLayer = Door(
    Keras1Layer,
    "InputLayer",
    {
        "input_shape": "shape",
        "batch_input_shape": "batch_shape",
        "input_dtype": "dtype",
        "input_tensor": "input_tensor",
    },
    _VALUES,
)
Dense = Door(
    Keras1Layer,
    "Dense",
    {
        "output_dim": "units",
        "init": "kernel_initializer",
        "activation": "activation",
        "weights": "weights",
        "W_regularizer": "kernel_regularizer",
        "b_regularizer": "bias_regularizer",
        "activity_regularizer": "activity_regularizer",
        "W_constraint": "kernel_constraint",
        "b_constraint": "bias_constraint",
        "bias": "use_bias",
        "input_dim": "input_dim",
    },
    _VALUES,
)
BatchNormalization = _BatchNormalization(
    Keras1Layer,
    "BatchNormalization",
    {
        "epsilon": "epsilon",
        "mode": "mode",
        "axis": "axis",
        "momentum": "momentum",
        "weights": "weights",
        "beta_init": "beta_initializer",
        "gamma_init": "gamma_initializer",
        "gamma_regularizer": "gamma_regularizer",
        "beta_regularizer": "beta_regularizer",
    },
    _VALUES,
)
Activation = Door(Keras1Layer, "Activation", {"activation": "activation"}, _VALUES)
Dropout = Door(Keras1Layer, "Dropout", {"p": "rate", "noise_shape": "noise_shape", "seed": "seed"}, _VALUES)
Flatten = Door(Keras1Layer, "Flatten", {}, _VALUES)
Reshape = Door(Keras1Layer, "Reshape", {"target_shape": "target_shape"}, _VALUES)


def Input(  # noqa: N802 - its name
    shape: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    dtype: Any = None,
    sparse: bool = False,
    tensor: Tensor | None = None,
) -> Tensor:
    """Return a symbolic tensor for data to enter a network."""
    layer = InputLayer(shape=shape, batch_shape=batch_shape, name=name, dtype=dtype, sparse=sparse, input_tensor=tensor)
    output: Tensor = layer.output
    return output


_MODES = {"sum": Door(Keras1Layer, "Add", {}, _VALUES), "concat": Door(Keras1Layer, "Concatenate", {}, _VALUES)}


def Merge(  # noqa: N802 - its name
    layers: Any = None, mode: Any = "sum", concat_axis: int = -1, name: str | None = None
) -> OurLayer:
    """Return a layer that makes one tensor of several.

    Args:
        layers: if given, their outputs are what it merges: layers that were called once, or networks.
        mode: ``"sum"`` or ``"concat"``.
        concat_axis: along which ``"concat"`` puts them.
        name: automatic where none is given.

    Raises:
        ArgumentError: the mode is another one.
    """
    if not isinstance(mode, str) or mode not in _MODES:
        raise ArgumentError(f"merge: `mode` must be one of {', '.join(map(repr, _MODES))} so far, not {mode!r}.")
    options = {"axis": concat_axis} if mode == "concat" else {}
    layer: OurLayer = _MODES[mode](name=name or naming.unique("merge", first=1), **options)
    if layers is not None:
        layer([_output(one) for one in layers])
    return layer


def _output(layer: Any) -> Tensor:
    output: Tensor = layer.outputs[0] if layer.is_network else layer.get_output_at(0)
    return output


def merge(inputs: list[Tensor], mode: Any = "sum", concat_axis: int = -1, name: str | None = None) -> Any:
    """Return one tensor of several; see `Merge`."""
    return Merge(None, mode, concat_axis, name)(inputs)
