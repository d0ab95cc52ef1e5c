"""NASNet-A: two kinds of cells that a search found, put one behind another; each sees the two before it.

Source: Zoph, Vasudevan, Shlens and Le 2017, figure 4 (the cells) and figure 2 (how they are stacked).
"""

from __future__ import annotations

from typing import Any

from weigh.applications.frame import (
    CLASSES,
    Frame,
    Network,
    channel_axis,
    named,
    only_channels_last,
    padding_before_stride,
)
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.preparing import tf as preprocess_input
from weigh.declare.graph import Tensor
from weigh.declare.naming import scope
from weigh.errors import ArgumentError
from weigh.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
)
from weigh.models import Model

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]


def _relu(x: Tensor, name: str | None = None) -> Tensor:
    return Activation("relu", name=name)(x)


def _normalized(x: Tensor, name: str) -> Tensor:
    return BatchNormalization(axis=channel_axis(), momentum=0.9997, epsilon=1e-3, name=name)(x)


def _point(x: Tensor, filters: int, name: str) -> Tensor:
    """A 1 × 1 convolution."""
    return Conv2D(filters, 1, padding="same", use_bias=False, kernel_initializer="he_normal", name=name)(x)


def _separable(x: Tensor, filters: int, kernel: int, name: str, stride: int = 1) -> Tensor:
    """Twice ReLU, a separable convolution and normalization; the first convolution strides."""
    with scope(f"separable_conv_block_{name}"):
        x = _relu(x)
        if stride == 2:
            x = ZeroPadding2D(padding_before_stride(x, kernel), name=f"separable_conv_1_pad_{name}")(x)
        for number in (1, 2):
            x = _relu(x) if number == 2 else x
            strided = number == 1 and stride == 2
            x = SeparableConv2D(
                filters,
                kernel,
                strides=stride if strided else 1,
                padding="valid" if strided else "same",
                use_bias=False,
                name=f"separable_conv_{number}_{name}",
            )(x)
            x = _normalized(x, f"separable_conv_{number}_bn_{name}")
    return x


def _average(x: Tensor, name: str, stride: int = 1) -> Tensor:
    return AveragePooling2D(3, strides=stride, padding="valid" if stride == 2 else "same", name=name)(x)


def _largest(x: Tensor, name: str) -> Tensor:
    return MaxPooling2D(3, strides=2, padding="valid", name=name)(x)


def _adjusted(before: Tensor | None, x: Tensor, filters: int, name: str) -> Tensor:
    """Return the output of the cell before the last, brought to the rows of `x` and to `filters` channels.

    Where rows are halved, half of the channels come from the even places and half from the odd ones.
    """
    if before is None:
        return x
    with scope("adjust_block"):
        if before.shape[2] != x.shape[2]:
            with scope(f"adjust_reduction_block_{name}"):
                before = _relu(before, f"adjust_relu_1_{name}")
                even = AveragePooling2D(1, strides=2, padding="valid", name=f"adjust_avg_pool_1_{name}")(before)
                even = _point(even, filters // 2, f"adjust_conv_1_{name}")
                odd = ZeroPadding2D(((0, 1), (0, 1)))(before)
                odd = Cropping2D(((1, 0), (1, 0)))(odd)
                odd = AveragePooling2D(1, strides=2, padding="valid", name=f"adjust_avg_pool_2_{name}")(odd)
                odd = _point(odd, filters // 2, f"adjust_conv_2_{name}")
                return _normalized(Concatenate(axis=channel_axis())([even, odd]), f"adjust_bn_{name}")
        if before.shape[-1] != filters:
            with scope(f"adjust_projection_block_{name}"):
                before = _point(_relu(before), filters, f"adjust_conv_projection_{name}")
                return _normalized(before, f"adjust_bn_{name}")
    return before


def _normal(x: Tensor, before: Tensor | None, filters: int, name: str) -> Tensor:
    """A cell that keeps rows and columns: five sums of two operations each, side by side with what came before."""
    with scope(f"normal_A_block_{name}"):
        p = _adjusted(before, x, filters, name)
        h = _normalized(_point(_relu(x), filters, f"normal_conv_1_{name}"), f"normal_bn_1_{name}")

        def added(number: int, *summands: Tensor) -> Tensor:
            return Add(name=f"normal_add_{number}_{name}")(list(summands))

        with scope("block_1"):
            left = _separable(h, filters, 5, f"normal_left1_{name}")
            first = added(1, left, _separable(p, filters, 3, f"normal_right1_{name}"))
        with scope("block_2"):
            left = _separable(p, filters, 5, f"normal_left2_{name}")
            second = added(2, left, _separable(p, filters, 3, f"normal_right2_{name}"))
        with scope("block_3"):
            third = added(3, _average(h, f"normal_left3_{name}"), p)
        with scope("block_4"):
            fourth = added(4, _average(p, f"normal_left4_{name}"), _average(p, f"normal_right4_{name}"))
        with scope("block_5"):
            fifth = added(5, _separable(h, filters, 3, f"normal_left5_{name}"), h)
        return Concatenate(axis=channel_axis(), name=f"normal_concat_{name}")([p, first, second, third, fourth, fifth])


def _reduction(x: Tensor, before: Tensor | None, filters: int, name: str) -> Tensor:
    """A cell that halves rows and columns; a few names are oddly numbered, as in the official weights."""
    with scope(f"reduction_A_block_{name}"):
        p = _adjusted(before, x, filters, name)
        h = _normalized(_point(_relu(x), filters, f"reduction_conv_1_{name}"), f"reduction_bn_1_{name}")
        padded = ZeroPadding2D(padding_before_stride(h, 3), name=f"reduction_pad_1_{name}")(h)

        def added(label: str | None, *summands: Tensor) -> Tensor:
            return Add(name=label and f"reduction_{label}_{name}")(list(summands))

        with scope("block_1"):
            left = _separable(h, filters, 5, f"reduction_left1_{name}", stride=2)
            first = added("add_1", left, _separable(p, filters, 7, f"reduction_right1_{name}", stride=2))
        with scope("block_2"):
            left = _largest(padded, f"reduction_left2_{name}")
            second = added("add_2", left, _separable(p, filters, 7, f"reduction_right2_{name}", stride=2))
        with scope("block_3"):
            left = _average(padded, f"reduction_left3_{name}", stride=2)
            third = added("add3", left, _separable(p, filters, 5, f"reduction_right3_{name}", stride=2))
        with scope("block_4"):
            fourth = added(None, second, _average(first, f"reduction_left4_{name}"))
        with scope("block_5"):
            left = _separable(first, filters, 3, f"reduction_left4_{name}")
            fifth = added("add4", left, _largest(padded, f"reduction_right5_{name}"))
        return Concatenate(axis=channel_axis(), name=f"reduction_concat_{name}")([second, third, fourth, fifth])


def _cells(image: Tensor, penultimate: int, repeats: int, stem: int, skip_reduction: bool) -> Tensor:
    """A convolution, two reduction cells, then three rows of normal cells with a reduction cell between them.

    Args:
        image: where the network begins.
        penultimate: P of "NASNet-A (N @ P)", the channels before the classifier; a cell has six outputs side by side,
            and channels double twice, so the first row has P / 24 filters.
        repeats: N, the normal cells in a row.
        stem: filters of the first convolution.
        skip_reduction: whether the cell behind a reduction sees what was before it instead of its input.
    """
    filters = penultimate // 24
    x = Conv2D(stem, 3, strides=2, use_bias=False, kernel_initializer="he_normal", name="stem_conv1")(image)
    x = _normalized(x, "stem_bn1")
    before: Tensor | None = None
    for number, share in ((1, 4), (2, 2)):
        x, before = _reduction(x, before, filters // share, f"stem_{number}"), x
    for row in range(3):
        wide = filters * 2**row
        if row:
            reduced = _reduction(x, before, wide, f"reduce_{row * repeats}")
            x, before = reduced, before if skip_reduction else x
        for number in range(repeats):
            x, before = _normal(x, before, wide, str(row * repeats + number + (row > 0))), x
    return _relu(x)


def _variant(title: str, label: str, size: int, penultimate: int, repeats: int, stem: int, skip: bool) -> Network:
    def network(
        input_shape: Any = None,
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Tensor | None = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Any = "softmax",
        name: str | None = label,
    ) -> Model:
        only_channels_last(title)
        if not include_top and input_shape is None:
            input_shape = (size, size, 3)
        if weights == "imagenet" and input_shape is not None and None in input_shape:
            raise ArgumentError(
                f"{title}: with official weights every size of `input_shape` must be known, but it is {input_shape}."
            )
        frame = Frame(
            title,
            include_top,
            weights,
            input_tensor,
            input_shape,
            pooling,
            classes,
            classifier_activation,
            size=size,
            files=(f"{label}.h5", f"{label}_no_top.h5"),
        )
        x = _cells(frame.image, penultimate, repeats, stem, skip)
        return frame.model(frame.end(x, average=None), name)

    return named(network, title, _cells)


NASNetMobile = _variant("NASNetMobile", "nasnet_mobile", 224, penultimate=1056, repeats=4, stem=32, skip=False)
NASNetLarge = _variant("NASNetLarge", "nasnet_large", 331, penultimate=4032, repeats=6, stem=96, skip=True)
