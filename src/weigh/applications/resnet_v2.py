"""ResNet V2: normalization and ReLU come before the convolutions, so that what is added flows on untouched.

Source: He, Zhang, Ren and Sun 2016, figure 1(b). Rows and columns are halved by the last block of a stage.
"""

from __future__ import annotations

from weigh.applications.frame import Frame, standard
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.preparing import tf as preprocess_input
from weigh.applications.resnet import FILTERS, activated, normalized
from weigh.declare.graph import Tensor
from weigh.layers import Add, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]


def _block(x: Tensor, filters: int, stride: int, name: str, projected: bool) -> Tensor:
    """Normalize, narrow, convolve by 3 × 3, widen; add what came in, projected or thinned where shapes differ."""
    before = activated(normalized(x, f"{name}_preact_bn"), f"{name}_preact_relu")
    if projected:
        shortcut = Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(before)
    else:
        shortcut = MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    x = Conv2D(filters, 1, strides=1, use_bias=False, name=f"{name}_1_conv")(before)
    x = activated(normalized(x, f"{name}_1_bn"), f"{name}_1_relu")
    x = ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(x)
    x = activated(normalized(x, f"{name}_2_bn"), f"{name}_2_relu")
    x = Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return Add(name=f"{name}_out")([shortcut, x])


def _resnet_v2(frame: Frame, blocks: tuple[int, ...]) -> Tensor:
    """A strided 7 × 7 convolution and pooling, four stages of blocks that normalize first, mean, classifier.

    `blocks` says how many a stage has.
    """
    x = ZeroPadding2D(3, name="conv1_pad")(frame.image)
    x = Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (filters, count) in enumerate(zip(FILTERS, blocks, strict=True), 2):
        for number in range(1, count + 1):
            stride = 2 if number == count and stage < 5 else 1
            x = _block(x, filters, stride, f"conv{stage}_block{number}", projected=number == 1)
    x = activated(normalized(x, "post_bn"), "post_relu")
    return frame.end(x, poolings=("avg_pool", "max_pool"))


ResNet50V2 = standard("ResNet50V2", "resnet50v2", _resnet_v2, size=224, blocks=(3, 4, 6, 3))
ResNet101V2 = standard("ResNet101V2", "resnet101v2", _resnet_v2, size=224, blocks=(3, 4, 23, 3))
ResNet152V2 = standard("ResNet152V2", "resnet152v2", _resnet_v2, size=224, blocks=(3, 8, 36, 3))
