"""A weight as it is declared: shape, number format, role, how its value begins. The value lives a floor above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.declare import dtypes, naming
from weigh.declare.dim import Dim
from weigh.errors import ArgumentError, ArgumentTypeError


class Weight:
    """A declared array.

    Args:
        shape: sizes of its axes, Dims where their origin is known; ``()`` for a scalar.
        initializer: called with ``(shape, dtype)`` when the value is first needed.
        dtype: number format.
        role: what the weight is for: a key of `weigh.account.roles`; ``""`` where nobody said.
        trainable: whether the gradient may change it.
        name: its name inside its layer; automatic where none is given.
        regularizer: called with the value, returns what it adds to the loss.
        constraint: called with a new value after each update, returns the value to keep.
        autocast: whether reading it inside a layer gives the layer's compute dtype.

    Raises:
        ArgumentError: a size is unknown or negative.
        ArgumentTypeError: a size is not a whole number.

    Attributes:
        path: scopes and name, joined by slashes: ``dense/kernel``. As in Keras.
        learnable: whether it was *declared* trainable; `trainable` may be switched off later (frozen).
        count: number of elements.
        bytes: bytes that its value occupies.
    """

    def __init__(
        self,
        shape: Any = (),
        initializer: Callable[..., Any] | None = None,
        dtype: Any = None,
        *,
        role: str = "",
        trainable: bool = True,
        name: str | None = None,
        regularizer: Callable[..., Any] | None = None,
        constraint: Callable[..., Any] | None = None,
        autocast: bool = True,
    ) -> None:
        self.name = name or naming.automatic("Variable")
        scope = naming.current_path()
        self.path = f"{scope}/{self.name}" if scope else self.name
        self.shape: tuple[int, ...] = _checked_shape(shape, self.path)
        self.dtype = dtypes.standardize(dtype)
        self.role = role
        self.trainable = self.learnable = bool(trainable)
        self.initializer = initializer
        self.regularizer = regularizer
        self.constraint = constraint
        self.autocast = autocast

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def count(self) -> int:
        """Number of elements: the product of the sizes."""
        count = 1
        for size in self.shape:
            count *= int(size)
        return count

    @property
    def bytes(self) -> int:
        """Bytes that its value occupies."""
        return dtypes.size_in_bytes(self.dtype, self.count)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} path={self.path}, shape={self.shape}, dtype={self.dtype}>"


class Holder:
    """Something that a layer holds beside weights and layers and that has state of its own, such as a random key.

    Attributes:
        holdings: its state, as declared weights; never counted among the layer's weights.
    """

    holdings: list[Weight]


def _checked_shape(shape: Any, path: str) -> tuple[int, ...]:
    if isinstance(shape, int):
        shape = (shape,)
    sizes = []
    for axis, size in enumerate(shape):
        if size is None:
            raise ArgumentError(
                f"Weight {path!r} was declared with shape {tuple(shape)}: axis {axis} is of unknown size. "
                "A weight needs every size; give the input that it depends on a known shape."
            )
        try:
            whole = size if isinstance(size, Dim) else size.__index__()
        except AttributeError:
            raise ArgumentTypeError(
                f"Weight {path!r} was declared with shape {tuple(shape)}: {size!r} is not a whole number."
            ) from None
        if whole < 0:
            raise ArgumentError(f"Weight {path!r} was declared with shape {tuple(shape)}: {size} is negative.")
        sizes.append(whole)
    return tuple(sizes)
