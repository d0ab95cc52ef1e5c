"""Pooling over all positions at once."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.compute.lazy import jax
from weigh.compute.pooling import window_axes
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.declare.window import assembled, channel_axis
from weigh.errors import ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer


class GlobalPooling(Layer):
    """One number for each channel, of all its positions.

    Input shape: (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. Output
    shape: (batch, channels), or with `keepdims` that of the input with 1 for each size of positions.

    Args:
        data_format: where the channels are: ``"channels_last"`` or ``"channels_first"``; ``None`` for the default.
        keepdims: whether the axes of positions stay, with size 1.

    Raises:
        ArgumentError: `data_format` is neither.
        ShapeError: the input has another rank.
    """

    rank: ClassVar[int]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.input_spec.check(input_shape, self.name)
        channels = input_shape[channel_axis(self.data_format)]
        ones = (1,) * self.rank if self.keepdims else ()
        return assembled(input_shape[0], ones, channels, self.data_format)

    def _axes(self) -> tuple[int, ...]:
        return window_axes(self.rank + 2, self.data_format)


class GlobalMaxPooling(GlobalPooling):
    """The largest number of each channel. Arguments and shapes as of :class:`GlobalPooling`."""

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(input_shape) - product(self.compute_output_shape(input_shape)))

    def call(self, inputs: Array) -> Array:
        return jax.numpy.max(inputs, self._axes(), keepdims=self.keepdims)


class GlobalAveragePooling(GlobalPooling):
    """The average of each channel. Arguments and shapes as of :class:`GlobalPooling`.

    Source: Lin, Chen and Yan 2014, "Network in network", section 3.2.
    """

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(input_shape))

    def call(self, inputs: Array) -> Array:
        wide = jax.numpy.promote_types(inputs.dtype, "float32")
        return jax.numpy.mean(inputs, self._axes(), wide, keepdims=self.keepdims).astype(inputs.dtype)


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest number of each channel of a sequence. See :class:`GlobalPooling`."""

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest number of each channel of a picture. See :class:`GlobalPooling`."""

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest number of each channel of a volume. See :class:`GlobalPooling`."""

    rank = 3


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The average of each channel of a sequence, over the steps that its mask leaves. See :class:`GlobalPooling`.

    A sequence of which the mask leaves nothing has the average 0, where Keras has no number (0 ÷ 0).
    """

    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Array, mask: Array | None = None) -> Array:
        if mask is None:
            return super().call(inputs)
        jnp = jax.numpy
        (steps,) = self._axes()
        if mask.shape != (inputs.shape[0], inputs.shape[steps]):
            raise ShapeError(
                f"Layer {self.name!r} got a mask of shape {mask.shape} for inputs of shape {inputs.shape}: the mask "
                f"must be (batch, steps), {(inputs.shape[0], inputs.shape[steps])}."
            )
        counts = jnp.expand_dims(mask.astype(bool), 3 - steps)
        wide = jnp.promote_types(inputs.dtype, "float32")
        sums = jnp.sum(jnp.where(counts, inputs.astype(wide), 0), steps, keepdims=self.keepdims)
        left = jnp.sum(counts, steps, wide, keepdims=self.keepdims)
        return (sums / jnp.maximum(left, 1)).astype(inputs.dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The average of each channel of a picture. See :class:`GlobalPooling`."""

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The average of each channel of a volume. See :class:`GlobalPooling`."""

    rank = 3


GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
