"""Products of vectors, matrices and more that are added up."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.errors import ShapeError
from weigh.ops import shapes, specs
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import made, own, promoted, shape_of

MODULE = "keras.src.ops.numpy"


def accumulated(*xs: Any) -> str:
    """Return the format of added-up products: those of 8-bit integers are added up in 32 bits."""
    return "int32" if {own(x) for x in xs} == {"int8"} else promoted(*xs)


def _of_shapes(rule: Any) -> specs.Spec:
    return lambda x1, x2, **kwargs: made(rule(shape_of(x1), shape_of(x2), **kwargs), promoted(x1, x2))


def _accumulating(x1: Array, x2: Array) -> dict[str, Any]:
    return {"preferred_element_type": "int32"} if x1.dtype == x2.dtype == "int8" else {}


def _matmul_cost(x1: Any, x2: Any) -> Cost:
    left, right = shape_of(x1), shape_of(x2)
    return Cost(product((*shapes.matmul(left, right), left[-1])))


@operation(
    "Matmul",
    (),
    lambda x1, x2: made(shapes.matmul(shape_of(x1), shape_of(x2)), accumulated(x1, x2)),
    _matmul_cost,
    MODULE,
)
def matmul(x1: Any, x2: Any) -> Array:
    """Return the matrix product: of vectors, matrices, or stacks of matrices."""
    x1, x2 = array(x1), array(x2)
    return jax.numpy.matmul(x1, x2, **_accumulating(x1, x2))


def _dot_cost(x1: Any, x2: Any) -> Cost:
    left, right = shape_of(x1), shape_of(x2)
    if not left or not right:
        return Cost(others=product(left or right))
    return Cost(product((*shapes.dot(left, right), left[-1])))


@operation("Dot", (), _of_shapes(shapes.dot), _dot_cost, MODULE)
def dot(x1: Any, x2: Any) -> Array:
    """Return sums of products over the last axis of x1 and the last but one of x2."""
    return jax.numpy.dot(array(x1), array(x2))


def _tensordot_cost(x1: Any, x2: Any, axes: Any = 2) -> Cost:
    left, right = shape_of(x1), shape_of(x2)
    summed, _ = shapes.tensordot_axes(left, right, axes)
    return Cost(product((*shapes.tensordot(left, right, axes), *(left[axis] for axis in summed))))


@operation("Tensordot", ("axes",), _of_shapes(shapes.tensordot), _tensordot_cost, MODULE)
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Array:
    """Return sums of products over pairs of axes: so many last of x1 and first of x2, or those that are named."""
    pairs = axes if isinstance(axes, int) else tuple(tuple(one) if isinstance(one, list) else one for one in axes)
    return jax.numpy.tensordot(array(x1), array(x2), axes=pairs)


def _einsum(subscripts: str, *operands: Any, **_: Any) -> Any:
    return made(shapes.einsum(subscripts, list(map(shape_of, operands))), accumulated(*operands))


def _einsum_cost(subscripts: str, *operands: Any, **_: Any) -> Cost | None:
    """Return what two operands take; of more, the order in which they are multiplied decides."""
    labels, output, sizes = shapes.einsum_labels(subscripts, list(map(shape_of, operands)))
    if len(operands) == 1:
        return Cost(others=product(shape_of(operands[0])) if set(labels[0]) - set(output) else 0)
    if len(operands) > 2:
        return None
    shared = [label for label in sizes if all(label in some for some in labels) or label in output]
    return Cost(product(sizes[label] for label in shared))


@operation("Einsum", ("subscripts",), _einsum, _einsum_cost, MODULE)
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Array:
    """Return the sums of products that `subscripts` describes, as ``"bij,bjk->bik"``."""
    arrays = list(map(array, operands))
    narrow = all(one.dtype == "int8" for one in arrays)
    options: dict[str, Any] = {"preferred_element_type": "int32"} if narrow else {}
    return jax.numpy.einsum(subscripts, *arrays, **options, **kwargs)


def _inner(left: Shape, right: Shape) -> Shape:
    if not left or not right:
        return left or right
    shapes.meet(left, right, -1, -1)
    return (*left[:-1], *right[:-1])


def _inner_cost(x1: Any, x2: Any) -> Cost:
    left, right = shape_of(x1), shape_of(x2)
    return Cost(product((*_inner(left, right), left[-1]))) if left and right else Cost(others=product(left or right))


@operation("Inner", (), _of_shapes(_inner), _inner_cost, MODULE)
def inner(x1: Any, x2: Any) -> Array:
    """Return sums of products over the last axes."""
    return jax.numpy.inner(array(x1), array(x2))


def _outer(x1: Any, x2: Any) -> Any:
    return made((shapes.count(shape_of(x1)), shapes.count(shape_of(x2))), promoted(x1, x2))


@operation("Outer", (), _outer, specs.each(_outer), MODULE)
def outer(x1: Any, x2: Any) -> Array:
    """Return the products of each element of x1 with each of x2, both flat."""
    return jax.numpy.outer(array(x1), array(x2))


@operation("Vdot", (), lambda x1, x2: made((), promoted(x1, x2)), lambda x1, x2: Cost(product(shape_of(x1))), MODULE)
def vdot(x1: Any, x2: Any) -> Array:
    """Return the sum of products of x1, conjugated, and x2, both flat."""
    return jax.numpy.vdot(array(x1), array(x2))


def _kron(x1: Any, x2: Any) -> Any:
    left, right = shape_of(x1), shape_of(x2)
    rank = max(len(left), len(right))
    left, right = ((*(1,) * (rank - len(one)), *one) for one in (left, right))
    sizes = (None if None in pair else pair[0] * pair[1] for pair in zip(left, right, strict=True))  # type: ignore[operator]
    return made(tuple(sizes), promoted(x1, x2))


@operation("Kron", (), _kron, specs.each(_kron), MODULE)
def kron(x1: Any, x2: Any) -> Array:
    """Return x1 with each element multiplied by all of x2: the Kronecker product."""
    return jax.numpy.kron(array(x1), array(x2))


def _cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    left, right = shape_of(x1), shape_of(x2)
    sizes = left[shapes.axis_of(axisa, len(left))], right[shapes.axis_of(axisb, len(right))]
    if any(size not in (2, 3, None) for size in sizes):
        raise ShapeError(f"vectors of 2 or 3 numbers have a cross product, not of {sizes[0]} and {sizes[1]}.")
    others = shapes.broadcast(shapes.reduced(left, axisa), shapes.reduced(right, axisb))
    if sizes == (2, 2):
        return made(others, promoted(x1, x2))
    size = 3 if 3 in sizes else None
    place = shapes.axis_of(axisc, len(others) + 1)
    return made((*others[:place], size, *others[place:]), promoted(x1, x2))


@operation("Cross", ("axisa", "axisb", "axisc", "axis"), _cross, specs.each(_cross, 3), MODULE)
def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """Return the vectors perpendicular to those of x1 and x2: the cross product."""
    return jax.numpy.cross(array(x1), array(x2), axisa=axisa, axisb=axisb, axisc=axisc, axis=axis)


def _traced(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    kind = own(x)
    return made(
        shapes.diagonal(shape_of(x), offset, axis1, axis2)[:-1],
        "int32" if kind in ("bool", "int8", "int16") else "uint32" if kind in ("uint8", "uint16") else kind,
    )


@operation("Trace", ("offset", "axis1", "axis2"), _traced, None, MODULE)
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return the sums of the diagonals over two axes."""
    return jax.numpy.trace(array(x), offset, axis1, axis2)


def _correlated(x1: Any, x2: Any, mode: str = "valid") -> Any:
    sizes = (*shape_of(x1), *shape_of(x2))
    if len(sizes) != 2:
        raise ShapeError(f"two vectors are correlated, not arrays of shapes {shape_of(x1)} and {shape_of(x2)}.")
    if None in sizes:
        size = None
    else:
        long, short = sorted(map(int, sizes), reverse=True)  # type: ignore[arg-type]
        size = {"valid": long - short + 1, "same": long, "full": long + short - 1}[mode]
    return made((size,), promoted(x1, x2, made((), "float32")))


@operation("Correlate", ("mode",), _correlated, None, MODULE)
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Array:
    """Return the sums of products of x1 with x2 moved along it."""
    x1, x2 = array(x1), array(x2)
    dtype = promoted(x1, x2, made((), "float32"))
    return jax.numpy.correlate(x1.astype(dtype), x2.astype(dtype), mode)


@operation(
    "Corrcoef",
    (),
    lambda x: made((shape_of(x)[0],) * 2 if len(shape_of(x)) == 2 else shape_of(x)[:-1], specs.floating(x)),
    None,
    MODULE,
)
def corrcoef(x: Any) -> Array:
    """Return the correlation of each row with each other."""
    return jax.numpy.corrcoef(array(x))


@operation(
    "Vander",
    ("N", "increasing"),
    lambda x, N=None, increasing=False: made((*shape_of(x), shape_of(x)[0] if N is None else N), own(x)),
    None,
    MODULE,
)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Array:
    """Return the matrix whose columns are powers of x, the greatest first unless `increasing`."""
    return jax.numpy.vander(array(x), N=N, increasing=increasing)


def _signed(x: Any) -> Any:
    shape = shape_of(x)[:-2]
    return made(shape, own(x)), made(shape, own(x))


@operation("Slogdet", (), _signed, None, MODULE)
def slogdet(x: Any) -> tuple[Array, Array]:
    """Return the signs of the determinants and the logarithms of their absolute values."""
    return tuple(jax.numpy.linalg.slogdet(array(x)))
