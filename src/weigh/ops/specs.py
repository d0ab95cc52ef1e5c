"""What comes out of an operation, as symbolic tensors: shape rules put together with rules for number formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute import values
from weigh.declare import dtypes
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Shape, product
from weigh.declare.graph import Tensor
from weigh.ops import shapes
from weigh.ops.tensor import KerasTensor

Rule = Callable[..., str]
"""Called with what an operation is given, tensors, arrays or numbers; returns the format of what comes out."""
Spec = Callable[..., Any]
Count = Callable[..., Cost]


def made(shape: Shape, dtype: Any) -> Tensor:
    """Return a symbolic tensor."""
    return KerasTensor(shape, dtype)


def shape_of(x: Any) -> Shape:
    """Return the shape of a tensor, an array, a number, or a nested list of them."""
    if hasattr(x, "shape"):
        return tuple(x.shape)
    if isinstance(x, (list, tuple)):
        return (len(x), *(shape_of(x[0]) if x else ()))
    return ()


def kind_of(x: Any) -> Any:
    """Return the format of a tensor or array; that of a number as the Python type, which takes on another format."""
    if hasattr(x, "dtype"):
        return values.read_dtype(x) if isinstance(x, values.Variable) else dtypes.standardize(x.dtype)
    if isinstance(x, (list, tuple)):
        return dtypes.result_type(*map(kind_of, x)) if x else dtypes.floatx()
    return type(x) if isinstance(x, (bool, int, float, complex)) else dtypes.floatx()


# Formats ------------------------------------------------------------------------------------------------------------


def own(x: Any, *_: Any) -> str:
    """The format of the first."""
    kind = kind_of(x)
    return dtypes.standardize(kind)


def promoted(*xs: Any) -> str:
    """The common format of all."""
    return dtypes.result_type(*map(kind_of, xs))


def floating(*xs: Any) -> str:
    """A floating-point format that holds all; floatx for 64-bit integers."""
    kinds = list(map(kind_of, xs))
    if "int64" in kinds:
        return dtypes.floatx() if len(kinds) == 1 else dtypes.result_type(*kinds, float)
    return dtypes.result_type(*kinds, float)


def boolean(*_: Any) -> str:
    """Booleans."""
    return "bool"


def indices(*_: Any) -> str:
    """Whole numbers that count."""
    return "int32"


# Specs --------------------------------------------------------------------------------------------------------------


def like(rule: Rule = own) -> Spec:
    """What has the shape of the first argument."""
    return lambda x, *_, **__: made(shape_of(x), rule(x))


def broadcast(rule: Rule = promoted) -> Spec:
    """What has the broadcast shape of the first two arguments."""
    return lambda x1, x2, **_: made(shapes.broadcast(shape_of(x1), shape_of(x2)), rule(x1, x2))


def reduced(rule: Rule = own) -> Spec:
    """What is left of the first argument when an axis is reduced."""
    return lambda x, axis=None, keepdims=False, **_: made(shapes.reduced(shape_of(x), axis, keepdims), rule(x))


def shaped(rule: Callable[..., Shape]) -> Spec:
    """What has the format of the first argument and a shape that a rule gives for its shape and the other arguments."""
    return lambda x, *args, **kwargs: made(rule(shape_of(x), *args, **kwargs), own(x))


# Costs --------------------------------------------------------------------------------------------------------------


def free(*_: Any, **__: Any) -> Cost:
    """What only moves numbers."""
    return FREE


def each(spec: Spec, times: int = 1) -> Count:
    """So many operations for each number that comes out."""
    return lambda *args, **kwargs: Cost(others=times * product(spec(*args, **kwargs).shape))


def each_read(x: Any, *_: Any, **__: Any) -> Cost:
    """An operation for each number that goes in."""
    return Cost(others=product(shape_of(x)))
