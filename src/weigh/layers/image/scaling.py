"""Layers that bring images to one range of values and to one size, in training as at inference."""

from __future__ import annotations

from typing import Any

from weigh.compute import images as images_
from weigh.compute.boxes import joined, split
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config, settings
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Shape, product
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.layers.image.base import Boxes, ImageLayer, Transformation


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


class _Sized(ImageLayer):
    """A layer whose images all come out in one size, in training as at inference."""

    moves = True
    always = True
    height: int
    width: int

    def _set_size(self, height: Any, width: Any) -> None:
        self.height, self.width = checks.positive(self, "height", height), checks.positive(self, "width", width)

    def image_shape(self, shape: Shape) -> Shape:
        sizes = list(shape)
        sizes[self.height_axis], sizes[self.width_axis] = self.dim("height"), self.dim("width")
        return tuple(sizes)

    def size_after(self, height: int, width: int) -> tuple[int, int]:
        return self.height, self.width


TAPS = {"nearest": 0, "bilinear": 2, "bicubic": 4, "lanczos3": 6, "lanczos5": 10}
"""How many neighbours along each axis are weighed for one number that comes out."""


class Resizing(_Sized):
    """Brings images to one size by interpolation, in training as at inference.

    Input shape: (batch, height, width, channels) or one image. Output shape: the same with the sizes wanted. Whole
    numbers come out as whole numbers, rounded. Masks are resized to the nearest pixel, boxes move along.

    Args:
        height: that comes out.
        width: that comes out.
        interpolation: ``"bilinear"``, ``"nearest"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.
        crop_to_aspect_ratio: whether only the largest centred part of the wanted aspect ratio is taken, instead of
            stretching the whole.
        pad_to_aspect_ratio: whether an image is padded to the wanted aspect ratio first.
        fill_mode: must be ``"constant"``.
        fill_value: what is padded with.
        antialias: whether the filter is widened when an image is made smaller.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: a size is no whole number above 0, a mode is unknown, or cropping and padding are both asked for.
        ShapeError: images have neither 3 nor 4 axes.

    Cost: a product and an addition for each neighbour that is weighed, axis after axis, and nothing for ``"nearest"``.
    The wider filter of `antialias` is not counted.
    """

    keeps_dtype = True

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._set_size(height, width)
        self.interpolation = checks.one_of(self, "interpolation", interpolation, images_.RESIZE_INTERPOLATIONS)
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = checks.one_of(self, "fill_mode", fill_mode, ("constant",))
        self.fill_value = fill_value
        self.antialias = bool(antialias)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ArgumentError(
                f"Layer {self.name!r} (Resizing): only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` can be "
                "asked for."
            )

    def compute_cost(self, input_shape: Any) -> Cost:
        shape = self.compute_output_shape(input_shape["images"] if isinstance(input_shape, dict) else input_shape)
        return Cost(others=product(shape) * (4 * TAPS[self.interpolation])) if TAPS[self.interpolation] else FREE

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        return images_.resize(
            images,
            (self.height, self.width),
            interpolation,
            self.antialias,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.fill_mode,
            self.fill_value,
            self.data_format,
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation | None, training: bool = True
    ) -> Boxes:
        moved = super().transform_bounding_boxes(bounding_boxes, transformation, training)
        given = bounding_boxes["boxes"]
        absent = ((given == -1).all(-1) | (given == 0).all(-1))[..., None]
        return {**moved, "boxes": jax.numpy.where(absent, 0.0, moved["boxes"])}

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        height, width = (transformation["shape"][axis] for axis in (self.height_axis, self.width_axis))
        down, across, top, left = self.height / height, self.width / width, 0.0, 0.0
        if self.pad_to_aspect_ratio:
            down = across = min(down, across)
            top, left = (self.height - height * down) // 2, (self.width - width * across) // 2
        elif self.crop_to_aspect_ratio:
            down = across = max(down, across)
            top, left = -((height * down - self.height) // 2), -((width * across - self.width) // 2)
        x1, y1, x2, y2 = split(boxes)
        return joined(x1 * across + left, y1 * down + top, x2 * across + left, y2 * down + top)


class CenterCrop(_Sized):
    """Cuts the middle out of images, in training as at inference.

    Of an image that is too small the largest centred part of the wanted aspect ratio is taken and resized.

    Input shape: (batch, height, width, channels) or one image. Output shape: the same with the sizes wanted. Masks
    and boxes follow.

    Args:
        height: that comes out.
        width: that comes out.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: a size is no whole number above 0.
        ShapeError: images have neither 3 nor 4 axes.

    Cost: nothing where it only cuts, else that of a bilinear `Resizing`.
    """

    interpolation = "bilinear"

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._set_size(height, width)

    def _window(self, shape: Any) -> tuple[int, int, int, int]:
        """Return top, left, height and width of what is taken of an image."""
        height, width = shape[self.height_axis], shape[self.width_axis]
        if height >= self.height and width >= self.width:
            return (height - self.height) // 2, (width - self.width) // 2, self.height, self.width
        return images_.aspect_window(height, width, self.height, self.width)

    def compute_cost(self, input_shape: Any) -> Cost:
        shape = input_shape["images"] if isinstance(input_shape, dict) else input_shape
        if self._window(shape)[2:] == (self.height, self.width):
            return FREE
        return Cost(others=product(self.compute_output_shape(shape)) * (4 * TAPS["bilinear"]))

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        top, left, height, width = self._window(images.shape)
        window = images_.crop(images, top, left, height, width, self.data_format)
        if (height, width) == (self.height, self.width):
            return window
        return images_.resize(window, (self.height, self.width), interpolation, data_format=self.data_format)

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        top, left, height, width = self._window(transformation["shape"])
        x1, y1, x2, y2 = split(boxes)
        x1, x2 = (jax.numpy.clip(x - left, 0, width) * (self.width / width) for x in (x1, x2))
        y1, y2 = (jax.numpy.clip(y - top, 0, height) * (self.height / height) for y in (y1, y2))
        return joined(x1, y1, x2, y2)
