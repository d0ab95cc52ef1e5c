"""What holds for all layers that do not say otherwise: where channels stand, and the small number ε."""

from __future__ import annotations

from weigh.errors import ArgumentError

_image_data_format = "channels_last"
_epsilon = 1e-7


def image_data_format() -> str:
    """Return where the channels' axis of images is: ``"channels_last"`` or ``"channels_first"``."""
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set where the channels' axis of images is.

    Raises:
        ArgumentError: `data_format` is neither ``"channels_last"`` nor ``"channels_first"``.
    """
    global _image_data_format
    word = str(data_format).lower()
    if word not in ("channels_last", "channels_first"):
        raise ArgumentError(f"`data_format` must be 'channels_last' or 'channels_first', not {data_format!r}.")
    _image_data_format = word


def epsilon() -> float:
    """Return the small number that keeps divisions and logarithms finite."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set the small number that keeps divisions and logarithms finite."""
    global _epsilon
    _epsilon = float(value)
