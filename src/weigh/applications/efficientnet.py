"""EfficientNet: one small network, made wider, deeper and sharper together by one number.

Source: Tan and Le 2019, table 1 (B0) and equation 3; blocks of MobileNet V2 with weighed channels, swish instead of
ReLU.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

from weigh.applications.frame import Frame, channel_axis, divisible, padding_before_stride, standard
from weigh.applications.imagenet_utils import DEVIATION, decode_predictions
from weigh.applications.preparing import inside as preprocess_input
from weigh.declare.graph import Tensor
from weigh.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Multiply,
    Normalization,
    Rescaling,
    Reshape,
    ZeroPadding2D,
)

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

STAGES = (
    (3, 1, 32, 16, 1, 1),
    (3, 2, 16, 24, 6, 2),
    (5, 2, 24, 40, 6, 2),
    (3, 3, 40, 80, 6, 2),
    (5, 3, 80, 112, 6, 1),
    (5, 4, 112, 192, 6, 2),
    (3, 1, 192, 320, 6, 1),
)
"""Kernel, blocks, filters before and after, expansion, stride: the rows of table 1, at width and depth 1."""

CONVOLUTION = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"},
}
CLASSIFIER = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1.0 / 3.0, "mode": "fan_out", "distribution": "uniform"},
}
"""How kernels begin; a record, so that every layer makes an initializer of its own."""


def normalized(x: Tensor, name: str, momentum: float = 0.99) -> Tensor:
    """Return `x` after a BatchNormalization."""
    return BatchNormalization(axis=channel_axis(), momentum=momentum, name=name)(x)


def swish(x: Tensor, name: str) -> Tensor:
    """Return `x` after a swish, x · sigmoid(x)."""
    return Activation("swish", name=name)(x)


def convolved(x: Tensor, filters: int, kernel: int, name: str, **arguments: Any) -> Tensor:
    """Return `x` after a convolution as the families have them: padded and without bias where nothing else is said."""
    arguments = {"padding": "same", "use_bias": False, "kernel_initializer": CONVOLUTION, **arguments}
    return Conv2D(filters, kernel, name=name, **arguments)(x)


def weighed(x: Tensor, filters: int, narrow: int, name: str) -> Tensor:
    """Multiply each channel by a number in [0, 1] that is found from the means of all channels.

    Source: Hu et al. 2017, figure 2 (squeeze and excitation).
    """
    gate = GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (filters, 1, 1) if channel_axis() == 1 else (1, 1, filters)
    gate = Reshape(shape, name=f"{name}se_reshape")(gate)
    gate = convolved(gate, narrow, 1, f"{name}se_reduce", activation="swish", use_bias=True)
    gate = convolved(gate, filters, 1, f"{name}se_expand", activation="sigmoid", use_bias=True)
    return Multiply(name=f"{name}se_excite")([x, gate])


def added(x: Tensor, before: Tensor, dropped: float, name: str) -> Tensor:
    """Return `x`, in training dropped for a share of the images, plus `before`."""
    if dropped:
        x = Dropout(dropped, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return Add(name=f"{name}add")([x, before])


def letter(number: int) -> str:
    """Return how names number the blocks of a stage: a, b, …"""
    return chr(ord("a") + number)


def _block(
    x: Tensor, kernel: int, inner: int, outer: int, expansion: int, stride: int, dropped: float, name: str
) -> Tensor:
    """Widen, look around channel by channel, weigh the channels, narrow; add what came in where shapes agree."""
    before, filters = x, inner * expansion
    if expansion != 1:
        x = convolved(x, filters, 1, f"{name}expand_conv")
        x = swish(normalized(x, f"{name}expand_bn"), f"{name}expand_activation")
    if stride == 2:
        x = ZeroPadding2D(padding_before_stride(x, kernel), name=f"{name}dwconv_pad")(x)
    x = DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        depthwise_initializer=CONVOLUTION,
        name=f"{name}dwconv",
    )(x)
    x = swish(normalized(x, f"{name}bn"), f"{name}activation")
    x = weighed(x, filters, max(1, int(inner * 0.25)), name)
    x = normalized(convolved(x, outer, 1, f"{name}project_conv"), f"{name}project_bn")
    return added(x, before, dropped, name) if stride == 1 and inner == outer else x


def _efficientnet(frame: Frame, width: float, depth: float, dropout: float) -> Tensor:
    """A strided convolution, seven stages of blocks that widen and weigh their channels, mean, classifier.

    It prepares images itself: give it pixels from 0 to 255. The official weights were trained with images divided by
    the standard deviations once more by mistake; ``weights="imagenet"`` does so too, in one layer more than other
    `weights`, as in
    Keras: so give the official file by that name, and not by its path.
    """
    x = Rescaling(1.0 / 255.0)(frame.image)
    x = Normalization(axis=channel_axis())(x)
    if frame.official:
        x = Rescaling([1.0 / sqrt(deviation) for deviation in DEVIATION])(x)
    x = ZeroPadding2D(padding_before_stride(x, 3), name="stem_conv_pad")(x)
    x = convolved(x, divisible(32 * width), 3, "stem_conv", strides=2, padding="valid")
    x = swish(normalized(x, "stem_bn"), "stem_activation")
    total = sum(ceil(depth * count) for _, count, *_ in STAGES)
    number = 0
    for stage, (kernel, count, inner, outer, expansion, stride) in enumerate(STAGES, 1):
        wide = divisible(outer * width)
        for block in range(ceil(depth * count)):
            x = _block(
                x,
                kernel,
                wide if block else divisible(inner * width),
                wide,
                expansion,
                1 if block else stride,
                0.2 * number / total,
                f"block{stage}{letter(block)}_",
            )
            number += 1
    x = convolved(x, divisible(1280 * width), 1, "top_conv")
    x = swish(normalized(x, "top_bn"), "top_activation")
    return frame.end(x, poolings=("avg_pool", "max_pool"), dropout=dropout, kernel_initializer=CLASSIFIER)


def _variant(number: int, width: float, depth: float, size: int, dropout: float) -> Any:
    label = f"efficientnetb{number}"
    return standard(
        f"EfficientNetB{number}",
        label,
        _efficientnet,
        size=size,
        files=(f"{label}.h5", f"{label}_notop.h5"),
        width=width,
        depth=depth,
        dropout=dropout,
    )


EfficientNetB0 = _variant(0, 1.0, 1.0, 224, 0.2)
EfficientNetB1 = _variant(1, 1.0, 1.1, 240, 0.2)
EfficientNetB2 = _variant(2, 1.1, 1.2, 260, 0.3)
EfficientNetB3 = _variant(3, 1.2, 1.4, 300, 0.3)
EfficientNetB4 = _variant(4, 1.4, 1.8, 380, 0.4)
EfficientNetB5 = _variant(5, 1.6, 2.2, 456, 0.4)
EfficientNetB6 = _variant(6, 1.8, 2.6, 528, 0.5)
EfficientNetB7 = _variant(7, 2.0, 3.1, 600, 0.5)
