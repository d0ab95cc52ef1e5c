"""``keras.backend`` of Keras 1: that of Keras 2, but for other names and orders of arguments."""

from __future__ import annotations

from typing import Any

from weigh import ops
from weigh.compat import backend
from weigh.compute.values import Array
from weigh.declare.settings import image_data_format, set_image_data_format

_DATA_FORMATS = {"th": "channels_first", "tf": "channels_last"}


def image_dim_ordering() -> str:
    """Return where an image's channels stand: ``"th"`` for first, ``"tf"`` for last."""
    return "th" if image_data_format() == "channels_first" else "tf"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Set where an image's channels stand; raises as `weigh.config.set_image_data_format`."""
    set_image_data_format(_DATA_FORMATS.get(dim_ordering, dim_ordering))


def expand_dims(x: Any, dim: int = -1) -> Any:
    """Return `x` with an axis of size 1 more."""
    return ops.expand_dims(x, dim)


def concatenate(tensors: Any, axis: int = -1) -> Any:
    """Return tensors side by side."""
    return ops.concatenate(tensors, axis)


def one_hot(indices: Any, nb_classes: int) -> Any:
    """Return numbers as vectors with a 1 at the number's place."""
    return ops.one_hot(indices, nb_classes)


def categorical_crossentropy(output: Any, target: Any, from_logits: bool = False) -> Any:
    """Return the loss of predictions, which came first then."""
    return ops.categorical_crossentropy(target, output, from_logits)


def sparse_categorical_crossentropy(output: Any, target: Any, from_logits: bool = False) -> Any:
    """Return the loss of predictions, which came first then."""
    return ops.sparse_categorical_crossentropy(target, output, from_logits)


def binary_crossentropy(output: Any, target: Any, from_logits: bool = False) -> Any:
    """Return the loss of predictions, which came first then."""
    return ops.binary_crossentropy(target, output, from_logits)


def random_normal(shape: Any, mean: float = 0.0, std: float = 1.0, dtype: Any = None, seed: int | None = None) -> Array:
    """Return normally distributed numbers."""
    return backend.random_normal(shape, mean, std, dtype, seed)


def random_uniform(
    shape: Any, low: float = 0.0, high: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Array:
    """Return uniformly distributed numbers."""
    return backend.random_uniform(shape, low, high, dtype, seed)


def temporal_padding(x: Any, padding: int = 1) -> Any:
    """Return (batch, steps, features) with as many zeros before the steps as behind."""
    return backend.temporal_padding(x, (padding, padding))


def spatial_2d_padding(x: Any, padding: tuple[int, int] = (1, 1), dim_ordering: str = "default") -> Any:
    """Return images with zeros around them."""
    rows, columns = padding
    return backend.spatial_2d_padding(x, ((rows, rows), (columns, columns)), _DATA_FORMATS.get(dim_ordering))


_RENAMED = {"lesser": "less", "lesser_equal": "less_equal", "pack": "stack"}

__all__ = [*backend.__all__, *_RENAMED, "image_dim_ordering", "set_image_dim_ordering"]


def __getattr__(name: str) -> Any:
    return getattr(backend, _RENAMED.get(name, name))
