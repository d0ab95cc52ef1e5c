"""Metrics that are a sum or a mean over examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute import calling
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config as configuration
from weigh.errors import ShapeError
from weigh.training import losses
from weigh.training.losses.base import (
    align,
    at_least_float32,
    called_as,
    divide_no_nan,
    function_record,
    masked,
    same_rank,
    unwrapped,
)
from weigh.training.metrics.base import Metric

Reduce = Callable[..., Array]


class Sum(Metric):
    """The weighted sum of the values given to it."""

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, _ = self._by_example(values, sample_weight, jax.numpy.sum)
        self.total.assign_add(values.sum())

    def result(self) -> Array:
        return self.total.value

    def _by_example(self, values: Any, sample_weight: Any, reduce: Reduce) -> tuple[Array, Array | None]:
        """Return a weighted value and a weight for each example; `reduce` joins what lies behind the axes of either.

        Values ``(batch, …)`` and weights ``()``, ``(batch,)`` or ``(batch, …)``.
        """
        mask = calling.masks.get(values)
        values = at_least_float32(values, self.dtype)
        if sample_weight is not None:
            sample_weight = at_least_float32(sample_weight, self.dtype)
            if mask is not None:
                sample_weight = masked(sample_weight, mask)
            values, sample_weight = same_rank(values, sample_weight)
            weighted_axes = sample_weight.ndim
            values = reduce(values, axis=tuple(range(weighted_axes, values.ndim)))
            try:
                sample_weight = jax.numpy.broadcast_to(align(sample_weight, values.shape), values.shape)
            except ShapeError as error:
                raise ShapeError(f"Metric {self.name!r}: {error}") from None
            values = values * sample_weight
            sample_weight = reduce(sample_weight, axis=tuple(range(1, weighted_axes)))
        return reduce(values, axis=tuple(range(1, values.ndim))), sample_weight


class Mean(Sum):
    """The weighted mean of the values given to it; 0 before there are any."""

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.count = self.add_variable((), dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, sample_weight = self._by_example(values, sample_weight, jax.numpy.mean)
        self.total.assign_add(values.sum())
        self.count.assign_add(values.size if sample_weight is None else sample_weight.sum())

    def result(self) -> Array:
        return divide_no_nan(self.total.value, self.count.value)


class MeanMetricWrapper(Mean):
    """The mean of what a function says of each example.

    Args:
        fn: called with ``(y_true, y_pred, **kwargs)``, returns a value for each example.
        name: automatic where none is given.
        dtype: what it computes in.
        **kwargs: passed to `fn`.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        if losses.is_ours(fn):
            self._direction = "down"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        values = called_as(self.name, self._fn, y_true, y_pred, **self._fn_kwargs)
        mask = calling.masks.get(y_pred)
        super().update_state(values, sample_weight if mask is None else masked(sample_weight, mask))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "fn": function_record(self._fn), **configuration.serialize(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        from weigh.training import metrics

        return cls(**unwrapped(config, metrics.deserialize))


class FixedFunctionMetric(MeanMetricWrapper):
    """A metric whose class says which function it wraps; the function's arguments are attributes of the same names."""

    def __init__(self, fn: Callable[..., Any], name: str | None, dtype: Any, **arguments: Any) -> None:
        super().__init__(fn, name, dtype, **arguments)
        vars(self).update(arguments)

    def get_config(self) -> dict[str, Any]:
        return {**Metric.get_config(self), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)
