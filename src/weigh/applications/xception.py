"""Xception: Inception taken to its end: channels are looked at one by one in space, then mixed at each place.

Source: Chollet 2016, figure 5.
"""

from __future__ import annotations

from weigh.applications.frame import Frame, channel_axis, standard
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.preparing import tf as preprocess_input
from weigh.declare.graph import Tensor
from weigh.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, SeparableConv2D

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

ENTRY = {2: (128, 128), 3: (256, 256), 4: (728, 728)}
MIDDLE = dict.fromkeys(range(5, 13), (728, 728, 728))
EXIT = {13: (728, 1024)}
"""Filters of each block's separable convolutions."""


def _normalized(x: Tensor, name: str | None = None) -> Tensor:
    return BatchNormalization(axis=channel_axis(), name=name)(x)


def _relu(x: Tensor, name: str) -> Tensor:
    return Activation("relu", name=f"{name}_act")(x)


def _separable(x: Tensor, filters: int, name: str) -> Tensor:
    x = SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _block(x: Tensor, block: int, filters: tuple[int, ...]) -> Tensor:
    """Separable convolutions, each after a ReLU; what came in is added, through a strided convolution if rows are
    halved.
    """
    shortcut = x
    if block not in MIDDLE:
        shortcut = Conv2D(filters[-1], 1, strides=2, padding="same", use_bias=False)(x)
        shortcut = _normalized(shortcut)
    for number, wide in enumerate(filters, 1):
        name = f"block{block}_sepconv{number}"
        x = x if (block, number) == (2, 1) else _relu(x, name)  # the entry's last ReLU has come just before
        x = _separable(x, wide, name)
    if block not in MIDDLE:
        x = MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return Add()([x, shortcut])


def _xception(frame: Frame) -> Tensor:
    """Two convolutions, twelve residual blocks of separable ones, two more of these, mean, classifier."""
    x = frame.image
    for number, (filters, stride) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{number}"
        x = Conv2D(filters, 3, strides=stride, use_bias=False, name=name)(x)
        x = _relu(_normalized(x, f"{name}_bn"), name)
    for block, widths in (ENTRY | MIDDLE | EXIT).items():
        x = _block(x, block, widths)
    for number, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{number}"
        x = _relu(_separable(x, filters, name), name)
    return frame.end(x)


Xception = standard("Xception", "xception", _xception, size=299, least=71)
