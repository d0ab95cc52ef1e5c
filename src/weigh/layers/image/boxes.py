"""The layer that gives every image the same number of bounding boxes."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.image.base import Boxes, ImageLayer, Transformation


class MaxNumBoundingBoxes(ImageLayer):
    """Gives every image the same number of bounding boxes: the first ones, or more that are filled up.

    It takes a dict with ``"bounding_boxes"``; images, labels and masks pass as they are, in training as at inference.

    Args:
        max_number: boxes of an image that come out.
        fill_value: the numbers, and the label, of boxes that are added.

    Raises:
        ArgumentError: `max_number` is no whole number above 0, or `fill_value` no whole number.
    """

    always = True
    keeps_dtype = True

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_number = checks.positive(self, "max_number", max_number)
        if not hasattr(fill_value, "__index__"):
            raise ArgumentError(
                f"Layer {self.name!r} (MaxNumBoundingBoxes): `fill_value` must be a whole number, not {fill_value!r}."
            )
        self.fill_value = int(fill_value)

    def change(self, images: Any, transformation: Transformation, interpolation: str) -> Any:
        return images

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation | None, training: bool = True
    ) -> Boxes:
        def fitted(part: Any) -> Any:
            first = part[:, : self.max_number]
            missing = ((0, 0), (0, self.max_number - first.shape[1]), *((0, 0),) * (first.ndim - 2))
            return jax.numpy.pad(first, missing, constant_values=self.fill_value)

        return {key: fitted(part) for key, part in bounding_boxes.items()}

    def _shape_of(self, key: str, shape: Any) -> Any:
        if key != "bounding_boxes":
            return super()._shape_of(key, shape)

        def fitted(one: Shape) -> Shape:
            return (one[0], self.dim("max_number"), *one[2:])

        return {name: fitted(tuple(one)) for name, one in shape.items()}
