"""MobileNet V3: the blocks of V2, some of which weigh their channels, with kernels and widths found by a search.

Source: Howard et al. 2019, tables 1 (large) and 2 (small); minimalistic: without weighing, hard swish and 5 × 5
kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.applications.frame import (
    CLASSES,
    Frame,
    Network,
    channel_axis,
    channels,
    channels_first,
    divisible,
    named,
    padding_before_stride,
)
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.mobilenet_v2 import agreeing
from weigh.applications.preparing import inside as preprocess_input
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError
from weigh.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Multiply,
    ReLU,
    Rescaling,
    ZeroPadding2D,
)
from weigh.models import Model

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]

Block = tuple[float, int, int, int, bool, bool]

SMALL: tuple[Block, ...] = (
    (1, 16, 3, 2, True, False),
    (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False),
    (4, 40, 5, 2, True, True),
    (6, 40, 5, 1, True, True),
    (6, 40, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (6, 96, 5, 2, True, True),
    (6, 96, 5, 1, True, True),
    (6, 96, 5, 1, True, True),
)
"""Expansion, filters, kernel, stride, whether channels are weighed, whether by hard swish instead of ReLU: table 2."""

LARGE: tuple[Block, ...] = (
    (1, 16, 3, 1, False, False),
    (4, 24, 3, 2, False, False),
    (3, 24, 3, 1, False, False),
    (3, 40, 5, 2, True, False),
    (3, 40, 5, 1, True, False),
    (3, 40, 5, 1, True, False),
    (6, 80, 3, 2, False, True),
    (2.5, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (6, 112, 3, 1, True, True),
    (6, 112, 3, 1, True, True),
    (6, 160, 5, 2, True, True),
    (6, 160, 5, 1, True, True),
    (6, 160, 5, 1, True, True),
)
"""The same of table 1."""

Activate = Callable[[Tensor], Tensor]


def _relu(x: Tensor) -> Tensor:
    return ReLU()(x)


def _hard_swish(x: Tensor) -> Tensor:
    return Activation("hard_swish")(x)


def _normalized(x: Tensor, name: str) -> Tensor:
    return BatchNormalization(axis=channel_axis(), epsilon=1e-3, momentum=0.999, name=name)(x)


def _weighed(x: Tensor, filters: int, name: str) -> Tensor:
    """Multiply each channel by a number in [0, 1] that two 1 × 1 convolutions find from the means of all channels."""
    gate = GlobalAveragePooling2D(keepdims=True, name=f"{name}squeeze_excite_avg_pool")(x)
    gate = Conv2D(divisible(filters * 0.25), 1, padding="same", name=f"{name}squeeze_excite_conv")(gate)
    gate = ReLU(name=f"{name}squeeze_excite_relu")(gate)
    gate = Conv2D(filters, 1, padding="same", name=f"{name}squeeze_excite_conv_1")(gate)
    gate = ReLU(6.0)(gate + 3.0) * (1.0 / 6.0)
    return Multiply(name=f"{name}squeeze_excite_mul")([x, gate])


def _block(
    x: Tensor, number: int, expansion: float, filters: int, kernel: int, stride: int, weighed: bool, activate: Activate
) -> Tensor:
    """Widen, look around channel by channel, weigh the channels, narrow; add what came in where shapes agree."""
    before, narrow = x, int(channels(x))
    wide = divisible(narrow * expansion)
    name = f"expanded_conv_{number}_" if number else "expanded_conv_"
    if number:
        x = Conv2D(wide, 1, padding="same", use_bias=False, name=f"{name}expand")(x)
        x = activate(_normalized(x, f"{name}expand_bn"))
    if stride == 2:
        x = ZeroPadding2D(padding_before_stride(x, kernel), name=f"{name}depthwise_pad")(x)
    padding = "same" if stride == 1 else "valid"
    x = DepthwiseConv2D(kernel, strides=stride, padding=padding, use_bias=False, name=f"{name}depthwise")(x)
    x = activate(_normalized(x, f"{name}depthwise_bn"))
    if weighed:
        x = _weighed(x, wide, name)
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project")(x)
    x = _normalized(x, f"{name}project_bn")
    return Add(name=f"{name}add")([before, x]) if stride == 1 and narrow == filters else x


def _variant(title: str, kind: str, blocks: tuple[Block, ...], last: int) -> Network:
    def network(
        input_shape: Any = None,
        alpha: float = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Tensor | None = None,
        classes: int = CLASSES,
        pooling: str | None = None,
        dropout_rate: float = 0.2,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str | None = title,
    ) -> Model:
        if weights == "imagenet" and alpha not in ((1.0,) if minimalistic else (0.75, 1.0)):
            raise ArgumentError(
                f"{title}: official weights exist for `alpha` 0.75 and 1.0, minimalistic for 1.0, not for {alpha}."
            )
        label = f"{kind}{'_minimalistic' if minimalistic else ''}_224_{alpha}_float"
        frame = Frame(
            title,
            include_top,
            weights,
            input_tensor,
            input_shape,
            pooling,
            classes,
            classifier_activation,
            size=224,
            files=(f"weights_mobilenet_v3_{label}.h5", f"weights_mobilenet_v3_{label}_no_top_v2.h5"),
            shape=_shape(title, input_shape, input_tensor),
        )
        activate = _relu if minimalistic else _hard_swish
        x = Rescaling(1.0 / 127.5, offset=-1.0)(frame.image) if include_preprocessing else frame.image
        x = Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
        x = activate(_normalized(x, "conv_bn"))
        for number, (expansion, filters, kernel, stride, weighed, swish) in enumerate(blocks):
            x = _block(
                x,
                number,
                expansion,
                divisible(filters * alpha),
                3 if minimalistic else kernel,
                stride,
                weighed and not minimalistic,
                activate if swish else _relu,
            )
        x = Conv2D(divisible(int(channels(x)) * 6), 1, padding="same", use_bias=False, name="conv_1")(x)
        x = activate(_normalized(x, "conv_1_bn"))
        if not include_top:
            return frame.model(frame.pooled(x, ("avg_pool", "max_pool")), name)
        x = GlobalAveragePooling2D(keepdims=True)(x)
        x = activate(Conv2D(divisible(last * alpha) if alpha > 1 else last, 1, padding="same", name="conv_2")(x))
        x = Dropout(dropout_rate)(x) if dropout_rate > 0 else x
        x = Flatten()(Conv2D(classes, 1, padding="same", name="logits")(x))
        return frame.model(Activation(classifier_activation, name="predictions")(x), name)

    return named(network, title, _network)


def _network() -> None:
    """A strided convolution, blocks that widen, some of which weigh their channels, mean, two 1 × 1 convolutions."""


def _shape(title: str, given: Any, tensor: Tensor | None) -> tuple[int | None, ...]:
    """Return the shape of an image: any size by default, with a classifier too.

    Raises:
        ArgumentError: it is too small, or `tensor` has another.
    """
    agreeing(title, given, tensor)
    if given is None and tensor is not None:
        given = tensor.shape[1:]
    if given is None:
        given = (3, None, None) if channels_first() else (None, None, 3)
    sizes = tuple(given)[1:] if channels_first() else tuple(given)[:2]
    if all(sizes) and min(size for size in sizes if size is not None) < 32:
        raise ArgumentError(f"{title} needs images of at least 32 × 32, not `input_shape={tuple(given)}`.")
    return tuple(given)


MobileNetV3Small = _variant("MobileNetV3Small", "small", SMALL, 1024)
MobileNetV3Large = _variant("MobileNetV3Large", "large", LARGE, 1280)
