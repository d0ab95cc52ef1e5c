"""Convolutions, pooling, and other functions of windows that move over images and sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute import convolution, pooling
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import settings
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.window import assembled, transposed_size
from weigh.errors import ArgumentError, ShapeError
from weigh.ops import shapes, specs
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import made, own, shape_of

MODULE = "keras.src.ops.nn"


def _format(data_format: str | None) -> str:
    return data_format or settings.image_data_format()


# Convolutions -------------------------------------------------------------------------------------------------------


def _groups(inputs: Shape, kernel: Shape, data_format: str | None) -> None:
    """Check that the kernel's channels divide those of the input."""
    _, _, channels = shapes.image_parts(inputs, _format(data_format))
    if channels is not None and kernel[-2] and channels % kernel[-2]:
        raise ShapeError(
            f"a kernel of shape {kernel} takes {kernel[-2]} channels or a group of so many, but the input of shape "
            f"{inputs} has {channels}."
        )


def _convolved(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    given, window = shape_of(inputs), shape_of(kernel)
    _groups(given, window, data_format)
    out = shapes.convolved(given, window, window[-1], strides, padding.lower(), _format(data_format), dilation_rate)
    return made(out, own(inputs))


def _convolution_cost(inputs: Any, kernel: Any, *args: Any, **kwargs: Any) -> Cost:
    out, window = _convolved(inputs, kernel, *args, **kwargs).shape, shape_of(kernel)
    return Cost(product((*out, *window[:-1])))


_CONVOLUTION = ("strides", "padding", "data_format", "dilation_rate")


@operation("Conv", _CONVOLUTION, _convolved, _convolution_cost, MODULE)
def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Array:
    """Return the convolution of (batch, *positions*, channels) with a kernel (*window*, channels, filters).

    A kernel of fewer channels works on groups of them.
    """
    kernel = array(kernel)
    inputs = array(inputs, kernel.dtype)
    rank = inputs.ndim - 2
    steps, apart = (shapes.window_sizes(one, rank, "strides") for one in (strides, dilation_rate))
    return convolution.convolve(inputs, kernel, steps, padding.lower(), apart, _format(data_format))


def _depthwise(inputs: Any, kernel: Any, *args: Any, **kwargs: Any) -> Any:
    window = shape_of(kernel)
    _own_channels(inputs, window, kwargs.get("data_format"))
    whole = made((*window[:-2], window[-2], (window[-2] or 0) * (window[-1] or 0)), own(kernel))
    return _convolved(inputs, whole, *args, **kwargs)


def _own_channels(inputs: Any, window: Shape, data_format: str | None) -> None:
    _, _, channels = shapes.image_parts(shape_of(inputs), _format(data_format))
    if channels is not None and channels != window[-2]:
        raise ShapeError(
            f"a depthwise kernel of shape {window} is for {window[-2]} channels, but the input of shape "
            f"{shape_of(inputs)} has {channels}."
        )


def _depthwise_cost(inputs: Any, kernel: Any, *args: Any, **kwargs: Any) -> Cost:
    return Cost(product((*_depthwise(inputs, kernel, *args, **kwargs).shape, *shape_of(kernel)[:-2])))


@operation("DepthwiseConv", _CONVOLUTION, _depthwise, _depthwise_cost, MODULE)
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Array:
    """Return the convolution of each channel with its own kernels (*window*, channels, outputs of each)."""
    inputs, kernel = array(inputs), array(kernel)
    rank = inputs.ndim - 2
    steps, apart = (shapes.window_sizes(one, rank, "strides") for one in (strides, dilation_rate))
    return convolution.convolve_depthwise(inputs, kernel, steps, padding.lower(), apart, _format(data_format))


def _separable(inputs: Any, depthwise_kernel: Any, pointwise_kernel: Any, **kwargs: Any) -> Any:
    deep = _depthwise(inputs, depthwise_kernel, **kwargs)
    return _convolved(deep, pointwise_kernel, data_format=kwargs.get("data_format"))


def _separable_cost(inputs: Any, depthwise_kernel: Any, pointwise_kernel: Any, **kwargs: Any) -> Cost:
    deep = _depthwise(inputs, depthwise_kernel, **kwargs)
    then = _convolution_cost(deep, pointwise_kernel, data_format=kwargs.get("data_format"))
    return _depthwise_cost(inputs, depthwise_kernel, **kwargs) + then


@operation("SeparableConv", _CONVOLUTION, _separable, _separable_cost, MODULE)
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Array:
    """Return the convolution of each channel by itself, then that of all channels at each position."""
    deep = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(deep, pointwise_kernel, 1, "valid", data_format)


def _spread(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    window = shape_of(kernel)
    batch, positions, channels = shapes.image_parts(shape_of(inputs), _format(data_format))
    if channels is not None and channels != window[-1]:
        raise ShapeError(
            f"a transposed kernel of shape {window} takes {window[-1]} channels, but the input of shape "
            f"{shape_of(inputs)} has {channels}."
        )
    rank = len(positions)
    steps, apart = (shapes.window_sizes(one, rank, "strides") for one in (strides, dilation_rate))
    more = (None,) * rank if output_padding is None else shapes.window_sizes(output_padding, rank, "output_padding")
    sizes = tuple(
        transposed_size(size, element, step, padding.lower(), gap, added) if element is not None else None
        for size, element, step, gap, added in zip(positions, window[:-2], steps, apart, more, strict=True)
    )
    return made(assembled(batch, sizes, window[-2], _format(data_format)), own(inputs))


def _spread_cost(inputs: Any, kernel: Any, **_: Any) -> Cost:
    return Cost(product((*shape_of(inputs), *shape_of(kernel)[:-1])))


@operation(
    "ConvTranspose",
    ("strides", "padding", "output_padding", "data_format", "dilation_rate"),
    _spread,
    _spread_cost,
    MODULE,
)
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Array:
    """Return what a convolution's gradient does with the input; the kernel is (*window*, filters, channels)."""
    inputs, kernel = array(inputs), array(kernel)
    rank = inputs.ndim - 2
    steps, apart = (shapes.window_sizes(one, rank, "strides") for one in (strides, dilation_rate))
    more = None if output_padding is None else shapes.window_sizes(output_padding, rank, "output_padding")
    return convolution.convolve_transposed(inputs, kernel, steps, padding.lower(), apart, more, _format(data_format))


# Pooling ------------------------------------------------------------------------------------------------------------


def _pooled(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Any:
    return made(shapes.pooled(shape_of(inputs), pool_size, strides, padding.lower(), _format(data_format)), own(inputs))


def _pooling_cost(inputs: Any, pool_size: Any, *args: Any, **kwargs: Any) -> Cost:
    window = shapes.window_sizes(pool_size, len(shape_of(inputs)) - 2, "pool_size")
    return Cost(others=product((*_pooled(inputs, pool_size, *args, **kwargs).shape, *window)))


def _pool(
    function: Callable[..., Array], inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: str | None
) -> Array:
    inputs = array(inputs)
    window = shapes.window_sizes(pool_size, inputs.ndim - 2, "pool_size")
    steps = window if strides is None else shapes.window_sizes(strides, inputs.ndim - 2, "strides")
    if padding.lower() not in ("valid", "same"):
        raise ArgumentError(f"`padding` must be 'valid' or 'same', not {padding!r}.")
    return function(inputs, window, steps, padding.lower(), _format(data_format))


_POOLING = ("pool_size", "strides", "padding", "data_format")


@operation("MaxPool", _POOLING, _pooled, _pooling_cost, MODULE)
def max_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Array:
    """Return the largest number of each window; windows lie side by side unless `strides` are given."""
    return _pool(pooling.max_pool, inputs, pool_size, strides, padding, data_format)


@operation("AveragePool", _POOLING, _pooled, _pooling_cost, MODULE)
def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Array:
    """Return the average of each window; windows lie side by side unless `strides` are given."""
    return _pool(pooling.average_pool, inputs, pool_size, strides, padding, data_format)


def _adapted(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    batch, positions, channels = shapes.image_parts(shape_of(inputs), _format(data_format))
    sizes = shapes.window_sizes(output_size, len(positions), "output_size")
    return made(assembled(batch, sizes, channels, _format(data_format)), own(inputs))


_ADAPTIVE = ("output_size", "data_format")


@operation("AdaptiveAveragePool", _ADAPTIVE, _adapted, specs.each_read, MODULE)
def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Array:
    """Return the averages of so many windows that together cover each axis most evenly."""
    inputs = array(inputs)
    sizes = shapes.window_sizes(output_size, inputs.ndim - 2, "output_size")
    return pooling.adaptive_average_pool(inputs, sizes, _format(data_format))


@operation("AdaptiveMaxPool", _ADAPTIVE, _adapted, specs.each_read, MODULE)
def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Array:
    """Return the largest numbers of so many windows that together cover each axis most evenly."""
    inputs = array(inputs)
    sizes = shapes.window_sizes(output_size, inputs.ndim - 2, "output_size")
    return pooling.adaptive_max_pool(inputs, sizes, _format(data_format))


# Windows as columns -------------------------------------------------------------------------------------------------


def _blocks(sizes: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> list[int | None]:
    """Return how many windows lie on each of two axes."""
    pairs = [shapes.window_sizes(one, 2, "kernel_size") for one in (kernel_size, dilation, padding, stride)]
    return [
        None if size is None else shapes.windows(size + 2 * pad, kernel, step, "valid", gap)
        for size, kernel, gap, pad, step in zip(sizes, *pairs, strict=True)
    ]


def _four(x: Any, what: str) -> Shape:
    shape = shape_of(x)
    if len(shape) != 4:
        raise ShapeError(f"{what} is of 4 axes, not of shape {shape}.")
    return shape


def _unfolded(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    batch, channels, *sizes = _four(x, "what is unfolded")
    blocks = _blocks(sizes, kernel_size, dilation, padding, stride)
    window = product(shapes.window_sizes(kernel_size, 2, "kernel_size"))
    rows = None if channels is None else channels * window
    return made((batch, rows, None if None in blocks else product(blocks)), own(x))


@operation("Unfold", ("kernel_size", "dilation", "padding", "stride"), _unfolded, specs.free, MODULE)
def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Array:
    """Return each window of (batch, channels, height, width) as a column: (batch, channels × window, windows)."""
    x = array(x)
    window, gaps, pads, steps = (
        shapes.window_sizes(one, 2, "kernel_size") for one in (kernel_size, dilation, padding, stride)
    )
    patches = jax.lax.conv_general_dilated_patches(
        x, window, steps, [(pad, pad) for pad in pads], rhs_dilation=gaps, dimension_numbers=("NCHW", "OIHW", "NCHW")
    )
    return patches.reshape(*patches.shape[:2], -1)


def _folded(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    shape = shape_of(x)
    window = product(shapes.window_sizes(kernel_size, 2, "kernel_size"))
    if len(shape) != 3 or (shape[1] is not None and shape[1] % window):
        raise ShapeError(f"windows of {window} elements are (batch, channels × {window}, windows), not {shape}.")
    channels = None if shape[1] is None else shape[1] // window
    return made((shape[0], channels, *shapes.window_sizes(output_size, 2, "output_size")), own(x))


@operation("Fold", ("output_size", "kernel_size", "dilation", "padding", "stride"), _folded, None, MODULE)
def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Array:
    """Return (batch, channels, height, width) from windows as columns; where windows overlap, they are added up."""
    x = array(x)
    shape = (x.shape[0], x.shape[1] // product(shapes.window_sizes(kernel_size, 2, "kernel_size")))
    image = jax.ShapeDtypeStruct((*shape, *shapes.window_sizes(output_size, 2, "output_size")), x.dtype)

    def unfolded(image: Array) -> Array:
        return unfold(image, kernel_size, dilation, padding, stride)

    (folded,) = jax.linear_transpose(unfolded, image)(x)
    return folded


def _regrouped(x: Any, block_size: int, data_format: str, outwards: bool) -> Any:
    if block_size < 2:
        raise ArgumentError(f"`block_size` must be at least 2, not {block_size}.")
    _four(x, "an image")
    batch, sizes, channels = shapes.image_parts(shape_of(x), data_format)
    area = block_size**2
    moved = [channels] if outwards else list(sizes)
    if any(size is not None and size % (area if outwards else block_size) for size in moved):
        raise ShapeError(f"shape {shape_of(x)} cannot be regrouped in blocks of {block_size} × {block_size}.")

    def times(size: int | None, factor: int, grows: bool) -> int | None:
        return None if size is None else size * factor if grows else size // factor

    positions = tuple(times(size, block_size, outwards) for size in sizes)
    return made(assembled(batch, positions, times(channels, area, not outwards), data_format), own(x))


_BLOCKS = ("block_size", "data_format")


@operation(
    "DepthToSpace",
    _BLOCKS,
    lambda x, block_size, data_format="channels_last": _regrouped(x, block_size, data_format, True),
    specs.free,
    MODULE,
)
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Array:
    """Return an image whose channels have become blocks of pixels."""
    x = array(x)
    first = data_format == "channels_first"
    x = jax.numpy.moveaxis(x, 1, -1) if first else x
    batch, height, width, channels = x.shape
    if first:  # the block is the inner part of the channels there
        x = x.reshape(batch, height, width, channels // block_size**2, block_size, block_size)
        x = x.transpose(0, 1, 4, 2, 5, 3)
    else:
        x = x.reshape(batch, height, width, block_size, block_size, channels // block_size**2)
        x = x.transpose(0, 1, 3, 2, 4, 5)
    x = x.reshape(batch, height * block_size, width * block_size, -1)
    return jax.numpy.moveaxis(x, -1, 1) if first else x


@operation(
    "SpaceToDepth",
    _BLOCKS,
    lambda x, block_size, data_format="channels_last": _regrouped(x, block_size, data_format, False),
    specs.free,
    MODULE,
)
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Array:
    """Return an image whose blocks of pixels have become channels."""
    x = array(x)
    first = data_format == "channels_first"
    x = jax.numpy.moveaxis(x, 1, -1) if first else x
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // block_size, block_size, width // block_size, block_size, channels)
    x = x.transpose((0, 1, 3, 5, 2, 4) if first else (0, 1, 3, 2, 4, 5))
    x = x.reshape(batch, height // block_size, width // block_size, -1)
    return jax.numpy.moveaxis(x, -1, 1) if first else x
