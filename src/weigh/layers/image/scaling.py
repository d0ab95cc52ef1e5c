"""Layers that bring images to one range of values and to one size, in training as at inference."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config, settings
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.errors import ArgumentError
from weigh.layers.base import Layer


class Rescaling(Layer):
    """Multiplies every value by a scale and adds an offset: ``inputs · scale + offset``.

    Input shape: any. Output shape: that of the input; whole numbers come out as floating-point ones.

    Args:
        scale: a number, or a sequence with one for each channel, such as ``1 / 255``.
        offset: a number, or a sequence with one for each channel.

    Raises:
        ArgumentError: `scale` or `offset` is neither a number nor a sequence of numbers.

    Where the default data format is ``"channels_first"``, a sequence as `scale` goes along the channels; a sequence as
    `offset` goes along the last axis in both, as in Keras.
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = self._checked("scale", scale)
        self.offset = self._checked("offset", offset)
        self.supports_masking = True

    def _checked(self, argument: str, value: Any) -> Any:
        several = isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0
        numbers = list(value) if several else [value]
        if not numbers or any(isinstance(one, (str, bytes)) or not _numeric(one) for one in numbers):
            raise ArgumentError(
                f"Layer {self.name!r} (Rescaling): `{argument}` must be a number or a sequence of numbers, one for "
                f"each channel, not {value!r}."
            )
        return value

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=2 * product(input_shape))

    @classmethod
    def from_config(cls, config_: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` returned, where arrays are written as records."""
        read = {name: config_[name] for name in ("scale", "offset") if isinstance(config_.get(name), dict)}
        arrays = {name: config.special[record["class_name"]](record["config"]) for name, record in read.items()}
        return cls(**{**config_, **arrays})

    def call(self, inputs: Array) -> Array:
        jnp = jax.numpy
        scale, offset = (jnp.asarray(value, self.compute_dtype) for value in (self.scale, self.offset))
        if scale.ndim and settings.image_data_format() == "channels_first":
            scale = scale.reshape(*scale.shape, *(1,) * (3 - scale.ndim))
        return jnp.asarray(inputs, self.compute_dtype) * scale + offset


def _numeric(value: Any) -> bool:
    return hasattr(value, "__float__") or getattr(value, "ndim", 0) > 0
