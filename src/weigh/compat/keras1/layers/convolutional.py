"""``keras.layers.convolutional`` of Keras 1, where pooling was found as well."""

from __future__ import annotations

from typing import Any

from weigh.compat.keras1.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from weigh.compat.keras1.layers.topology import (
    ANY_LENGTH,
    SEQUENCE_INPUT,
    WEIGHTED,
    Keras1Layer,
    OfKeras1,
    door,
)
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, ShapeError

__all__ = [
    "AtrousConv1D",
    "AtrousConv2D",
    "AtrousConvolution1D",
    "AtrousConvolution2D",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Convolution1D",
    "Convolution2D",
    "Convolution3D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Deconv2D",
    "Deconvolution2D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]

_BEFORE = ("init", "activation", "weights", "border_mode")
_WINDOW = ("nb_filter", "nb_row", "nb_col")


class _OfGivenSize(Keras1Layer):
    """A transposed convolution that is told the shape of its output, and not what is added to the least size."""

    __module__ = Keras1Layer.__module__

    given_shape: Any = None

    def build(self, input_shape: Shape) -> None:
        if self.given_shape is not None:
            self._fit(input_shape)  # before the weights, so that an error leaves none behind
        super().build(input_shape)  # type: ignore[misc]  # of our layer, beside this

    def _fit(self, input_shape: Shape) -> None:
        layer: Any = self
        axes = (1, 2) if layer.data_format == "channels_last" else (2, 3)
        sizes = [input_shape[axis] or 0 for axis in axes]
        wanted = [self.given_shape[axis] or 0 for axis in axes]
        if not all((*sizes, *wanted)):
            return  # it is known when it is computed, and then as large as usual
        valid, strides = layer.padding == "valid", layer.strides
        starts = [(size - 1) * stride for size, stride in zip(sizes, strides, strict=True)]
        least = [start + (width if valid else 1) for start, width in zip(starts, layer.kernel_size, strict=True)]
        most = [fewest + stride - 1 for fewest, stride in zip(least, strides, strict=True)]
        if not all(low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)):
            raise ShapeError(
                f"Layer {layer.name!r} (Deconvolution2D): `output_shape` is {tuple(self.given_shape)}, but an input of "
                f"shape {input_shape} gives {least[0]} to {most[0]} rows and {least[1]} to {most[1]} columns."
            )
        if not valid and wanted == most:
            layer.output_padding = None
            return
        layer.output_padding = tuple(
            size - start - (width if valid else width % 2)
            for size, start, width in zip(wanted, starts, layer.kernel_size, strict=True)
        )


class _Deconvolution(OfKeras1):
    later = (*OfKeras1.later, "output_shape")

    def complete(self, layer: Any, later: dict[str, Any]) -> None:
        super().complete(layer, later)
        layer.given_shape = later.get("output_shape")


def _padded_1d(padding: Any) -> Any:
    return _sides(padding, ("left_pad", "right_pad")) if isinstance(padding, dict) else padding


def _padded_2d(padding: Any) -> Any:
    """Return ``((top, bottom), (left, right))`` of the three ways in which Keras 1 said it."""
    names = ("top_pad", "bottom_pad", "left_pad", "right_pad")
    sides = _sides(padding, names) if isinstance(padding, dict) else padding
    if isinstance(sides, (tuple, list)) and len(sides) == 4:
        return ((sides[0], sides[1]), (sides[2], sides[3]))
    return sides


def _sides(padding: dict[str, int], names: tuple[str, ...]) -> tuple[int, ...]:
    unknown = sorted(set(padding) - set(names))
    if unknown:
        raise ArgumentError(f"`padding` has sides {', '.join(names)}, not {', '.join(unknown)}.")
    return tuple(padding.get(name, 0) for name in names)


Convolution1D = door(
    "Conv1D",
    *("nb_filter", "filter_length", *_BEFORE, "subsample_length", *WEIGHTED, *SEQUENCE_INPUT),
    called="Convolution1D",
    defaults=ANY_LENGTH,
)
Convolution2D = door("Conv2D", *_WINDOW, *_BEFORE, "subsample", "dim_ordering", *WEIGHTED, called="Convolution2D")
Convolution3D = door(
    "Conv3D",
    *("nb_filter", "kernel_dim1", "kernel_dim2", "kernel_dim3", *_BEFORE, "subsample", "dim_ordering", *WEIGHTED),
    called="Convolution3D",
)
AtrousConvolution1D = door(
    "Conv1D",
    *("nb_filter", "filter_length", *_BEFORE, "subsample_length", "atrous_rate", *WEIGHTED, "*", *SEQUENCE_INPUT),
    called="AtrousConvolution1D",
    defaults=ANY_LENGTH,
)
AtrousConvolution2D = door(
    "Conv2D",
    *(*_WINDOW, *_BEFORE, "subsample", "atrous_rate", "dim_ordering", *WEIGHTED),
    called="AtrousConvolution2D",
)
Deconvolution2D = door(
    "Conv2DTranspose",
    *(*_WINDOW, "output_shape", *_BEFORE, "subsample", "dim_ordering", *WEIGHTED),
    called="Deconvolution2D",
    asked=_OfGivenSize,
    kind=_Deconvolution,
)
SeparableConvolution2D = door(
    "SeparableConv2D",
    *(*_WINDOW, "init:depthwise_initializer&pointwise_initializer", "activation", "weights", "border_mode"),
    *("subsample", "depth_multiplier", "dim_ordering"),
    *("depthwise_regularizer", "pointwise_regularizer", "b_regularizer", "activity_regularizer"),
    *("depthwise_constraint", "pointwise_constraint", "b_constraint", "bias"),
    called="SeparableConvolution2D",
)
UpSampling1D = door("UpSampling1D", "length:size")
UpSampling2D = door("UpSampling2D", "size", "dim_ordering")
UpSampling3D = door("UpSampling3D", "size", "dim_ordering")
ZeroPadding1D = door("ZeroPadding1D", "padding", values={"padding": _padded_1d})
ZeroPadding2D = door("ZeroPadding2D", "padding", "dim_ordering", values={"padding": _padded_2d})
ZeroPadding3D = door("ZeroPadding3D", "padding", "dim_ordering")
Cropping1D = door("Cropping1D", "cropping")
Cropping2D = door("Cropping2D", "cropping", "dim_ordering")
Cropping3D = door("Cropping3D", "cropping", "dim_ordering")

Conv1D, Conv2D, Conv3D, Deconv2D = Convolution1D, Convolution2D, Convolution3D, Deconvolution2D
AtrousConv1D, AtrousConv2D, SeparableConv2D = AtrousConvolution1D, AtrousConvolution2D, SeparableConvolution2D
