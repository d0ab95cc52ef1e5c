"""ConvNeXt: a convolutional network in the manner of a transformer: 7 × 7 channel by channel, then two dense layers.

Source: Liu et al. 2022, figure 4 (the block) and table 9.
"""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.account import roles
from weigh.applications.frame import CLASSES, Frame, Network, named, only_channels_last
from weigh.applications.imagenet_utils import DEVIATION, MEAN, decode_predictions
from weigh.applications.preparing import inside as preprocess_input
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.graph import Tensor
from weigh.layers import (
    Activation,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    LayerNormalization,
    Normalization,
)
from weigh.layers.base import Layer
from weigh.models import Model, Sequential
from weigh.parts import initializers

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "LayerScale",
    "decode_predictions",
    "preprocess_input",
]


class LayerScale(Layer):
    """Multiplies each channel by a learned number that begins near 0, so that a block begins as doing nothing.

    Input shape: (…, channels). Output shape: the same.

    Source: Touvron et al. 2021, equation 4.

    Args:
        init_values: what the numbers begin as.
        projection_dim: how many channels there are.
    """

    keras_module: ClassVar[str] = "keras.src.applications.convnext"

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape: Shape) -> None:
        self.gamma = self.add_weight(
            (self.dim("projection_dim"),), initializer=initializers.Constant(self.init_values), role=roles.SCALE
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(input_shape))

    def call(self, inputs: Array) -> Array:
        return inputs * self.gamma


def _block(x: Tensor, filters: int, name: str) -> Tensor:
    """Look around channel by channel, normalize, widen fourfold, gelu, narrow, scale; add what came in."""
    before = x
    x = Conv2D(filters, 7, padding="same", groups=filters, name=f"{name}_depthwise_conv")(x)
    x = LayerNormalization(epsilon=1e-6, name=f"{name}_layernorm")(x)
    x = Dense(4 * filters, name=f"{name}_pointwise_conv_1")(x)
    x = Activation("gelu", name=f"{name}_gelu")(x)
    x = Dense(filters, name=f"{name}_pointwise_conv_2")(x)
    x = LayerScale(1e-6, filters, name=f"{name}_layer_scale")(x)
    return before + Activation("linear", name=f"{name}_identity")(x)


def _between(stage: int, filters: int, name: str) -> Sequential:
    """Return what comes before a stage: squares of 4 × 4 pixels become places at first, later of 2 × 2 places."""
    if stage == 0:
        convolution = Conv2D(filters, 4, strides=4, name=f"{name}_stem_conv")
        return Sequential(
            [convolution, LayerNormalization(epsilon=1e-6, name=f"{name}_stem_layernorm")], name=f"{name}_stem"
        )
    number = stage - 1
    normalization = LayerNormalization(epsilon=1e-6, name=f"{name}_downsampling_layernorm_{number}")
    convolution = Conv2D(filters, 2, strides=2, name=f"{name}_downsampling_conv_{number}")
    return Sequential([normalization, convolution], name=f"{name}_downsampling_block_{number}")


def _convnext(frame: Frame, depths: tuple[int, ...], filters: tuple[int, ...], prepare: bool, name: str) -> Tensor:
    """Four stages of blocks, each after a strided convolution, mean, classifier.

    It prepares images itself: give it pixels from 0 to 255.
    """
    x = frame.image
    if prepare and frame.shape[-1] == 3:
        x = Normalization(
            mean=[one * 255 for one in MEAN],
            variance=[(one * 255) ** 2 for one in DEVIATION],
            name=f"{name}_prestem_normalization",
        )(x)
    downsampling = [_between(stage, wide, name) for stage, wide in enumerate(filters)]
    for stage, (count, wide) in enumerate(zip(depths, filters, strict=True)):
        x = downsampling[stage](x)
        for number in range(count):
            x = _block(x, wide, f"{name}_stage_{stage}_block_{number}")
    if not frame.include_top:
        return LayerNormalization(epsilon=1e-6)(frame.pooled(x))
    x = GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
    x = LayerNormalization(epsilon=1e-6, name=f"{name}_head_layernorm")(x)
    return frame.classified(x, name=f"{name}_head_dense")


def _variant(which: str, depths: tuple[int, ...], filters: tuple[int, ...]) -> Network:
    title, label = f"ConvNeXt{which}", f"convnext_{which.lower()}"

    def network(
        include_top: bool = True,
        include_preprocessing: bool = True,
        weights: Any = "imagenet",
        input_tensor: Tensor | None = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Any = "softmax",
        name: str = label,
    ) -> Model:
        only_channels_last(title)
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
            files=(f"{label}.h5", f"{label}_notop.h5"),
        )
        return frame.model(_convnext(frame, depths, filters, include_preprocessing, name), name)

    return named(network, title, _convnext)


ConvNeXtTiny = _variant("Tiny", (3, 3, 9, 3), (96, 192, 384, 768))
ConvNeXtSmall = _variant("Small", (3, 3, 27, 3), (96, 192, 384, 768))
ConvNeXtBase = _variant("Base", (3, 3, 27, 3), (128, 256, 512, 1024))
ConvNeXtLarge = _variant("Large", (3, 3, 27, 3), (192, 384, 768, 1536))
ConvNeXtXLarge = _variant("XLarge", (3, 3, 27, 3), (256, 512, 1024, 2048))
