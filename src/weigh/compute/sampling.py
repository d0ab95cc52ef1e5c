"""Random initial values: the numbers of `jax.random`, drawn without compiling a program for each shape.

Under JAX's partitionable Threefry the random bits of element i depend on the key and on i alone. So the bits are made
here by NumPy, and what only XLA computes to the last bit (the inverse error function) by one program of a fixed size
that serves every shape. Compiling is what a new process waits for: a program takes as long to compile as millions of
elements take to draw, and a network has dozens of shapes. Large arrays, other dtypes and other generators are left to
`jax.random`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import erf, prod, sqrt
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array

BLOCK = 1 << 16  # elements drawn at a time: what is in work stays in the processor's cache
CHUNK = 1 << 14  # elements that the compiled program takes: a small bias does not wait for much more than itself
LARGE = 1 << 24  # elements from which a compilation is the smaller part, and worth an accelerator

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def uniform(key: Array, shape: tuple[int, ...], dtype: str, minval: float = 0.0, maxval: float = 1.0) -> Array:
    """Return numbers drawn evenly from [minval, maxval).

    Args:
        key: uint32 of shape (2,).
        shape: of the result.
        dtype: a floating-point format.
        minval: the least.
        maxval: what all are below.
    """
    if not _drawn_here(key, shape, dtype):
        return jax.random.uniform(_key(key), shape, dtype, minval, maxval)
    low, high = numpy.float32(minval), numpy.float32(maxval)

    def spread(unit: Array) -> Array:
        # XLA fuses the product and the sum and rounds once; so does float64 here, in which the product is exact.
        spread = (unit.astype(numpy.float64) * numpy.float64(high - low) + numpy.float64(low)).astype(numpy.float32)
        return numpy.maximum(low, spread)

    return _fill(key, shape, spread)


def normal(key: Array, shape: tuple[int, ...], dtype: str, mean: float = 0.0, stddev: float = 1.0) -> Array:
    """Return normally distributed numbers.

    Args:
        key: uint32 of shape (2,).
        shape: of the result.
        dtype: a floating-point format.
        mean: their mean.
        stddev: their standard deviation.
    """
    if not _drawn_here(key, shape, dtype):
        return jax.random.normal(_key(key), shape, dtype) * stddev + mean
    low = numpy.nextafter(numpy.float32(-1), numpy.float32(0))
    values = _fill(key, shape, lambda unit: _normal_quantiles(unit, low, numpy.float32(1), numpy.float32(numpy.inf)))
    return values * float(stddev) + float(mean)


def truncated_normal(key: Array, shape: tuple[int, ...], dtype: str, mean: float = 0.0, stddev: float = 1.0) -> Array:
    """Return normally distributed numbers, none of them two `stddev` or more from `mean`; arguments as of `normal`."""
    if not _drawn_here(key, shape, dtype):
        return jax.random.truncated_normal(_key(key), -2.0, 2.0, shape, dtype) * stddev + mean
    high = numpy.float32(erf(sqrt(2)))  # the share of a normal distribution that lies within two deviations
    bound = numpy.nextafter(numpy.float32(2), numpy.float32(0))
    values = _fill(key, shape, lambda unit: _normal_quantiles(unit, -high, high, bound))
    return values * float(stddev) + float(mean)


def _drawn_here(key: Array, shape: tuple[int, ...], dtype: str) -> bool:
    settings: Any = jax.config  # its attributes are made when JAX is imported
    threefry = settings.jax_default_prng_impl == "threefry2x32" and settings.jax_threefry_partitionable
    return dtype == "float32" and prod(shape) < LARGE and threefry and not isinstance(key, jax.core.Tracer)


def _key(key: Array) -> Array:
    return jax.numpy.asarray(key, dtype="uint32")


def _fill(key: Array, shape: tuple[int, ...], transform: Callable[[Array], Array]) -> Array:
    """Return an array of `shape`: `transform` of numbers drawn evenly from [0, 1), float32."""
    flat = numpy.empty(prod(shape), dtype=numpy.float32)
    for start in range(0, len(flat), BLOCK):
        block = flat[start : start + BLOCK]
        bits = _random_bits(key, start, len(block))
        bits >>= 9  # 23 bits of fraction, under the exponent of 1: a float32 in [1, 2)
        bits |= 0x3F800000
        block[:] = transform(bits.view(numpy.float32) - numpy.float32(1))
    return flat.reshape(shape)


def _random_bits(key: Array, start: int, count: int) -> Array:
    """Return the random bits of elements `start` to `start` + `count`, uint32.

    Source: Salmon et al. 2011, section 3.3 (Threefry-2x32, 20 rounds), with the two outputs joined by exclusive or.
    """
    first, second = (int(half) for half in key)
    schedule = (first, second, first ^ second ^ 0x1BD11BDA)
    x0 = numpy.full(count, first, dtype=numpy.uint32)  # the upper half of a 64-bit count is 0 below LARGE
    x1 = numpy.arange(start, start + count, dtype=numpy.uint32)
    x1 += second
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            x0 += x1
            wrapped = x1 >> (32 - rotation)
            x1 <<= rotation
            x1 |= wrapped
            x1 ^= x0
        x0 += schedule[(group + 1) % 3]
        x1 += (schedule[(group + 2) % 3] + group + 1) & 0xFFFFFFFF
    x0 ^= x1
    return x0


def _normal_quantiles(unit: Array, low: Array, high: Array, bound: Array) -> Array:
    """Return √2 · erf⁻¹ of `unit` spread over [low, high), clipped to ±`bound`."""
    values = numpy.empty_like(unit)
    for start in range(0, len(unit), CHUNK):
        part = unit[start : start + CHUNK]
        padded = numpy.zeros(CHUNK, dtype=numpy.float32)
        padded[: len(part)] = part
        with jax.ensure_compile_time_eval():  # also where a user's function that is being traced makes a weight
            values[start : start + CHUNK] = _compiled_quantiles()(padded, low, high, bound)[: len(part)]
    return values


@cache
def _compiled_quantiles() -> Callable[..., Array]:
    def quantiles(unit: Array, low: Array, high: Array, bound: Array) -> Array:
        spread = jax.numpy.maximum(low, unit * (high - low) + low)
        return jax.numpy.clip(numpy.float32(sqrt(2)) * jax.lax.erf_inv(spread), -bound, bound)

    return jax.jit(quantiles)
