"""``weigh.Variable``, as Keras spells it, and the scope in which variables are assigned without being changed."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

from weigh.compute import values
from weigh.compute.lazy import numpy
from weigh.compute.values import Array
from weigh.declare.dtypes import floatx
from weigh.declare.weight import Weight
from weigh.errors import ArgumentError, ShapeError
from weigh.parts import constraints, initializers, regularizers

_WIDE = {"float64": "", "int64": "int32", "uint64": "uint32"}


class Variable(values.Variable):
    """A value that layers read and assign, and that training may change.

    Args:
        initializer: a value, or a callable or name of an initializer that is called with `shape` and `dtype`.
        shape: sizes of its axes, where `initializer` is no value.
        dtype: number format; that of a value that is given, else floatx.
        trainable: whether the gradient may change it.
        autocast: whether reading it inside a layer gives the layer's compute dtype.
        aggregation, synchronization: accepted for compatibility: one program runs on one device and on many.
        name: automatic where none is given.
        role: what it is for: a key of `weigh.account.roles`.
        regularizer, constraint: what it adds to the loss; what is applied after each update.

    Raises:
        ArgumentError: an initializer comes without a shape.
        ShapeError: a value comes with another shape.
        UnknownNameError: no initializer has that name.
    """

    def __init__(
        self,
        initializer: Any = None,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        *,
        role: str = "",
        regularizer: Any = None,
        constraint: Any = None,
    ) -> None:
        options = {
            "trainable": trainable,
            "autocast": autocast,
            "name": name,
            "role": role,
            "regularizer": regularizers.get(regularizer),
            "constraint": constraints.get(constraint),
        }
        if isinstance(initializer, (bool, int, float, list, tuple)):
            initializer = numpy.asarray(initializer)
        if hasattr(initializer, "dtype") and dtype is None and str(initializer.dtype) in _WIDE:
            dtype = _WIDE[str(initializer.dtype)] or floatx()  # JAX keeps 32 bits, unless it is told otherwise
        if hasattr(initializer, "shape") and not callable(initializer):
            if shape is not None and tuple(shape) != tuple(initializer.shape):
                raise ShapeError(
                    f"Variable {name or ''!r} was given a value of shape {tuple(initializer.shape)} and "
                    f"`shape={shape}`: leave `shape` away, the value has one."
                )
            super().__init__(tuple(initializer.shape), initializer, dtype, **options)
            return
        if shape is None:
            raise ArgumentError(f"Variable {name or ''!r}: an initializer such as {initializer!r} needs a `shape`.")
        super().__init__(shape, initializers.get(initializer), dtype, **options)

    aggregation = "none"
    synchronization = "auto"


class StatelessScope(values.Binding):
    """While the block runs, variables have the values given here, and what is assigned stays here.

    ``with StatelessScope([(variable, value)]) as scope: …`` and then ``scope.get_current_value(variable)``.

    Args:
        state_mapping: pairs of a Variable and its value; other variables are read as they are.
        collect_losses: whether what `add_loss` adds is kept in `losses`.
        initialize_variables: accepted for compatibility; values are made when they are first needed.

    Raises:
        ShapeError: a value has another shape than its variable.
    """

    def __init__(
        self,
        state_mapping: Iterable[tuple[Any, Array]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        pairs = list(state_mapping or ())
        for variable, value in pairs:
            if tuple(getattr(value, "shape", ())) != tuple(variable.shape):
                raise ShapeError(
                    f"StatelessScope: the value for {variable.path!r} has shape {tuple(getattr(value, 'shape', ()))}; "
                    f"the variable has shape {variable.shape}."
                )
        super().__init__([variable for variable, _ in pairs], [value for _, value in pairs])
        self.collect_losses = collect_losses
        self._entered: Any = None

    def takes(self, weight: Weight) -> bool:
        return True

    def add_update(self, update: tuple[Any, Array]) -> None:
        """Give a variable a value here."""
        self.assign(*update)

    def get_current_value(self, variable: Any) -> Array | None:
        """Return the value that a variable has here, ``None`` where it was neither given nor assigned."""
        return self.read(variable) if self.holds(variable) else None

    def __enter__(self) -> StatelessScope:
        self._entered = values.entered(self)
        self._entered.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.__exit__(kind, error, trace)
