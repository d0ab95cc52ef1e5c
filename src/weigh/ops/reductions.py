"""Functions that make one number of all along some axes: sums, means, extremes, quantiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.ops import shapes, specs
from weigh.ops.arrays import array, floats
from weigh.ops.operation import operation
from weigh.ops.specs import Rule, boolean, floating, indices, own

MODULE = "keras.src.ops.numpy"
MODULE_OF_MATH = "keras.src.ops.math"
Axes = shapes.Axes


def summed(x: Any) -> str:
    """Return the format of a sum: small whole numbers and booleans are added up in 32 bits."""
    dtype = own(x)
    small = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}
    return small.get(dtype, "int32" if dtype == "int64" else dtype)


def _reduction(name: str, text: str, rule: Rule, jax_name: str = "") -> Callable[..., Array]:
    """Return a function that reduces axes, of NumPy's name."""

    def function(x: Any, axis: Axes = None, keepdims: bool = False) -> Array:
        x = array(x)
        axis = tuple(axis) if isinstance(axis, list) else axis
        return getattr(jax.numpy, jax_name or name)(x, axis=axis, keepdims=keepdims)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""Return {text} along `axis`, one axis or several; over all by default.

        Args:
            x: any shape.
            axis: what is reduced.
            keepdims: whether the axes stay, with size 1.
        """
    class_name = name[:1].upper() + name[1:]
    return operation(class_name, ("axis", "keepdims"), specs.reduced(rule), specs.each_read, MODULE)(function)


all = _reduction("all", "whether all are true", boolean)
any = _reduction("any", "whether one is true", boolean)
sum = _reduction("sum", "the sum", summed)
mean = _reduction("mean", "the mean", floating)
median = _reduction("median", "the number in the middle", floating)
var = _reduction("var", "the mean square of the distance from the mean", lambda x: floating(x))
std = _reduction("std", "the square root of the variance", floating)
ptp = _reduction("ptp", "the distance from the least to the greatest", own)
amax = _reduction("amax", "the greatest", own)
amin = _reduction("amin", "the least", own)
nansum = _reduction("nansum", "the sum of those that are numbers", summed)
nanmean = _reduction("nanmean", "the mean of those that are numbers", floating)
nanmedian = _reduction("nanmedian", "the number in the middle of those that are numbers", floating)
nanvar = _reduction("nanvar", "the variance of those that are numbers", floating)
nanstd = _reduction("nanstd", "the square root of the variance of those that are numbers", floating)
nanmax = _reduction("nanmax", "the greatest of those that are numbers", own)
nanmin = _reduction("nanmin", "the least of those that are numbers", own)
nanprod = _reduction("nanprod", "the product of those that are numbers", summed)
argmax = _reduction("argmax", "the place of the greatest", indices)
argmin = _reduction("argmin", "the place of the least", indices)
nanargmax = _reduction("nanargmax", "the place of the greatest of those that are numbers", indices)
nanargmin = _reduction("nanargmin", "the place of the least of those that are numbers", indices)


@operation("Max", ("axis", "keepdims", "initial"), specs.reduced(), specs.each_read, MODULE)
def max(x: Any, axis: Axes = None, keepdims: bool = False, initial: Any = None) -> Array:
    """Return the greatest along `axis`, at least `initial`."""
    return _extreme("max", x, axis, keepdims, initial)


@operation("Min", ("axis", "keepdims", "initial"), specs.reduced(), specs.each_read, MODULE)
def min(x: Any, axis: Axes = None, keepdims: bool = False, initial: Any = None) -> Array:
    """Return the least along `axis`, at most `initial`."""
    return _extreme("min", x, axis, keepdims, initial)


def _extreme(name: str, x: Any, axis: Axes, keepdims: bool, initial: Any) -> Array:
    axis = tuple(axis) if isinstance(axis, list) else axis
    return getattr(jax.numpy, name)(array(x), axis=axis, keepdims=keepdims, initial=initial)


def _product(x: Any, axis: Axes = None, keepdims: bool = False, dtype: Any = None) -> Any:
    kind = summed(x) if dtype is None else dtypes.standardize(dtype)
    return specs.made(shapes.reduced(specs.shape_of(x), axis, keepdims), kind)


@operation("Prod", ("axis", "keepdims", "dtype"), _product, specs.each_read, MODULE)
def prod(x: Any, axis: Axes = None, keepdims: bool = False, dtype: Any = None) -> Array:
    """Return the product along `axis`, in the format `dtype`."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    return jax.numpy.prod(array(x), axis=axis, keepdims=keepdims, dtype=dtype)


@operation("CountNonzero", ("axis",), specs.reduced(indices), specs.each_read, MODULE)
def count_nonzero(x: Any, axis: Axes = None) -> Array:
    """Return how many along `axis` are not 0."""
    return jax.numpy.count_nonzero(array(x), axis=tuple(axis) if isinstance(axis, list) else axis)


def _averaged(x: Any, axis: Axes = None, weights: Any = None) -> Any:
    given = (x,) if weights is None else (x, weights)
    return specs.made(shapes.reduced(specs.shape_of(x), axis), floating(*given))


@operation("Average", ("axis",), _averaged, specs.each_read, MODULE)
def average(x: Any, axis: Axes = None, weights: Any = None) -> Array:
    """Return the mean along `axis`, each number counted as often as its weight says."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    return jax.numpy.average(array(x), axis=axis, weights=None if weights is None else array(weights))


def _running(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    shape = specs.shape_of(x)
    if axis is not None:
        shapes.axis_of(axis, len(shape))
    kind = ("int32" if own(x) == "bool" else own(x)) if dtype is None else dtypes.standardize(dtype)
    return specs.made((shapes.count(shape),) if axis is None else shape, kind)


def _cumulative(name: str, text: str) -> Callable[..., Array]:
    def function(x: Any, axis: int | None = None, dtype: Any = None) -> Array:
        x = array(x)
        dtype = dtypes.standardize(dtype) if dtype is not None else "int32" if x.dtype == bool else None
        return getattr(jax.numpy, name)(x, axis=axis, dtype=dtype)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Return for each place along `axis` {text} up to there; of the flat array by default."
    return operation(name.capitalize(), ("axis", "dtype"), _running, specs.each_read, MODULE)(function)


cumsum = _cumulative("cumsum", "the sum")
cumprod = _cumulative("cumprod", "the product")
nancumsum = _cumulative("nancumsum", "the sum of those that are numbers")
nancumprod = _cumulative("nancumprod", "the product of those that are numbers")


def _quantiled(x: Any, q: Any, axis: Axes = None, method: str = "linear", keepdims: bool = False) -> Any:
    return specs.made((*specs.shape_of(q), *shapes.reduced(specs.shape_of(x), axis, keepdims)), floating(x))


def _quantile(name: str, text: str) -> Callable[..., Array]:
    def function(x: Any, q: Any, axis: Axes = None, method: str = "linear", keepdims: bool = False) -> Array:
        x, q = floats(x), floats(q)
        axis = tuple(axis) if isinstance(axis, list) else axis
        return getattr(jax.numpy, name)(x, q, axis=axis, method=method, keepdims=keepdims)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"""Return the number along `axis` that {text} are at most; `method` says what lies between two."""
    )
    settings = ("axis", "method", "keepdims")
    return operation(name.capitalize(), settings, _quantiled, None, MODULE)(function)


quantile = _quantile("quantile", "the share q of all")
percentile = _quantile("percentile", "q % of all")
nanquantile = _quantile("nanquantile", "the share q of those that are numbers")
nanpercentile = _quantile("nanpercentile", "q % of those that are numbers")


@operation("Logsumexp", ("axis", "keepdims"), specs.reduced(floating), specs.each_read, MODULE_OF_MATH)
def logsumexp(x: Any, axis: Axes = None, keepdims: bool = False) -> Array:
    """Return log Σ eˣ along `axis`, without overflow."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    return jax.nn.logsumexp(floats(x), axis=axis, keepdims=keepdims)
