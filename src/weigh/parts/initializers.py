"""How the value of a weight begins: called with its shape and dtype, returns an array of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from weigh.compute import sampling
from weigh.compute.lazy import jax, numpy
from weigh.compute.randomness import SeedGenerator
from weigh.compute.values import Array
from weigh.declare import config, dtypes
from weigh.declare.seed import Draw
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.parts.family import Family


class Initializer:
    """What makes the first value of a weight. A subclass writes `__call__`, and `get_config` if it has arguments."""

    keras_module = "keras.initializers"

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        """Return an array of that shape and dtype (``None``: floatx)."""
        raise NotImplementedError(f"{type(self).__name__} does not say which values it gives: write its `__call__`.")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """Make an initializer from what `get_config` returned."""
        return cls(**config)

    def clone(self) -> Initializer:
        """Return another one with the same arguments; if no seed was among them, it has a new one."""
        return self.from_config(self.get_config())


# Constant values ----------------------------------------------------------------------------------------------------


class Constant(Initializer):
    """`value` everywhere: a number, or an array that broadcasts to the shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        return numpy.full(_sizes(shape), self.value, _numpy_dtype(dtype))

    def get_config(self) -> dict[str, Any]:
        return {"value": config.serialize(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constant:
        return cls(_read(config["value"]))


class Zeros(Initializer):
    """0 everywhere."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        return numpy.zeros(_sizes(shape), _numpy_dtype(dtype))


class Ones(Initializer):
    """1 everywhere."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        return numpy.ones(_sizes(shape), _numpy_dtype(dtype))


class Identity(Initializer):
    """`gain` on the diagonal of a matrix, 0 elsewhere.

    Raises:
        ShapeError: called with a shape that is not a matrix's.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        if len(shape) != 2:
            raise ShapeError(f"Identity makes matrices, but was asked for shape {tuple(shape)}.")
        rows, columns = _sizes(shape)
        return (self.gain * numpy.eye(rows, columns)).astype(_numpy_dtype(dtype))

    def get_config(self) -> dict[str, Any]:
        # Keras never writes the gain, and so loses it when a model is saved; it does read it.
        return {} if self.gain == 1.0 else {"gain": self.gain}


class STFT(Initializer):
    """The real or the imaginary part of a windowed Fourier basis, as the kernel of a convolution.

    Called with shape (frame length, 1, bins), where bins is half the length of the transform plus one.

    Args:
        side: ``"real"`` or ``"imag"``.
        window: name of a window of `scipy.signal.windows`, the window's values, or ``None`` for none.
        scaling: ``"density"`` divides by the window's L2 norm, ``"spectrum"`` by its L1 norm, ``None`` by nothing.
        periodic: passed on to `scipy.signal.get_window`, as Keras does.

    Raises:
        ArgumentError: an argument is not among its values, or no window has that name.
        ShapeError: called with a shape that does not have three axes or does not fit the window.
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            raise ArgumentError(f"`side` of STFT must be 'real' or 'imag', not {side!r}.")
        if scaling not in (None, "density", "spectrum"):
            raise ArgumentError(f"`scaling` of STFT must be 'density', 'spectrum' or None, not {scaling!r}.")
        if isinstance(window, str):
            _named_window(window, 1, periodic)
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        if len(shape) != 3:
            raise ShapeError(f"STFT makes kernels of shape (frame length, 1, bins), not of {tuple(shape)}.")
        length, _, bins = _sizes(shape)
        dtype = _numpy_dtype(dtype)
        frequency = numpy.arange(bins, dtype=dtype) / numpy.asarray((bins - 1) * 2, dtype)
        time = numpy.arange(length, dtype=dtype).reshape(length, 1, 1)
        angle = numpy.asarray(-2, dtype) * time * frequency * numpy.asarray(math.pi, dtype)
        kernel = numpy.cos(angle) if self.side == "real" else numpy.sin(angle)
        return kernel if self.window is None else kernel * self._window(length, dtype)

    def _window(self, length: int, dtype: Any) -> Array:
        values = _named_window(self.window, length, self.periodic) if isinstance(self.window, str) else self.window
        window = numpy.asarray(values, dtype)
        if window.shape != (length,):
            raise ShapeError(f"STFT has a window of shape {window.shape}, but was asked for frames of {length}.")
        if self.scaling == "density":
            window = window / numpy.sqrt(numpy.sum(numpy.square(window)))
        elif self.scaling == "spectrum":
            window = window / numpy.sum(numpy.abs(window))
        return window.reshape(length, 1, 1)

    def get_config(self) -> dict[str, Any]:
        return {"side": self.side, "window": self.window, "periodic": self.periodic, "scaling": self.scaling}


# Random values ------------------------------------------------------------------------------------------------------


class RandomInitializer(Initializer):
    """What draws random numbers: the same ones at every call with the same shape.

    Args:
        seed: where they start: a whole number in [0, 2³²), or a `SeedGenerator` for new numbers at each call; drawn
            from the process' seed where none is given.

    Raises:
        ArgumentError: `seed` is out of range.
        ArgumentTypeError: `seed` is something else.
    """

    def __init__(self, seed: Any = None) -> None:
        if isinstance(seed, dict):
            seed = _read(seed)
        if isinstance(seed, int) and not 0 <= seed < 1 << 32:
            raise ArgumentError(f"`seed` of {type(self).__name__} must be in [0, 2**32), not {seed}.")
        if not (seed is None or isinstance(seed, (int, SeedGenerator))):
            raise ArgumentTypeError(
                f"`seed` of {type(self).__name__} must be a whole number, a SeedGenerator or None, not {seed!r}."
            )
        self._given_seed = seed
        self.seed = Draw() if seed is None else seed

    def get_config(self) -> dict[str, Any]:
        return {"seed": config.serialize(self._given_seed)}

    def _key(self) -> Array:
        if isinstance(self.seed, SeedGenerator):
            return self.seed.next()
        return numpy.array([int(self.seed), 0], dtype=numpy.uint32)

    def _dtype(self, dtype: Any) -> str:
        name = dtypes.standardize(dtype)
        if not dtypes.is_float(name):
            raise ArgumentError(f"{type(self).__name__} draws floating-point numbers, but was asked for {name}.")
        return name


class RandomNormal(RandomInitializer):
    """Normally distributed numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        return sampling.normal(self._key(), _sizes(shape), self._dtype(dtype), self.mean, self.stddev)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomInitializer):
    """Normally distributed numbers, without those two `stddev` or more from `mean`."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        return sampling.truncated_normal(self._key(), _sizes(shape), self._dtype(dtype), self.mean, self.stddev)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class RandomUniform(RandomInitializer):
    """Numbers drawn evenly from [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        return sampling.uniform(self._key(), _sizes(shape), self._dtype(dtype), self.minval, self.maxval)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class VarianceScaling(RandomInitializer):
    """Random numbers of mean 0 and variance scale ÷ fan, so that a signal keeps its size from layer to layer.

    Args:
        scale: positive.
        mode: what fan is: ``"fan_in"``, ``"fan_out"``, or ``"fan_avg"``, the mean of both.
        distribution: ``"truncated_normal"`` (or ``"normal"``), ``"untruncated_normal"`` or ``"uniform"``.
        seed: as of `RandomInitializer`.
        input_axes: axes of the weight that its fan-in is the product of; worked out from its shape where not given.
        output_axes: likewise for the fan-out.

    Raises:
        ArgumentError: an argument has a value that cannot work.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        if not scale > 0.0:
            raise ArgumentError(f"`scale` of {type(self).__name__} must be positive, not {scale!r}.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ArgumentError(
                f"`mode` of {type(self).__name__} must be 'fan_in', 'fan_out' or 'fan_avg', not {mode!r}."
            )
        distribution = {"normal": "truncated_normal"}.get(distribution.lower(), distribution.lower())
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ArgumentError(
                f"`distribution` of {type(self).__name__} must be 'truncated_normal', 'untruncated_normal' or "
                f"'uniform', not {distribution!r}."
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        key, sizes, dtype = self._key(), _sizes(shape), self._dtype(dtype)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return sampling.uniform(key, sizes, dtype, -limit, limit)
        if self.distribution == "untruncated_normal":
            return sampling.normal(key, sizes, dtype, 0.0, math.sqrt(variance))
        return sampling.truncated_normal(key, sizes, dtype, 0.0, math.sqrt(variance) / _TRUNCATED_STDDEV)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


_TRUNCATED_STDDEV = 0.8796256610342398  # of a standard normal distribution without what is beyond ±2


class _NamedScaling(VarianceScaling):
    """A `VarianceScaling` that has a name of its own and leaves the choice of scale, mode and distribution to it."""

    settings: ClassVar[tuple[float, str, str]]

    def __init__(
        self, seed: Any = None, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
    ) -> None:
        super().__init__(*self.settings, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        arguments = super().get_config()
        return {name: arguments[name] for name in ("seed", "input_axes", "output_axes")}


class GlorotUniform(_NamedScaling):
    """Drawn evenly from ±√(6 ÷ (fan-in + fan-out)). Source: Glorot and Bengio 2010, equation 16."""

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedScaling):
    """Truncated normal of variance 2 ÷ (fan-in + fan-out). Source: Glorot and Bengio 2010, equation 12."""

    settings = (1.0, "fan_avg", "truncated_normal")


class LecunNormal(_NamedScaling):
    """Truncated normal of variance 1 ÷ fan-in. Source: LeCun et al. 1998, section 4.6."""

    settings = (1.0, "fan_in", "truncated_normal")


class LecunUniform(_NamedScaling):
    """Drawn evenly from ±√(3 ÷ fan-in). Source: LeCun et al. 1998, section 4.6."""

    settings = (1.0, "fan_in", "uniform")


class HeNormal(_NamedScaling):
    """Truncated normal of variance 2 ÷ fan-in. Source: He et al. 2015, equation 10."""

    settings = (2.0, "fan_in", "truncated_normal")


class HeUniform(_NamedScaling):
    """Drawn evenly from ±√(6 ÷ fan-in). Source: He et al. 2015, equation 10."""

    settings = (2.0, "fan_in", "uniform")


class Orthogonal(RandomInitializer):
    """A random matrix of orthonormal columns (rows, where these are fewer), times `gain`.

    A shape of more than two axes is filled as a matrix whose columns are its last axis.

    Raises:
        ShapeError: called with a shape of fewer than two axes.

    Source: Saxe et al. 2014, section 3.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        if len(shape) < 2:
            raise ShapeError(f"Orthogonal makes matrices and more, but was asked for shape {tuple(shape)}.")
        name = self._dtype(dtype)
        *front, columns = sizes = _sizes(shape)
        rows = math.prod(front)
        drawn = sampling.normal(
            self._key(), (max(rows, columns), min(rows, columns)), name if name == "float64" else "float32"
        )
        q, r = _qr(drawn)
        q = q * numpy.sign(numpy.diagonal(r))  # without this the matrices are not evenly distributed: Mezzadri 2007
        if rows < columns:
            q = q.T
        return (float(self.gain) * q.reshape(sizes)).astype(_numpy_dtype(name))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


def compute_fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """Return how many inputs one output of a weight sums over, and how many outputs one input goes to.

    Args:
        shape: of the weight: (in, out), (…window, in, out), (size,) or ().
        input_axes: axes that count inputs; used where both are given.
        output_axes: axes that count outputs.
    """
    sizes = _sizes(shape)
    if input_axes is not None and output_axes is not None:
        return math.prod(sizes[axis] for axis in input_axes), math.prod(sizes[axis] for axis in output_axes)
    if len(sizes) < 2:
        return math.prod(sizes), math.prod(sizes)
    *window, fan_in, fan_out = sizes
    return fan_in * math.prod(window), fan_out * math.prod(window)


def _sizes(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(size) for size in shape)  # plain numbers: arithmetic on Dims would keep every origin


def _numpy_dtype(dtype: Any) -> Any:
    return jax.numpy.dtype(dtypes.standardize(dtype))  # importing JAX gives NumPy its names for bfloat16 and others


def _read(value: Any) -> Any:
    return config.deserialize(value, lambda _, name: SeedGenerator if name == "SeedGenerator" else None)


def _named_window(name: str, length: int, periodic: bool) -> Array:
    import scipy.signal  # type: ignore[import-untyped]  # installed with JAX

    try:
        return scipy.signal.get_window(name, length, periodic)
    except ValueError as error:
        raise ArgumentError(f"`window` of STFT cannot be {name!r}: {error}") from error


def _qr(matrix: Array) -> tuple[Array, Array]:
    import scipy.linalg  # type: ignore[import-untyped]  # its LAPACK is the one that XLA calls on a CPU, and it compiles nothing for a new shape

    q, r = scipy.linalg.qr(matrix, mode="economic", check_finite=False)
    return q, r


class _Given:
    """Stands for an array that was given instead of an initializer."""

    def __init__(self, value: Array) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        if _sizes(shape) != tuple(self.value.shape):
            raise ShapeError(
                f"An array of shape {tuple(self.value.shape)} was given as the initializer of a weight of shape "
                f"{_sizes(shape)}. Give one of the same shape."
            )
        return numpy.asarray(self.value).astype(_numpy_dtype(dtype))


constant, zeros, ones, identity, stft = Constant, Zeros, Ones, Identity, STFT
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling, orthogonal = VarianceScaling, Orthogonal
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform, lecun_normal, lecun_uniform = HeNormal, HeUniform, LecunNormal, LecunUniform
IdentityInitializer, STFTInitializer, OrthogonalInitializer = Identity, STFT, Orthogonal

_family = Family(
    "initializer",
    (
        *(Initializer, Constant, Identity, Ones, STFT, Zeros, RandomNormal, RandomUniform, TruncatedNormal),
        *(VarianceScaling, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform, Orthogonal),
    ),
    {
        **{"normal": RandomNormal, "uniform": RandomUniform, "one": Ones, "zero": Zeros},
        **{"IdentityInitializer": Identity, "STFTInitializer": STFT, "OrthogonalInitializer": Orthogonal},
    },
)
serialize = config.serialize
deserialize = _family.deserialize


def get(identifier: Any) -> Any:
    """Return what an argument means: ``None``, a name, a record, a class, an initializer, a callable, or an array.

    Raises:
        UnknownNameError: the name is not known; the message has the nearest ones.
        FormatError: a record names something that is neither ours nor registered.
        ArgumentError: it is none of these.
    """
    if hasattr(identifier, "shape") and hasattr(identifier, "dtype") and not callable(identifier):
        return _Given(identifier)
    return _family.get(identifier)
