"""Layers that move the pixels of images at random in training; masks and boxes follow, inference changes nothing."""

from __future__ import annotations

from typing import Any

from weigh.compute import boxes as boxes_
from weigh.compute import images as images_
from weigh.compute.boxes import joined, split
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.image import base
from weigh.layers.image.base import RandomImageLayer, Transformation, interval, per_image
from weigh.layers.image.scaling import TAPS

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


class _Moving(RandomImageLayer):
    """A layer that moves pixels; it knows the size of the images that it works on."""

    moves = True

    def _size(self, shape: Any) -> tuple[int, int]:
        return shape[self.height_axis], shape[self.width_axis]


class RandomFlip(_Moving):
    """In training mirrors images, each with a chance of one half; at inference does nothing.

    Output shape: that of the input. With ``"horizontal_and_vertical"`` an image is mirrored both ways or not at all:
    one draw decides on both, as in Keras.

    Args:
        mode: ``"horizontal_and_vertical"``, ``"horizontal"`` (left to right) or ``"vertical"``.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `mode` is unknown.
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.mode = checks.one_of(self, "mode", mode, ("horizontal_and_vertical", "horizontal", "vertical"))

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        return {"flips": self.uniform(keys, (shape[0], 1, 1, 1)) <= 0.5}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        named = {"horizontal": self.width_axis, "vertical": self.height_axis}
        flipped = jax.numpy.flip(images, [axis for name, axis in named.items() if name in self.mode])
        return jax.numpy.where(transformation["flips"], flipped, images)

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        height, width = self._size(transformation["shape"])
        x1, y1, x2, y2 = split(boxes)
        if "horizontal" in self.mode:
            x1, x2 = width - x2, width - x1
        if "vertical" in self.mode:
            y1, y2 = height - y2, height - y1
        return jax.numpy.where(transformation["flips"][..., 0], joined(x1, y1, x2, y2), boxes)


class _Affine(_Moving):
    """A layer that reads each pixel from where an affine map of its own place leads to."""

    def _fill(self, fill_mode: Any, interpolation: Any, fill_value: float) -> None:
        self.fill_mode = checks.one_of(self, "fill_mode", fill_mode, FILL_MODES)
        self.interpolation = checks.one_of(self, "interpolation", interpolation, INTERPOLATIONS)
        self.fill_value = fill_value

    def matrix(self, transformation: Transformation) -> tuple[Any, Any, Any, Any, Any, Any]:
        """Return a₀, a₁, a₂, b₀, b₁, b₂ of `weigh.compute.images.affine_transform`, (batch,) each."""
        raise NotImplementedError

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        jnp = jax.numpy
        numbers = (*self.matrix(transformation), 0.0, 0.0)
        transform = jnp.stack([jnp.broadcast_to(number, (images.shape[0],)) for number in numbers], -1)
        return images_.affine_transform(
            images, transform, interpolation, self.fill_mode, self.fill_value, self.data_format
        )


class RandomRotation(_Affine):
    """In training turns images around their middle by a random angle; at inference does nothing.

    Output shape: that of the input. A positive factor turns counter-clockwise.

    Args:
        factor: the angle in full turns is drawn from [−factor, factor], or from two numbers, each in [−1, 1].
        fill_mode: what is beyond the edge: ``"reflect"`` (default), ``"wrap"``, ``"constant"`` or ``"nearest"``.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        seed: where its random stream starts.
        fill_value: what is beyond the edge for ``"constant"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `factor` is out of range, or a mode is unknown.

    Boxes become the boxes around the turned ones. Keras takes them for corners in pixels whatever their format; here
    they are converted first.
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (-1, 1))
        self._fill(fill_mode, interpolation, fill_value)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        return {"angle": self.uniform(keys, (shape[0],), *(360.0 * turns for turns in self.factor))}

    def matrix(self, transformation: Transformation) -> tuple[Any, Any, Any, Any, Any, Any]:
        jnp = jax.numpy
        height, width = self._size(transformation["shape"])
        angle = transformation["angle"] * (jnp.pi / 180.0)
        cosine, sine = jnp.cos(angle), jnp.sin(angle)
        x, y = 0.5 * (width - 1), 0.5 * (height - 1)
        return cosine, -sine, x - x * cosine + y * sine, sine, cosine, y - x * sine - y * cosine

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        angle = transformation["angle"]
        none, same = jax.numpy.zeros_like(angle), jax.numpy.ones_like(angle)
        height, width = self._size(transformation["shape"])
        return boxes_.affine_transform(boxes, angle, none, none, same, none, none, height, width)


class RandomTranslation(_Affine):
    """In training moves images up or down and left or right; at inference does nothing.

    Output shape: that of the input.

    Args:
        height_factor: the way down, as a share of the height, is drawn from [−factor, factor], or from two numbers,
            each in [−1, 1].
        width_factor: the way to the right, as a share of the width, likewise.
        fill_mode: what is beyond the edge: ``"reflect"`` (default), ``"wrap"``, ``"constant"`` or ``"nearest"``.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        seed: where its random stream starts.
        fill_value: what is beyond the edge for ``"constant"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: a factor is out of range, or a mode is unknown.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = interval(self, "height_factor", height_factor, (-1, 1), mirrored=True)
        self._right = interval(self, "width_factor", width_factor, (-1, 1), mirrored=True)
        self._fill(fill_mode, interpolation, fill_value)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        height, width = self._size(shape)
        down = self.uniform(keys, (shape[0],), *self._down) * height
        return {"down": down, "right": self.uniform(keys, (shape[0],), *self._right) * width}

    def matrix(self, transformation: Transformation) -> tuple[Any, Any, Any, Any, Any, Any]:
        return 1.0, 0.0, -transformation["right"], 0.0, 1.0, -transformation["down"]

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        right, down = (transformation[way][:, None, None] for way in ("right", "down"))
        return boxes_.pad(boxes, down, right)


class RandomZoom(_Affine):
    """In training zooms in or out of images; at inference does nothing.

    Output shape: that of the input. A negative factor zooms in: 1 + factor is the share of the image that is seen.

    Args:
        height_factor: drawn from [−factor, factor], or from two numbers, each above −1 and at most 1.
        width_factor: likewise; ``None`` keeps the aspect ratio.
        fill_mode: what is beyond the edge: ``"reflect"`` (default), ``"wrap"``, ``"constant"`` or ``"nearest"``.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        seed: where its random stream starts.
        fill_value: what is beyond the edge for ``"constant"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: a factor is out of range, or a mode is unknown.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = self._zoom("height_factor", height_factor)
        self._across = None if width_factor is None else self._zoom("width_factor", width_factor)
        self._fill(fill_mode, interpolation, fill_value)

    def _zoom(self, argument: str, value: Any) -> tuple[float, float]:
        low, high = interval(self, argument, value, (-1, 1), mirrored=True)
        given = value if isinstance(value, (list, tuple)) else [value]
        if min(given) <= -1:
            raise ArgumentError(
                f"Layer {self.name!r} (RandomZoom): `{argument}` must be above -1, where nothing of the image would be "
                f"seen, and at most 1, not {value!r}."
            )
        return 1.0 + low, 1.0 + high

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        down = self.uniform(keys, (shape[0],), *self._down)
        return {"down": down, "across": down if self._across is None else self.uniform(keys, down.shape, *self._across)}

    def matrix(self, transformation: Transformation) -> tuple[Any, Any, Any, Any, Any, Any]:
        height, width = self._size(transformation["shape"])
        across, down = transformation["across"], transformation["down"]
        return across, 0.0, (width - 1) / 2 * (1 - across), 0.0, down, (height - 1) / 2 * (1 - down)

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        height, width = self._size(transformation["shape"])
        across, _, left, _, down, top = (
            number[:, None, None] if hasattr(number, "ndim") else number for number in self.matrix(transformation)
        )
        x1, y1, x2, y2 = split(boxes)
        x1, x2 = ((jax.numpy.clip(x, left, left + across * width) - left) / across for x in (x1, x2))
        y1, y2 = ((jax.numpy.clip(y, top, top + down * height) - top) / down for y in (y1, y2))
        return joined(x1, y1, x2, y2)


class RandomShear(_Affine):
    """In training shears images: the further down a row, the further it is moved aside, and columns alike.

    Output shape: that of the input. At inference it does nothing.

    Args:
        x_factor: pixels that a row is moved for each row above it, drawn from [−factor, factor], or from two numbers
            in [0, 1]; the direction is drawn too.
        y_factor: the same for columns.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_mode: what is beyond the edge: ``"reflect"`` (default), ``"wrap"``, ``"constant"`` or ``"nearest"``.
        fill_value: what is beyond the edge for ``"constant"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: a factor is out of range, or a mode is unknown.

    Boxes are sheared as in Keras, in shares of width and height: exact for square images only. Keras writes
    [−factor, factor] into a configuration and then refuses to read it; here the argument is written as it came.
    """

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.x_factor, self.y_factor = x_factor, y_factor
        self._x, self._y = self._shear("x_factor", x_factor), self._shear("y_factor", y_factor)
        self._fill(fill_mode, interpolation, fill_value)

    def _shear(self, argument: str, value: Any) -> tuple[float, float]:
        if isinstance(value, (list, tuple)) and len(value) == 2 and value[0] == -value[1]:
            value = max(value)  # what Keras writes for a number
        if isinstance(value, (list, tuple)) and any(not 0 <= one <= 1 for one in value):
            raise ArgumentError(
                f"Layer {self.name!r} (RandomShear): `{argument}` must be a number from 0 to 1, or two such numbers to "
                f"draw from between, not {value!r}."
            )
        return interval(self, argument, value, (0, 1), mirrored=True)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        dtype = self.compute_dtype
        turned = jax.numpy.where(self.uniform(keys, (shape[0],), dtype=dtype) > 0.5, -1.0, 1.0).astype(dtype)
        y = self.uniform(keys, (shape[0],), *self._y, dtype) * turned
        return {"y": y, "x": self.uniform(keys, (shape[0],), *self._x, dtype) * turned}

    def matrix(self, transformation: Transformation) -> tuple[Any, Any, Any, Any, Any, Any]:
        return 1.0, transformation["x"], 0.0, transformation["y"], 1.0, 0.0

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        where = jax.numpy.where
        height, width = self._size(transformation["shape"])
        across, down = (transformation[axis][:, None, None] for axis in ("x", "y"))
        x1, y1, x2, y2 = split(boxes / jax.numpy.asarray([width, height, width, height], boxes.dtype))
        x1, x2 = (
            where(across < 0, x1 - across * y1, x1 - across * y2),
            where(across < 0, x2 - across * y2, x2 - across * y1),
        )
        y1, y2 = where(down > 0, y1 - down * x2, y1 - down * x1), where(down > 0, y2 - down * x1, y2 - down * x2)
        return joined(x1 * width, y1 * height, x2 * width, y2 * height)


class RandomPerspective(_Moving):
    """In training shows images in another perspective: each corner is moved by itself; at inference does nothing.

    Output shape: that of the input. The corner at (0, 0) stays, as in Keras: corners are moved by shares of their
    coordinates.

    Args:
        factor: the chance that an image is changed, drawn from [0, factor], or from two numbers in [0, 1].
        scale: how far corners are moved at most, twice the share of their coordinates, in [0, 1].
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_value: what is beyond the edge.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `factor` or `scale` is out of range, or `interpolation` is unknown.

    Boxes come back in their own format; Keras leaves them as corners in pixels.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (0, 1))
        if not isinstance(scale, (int, float)) or not 0 <= scale <= 1:
            raise ArgumentError(
                f"Layer {self.name!r} (RandomPerspective): `scale` must be a number from 0 to 1, not {scale!r}."
            )
        self.scale = scale
        self.interpolation = checks.one_of(self, "interpolation", interpolation, INTERPOLATIONS)
        self.fill_value = fill_value

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        height, width = self._size(shape)
        apply = self.some(keys, shape[0], self.factor)
        half = 0.5 * self.scale
        moved = self.uniform(keys, (shape[0], 4, 2), -half, half, self.compute_dtype)
        right, low = width - 1, height - 1
        corners = jax.numpy.asarray([[0, 0], [right, 0], [0, low], [right, low]], moved.dtype)
        start = jax.numpy.broadcast_to(corners, moved.shape)
        return {"apply": apply, "start": start, "end": start + start * moved}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        start, end = transformation["start"], transformation["end"]
        seen = images_.perspective_transform(images, start, end, interpolation, self.fill_value, self.data_format)
        return jax.numpy.where(per_image(transformation["apply"]), seen, images)

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        jnp = jax.numpy
        ends = (transformation[name].astype("float32") for name in ("start", "end"))
        transform = images_.compute_homography_matrix(*ends)
        back = jnp.linalg.inv(jnp.pad(transform, ((0, 0), (0, 1)), constant_values=1).reshape(-1, 3, 3))
        x1, y1, x2, y2 = (boxes[..., index] for index in range(4))
        points = jnp.stack([jnp.stack([x, y, jnp.ones_like(x)]) for x, y in ((x1, y1), (x2, y2), (x1, y2), (x2, y1))])
        moved = jnp.sum(back.T[:, :, None, :, None] * points.transpose(1, 0, 2, 3)[:, None], 0)
        x, y = moved[0] / moved[2], moved[1] / moved[2]
        around = jnp.stack([x.min(0), y.min(0), x.max(0), y.max(0)], -1)
        return jnp.where(transformation["apply"][:, None, None], around, boxes)


class RandomCrop(_Moving):
    """In training cuts windows out of images, the same for a whole batch; at inference the middle.

    Of an image that is too small in training, the window is what there is of it from its middle on, resized. At
    inference it is the largest centred part of the wanted aspect ratio, resized: that is what Keras documents; Keras 3
    itself returns images uncut there.

    Input shape: (batch, height, width, channels) or one image. Output shape: the same with the sizes wanted.

    Args:
        height: that comes out.
        width: that comes out.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: a size is no whole number above 0.
        ShapeError: height or width of the images is unknown when computing.

    Boxes move with the window; Keras subtracts its top from their x and its left from their y.

    Cost: at inference, that of a bilinear `Resizing`; nothing for images that have the size already.
    """

    always = True
    interpolation = "bilinear"

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, name=name, **kwargs)
        self.height, self.width = checks.positive(self, "height", height), checks.positive(self, "width", width)

    def image_shape(self, shape: Shape) -> Shape:
        sizes = list(shape)
        sizes[self.height_axis], sizes[self.width_axis] = self.dim("height"), self.dim("width")
        return tuple(sizes)

    def size_after(self, height: int, width: int) -> tuple[int, int]:
        return self.height, self.width

    def compute_cost(self, input_shape: Any) -> Cost:
        shape = input_shape["images"] if isinstance(input_shape, dict) else input_shape
        same = self._size(shape) == (self.height, self.width)
        return Cost(others=0 if same else product(self.compute_output_shape(shape)) * (4 * TAPS["bilinear"]))

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Transformation | None:
        shape = tuple((data["images"] if isinstance(data, dict) else data).shape)
        height, width = self._size(shape)
        if training and height > self.height and width > self.width:
            keys = seed or self.generator
            top, left = (
                self.uniform(keys, (), 0.0, float(more + 1)).astype("int32")
                for more in (height - self.height, width - self.width)
            )
            return {"shape": shape, "window": (top, left, self.height, self.width)}
        top, left, inner_height, inner_width = images_.aspect_window(height, width, self.height, self.width)
        if training:
            inner_height, inner_width = min(self.height, height - top), min(self.width, width - left)
        return {"shape": shape, "window": (top, left, inner_height, inner_width)}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        top, left, height, width = transformation["window"]
        cut = images_.crop(images, top, left, height, width, self.data_format)
        if (height, width) == (self.height, self.width):
            return cut
        return images_.resize(cut, (self.height, self.width), interpolation, data_format=self.data_format)

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        top, left, height, width = transformation["window"]
        inside = boxes_.crop(boxes, top, left, height, width)
        down, across = self.height / height, self.width / width
        return inside * jax.numpy.asarray([across, down, across, down], boxes.dtype)


class RandomElasticTransform(_Moving):
    """In training displaces pixels by smooth noise, as if an image were drawn on rubber; at inference does nothing.

    Output shape: that of the input. How strongly is drawn once a batch. Boxes stay where they are. Keras displaces
    masks by other noise than their images; here they follow.

    Args:
        factor: the chance that an image is changed, drawn from [0, factor], or from two numbers in [0, 1].
        scale: how strong the noise is, drawn from [0, scale], or from two numbers in [0, 1]; it is smoothed over
            0.05 · scale of the shorter side and displaces by 0.1 · scale of the longer side for each of its units.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_mode: what is beyond the edge: ``"reflect"`` (default), ``"mirror"``, ``"wrap"``, ``"constant"`` or
            ``"nearest"``.
        fill_value: what is beyond the edge for ``"constant"``.
        value_range: the least and the largest value of a pixel.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `factor` or `scale` is out of range, or a mode is unknown.

    Source: Simard et al. 2003, section 2.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (0, 1))
        self.scale = interval(self, "scale", scale, (0, 1))
        self.interpolation = checks.one_of(self, "interpolation", interpolation, INTERPOLATIONS)
        self.fill_mode = checks.one_of(self, "fill_mode", fill_mode, images_.FILL_MODES)
        self.fill_value = fill_value
        self.value_range = base.value_range(self, value_range)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation | None:
        if not self.scale[1] or not self.factor[1]:
            return None
        apply = self.some(keys, shape[0], self.factor)
        return {"apply": apply, "scale": self.uniform(keys, (), *self.scale, self.compute_dtype), "key": keys.next()}

    def transform_images(self, images: Array, transformation: Transformation | None, training: bool = True) -> Array:
        images = super().transform_images(images, transformation, training)
        return images if transformation is None or not training else jax.numpy.clip(images, *self.value_range)

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        height, width = self._size(images.shape)
        shorter, scale = min(height, width), transformation["scale"]
        displaced = images_.elastic_transform(
            images,
            max(height, width) * (0.1 * scale),
            shorter * (0.05 * scale),
            interpolation,
            self.fill_mode,
            self.fill_value,
            transformation["key"],
            self.data_format,
            largest_sigma=shorter * 0.05 * self.scale[1],
        )
        return jax.numpy.where(per_image(transformation["apply"]), displaced, images)

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        return boxes
