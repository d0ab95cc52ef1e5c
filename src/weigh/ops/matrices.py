"""Linear algebra: decompositions, inverses, solutions and norms of matrices and stacks of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import tree
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, ShapeError, WeighError
from weigh.ops import shapes, specs
from weigh.ops.abstract import abstract_output
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import made, own, shape_of

MODULE = "keras.src.ops.linalg"


class NotPositiveError(WeighError, ValueError):
    """A matrix has no Cholesky decomposition: it is not positive definite."""


def _matrix(x: Any) -> Shape:
    shape = shape_of(x)
    if len(shape) < 2:
        raise ShapeError(f"a matrix or a stack of matrices is needed, not an array of shape {shape}.")
    return shape


def _square(x: Any) -> Shape:
    shape = _matrix(x)
    if None not in shape[-2:] and shape[-2] != shape[-1]:
        raise ShapeError(f"the matrices must be square, but have shape {shape}.")
    return shape


def _least(*sizes: int | None) -> int | None:
    known = [size for size in sizes if size is not None]
    return min(known) if len(known) == len(sizes) else None


def _like_square(x: Any, **_: Any) -> Any:
    return made(_square(x), own(x))


@operation("Cholesky", ("upper",), _like_square, None, MODULE)
def cholesky(x: Any, upper: bool = False) -> Array:
    """Return the triangular L with x = L · Lᵀ, or with `upper` U with x = Uᵀ · U.

    Raises:
        NotPositiveError: x is not positive definite; inside a traced function the result is not a number instead.
    """
    factor = jax.numpy.linalg.cholesky(array(x), upper=upper)
    if not isinstance(factor, jax.core.Tracer) and bool(jax.numpy.any(jax.numpy.isnan(factor))):
        raise NotPositiveError("`cholesky` decomposes positive definite matrices, and got one that is not.")
    return factor


@operation("CholeskyInverse", ("upper",), _like_square, None, MODULE)
def cholesky_inverse(x: Any, upper: bool = False) -> Array:
    """Return the inverse of the matrix whose Cholesky factor is x."""
    jnp, x = jax.numpy, array(x)
    inverse = jax.scipy.linalg.solve_triangular(x, jnp.eye(x.shape[-1], dtype=x.dtype), lower=not upper)
    return inverse @ jnp.swapaxes(inverse, -1, -2) if upper else jnp.swapaxes(inverse, -1, -2) @ inverse


@operation("Det", (), lambda x: made(_square(x)[:-2], own(x)), None, MODULE)
def det(x: Any) -> Array:
    """Return the determinants."""
    return jax.numpy.linalg.det(array(x))


def _eigen(x: Any) -> Any:
    shape = _square(x)
    return made(shape[:-1], own(x)), made(shape, own(x))


@operation("Eig", (), _eigen, None, MODULE)
def eig(x: Any) -> Any:
    """Return eigenvalues and eigenvectors, complex; JAX computes them on a CPU only."""
    return tuple(jax.numpy.linalg.eig(array(x)))


@operation("Eigh", (), _eigen, None, MODULE)
def eigh(x: Any) -> Any:
    """Return eigenvalues, ascending, and eigenvectors of symmetric matrices."""
    return tuple(jax.numpy.linalg.eigh(array(x)))


@operation("Inv", (), _like_square, None, MODULE)
def inv(x: Any) -> Array:
    """Return the inverses."""
    return jax.numpy.linalg.inv(array(x))


def _factored(x: Any) -> Any:
    shape = _matrix(x)
    return made(shape, own(x)), made((*shape[:-2], _least(*shape[-2:])), "int32")


@operation("LuFactor", (), _factored, None, MODULE)
def lu_factor(x: Any) -> Any:
    """Return lower and upper triangles of the LU decomposition in one matrix, and which rows were exchanged."""
    x = array(x)
    factor: Callable[[Array], Any] = jax.scipy.linalg.lu_factor
    for _ in range(x.ndim - 2):
        factor = jax.vmap(factor)
    return tuple(factor(x))


def _normed(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return made(shapes.reduced(shape_of(x), axis, keepdims), specs.floating(x))


@operation("Norm", ("ord", "axis", "keepdims"), _normed, None, MODULE)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """Return the norm of vectors along one axis or of matrices along two; see `numpy.linalg.norm`."""
    x = array(x)
    axis = tuple(axis) if isinstance(axis, list) else axis
    return jax.numpy.linalg.norm(x.astype(specs.floating(x)), ord, axis, keepdims)


def _orthogonal(x: Any, mode: str = "reduced") -> Any:
    *base, rows, columns = _matrix(x)
    if rows is None or columns is None:
        raise ShapeError(f"the last two sizes of shape {shape_of(x)} must be known.")
    inner = min(rows, columns) if mode == "reduced" else rows
    return made((*base, rows, inner), own(x)), made((*base, inner, columns), own(x))


@operation("Qr", ("mode",), _orthogonal, None, MODULE)
def qr(x: Any, mode: str = "reduced") -> Any:
    """Return the orthogonal Q and the triangular R with x = Q · R."""
    if mode not in ("reduced", "complete"):
        raise ArgumentError(f"`mode` must be 'reduced' or 'complete', not {mode!r}.")
    return tuple(jax.numpy.linalg.qr(array(x), mode=mode))


def _solved(a: Any, b: Any, **_: Any) -> Any:
    left, right = _square(a), shape_of(b)
    shapes.meet(left, right, -1, -1 if len(right) == len(left) - 1 else -2)
    return made(right, own(b))


@operation("Solve", (), _solved, None, MODULE)
def solve(a: Any, b: Any) -> Array:
    """Return x with a · x = b."""
    return jax.numpy.linalg.solve(array(a), array(b))


@operation("SolveTriangular", ("lower",), _solved, None, MODULE)
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Array:
    """Return x with a · x = b for a triangular a."""
    return jax.scipy.linalg.solve_triangular(array(a), array(b), lower=lower)


def _singular(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    *base, rows, columns = _matrix(x)
    least = _least(rows, columns)
    values = made((*base, least), own(x))
    if not compute_uv:
        return values
    left, right = (rows, columns) if full_matrices else (least, least)
    return made((*base, rows, left), own(x)), values, made((*base, right, columns), own(x))


@operation("SVD", ("full_matrices", "compute_uv"), _singular, None, MODULE)
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Return U, the singular values s and Vᵀ with x = U · diag(s) · Vᵀ, or s alone."""
    found = jax.numpy.linalg.svd(array(x), full_matrices, compute_uv)
    return tuple(found) if compute_uv else found


def _fitted(a: Any, b: Any, rcond: Any = None) -> Any:
    left, right = shape_of(a), shape_of(b)
    if len(left) != 2 or len(right) not in (1, 2):
        raise ShapeError(f"a matrix and a vector or matrix are needed, not shapes {left} and {right}.")
    shapes.meet(left, right, 0, 0)
    return made((left[1], *right[1:]), own(a))


@operation("Lstsq", ("rcond",), _fitted, None, MODULE)
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Array:
    """Return x that makes the sum of squares of a · x − b least."""
    return jax.numpy.linalg.lstsq(array(a), array(b), rcond=rcond)[0]


@operation("MatrixRank", ("tol",), lambda x, tol=None: made(_matrix(x)[:-2], "int32"), None, MODULE)
def matrix_rank(x: Any, tol: Any = None) -> Array:
    """Return how many singular values are above `tol`."""
    _matrix(x)
    return jax.numpy.linalg.matrix_rank(array(x), tol).astype("int32")


def _inverted(x: Any, rcond: Any = None) -> Any:
    *base, rows, columns = _matrix(x)
    return made((*base, columns, rows), own(x))


@operation("Pinv", ("rcond",), _inverted, None, MODULE)
def pinv(x: Any, rcond: Any = None) -> Array:
    """Return the pseudo-inverses."""
    _matrix(x)
    return jax.numpy.linalg.pinv(array(x), rcond)


def _pushed(fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    outputs = abstract_output(lambda given, _: fun(*given), tuple(primals), {})
    value, aux = outputs if has_aux else (outputs, None)
    change = tree.map_leaves(lambda one: made(one.shape, one.dtype), value)
    return (value, change, aux) if has_aux else (value, change)


@operation("JVP", ("has_aux",), _pushed, None, MODULE)
def jvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """Return the value of `fun` at `primals`, and how it changes when these change by `tangents`."""
    return jax.jvp(fun, tuple(primals), tuple(tangents), has_aux=has_aux)
