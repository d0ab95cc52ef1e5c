"""``weigh.backend``: the few names that ``keras.backend`` has left in Keras 3."""

from __future__ import annotations

from typing import Any

from weigh.declare import naming
from weigh.declare.dtypes import floatx, is_float, result_type, set_floatx, standardize
from weigh.declare.graph import Tensor
from weigh.declare.settings import epsilon, image_data_format, set_epsilon, set_image_data_format
from weigh.surface.config import backend
from weigh.utils.sessions import clear_session

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]

standardize_dtype = standardize


def get_uid(prefix: str = "") -> int:
    """Return the next number of a prefix, from 1 on."""
    return naming.number(prefix)


def is_float_dtype(dtype: Any) -> bool:
    """Return whether `dtype` is a floating-point format."""
    return is_float(standardize(dtype))


def is_int_dtype(dtype: Any) -> bool:
    """Return whether `dtype` is a format of whole numbers."""
    return "int" in standardize(dtype)


def is_keras_tensor(x: Any) -> bool:
    """Return whether `x` is a symbolic tensor."""
    return isinstance(x, Tensor)
