"""The layers of Keras 2, with the names that it gave them and their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compat import activations
from weigh.compat.door import Asked, Door
from weigh.compat.keras2 import regularizers
from weigh.declare import naming
from weigh.declare.graph import Tensor
from weigh.declare.spec import InputSpec

__all__ = [
    "Activation",
    "Add",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "Reshape",
    "add",
    "concatenate",
]


class Keras2Layer(Asked):
    """What an Input was called and a layer was asked in Keras 2, and how a class of the user's declared weights."""

    @classmethod
    def _automatic_name(cls) -> str:
        if cls.__name__ == "InputLayer":
            return naming.unique("input", first=1)
        return super()._automatic_name()  # type: ignore[misc,no-any-return]  # of our layer, beside this

    def add_weight(self, *args: Any, **options: Any) -> Any:
        """Declare a weight, as a layer of ours does; the name may come first."""
        if args and isinstance(args[0], str):
            names = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")
            args, options = (), dict(zip(names, args, strict=False)) | options
        if options.get("trainable", True) is None:
            del options["trainable"]
        return super().add_weight(*args, **options)  # type: ignore[misc]  # of our layer, beside this


_VALUES = {"activation": activations.get, "regularizer": regularizers.get}


class _Layer(Door):
    def __init__(self, layer: str, *names: str, **renamed: str) -> None:
        super().__init__(Keras2Layer, layer, {name: name for name in names} | renamed, _VALUES)

    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        arguments, weights = super().translate(args, kwargs)
        if "batch_size" in arguments and "input_shape" in arguments:
            arguments["batch_input_shape"] = (arguments.pop("batch_size"), *arguments.pop("input_shape"))
        return arguments, weights


class _BatchNormalization(_Layer):
    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return our arguments: it computed in half precision, but never kept its weights in it."""
        arguments, weights = super().translate(args, kwargs)
        if arguments.get("dtype") in ("float16", "bfloat16"):
            arguments["dtype"] = f"mixed_{arguments['dtype']}"
        return arguments, weights


Layer = _Layer("Layer", "trainable", "name", "dtype")
Dense = _Layer(
    "Dense",
    *("units", "activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer"),
    *("bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint"),
)
BatchNormalization = _BatchNormalization(
    "BatchNormalization",
    *("axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer"),
    *("moving_mean_initializer", "moving_variance_initializer", "beta_regularizer", "gamma_regularizer"),
    *("beta_constraint", "gamma_constraint", "synchronized"),
)
Activation = _Layer("Activation", "activation")
Dropout = _Layer("Dropout", "rate", "noise_shape", "seed")
Flatten = _Layer("Flatten", "data_format")
Reshape = _Layer("Reshape", "target_shape")
Add = _Layer("Add")
Concatenate = _Layer("Concatenate", "axis")
InputLayer = Door(
    Keras2Layer,
    "InputLayer",
    {
        "input_shape": "shape",
        "batch_size": "batch_size",
        "dtype": "dtype",
        "input_tensor": "input_tensor",
        "sparse": "sparse",
        "name": "name",
        "ragged": "ragged",
        "batch_input_shape": "batch_shape",
    },
    {},
)


def Input(  # noqa: N802 - its name
    shape: Any = None,
    batch_size: int | None = None,
    name: str | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    tensor: Tensor | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
) -> Tensor:
    """Return a symbolic tensor for data to enter a network."""
    layer = InputLayer(shape, batch_size, dtype, tensor, sparse, name, ragged, batch_shape)
    output: Tensor = layer.output
    return output


def add(inputs: Sequence[Tensor], **options: Any) -> Any:
    """Return the sum of tensors."""
    return Add(**options)(inputs)


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **options: Any) -> Any:
    """Return tensors side by side."""
    return Concatenate(axis, **options)(inputs)
