"""MobileNet V2: narrow between blocks, wide inside; what is added are the narrow ends, and these have no ReLU.

Source: Sandler, Howard, Zhu, Zhmoginov and Chen 2018, tables 1 and 2.
"""

from __future__ import annotations

from typing import Any

from weigh.applications.frame import (
    CLASSES,
    Frame,
    channel_axis,
    channels,
    channels_first,
    divisible,
    padding_before_stride,
)
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.mobilenet import square
from weigh.applications.preparing import tf as preprocess_input
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError
from weigh.layers import Add, BatchNormalization, Conv2D, DepthwiseConv2D, ReLU, ZeroPadding2D
from weigh.models import Model

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion t, filters c, blocks n, stride s of the first: the rows of table 2."""
SIZES = (96, 128, 160, 192, 224)
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)


def _normalized(x: Tensor, name: str) -> Tensor:
    return BatchNormalization(axis=channel_axis(), epsilon=1e-3, momentum=0.999, name=name)(x)


def _block(x: Tensor, number: int, expansion: int, filters: int, stride: int) -> Tensor:
    """Table 1: widen by a 1 × 1 convolution, look around channel by channel, narrow again; add where shapes agree."""
    before, narrow = x, int(channels(x))
    name = f"block_{number}" if number else "expanded_conv"
    if number:
        x = Conv2D(expansion * narrow, 1, padding="same", use_bias=False, name=f"{name}_expand")(x)
        x = ReLU(6.0, name=f"{name}_expand_relu")(_normalized(x, f"{name}_expand_BN"))
    if stride == 2:
        x = ZeroPadding2D(padding_before_stride(x, 3), name=f"{name}_pad")(x)
    padding = "same" if stride == 1 else "valid"
    x = DepthwiseConv2D(3, strides=stride, padding=padding, use_bias=False, name=f"{name}_depthwise")(x)
    x = ReLU(6.0, name=f"{name}_depthwise_relu")(_normalized(x, f"{name}_depthwise_BN"))
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}_project")(x)
    x = _normalized(x, f"{name}_project_BN")
    return Add(name=f"{name}_add")([before, x]) if narrow == filters and stride == 1 else x


def MobileNetV2(  # noqa: N802 - the network's name
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Tensor | None = None,
    pooling: str | None = None,
    classes: int = CLASSES,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """Return MobileNet V2: a strided convolution and 17 blocks, wide inside, mean, classifier.

    `alpha` multiplies all numbers of filters, those of the last convolution only if it is above 1; `name` is by default
    ``mobilenetv2_1.00_224`` and the like. The other arguments are as of a Frame.

    Raises:
        ArgumentError: as of a Frame; the official weights do not exist for `alpha`; `input_shape` and `input_tensor`
            differ.
    """
    official = weights == "imagenet"
    if official and alpha not in ALPHAS:
        raise ArgumentError(
            f"MobileNetV2: official weights exist for `alpha` {', '.join(map(str, ALPHAS))}, not for {alpha}."
        )
    agreeing("MobileNetV2", input_shape, input_tensor)
    side = square(input_shape if input_tensor is None else tuple(input_tensor.shape[1:]), SIZES)
    stem = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{side}"
    frame = Frame(
        "MobileNetV2",
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        size=side,
        files=(f"{stem}.h5", f"{stem}_no_top.h5"),
    )
    x = Conv2D(divisible(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(frame.image)
    x = ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    number = 0
    for expansion, filters, count, first_stride in STAGES:
        for block in range(count):
            x = _block(x, number, expansion, divisible(int(filters * alpha)), 1 if block else first_stride)
            number += 1
    x = Conv2D(divisible(1280 * alpha) if alpha > 1 else 1280, 1, use_bias=False, name="Conv_1")(x)
    x = ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))
    x = frame.end(x, average=None)
    rows = side if official else frame.shape[1 if channels_first() else 0]
    return frame.model(x, name or f"mobilenetv2_{alpha:0.2f}_{rows}")


def agreeing(title: str, shape: Any, tensor: Tensor | None) -> None:
    """Refuse an image's shape and a tensor that differ.

    Raises:
        ArgumentError: they do.
    """
    if shape is not None and tensor is not None and tensor.shape[2] != shape[2 if channels_first() else 1]:
        raise ArgumentError(
            f"{title}: `input_shape` {tuple(shape)} and `input_tensor`, of shape {tensor.shape}, differ: give one of "
            "them."
        )
