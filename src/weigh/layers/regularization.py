"""Layers that keep a network from learning its data by heart; all act in training only.

Random numbers are those of Keras 3 on JAX for the same seed.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, ClassVar

from weigh.compute.lazy import jax
from weigh.compute.randomness import SeedGenerator, dropout
from weigh.compute.values import Array
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Shape
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.parts import regularizers


class Neutral(Layer):
    """The base of layers that pass on their input at inference. Output shape: that of the input."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE


class Disturbance(Neutral):
    """The base of layers that draw random numbers in training.

    Args:
        seed: where the random stream starts.
    """

    def __init__(self, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator: SeedGenerator | None = None

    def _draw_if(self, strength: float) -> None:
        """Make the random stream, unless `strength` is 0: then nothing is drawn and nothing done."""
        if strength > 0:
            self.seed_generator = SeedGenerator(self.seed)

    def disturbed(self, inputs: Array, key: Array) -> Array:
        """Return what is made of the inputs in training, with random numbers of a key: uint32 of shape (2,)."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does in training.")

    def call(self, inputs: Array, training: bool = False) -> Array:
        if training and self.seed_generator is not None:
            return self.disturbed(inputs, self.seed_generator.next())
        return inputs


class Dropping(Disturbance):
    """The base of layers that drop a random share of their inputs.

    Args:
        rate: the share, at least 0 and below 1.
        noise_shape: shape of what is drawn, broadcast against the input; ``None`` for the input's own, whole or on an
            axis.
        seed: where the random stream starts.

    Raises:
        ArgumentError: `rate` is outside [0, 1), or `noise_shape` is no shape.
        ShapeError: `noise_shape` does not broadcast to the input.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = checks.share(self, "rate", rate)
        self.noise_shape = self._checked_noise_shape(noise_shape)
        self._draw_if(self.rate)

    def _checked_noise_shape(self, noise_shape: Any) -> tuple[int | None, ...] | None:
        if noise_shape is None:
            return None
        sizes = tuple(noise_shape) if isinstance(noise_shape, (list, tuple)) else (noise_shape,)
        if not sizes or any(size is not None and (not isinstance(size, int) or size <= 0) for size in sizes):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `noise_shape` must hold whole numbers above 0 and None, "
                f"one for each axis of the input, not {noise_shape!r}."
            )
        return sizes

    def drawn_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the random numbers for an input.

        Raises:
            ShapeError: it does not broadcast to the input.
        """
        if self.noise_shape is None:
            return tuple(input_shape)
        pairs = list(zip(self.noise_shape, input_shape, strict=False))
        if len(self.noise_shape) != len(input_shape) or any(
            size not in (None, 1, whole) and whole is not None for size, whole in pairs
        ):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) got an input of shape {input_shape}; its `noise_shape` "
                f"{self.noise_shape} must have a size for each of these axes: the input's, 1, or None."
            )
        return tuple(whole if size is None else size for size, whole in pairs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.drawn_shape(input_shape)
        return input_shape


class Dropout(Dropping):
    """In training, sets a random share of its inputs to 0 and divides the others by 1 − rate; else does nothing.

    Output shape: that of the input. Source: Srivastava et al. 2014, section 4.

    Args:
        rate: share to drop, at least 0 and below 1.
        noise_shape: shape of the random mask, broadcast against the input; ``None`` for the input's own.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `rate` is outside [0, 1), or `noise_shape` is no shape.
        ShapeError: `noise_shape` does not broadcast to the input.
    """

    def disturbed(self, inputs: Array, key: Array) -> Array:
        return dropout(inputs, self.rate, self.drawn_shape(inputs.shape), key)


class SpatialDropout(Dropout):
    """The base of SpatialDropout1D to SpatialDropout3D: whole channels of an example are dropped, or kept.

    Source: Tompson et al. 2015, section 3.2.
    """

    rank: ClassVar[int]

    def __init__(self, rate: float, data_format: str | None = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, seed=seed, **kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        shared = (1,) * self.rank
        self.noise_shape = (None, *shared, None) if self.data_format == "channels_last" else (None, None, *shared)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["trainable"]  # Keras' layer does not take it
        if self.compute_dtype == self.variable_dtype:
            config["dtype"] = self.dtype
        return config


class SpatialDropout1D(SpatialDropout):
    """In training, drops random channels of each sequence as a whole, and divides the others by 1 − rate.

    Input shape: (batch, steps, channels). Output shape: the same.

    Args:
        rate: share of channels to drop, at least 0 and below 1.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `rate` is outside [0, 1).
        ShapeError: the input has not three axes.
    """

    rank = 1

    def __init__(
        self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, "channels_last", seed, name=name, dtype=dtype, **kwargs)


class SpatialDropout2D(SpatialDropout):
    """In training, drops random channels of each example's maps as a whole, and divides the others by 1 − rate.

    Input shape: (batch, height, width, channels), or (batch, channels, height, width). Output shape: the same.

    Args:
        rate: share of channels to drop, at least 0 and below 1.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `rate` is outside [0, 1), or `data_format` is neither.
        ShapeError: the input has not four axes.
    """

    rank = 2

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, data_format, seed, name=name, dtype=dtype, **kwargs)


class SpatialDropout3D(SpatialDropout2D):
    """In training, drops random channels of each example's volumes as a whole, and divides the others by 1 − rate.

    Input shape: (batch, depth, height, width, channels), or (batch, channels, depth, height, width). Output shape: the
    same. Arguments and errors: as of :class:`SpatialDropout2D`, with five axes.
    """

    rank = 3


class AlphaDropout(Dropping):
    """In training, sets a random share of its inputs to what SELU tends to far below 0, and keeps mean and variance.

    For networks of SELU units. Output shape: that of the input. Source: Klambauer et al. 2017, section "New dropout
    technique".

    Args:
        rate: share to drop, at least 0 and below 1.
        noise_shape: shape of what is drawn, broadcast against the input; ``None`` for the input's own.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `rate` is outside [0, 1), or `noise_shape` is no shape.
        ShapeError: `noise_shape` does not broadcast to the input.
    """

    LOWEST = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
    """−α · λ of SELU: its limit far below 0."""

    def affine(self) -> tuple[float, float]:
        """Return the factor and the offset that bring mean and variance back to 0 and 1."""
        factor = ((1 - self.rate) * (1 + self.rate * self.LOWEST**2)) ** -0.5
        return factor, -factor * self.LOWEST * self.rate

    def disturbed(self, inputs: Array, key: Array) -> Array:
        shape: Any = self.drawn_shape(inputs.shape)
        kept = jax.random.uniform(key, shape, "float32") >= self.rate
        factor, offset = self.affine()
        return factor * jax.numpy.where(kept, inputs, jax.numpy.asarray(self.LOWEST, inputs.dtype)) + offset


class GaussianDropout(Disturbance):
    """In training, multiplies each input by a random number of mean 1 and variance rate ÷ (1 − rate).

    Output shape: that of the input. Source: Srivastava et al. 2014, section 10.

    Args:
        rate: of the dropout that has the same variance; at least 0 and below 1.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `rate` is outside [0, 1).
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = checks.share(self, "rate", rate)
        self._draw_if(self.rate)

    def disturbed(self, inputs: Array, key: Array) -> Array:
        stddev = sqrt(self.rate / (1.0 - self.rate))
        return inputs * (jax.random.normal(key, inputs.shape, self.compute_dtype) * stddev + 1.0)


class GaussianNoise(Disturbance):
    """In training, adds a random number of mean 0 to each input. Output shape: that of the input.

    Args:
        stddev: their standard deviation. Keras 3 takes none above 1.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `stddev` is negative or no number.
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.stddev = checks.not_negative(self, "stddev", stddev)
        self._draw_if(self.stddev)

    def disturbed(self, inputs: Array, key: Array) -> Array:
        return inputs + jax.random.normal(key, inputs.shape, self.compute_dtype) * self.stddev


class ActivityRegularization(Neutral):
    """Passes on its input, and adds to the loss for its being large: l1 · Σ |x| + l2 · Σ x², divided by the batch.

    Output shape: that of the input.

    Args:
        l1, l2: factors of the two sums.

    Raises:
        ArgumentError: a factor is negative or no finite number.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs: Array) -> Array:
        return inputs
