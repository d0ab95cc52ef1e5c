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


_flash_attention: bool | None = None


def enable_flash_attention() -> None:
    """Let attention layers use a fused kernel where the device has one; without one they compute as always."""
    global _flash_attention
    _flash_attention = True


def disable_flash_attention() -> None:
    """Let attention layers compute scores and their softmax as arrays."""
    global _flash_attention
    _flash_attention = False


def is_flash_attention_enabled() -> bool | None:
    """Return whether a fused attention kernel may be used; ``None`` where nobody said."""
    return _flash_attention


_max_epochs: int | None = None
_max_steps_per_epoch: int | None = None


def max_epochs() -> int | None:
    """Return how many epochs `fit` runs at most, whatever it is told; ``None`` for no limit."""
    return _max_epochs


def set_max_epochs(value: int | None) -> None:
    """Limit the epochs of every `fit`, to try a script out."""
    global _max_epochs
    _max_epochs = value


def max_steps_per_epoch() -> int | None:
    """Return how many steps an epoch of `fit`, `evaluate` and `predict` has at most; ``None`` for no limit."""
    return _max_steps_per_epoch


def set_max_steps_per_epoch(value: int | None) -> None:
    """Limit the steps of every epoch, to try a script out."""
    global _max_steps_per_epoch
    _max_steps_per_epoch = value
