"""MobileNet: each 3 × 3 convolution is split into one over space, channel by channel, and a 1 × 1 one over channels.

Source: Howard et al. 2017, table 1.
"""

from __future__ import annotations

from typing import Any

from weigh.applications.frame import CLASSES, Frame, channel_axis, channels_first
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.preparing import tf as preprocess_input
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError
from weigh.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    ZeroPadding2D,
)
from weigh.models import Model

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Filters and stride of each block, at width 1."""
SIZES = (128, 160, 192, 224)
ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}
"""The widths that there are official weights for, and how their files spell them."""


def _activated(x: Tensor, name: str) -> Tensor:
    x = BatchNormalization(axis=channel_axis(), name=f"{name}_bn")(x)
    return ReLU(6.0, name=f"{name}_relu")(x)


def _block(x: Tensor, number: int, filters: int, stride: int, depth_multiplier: int) -> Tensor:
    """A 3 × 3 convolution of each channel alone, then a 1 × 1 one over all, each normalized and rectified."""
    if stride > 1:
        x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
    x = DepthwiseConv2D(
        3,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        depth_multiplier=depth_multiplier,
        use_bias=False,
        name=f"conv_dw_{number}",
    )(x)
    x = _activated(x, f"conv_dw_{number}")
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{number}")(x)
    return _activated(x, f"conv_pw_{number}")


def MobileNet(  # noqa: N802 - the network's name
    input_shape: Any = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Tensor | None = None,
    pooling: str | None = None,
    classes: int = CLASSES,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """Return MobileNet: a strided convolution and 13 blocks of split ones, mean, classifier.

    `alpha` multiplies all numbers of filters, `depth_multiplier` is how many channels a convolution of one channel
    makes of it, `dropout` the rate before the classifier, and `name` by default ``mobilenet_1.00_224`` and the like.
    The other arguments are as of a Frame.

    Raises:
        ArgumentError: as of a Frame; the official weights do not exist for `alpha` or `depth_multiplier`.
    """
    side = square(input_shape, SIZES)
    official = weights == "imagenet"
    if official and (depth_multiplier != 1 or alpha not in ALPHAS):
        raise ArgumentError(
            f"MobileNet: official weights exist for `alpha` {', '.join(map(str, ALPHAS))} and `depth_multiplier` 1, "
            "not for "
            f"`alpha={alpha}` and `depth_multiplier={depth_multiplier}`."
        )
    stem = f"mobilenet_{ALPHAS.get(alpha, alpha)}_{side}_tf"
    frame = Frame(
        "MobileNet",
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
    x = Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(frame.image)
    x = _activated(x, "conv1")
    for number, (filters, stride) in enumerate(BLOCKS, 1):
        x = _block(x, number, int(filters * alpha), stride, depth_multiplier)
    if include_top:
        x = GlobalAveragePooling2D(keepdims=True)(x)
        x = Dropout(dropout, name="dropout")(x)
        x = Conv2D(classes, 1, padding="same", name="conv_preds")(x)
        x = Reshape((classes,), name="reshape_2")(x)
        x = Activation(classifier_activation, name="predictions")(x)
    else:
        x = frame.pooled(x)
    rows = side if official else frame.shape[1 if channels_first() else 0]
    return frame.model(x, name or f"mobilenet_{alpha:0.2f}_{rows}")


def square(shape: Any, sizes: tuple[int, ...], otherwise: int = 224) -> int:
    """Return the side of square images if it is one of `sizes`, those that there are official weights for."""
    if shape is not None and len(shape) == 3:
        rows, columns = shape[1:] if channels_first() else shape[:2]
        if rows == columns and rows in sizes:
            return int(rows)
    return otherwise
