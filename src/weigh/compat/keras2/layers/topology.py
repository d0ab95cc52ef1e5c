"""What all layers of Keras 2 have in common: how they were named, asked and spelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from weigh.compat import activations
from weigh.compat.door import Asked, Door
from weigh.compat.keras2 import regularizers
from weigh.declare import naming
from weigh.declare.graph import Tensor
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError

__all__ = ["Input", "InputLayer", "InputSpec", "Layer", "Wrapper"]


class Keras2Layer(Asked):
    """What an Input was called and a layer was asked in Keras 2, and how a class of the user's declared weights."""

    __module__ = "weigh.compat.keras2.layers"  # where its users find what is made of it

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


def _only_false(time_major: bool) -> None:
    if time_major:
        raise ArgumentError(
            "`time_major=True` is not supported: let the batch be the first axis, and steps the second."
        )


VALUES: dict[str, Callable[[Any], Any]] = {
    "activation": activations.get,
    "regularizer": regularizers.get,
    "time_major": _only_false,
}


class OfKeras2(Door):
    """A layer of Keras 2, which took the batch's size beside the input's shape."""

    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        arguments = super().translate(args, kwargs)
        if "batch_size" in arguments and "input_shape" in arguments:
            arguments["batch_input_shape"] = (arguments.pop("batch_size"), *arguments.pop("input_shape"))
        return arguments


def door(
    layer: str,
    *words: str,
    called: str | None = None,
    asked: type = Keras2Layer,
    defaults: Mapping[str, Any] | None = None,
    everywhere: Sequence[str] = (),
    kind: type[Door] = OfKeras2,
) -> Door:
    """Return a layer of Keras 2.

    Args:
        layer: name of ours.
        words: its arguments, as of `table`; none where they are ours.
        called: its name then, if another.
        asked: what it could be asked, if more than others.
        defaults: as of `Spelling`.
        everywhere: what else it could be given by name.
        kind: the class of the door, if its call is more than other names.
    """
    return kind(asked, layer, words or None, {}, VALUES, called, defaults, ("dynamic:", "batch_size", *everywhere))


Layer = door("Layer", "trainable", "name", "dtype")
Wrapper = door("Wrapper")
InputLayer = door(
    "InputLayer",
    *("input_shape:shape", "batch_size", "dtype", "input_tensor", "sparse", "name", "ragged"),
    *("type_spec:", "batch_input_shape:batch_shape"),
    kind=Door,
)


def Input(  # noqa: N802 - its name
    shape: Any = None,
    batch_size: int | None = None,
    name: str | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    tensor: Tensor | None = None,
    ragged: bool | None = None,
    type_spec: Any = None,
    batch_shape: Any = None,
) -> Tensor:
    """Return a symbolic tensor for data to enter a network; `type_spec` is TensorFlow's, and has to be ``None``."""
    if type_spec is not None:
        raise ArgumentError("Input: `type_spec` belongs to TensorFlow; give `shape` and `dtype`.")
    layer = InputLayer(shape, batch_size, dtype, tensor, sparse, name, ragged, batch_input_shape=batch_shape)
    output: Tensor = layer.output
    return output
