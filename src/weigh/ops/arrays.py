"""What operations make of their arguments before they compute."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array, Variable
from weigh.declare import dtypes


def array(x: Any, dtype: Any = None) -> Array:
    """Return a number, a list, a NumPy array or a weight as a JAX array; what is one already, as it is."""
    if hasattr(x, "aval") and dtype is None:
        return x
    if isinstance(x, Variable):
        x = x.value
    return jax.numpy.asarray(x, dtype)


def floats(x: Any) -> Array:
    """Return `x` as an array of floating-point (or complex) numbers: integers in the format that they promote to."""
    x = array(x)
    return x if dtypes.is_inexact(str(x.dtype)) else x.astype(dtypes.floatx())
