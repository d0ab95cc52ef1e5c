"""What every loss is: a value for each example, then weights, a mask and a reduction, as in Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from weigh.compute import calling
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config as configuration
from weigh.declare import dtypes, naming
from weigh.errors import ArgumentError, ShapeError, StateError

EPSILON = 1e-7
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""

REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)

_matching_activations: dict[Any, str] = {}


class Loss:
    """How far predictions are from labels, as one number.

    A subclass writes ``call(y_true, y_pred)``, which returns a value for each example, or for each of its steps.

    Args:
        name: automatic where none is given.
        reduction: ``"sum_over_batch_size"`` (also called ``"mean"``) divides the weighted sum of the values by their
            number, ``"mean_with_sample_weight"`` by the sum of the weights, ``"sum"`` by nothing; ``"none"`` or
            ``None`` returns the values themselves.
        dtype: what it computes in; float32 where that is wider.

    Raises:
        ArgumentError: `reduction` is none of these.
    """

    keras_module: ClassVar[str] = "keras.losses"

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        if reduction not in REDUCTIONS:
            raise ArgumentError(f"{type(self).__name__}: `reduction` must be one of {REDUCTIONS}, not {reduction!r}.")
        self.name = name or naming.automatic(type(self).__name__)
        self.reduction = reduction
        self.dtype = dtypes.policy_of(dtype or dtypes.floatx()).compute_dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Array:
        """Return the loss of a batch.

        Args:
            y_true: labels.
            y_pred: predictions; a mask that goes with them leaves steps out.
            sample_weight: a weight for each example, or for each of its first axes; ``(batch, …)``.

        Raises:
            ShapeError: labels, predictions and weights do not fit together.
        """
        values = self.call(at_least_float32(y_true, self.dtype), at_least_float32(y_pred, self.dtype))
        return self._reduce(values, sample_weight, calling.masks.get(y_pred))

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return the unreduced values of a batch."""
        raise NotImplementedError(f"Loss {self.name!r} of type {type(self).__name__} has no `call` method.")

    @property
    def matching_activation(self) -> str | None:
        """The activation that `with_logits` undoes: ``"sigmoid"``, ``"softmax"`` (over the last axis) or ``None``."""
        return None

    def with_logits(self, y_true: Any, logits: Any, sample_weight: Any = None, mask: Any = None) -> Array:
        """Return the loss of the predictions ``matching_activation(logits)``, computed stably from `logits`.

        The same loss up to rounding where the probabilities are not saturated. A loss on probabilities, here as in
        Keras, clips them to [1e-7, 1 − 1e-7]: an element costs at most 16.12 (15.94 for a sigmoid wrongly near 1), and
        beyond that, |logit| > 15.9 for a sigmoid, its gradient is zero. This one goes on growing linearly, with the
        gradient ``p − y``. Before that point the two differ by the rounding of the probability: at most 2⁻²⁴·e^|logit|
        on an element that is wrong with confidence, 1e-4 at a logit of 7 and 1e-2 at 12.

        Args:
            y_true: labels.
            logits: what went into the activation.
            sample_weight: as of `__call__`.
            mask: the mask of the predictions.

        Raises:
            StateError: the loss has no matching activation.
        """
        raise StateError(f"Loss {self.name!r} cannot be computed from logits.")

    def _reduce(self, values: Array, sample_weight: Any, mask: Any) -> Array:
        own_mask = calling.masks.get(values)
        if own_mask is not None:
            mask = own_mask if mask is None else mask & own_mask
        values = at_least_float32(values, self.dtype)
        if sample_weight is not None:
            sample_weight = at_least_float32(sample_weight, self.dtype)
        try:
            return reduce(values, sample_weight, mask, self.reduction)
        except ShapeError as error:
            raise ShapeError(f"Loss {self.name!r}: {error}") from None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal loss."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a loss from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class LossFunctionWrapper(Loss):
    """A loss made of a function.

    Args:
        fn: called with ``(y_true, y_pred, **kwargs)``, returns a value for each example.
        reduction: as of :class:`Loss`.
        name: as of :class:`Loss`.
        dtype: as of :class:`Loss`.
        **kwargs: passed to `fn`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Array, y_pred: Array) -> Array:
        return self._values(*same_rank(y_true, y_pred))

    @property
    def matching_activation(self) -> str | None:
        activation = _matching_activations.get(self.fn)
        usable = not self._fn_kwargs.get("from_logits")
        if activation == "softmax":
            usable &= self._fn_kwargs.get("axis", -1) == -1
        return activation if usable else None

    def with_logits(self, y_true: Any, logits: Any, sample_weight: Any = None, mask: Any = None) -> Array:
        if self.matching_activation is None:
            return super().with_logits(y_true, logits, sample_weight, mask)
        y_true, logits = same_rank(at_least_float32(y_true, self.dtype), at_least_float32(logits, self.dtype))
        return self._reduce(self._values(y_true, logits, from_logits=True), sample_weight, mask)

    def _values(self, y_true: Array, y_pred: Array, **more: Any) -> Array:
        return called_as(self.name, self.fn, y_true, y_pred, **{**self._fn_kwargs, **more})

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "fn": function_record(self.fn), **configuration.serialize(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        from weigh.training import losses

        return cls(**unwrapped(config, losses.deserialize))


class FixedFunctionLoss(LossFunctionWrapper):
    """A loss whose class says which function it wraps; the function's arguments are attributes of the same names."""

    def __init__(
        self, fn: Callable[..., Any], reduction: str | None, name: str | None, dtype: Any, **arguments: Any
    ) -> None:
        super().__init__(fn, reduction, name, dtype, **arguments)
        vars(self).update(arguments)

    def get_config(self) -> dict[str, Any]:
        return {**Loss.get_config(self), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


def from_logits_of(activation: str) -> Callable[[Any], Any]:
    """Return a decorator for a function of losses that takes `from_logits`: which activation that leaves out."""

    def decorate(function: Any) -> Any:
        _matching_activations[function] = activation
        return function

    return decorate


def function_record(function: Callable[..., Any]) -> Any:
    """Return the configuration of a function or object that is wrapped, in the form that Keras reads and writes."""
    record = configuration.serialize(function)
    if isinstance(record, str):
        return {"module": "builtins", "class_name": "function", "config": record, "registered_name": "function"}
    return record


def unwrapped(config: dict[str, Any], deserialize: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the configuration of a wrapper with its function, and what else is an object, made by `deserialize`."""
    return {
        key: deserialize(value) if key == "fn" or isinstance(value, dict) else value for key, value in config.items()
    }


def name_of(thing: Any) -> str:
    """Return the name that a loss or metric given as `thing`, an object or a function, shows up under."""
    return getattr(thing, "name", None) or naming.snake_case(getattr(thing, "__name__", type(thing).__name__))


# Shapes and weights -------------------------------------------------------------------------------------------------


def at_least_float32(values: Any, dtype: str | None = None) -> Array:
    """Return `values` as an array of `dtype` (their own where none is given), or of float32 where that is wider."""
    array = jax.numpy.asarray(values)
    wide = jax.numpy.promote_types(dtype or array.dtype, "float32")
    return array.astype(jax.dtypes.canonicalize_dtype(wide))


def same_rank(one: Array, other: Array) -> tuple[Array, Array]:
    """Return both arrays, with a last axis of size 1 taken from the one that has it more, or given to a vector."""
    if one.ndim == other.ndim + 1 and one.shape[-1] == 1:
        return (one, other[..., None]) if other.ndim == 1 else (one[..., 0], other)
    if other.ndim == one.ndim + 1 and other.shape[-1] == 1:
        return (one[..., None], other) if one.ndim == 1 else (one, other[..., 0])
    return one, other


def same_shape(who: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Return labels and predictions in one shape and one dtype.

    Raises:
        ShapeError: they differ by more than a last axis of size 1.
    """
    y_true, y_pred = same_rank(at_least_float32(y_true), at_least_float32(y_pred))
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            f"{who!r} compares labels with predictions of the same shape, but y_true has shape {y_true.shape} and "
            f"y_pred has shape {y_pred.shape}."
        )
    return y_true.astype(y_pred.dtype), y_pred


def called_as(name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what `function` returns; an error about shapes also says the `name` that the user knows it by."""
    try:
        return function(*args, **kwargs)
    except ShapeError as error:
        if repr(name) in str(error):
            raise
        raise ShapeError(f"In {name!r}: {error}") from None


def divide_no_nan(dividend: Any, divisor: Any) -> Array:
    """Return the quotient, 0 where the divisor is 0."""
    divisor = jax.numpy.asarray(divisor)
    zero = divisor == 0
    return jax.numpy.where(zero, 0, dividend / jax.numpy.where(zero, 1, divisor))


def align(weights: Array, shape: tuple[int, ...]) -> Array:
    """Return `weights` with axes of size 1 added behind, so that the first axes of `weights` are those of `shape`.

    Raises:
        ShapeError: an axis has neither size 1 nor the size in `shape`, or there are more of them.
    """
    aligned = weights.reshape(weights.shape + (1,) * (len(shape) - weights.ndim))
    if aligned.ndim > len(shape) or any(size not in (1, full) for size, full in zip(aligned.shape, shape, strict=True)):
        raise ShapeError(
            f"sample_weight has shape {weights.shape} for values of shape {shape}; give one weight for each example, "
            f"shape {shape[:1]}, or for each value, shape {shape}."
        )
    return aligned


def masked(sample_weight: Array | None, mask: Any, reduction: str | None = "sum") -> Array:
    """Return weights that are 0 where `mask` is False, scaled up for mean reductions so that those do not count.

    Args:
        sample_weight: weights to begin with; ``None`` is 1 everywhere.
        mask: True for what counts.
        reduction: as of :class:`Loss`.

    Raises:
        ShapeError: weights and mask do not fit together.
    """
    mask = at_least_float32(mask)
    if reduction in ("mean", "sum_over_batch_size"):
        mask = mask * divide_no_nan(mask.size, mask.sum())
    if sample_weight is None:
        return mask
    mask, sample_weight = same_rank(mask, at_least_float32(sample_weight))
    if mask.ndim < sample_weight.ndim:
        return align(mask, sample_weight.shape) * sample_weight
    return mask * align(sample_weight, mask.shape)


def reduce(values: Array, sample_weight: Array | None, mask: Any, reduction: str | None) -> Array:
    """Return the weighted and masked `values`, reduced as :class:`Loss` describes."""
    if mask is not None:
        sample_weight = masked(sample_weight, mask, reduction)
    if sample_weight is not None:
        values, sample_weight = same_rank(values, sample_weight)
        values = values * align(sample_weight, values.shape)
    if reduction in ("none", None) or values.shape in ((), (0,)):
        return values
    if reduction == "sum":
        return values.sum()
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return divide_no_nan(values.sum(), sample_weight.sum())
    return values.sum() / max(values.size, 1)
