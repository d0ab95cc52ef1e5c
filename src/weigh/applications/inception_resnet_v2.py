"""Inception-ResNet V2: Inception modules whose result, scaled down, is added to what came in.

Source: Szegedy, Ioffe, Vanhoucke and Alemi 2016, figures 15 to 20; the stem is that of Inception V3, as in the official
weights.
"""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.applications.frame import Frame, channels, standard
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.inception import Branch, branch, convolved, joined, stem
from weigh.applications.preparing import tf as preprocess_input
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.graph import Tensor
from weigh.layers import Activation, Conv2D
from weigh.layers.base import Layer

__all__ = ["CustomScaleLayer", "InceptionResNetV2", "decode_predictions", "preprocess_input"]


class CustomScaleLayer(Layer):
    """Its first input plus `scale` times its second.

    Input shape: two of (batch, rows, columns, channels). Output shape: the same.

    Source: Szegedy et al. 2016, section 3.3: residuals are scaled down before they are added, for stability.

    Args:
        scale: what the second input is multiplied by.
    """

    keras_module: ClassVar[str] = "keras.src.applications.inception_resnet_v2"

    def __init__(self, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        return input_shape[0]

    def compute_cost(self, input_shape: list[Shape]) -> Cost:
        return Cost(others=2 * product(input_shape[0]))

    def call(self, inputs: list[Array]) -> Array:
        return inputs[0] + inputs[1] * self.scale


REPEATED: dict[str, tuple[int, float, tuple[Branch, ...]]] = {
    "block35": (10, 0.17, (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3)))),
    "block17": (20, 0.1, (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1))))),
    "block8": (10, 0.2, (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1))))),
}
"""How often a block comes, by what its result is scaled, and its branches (figures 16, 17 and 19)."""

BETWEEN: dict[str, tuple[Branch, ...]] = {
    "mixed_5b": (((96, 1),), ((48, 1), (64, 5)), ((64, 1), (96, 3), (96, 3)), ("average", (64, 1))),
    "mixed_6a": (((384, 3, 2),), ((256, 1), (256, 3), (384, 3, 2)), ("max",)),
    "mixed_7a": (((256, 1), (384, 3, 2)), ((256, 1), (288, 3, 2)), ((256, 1), (288, 3), (320, 3, 2)), ("max",)),
}
"""The branches of the modules before each kind of block."""


def _residual(x: Tensor, name: str, scale: float, branches: tuple[Branch, ...], last: bool) -> Tensor:
    """Branches side by side, brought to the width of `x` by a 1 × 1 convolution, scaled and added to it."""
    mixed = joined([branch(x, steps) for steps in branches], f"{name}_mixed")
    wide = Conv2D(int(channels(x)), 1, padding="same", name=f"{name}_conv")(mixed)
    x = CustomScaleLayer(1.0 if last else scale)([x, wide])
    return x if last else Activation("relu", name=f"{name}_ac")(x)


def _inception_resnet_v2(frame: Frame) -> Tensor:
    """A stem of convolutions, 40 scaled residual blocks of three kinds, mean, classifier."""
    x = stem(frame.image)
    for (module, joining), (kind, (count, scale, branches)) in zip(BETWEEN.items(), REPEATED.items(), strict=True):
        x = joined([branch(x, steps) for steps in joining], module)
        for number in range(1, count + 1):
            last = kind == "block8" and number == count
            x = _residual(x, f"{kind}_{number}", scale, branches, last)
    x = convolved(x, 1536, 1, names=("conv_7b", "conv_7b_bn", "conv_7b_ac"))
    return frame.end(x)


InceptionResNetV2 = standard("InceptionResNetV2", "inception_resnet_v2", _inception_resnet_v2, size=299, least=75)
