"""The largest or the average of each window of positions.

Arrays are (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, reduce
from math import prod
from typing import Any

from weigh.compute.convolution import MOST_TAPS, Pads, padded, paddings, shifts, strided
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array


def window_axes(rank: int, data_format: str) -> tuple[int, ...]:
    """Return the axes of an array of `rank` over which a window moves."""
    return tuple(range(2, rank)) if data_format == "channels_first" else tuple(range(1, rank - 1))


def max_pool(x: Array, window: tuple[int, ...], strides: tuple[int, ...], padding: str, data_format: str) -> Array:
    """Return the largest number of each window."""
    jnp = jax.numpy
    least = -jnp.inf if jnp.issubdtype(x.dtype, jnp.floating) else numpy.iinfo(x.dtype).min
    if jax.default_backend() == "cpu" and prod(window) <= MOST_TAPS:
        first = data_format == "channels_first"
        x = jnp.moveaxis(x, 1, -1) if first else x
        y = _largest(window, strides, _pads(x.shape[1:-1], window, strides, padding), least)(x)
        return jnp.moveaxis(y, -1, 1) if first else y
    return _reduced(x, least, jax.lax.max, window, strides, padding, data_format)


@cache
def _largest(window: tuple[int, ...], strides: tuple[int, ...], pads: Pads, least: Any) -> Callable[[Array], Array]:
    """Return the function from `x`, channels last, to the largest number of each window.

    On a CPU the gradient that XLA makes of a pooling goes window by window. This one goes element by element of the
    window: which of them was the first to be the largest is spread over the input, and the gradient is read there. It
    takes a third of the time (8 × 32 × 32 × 64 with windows of 2 × 2; 2 × 112 × 112 × 64 with 3 × 3, strides of 2).
    """
    jnp = jax.numpy
    elements = shifts(window, (1,) * len(window))

    def stops(x: Array) -> list[int]:
        return [
            (size + sum(pad) - k) // stride + 1
            for size, pad, k, stride in zip(x.shape[1:-1], pads, window, strides, strict=True)
        ]

    def seen(x: Array) -> list[Array]:
        """Return what each element of the window sees, at every stop."""
        out, wide = stops(x), padded(x, pads, least)
        return [strided(wide, shift, out, strides) for shift in elements]

    def largest_of_windows(x: Array) -> Array:
        return reduce(jnp.maximum, seen(x))

    def first_largest(x: Array, y: Array) -> Array:
        """Return for every stop which element of the window is the first that is the largest."""
        number = jnp.full(y.shape, len(elements), "int8")
        for element, values in reversed(list(enumerate(seen(x)))):
            number = jnp.where(values == y, jnp.int8(element), number)
        return number

    def derivative(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        (x,), (change,) = primals, tangents
        y = pool(x)
        number = first_largest(x, y)
        reach = [(size - 1) * stride + 1 for size, stride in zip(y.shape[1:-1], strides, strict=True)]
        total = 0
        for element, shift in enumerate(elements):
            begins = [by - before for by, (before, _) in zip(shift, pads, strict=True)]
            over = [size - at - far for size, at, far in zip(x.shape[1:-1], begins, reach, strict=True)]
            spread = padded(number, list(zip(begins, over, strict=True)), -1, [stride - 1 for stride in strides])
            chosen = jnp.where(spread == element, change, 0)
            total = total + padded(chosen, [(-at, -rest) for at, rest in zip(begins, over, strict=True)])
        return y, strided(total, (0,) * len(strides), y.shape[1:-1], strides)

    pool: Any = jax.custom_jvp(largest_of_windows)
    pool.defjvp(derivative)
    compiled: Callable[[Array], Array] = jax.jit(pool)
    return compiled


def average_pool(x: Array, window: tuple[int, ...], strides: tuple[int, ...], padding: str, data_format: str) -> Array:
    """Return the average of each window, over what is of the input in it: the zeros around do not count."""
    jnp = jax.numpy
    wide = jnp.promote_types(x.dtype, "float32")
    sums = _reduced(x.astype(wide), 0.0, jax.lax.add, window, strides, padding, data_format)
    counts: Any = prod(window)
    axes = window_axes(x.ndim, data_format)
    pads = _pads([x.shape[axis] for axis in axes], window, strides, padding)
    if any(map(any, pads)):
        counts = 1.0
        for axis, size, step, (before, _) in zip(axes, window, strides, pads, strict=True):
            begins = numpy.arange(sums.shape[axis]) * step - before
            inside = numpy.minimum(begins + size, x.shape[axis]) - numpy.maximum(begins, 0)
            counts = counts * inside.reshape([-1 if other == axis else 1 for other in range(x.ndim)])
    return (sums / jnp.asarray(counts, wide)).astype(x.dtype)


def _pads(sizes: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: str) -> Pads:
    return paddings(sizes, window, strides, padding, (1,) * len(window))


def _reduced(
    x: Array, start: Any, combine: Any, window: Sequence[int], strides: Sequence[int], padding: str, data_format: str
) -> Array:
    axes = window_axes(x.ndim, data_format)
    pads = _pads([x.shape[axis] for axis in axes], window, strides, padding)

    def over_all(values: Sequence[Any], other: Any) -> tuple[Any, ...]:
        known = dict(zip(axes, values, strict=True))
        return tuple(known.get(axis, other) for axis in range(x.ndim))

    return jax.lax.reduce_window(x, start, combine, over_all(window, 1), over_all(strides, 1), over_all(pads, (0, 0)))


def adaptive_windows(size: int, parts: int) -> list[tuple[int, int]]:
    """Return where each of `parts` windows begins and ends that together cover an axis of `size` most evenly.

    Windows overlap where `parts` does not divide `size`: the one numbered i goes from ⌊i · size ÷ parts⌋ to
    ⌈(i + 1) · size ÷ parts⌉.
    """
    return [(i * size // parts, -(-(i + 1) * size // parts)) for i in range(parts)]


def adaptive_max_pool(x: Array, sizes: Sequence[int], data_format: str) -> Array:
    """Return the largest number of each of so many windows."""
    for axis, parts in zip(window_axes(x.ndim, data_format), sizes, strict=True):
        taken, _ = _windows(x, axis, parts)
        x = jax.numpy.max(taken, axis + 1)
    return x


def adaptive_average_pool(x: Array, sizes: Sequence[int], data_format: str) -> Array:
    """Return the average of each of so many windows."""
    jnp = jax.numpy
    dtype = x.dtype
    x = x.astype(jnp.promote_types(dtype, "float32"))
    for axis, parts in zip(window_axes(x.ndim, data_format), sizes, strict=True):
        taken, inside = _windows(x, axis, parts)
        shares = inside / inside.sum(1, keepdims=True)
        x = jnp.sum(taken * jnp.asarray(shares, x.dtype).reshape(*shares.shape, *(1,) * (x.ndim - axis - 1)), axis + 1)
    return x.astype(dtype)


def _windows(x: Array, axis: int, parts: int) -> tuple[Array, Any]:
    """Return `x` with an axis of windows and one of what is in each in place of `axis`; and which of that counts.

    A window that is shorter than the longest repeats its last number, which does not count.
    """
    bounds = numpy.array(adaptive_windows(x.shape[axis], parts))
    begins, ends = bounds[:, :1], bounds[:, 1:]
    along = begins + numpy.arange((ends - begins).max())
    return jax.numpy.take(x, numpy.minimum(along, ends - 1), axis), along < ends
