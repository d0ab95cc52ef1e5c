"""Functions that sort, search, count and compare as wholes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.errors import ShapeError
from weigh.ops import shapes, specs
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import indices, made, own, promoted, shape_of

MODULE = "keras.src.ops.numpy"
MODULE_OF_MATH = "keras.src.ops.math"


def _checked(x: Any, axis: Any, kind: str) -> Any:
    shape = shape_of(x)
    if axis is None:
        return made((shapes.count(shape),), kind)
    shapes.axis_of(axis, len(shape))
    return made(shape, kind)


@operation("Sort", ("axis",), lambda x, axis=-1: _checked(x, axis, own(x)), None, MODULE)
def sort(x: Any, axis: int = -1) -> Array:
    """Return x in ascending order along an axis."""
    return jax.numpy.sort(array(x), axis=axis)


@operation("Argsort", ("axis",), lambda x, axis=-1: _checked(x, axis, "int32"), None, MODULE)
def argsort(x: Any, axis: int | None = -1) -> Array:
    """Return the places of the elements in ascending order along an axis."""
    x = array(x)
    return jax.numpy.argsort(x.ravel() if axis is None else x, axis=-1 if axis is None else axis)


@operation("Argpartition", ("kth", "axis"), lambda x, kth, axis=-1: _checked(x, axis, "int32"), None, MODULE)
def argpartition(x: Any, kth: int, axis: int = -1) -> Array:
    """Return places such that before the kth stand those of lesser elements, behind it those of greater ones."""
    return jax.numpy.argpartition(array(x), kth, axis)


def _searched(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    return made(shape_of(values), "int32")


@operation("SearchSorted", ("side",), _searched, None, MODULE)
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Array:
    """Return where in a sorted vector values would have to be put, on the left or right of equal ones."""
    return jax.numpy.searchsorted(array(sorted_sequence), array(values), side=side)


@operation("Digitize", (), specs.like(indices), None, MODULE)
def digitize(x: Any, bins: Any) -> Array:
    """Return the number of the bin, between its edges, that each element falls into."""
    return jax.numpy.digitize(array(x), array(bins))


@operation("IsIn", ("assume_unique", "invert"), lambda x1, x2, **_: made(shape_of(x1), "bool"), None, MODULE)
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    """Return whether each element of x1 is in x2, or, with `invert`, is not."""
    return jax.numpy.isin(array(x1), array(x2), assume_unique=assume_unique, invert=invert)


@operation("Nonzero", (), lambda x: tuple(made((None,), "int32") for _ in shape_of(x)), None, MODULE)
def nonzero(x: Any) -> Any:
    """Return where x is not 0, an array an axis."""
    return jax.numpy.nonzero(array(x))


@operation(
    "Bincount",
    ("weights", "minlength", "sparse"),
    lambda x, weights=None, **_: made((*shape_of(x)[:-1], None), "int32" if weights is None else own(weights)),
    None,
    MODULE,
)
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Array:
    """Return how often each whole number occurs in a vector, or in each row, or the sums of its weights.

    `sparse` is accepted; the result is never sparse.
    """
    x = array(x)
    weights = None if weights is None else array(weights)
    if x.ndim == 1:
        return jax.numpy.bincount(x, weights=weights, minlength=minlength)
    length = max(int(x.max()) + 1, minlength)
    each: Callable[..., Array] = jax.vmap(lambda row, weight: jax.numpy.bincount(row, weights=weight, length=length))
    return each(x, weights if weights is not None else jax.numpy.ones(x.shape, "int32"))


@operation(
    "Histogram",
    ("bins", "range"),
    lambda x, bins=10, range=None: (made((bins,), own(x)), made((bins + 1,), own(x))),
    None,
    MODULE,
)
def histogram(x: Any, bins: int = 10, range: Any = None) -> Any:
    """Return how many elements fall into each of `bins` equal bins, and their edges."""
    return jax.numpy.histogram(array(x), bins=bins, range=range)


def _different(
    x: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    **_: Any,
) -> Any:
    shape = shape_of(x)
    found = [made((size,) if axis is None else shapes.along(shape, axis, size), own(x))]
    inverse = shape if axis is None else (shape[axis],)
    asked = ((return_index, (size,)), (return_inverse, inverse), (return_counts, (size,)))
    found += [made(of, "int32") for wanted, of in asked if wanted]
    return found[0] if len(found) == 1 else tuple(found)


@operation(
    "Unique",
    ("sorted", "return_index", "return_inverse", "return_counts", "axis", "size", "fill_value"),
    _different,
    None,
    MODULE,
)
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Return the different elements, in ascending order, and what else is asked for: see `numpy.unique`."""
    return jax.numpy.unique(
        array(x),
        return_index=return_index,
        return_inverse=return_inverse,
        return_counts=return_counts,
        axis=axis,
        size=size,
        fill_value=fill_value,
        sorted=sorted,
    )


@operation(
    "UnravelIndex",
    ("shape",),
    lambda indices, shape: tuple(made(shape_of(indices), own(indices)) for _ in shape),
    None,
    MODULE,
)
def unravel_index(indices: Any, shape: Any) -> Any:
    """Return the places, an array an axis, that numbers of elements in a flat array mean."""
    return jax.numpy.unravel_index(array(indices), tuple(shape))


def _selected(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    every = [*condlist, *choicelist, default]
    return made(shapes.broadcast(*map(shape_of, every)), promoted(*choicelist, default))


@operation("Select", (), _selected, None, MODULE)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Array:
    """Return from the first choice whose condition is true, else `default`."""
    return jax.numpy.select(list(map(array, condlist)), list(map(array, choicelist)), default)


@operation("Size", (), lambda x: made((), "int32"), specs.free, MODULE)
def size(x: Any) -> Any:
    """Return the number of elements."""
    return jax.numpy.size(array(x))


@operation("Ndim", (), lambda x: made((), "int32"), specs.free, MODULE)
def ndim(x: Any) -> Any:
    """Return the number of axes."""
    return array(x).ndim


def _differences(a: Any, n: int = 1, axis: int = -1) -> Any:
    shape = shape_of(a)
    size = shape[shapes.axis_of(axis, len(shape))]
    return made(shapes.along(shape, axis, None if size is None else max(size - n, 0)), own(a))


@operation("Diff", ("n", "axis"), _differences, specs.each(_differences), MODULE)
def diff(a: Any, n: int = 1, axis: int = -1) -> Array:
    """Return the differences between neighbours along an axis, n times."""
    return jax.numpy.diff(array(a), n=n, axis=axis)


def _integrated(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    return made(shapes.reduced(shape_of(y), axis), specs.floating(y))


@operation("Trapezoid", ("x", "dx", "axis"), _integrated, None, MODULE)
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Array:
    """Return the integral along an axis by the trapezoidal rule, at places x or `dx` apart."""
    return jax.numpy.trapezoid(array(y), None if x is None else array(x), dx, axis)


def vectorize(pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None) -> Callable[..., Any]:
    """Return a function that applies `pyfunc` to each element, or to each part that `signature` says."""
    return jax.numpy.vectorize(pyfunc, excluded=frozenset(excluded or ()), signature=signature)


def _best(x: Any, k: int, sorted: bool = True) -> Any:
    shape = shape_of(x)
    if shape[-1] is not None and k > shape[-1]:
        raise ShapeError(f"there are no {k} among the {shape[-1]} elements of the last axis of shape {shape}.")
    return made((*shape[:-1], k), own(x)), made((*shape[:-1], k), "int32")


@operation("TopK", ("k", "sorted"), _best, None, MODULE_OF_MATH)
def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """Return the k greatest along the last axis, in descending order, and their places."""
    return tuple(jax.lax.top_k(array(x), k))


@operation("InTopK", ("k",), lambda targets, predictions, k: made(shape_of(targets), "bool"), None, MODULE_OF_MATH)
def in_top_k(targets: Any, predictions: Any, k: int) -> Array:
    """Return whether each prediction of the target is among the k greatest of its row; ties count for the target."""
    jnp, predictions = jax.numpy, array(predictions)
    own_score = jnp.take_along_axis(predictions, array(targets)[..., None], axis=-1)
    own_score = jnp.where(jnp.isnan(own_score), -jnp.inf, own_score)
    return jnp.sum(predictions > own_score, axis=-1) < k
