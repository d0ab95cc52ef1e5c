"""Normalization by the mean and variance of the data."""

from __future__ import annotations

from itertools import chain
from typing import Any

from weigh.account import roles
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare import config
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, DataError, ShapeError
from weigh.layers import checks
from weigh.layers.preprocessing.base import Preprocessor, batches, numbers

SMALLEST = 1e-7
"""What a standard deviation is at least: Keras' epsilon."""


class Normalization(Preprocessor):
    """Brings data to mean 0 and variance 1: ``(inputs − mean) / √variance``, with those of the data it was adapted to.

    Input shape: any with the axes of `axis`. Output shape: that of the input.

    Args:
        axis: the axis or axes whose every index has a mean and a variance of its own; ``None`` for one of each.
        mean, variance: given instead of adapted; numbers, or arrays that broadcast to the kept axes.
        invert: whether it turns normalized data back: ``inputs · √variance + mean``.

    Raises:
        ArgumentError: only one of `mean` and `variance` is given, or they have different or too many axes.
        ShapeError: the input has no such axis, or its size is unknown.

    The weights are `mean`, `variance` and `count`; Keras keeps the last for old files and leaves it at 0.
    """

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis: tuple[int, ...] = () if axis is None else (axis,) if hasattr(axis, "__index__") else tuple(axis)
        if any(isinstance(one, bool) or not hasattr(one, "__index__") for one in self.axis):
            raise ArgumentError(
                f"Layer {self.name!r} (Normalization): `axis` must be None, a whole number or several, not {axis!r}."
            )
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert
        self.supports_masking = True
        if (mean is None) != (variance is None):
            raise ArgumentError(
                f"Layer {self.name!r} (Normalization): `mean` and `variance` must be given together, or both be "
                f"measured by `adapt`; got mean={mean!r} and variance={variance!r}."
            )
        if mean is not None:
            shape = _sizes(mean)
            if shape != _sizes(variance) or len(shape) > len(self.axis):
                raise ArgumentError(
                    f"Layer {self.name!r} (Normalization): `mean` and `variance` must be alike in shape, with at most "
                    f"one axis for each of axis={self.axis}; got {shape} and {_sizes(variance)}."
                )

    def build(self, input_shape: Shape) -> None:
        sizes = {axis % len(input_shape): checks.known_size(self, input_shape, axis) for axis in self.axis}
        self._kept = tuple(sorted(sizes))
        self._rank = len(input_shape)
        shape = tuple(sizes[axis] for axis in self._kept)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={axis: sizes[axis] for axis in self._kept})
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(
                shape, name="mean", role=roles.DATA_MEAN, initializer="zeros", trainable=False
            )
            self.adapt_variance = self.add_weight(
                shape, name="variance", role=roles.DATA_VARIANCE, initializer="ones", trainable=False
            )
            self.count = self.add_weight(
                (), name="count", role=roles.UNUSED, dtype="int32", initializer="zeros", trainable=False
            )
            return
        given = _sizes(self.input_mean)
        fitting = dict(zip(reversed(self._kept), reversed(given), strict=False))
        if any(size not in (1, sizes[axis]) for axis, size in fitting.items()):
            raise ShapeError(
                f"Layer {self.name!r} (Normalization): `mean` and `variance` have shape {given}, which does not fit "
                f"the kept axes {self._kept} of an input of shape {input_shape}."
            )
        self._given_shape = tuple(fitting.get(axis, 1) for axis in range(self._rank))

    @property
    def mean(self) -> Any:
        """The mean that inputs are normalized by, with an axis for each of theirs; ``None`` before it is built."""
        return self._aligned("mean") if self.built else None

    @property
    def variance(self) -> Any:
        """The variance, likewise."""
        return self._aligned("variance") if self.built else None

    def _aligned(self, what: str) -> Array:
        if self.input_mean is not None:
            given = self.input_mean if what == "mean" else self.input_variance
            return jax.numpy.asarray(given, self.compute_dtype).reshape(self._given_shape)
        value = (self.adapt_mean if what == "mean" else self.adapt_variance).value
        shape = [1] * self._rank
        for axis, size in zip(self._kept, value.shape, strict=True):
            shape[axis] = size
        return value.reshape(shape).astype(self.compute_dtype)

    def adapt(self, data: Any) -> None:
        """Measure mean and variance.

        Args:
            data: an array ``(examples, …)``, or an iterable of such batches, generators among them.

        Raises:
            ArgumentError: mean and variance were given.
            DataError: there are no data.
            ShapeError: the data do not have the sizes that the layer was built for.
            ArgumentTypeError: the data are no numbers.
        """
        if self.input_mean is not None:
            raise ArgumentError(
                f"Layer {self.name!r} (Normalization) was given its `mean` and `variance`: there is nothing to adapt."
            )
        rest = iter(batches(data))
        first = next(rest, None)
        if first is None:
            raise DataError(f"Layer {self.name!r} (Normalization): `adapt` got no batches: give it at least one.")
        count, mean, variance = 0, 0.0, 0.0
        for batch in chain([first], rest):
            batch = numbers(self, batch)
            if not self.built:  # for any number of examples, unless these are an axis of its own
                kept = {axis % batch.ndim for axis in self.axis if -batch.ndim <= axis < batch.ndim}
                self.build(batch.shape if 0 in kept else (None, *batch.shape[1:]))
            self.build_for((batch,), {})
            reduced = tuple(axis for axis in range(self._rank) if axis not in self._kept)
            batch = batch.astype("float64")
            its_mean, its_variance = batch.mean(axis=reduced), batch.var(axis=reduced)
            own = batch.size // max(its_mean.size, 1)
            # Chan, Golub and LeVeque 1983: the moments of both parts together, from the distance of their means
            share = own / max(count + own, 1)
            distance = its_mean - mean
            variance = variance * (1 - share) + its_variance * share + distance**2 * share * (1 - share)
            mean = mean + distance * share
            count += own
        self.adapt_mean.assign(numpy.asarray(mean, self.adapt_mean.dtype))
        self.adapt_variance.assign(numpy.asarray(variance, self.adapt_variance.dtype))

    def finalize_state(self) -> None:
        """Accepted for compatibility: what `adapt` measured holds at once."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        # √σ² and its lower bound once for each mean; then a subtraction and a division, or their opposites, each
        means = product(input_shape[axis] for axis in {axis % len(input_shape) for axis in self.axis})
        return Cost(others=product(input_shape) * 2 + means * 2)

    def call(self, inputs: Array) -> Array:
        jnp = jax.numpy
        inputs = inputs.astype(self.compute_dtype)
        mean, deviation = self._aligned("mean"), jnp.maximum(jnp.sqrt(self._aligned("variance")), SMALLEST)
        return inputs * deviation + mean if self.invert else (inputs - mean) / deviation

    def get_config(self) -> dict[str, Any]:
        return {  # as they were given: the properties `mean` and `variance` compute, which a declaration must not
            "name": self.name,
            "trainable": self.trainable,
            "dtype": config.serialize(self.dtype_policy),
            "axis": config.serialize(self.axis),
            "mean": _plain(self.input_mean),
            "variance": _plain(self.input_variance),
            "invert": self.invert,
        }


def _sizes(value: Any) -> tuple[int, ...]:
    """Return the shape of a number, an array, or nested lists of numbers."""
    if hasattr(value, "shape"):
        return tuple(value.shape)
    return (len(value), *(_sizes(value[0]) if value else ())) if isinstance(value, (list, tuple)) else ()


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
