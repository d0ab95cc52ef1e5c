"""Symbolic tensors that can be computed with: ``x * 2 + y`` records the operations that it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.declare.graph import Tensor


def _numpy() -> Any:
    from weigh.ops import numpy

    return numpy


def _binary(name: str, swapped: bool = False) -> Callable[[Any, Any], Any]:
    """Return the method that applies an operation to a tensor and something else."""

    def method(self: KerasTensor, other: Any) -> Any:
        operate = getattr(_numpy(), name)
        return operate(other, self) if swapped else operate(self, other)

    method.__doc__ = f"Return `weigh.ops.{name}` of the tensor and another."
    return method


def _unary(name: str) -> Callable[[Any], Any]:
    """Return the method that applies an operation to a tensor."""

    def method(self: KerasTensor) -> Any:
        return getattr(_numpy(), name)(self)

    method.__doc__ = f"Return `weigh.ops.{name}` of the tensor."
    return method


class KerasTensor(Tensor):
    """A symbolic array that operators, slices and `weigh.ops` take, each recorded as a call.

    ``==`` compares identity, as in Keras: use `weigh.ops.equal`.
    """

    __hash__ = Tensor.__hash__
    __array_ufunc__ = None  # NumPy leaves operators with an array on the left to the ones here

    __add__, __radd__ = _binary("add"), _binary("add", swapped=True)
    __sub__, __rsub__ = _binary("subtract"), _binary("subtract", swapped=True)
    __mul__, __rmul__ = _binary("multiply"), _binary("multiply", swapped=True)
    __truediv__, __rtruediv__ = _binary("true_divide"), _binary("true_divide", swapped=True)
    __floordiv__, __rfloordiv__ = _binary("floor_divide"), _binary("floor_divide", swapped=True)
    __mod__, __rmod__ = _binary("mod"), _binary("mod", swapped=True)
    __pow__, __rpow__ = _binary("power"), _binary("power", swapped=True)
    __matmul__, __rmatmul__ = _binary("matmul"), _binary("matmul", swapped=True)
    __and__, __rand__ = _binary("logical_and"), _binary("logical_and", swapped=True)
    __or__, __ror__ = _binary("logical_or"), _binary("logical_or", swapped=True)
    __xor__, __rxor__ = _binary("logical_xor"), _binary("logical_xor", swapped=True)
    __lt__, __le__ = _binary("less"), _binary("less_equal")
    __gt__, __ge__ = _binary("greater"), _binary("greater_equal")
    __getitem__ = _binary("get_item")
    __neg__, __abs__, __invert__ = _unary("negative"), _unary("absolute"), _unary("logical_not")

    @property
    def _keras_mask(self) -> Any:
        """The symbolic mask that travels with the tensor, ``None`` for none; worked out when it is asked for."""
        if self.made_by is None:
            return None
        layer, args, kwargs, index = self.made_by
        return layer.symbolic_mask(args, kwargs, index) if hasattr(layer, "symbolic_mask") else None

    def __ne__(self, other: object) -> Any:
        return _numpy().not_equal(self, other)

    def __round__(self, ndigits: int | None = None) -> Any:
        return _numpy().round(self, ndigits or 0)

    def reshape(self, newshape: Any) -> Any:
        """Return the tensor in another shape of as many elements."""
        return _numpy().reshape(self, newshape)

    def squeeze(self, axis: Any = None) -> Any:
        """Return the tensor without axes of size 1."""
        return _numpy().squeeze(self, axis)

    def __int__(self) -> int:
        raise self._refuse("turned into an int")

    def __float__(self) -> float:
        raise self._refuse("turned into a float")
