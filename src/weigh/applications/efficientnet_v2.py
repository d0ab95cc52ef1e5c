"""EfficientNet V2: early blocks convolve once over space and channels instead of twice, which runs faster.

Source: Tan and Le 2021, table 4 (S) and figure 2 (the fused block); M, L and B0 to B3 as in the authors' code.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from weigh.applications.efficientnet import (
    CLASSIFIER,
    CONVOLUTION,
    added,
    convolved,
    letter,
    normalized,
    swish,
    weighed,
)
from weigh.applications.frame import CLASSES, Frame, Network, channel_axis, channels_first, named
from weigh.applications.imagenet_utils import DEVIATION, MEAN, decode_predictions
from weigh.applications.preparing import inside as preprocess_input
from weigh.declare.graph import Tensor
from weigh.layers import DepthwiseConv2D, Normalization, Rescaling
from weigh.models import Model

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]

Stage = tuple[bool, int, int, int, int, int]

B: tuple[Stage, ...] = (
    (True, 1, 32, 16, 1, 1),
    (True, 2, 16, 32, 4, 2),
    (True, 2, 32, 48, 4, 2),
    (False, 3, 48, 96, 4, 2),
    (False, 5, 96, 112, 6, 1),
    (False, 8, 112, 192, 6, 2),
)
"""Whether blocks are fused, how many there are, filters before and after, expansion, stride, at width and depth 1."""

S: tuple[Stage, ...] = (
    (True, 2, 24, 24, 1, 1),
    (True, 4, 24, 48, 4, 2),
    (True, 4, 48, 64, 4, 2),
    (False, 6, 64, 128, 4, 2),
    (False, 9, 128, 160, 6, 1),
    (False, 15, 160, 256, 6, 2),
)

M: tuple[Stage, ...] = (
    (True, 3, 24, 24, 1, 1),
    (True, 5, 24, 48, 4, 2),
    (True, 5, 48, 80, 4, 2),
    (False, 7, 80, 160, 4, 2),
    (False, 14, 160, 176, 6, 1),
    (False, 18, 176, 304, 6, 2),
    (False, 5, 304, 512, 6, 1),
)

L: tuple[Stage, ...] = (
    (True, 4, 32, 32, 1, 1),
    (True, 7, 32, 64, 4, 2),
    (True, 7, 64, 96, 4, 2),
    (False, 10, 96, 192, 4, 2),
    (False, 19, 192, 224, 6, 1),
    (False, 25, 224, 384, 6, 2),
    (False, 7, 384, 640, 6, 1),
)

MOMENTUM = 0.9


def _divisible(filters: float) -> int:
    """Return the multiple of 8 nearest to `filters`, at least 8; here it may be much less than `filters`."""
    return max(8, int(filters + 4) // 8 * 8)


def _normalized(x: Tensor, name: str) -> Tensor:
    return normalized(x, name, MOMENTUM)


def _split_block(x: Tensor, inner: int, outer: int, expansion: int, stride: int, name: str) -> Tensor:
    """Widen, look around channel by channel, weigh the channels, narrow."""
    filters = inner * expansion
    if expansion != 1:
        x = convolved(x, filters, 1, f"{name}expand_conv")
        x = swish(_normalized(x, f"{name}expand_bn"), f"{name}expand_activation")
    x = DepthwiseConv2D(
        3, strides=stride, padding="same", use_bias=False, depthwise_initializer=CONVOLUTION, name=f"{name}dwconv2"
    )(x)
    x = swish(_normalized(x, f"{name}bn"), f"{name}activation")
    x = weighed(x, filters, max(1, int(inner * 0.25)), name)
    return _normalized(convolved(x, outer, 1, f"{name}project_conv"), f"{name}project_bn")


def _fused_block(x: Tensor, inner: int, outer: int, expansion: int, stride: int, name: str) -> Tensor:
    """Widen and look around in one convolution, then narrow; one convolution does it all where nothing is widened."""
    if expansion == 1:
        x = convolved(x, outer, 3, f"{name}project_conv", strides=stride)
        return swish(_normalized(x, f"{name}project_bn"), f"{name}project_activation")
    x = convolved(x, inner * expansion, 3, f"{name}expand_conv", strides=stride)
    x = swish(_normalized(x, f"{name}expand_bn"), f"{name}expand_activation")
    return _normalized(convolved(x, outer, 1, f"{name}project_conv"), f"{name}project_bn")


def _prepared(frame: Frame, small: bool) -> Tensor:
    """Return images from −1 to 1; for the small networks by the mean and deviation of ImageNet, if they have three
    channels.
    """
    if small and frame.shape[0 if channels_first() else 2] == 3:
        x = Rescaling(1.0 / 255)(frame.image)
        return Normalization(mean=MEAN, variance=[one**2 for one in DEVIATION], axis=channel_axis())(x)
    return Rescaling(1.0 / 128.0, offset=-1)(frame.image)


def _efficientnet_v2(x: Tensor, width: float, depth: float, stages: tuple[Stage, ...]) -> Tensor:
    """A strided convolution, stages of blocks, the early ones fused, mean, classifier."""
    x = convolved(x, _divisible(stages[0][2] * width), 3, "stem_conv", strides=2)
    x = swish(_normalized(x, "stem_bn"), "stem_activation")
    total = sum(count for _, count, *_ in stages)
    number = 0
    for stage, (fused, count, first, last, expansion, first_stride) in enumerate(stages, 1):
        outer = _divisible(last * width)
        for block in range(ceil(depth * count)):
            inner, stride = (outer, 1) if block else (_divisible(first * width), first_stride)
            name = f"block{stage}{letter(block)}_"
            before, make = x, _fused_block if fused else _split_block
            x = make(x, inner, outer, expansion, stride, name)
            if stride == 1 and inner == outer:
                x = added(x, before, 0.2 * number / total, name)
            number += 1
    x = convolved(x, _divisible(1280 * width), 1, "top_conv")
    return swish(_normalized(x, "top_bn"), "top_activation")


def _variant(which: str, stages: tuple[Stage, ...], width: float, depth: float, size: int) -> Network:
    title, label = f"EfficientNetV2{which}", f"efficientnetv2-{which.lower()}"

    def network(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Tensor | None = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str | None = label,
    ) -> Model:
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
            files=(f"{label}.h5", f"{label}_notop.h5"),
        )
        x = _prepared(frame, small=stages is B) if include_preprocessing else frame.image
        x = _efficientnet_v2(x, width, depth, stages)
        x = frame.end(x, poolings=("avg_pool", "max_pool"), dropout=0.2, kernel_initializer=CLASSIFIER)
        return frame.model(x, name)

    return named(network, title, _efficientnet_v2)


EfficientNetV2B0 = _variant("B0", B, 1.0, 1.0, 224)
EfficientNetV2B1 = _variant("B1", B, 1.0, 1.1, 240)
EfficientNetV2B2 = _variant("B2", B, 1.1, 1.2, 260)
EfficientNetV2B3 = _variant("B3", B, 1.2, 1.4, 300)
EfficientNetV2S = _variant("S", S, 1.0, 1.0, 384)
EfficientNetV2M = _variant("M", M, 1.0, 1.0, 480)
EfficientNetV2L = _variant("L", L, 1.0, 1.0, 480)
