"""``keras.preprocessing.image`` of Keras 1, without the generators."""

from __future__ import annotations

from typing import Any

from weigh import utils
from weigh.compat.keras1.layers.topology import data_format
from weigh.compat.preprocessing import image

__all__ = ["array_to_img", "img_to_array", "load_img"]


def __getattr__(name: str) -> Any:
    return getattr(image, name)


def array_to_img(x: Any, dim_ordering: str = "default", scale: bool = True) -> Any:
    """Return a picture of an array."""
    return utils.array_to_img(x, data_format(dim_ordering), scale)


def img_to_array(img: Any, dim_ordering: str = "default") -> Any:
    """Return a picture as an array."""
    return utils.img_to_array(img, data_format(dim_ordering))


def load_img(path: Any, grayscale: bool = False, target_size: tuple[int, int] | None = None) -> Any:
    """Return the picture in a file."""
    return utils.load_img(path, "grayscale" if grayscale else "rgb", target_size)
