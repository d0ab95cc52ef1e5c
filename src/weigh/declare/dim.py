"""Dimensions that remember where they came from.

A :class:`Dim` is an ``int``, so it passes through any code that handles shapes. What it adds is an :class:`Origin`:
the argument of a layer, the axis of an input, or the arithmetic that it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Origin:
    """Where a dimension came from.

    Attributes:
        kind: ``"argument"`` (of a layer), ``"input"`` (an axis of a declared input) or ``"arithmetic"``.
        name: the argument's name, the axis' number, or the operator's sign.
        owner: name of the layer that the argument or the input belongs to.
        parts: the operands of an arithmetic origin, in order.
    """

    __slots__ = ("kind", "name", "owner", "parts")

    def __init__(self, kind: str, name: str, owner: str = "", parts: tuple[int, ...] = ()) -> None:
        self.kind = kind
        self.name = name
        self.owner = owner
        self.parts = parts

    def __repr__(self) -> str:
        if self.kind == "argument":
            return f"{self.name} of {self.owner}"
        if self.kind == "input":
            return f"axis {self.name} of {self.owner}"
        return f" {self.name} ".join(map(str, self.parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return (self.kind, self.name, self.owner, self.parts)


class Dim(int):
    """An ``int`` with an origin.

    >>> units = Dim(512, Origin("argument", "units", "dense"))
    >>> units, units.origin
    (512, units of dense)
    >>> (4 * units).origin
    4 × 512

    Attributes:
        origin: where the number came from; ``None`` if nobody said.
        axis: the axis of its layer's input as which a layer's `build` met this dimension, −1 for the last one;
            ``None`` outside of `build`.
    """

    origin: Origin | None
    axis: int | None

    def __new__(cls, value: int, origin: Origin | None = None, axis: int | None = None) -> Dim:
        dim = super().__new__(cls, value)
        dim.origin = origin
        dim.axis = axis
        return dim

    @staticmethod
    def _derive(sign: str, result: Any, left: int, right: int) -> Any:
        if result is NotImplemented:  # the other one is no int
            return result
        return Dim(
            result, Origin("arithmetic", sign, parts=(*_operands(sign, left), *_operands(sign, right, last=True)))
        )

    def __add__(self, other: Any) -> Any:
        return self._derive("+", int.__add__(self, other), self, other)

    def __radd__(self, other: Any) -> Any:
        return self._derive("+", int.__radd__(self, other), other, self)

    def __sub__(self, other: Any) -> Any:
        return self._derive("−", int.__sub__(self, other), self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._derive("−", int.__rsub__(self, other), other, self)

    def __mul__(self, other: Any) -> Any:
        return self._derive("×", int.__mul__(self, other), self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._derive("×", int.__rmul__(self, other), other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self._derive("÷", int.__floordiv__(self, other), self, other)


Shape = tuple[int | None, ...]
"""A shape: sizes of axes, ``None`` where unknown; the sizes are Dims wherever we know their origin."""


def _operands(sign: str, operand: int, last: bool = False) -> tuple[int, ...]:
    """Return what `operand` adds to a chain of `sign`: its own parts where the sign makes that equal."""
    origin = operand.origin if isinstance(operand, Dim) else None
    flat = sign in "+×" or not last
    if flat and origin is not None and origin.kind == "arithmetic" and origin.name == sign:
        return origin.parts
    return (operand,)


def met(shape: Shape) -> Shape:
    """Return `shape` with every known size marked with the axis at which a layer's `build` meets it."""
    rank = len(shape)
    return tuple(
        None if size is None else Dim(size, getattr(size, "origin", None), -1 if axis == rank - 1 else axis)
        for axis, size in enumerate(shape)
    )


def product(sizes: Iterable[int | None]) -> int:
    """Return the product of `sizes`, 1 for none, as a Dim that remembers its factors when there are several."""
    return _fold(lambda left, right: left * right, sizes, 1)


def total(sizes: Iterable[int | None]) -> int:
    """Return the sum of `sizes`, 0 for none, as a Dim that remembers its terms when there are several."""
    return _fold(lambda left, right: left + right, sizes, 0)


def _fold(combine: Callable[[int, int], int], sizes: Iterable[int | None], empty: int) -> int:
    result: int | None = None
    for size in sizes:
        assert size is not None, "a size that is not known has no product"
        size = size if isinstance(size, Dim) else Dim(size)
        result = size if result is None else combine(result, size)
    return empty if result is None else result
