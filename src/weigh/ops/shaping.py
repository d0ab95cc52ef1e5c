"""Functions that rearrange, select, repeat and put together, and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.dim import Shape
from weigh.errors import ShapeError
from weigh.ops import shapes, specs
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import free, made, own, promoted, shape_of, shaped

MODULE = "keras.src.ops.numpy"
Axes = shapes.Axes


# Axes ---------------------------------------------------------------------------------------------------------------


@operation("Reshape", ("newshape",), shaped(shapes.reshaped), free, MODULE)
def reshape(x: Any, newshape: Any) -> Array:
    """Return the numbers of x in another shape; one size may be −1 and takes what is left."""
    target = tuple(newshape) if isinstance(newshape, (list, tuple)) else (newshape,)
    return jax.numpy.reshape(array(x), tuple(-1 if size is None else size for size in target))


@operation("Transpose", ("axes",), shaped(shapes.transposed), free, MODULE)
def transpose(x: Any, axes: Any = None) -> Array:
    """Return x with its axes in another order, backwards by default."""
    return jax.numpy.transpose(array(x), None if axes is None else tuple(axes))


@operation("Moveaxis", ("source", "destination"), shaped(shapes.moved), free, MODULE)
def moveaxis(x: Any, source: Any, destination: Any) -> Array:
    """Return x with some axes moved to other places."""
    return jax.numpy.moveaxis(array(x), _tuple(source), _tuple(destination))


def _swapped(shape: Shape, axis1: Any, axis2: Any) -> Shape:
    first, second = (shapes.axis_of(axis, len(shape)) for axis in (axis1, axis2))
    order = list(range(len(shape)))
    order[first], order[second] = second, first
    return shapes.transposed(shape, order)


@operation("Swapaxes", ("axis1", "axis2"), shaped(_swapped), free, MODULE)
def swapaxes(x: Any, axis1: int, axis2: int) -> Array:
    """Return x with two axes in each other's place."""
    return jax.numpy.swapaxes(array(x), axis1, axis2)


@operation("ExpandDims", ("axis",), shaped(shapes.expanded), free, MODULE)
def expand_dims(x: Any, axis: Any) -> Array:
    """Return x with new axes of size 1."""
    return jax.numpy.expand_dims(array(x), _tuple(axis))


@operation("Squeeze", ("axis",), shaped(shapes.squeezed), free, MODULE)
def squeeze(x: Any, axis: Axes = None) -> Array:
    """Return x without axes of size 1."""
    return jax.numpy.squeeze(array(x), _tuple(axis))


@operation("Ravel", (), shaped(lambda shape: (shapes.count(shape),)), free, MODULE)
def ravel(x: Any) -> Array:
    """Return x as one axis."""
    return jax.numpy.ravel(array(x))


@operation("BroadcastTo", ("shape",), shaped(lambda old, shape: _widened(old, tuple(shape))), free, MODULE)
def broadcast_to(x: Any, shape: Any) -> Array:
    """Return x repeated so that it has a shape."""
    return jax.numpy.broadcast_to(array(x), tuple(shape))


def _widened(shape: Shape, target: Shape) -> Shape:
    if shapes.broadcast(shape, target) != target and None not in shape:
        raise ShapeError(f"an array of shape {shape} does not broadcast to {target}.")
    return target


def _tuple(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, (list, tuple)) else axis


# The same numbers elsewhere -----------------------------------------------------------------------------------------


def _same(shape: Shape, *_: Any, axis: Any = None, **__: Any) -> Shape:
    shapes.axes_of(axis, len(shape))
    return shape


@operation("Flip", ("axis",), shaped(_same), free, MODULE)
def flip(x: Any, axis: Axes = None) -> Array:
    """Return x backwards along `axis`, along all by default."""
    return jax.numpy.flip(array(x), _tuple(axis))


@operation("Fliplr", (), specs.like(), free, MODULE)
def fliplr(x: Any) -> Array:
    """Return x backwards along axis 1."""
    return jax.numpy.fliplr(array(x))


@operation("Flipud", (), specs.like(), free, MODULE)
def flipud(x: Any) -> Array:
    """Return x backwards along axis 0."""
    return jax.numpy.flipud(array(x))


@operation("Roll", ("shift", "axis"), shaped(_same), free, MODULE)
def roll(x: Any, shift: Any, axis: Axes = None) -> Array:
    """Return x with all moved by `shift` places, what falls off put in at the other end."""
    return jax.numpy.roll(array(x), _tuple(shift), _tuple(axis))


def _turned(shape: Shape, k: int = 1, axes: Any = (0, 1)) -> Shape:
    return _swapped(shape, *axes) if k % 2 else shape


@operation(
    "Rot90", ("k", "axes"), lambda array, **kwargs: made(_turned(shape_of(array), **kwargs), own(array)), free, MODULE
)
def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Array:
    """Return the array turned by a right angle, k times, from the first of `axes` towards the second."""
    return jax.numpy.rot90(jax.numpy.asarray(array), k, tuple(axes))


def _squared(x: Any, k: int = 0) -> Any:
    shape = shape_of(x)
    if len(shape) == 1:
        side = None if shape[0] is None else shape[0] + (k if k > 0 else -k)
        return made((side, side), own(x))
    return made(shapes.diagonal(shape, k), own(x))


@operation("Diag", ("k",), _squared, free, MODULE)
def diag(x: Any, k: int = 0) -> Array:
    """Return the diagonal of a matrix, or the matrix with that diagonal."""
    return jax.numpy.diag(array(x), k)


@operation("Diagflat", ("k",), lambda x, k=0: _squared(made((shapes.count(shape_of(x)),), own(x)), k), free, MODULE)
def diagflat(x: Any, k: int = 0) -> Array:
    """Return the matrix with the numbers of x on its diagonal."""
    return jax.numpy.diagflat(array(x), k)


@operation("Diagonal", ("offset", "axis1", "axis2"), shaped(shapes.diagonal), free, MODULE)
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return the diagonals over two axes, along a new last one."""
    return jax.numpy.diagonal(array(x), offset, axis1, axis2)


def _matrix(shape: Shape, **_: Any) -> Shape:
    if len(shape) < 2:
        raise ShapeError(f"a triangle is of a matrix, not of shape {shape}.")
    return shape


@operation("Tril", ("k",), shaped(_matrix), free, MODULE)
def tril(x: Any, k: int = 0) -> Array:
    """Return x with 0 above its diagonal k."""
    return jax.numpy.tril(array(x), k)


@operation("Triu", ("k",), shaped(_matrix), free, MODULE)
def triu(x: Any, k: int = 0) -> Array:
    """Return x with 0 below its diagonal k."""
    return jax.numpy.triu(array(x), k)


# Several arrays -----------------------------------------------------------------------------------------------------


def _each(xs: Any) -> list[Any]:
    """Return several arrays: a list of them, or the parts of one along its first axis."""
    if isinstance(xs, (list, tuple)):
        return list(xs)
    shape = shape_of(xs)
    return [made(shape[1:], own(xs))] * int(shape[0] or 1)


def _together(rule: Any) -> Any:
    return lambda xs, **kwargs: made(rule([shape_of(x) for x in _each(xs)], **kwargs), promoted(*_each(xs)))


@operation("Concatenate", ("axis",), _together(shapes.concatenated), free, MODULE)
def concatenate(xs: Any, axis: int | None = 0) -> Array:
    """Return arrays side by side along an axis."""
    return jax.numpy.concatenate(list(map(array, xs)), axis=axis)


@operation("Stack", ("axis",), lambda x, axis=0: _together(shapes.stacked)(x, axis=axis), free, MODULE)
def stack(x: Any, axis: int = 0) -> Array:
    """Return arrays of one shape along a new axis."""
    return jax.numpy.stack(list(map(array, x)), axis=axis)


def _at_least(rank: int, shape: Shape) -> Shape:
    if len(shape) >= rank:
        return shape
    if rank == 3:
        return {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}[len(shape)]
    return (*(1,) * (rank - len(shape)), *shape)


def _stacked(rank: int, axis: int) -> Any:
    def rule(several: Sequence[Shape]) -> Shape:
        whole = [_at_least(rank, shape) for shape in several]
        return shapes.concatenated(whole, 0 if rank == 1 and len(whole[0]) == 1 else axis)

    return _together(rule)


@operation("Hstack", (), _stacked(1, 1), free, MODULE)
def hstack(xs: Any) -> Array:
    """Return arrays side by side along axis 1, vectors end to end."""
    return jax.numpy.hstack(list(map(array, xs)))


@operation("Vstack", (), _stacked(2, 0), free, MODULE)
def vstack(xs: Any) -> Array:
    """Return arrays below each other along axis 0, vectors as rows."""
    return jax.numpy.vstack(list(map(array, xs)))


@operation("Dstack", (), _stacked(3, 2), free, MODULE)
def dstack(xs: Any) -> Array:
    """Return arrays behind each other along axis 2."""
    return jax.numpy.dstack(list(map(array, xs)))


def _appended(x1: Any, x2: Any, axis: int | None = None) -> Any:
    first, second = shape_of(x1), shape_of(x2)
    if axis is None:
        first, second, axis = (shapes.count(first),), (shapes.count(second),), 0
    return made(shapes.concatenated([first, second], axis), promoted(x1, x2))


@operation("Append", ("axis",), _appended, free, MODULE)
def append(x1: Any, x2: Any, axis: int | None = None) -> Array:
    """Return the second array behind the first along an axis, both flat by default."""
    return jax.numpy.append(array(x1), array(x2), axis)


def _meshed(*x: Any, indexing: str = "xy") -> Any:
    sizes = [shapes.count(shape_of(one)) for one in x]
    whole = (sizes[1], sizes[0], *sizes[2:]) if indexing == "xy" and len(sizes) > 1 else tuple(sizes)
    return [made(whole, own(one)) for one in x]


@operation("Meshgrid", ("indexing",), _meshed, free, MODULE)
def meshgrid(*x: Any, indexing: str = "xy") -> list[Array]:
    """Return for each of several axes the coordinates of all points of the grid."""
    return list(jax.numpy.meshgrid(*map(array, x), indexing=indexing))


# Parts --------------------------------------------------------------------------------------------------------------


def _pieces(x: Any, indices_or_sections: Any, axis: Any = 0, uneven: bool = False) -> Any:
    found = shapes.split(shape_of(x), indices_or_sections, axis, uneven)
    return [made(shape, own(x)) for shape in found]


def _places(indices_or_sections: Any) -> Any:
    return indices_or_sections if isinstance(indices_or_sections, int) else tuple(map(int, indices_or_sections))


@operation("Split", ("indices_or_sections", "axis"), _pieces, free, MODULE)
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Return x in so many equal parts along an axis, or cut at places."""
    return list(jax.numpy.split(array(x), _places(indices_or_sections), axis))


@operation(
    "ArraySplit",
    ("indices_or_sections", "axis"),
    lambda x, indices_or_sections, axis=0: _pieces(x, indices_or_sections, axis, uneven=True),
    free,
    MODULE,
)
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Return x in so many parts of nearly equal size along an axis, or cut at places."""
    return list(jax.numpy.array_split(array(x), _places(indices_or_sections), axis))


def _side(x: Any) -> int:
    return 1 if len(shape_of(x)) > 1 else 0


@operation(
    "Hsplit",
    ("indices_or_sections",),
    lambda x, indices_or_sections: _pieces(x, indices_or_sections, _side(x)),
    free,
    MODULE,
)
def hsplit(x: Any, indices_or_sections: Any) -> list[Array]:
    """Return x in parts along axis 1, a vector along axis 0."""
    return list(jax.numpy.hsplit(array(x), _places(indices_or_sections)))


@operation("Vsplit", ("indices_or_sections",), _pieces, free, MODULE)
def vsplit(x: Any, indices_or_sections: Any) -> list[Array]:
    """Return x in parts along axis 0."""
    return list(jax.numpy.vsplit(array(x), _places(indices_or_sections)))


@operation(
    "Dsplit", ("indices_or_sections",), lambda x, indices_or_sections: _pieces(x, indices_or_sections, 2), free, MODULE
)
def dsplit(x: Any, indices_or_sections: Any) -> list[Array]:
    """Return x in parts along axis 2."""
    return list(jax.numpy.dsplit(array(x), _places(indices_or_sections)))


@operation("GetItem", (), lambda x, key: made(shapes.get_item(shape_of(x), _key(key)), own(x)), free, MODULE)
def get_item(x: Any, key: Any) -> Array:
    """Return ``x[key]``: whole numbers, slices, ``None``, ``...`` or arrays."""
    key = _key(key)
    return array(x)[tuple(map(_index, key)) if isinstance(key, tuple) else _index(key)]


def _key(key: Any) -> Any:
    """Return a key as it was written: JSON has lists for tuples, which hold slices; a list of numbers is an index."""
    if isinstance(key, list) and any(one is None or one is Ellipsis or isinstance(one, slice) for one in key):
        return tuple(key)
    return key


def _index(key: Any) -> Any:
    return array(key) if isinstance(key, list) else key


@operation(
    "Take",
    ("axis",),
    lambda x, indices, axis=None: made(shapes.taken(shape_of(x), shape_of(indices), axis), own(x)),
    free,
    MODULE,
)
def take(x: Any, indices: Any, axis: int | None = None) -> Array:
    """Return the elements along `axis` that whole numbers name; those of the flat array by default.

    A place below 0 counts from the end; one outside is no number.
    """
    return jax.numpy.take(array(x), array(indices), axis=axis)


@operation(
    "TakeAlongAxis",
    ("axis",),
    lambda x, indices, axis=None: made(shapes.taken_along(shape_of(x), shape_of(indices), axis), own(x)),
    free,
    MODULE,
)
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Array:
    """Return the elements along `axis` that whole numbers name, at each place of the other axes its own."""
    return jax.numpy.take_along_axis(array(x), array(indices), axis=axis)


# More of the same ---------------------------------------------------------------------------------------------------


@operation("Repeat", ("repeats", "axis"), shaped(shapes.repeated), free, MODULE)
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Array:
    """Return x with each element along `axis` several times in a row."""
    return jax.numpy.repeat(array(x), array(repeats) if isinstance(repeats, (list, tuple)) else repeats, axis=axis)


@operation("Tile", ("repeats",), shaped(shapes.tiled), free, MODULE)
def tile(x: Any, repeats: Any) -> Array:
    """Return x as a whole several times along each axis."""
    return jax.numpy.tile(array(x), _tuple(repeats))


@operation(
    "Pad",
    ("pad_width", "mode"),
    lambda x, pad_width, mode="constant", constant_values=None: made(shapes.padded(shape_of(x), pad_width), own(x)),
    free,
    MODULE,
)
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Array:
    """Return x with more before and behind each axis: a constant, 0 by default, or as `mode` says for `numpy.pad`."""
    x = array(x)
    values = {} if constant_values is None else {"constant_values": constant_values}
    return jax.numpy.pad(x, shapes.pairs(pad_width, x.ndim), mode, **values)
