"""Pictures as arrays and as files, through Pillow, which must be installed: ``pip install pillow``."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import numpy
from weigh.declare.settings import image_data_format
from weigh.errors import ArgumentError, DataError, UnknownNameError

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_CHANNELS = {1: "L", 3: "RGB", 4: "RGBA"}


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: str | None = None) -> Any:
    """Return a picture of an array.

    Args:
        x: (height, width, channels), or (channels, height, width) where channels are first; 1, 3 or 4 channels.
        data_format: where channels are; by default as `weigh.config.image_data_format()` says.
        scale: whether the least number becomes 0 and the greatest 255.
        dtype: what is computed in; floatx by default.

    Raises:
        DataError: the array is no picture.
        ArgumentError: `data_format` is unknown.
    """
    array = numpy.asarray(x, dtype=dtype or "float32")
    if array.ndim != 3:
        raise DataError(f"A picture has 3 axes, height, width and channels; the array has shape {array.shape}.")
    if _format(data_format) == "channels_first":
        array = array.transpose(1, 2, 0)
    if array.shape[2] not in _CHANNELS:
        raise DataError(f"A picture has 1, 3 or 4 channels; the array of shape {array.shape} has {array.shape[2]}.")
    if scale:
        array = array - array.min()
        array = array / (array.max() or 1) * 255
    pixels = array.astype("uint8" if array.shape[2] > 1 or array.max() <= 255 else "int32")
    return _pillow().fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def img_to_array(img: Any, data_format: str | None = None, dtype: str | None = None) -> Any:
    """Return a picture as an array of shape (height, width, channels), or with channels first."""
    array = numpy.asarray(img, dtype=dtype or "float32")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3:
        raise DataError(f"A picture has 2 or 3 axes, but this has shape {array.shape}.")
    return array.transpose(2, 0, 1) if _format(data_format) == "channels_first" else array


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Return the picture in a file.

    Args:
        path: of the file, or an open one.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``.
        target_size: (height, width) that it is brought to.
        interpolation: how: a name of Pillow's resampling filters.
        keep_aspect_ratio: whether the middle is cut out in the target's proportion first.

    Raises:
        UnknownNameError: there is no such mode or filter.
    """
    if color_mode not in _MODES:
        raise UnknownNameError.of("color mode", color_mode, _MODES)
    pillow = _pillow()
    image = pillow.open(path).convert(_MODES[color_mode])
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    filters = {name.lower(): value for name, value in pillow.Resampling.__members__.items()}
    if interpolation not in filters:
        raise UnknownNameError.of("interpolation", interpolation, filters)
    height, width = target_size
    if keep_aspect_ratio:
        kept_width = min(image.width, image.height * width // height)
        kept_height = min(image.height, image.width * height // width)
        left, top = (image.width - kept_width) // 2, (image.height - kept_height) // 2
        image = image.crop((left, top, left + kept_width, top + kept_height))
    return image.resize((width, height), filters[interpolation])


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array as a picture; arguments as of `array_to_img`, `kwargs` go to Pillow."""
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and (file_format or str(path).rpartition(".")[2]).lower() in ("jpg", "jpeg"):
        image = image.convert("RGB")  # JPEG has no transparency
    image.save(path, format=file_format, **kwargs)


def _format(data_format: str | None) -> str:
    chosen = data_format or image_data_format()
    if chosen not in ("channels_last", "channels_first"):
        raise ArgumentError(f"`data_format` must be 'channels_last' or 'channels_first', not {data_format!r}.")
    return chosen


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("Pictures need Pillow: pip install pillow") from error
    return Image


__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]
