"""Conversions, parts that are read and written at places, loops and branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array, Variable
from weigh.declare import dtypes, tree
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, ShapeError
from weigh.ops import shapes
from weigh.ops.abstract import abstract_output
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import free, kind_of, made, own, shape_of

# What an array is ---------------------------------------------------------------------------------------------------


def shape(x: Any) -> Any:
    """Return the sizes of x; those of a symbolic tensor that are unknown are ``None``."""
    return shape_of(x)


def dtype(x: Any) -> str:
    """Return the format of x by its name."""
    return dtypes.standardize(kind_of(x))


def is_tensor(x: Any) -> bool:
    """Return whether x is an array of JAX's, or stands for one inside a traced function."""
    return isinstance(x, jax.Array)


@operation("Cast", ("dtype",), lambda x, dtype: made(shape_of(x), dtypes.standardize(dtype)), free)
def cast(x: Any, dtype: Any) -> Array:
    """Return x in another format."""
    return array(x, dtypes.standardize(dtype))


@operation("SaturateCast", ("dtype",), lambda x, dtype: made(shape_of(x), dtypes.standardize(dtype)), free)
def saturate_cast(x: Any, dtype: Any) -> Array:
    """Return x in another format, what is outside of its range as the nearest number in it."""
    x, target = array(x), dtypes.standardize(dtype)
    low, high = (_limits(str(x.dtype)), _limits(target))
    least, most = (x.dtype.type(end) for end in (max(low[0], high[0]), min(low[1], high[1])))
    if float(least) < high[0]:
        least = numpy.nextafter(least, x.dtype.type(0))
    if float(most) > high[1]:
        most = numpy.nextafter(most, x.dtype.type(0))
    return jax.numpy.clip(x.astype("int32") if x.dtype == bool else x, least, most).astype(target)


def _limits(dtype: str) -> tuple[Any, Any]:
    """Return the least and the greatest number of a format."""
    if dtype == "bool":
        return 0, 1
    if dtypes.is_inexact(dtype):
        found: Any = jax.numpy.finfo(dtype)  # type: ignore[no-untyped-call]
        return float(found.min), float(found.max)
    whole: Any = jax.numpy.iinfo(dtype)  # type: ignore[no-untyped-call]
    return int(whole.min), int(whole.max)


@operation(
    "ConvertToTensor",
    ("dtype", "sparse", "ragged"),
    lambda x, dtype=None, sparse=None, ragged=None: made(shape_of(x), own(x) if dtype is None else dtype),
    free,
)
def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Array:
    """Return x as an array of JAX's; it is never sparse, nor ragged."""
    if ragged:
        raise ArgumentError("`convert_to_tensor` makes no ragged arrays.")
    return array(x, None if dtype is None else dtypes.standardize(dtype))


def convert_to_numpy(x: Any) -> Any:
    """Return x as a NumPy array of its own."""
    return numpy.array(x.value if isinstance(x, Variable) else x)


@operation("StopGradient", (), lambda variable: made(shape_of(variable), own(variable)), free)
def stop_gradient(variable: Any) -> Array:
    """Return it, as a constant to gradients."""
    return jax.lax.stop_gradient(array(variable))


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of arrays whose gradient is what `f` returns with the value: see `jax.custom_gradient`."""
    function = jax.custom_gradient(f)

    def of_values(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = tree.map_leaves(lambda leaf: leaf.value if isinstance(leaf, Variable) else leaf, (args, kwargs))
        return function(*args, **kwargs)

    return of_values


# Parts at places ----------------------------------------------------------------------------------------------------


@operation("Scatter", ("shape",), lambda indices, values, shape: made(tuple(shape), own(values)), free)
def scatter(indices: Any, values: Any, shape: Any) -> Array:
    """Return zeros with values added at places, each a vector along the last axis of `indices`."""
    values = array(values)
    zeros = jax.numpy.zeros(tuple(shape), values.dtype)
    return zeros.at[tuple(jax.numpy.moveaxis(array(indices), -1, 0))].add(values)


def _like_inputs(inputs: Any, *_: Any, **__: Any) -> Tensor:
    return made(shape_of(inputs), own(inputs))


@operation("ScatterUpdate", ("reduction",), _like_inputs, free)
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Array:
    """Return `inputs` with updates at places, each a row of `indices`: put there, or combined by `reduction`.

    Args:
        inputs: any shape.
        indices: (updates, axes of `inputs` that are named).
        updates: (updates, the other axes).
        reduction: ``"add"``, ``"max"``, ``"min"``, ``"mul"``, or ``None`` to replace.
    """
    ways = {None: "set", "add": "add", "max": "max", "min": "min", "mul": "multiply"}
    way = reduction.lower() if reduction is not None else None
    if way not in ways:
        raise ArgumentError(f"`reduction` must be add, max, min, mul or None, not {reduction!r}.")
    places = tuple(jax.numpy.transpose(array(indices)))
    return getattr(array(inputs).at[places], ways[way])(array(updates))


def _sliced(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    whole, sizes = shape_of(inputs), tuple(shape)
    starts = None if isinstance(start_indices, Tensor) else tuple(int(start) for start in start_indices)
    if len(sizes) != len(whole) or (starts is not None and len(starts) != len(whole)):
        raise ShapeError(f"a start and a size are needed for each axis of shape {whole}, not {start_indices}, {shape}.")
    left = [None if starts is None or size is None else size - starts[axis] for axis, size in enumerate(whole)]
    return made(tuple(left[axis] if size == -1 else size for axis, size in enumerate(sizes)), own(inputs))


@operation("Slice", ("shape",), _sliced, free)
def slice(inputs: Any, start_indices: Any, shape: Any) -> Array:
    """Return the part of a shape that begins at a place; size −1 takes all that is left."""
    inputs = array(inputs)
    sizes = tuple(inputs.shape[axis] - start_indices[axis] if size == -1 else size for axis, size in enumerate(shape))
    return jax.lax.dynamic_slice(inputs, start_indices, sizes)


@operation("SliceUpdate", (), _like_inputs, free)
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Array:
    """Return `inputs` with the part that begins at a place replaced by `updates`."""
    return jax.lax.dynamic_update_slice(array(inputs), array(updates), start_indices)


def _unstacked(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    whole = shape_of(x)
    count = whole[shapes.axis_of(axis, len(whole))] if num is None else num
    if count is None:
        raise ShapeError(f"axis {axis} of shape {whole} is of unknown size: say with `num` how many there are.")
    return [made(shapes.reduced(whole, axis), own(x)) for _ in range(count)]


@operation("Unstack", ("num", "axis"), _unstacked, free)
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Array]:
    """Return the parts of x along an axis as a list."""
    return list(jax.numpy.unstack(array(x), axis=axis))


# Loops and branches -------------------------------------------------------------------------------------------------


def _first(xs: Any) -> Any:
    """Return what stands for one element along the first axis of each tensor."""
    return tree.map_leaves(lambda x: made(shape_of(x)[1:], own(x)), xs)


def _many(count: int | None, outputs: Any) -> Any:
    return tree.map_leaves(lambda y: None if y is None else made((count, *shape_of(y)), own(y)), outputs)


def _length(xs: Any) -> int | None:
    return shape_of(next(tree.leaves(xs)))[0]


def _asked(f: Callable[..., Any], *args: Any) -> Any:
    return abstract_output(lambda given, _: f(*given), args, {})


@operation("Map", (), lambda f, xs: _many(_length(xs), _asked(f, _first(xs))))
def map(f: Callable[..., Any], xs: Any) -> Any:
    """Return `f` of each element along the first axis, one after another, stacked."""
    return jax.lax.map(f, xs)


@operation(
    "VectorizedMap",
    ("function",),
    lambda function, elements: _many(_length(elements), _asked(function, _first(elements))),
)
def vectorized_map(function: Callable[..., Any], elements: Any) -> Any:
    """Return `function` of each element along the first axis, all at once, stacked."""
    return jax.vmap(function)(elements)


def _scanned(
    f: Callable[..., Any], init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: Any = 1
) -> Any:
    count = length if length is not None else _length(xs)
    carry, y = _asked(f, init, None if xs is None else _first(xs))
    return carry, _many(count, y)


@operation("Scan", ("length", "reverse", "unroll"), _scanned)
def scan(
    f: Callable[..., Any], init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: Any = 1
) -> Any:
    """Return what ``carry, y = f(carry, x)`` carries to the end, and all y stacked: see `jax.lax.scan`."""
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ArgumentError(f"`unroll` must be a whole number above 0, or a bool, not {unroll!r}.")
    return jax.lax.scan(f, init, xs, length=length, reverse=reverse, unroll=unroll)


def _associated(f: Callable[..., Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    lengths = {shape_of(one)[axis] for one in tree.leaves(elems)}
    if len(lengths) > 1:
        raise ShapeError(f"what is scanned together has one length, not {sorted(str(one) for one in lengths)}.")
    return tree.map_leaves(lambda one: made(shape_of(one), own(one)), elems)


@operation("AssociativeScan", ("reverse", "axis"), _associated)
def associative_scan(f: Callable[..., Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Return for each place along an axis all up to there, combined by the associative `f`."""
    return jax.lax.associative_scan(f, elems, reverse, axis)


@operation("Switch", (), lambda index, branches, *operands: _asked(branches[0], *operands))
def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Return what the branch number `index` gives for the operands; a number outside is the nearest one."""
    return jax.lax.switch(index, branches, *operands)


@operation("Cond", (), lambda pred, true_fn, false_fn: _chosen(true_fn, false_fn))
def _cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Return what one of two functions gives."""
    return jax.lax.cond(array(pred), true_fn, false_fn)


def _chosen(true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    one, other = _asked(true_fn), _asked(false_fn)
    if [(leaf.shape, leaf.dtype) for leaf in tree.leaves(one)] != [
        (leaf.shape, leaf.dtype) for leaf in tree.leaves(other)
    ]:
        raise ShapeError(f"both branches must give the same shapes and formats, not {one} and {other}.")
    return one


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Return ``true_fn()`` where `pred` is true, else ``false_fn()``."""
    return _cond(pred, true_fn, false_fn)


@operation(
    "WhileLoop",
    ("cond", "body", "maximum_iterations"),
    lambda cond, body, loop_vars, maximum_iterations=None: tree.map_leaves(_like_inputs, loop_vars),
)
def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Return the variables after `body` has been applied to them as long as `cond` of them is true.

    Args:
        cond: called with the variables, returns a boolean.
        body: called with the variables, returns as many of the same shapes.
        loop_vars: one variable, or several in a list or tuple.
        maximum_iterations: after so many it ends in any case.
    """
    several = isinstance(loop_vars, (tuple, list))
    start = tuple(loop_vars) if several else (loop_vars,)

    def proceed(state: Any) -> Any:
        count, variables = state
        goes_on = cond(*variables)
        return goes_on if maximum_iterations is None else goes_on & (count < maximum_iterations)

    def step(state: Any) -> Any:
        count, variables = state
        after = body(*variables)
        return count + 1, tuple(after) if several else (after,)

    _, variables = jax.lax.while_loop(proceed, step, (0, start))
    return variables if several else variables[0]


@operation(
    "ForiLoop",
    ("lower", "upper", "body_fun"),
    lambda lower, upper, body_fun, init_val: tree.map_leaves(_like_inputs, init_val),
)
def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], init_val: Any) -> Any:
    """Return what ``value = body_fun(i, value)`` has become after i went from `lower` to before `upper`."""
    return jax.lax.fori_loop(lower, upper, body_fun, init_val)
