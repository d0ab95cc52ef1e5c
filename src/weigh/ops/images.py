"""Images as operations; what they compute is in `weigh.compute.images`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compute import convolution
from weigh.compute import images as pixels
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.dim import Shape, product
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.ops import shapes, specs
from weigh.ops.arrays import array, floats
from weigh.ops.operation import operation
from weigh.ops.specs import made, own, shape_of
from weigh.ops.windows import _convolved

MODULE = "keras.src.ops.image"


def _image(x: Any) -> Shape:
    pixels.check_rank(x)
    return shape_of(x)


def _alike(x: Any, *_: Any, **__: Any) -> Any:
    return made(_image(x), own(x))


def _colours(x: Any, data_format: str | None, allowed: tuple[int, ...]) -> list[int | None]:
    shape, axis = list(_image(x)), pixels.axes(data_format)[2]
    if shape[axis] not in (None, *allowed):
        raise ShapeError(f"images must have {' or '.join(map(str, allowed))} channels, not shape {tuple(shape)}.")
    return shape


# Colours ------------------------------------------------------------------------------------------------------------


def _grey(x: Any, data_format: str | None = None) -> Any:
    shape = _colours(x, data_format, (1, 3))
    shape[pixels.axes(data_format)[2]] = 1
    return made(tuple(shape), own(x))


@operation(
    "RGBToGrayscale", ("data_format",), lambda images, data_format=None: _grey(images, data_format), None, MODULE
)
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Array:
    """Return images in shades of grey, in one channel."""
    return pixels.rgb_to_grayscale(array(images), data_format)


def _coloured(x: Any, data_format: str | None = None) -> Any:
    return made(tuple(_colours(x, data_format, (3,))), own(x))


@operation("RGBToHSV", ("data_format",), lambda images, data_format=None: _coloured(images, data_format), None, MODULE)
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Array:
    """Return images of red, green and blue as hue, saturation and value."""
    return pixels.rgb_to_hsv(array(images), data_format)


@operation("HSVToRGB", ("data_format",), lambda images, data_format=None: _coloured(images, data_format), None, MODULE)
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Array:
    """Return images of hue, saturation and value as red, green and blue."""
    return pixels.hsv_to_rgb(array(images), data_format)


# Sizes --------------------------------------------------------------------------------------------------------------


def _resized(x: Any, size: Any, data_format: str | None) -> Any:
    shape = list(_image(x))
    across, along, _ = pixels.axes(data_format)
    shape[across], shape[along] = size
    return made(tuple(shape), own(x))


@operation(
    "Resize",
    (
        *("size", "interpolation", "antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"),
        *("fill_mode", "fill_value", "data_format"),
    ),
    lambda images, size, data_format=None, **_: _resized(images, size, data_format),
    None,
    MODULE,
)
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Array:
    """Return images of another height and width; arguments as of `weigh.compute.images.resize`."""
    return pixels.resize(
        array(images),
        size,
        interpolation,
        antialias,
        crop_to_aspect_ratio,
        pad_to_aspect_ratio,
        fill_mode,
        fill_value,
        data_format,
    )


def _edges(before: Any, after: Any, target: Any, size: int | None, sign: int, what: str) -> tuple[Any, Any, Any]:
    """Return what is put (sign 1) or taken (−1) before and behind an axis, and its size then: two are given."""
    if [before, after, target].count(None) != 1:
        raise ArgumentError(f"exactly two of what is before, behind and the size then must be given for the {what}.")
    if target is None:
        target = None if size is None else size + sign * (before + after)
    elif size is not None:
        rest = sign * (target - size) - (before if after is None else after)
        before, after = (before, rest) if after is None else (rest, after)
    if any(value is not None and value < 0 for value in (before, after, target)):
        raise ArgumentError(f"the {what} {size} cannot become {target} with {before} before and {after} behind it.")
    return before, after, target


def _framed(x: Any, around: Sequence[Any], data_format: str | None, sign: int) -> tuple[Any, Any, Any]:
    """Return what happens to rows and to columns, and what comes out."""
    top, left, bottom, right, height, width = around
    shape = list(_image(x))
    across, along, _ = pixels.axes(data_format)
    rows = _edges(top, bottom, height, shape[across], sign, "height")
    columns = _edges(left, right, width, shape[along], sign, "width")
    shape[across], shape[along] = rows[2], columns[2]
    return rows, columns, made(tuple(shape), own(x))


_PADDING = ("top_padding", "left_padding", "bottom_padding", "right_padding", "target_height", "target_width")
_CROPPING = ("top_cropping", "left_cropping", "bottom_cropping", "right_cropping", "target_height", "target_width")


def _frame_spec(names: tuple[str, ...], sign: int) -> specs.Spec:
    def spec(images: Any, data_format: str | None = None, **given: Any) -> Any:
        return _framed(images, [given.get(name) for name in names], data_format, sign)[2]

    return spec


@operation("PadImages", (*_PADDING, "data_format"), _frame_spec(_PADDING, 1), specs.free, MODULE)
def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Array:
    """Return images with zeros around; of padding before, behind and the size then, two are given for each axis."""
    images = array(images)
    around = (top_padding, left_padding, bottom_padding, right_padding, target_height, target_width)
    rows, columns, _ = _framed(images, around, data_format, 1)
    across, along, _ = pixels.axes(data_format)
    widths = [(0, 0)] * images.ndim
    widths[across], widths[along] = rows[:2], columns[:2]
    return jax.numpy.pad(images, widths)


@operation("CropImages", (*_CROPPING, "data_format"), _frame_spec(_CROPPING, -1), specs.free, MODULE)
def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Array:
    """Return a part of images; of what is left away before and behind and the size, two are given for each axis."""
    images = array(images)
    around = (top_cropping, left_cropping, bottom_cropping, right_cropping, target_height, target_width)
    (top, _, height), (left, _, width), _ = _framed(images, around, data_format, -1)
    return pixels.crop(images, top, left, height, width, data_format)


@operation(
    "ScaleAndTranslate",
    ("spatial_dims", "method", "antialias"),
    lambda images, output_shape, **_: made(tuple(output_shape), own(images)),
    None,
    MODULE,
)
def scale_and_translate(
    images: Any, output_shape: Any, scale: Any, translation: Any, spatial_dims: Any, method: str, antialias: bool = True
) -> Array:
    """Return images scaled and moved along axes; see `jax.image.scale_and_translate`."""
    return jax.image.scale_and_translate(
        array(images), tuple(output_shape), tuple(spatial_dims), array(scale), array(translation), method, antialias
    )


# Coordinates --------------------------------------------------------------------------------------------------------


@operation(
    "AffineTransform",
    ("interpolation", "fill_mode", "fill_value", "data_format"),
    lambda images, **_: _alike(images),
    None,
    MODULE,
)
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Array:
    """Return images moved, turned, scaled and sheared; arguments as of `weigh.compute.images.affine_transform`."""
    return pixels.affine_transform(array(images), array(transform), interpolation, fill_mode, fill_value, data_format)


@operation(
    "PerspectiveTransform",
    ("interpolation", "fill_value", "data_format"),
    lambda images, **_: _alike(images),
    None,
    MODULE,
)
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Array:
    """Return images seen from elsewhere: four points come to other places."""
    return pixels.perspective_transform(
        array(images), array(start_points), array(end_points), interpolation, fill_value, data_format
    )


@operation("GaussianBlur", ("kernel_size", "sigma", "data_format"), lambda images, **_: _alike(images), None, MODULE)
def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Array:
    """Return blurred images: each pixel the mean of those around, weighed by a normal distribution."""
    return pixels.gaussian_blur(array(images), tuple(kernel_size), tuple(sigma), data_format)


@operation(
    "ElasticTransform",
    ("alpha", "sigma", "interpolation", "fill_mode", "fill_value", "seed", "data_format"),
    lambda images, **_: _alike(images),
    None,
    MODULE,
)
def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Array:
    """Return images distorted at random; arguments as of `weigh.compute.images.elastic_transform`."""
    return pixels.elastic_transform(
        array(images), alpha, sigma, interpolation, fill_mode, fill_value, seed, data_format
    )


def _mapped(inputs: Any, coordinates: Any, *_: Any, **__: Any) -> Any:
    places = shape_of(coordinates)
    if len(places) < 2 or places[0] not in (None, len(shape_of(inputs))):
        raise ShapeError(
            f"coordinates are ({len(shape_of(inputs))}, …) for an array of shape {shape_of(inputs)}, not {places}."
        )
    return made(places[1:], own(inputs))


@operation("MapCoordinates", ("order", "fill_mode", "fill_value"), _mapped, None, MODULE)
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Array:
    """Return an array read at places between its elements; arguments as of `weigh.compute.images.map_coordinates`."""
    return pixels.map_coordinates(array(inputs), array(coordinates), order, fill_mode, fill_value)


# Windows ------------------------------------------------------------------------------------------------------------


def _patched(
    x: Any, size: Any, strides: Any, dilation_rate: Any, padding: str, data_format: str | None, rank: int
) -> Any:
    shape = shape_of(x)
    single = len(shape) == rank + 1
    window = shapes.window_sizes(size, rank, "size")
    channels = shape[-rank - 1 if pixels.channels_first(data_format) else -1]
    filters = None if channels is None else channels * product(window)
    batched = made((1, *shape) if single else shape, own(x))
    kernel = made((*window, channels, filters), own(x))
    steps = strides or window
    found = _convolved(batched, kernel, steps, padding, data_format, dilation_rate)
    return made(found.shape[1:], own(x)) if single else found


_PATCHES = ("size", "strides", "dilation_rate", "padding", "data_format")


def _rank(size: Any) -> int:
    if not isinstance(size, (int, tuple, list)):
        raise ArgumentTypeError(f"`size` must be a whole number, or two or three of them, not {size!r}.")
    return 3 if not isinstance(size, int) and len(size) == 3 else 2


def _patches(
    x: Any, size: Any, strides: Any, dilation_rate: Any, padding: str, data_format: str | None, rank: int
) -> Array:
    x = array(x)
    first = pixels.channels_first(data_format)
    single = x.ndim == rank + 1
    window = shapes.window_sizes(size, rank, "size")
    steps = shapes.window_sizes(strides or window, rank, "strides")
    apart = shapes.window_sizes(dilation_rate, rank, "dilation_rate")
    batch = x[None] if single else x
    channels = batch.shape[1 if first else -1]
    filters = channels * product(window)
    kernel = jax.numpy.eye(filters, dtype=x.dtype).reshape(*window, channels, filters)
    found = convolution.convolve(batch, kernel, steps, padding, apart, "channels_first" if first else "channels_last")
    return found[0] if single else found


@operation(
    "ExtractPatches",
    _PATCHES,
    lambda images, size, strides=None, dilation_rate=1, padding="valid", data_format=None: _patched(
        images, size, strides, dilation_rate, padding, data_format, _rank(size)
    ),
    specs.free,
    MODULE,
)
def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Array:
    """Return the pixels of windows as channels: of images, or of volumes where `size` is three numbers."""
    return _patches(images, size, strides, dilation_rate, padding, data_format, _rank(size))


def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Return the elements of windows of volumes as channels."""
    return extract_patches(volumes, shapes.window_sizes(size, 3, "size"), strides, dilation_rate, padding, data_format)


@operation(
    "SobelEdges",
    ("data_format",),
    lambda images, data_format=None: made((*_image(images), 2), own(images)),
    None,
    MODULE,
)
def sobel_edges(images: Any, data_format: str | None = None) -> Array:
    """Return how much images change downwards and to the right, along a new last axis."""
    images = array(images)
    layout = "channels_first" if pixels.channels_first(data_format) else "channels_last"
    smooth, slope = jax.numpy.array([1, 2, 1]), jax.numpy.array([-1, 0, 1])
    edges = []
    for window in (jax.numpy.outer(slope, smooth), jax.numpy.outer(smooth, slope)):
        channels = images.shape[1 if layout == "channels_first" else -1]
        kernel = jax.numpy.broadcast_to(window[..., None, None], (3, 3, channels, 1)).astype(images.dtype)
        edges.append(convolution.convolve_depthwise(images, kernel, (1, 1), "same", (1, 1), layout))
    return jax.numpy.stack(edges, -1)


@operation(
    "SSIM",
    ("max_val", "filter_size", "filter_sigma", "k1", "k2", "data_format"),
    lambda image1, image2, **_: made(_image(image1)[:-3], own(image1)),
    None,
    MODULE,
)
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Array:
    """Return how alike images are in structure, 1 for the same, one number an image.

    Source: Wang et al. 2004, equation 13, with the window of section III.C.
    """
    jnp = jax.numpy
    x, y = floats(image1), floats(image2)
    pixels.check_rank(x)
    dtype = array(image1).dtype
    if pixels.channels_first(data_format):
        x, y = jnp.moveaxis(x, -3, -1), jnp.moveaxis(y, -3, -1)
    distance = jnp.arange(filter_size) - (filter_size - 1) / 2.0
    weights = jnp.exp(-jnp.square(distance) / (2.0 * filter_sigma**2)).astype(x.dtype)
    weights = weights / jnp.sum(weights)

    def mean(values: Array) -> Array:
        planes = jnp.moveaxis(values, -1, -3).reshape(-1, *values.shape[-3:-1], 1)
        kernel = jnp.outer(weights, weights)[..., None, None]
        return convolution.convolve(planes, kernel, (1, 1), "valid", (1, 1), "channels_last")

    of_x, of_y = mean(x), mean(y)
    spread_x, spread_y = mean(x * x) - of_x * of_x, mean(y * y) - of_y * of_y
    together = mean(x * y) - of_x * of_y
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    alike = (2 * of_x * of_y + c1) * (2 * together + c2)
    alike = alike / ((of_x * of_x + of_y * of_y + c1) * (spread_x + spread_y + c2))
    return jnp.mean(jnp.mean(alike, (1, 2, 3)).reshape(*x.shape[:-3], x.shape[-1]), -1).astype(dtype)
