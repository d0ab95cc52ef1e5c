"""Functions that make arrays of numbers."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.ops import shapes
from weigh.ops.arrays import array as as_array
from weigh.ops.operation import operation
from weigh.ops.specs import free, kind_of, made, own, shape_of

MODULE = "keras.src.ops.numpy"


def _shape(shape: Any) -> Any:
    return tuple(shape) if isinstance(shape, (list, tuple)) else shape


def zeros(shape: Any, dtype: Any = None) -> Array:
    """Return an array of zeros, floatx by default."""
    return jax.numpy.zeros(_shape(shape), dtypes.standardize(dtype))


def ones(shape: Any, dtype: Any = None) -> Array:
    """Return an array of ones, floatx by default."""
    return jax.numpy.ones(_shape(shape), dtypes.standardize(dtype))


def empty(shape: Any, dtype: Any = None) -> Array:
    """Return an array whose numbers do not matter, floatx by default."""
    return jax.numpy.empty(_shape(shape), dtypes.standardize(dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Array:
    """Return a matrix with ones on diagonal k."""
    return jax.numpy.eye(N, M, k, dtype=dtypes.standardize(dtype))


def identity(n: int, dtype: Any = None) -> Array:
    """Return the unit matrix."""
    return jax.numpy.identity(n, dtype=dtypes.standardize(dtype))


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Array:
    """Return a matrix with ones on and below diagonal k."""
    return jax.numpy.tri(N, M, k, dtype=dtypes.standardize(dtype))


@operation(
    "Full",
    ("shape", "dtype"),
    lambda shape, fill_value, dtype=None: made(_shape(shape), dtype),
    free,
    MODULE,
)
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Array:
    """Return an array of one number."""
    return jax.numpy.full(_shape(shape), fill_value, dtype=dtypes.standardize(dtype))


def _alike(x: Any, dtype: Any = None) -> Any:
    return made(shape_of(x), own(x) if dtype is None else dtype)


@operation("ZerosLike", ("dtype",), _alike, free, MODULE)
def zeros_like(x: Any, dtype: Any = None) -> Array:
    """Return zeros in the shape of x."""
    return jax.numpy.zeros_like(as_array(x), dtype=dtype)


@operation("OnesLike", ("dtype",), _alike, free, MODULE)
def ones_like(x: Any, dtype: Any = None) -> Array:
    """Return ones in the shape of x."""
    return jax.numpy.ones_like(as_array(x), dtype=dtype)


@operation("EmptyLike", ("dtype",), _alike, free, MODULE)
def empty_like(x: Any, dtype: Any = None) -> Array:
    """Return an array in the shape of x whose numbers do not matter."""
    return jax.numpy.empty_like(as_array(x), dtype=dtype)


@operation("FullLike", ("dtype",), lambda x, fill_value, dtype=None: _alike(x, dtype), free, MODULE)
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Array:
    """Return one number in the shape of x."""
    return jax.numpy.full_like(as_array(x), fill_value, dtype=dtype)


@operation("Array", ("dtype",), _alike, free, MODULE)
def array(x: Any, dtype: Any = None) -> Array:
    """Return x as an array of its own."""
    return jax.numpy.array(x, dtype=dtype)


def _arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    numbers = (start, stop, step)
    size = None
    if all(number is None or isinstance(number, (int, float)) for number in numbers):
        first, last = (0, start) if stop is None else (start, stop)
        size = max(0, -(-(last - first) // (step or 1)))
    kind = dtype or dtypes.result_type(*(type(number) for number in numbers if isinstance(number, (int, float))))
    return made((None if size is None else int(size),), kind)


@operation("Arange", ("dtype",), _arange, free, MODULE)
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Array:
    """Return the numbers from `start` (0) to before `stop`, `step` (1) apart."""
    if dtype is None:
        given = [start, 1 if step is None else step, *([] if stop is None else [stop])]
        dtype = dtypes.result_type(*(getattr(number, "dtype", type(number)) for number in given))
    return jax.numpy.arange(start, stop, step, dtype=dtypes.standardize(dtype))


def _ends(*ends: Any) -> tuple[Any, ...]:
    return tuple(end if isinstance(end, (int, float)) else as_array(end) for end in ends)


def _spaced(start: Any, stop: Any, num: int, dtype: Any, axis: int) -> Any:
    shape = shapes.broadcast(shape_of(start), shape_of(stop))
    place = shapes.axis_of(axis, len(shape) + 1)
    kind = dtypes.result_type(kind_of(start), kind_of(stop), float) if dtype is None else dtype
    return made((*shape[:place], num, *shape[place:]), kind)


def _linear(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    numbers = _spaced(start, stop, num, dtype, axis)
    return (numbers, _spaced(start, stop, 0, dtype, axis)) if retstep else numbers


@operation("Linspace", ("num", "endpoint", "retstep", "dtype", "axis"), _linear, None, MODULE)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """Return `num` numbers from `start` to `stop` at equal distances; with `retstep` also the distance."""
    first, last = _ends(start, stop)
    return jax.numpy.linspace(first, last, num, endpoint, retstep=retstep, dtype=dtype, axis=axis)


def _powers(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10, dtype: Any = None, axis: int = 0
) -> Any:
    return _spaced(start, stop, num, dtype, axis)


@operation("Logspace", ("num", "endpoint", "base", "dtype", "axis"), _powers, None, MODULE)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10, dtype: Any = None, axis: int = 0
) -> Array:
    """Return `num` numbers from base to the power of `start` to that of `stop`, at equal ratios."""
    first, last = _ends(start, stop)
    return jax.numpy.logspace(first, last, num, endpoint, base, dtype=dtype, axis=axis)


def _ratios(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    return _spaced(start, stop, num, dtype, axis)


@operation("Geomspace", ("num", "endpoint", "dtype", "axis"), _ratios, None, MODULE)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Array:
    """Return `num` numbers from `start` to `stop` at equal ratios."""
    first, last = _ends(start, stop)
    return jax.numpy.geomspace(first, last, num, endpoint, dtype=dtype, axis=axis)


# Windows of signals -------------------------------------------------------------------------------------------------


def bartlett(x: int) -> Array:
    """Return a triangular window of so many samples."""
    return jax.numpy.bartlett(x).astype(dtypes.floatx())


def blackman(x: int) -> Array:
    """Return a Blackman window of so many samples."""
    return jax.numpy.blackman(x).astype(dtypes.floatx())


def hamming(x: int) -> Array:
    """Return a Hamming window of so many samples."""
    return jax.numpy.hamming(x).astype(dtypes.floatx())


def hanning(x: int) -> Array:
    """Return a Hann window of so many samples."""
    return jax.numpy.hanning(x).astype(dtypes.floatx())


def kaiser(x: int, beta: float) -> Array:
    """Return a Kaiser window of so many samples."""
    return jax.numpy.kaiser(x, beta).astype(dtypes.floatx())
