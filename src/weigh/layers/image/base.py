"""What layers that change images share: images alone or with what belongs to them, one or a batch, training or not."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.compute import boxes as boxes_
from weigh.compute.lazy import jax, numpy
from weigh.compute.randomness import SeedGenerator
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer

Boxes = dict[str, Any]
"""Bounding boxes: ``"boxes"`` of shape (batch, boxes, 4), and their ``"labels"``, (batch, boxes)."""

Transformation = dict[str, Any]
"""What one call does to a batch: random numbers that were drawn, and the shape of the images."""


class ImageLayer(Layer):
    """A layer that changes images, and what belongs to them, alike.

    It takes one image or a batch, or a dict of ``"images"`` and perhaps ``"labels"``, ``"bounding_boxes"`` (itself a
    dict of ``"boxes"`` and ``"labels"``) and ``"segmentation_masks"``, and returns the same.

    A subclass draws with `draw` what a call in training does, and does it to images in `change`; where they move,
    `move_boxes` moves boxes alike, which come and go as corners in pixels. At inference nothing is drawn or changed.

    Args:
        bounding_box_format: of the boxes that come and go; needed where there are any.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: one of them is unknown.
        ShapeError: images have neither 3 nor 4 axes.

    Attributes:
        moves: whether pixels change places, so that masks and boxes have to follow.
        always: whether it does at inference what it does in training.
        keeps_dtype: whether images leave in the dtype that they came in, instead of the compute dtype.
    """

    moves: ClassVar[bool] = False
    always: ClassVar[bool] = False
    keeps_dtype: ClassVar[bool] = False
    interpolation: str = "nearest"

    def __init__(self, *, bounding_box_format: str | None = None, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.bounding_box_format = bounding_box_format
        if bounding_box_format is not None:
            checks.one_of(self, "bounding_box_format", bounding_box_format, boxes_.FORMATS)
        self.data_format = checks.data_format(self, data_format)
        first = self.data_format == "channels_first"
        self.height_axis, self.width_axis, self.channels_axis = (-2, -1, -3) if first else (-3, -2, -1)

    # What it declares -------------------------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Declare nothing; what it is called on may be lists, which have no shape."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        if isinstance(input_shape, dict):
            return {key: self._shape_of(key, shape) for key, shape in input_shape.items()}
        return self._shape_of("images", input_shape)

    def _shape_of(self, key: str, shape: Any) -> Any:
        """Return the shape in which what has that key comes out."""
        if key == "images" or (key == "segmentation_masks" and self.moves):
            return self.image_shape(self._checked_shape(shape))
        return shape

    def _checked_shape(self, shape: Any) -> Shape:
        if len(shape) not in (3, 4):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) takes one image, 3 axes, or a batch of images, 4 axes, "
                f"but got shape {tuple(shape)}."
            )
        return tuple(shape)

    def image_shape(self, shape: Shape) -> Shape:
        """Return the shape of what comes out for images of `shape`."""
        return shape

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        data = args[0] if args else next(iter(kwargs.values()))
        if not isinstance(data, dict):
            return self.tensor_type(self.compute_output_shape(data.shape), self._dtype_of(data.dtype))

        def spec(key: str, part: Any) -> Any:
            if isinstance(part, dict):
                shapes = self._shape_of(key, {name: leaf.shape for name, leaf in part.items()})
                return {name: self.tensor_type(shapes[name], leaf.dtype) for name, leaf in part.items()}
            changed = key == "images" or (key == "segmentation_masks" and self.moves)
            dtype = self._dtype_of(part.dtype) if changed else part.dtype
            return self.tensor_type(self._shape_of(key, part.shape), dtype)

        return {key: spec(key, part) for key, part in data.items()}

    def _dtype_of(self, dtype: str) -> str:
        return dtype if self.keeps_dtype else self.compute_dtype

    def compute_cost(self, input_shape: Any) -> Cost:
        return FREE

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "data_format": self.data_format}
        if self.bounding_box_format is not None:
            config["bounding_box_format"] = self.bounding_box_format
        return config

    # What a subclass says ---------------------------------------------------------------------------------------

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation | None:
        """Return what is to be done to a batch of images of `shape`; `keys` gives random keys, one a call of `next`."""
        return {}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        """Return a batch of images, or of masks, changed."""
        raise NotImplementedError

    def move_boxes(self, boxes: Array, transformation: Transformation) -> Array:
        """Return boxes, corners in pixels, moved as the images are."""
        raise NotImplementedError

    def size_after(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width of what comes out."""
        return height, width

    # Drawing and changing, as Keras names it --------------------------------------------------------------------

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Transformation | None:
        """Return what `transform_images` and the others are to do; ``None``: nothing.

        Args:
            data: images, or a dict with them.
            training: outside of training nothing is done.
            seed: what gives random keys instead of the layer's own generator.
        """
        if self._idle(training):
            return None
        shape = tuple((data["images"] if isinstance(data, dict) else data).shape)
        shape = (1, *shape) if len(shape) == 3 else shape
        drawn = self.draw(shape, seed or getattr(self, "generator", None))
        return None if drawn is None else {"shape": shape, **drawn}

    def _idle(self, training: bool) -> bool:
        return not (training or self.always)

    def transform_images(self, images: Array, transformation: Transformation | None, training: bool = True) -> Array:
        """Return a batch of images changed."""
        if not self.keeps_dtype:
            images = jax.numpy.asarray(images, self.compute_dtype)
        if transformation is None or self._idle(training):
            return images
        return self.change(images, transformation, self.interpolation)

    def transform_labels(self, labels: Array, transformation: Transformation | None, training: bool = True) -> Array:
        """Return the labels of a batch of images changed alike."""
        return labels

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation | None, training: bool = True
    ) -> Boxes:
        """Return the bounding boxes of a batch of images moved alike; those that leave their image get label −1."""
        if not self.moves or transformation is None or self._idle(training):
            return bounding_boxes
        shape, form = transformation["shape"], self.bounding_box_format or "xyxy"
        height, width = shape[self.height_axis], shape[self.width_axis]
        corners = boxes_.convert_format(bounding_boxes, form, "xyxy", height, width)
        moved = {**corners, "boxes": self.move_boxes(corners["boxes"], transformation)}
        height, width = self.size_after(height, width)
        clipped = boxes_.clip_to_image_size(moved, height, width)
        return dict(boxes_.convert_format(clipped, "xyxy", form, height, width))

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Transformation | None, training: bool = True
    ) -> Array:
        """Return the masks of a batch of images changed alike; their values are never mixed."""
        if not self.moves or transformation is None or self._idle(training):
            return segmentation_masks
        return self.change(segmentation_masks, transformation, "nearest")

    # Computing --------------------------------------------------------------------------------------------------

    def call(self, data: Any, training: bool = True) -> Any:
        images = jax.numpy.asarray(data["images"] if isinstance(data, dict) else data)
        single = len(self._checked_shape(images.shape)) == 3
        transformation = self.get_random_transformation(images, training=training)

        def each(transform: Any, part: Any) -> Any:
            """Transform what belongs to a batch, a single image as a batch of one."""
            if not single:
                return transform(part, transformation, training=training)
            batch = jax.tree.map(lambda array: jax.numpy.asarray(array)[None], part)
            return jax.tree.map(lambda array: array[0], transform(batch, transformation, training=training))

        images = each(self.transform_images, images)
        if not isinstance(data, dict):
            return images
        changed = {**data, "images": images}
        for key, transform in (
            ("bounding_boxes", self.transform_bounding_boxes),
            ("labels", self.transform_labels),
            ("segmentation_masks", self.transform_segmentation_masks),
        ):
            if key in data:
                part = self._dense_boxes(data[key]) if key == "bounding_boxes" else jax.numpy.asarray(data[key])
                changed[key] = each(transform, part)
        return changed

    def _dense_boxes(self, bounding_boxes: Any) -> Boxes:
        """Return bounding boxes as arrays; lists of different lengths are filled up with boxes of 0 and labels −1."""
        if self.bounding_box_format is None and self.moves:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}) got bounding boxes and does not know their format: make "
                "it with `bounding_box_format`, such as 'xyxy'."
            )
        if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): 'bounding_boxes' must be a dict of 'boxes' and "
                f"'labels', not {bounding_boxes!r}."
            )
        boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
        if isinstance(boxes, (list, tuple)) and len({len(some) for some in boxes}) > 1:
            most = max(len(some) for some in boxes)
            boxes = [[*some, *[[0.0] * 4] * (most - len(some))] for some in boxes]
            labels = [[*some, *[-1] * (most - len(some))] for some in labels]
        boxes, labels = jax.numpy.asarray(numpy.asarray(boxes) if isinstance(boxes, list) else boxes), labels
        labels = jax.numpy.asarray(numpy.asarray(labels) if isinstance(labels, list) else labels)
        if boxes.ndim not in (2, 3) or boxes.shape[-1] != 4 or labels.shape[: boxes.ndim - 1] != boxes.shape[:-1]:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}): boxes must have shape (batch, boxes, 4) and their "
                f"labels (batch, boxes), not {boxes.shape} and {labels.shape}."
            )
        return {**bounding_boxes, "boxes": boxes.astype("float32"), "labels": labels}


class RandomImageLayer(ImageLayer):
    """A layer that changes images at random in training, and leaves them as they are at inference.

    Args:
        seed: where its random stream starts.
        **kwargs: as of `ImageLayer`.
    """

    def __init__(self, *, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = SeedGenerator(seed)

    def uniform(self, keys: Any, shape: Any, low: float = 0.0, high: float = 1.0, dtype: Any = None) -> Array:
        """Return numbers drawn evenly from [low, high), with the next key."""
        return jax.random.uniform(keys.next(), shape, dtype or dtypes.floatx(), low, high)

    def some(self, keys: Any, batch: int, factor: tuple[float, float]) -> Array:
        """Return for which images of a batch it happens, (batch,), each with a chance that is drawn from `factor`."""
        chance = self.uniform(keys, (batch,), *factor)
        return self.uniform(keys, (batch,)) < chance


# Checks of arguments --------------------------------------------------------------------------------------------


def interval(
    layer: Layer, argument: str, value: Any, bounds: tuple[float, float], *, mirrored: bool = False
) -> tuple[float, float]:
    """Return the interval that a factor is drawn from.

    A number f stands for [max(−f, least), f], or for [−f, f] if `mirrored`; of two numbers the smaller comes first.
    As in Keras two numbers only have to reach into the bounds.

    Raises:
        ArgumentError: it is neither a number nor two, or is out of bounds.
    """
    least, most = bounds
    if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
        return (-abs(value) if mirrored else max(-abs(value), least)), abs(value)
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(one, (int, float)) for one in value):
        low, high = sorted(value)
        if low <= most and high >= least:
            return low, high
    raise ArgumentError(
        f"Layer {layer.name!r} ({type(layer).__name__}): `{argument}` must be a number from {least:g} to {most:g}, or "
        f"two such numbers to draw from between, not {value!r}."
    )


def value_range(layer: Layer, value: Any) -> Any:
    """Return the least and the largest value of a pixel, as they came.

    Raises:
        ArgumentError: they are no two different numbers.
    """
    if (
        not isinstance(value, (list, tuple))
        or len(value) != 2
        or not all(isinstance(one, (int, float)) for one in value)
        or value[0] == value[1]
    ):
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): `value_range` must be the least and the largest value of "
            f"a pixel, such as (0, 255), not {value!r}."
        )
    return value


def rescaled(images: Array, given: Any, wanted: Any, dtype: Any) -> Array:
    """Return images with values of one range brought to another."""
    if tuple(given) == tuple(wanted):
        return images
    (low, high), (least, most) = given, wanted
    return (images.astype(dtype) - low) / (high - low) * (most - least) + least


def per_image(numbers: Array) -> Array:
    """Return a number an image, (batch,), as it is broadcast against images."""
    return numbers.reshape(-1, 1, 1, 1)


def channels(layer: ImageLayer, shape: Shape, wanted: tuple[int, ...] = (3,)) -> None:
    """Raise a ShapeError where images of `shape` have another number of channels than is wanted."""
    got = shape[layer.channels_axis]
    if got is not None and got not in wanted:
        raise ShapeError(
            f"Layer {layer.name!r} ({type(layer).__name__}) takes images of {' or '.join(map(str, wanted))} channels "
            f"on axis {layer.channels_axis}, but got shape {shape} with {got}."
        )
