"""Sound as pictures of its frequencies over time."""

from __future__ import annotations

from collections.abc import Callable
from math import log2
from typing import Any

from weigh.account import roles
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.declare.window import channel_axis, convolved_size, positions
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.layers.preprocessing.base import Preprocessor
from weigh.parts import initializers

WINDOWS = (
    *("barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "cosine", "exponential", "flattop"),
    *("hamming", "hann", "lanczos", "nuttall", "parzen", "rect", "rectangular", "taylor", "triang", "tukey"),
)
"""The windows of `scipy.signal` that a name alone makes."""

SMALLEST = 1e-7
"""What a power, and a magnitude before its logarithm, is at least: Keras' epsilon."""

MODES = {"log": 7, "magnitude": 5, "psd": 4, "real": 0, "imag": 0, "angle": 1, "stft": 0}
"""What a spectrogram shows, and operations that this takes for each number, beside the convolutions."""


class STFTSpectrogram(Layer):
    """Shows the frequencies of a signal over time, by convolutions with windowed cosines and sines.

    Input shape: (batch, time, channels). Output shape: (batch, frames, channels · frequencies), or with `expand_dims`
    (batch, frames, frequencies, channels); frequencies are ``fft_length // 2 + 1``, twice that for ``"stft"``. With
    ``"channels_first"``: (batch, channels, time), (batch, channels · frequencies, frames), (batch, channels, frames,
    frequencies).

    Args:
        mode: ``"log"`` of the magnitude, ``"magnitude"``, ``"psd"`` (power, that of inner frequencies doubled),
            ``"real"``, ``"imag"``, ``"angle"``, or ``"stft"``: real and imaginary parts side by side.
        frame_length: samples of a frame.
        frame_step: samples between frames; half a frame by default.
        fft_length: samples of the transform; by default the least power of two that holds a frame.
        window: name of a window of `scipy.signal`, or its values, or ``None`` for none.
        periodic: passed on to `scipy.signal.get_window`.
        scaling: ``"density"``: the window has square sum 1; ``"spectrum"``: sum 1; ``None``.
        padding: ``"valid"`` or ``"same"``.
        expand_dims: whether frequencies have an axis of their own, as a picture's.
        data_format: where the channels are.

    Raises:
        ArgumentError: an argument has a value that cannot work.
        ShapeError: the input does not have three axes, or is shorter than a frame.

    The kernels are trained unless ``trainable=False``, as in Keras.
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.mode = checks.one_of(self, "mode", mode, tuple(MODES))
        self.frame_length = checks.positive(self, "frame_length", frame_length)
        self.frame_step = frame_step
        if frame_step is not None and checks.positive(self, "frame_step", frame_step) > frame_length:
            raise _wrong(self, f"`frame_step` must be at most frame_length={frame_length}, not {frame_step}.")
        self.fft_length = fft_length
        if fft_length is not None and checks.positive(self, "fft_length", fft_length) < frame_length:
            raise _wrong(self, f"`fft_length` must be at least frame_length={frame_length}, not {fft_length}.")
        self.window = window
        if isinstance(window, str):
            checks.one_of(self, "window", window, WINDOWS)
        self.periodic = periodic
        self.scaling = None if scaling is None else checks.one_of(self, "scaling", scaling, ("density", "spectrum"))
        self.padding = checks.one_of(self, "padding", padding, ("valid", "same"))
        self.expand_dims = expand_dims
        self.data_format = checks.data_format(self, data_format)
        self.input_spec = InputSpec(ndim=3)

    @property
    def _step(self) -> int:
        return self.frame_step or self.frame_length // 2

    @property
    def _frequencies(self) -> int:
        least = 1 << (self.frame_length - 1).bit_length()
        if self.fft_length is not None:
            samples: int = self.dim("fft_length")
        else:
            samples = self.dim("frame_length") if least == self.frame_length else least
        return samples // 2 + 1

    def build(self, input_shape: Shape) -> None:
        shape = (self.dim("frame_length"), 1, self._frequencies)
        if self.mode != "imag":
            self.real_kernel = self.add_weight(
                shape, name="real_kernel", role=roles.COSINES, initializer=self._initializer("real")
            )
        if self.mode != "real":
            self.imag_kernel = self.add_weight(
                shape, name="imag_kernel", role=roles.SINES, initializer=self._initializer("imag")
            )

    def _initializer(self, side: str) -> Callable[..., Array]:
        def made(shape: Any, dtype: Any = None) -> Array:  # SciPy makes the window, when it is needed
            return initializers.STFT(side, self.window, self.scaling, self.periodic)(shape, dtype)

        return made

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        time, channels = positions(input_shape, self.data_format)[0], input_shape[channel_axis(self.data_format)]
        frames = convolved_size(time, self.frame_length, self._step, self.padding)
        if frames is not None and frames < 1:
            raise ShapeError(
                f"Layer {self.name!r} (STFTSpectrogram) takes frames of {self.frame_length} samples, but its input of "
                f"shape {input_shape} has {time}. Use a smaller `frame_length`, or padding='same'."
            )
        frequencies = self._frequencies * 2 if self.mode == "stft" else self._frequencies
        first = self.data_format == "channels_first"
        if self.expand_dims:
            inner = (channels, frames, frequencies) if first else (frames, frequencies, channels)
            return (input_shape[0], *inner)
        together = None if channels is None else channels * frequencies
        return (input_shape[0], together, frames) if first else (input_shape[0], frames, together)

    def compute_cost(self, input_shape: Shape) -> Cost:
        outputs = product(self.compute_output_shape(input_shape))
        one_kernel = self.mode in ("real", "imag")
        sums = outputs if one_kernel or self.mode == "stft" else outputs * 2
        return Cost(sums * self.dim("frame_length"), outputs * MODES[self.mode])

    def call(self, inputs: Array) -> Array:
        jnp = jax.numpy
        real = None if self.mode == "imag" else self._convolved(inputs, self.real_kernel)
        imaginary = None if self.mode == "real" else self._convolved(inputs, self.imag_kernel)
        if real is None or imaginary is None:
            return self._arranged(imaginary if real is None else real)
        if self.mode == "angle":
            return self._arranged(jnp.arctan2(imaginary, real))
        if self.mode == "stft":
            return self._arranged(jnp.concatenate([real, imaginary], axis=2))
        power = jnp.square(real) + jnp.square(imaginary)
        if self.mode == "psd":
            return self._arranged(power.at[:, :, 1:-1].multiply(2))
        magnitude = jnp.sqrt(jnp.maximum(power, SMALLEST))
        return self._arranged(magnitude if self.mode == "magnitude" else jnp.log(jnp.maximum(magnitude, SMALLEST)))

    def _convolved(self, inputs: Array, kernel: Any) -> Array:
        """Return (batch, channels, frequencies, frames): every channel alone with the same kernel."""
        signal = inputs if self.data_format == "channels_first" else jax.numpy.swapaxes(inputs, 1, 2)
        batch, channels, time = signal.shape
        found = jax.lax.conv_general_dilated(
            signal.reshape(batch * channels, 1, time),
            jax.numpy.asarray(kernel, signal.dtype),
            (self._step,),
            self.padding.upper(),
            dimension_numbers=("NCH", "HIO", "NCH"),
        )
        return found.reshape(batch, channels, *found.shape[1:])

    def _arranged(self, found: Array) -> Array:
        batch, channels, frequencies, frames = found.shape
        first = self.data_format == "channels_first"
        if self.expand_dims:
            return found.transpose((0, 1, 3, 2) if first else (0, 3, 2, 1))
        together = found.reshape(batch, channels * frequencies, frames)
        return together if first else together.swapaxes(1, 2)


class MelSpectrogram(Preprocessor):
    """Shows how loud a signal is over time in bands of frequencies that are spaced as people hear.

    Input shape: (samples,) or (batch, samples). Output shape: (num_mel_bins, frames) or (batch, num_mel_bins, frames),
    with a frame for every `sequence_stride` samples and one more.

    Args:
        fft_length: samples of the transform.
        sequence_stride: samples between frames.
        sequence_length: samples of a frame; `fft_length` by default.
        window: ``"hann"``, ``"hamming"``, the window's values, or ``None`` for none.
        sampling_rate: samples a second.
        num_mel_bins: number of bands.
        min_freq: lowest frequency, in hertz.
        max_freq: highest frequency; half the sampling rate by default.
        power_to_db: whether the result is in decibels.
        top_db: the most decibels below the loudest number of the batch.
        mag_exp: exponent of the magnitude: 1 for the magnitude, 2 for the power.
        min_power: what a power is at least.
        ref_power: the power of 0 decibels.

    Raises:
        ArgumentError: an argument has a value that cannot work.
        ShapeError: the input has more than two axes.

    Source: mel(f) = 1127 ln(1 + f / 700), as HTK has it. Unlike Keras, which promises a frame more than it gives where
    the samples are one short of a multiple of the stride, the declared shape is the computed one.
    """

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.fft_length = checks.positive(self, "fft_length", fft_length)
        self.sequence_stride = checks.positive(self, "sequence_stride", sequence_stride)
        self.sequence_length = checks.positive(self, "sequence_length", sequence_length or fft_length)
        if self.sequence_length > self.fft_length:
            raise _wrong(
                self, f"`sequence_length` must be at most fft_length={fft_length}, not {self.sequence_length}."
            )
        self.window = window
        if isinstance(window, str):
            checks.one_of(self, "window", window, ("hann", "hamming"))
        self.sampling_rate = sampling_rate
        self.num_mel_bins = checks.positive(self, "num_mel_bins", num_mel_bins)
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        if not 0 <= self.min_freq < self.max_freq:
            raise _wrong(self, f"`min_freq` must be at least 0 and below max_freq={self.max_freq}, not {min_freq}.")
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power
        self.input_spec = InputSpec(min_ndim=1, max_ndim=2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        samples = input_shape[-1]
        padded = None if samples is None else samples + 2 * (self.fft_length // 2)
        return (
            *input_shape[:-1],
            self.dim("num_mel_bins"),
            convolved_size(padded, self.fft_length, self.sequence_stride),
        )

    def compute_cost(self, input_shape: Shape) -> Cost:
        *outer, bands, frames = self.compute_output_shape(input_shape)
        frequencies = self.fft_length // 2 + 1
        each = product((*outer, frames))
        # a window, a transform of real numbers (5/2 n log₂ n), squares, sum, exponent; decibels: 4 for each band
        transform = int(2.5 * self.fft_length * log2(self.fft_length))
        others = each * (self.fft_length + transform + 4 * frequencies) + product((each, bands)) * (
            4 * self.power_to_db
        )
        return Cost(product((*outer, frames, frequencies, bands)), others)

    def call(self, inputs: Array) -> Array:
        jnp = jax.numpy
        signal = inputs.astype(jnp.promote_types(inputs.dtype, "float32"))
        half = self.fft_length // 2
        signal = jnp.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(half, half)], mode="reflect")
        starts = numpy.arange(0, signal.shape[-1] - self.fft_length + 1, self.sequence_stride)
        frames = signal[..., starts[:, None] + numpy.arange(self.fft_length)]
        found = jnp.fft.rfft(frames * self._window().astype(signal.dtype))
        power = (jnp.square(found.real) + jnp.square(found.imag)) ** (self.mag_exp / 2)
        bands = power @ self._bands().astype(signal.dtype)
        if self.power_to_db:
            bands = 10.0 * jnp.log10(jnp.maximum(bands, self.min_power))
            bands = bands - 10.0 * jnp.log10(jnp.maximum(abs(self.ref_power), self.min_power))
            bands = jnp.maximum(bands, bands.max() - self.top_db)
        return bands.swapaxes(-1, -2).astype(self.compute_dtype)

    def _window(self) -> Any:
        """Return the window, with zeros on both sides where a frame is shorter than the transform."""
        length = self.sequence_length
        if isinstance(self.window, str):
            share = {"hann": 0.5, "hamming": 0.54}[self.window]
            window = share - (1 - share) * numpy.cos(2 * numpy.pi * numpy.arange(length) / length)
        else:
            window = numpy.ones(self.fft_length) if self.window is None else numpy.asarray(self.window, "float64")
            if self.window is None:
                return window
        if window.shape != (length,):
            raise ShapeError(
                f"Layer {self.name!r} (MelSpectrogram) has frames of {length} samples, but a window of shape "
                f"{window.shape}."
            )
        before = (self.fft_length - length) // 2
        return numpy.pad(window, (before, self.fft_length - length - before))

    def _bands(self) -> Any:
        """Return the matrix (frequencies, bands) of triangles that overlap by half, of height 1 on the mel scale."""
        low, high = (1127.0 * numpy.log1p(edge / 700.0) for edge in (self.min_freq, self.max_freq))
        edges = numpy.linspace(low, high, self.num_mel_bins + 2)
        hertz = numpy.linspace(0.0, self.sampling_rate / 2, self.fft_length // 2 + 1)
        mels = 1127.0 * numpy.log1p(hertz / 700.0)[:, None]
        rising = (mels - edges[:-2]) / (edges[1:-1] - edges[:-2])
        falling = (edges[2:] - mels) / (edges[2:] - edges[1:-1])
        matrix = numpy.maximum(0.0, numpy.minimum(rising, falling))
        matrix[0] = 0.0  # a constant is no sound
        return matrix


def _wrong(layer: Layer, what: str) -> ArgumentError:
    return ArgumentError(f"Layer {layer.name!r} ({type(layer).__name__}): {what}")
