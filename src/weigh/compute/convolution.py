"""Convolutions, as `lax` computes them, and depthwise ones in the form that a CPU is quick at.

Arrays are (batch, *positions*, channels), or (batch, channels, *positions*) with ``"channels_first"``. `padding` is
``"valid"``, ``"same"`` or ``"causal"``. Kernels are (*window*, channels of a group, filters).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from math import prod
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array

Pads = tuple[tuple[int, int], ...]
"""How many zeros are put before and behind each axis over which a window moves."""

MOST_TAPS = 64
"""The largest window that is written out as shifted products: each element makes the program longer."""

_MOST_GROUPS = 64
"""The largest number of groups that are written out one by one, for the same reason."""


def paddings(
    sizes: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: str, dilation: Sequence[int]
) -> Pads:
    """Return the zeros that `padding` puts around axes of `sizes`; what is odd with ``"same"`` comes behind."""
    pads = []
    for size, kernel, stride, step in zip(sizes, window, strides, dilation, strict=True):
        beyond = (kernel - 1) * step
        if padding == "causal":
            pads.append((beyond, 0))
        elif padding == "same":
            needed = max((-(-size // stride) - 1) * stride + beyond + 1 - size, 0)
            pads.append((needed // 2, needed - needed // 2))
        else:
            pads.append((0, 0))
    return tuple(pads)


def convolve(
    x: Array, kernel: Array, strides: tuple[int, ...], padding: str, dilation: tuple[int, ...], data_format: str
) -> Array:
    """Return the convolution of `x`; the kernel's second last axis says how many channels a group has.

    On a CPU some run in another form, the same to rounding, because XLA's own is slow there, above all its gradients
    (medians of several shapes, forward and backward): windows of one position as a matrix product (2 times as fast), a
    few groups one by one (10 times and more), groups of one channel as `convolve_depthwise`.
    """
    *window, of_group, filters = kernel.shape
    channels = x.shape[1 if data_format == "channels_first" else -1]
    groups = channels // of_group
    if jax.default_backend() == "cpu":
        if groups == 1 and prod(window) == 1:
            return _multiply_positions(x, kernel.reshape(channels, filters), strides, data_format)
        if groups > 1 and of_group == 1:
            own = kernel.reshape(*window, channels, filters // channels)
            return convolve_depthwise(x, own, strides, padding, dilation, data_format)
        if 1 < groups <= _MOST_GROUPS:
            return _by_groups(groups, strides, padding, dilation, data_format)(x, kernel)
    return _convolve(x, kernel, strides, padding, dilation, data_format)


def _convolve(
    x: Array, kernel: Array, strides: tuple[int, ...], padding: str, dilation: tuple[int, ...], data_format: str
) -> Array:
    numbers = _dimension_numbers(x.ndim, data_format)
    sizes, channels = [x.shape[axis] for axis in numbers.lhs_spec[2:]], x.shape[numbers.lhs_spec[1]]
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        strides,
        paddings(sizes, kernel.shape[:-2], strides, padding, dilation),
        rhs_dilation=dilation,
        dimension_numbers=numbers,
        feature_group_count=channels // kernel.shape[-2],
    )


def _multiply_positions(x: Array, kernel: Array, strides: tuple[int, ...], data_format: str) -> Array:
    """Return the product of the channels at every position that a window of 1 stops at with a matrix."""
    first = data_format == "channels_first"
    x = jax.numpy.moveaxis(x, 1, -1) if first else x
    stops = [-(-size // stride) for size, stride in zip(x.shape[1:-1], strides, strict=True)]
    x = strided(x, (0,) * len(stops), stops, strides) if max(strides) > 1 else x
    y = (x.reshape(-1, x.shape[-1]) @ kernel).reshape(*x.shape[:-1], kernel.shape[-1])
    return jax.numpy.moveaxis(y, -1, 1) if first else y


@cache
def _by_groups(groups: int, *how: Any) -> Callable[[Array, Array], Array]:
    """Return the function that makes a convolution of each group; `how`: as of `convolve`."""
    jnp = jax.numpy

    def convolve_by_groups(x: Array, kernel: Array) -> Array:
        axis = 1 if how[-1] == "channels_first" else -1
        parts = zip(jnp.split(x, groups, axis), jnp.split(kernel, groups, -1), strict=True)
        return jnp.concatenate([_convolve(part, own, *how) for part, own in parts], axis)

    compiled: Callable[[Array, Array], Array] = jax.jit(convolve_by_groups)
    return compiled


def convolve_transposed(
    x: Array,
    kernel: Array,
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...],
    output_padding: tuple[int, ...] | None,
    data_format: str,
) -> Array:
    """Return what a convolution's gradient does with `x`: every number of it spreads over a window.

    The kernel is that of the convolution whose gradient this is: (*window*, filters, channels). `output_padding` says
    how many positions are added behind, ``None`` as many as make sizes multiples of `strides`.

    Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", section 4.
    """
    pads = []
    for axis, (size, stride, step) in enumerate(zip(kernel.shape[:-2], strides, dilation, strict=True)):
        span, more = (size - 1) * step + 1, None if output_padding is None else output_padding[axis]
        if padding == "valid":
            pads.append((span - 1, span - 1 + (max(stride - span, 0) if more is None else more)))
        else:
            both = stride + span - 2 if more is None else span + span % 2 - 2 + more
            before = min(both - both // 2, span - 1)
            pads.append((before, both - before))
    return jax.lax.conv_transpose(
        x,
        kernel,
        strides,
        pads,
        rhs_dilation=dilation,
        dimension_numbers=_dimension_numbers(x.ndim, data_format),
        transpose_kernel=True,
    )


def _dimension_numbers(rank: int, data_format: str) -> Any:
    window = range(rank - 2)
    first = data_format == "channels_first"
    given = (0, 1, *range(2, rank)) if first else (0, rank - 1, *range(1, rank - 1))
    return jax.lax.ConvDimensionNumbers(given, (rank - 1, rank - 2, *window), given)


def multiply_windows(
    x: Array, kernel: Array, window: tuple[int, ...], strides: tuple[int, ...], padding: str, data_format: str
) -> Array:
    """Return at each position the product of what is in the window with that position's own matrix.

    `kernel` is (positions that come out, window × channels, filters), with ``"channels_first"`` (…, channels × window,
    filters).
    """
    first = data_format == "channels_first"
    axes = range(2, x.ndim) if first else range(1, x.ndim - 1)
    pads = paddings([x.shape[axis] for axis in axes], window, strides, padding, (1,) * len(window))
    x = padded(jax.numpy.moveaxis(x, 1, -1) if first else x, pads)
    out = [(size - k) // stride + 1 for size, k, stride in zip(x.shape[1:-1], window, strides, strict=True)]
    slices = [strided(x, shift, out, strides) for shift in shifts(window, (1,) * len(window))]
    seen = jax.numpy.stack(slices, -1 if first else -2)
    y = jax.numpy.einsum("npi,pif->npf", seen.reshape(x.shape[0], prod(out), -1), kernel)
    y = y.reshape(x.shape[0], *out, kernel.shape[-1])
    return jax.numpy.moveaxis(y, -1, 1) if first else y


def shifts(window: Sequence[int], dilation: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the distance of each element of a window from the first."""
    elements = product(*map(range, window))
    return [tuple(i * step for i, step in zip(one, dilation, strict=True)) for one in elements]


def padded(x: Array, around: Sequence[tuple[int, int]], filling: Any = 0, between: Sequence[int] = ()) -> Array:
    """Return `x`, channels last, with so much `filling` before, behind and `between` along each axis of positions.

    Less than nothing before or behind cuts off.
    """
    gaps = between or (0,) * len(around)
    sizes = ((0, 0, 0), *((*pad, gap) for pad, gap in zip(around, gaps, strict=True)), (0, 0, 0))
    return jax.lax.pad(x, jax.numpy.asarray(filling, x.dtype), sizes)


def strided(x: Array, starts: Sequence[int], sizes: Sequence[int], strides: Sequence[int]) -> Array:
    """Return the part of `x`, channels last, that begins at `starts` and has `sizes` positions, `strides` apart."""
    ends = [at + (size - 1) * stride + 1 for at, size, stride in zip(starts, sizes, strides, strict=True)]
    return jax.lax.slice(x, (0, *starts, 0), (x.shape[0], *ends, x.shape[-1]), (1, *strides, 1))


# Depthwise ------------------------------------------------------------------------------------------------------


def convolve_depthwise(
    x: Array, kernel: Array, strides: tuple[int, ...], padding: str, dilation: tuple[int, ...], data_format: str
) -> Array:
    """Return the convolution of each channel of `x` with its own; `kernel` is (*window*, channels, outputs of each)."""
    *window, channels, times = kernel.shape
    if jax.default_backend() != "cpu" or prod(window) > MOST_TAPS:
        return _convolve(x, kernel.reshape(*window, 1, channels * times), strides, padding, dilation, data_format)
    first = data_format == "channels_first"
    dtype = x.dtype
    x = (jax.numpy.moveaxis(x, 1, -1) if first else x).astype(jax.numpy.promote_types(dtype, "float32"))
    x = jax.numpy.repeat(x, times, axis=-1) if times > 1 else x
    pads = paddings(x.shape[1:-1], window, strides, padding, dilation)
    y = _shifted_products(strides, dilation, pads)(x, kernel.reshape(*window, channels * times)).astype(dtype)
    return jax.numpy.moveaxis(y, -1, 1) if first else y


@cache
def _shifted_products(
    strides: tuple[int, ...], dilation: tuple[int, ...], pads: Pads
) -> Callable[[Array, Array], Array]:
    """Return the function from `x`, channels last, and a kernel (*window*, channels) to the depthwise convolution.

    It adds up, for each element of the window, the shifted input times that element: one pass over memory, where
    XLA's grouped convolution on a CPU goes channel by channel and takes 10 to 30 times as long (8 × 32 × 32 × 96,
    window 3 × 3). The derivative is written so that its transpose, the gradient of `x`, reads shifted arrays as
    well; that of a sum of slices would write them one over the other, which takes 2 to 8 times as long.
    """
    jnp = jax.numpy

    def sizes(x: Array, kernel: Array) -> list[int]:
        """Return how many positions come out on each axis."""
        return [
            (size + sum(pad) - (k - 1) * step - 1) // stride + 1
            for size, pad, k, step, stride in zip(
                x.shape[1:-1], pads, kernel.shape[:-1], dilation, strides, strict=True
            )
        ]

    def elements(kernel: Array) -> list[tuple[Array, tuple[int, ...]]]:
        """Return the numbers (channels,) of each element of the window, with its shift."""
        window = kernel.shape[:-1]
        parts = jnp.split(kernel.reshape(-1, kernel.shape[-1]), prod(window))  # one split: one concatenation backward
        return [(part[0], shift) for part, shift in zip(parts, shifts(window, dilation), strict=True)]

    def sum_of_shifted_products(x: Array, kernel: Array) -> Array:
        out, wide = sizes(x, kernel), padded(x, pads)
        return sum(strided(wide, shift, out, strides) * numbers for numbers, shift in elements(kernel))

    def scattered(x: Array, kernel: Array) -> Array:
        beyond = [(k - 1) * step for k, step in zip(kernel.shape[:-1], dilation, strict=True)]
        full = sum(
            padded(x * numbers, [(most - by, by) for most, by in zip(beyond, shift, strict=True)])
            for numbers, shift in elements(kernel)
        )
        starts = [most - before for most, (before, _) in zip(beyond, pads, strict=True)]
        return strided(full, starts, sizes(x, kernel), strides)

    def derivative(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
        (x, kernel), (change, turn) = primals, tangents
        return function(x, kernel), scattered(change, kernel) + sum_of_shifted_products(x, turn)

    function = jax.custom_jvp(sum_of_shifted_products)
    function.defjvp(derivative)
    compiled: Callable[[Array, Array], Array] = jax.jit(function)
    return compiled
