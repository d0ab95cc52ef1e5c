"""VGG: convolutions of 3 × 3 in five stages, each of which ends by halving rows and columns.

Source: Simonyan and Zisserman 2014, table 1, columns D (VGG16) and E (VGG19).
"""

from __future__ import annotations

from weigh.applications.frame import Frame, standard
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.preparing import caffe as preprocess_input
from weigh.declare.graph import Tensor
from weigh.layers import Conv2D, Dense, Flatten, MaxPooling2D

__all__ = ["VGG16", "VGG19", "decode_predictions", "preprocess_input"]

FILTERS = (64, 128, 256, 512, 512)


def _vgg(frame: Frame, convolutions: tuple[int, ...]) -> Tensor:
    """Five stages of 3 × 3 convolutions, then three dense layers.

    `convolutions` says how many a stage has.
    """
    x = frame.image
    for stage, (filters, count) in enumerate(zip(FILTERS, convolutions, strict=True), 1):
        for number in range(1, count + 1):
            x = Conv2D(filters, 3, padding="same", activation="relu", name=f"block{stage}_conv{number}")(x)
        x = MaxPooling2D(2, strides=2, name=f"block{stage}_pool")(x)
    if not frame.include_top:
        return frame.pooled(x)
    x = Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = Dense(4096, activation="relu", name=name)(x)
    return frame.classified(x)


VGG16 = standard("VGG16", "vgg16", _vgg, size=224, convolutions=(2, 2, 3, 3, 3))
VGG19 = standard("VGG19", "vgg19", _vgg, size=224, convolutions=(2, 2, 4, 4, 4))
