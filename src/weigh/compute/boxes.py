"""Bounding boxes as arrays: formats, clipping, moving with an image, overlap, deltas to anchors.

Boxes are (…, 4). A format says what the four numbers are: corners (``"xyxy"``, ``"yxyx"``), a corner or the centre and
the size (``"xywh"``, ``"center_xywh"``, ``"center_yxhw"``), in pixels, or with ``"rel_"`` before it as shares of the
image's width and height. Where boxes may come with their labels, they are a dict ``{"boxes": …, "labels": …}``.
"""

from __future__ import annotations

import math
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import settings
from weigh.errors import ArgumentError, ShapeError

FORMATS = (
    "xyxy",
    "yxyx",
    "xywh",
    "center_xywh",
    "center_yxhw",
    "rel_xyxy",
    "rel_yxyx",
    "rel_xywh",
    "rel_center_xywh",
)
"""The formats that there are."""


def check_format(value: Any) -> str:
    """Return the name of a format in lower case.

    Raises:
        ArgumentError: there is no such format.
    """
    word = value.lower() if isinstance(value, str) else value
    if word not in FORMATS:
        raise ArgumentError(f"A bounding box format is one of {', '.join(map(repr, FORMATS))}, not {value!r}.")
    return str(word)


def convert_format(
    boxes: Any, source: str, target: str, height: Any = None, width: Any = None, dtype: Any = "float32"
) -> Any:
    """Return boxes in another format.

    Args:
        boxes: an array, or a dict with one at ``"boxes"``.
        source: the format that they are in.
        target: the format that is wanted.
        height: of the image; needed between relative and absolute formats.
        width: of the image.
        dtype: what is computed in and comes out.

    Raises:
        ArgumentError: a format is unknown, or `height` and `width` are needed and missing.
        ShapeError: the last axis has not the size 4.
    """
    if isinstance(boxes, dict):
        return {**boxes, "boxes": convert_format(boxes["boxes"], source, target, height, width, dtype)}
    jnp = jax.numpy
    boxes = jnp.asarray(boxes)
    if boxes.shape[-1:] != (4,):
        raise ShapeError(f"Bounding boxes have 4 numbers on their last axis, but got shape {boxes.shape}.")
    source, target = check_format(source), check_format(target)
    relative = source.startswith("rel_"), target.startswith("rel_")
    if any(relative) and (height is None or width is None):
        raise ArgumentError(
            f"Boxes in format {source!r} need the image's `height` and `width` to become {target!r}, but got "
            f"height={height} and width={width}."
        )
    boxes = boxes.astype(dtype)
    if source == target:
        return boxes
    x1, y1, x2, y2 = _corners(boxes, source.removeprefix("rel_"))
    if relative[0] != relative[1]:
        height, width = jnp.asarray(height, dtype), jnp.asarray(width, dtype)
        if relative[0]:
            x1, y1, x2, y2 = x1 * width, y1 * height, x2 * width, y2 * height
        else:
            x1, y1, x2, y2 = x1 / width, y1 / height, x2 / width, y2 / height
    return _from_corners(target.removeprefix("rel_"), x1, y1, x2, y2)


def split(boxes: Array) -> list[Array]:
    """Return the four numbers of boxes, (…, 1) each."""
    return [boxes[..., index : index + 1] for index in range(4)]


def joined(*numbers: Array) -> Array:
    """Return boxes of their four numbers, (…, 1) each."""
    return jax.numpy.concatenate(jax.numpy.broadcast_arrays(*numbers), -1)


def _corners(boxes: Array, form: str) -> tuple[Array, Array, Array, Array]:
    first, second, third, fourth = split(boxes)
    if form in ("yxyx", "center_yxhw"):
        first, second, third, fourth = second, first, fourth, third
    if form in ("xyxy", "yxyx"):
        return first, second, third, fourth
    if form == "xywh":
        return first, second, first + third, second + fourth
    return first - third / 2, second - fourth / 2, first + third / 2, second + fourth / 2


def _from_corners(form: str, x1: Array, y1: Array, x2: Array, y2: Array) -> Array:
    if form == "xywh":
        return joined(x1, y1, x2 - x1, y2 - y1)
    if form == "yxyx":
        return joined(y1, x1, y2, x2)
    if form == "center_xywh":
        return joined(x1 + (x2 - x1) / 2, y1 + (y2 - y1) / 2, x2 - x1, y2 - y1)
    if form == "center_yxhw":
        return joined(y1 + (y2 - y1) / 2, x1 + (x2 - x1) / 2, y2 - y1, x2 - x1)
    return joined(x1, y1, x2, y2)


def clip_to_image_size(
    bounding_boxes: dict[str, Any], height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> dict[str, Any]:
    """Return boxes cut off at the image's edges; the labels of those that vanish become −1.

    Args:
        bounding_boxes: ``"boxes"``, and perhaps ``"labels"``.
        height: of the image, for ``"xyxy"``.
        width: of the image, for ``"xyxy"``.
        bounding_box_format: ``"xyxy"`` or ``"rel_xyxy"``.

    Raises:
        ArgumentError: the format is another one, or `height` and `width` are missing.
    """
    jnp = jax.numpy
    if bounding_box_format not in ("xyxy", "rel_xyxy"):
        raise ArgumentError(f"Boxes are clipped in 'xyxy' or 'rel_xyxy', not in {bounding_box_format!r}.")
    if bounding_box_format == "rel_xyxy":
        height = width = 1
    elif height is None or width is None:
        raise ArgumentError("Boxes in 'xyxy' are clipped to an image: give its `height` and `width`.")
    boxes = jnp.asarray(bounding_boxes["boxes"])
    x1, y1, x2, y2 = split(boxes)
    x1, x2 = (jnp.clip(x, 0, jnp.asarray(width, boxes.dtype)) for x in (x1, x2))
    y1, y2 = (jnp.clip(y, 0, jnp.asarray(height, boxes.dtype)) for y in (y1, y2))
    clipped = {**bounding_boxes, "boxes": joined(x1, y1, x2, y2)}
    if bounding_boxes.get("labels") is not None:
        seen = ((x2 - x1) * (y2 - y1))[..., 0] > 0
        labels = jnp.asarray(bounding_boxes["labels"])
        clipped["labels"] = jnp.where(seen.reshape(*seen.shape, *(1,) * (labels.ndim - seen.ndim)), labels, -1)
    return clipped


def _only_xyxy(bounding_box_format: str) -> None:
    if bounding_box_format != "xyxy":
        raise ArgumentError(f"Boxes must be in format 'xyxy' here, not {bounding_box_format!r}: convert them first.")


def crop(boxes: Array, top: Any, left: Any, height: Any, width: Any, bounding_box_format: str = "xyxy") -> Array:
    """Return boxes as they stand in a window of the image, cut off at its edges.

    Raises:
        ArgumentError: the format is not ``"xyxy"``.
    """
    _only_xyxy(bounding_box_format)
    clip = jax.numpy.clip
    x1, y1, x2, y2 = split(boxes)
    return joined(
        clip(x1 - left, 0, width), clip(y1 - top, 0, height), clip(x2 - left, 0, width), clip(y2 - top, 0, height)
    )


def pad(
    boxes: Array, top: Any, left: Any, height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> Array:
    """Return boxes as they stand in an image with so much added above and to the left.

    Raises:
        ArgumentError: the format is not ``"xyxy"``.
    """
    _only_xyxy(bounding_box_format)
    x1, y1, x2, y2 = split(boxes)
    return joined(x1 + left, y1 + top, x2 + left, y2 + top)


def affine_transform(
    boxes: Array,
    angle: Array,
    translate_x: Array,
    translate_y: Array,
    scale: Array,
    shear_x: Array,
    shear_y: Array,
    height: Any,
    width: Any,
    center_x: float | None = None,
    center_y: float | None = None,
    bounding_box_format: str = "xyxy",
) -> Array:
    """Return the boxes around boxes that are turned, moved, scaled and sheared.

    Args:
        boxes: (batch, boxes, 4).
        angle: (batch,), in degrees.
        translate_x: (batch,), as a share of the width.
        translate_y: (batch,), as a share of the height.
        scale: (batch,).
        shear_x: (batch,), in degrees.
        shear_y: (batch,), in degrees.
        height: of the image.
        width: of the image.
        center_x: of the rotation, as a share of the width; the middle by default.
        center_y: likewise.
        bounding_box_format: must be ``"xyxy"``.

    Raises:
        ArgumentError: the format is not ``"xyxy"``.
    """
    _only_xyxy(bounding_box_format)
    jnp = jax.numpy
    turn, across, down = (-number * (math.pi / 180.0) for number in (angle, shear_x, shear_y))
    middle_x = (0.5 if center_x is None else center_x) * (width - 1)
    middle_y = (0.5 if center_y is None else center_y) * (height - 1)
    left, up = middle_x - translate_x * (width - 1), middle_y - translate_y * (height - 1)
    a = jnp.cos(turn - down) / jnp.cos(down)
    b = a * jnp.tan(across) + jnp.sin(turn)
    c = -jnp.sin(turn - down) / jnp.cos(down)
    d = jnp.cos(turn) - c * jnp.tan(across)
    x1, y1, x2, y2 = (boxes[..., index].astype(a.dtype) for index in range(4))
    x, y = jnp.stack([x1, x2, x2, x1], -1), jnp.stack([y1, y1, y2, y2], -1)
    a, b, c, d, factor, left, up = (
        jnp.broadcast_to(number, angle.shape)[:, None, None] for number in (a, b, c, d, scale, left, up)
    )
    new_x = factor * (d * (x - left) - b * (y - up)) + middle_x
    new_y = factor * (a * (y - up) - c * (x - left)) + middle_y
    return jnp.stack([new_x.min(-1), new_y.min(-1), new_x.max(-1), new_y.max(-1)], -1)


# Overlap --------------------------------------------------------------------------------------------------------


def _sizes(image_shape: Any) -> tuple[Any, Any]:
    return (None, None) if image_shape is None else (image_shape[0], image_shape[1])


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Any = None,
) -> Array:
    """Return the area that two boxes share over the area that they cover, for every pair.

    Args:
        boxes1: (n, 4) or (batch, n, 4).
        boxes2: (m, 4) or (batch, m, 4).
        bounding_box_format: of both.
        use_masking: whether pairs with a box of negative numbers only get `mask_val`.
        mask_val: what they get.
        image_shape: height, width and channels; needed for relative formats.

    Returns:
        (n, m) or (batch, n, m).

    Raises:
        ArgumentError: the format is unknown, or relative and `image_shape` is missing.
        ShapeError: boxes have another rank.
    """
    jnp = jax.numpy
    height, width = _sizes(image_shape)
    first, second = (convert_format(one, bounding_box_format, "xyxy", height, width) for one in (boxes1, boxes2))
    for boxes in (first, second):
        if boxes.ndim not in (2, 3):
            raise ShapeError(f"Boxes have shape (boxes, 4) or (batch, boxes, 4), but got {boxes.shape}.")
    first, second = first[..., :, None, :], second[..., None, :, :]
    shared = jnp.prod(
        jnp.maximum(jnp.minimum(first[..., 2:], second[..., 2:]) - jnp.maximum(first[..., :2], second[..., :2]), 0), -1
    )
    areas = (jnp.prod(boxes[..., 2:] - boxes[..., :2], -1) for boxes in (first, second))
    overlap = shared / (sum(areas) - shared + settings.epsilon())
    if not use_masking:
        return overlap
    absent = (first.max(-1) < 0) | (second.max(-1) < 0)
    return jnp.where(absent, jnp.asarray(mask_val, overlap.dtype), overlap)


def compute_ciou(boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None) -> Array:
    """Return the complete overlap of boxes, pair by pair: shared area, less the distance and the difference in form.

    Args:
        boxes1: (…, 4).
        boxes2: of the same shape.
        bounding_box_format: of both; absolute.
        image_shape: height, width and channels.

    Raises:
        ArgumentError: the format is relative or unknown.

    Source: Zheng et al. 2020, equations 5 to 8.
    """
    jnp = jax.numpy
    if bounding_box_format.startswith("rel"):
        raise ArgumentError(f"Boxes must be in pixels here, not in {bounding_box_format!r}: convert them first.")
    tiny = settings.epsilon()
    height, width = _sizes(image_shape)
    first, second = (convert_format(one, bounding_box_format, "xyxy", height, width) for one in (boxes1, boxes2))
    (w1, h1), (w2, h2) = (
        (boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1] + tiny) for boxes in (first, second)
    )
    inner = jnp.maximum(jnp.minimum(first[..., 2:], second[..., 2:]) - jnp.maximum(first[..., :2], second[..., :2]), 0)
    outer = jnp.maximum(first[..., 2:], second[..., 2:]) - jnp.minimum(first[..., :2], second[..., :2])
    shared = jnp.prod(inner, -1)
    overlap = shared / (w1 * h1 + w2 * h2 - shared + 2 * tiny)
    distance = jnp.sum(jnp.square((first[..., :2] + first[..., 2:] - second[..., :2] - second[..., 2:]) / 2), -1)
    form = 4 / math.pi**2 * jnp.square(jnp.arctan(w2 / h2) - jnp.arctan(w1 / h1))
    weight = form / (form - overlap + 1 + tiny)
    return overlap - (distance / (jnp.sum(jnp.square(outer), -1) + tiny) + form * weight)


# Deltas to anchors ----------------------------------------------------------------------------------------------


def _encoding(encoding_format: str, variance: Any) -> Any:
    if encoding_format not in ("center_xywh", "center_yxhw"):
        raise ArgumentError(f"Deltas are in format 'center_xywh' or 'center_yxhw', not {encoding_format!r}.")
    if variance is None:
        return 1.0
    variance = jax.numpy.asarray(variance, "float32")
    if variance.shape[-1:] != (4,):
        raise ArgumentError(f"`variance` must have 4 numbers, one for each of a delta, not shape {variance.shape}.")
    return variance


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Array:
    """Return how boxes differ from anchors: the shift of the centre in the anchor's sizes, and the logarithm of the
    ratio of the sizes.

    Args:
        anchors: (n, 4).
        boxes: (n, 4) or (batch, n, 4).
        anchor_format: of the anchors.
        box_format: of the boxes.
        encoding_format: ``"center_yxhw"`` or ``"center_xywh"``: the order of the deltas.
        variance: four numbers that the deltas are divided by.
        image_shape: height, width and channels; needed for relative formats.

    Raises:
        ArgumentError: a format is unknown, or `variance` has not four numbers.

    Source: Ren et al. 2015, equation 2.
    """
    jnp = jax.numpy
    variance = _encoding(encoding_format, variance)
    height, width = _sizes(image_shape)
    anchor = convert_format(anchors, anchor_format, encoding_format, height, width)
    box = convert_format(boxes, box_format, encoding_format, height, width)
    size, box_size = (jnp.maximum(one[..., 2:], settings.epsilon()) for one in (anchor, box))
    return jnp.concatenate([(box[..., :2] - anchor[..., :2]) / size, jnp.log(box_size / size)], -1) / variance


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """Return the boxes that differ from anchors by deltas; inverse of `encode_box_to_deltas`, which raises alike.

    Args:
        anchors: (n, 4), or a dict of such, a level each.
        boxes_delta: (n, 4) or (batch, n, 4), or a dict of such.
        anchor_format: of the anchors.
        box_format: that is wanted.
        encoded_format: the order of the deltas.
        variance: four numbers that the deltas are multiplied by.
        image_shape: height, width and channels; needed for relative formats.
    """
    jnp = jax.numpy
    variance = _encoding(encoded_format, variance)
    height, width = _sizes(image_shape)

    def decoded(anchors: Any, delta: Any) -> Array:
        anchor = convert_format(anchors, anchor_format, encoded_format, height, width)
        delta = jnp.asarray(delta) * variance
        centre, size = delta[..., :2] * anchor[..., 2:] + anchor[..., :2], jnp.exp(delta[..., 2:]) * anchor[..., 2:]
        return convert_format(jnp.concatenate([centre, size], -1), encoded_format, box_format, height, width)

    if isinstance(anchors, dict):
        return {level: decoded(anchor, boxes_delta[level]) for level, anchor in anchors.items()}
    return decoded(anchors, boxes_delta)
