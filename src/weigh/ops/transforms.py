"""Mathematics beyond NumPy's: Fourier transforms, segments, distances, special functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.ops import shapes, specs
from weigh.ops.arrays import array, floats
from weigh.ops.operation import operation
from weigh.ops.specs import made, own, promoted, shape_of

MODULE = "keras.src.ops.math"


# Of each element ----------------------------------------------------------------------------------------------------


@operation("Rsqrt", (), specs.like(), specs.each(specs.like()), MODULE)
def rsqrt(x: Any) -> Array:
    """Return 1 ÷ √x."""
    return jax.lax.rsqrt(floats(x))


@operation("Erf", (), specs.like(), specs.each(specs.like()), MODULE)
def erf(x: Any) -> Array:
    """Return the error function: 2 ÷ √π times the integral of exp(−t²) from 0 to x."""
    return jax.lax.erf(floats(x))


@operation("Erfc", (), specs.like(specs.floating), specs.each(specs.like()), MODULE)
def erfc(x: Any) -> Array:
    """Return 1 − erf(x), also where erf(x) is near 1."""
    return jax.lax.erfc(floats(x))


@operation("Erfinv", (), specs.like(), specs.each(specs.like()), MODULE)
def erfinv(x: Any) -> Array:
    """Return the number whose error function is x."""
    return jax.lax.erf_inv(floats(x))


@operation("ViewAsComplex", (), lambda x: made(shape_of(x)[:-1], "complex64"), specs.free, MODULE)
def view_as_complex(x: Any) -> Array:
    """Return pairs along the last axis as complex numbers."""
    x = array(x)
    if x.shape[-1] != 2:
        raise ShapeError(f"`view_as_complex` takes pairs along the last axis, not shape {x.shape}.")
    return jax.lax.complex(x[..., 0], x[..., 1])


@operation("ViewAsReal", (), lambda x: made((*shape_of(x), 2), "float32"), specs.free, MODULE)
def view_as_real(x: Any) -> Array:
    """Return complex numbers as pairs along a new last axis."""
    x = array(x)
    return jax.numpy.stack([jax.numpy.real(x), jax.numpy.imag(x)], -1)


# Of matrices and vectors --------------------------------------------------------------------------------------------


@operation("Logdet", (), lambda x: made(shape_of(x)[:-2], own(x)), None, MODULE)
def logdet(x: Any) -> Array:
    """Return the logarithms of the determinants' absolute values."""
    return jax.numpy.linalg.slogdet(array(x))[1]


def _distances(x: Any, y: Any) -> Any:
    left, right = shape_of(x), shape_of(y)
    if min(len(left), len(right)) < 2:
        raise ShapeError(f"distances are between rows of matrices, not of shapes {left} and {right}.")
    shapes.meet(left, right, -1, -1)
    kind = dtypes.result_type(promoted(x, y), float)
    return made((*shapes.broadcast(left[:-2], right[:-2]), left[-2], right[-2]), kind)


@operation("CDist", (), _distances, None, MODULE)
def cdist(x: Any, y: Any) -> Array:
    """Return the distance of each row of x from each row of y."""
    x, y = array(x), array(y)
    _distances(x, y)
    return jax.numpy.sqrt(jax.numpy.sum(jax.numpy.square(x[..., :, None, :] - y[..., None, :, :]), -1))


def _segments(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Any:
    return made((num_segments, *shape_of(data)[1:]), own(data))


def _segmented(name: str, text: str) -> Callable[..., Array]:
    def function(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Array:
        if num_segments is None:
            raise ArgumentError(f"`{name}` needs `num_segments`: JAX must know the size of what comes out.")
        combine = getattr(jax.ops, name)
        return combine(array(data), array(segment_ids), num_segments, indices_are_sorted=sorted)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Return for each of `num_segments` the {text} of the parts of `data` whose number it is."
    class_name = "".join(part.capitalize() for part in name.split("_"))
    return operation(class_name, ("num_segments", "sorted"), _segments, specs.each_read, MODULE)(function)


segment_sum = _segmented("segment_sum", "sum")
segment_prod = _segmented("segment_prod", "product")
segment_max = _segmented("segment_max", "greatest")
segment_min = _segmented("segment_min", "least")


# Fourier transforms -------------------------------------------------------------------------------------------------


def _pair(x: Any, least: int = 1) -> Shape:
    """Return the shape of a real and an imaginary part, which are one."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ArgumentTypeError(f"a pair is needed, the real and the imaginary part, not {x!r}.")
    first, second = map(shape_of, x)
    if first != second or len(first) < least:
        raise ShapeError(f"real and imaginary part have one shape of at least {least} axes, not {first} and {second}.")
    return first


def _complex(x: Any) -> Array:
    _pair(x)
    return jax.lax.complex(floats(x[0]), floats(x[1]))


def _parts(x: Array) -> tuple[Array, Array]:
    return jax.numpy.real(x), jax.numpy.imag(x)


def _two(shape: Shape, dtype: str) -> Any:
    return made(shape, dtype), made(shape, dtype)


@operation("FFT", (), lambda x: _two(_pair(x), own(x[0])), None, MODULE)
def fft(x: Any) -> tuple[Array, Array]:
    """Return real and imaginary part of the discrete Fourier transform along the last axis of such a pair."""
    return _parts(jax.numpy.fft.fft(_complex(x)))


@operation("FFT2", (), lambda x: _two(_pair(x, 2), own(x[0])), None, MODULE)
def fft2(x: Any) -> tuple[Array, Array]:
    """Return real and imaginary part of the discrete Fourier transform along the last two axes of such a pair."""
    return _parts(jax.numpy.fft.fft2(_complex(x)))


@operation("IFFT2", (), lambda x: _two(_pair(x, 2), own(x[0])), None, MODULE)
def ifft2(x: Any) -> tuple[Array, Array]:
    """Return real and imaginary part of what :func:`fft2` transforms to x."""
    return _parts(jax.numpy.fft.ifft2(_complex(x)))


def _half(x: Any, fft_length: int | None = None) -> Any:
    *base, size = shape_of(x)
    size = size if fft_length is None else fft_length
    return _two((*base, None if size is None else size // 2 + 1), own(x))


@operation("RFFT", ("fft_length",), _half, None, MODULE)
def rfft(x: Any, fft_length: int | None = None) -> tuple[Array, Array]:
    """Return real and imaginary part of the first half of the Fourier transform of real numbers, the last axis."""
    return _parts(jax.numpy.fft.rfft(floats(x), n=fft_length))


def _unhalved(x: Any, fft_length: int | None = None) -> Any:
    *base, size = _pair(x)
    whole = fft_length if fft_length is not None else None if size is None else 2 * (size - 1)
    return made((*base, whole), own(x[0]))


@operation("IRFFT", ("fft_length",), _unhalved, None, MODULE)
def irfft(x: Any, fft_length: int | None = None) -> Array:
    """Return the real numbers that :func:`rfft` transforms to x."""
    return jax.numpy.fft.irfft(_complex(x), n=fft_length)


def _frames(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    *base, size = shape_of(x)
    count = None if size is None else 1 + (size - sequence_length) // sequence_stride
    return made((*base, count, sequence_length), own(x))


@operation("ExtractSequences", ("sequence_length", "sequence_stride"), _frames, specs.free, MODULE)
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Array:
    """Return windows of the last axis, `sequence_stride` apart, along a new axis before it."""
    jnp, x = jax.numpy, array(x)
    starts = jnp.arange(0, x.shape[-1] - sequence_length + 1, sequence_stride)
    return jnp.take(x, starts[:, None] + jnp.arange(sequence_length), axis=-1)


def _window(window: Any, length: int, total: int, dtype: Any) -> Array:
    """Return the weights of a frame, in the middle of `total` places."""
    jnp = jax.numpy
    before = (total - length) // 2
    if window is None:
        return jnp.ones(total, dtype)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ArgumentError(f"`window` must be 'hann', 'hamming', None or a vector, not {window!r}.")
        share = 0.5 if window == "hann" else 0.54
        weights = share - (1 - share) * jnp.cos(2 * jnp.pi * jnp.arange(length) / length)
    else:
        weights = array(window)
        if weights.shape != (length,):
            raise ShapeError(f"`window` must have shape ({length},), not {weights.shape}.")
    return jnp.pad(weights.astype(dtype), (before, total - length - before))


def _spectrum(
    x: Any, sequence_length: int, sequence_stride: int, fft_length: int, window: Any = "hann", center: bool = True
) -> Any:
    *base, size = shape_of(x)
    around = fft_length // 2 * 2 if center else 0
    count = None if size is None else 1 + (size + around - fft_length) // sequence_stride
    return _two((*base, count, fft_length // 2 + 1), own(x))


@operation("STFT", ("sequence_length", "sequence_stride", "fft_length", "window", "center"), _spectrum, None, MODULE)
def stft(
    x: Any, sequence_length: int, sequence_stride: int, fft_length: int, window: Any = "hann", center: bool = True
) -> tuple[Array, Array]:
    """Return real and imaginary part of the Fourier transform of each window of the last axis.

    Args:
        x: (…, samples), float32 or float64.
        sequence_length: samples of a window.
        sequence_stride: from one to the next.
        fft_length: samples of a transform, at least those of a window, which stands in the middle of zeros.
        window: weights of its samples: ``"hann"``, ``"hamming"``, ``None`` for 1, or a vector.
        center: whether x is mirrored at both ends so that the first window is about the first sample.

    Returns:
        Two arrays (…, windows, fft_length ÷ 2 + 1).
    """
    jnp, x = jax.numpy, array(x)
    if x.dtype not in ("float32", "float64"):
        raise ArgumentTypeError(f"`stft` transforms float32 or float64, not {x.dtype}.")
    if fft_length < sequence_length:
        raise ArgumentError(f"`fft_length` must be at least `sequence_length`, {sequence_length}, not {fft_length}.")
    if center:
        x = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(fft_length // 2,) * 2], mode="reflect")
    frames = extract_sequences(x, fft_length, sequence_stride)
    return _parts(jnp.fft.rfft(frames * _window(window, sequence_length, fft_length, x.dtype)))


def _signal(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    *base, count, _ = _pair(x, 2)
    size = length
    if length is None and count is not None:
        size = (count - 1) * sequence_stride + fft_length - (fft_length // 2 * 2 if center else 0)
    return made((*base, size), own(x[0]))


@operation(
    "ISTFT",
    ("sequence_length", "sequence_stride", "fft_length", "length", "window", "center"),
    _signal,
    None,
    MODULE,
)
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Array:
    """Return the samples that :func:`stft` with the same arguments transforms to x; the first `length` of them."""
    jnp = jax.numpy
    spectrum = _complex(x)
    weights = _window(window, sequence_length, fft_length, spectrum.real.dtype)
    frames = jnp.fft.irfft(spectrum, n=fft_length) * weights
    count = frames.shape[-2]
    total = fft_length + sequence_stride * (count - 1)
    places = (jnp.arange(count) * sequence_stride)[:, None] + jnp.arange(fft_length)

    def overlapped(values: Array) -> Array:
        zeros = jnp.zeros((*values.shape[:-2], total), values.dtype)
        return zeros.at[..., places].add(values)

    squares = overlapped(jnp.broadcast_to(jnp.square(weights), (count, fft_length)))
    signal = overlapped(frames) / jnp.where(squares > 1e-10, squares, 1.0)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else total - (fft_length // 2 if center else 0)
    return signal[..., start:end]
