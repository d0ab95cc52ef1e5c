"""DenseNet: each block puts 32 new channels beside all that came before.

Source: Huang, Liu, van der Maaten and Weinberger 2016, table 1 (DenseNet-BC, growth rate 32, compression 0.5).
"""

from __future__ import annotations

from weigh.applications.frame import Frame, channel_axis, channels, only_channels_last, standard
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.preparing import torch as preprocess_input
from weigh.applications.resnet import activated, normalized
from weigh.declare.graph import Tensor
from weigh.layers import AveragePooling2D, Concatenate, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

GROWTH = 32


def _block(x: Tensor, name: str) -> Tensor:
    """Put `GROWTH` new channels beside those of `x`: a 1 × 1 convolution narrows, a 3 × 3 convolution makes them."""
    new = activated(normalized(x, f"{name}_0_bn"), f"{name}_0_relu")
    new = Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(new)
    new = activated(normalized(new, f"{name}_1_bn"), f"{name}_1_relu")
    new = Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
    return Concatenate(axis=channel_axis(), name=f"{name}_concat")([x, new])


def _transition(x: Tensor, name: str) -> Tensor:
    """Halve channels, rows and columns."""
    x = activated(normalized(x, f"{name}_bn"), f"{name}_relu")
    x = Conv2D(int(channels(x)) // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _densenet(frame: Frame, blocks: tuple[int, ...]) -> Tensor:
    """A strided 7 × 7 convolution and pooling, four stages of blocks with transitions between them, mean, classifier.

    `blocks` says how many a stage has.
    """
    only_channels_last(frame.title)
    x = ZeroPadding2D(3)(frame.image)
    x = Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = activated(normalized(x, "conv1_bn"), "conv1_relu")
    x = ZeroPadding2D(1)(x)
    x = MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, count in enumerate(blocks, 2):
        x = _transition(x, f"pool{stage - 1}") if stage > 2 else x
        for number in range(1, count + 1):
            x = _block(x, f"conv{stage}_block{number}")
    x = activated(normalized(x, "bn"), "relu")
    return frame.end(x, poolings=("avg_pool", "max_pool"))


DenseNet121 = standard("DenseNet121", "densenet121", _densenet, size=224, blocks=(6, 12, 24, 16))
DenseNet169 = standard("DenseNet169", "densenet169", _densenet, size=224, blocks=(6, 12, 32, 32))
DenseNet201 = standard("DenseNet201", "densenet201", _densenet, size=224, blocks=(6, 12, 48, 32))
