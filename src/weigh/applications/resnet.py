"""ResNet: blocks that add what they compute to what they were given, so that hundreds of layers can be trained.

Source: He, Zhang, Ren and Sun 2015, table 1 and figure 5 (right, the bottleneck); the stride is in a block's first 1 ×
1 convolution, and convolutions have biases beside the β of the normalization, both as in the official weights.
"""

from __future__ import annotations

from weigh.applications.frame import Frame, channel_axis, standard
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.preparing import caffe as preprocess_input
from weigh.declare.graph import Tensor
from weigh.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

FILTERS = (64, 128, 256, 512)


def normalized(x: Tensor, name: str) -> Tensor:
    """Return `x` after the family's BatchNormalization."""
    return BatchNormalization(axis=channel_axis(), epsilon=1.001e-5, name=name)(x)


def activated(x: Tensor, name: str) -> Tensor:
    """Return `x` after a ReLU."""
    return Activation("relu", name=name)(x)


def _block(x: Tensor, filters: int, stride: int, name: str, projected: bool) -> Tensor:
    """Narrow to `filters`, convolve by 3 × 3, widen to four times as many; add what came in, projected where shapes
    differ.
    """
    shortcut = x
    if projected:
        shortcut = normalized(Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x), f"{name}_0_bn")
    x = Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
    x = activated(normalized(x, f"{name}_1_bn"), f"{name}_1_relu")
    x = Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = activated(normalized(x, f"{name}_2_bn"), f"{name}_2_relu")
    x = normalized(Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3_bn")
    return activated(Add(name=f"{name}_add")([shortcut, x]), f"{name}_out")


def _resnet(frame: Frame, blocks: tuple[int, ...]) -> Tensor:
    """A strided 7 × 7 convolution and pooling, four stages of bottleneck blocks, mean, classifier.

    `blocks` says how many a stage has.
    """
    x = ZeroPadding2D(3, name="conv1_pad")(frame.image)
    x = Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = activated(normalized(x, "conv1_bn"), "conv1_relu")
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (filters, count) in enumerate(zip(FILTERS, blocks, strict=True), 2):
        for number in range(1, count + 1):
            stride = 2 if number == 1 and stage > 2 else 1
            x = _block(x, filters, stride, f"conv{stage}_block{number}", projected=number == 1)
    return frame.end(x, poolings=("avg_pool", "max_pool"))


ResNet50 = standard("ResNet50", "resnet50", _resnet, size=224, blocks=(3, 4, 6, 3))
ResNet101 = standard("ResNet101", "resnet101", _resnet, size=224, blocks=(3, 4, 23, 3))
ResNet152 = standard("ResNet152", "resnet152", _resnet, size=224, blocks=(3, 8, 36, 3))
