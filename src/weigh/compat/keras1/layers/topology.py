"""What all layers of Keras 1 have in common: how they were named, asked and spelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from weigh.compat import activations
from weigh.compat.door import WEIGHTS, Asked, Door
from weigh.compat.drawing import Drawing
from weigh.compat.keras1 import constraints, initializations, regularizers
from weigh.declare import naming
from weigh.declare.graph import Tensor
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError

__all__ = ["Input", "InputLayer", "InputSpec", "Layer", "Wrapper"]


class Keras1Layer(Asked):
    """What a layer was called and asked in Keras 1, and how a class of the user's said its output shape."""

    __module__ = "weigh.compat.keras1.layers"  # where its users find what is made of it

    first_input_dtype: str | None = None
    """Of the input that the layer implies at the head of a Sequential; ``None`` for the default."""

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


class OfKeras1(Door):
    """A layer of Keras 1, which could say the dtype of the input that it implied."""

    later: ClassVar[tuple[str, ...]] = (WEIGHTS, "input_dtype")

    def complete(self, layer: Any, later: dict[str, Any]) -> None:
        super().complete(layer, later)
        if "input_dtype" in later:
            layer.first_input_dtype = later["input_dtype"]


_DATA_FORMATS = {"th": "channels_first", "tf": "channels_last", "default": None}


def data_format(dim_ordering: str) -> str | None:
    """Return our word for where an image's channels are; ``None`` is the default.

    Raises:
        ArgumentError: it is neither ``"th"`` nor ``"tf"`` nor ``"default"``.
    """
    if dim_ordering not in _DATA_FORMATS:
        raise ArgumentError(f"`dim_ordering` must be 'th' (channels first), 'tf' or 'default', not {dim_ordering!r}.")
    return _DATA_FORMATS[dim_ordering]


def _forgets_little(forget_bias_init: Any) -> bool:
    name = getattr(forget_bias_init, "__name__", forget_bias_init)
    if name not in ("one", "zero"):
        raise ArgumentError(f"`forget_bias_init` must be 'one' or 'zero', not {forget_bias_init!r}.")
    return bool(name == "one")


VOCABULARY = {
    "U_regularizer": "recurrent_regularizer",
    "W_constraint": "kernel_constraint",
    "W_regularizer": "kernel_regularizer",
    "atrous_rate": "dilation_rate",
    "b_constraint": "bias_constraint",
    "b_regularizer": "bias_regularizer",
    "bias": "use_bias",
    "border_mode": "padding",
    "consume_less": "",
    "dim_ordering": "data_format",
    "dropout_U": "recurrent_dropout",
    "dropout_W": "dropout",
    "filter_length": "kernel_size",
    "forget_bias_init": "unit_forget_bias",
    "init": "kernel_initializer",
    "inner_activation": "recurrent_activation",
    "inner_init": "recurrent_initializer",
    "kernel_dim1": "kernel_size[0]",
    "kernel_dim2": "kernel_size[1]",
    "kernel_dim3": "kernel_size[2]",
    "nb_col": "kernel_size[1]",
    "nb_feature": "pieces",
    "nb_filter": "filters",
    "nb_row": "kernel_size[0]",
    "output_dim": "units",
    "p": "rate",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
}
"""Our names for the arguments of Keras 1 that mean the same in every layer that has them."""

VALUES: dict[str, Callable[[Any], Any]] = {
    "activation": activations.get,
    "activity_regularizer": regularizers.OfBatch,
    "constraint": constraints.get,
    "data_format": data_format,
    "initializer": initializations.get,
    "regularizer": regularizers.get,
    "unit_forget_bias": _forgets_little,
}

WEIGHTED = ("W_regularizer", "b_regularizer", "activity_regularizer", "W_constraint", "b_constraint", "bias")
"""What every layer with a kernel and a bias took, in its order."""

FLAT_INPUT = ("input_dim:input_shape[0]",)
SEQUENCE_INPUT = ("input_dim:input_shape[1]", "input_length:input_shape[0]")
ANY_LENGTH: dict[str, Any] = {"input_length": None}


def door(
    layer: str,
    *words: str,
    called: str | None = None,
    asked: type = Keras1Layer,
    values: Mapping[str, Callable[[Any], Any]] | None = None,
    defaults: Mapping[str, Any] | None = None,
    kind: type[OfKeras1] = OfKeras1,
) -> Door:
    """Return a layer of Keras 1.

    Args:
        layer: name of ours.
        words: its arguments, as of `table`.
        called: its name then, if another.
        asked: what it could be asked, if more than others.
        values: how its values are translated, if otherwise than in other layers.
        defaults: as of `Spelling`.
        kind: the class of the door, if its call is more than other names.
    """
    return kind(asked, layer, words, VOCABULARY, VALUES | dict(values or {}), called, defaults)


class DrawingLayer(Drawing, Keras1Layer):
    """A layer of Keras 1 that calls a function of the user's."""

    __module__ = Keras1Layer.__module__


class OfFunction(OfKeras1):
    """A layer of Keras 1 that calls a function of the user's, which may draw random numbers."""

    def complete(self, layer: Any, later: dict[str, Any]) -> None:
        super().complete(layer, later)
        layer.let_draw()


Layer = door("Layer")
Wrapper = door("Wrapper", "layer")
InputLayer = door(
    "InputLayer", "input_shape:shape", "batch_input_shape:batch_shape", "input_dtype:dtype", "input_tensor"
)


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
