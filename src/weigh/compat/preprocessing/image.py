"""``keras.preprocessing.image`` of Keras 2, without the generators."""

from __future__ import annotations

from typing import Any

from weigh.utils import array_to_img, img_to_array, save_img
from weigh.utils import load_img as load

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]

GENERATORS = ("DirectoryIterator", "ImageDataGenerator", "Iterator", "NumpyArrayIterator")


def __getattr__(name: str) -> Any:
    if name in GENERATORS:
        raise ImportError(
            f"weigh has no {name}: put layers that change pictures at the head of the network, such as "
            "weigh.layers.RandomFlip, RandomRotation, RandomTranslation, RandomZoom and Rescaling."
        )
    raise AttributeError(f"weigh's `keras.preprocessing.image` has no {name!r}; it has: {', '.join(__all__)}.")


def load_img(
    path: Any,
    grayscale: bool = False,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Return the picture in a file; as `weigh.utils.load_img`, where `grayscale` is a `color_mode`."""
    return load(path, "grayscale" if grayscale else color_mode, target_size, interpolation, keep_aspect_ratio)
