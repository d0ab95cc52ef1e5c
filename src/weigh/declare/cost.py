"""What computing takes, as a layer declares it: arithmetic counted from shapes, never measured."""

from __future__ import annotations


class Cost:
    """The arithmetic of a computation.

    Attributes:
        multiply_adds: products that are added up, each with its addition as one; what matrix products and
            convolutions consist of. The zeros of a padding count, those that a stride of the input inserts do not.
        others: all other operations on numbers: an addition, a comparison, a square root, an exponential is one each.
            What only moves numbers costs nothing.
    """

    __slots__ = ("multiply_adds", "others")

    def __init__(self, multiply_adds: int = 0, others: int = 0) -> None:
        self.multiply_adds = multiply_adds
        self.others = others

    @property
    def flops(self) -> int:
        """Floating-point operations, with a multiply-add as two."""
        return 2 * int(self.multiply_adds) + int(self.others)

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.multiply_adds + other.multiply_adds, self.others + other.others)

    def __repr__(self) -> str:
        return f"<Cost: {self.multiply_adds:,} multiply-adds, {self.others:,} other operations>"


FREE = Cost()
"""The cost of what computes nothing."""
