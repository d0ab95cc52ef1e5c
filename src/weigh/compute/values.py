"""Weights with values: made when first needed, bound inside traced computations.

Outside a trace, reading a :class:`Variable` gives its stored value and `assign` replaces it. Inside ``with
bind(weights, values)`` both act on the bound values, so a layer's `call` reads like the paper's algorithm while the
function around it stays pure.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.declare import config as configuration
from weigh.declare import dtypes
from weigh.declare.graph import Tensor
from weigh.declare.weight import Weight
from weigh.errors import AllocationError, ArgumentTypeError, ShapeError, StateError

Array = Any
"""A JAX array, or a tracer that stands for one."""


class Binding:
    """The values that weights have inside one traced computation.

    Attributes:
        losses: what `add_loss` and activity regularizers added, in order.
    """

    def __init__(self, weights: Iterable[Weight], values: Iterable[Array]) -> None:
        self.losses: list[Array] = []
        self._values: dict[Weight, Array] = dict(zip(weights, values, strict=True))
        self._assigned: set[Weight] = set()

    def holds(self, weight: Weight) -> bool:
        """Return whether `weight` has a value here."""
        return weight in self._values

    def takes(self, weight: Weight) -> bool:
        """Return whether a new value of `weight` is kept here."""
        return weight in self._values

    def read(self, weight: Weight) -> Array:
        """Return the value that `weight` has here."""
        return self._values[weight]

    def assign(self, weight: Weight, value: Array) -> None:
        """Give `weight` a new value here."""
        self._values[weight] = value
        self._assigned.add(weight)

    def assigned(self, weight: Weight) -> bool:
        """Return whether the computation gave `weight` a new value."""
        return weight in self._assigned

    def values(self, weights: Iterable[Weight]) -> list[Array]:
        """Return the values that `weights` have by now."""
        return [self._values[weight] for weight in weights]


class _Here(threading.local):
    """What is in force in this thread: bindings, innermost last, and the dtype that weights are read in."""

    def __init__(self) -> None:
        self.bindings: list[Binding] = []
        self.autocast: str | None = None
        self.abstract = False
        self.symbolic = False


_here = _Here()


@contextmanager
def bind(weights: Sequence[Weight], values: Iterable[Array]) -> Iterator[Binding]:
    """Give `weights` these values while the block runs, in this thread."""
    with entered(Binding(weights, values)) as binding:
        yield binding


@contextmanager
def entered(binding: Binding) -> Iterator[Binding]:
    """Let a binding be in force while the block runs, in this thread."""
    _here.bindings.append(binding)
    try:
        yield binding
    finally:
        _here.bindings.pop()


def current_binding() -> Binding | None:
    """Return the innermost binding in force."""
    return _here.bindings[-1] if _here.bindings else None


@contextmanager
def autocast(dtype: str | None) -> Iterator[None]:
    """Read floating-point weights as `dtype` while the block runs; ``None`` reads them as they are stored."""
    before, _here.autocast = _here.autocast, dtype
    try:
        yield
    finally:
        _here.autocast = before


@contextmanager
def abstract() -> Iterator[None]:
    """Let weights stand for arrays of their shape without values while the block runs, inside `jax.eval_shape`."""
    before, _here.abstract = _here.abstract, True
    try:
        yield
    finally:
        _here.abstract = before


@contextmanager
def symbolic() -> Iterator[None]:
    """Let weights be known by shape and format alone while the block runs: reading or assigning one is an error."""
    before, _here.symbolic = _here.symbolic, True
    try:
        yield
    finally:
        _here.symbolic = before


def read_dtype(weight: Weight) -> str:
    """Return the format in which the layer that is running reads a weight."""
    dtype = _here.autocast
    return dtype if dtype and weight.autocast and dtypes.is_float(weight.dtype) else weight.dtype


def _applied(operation: Callable[[Any, Any], Any], swapped: bool = False) -> Callable[[Variable, Any], Any]:
    """Return the method of a Variable that applies an operator to its value and to another array or Variable."""

    def apply(self: Variable, other: Any) -> Any:
        if isinstance(other, Tensor):
            return NotImplemented  # the symbolic tensor knows what comes out, and needs no value for that
        other = other.value if isinstance(other, Variable) else other
        return operation(other, self.value) if swapped else operation(self.value, other)

    return apply


def _alone(operation: Callable[[Any], Any]) -> Callable[[Variable], Any]:
    """Return the method of a Variable that applies an operator to its value."""
    return lambda self: operation(self.value)


class Variable(Weight):
    """A declared weight that can have a value; `weigh.parts.variable` spells it as Keras does.

    Args: as of :class:`~weigh.declare.weight.Weight`; `initializer` may also be an array, which gives shape, dtype and
        value at once (``Variable(numpy.zeros(3))``), with the shape then left out.
    """

    def __init__(self, shape: Any = (), initializer: Any = None, dtype: Any = None, **options: Any) -> None:
        value = initializer if hasattr(initializer, "shape") and not callable(initializer) else None
        if value is None and hasattr(shape, "shape") and hasattr(shape, "dtype"):
            value = shape
        if value is not None:
            shape, initializer, dtype = tuple(value.shape), None, dtype or value.dtype
        self._value: Array | None = None
        super().__init__(shape, initializer, dtype, **options)
        if value is not None:
            self._value = jax.numpy.asarray(value, dtype=self.dtype)

    # Its value --------------------------------------------------------------------------------------------------

    @property
    def raw(self) -> Array:
        """The value in its own dtype: the bound one inside a trace, else the stored one, made now if need be."""
        if _here.symbolic and not _here.abstract:
            raise ArgumentTypeError(f"Weight {self.path!r} has no value while only shapes are worked out.")
        for binding in reversed(_here.bindings):
            if binding.holds(self):
                return binding.read(self)
        if _here.abstract:
            return jax.numpy.zeros(tuple(map(int, self.shape)), self.dtype)
        if self._value is None:
            materialise([self])
        return self._value

    @property
    def value(self) -> Array:
        """The value, in the compute dtype of the layer that is running."""
        value = self.raw
        dtype = _here.autocast
        if dtype and dtype != self.dtype and self.autocast and dtypes.is_float(self.dtype):
            return value.astype(dtype)
        return value

    @property
    def materialised(self) -> bool:
        """Whether a value is stored."""
        return self._value is not None

    def assign(self, value: Any) -> Array:
        """Replace the value, and return it.

        Raises:
            ShapeError: `value` has another shape.
            StateError: inside a traced function that the weight was not bound in.
        """
        if _here.symbolic and not _here.abstract:
            raise ArgumentTypeError(f"Weight {self.path!r} takes no value while only shapes are worked out.")
        got = tuple(numpy.shape(value)) if not hasattr(value, "shape") else tuple(value.shape)
        if got != self.shape:
            raise ShapeError(f"Weight {self.path!r} has shape {self.shape}, but was assigned a value of shape {got}.")
        given, value = value, jax.numpy.asarray(value, dtype=self.dtype)
        for binding in reversed(_here.bindings):
            if binding.takes(self):
                binding.assign(self, value)
                return value
        if _here.abstract:
            return value
        if isinstance(value, jax.core.Tracer):
            raise StateError(
                f"Weight {self.path!r} was assigned inside a traced function that does not carry its value. "
                "Use the pure function of `model.functional()`, or assign outside `jax.jit`."
            )
        if value is given:  # a training step takes over the memory of its values, which must then be nobody else's
            value = jax.device_put(value, may_alias=False)
        self._value = value
        return value

    def store(self, value: Array | None) -> None:
        """Keep `value` as it is, unchecked: for the training loop, whose values come from the compiled step."""
        self._value = value

    def assign_add(self, value: Any) -> Array:
        """Add `value` to the value."""
        return self.assign(self.raw + value)

    def assign_sub(self, value: Any) -> Array:
        """Subtract `value` from the value."""
        return self.assign(self.raw - value)

    def numpy(self) -> Any:
        """Return the value as a NumPy array of its own."""
        return numpy.array(self.raw)

    # As an array ------------------------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return numpy.array(self.raw, dtype=dtype)

    def __jax_array__(self) -> Array:
        return self.value

    def __getitem__(self, index: Any) -> Array:
        return self.value[index]

    __add__ = _applied(operator.add)
    __radd__ = _applied(operator.add, swapped=True)
    __sub__ = _applied(operator.sub)
    __rsub__ = _applied(operator.sub, swapped=True)
    __mul__ = _applied(operator.mul)
    __rmul__ = _applied(operator.mul, swapped=True)
    __truediv__ = _applied(operator.truediv)
    __rtruediv__ = _applied(operator.truediv, swapped=True)
    __floordiv__ = _applied(operator.floordiv)
    __rfloordiv__ = _applied(operator.floordiv, swapped=True)
    __mod__ = _applied(operator.mod)
    __rmod__ = _applied(operator.mod, swapped=True)
    __pow__ = _applied(operator.pow)
    __rpow__ = _applied(operator.pow, swapped=True)
    __matmul__ = _applied(operator.matmul)
    __rmatmul__ = _applied(operator.matmul, swapped=True)
    __and__ = _applied(operator.and_)
    __rand__ = _applied(operator.and_, swapped=True)
    __or__ = _applied(operator.or_)
    __ror__ = _applied(operator.or_, swapped=True)
    __xor__ = _applied(operator.xor)
    __rxor__ = _applied(operator.xor, swapped=True)
    __lt__ = _applied(operator.lt)
    __le__ = _applied(operator.le)
    __gt__ = _applied(operator.gt)
    __ge__ = _applied(operator.ge)
    __neg__ = _alone(operator.neg)
    __pos__ = _alone(operator.pos)
    __abs__ = _alone(operator.abs)
    __invert__ = _alone(operator.invert)

    def __round__(self, digits: int | None = None) -> Array:
        return self.value.round(digits or 0)

    def __float__(self) -> float:
        return float(self.raw)

    def __int__(self) -> int:
        return int(self.raw)

    def __bool__(self) -> bool:
        return bool(self.raw)


def ensure(weights: Iterable[Any]) -> None:
    """Make the values of `weights` that this computation would otherwise make one by one as it reads them."""
    if not _here.bindings and not _here.abstract:
        materialise(weights)


def materialise(weights: Iterable[Any]) -> None:
    """Make the values of those `weights` that have none yet, by their initializers.

    Raises:
        AllocationError: they need more memory than the machine has; nothing was allocated.
    """
    missing = [weight for weight in weights if not weight.materialised]
    if not missing:
        return
    _check_memory(missing)
    with jax.ensure_compile_time_eval(), autocast(None):
        for weight in missing:
            initializer = weight.initializer
            shape = tuple(map(int, weight.shape))
            value = numpy.zeros(shape, weight.dtype) if initializer is None else initializer(shape, dtype=weight.dtype)
            weight.store(jax.numpy.asarray(value, dtype=weight.dtype))


def _check_memory(weights: list[Any]) -> None:
    needed = sum(weight.bytes for weight in weights)
    if needed < 1 << 28:  # a quarter of a gibibyte is not worth asking the system about
        return
    available = available_memory()
    if available is not None and needed > available:
        largest = max(weights, key=lambda weight: weight.bytes)
        raise AllocationError(
            f"The weights need {needed:,} bytes and {available:,} are available: {needed - available:,} are missing. "
            f"The largest is {largest.path!r}, {largest.shape} of {largest.dtype}: {largest.bytes:,} bytes. "
            "Nothing was allocated. The network can still be declared, summarised and explained."
        )


def available_memory() -> int | None:
    """Return the bytes that this process could still allocate, ``None`` where the system does not say."""
    device = jax.local_devices()[0]
    if device.platform != "cpu":
        stats = device.memory_stats() or {}
        limit = stats.get("bytes_limit")
        return None if limit is None else int(limit) - int(stats.get("bytes_in_use", 0))
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _read_array(config: dict[str, Any]) -> Any:
    """Return the NumPy array that a configuration holds."""
    return numpy.array(config["value"], dtype=config["dtype"])


configuration.special |= {"__numpy__": _read_array, "__tensor__": _read_array}
