"""Images as arrays: resized, mapped to other coordinates, blurred, brought to other colour spaces.

Every function takes one image or a batch of them, channels last, (…, height, width, channels), or first,
(…, channels, height, width); `data_format` says which, ``None`` is the default one. They are pure and may be compiled.
"""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare import settings
from weigh.errors import ArgumentError, ShapeError

RESIZE_INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic")
"""How `resize` may interpolate."""

ORDERS = {"nearest": 0, "bilinear": 1}
"""How a mapping of coordinates may interpolate, and the order of the spline that this is."""

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
"""What is beyond the edge of an image: one value, the edge, the other side, or the image mirrored (at the centre of
its last pixels, or at their outer edge)."""


def channels_first(data_format: str | None) -> bool:
    """Return whether the channels' axis stands before height and width.

    Raises:
        ArgumentError: `data_format` is unknown.
    """
    value = settings.image_data_format() if data_format is None else data_format
    _one_of("data_format", value, ("channels_last", "channels_first"))
    return value == "channels_first"


def axes(data_format: str | None) -> tuple[int, int, int]:
    """Return the axes of height, width and channels, counted from the end."""
    return (-2, -1, -3) if channels_first(data_format) else (-3, -2, -1)


def check_rank(images: Array) -> None:
    """Raise a ShapeError unless `images` is one image or a batch of them."""
    if len(images.shape) not in (3, 4):
        raise ShapeError(
            f"Images have 3 axes, or 4 with the batch's, but got shape {tuple(images.shape)} with {len(images.shape)}."
        )


def _one_of(argument: str, value: Any, options: Any) -> Any:
    """Return `value` if it is one of `options`."""
    if value not in options:
        raise ArgumentError(f"`{argument}` must be one of {', '.join(map(repr, options))}, not {value!r}.")
    return value


# Sizes ----------------------------------------------------------------------------------------------------------


def resize(
    images: Array,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Array:
    """Return images of another size, in the dtype that they came in; whole numbers are rounded and kept in range.

    Args:
        images: one image or a batch.
        size: height and width that come out.
        interpolation: one of `RESIZE_INTERPOLATIONS`.
        antialias: whether the filter is widened when an image is made smaller.
        crop_to_aspect_ratio: whether the largest centred part of the wanted aspect ratio is resized.
        pad_to_aspect_ratio: whether an image is padded to the wanted aspect ratio first.
        fill_mode: must be ``"constant"``.
        fill_value: what is padded with.
        data_format: where the channels are.

    Raises:
        ArgumentError: `size` is no pair of whole numbers above 0, a mode is unknown, or cropping and padding are both
            asked for.
        ShapeError: `images` has neither 3 nor 4 axes.
    """
    check_rank(images)
    _one_of("interpolation", interpolation, RESIZE_INTERPOLATIONS)
    _one_of("fill_mode", fill_mode, ("constant",))
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ArgumentError("Only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` can be asked for.")
    if len(size) != 2 or any(not hasattr(one, "__index__") or one <= 0 for one in size):
        raise ArgumentError(f"`size` must be a height and a width, whole numbers above 0, not {size!r}.")
    across, along, _ = axes(data_format)
    target = int(size[0]), int(size[1])
    if crop_to_aspect_ratio:
        top, left, height, width = aspect_window(images.shape[across], images.shape[along], *target)
        images = crop(images, top, left, height, width, data_format)
    elif pad_to_aspect_ratio:
        images = _pad_to_aspect_ratio(images, target, fill_value, data_format)
    shape = list(images.shape)
    shape[across], shape[along] = target
    return _saturated(jax.image.resize(images, tuple(shape), interpolation, antialias=antialias), images.dtype)


def aspect_window(height: int, width: int, target_height: int, target_width: int) -> tuple[int, int, int, int]:
    """Return top, left, height and width of the largest centred window with the aspect ratio of the target."""
    inner_height = max(min(height, int(width * target_height / target_width)), 1)
    inner_width = max(min(width, int(height * target_width / target_height)), 1)
    return (height - inner_height) // 2, (width - inner_width) // 2, inner_height, inner_width


def crop(images: Array, top: Any, left: Any, height: int, width: int, data_format: str | None = None) -> Array:
    """Return a window of images; where it starts may be known only when computing."""
    across, along, _ = axes(data_format)
    images = jax.lax.dynamic_slice_in_dim(images, top, height, images.ndim + across)
    return jax.lax.dynamic_slice_in_dim(images, left, width, images.ndim + along)


def _pad_to_aspect_ratio(images: Array, target: tuple[int, int], value: float, data_format: str | None) -> Array:
    across, along, _ = axes(data_format)
    height, width = images.shape[across], images.shape[along]
    above = (max(height, int(width * target[0] / target[1])) - height) // 2
    beside = (max(width, int(height * target[1] / target[0])) - width) // 2
    widths = [(0, 0)] * images.ndim
    if above > 0:
        widths[across] = (above, above)
    elif beside > 0:
        widths[along] = (beside, beside)
    return jax.numpy.pad(images, widths, constant_values=value)


def _saturated(images: Array, dtype: Any) -> Array:
    """Return `images` in `dtype`: whole numbers rounded, and what is out of its range at the range's end."""
    jnp = jax.numpy
    if images.dtype == dtype:
        return images
    if not jnp.issubdtype(dtype, jnp.integer):
        return images.astype(dtype)
    limits = jnp.iinfo(dtype)  # type: ignore[no-untyped-call]
    least, most = (numpy.asarray(limit, images.dtype) for limit in (limits.min, limits.max))
    if most > limits.max:
        most = numpy.nextafter(most, numpy.asarray(0, images.dtype))
    return jnp.clip(jnp.round(images), least, most).astype(dtype)


# Coordinates ----------------------------------------------------------------------------------------------------


def map_coordinates(
    inputs: Array, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0.0
) -> Array:
    """Return the values of an array at coordinates between its elements.

    Args:
        inputs: any shape.
        coordinates: (axes of `inputs`, …): for each result, where it is read from.
        order: 0 takes the nearest element, 1 interpolates linearly along each axis.
        fill_mode: one of `FILL_MODES`.
        fill_value: what is beyond the edge for ``"constant"``.

    Raises:
        ArgumentError: a mode or an order is unknown.
        ShapeError: `coordinates` has another number of leading entries than `inputs` has axes, or one axis alone.
    """
    inputs = jax.numpy.asarray(inputs)
    coordinates = jax.numpy.asarray(coordinates)
    if coordinates.ndim < 2 or coordinates.shape[0] != inputs.ndim:
        raise ShapeError(
            f"`coordinates` must have shape ({inputs.ndim}, …), an entry for each axis of `inputs` of shape "
            f"{inputs.shape}, not {coordinates.shape}."
        )
    _one_of("fill_mode", fill_mode, FILL_MODES)
    _one_of("order", order, (0, 1))
    return jax.scipy.ndimage.map_coordinates(inputs, list(coordinates), order, fill_mode, fill_value)


def sample(
    images: Array, y: Array, x: Array, interpolation: str, fill_mode: str, fill_value: float, data_format: str | None
) -> Array:
    """Return images read at other coordinates, the same for all their channels.

    Args:
        images: a batch.
        y: (batch, height, width): the row that each pixel is read from.
        x: (batch, height, width): the column that it is read from.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_mode: one of `FILL_MODES`.
        fill_value: what is beyond the edge for ``"constant"``.
        data_format: where the channels are.

    Raises:
        ArgumentError: a mode is unknown.
    """
    order = ORDERS[_one_of("interpolation", interpolation, ORDERS)]
    _one_of("fill_mode", fill_mode, FILL_MODES)
    channels = axes(data_format)[2]

    def plane(image: Array, rows: Array, columns: Array) -> Array:
        return jax.scipy.ndimage.map_coordinates(image, [rows, columns], order, fill_mode, fill_value)

    planes = jax.vmap(plane, in_axes=(channels, None, None), out_axes=channels)
    return jax.vmap(planes)(images, y, x)


def _grid(images: Array, data_format: str | None) -> tuple[Array, Array]:
    """Return the row and the column of each pixel, float32, (height, 1) and (1, width)."""
    across, along, _ = axes(data_format)
    rows = jax.numpy.arange(images.shape[across], dtype="float32")[:, None]
    return rows, jax.numpy.arange(images.shape[along], dtype="float32")[None, :]


def affine_transform(
    images: Array,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Array:
    """Return images whose pixel at (x, y) is that of `images` at ((a₀x + a₁y + a₂) / k, (b₀x + b₁y + b₂) / k).

    Args:
        images: one image or a batch.
        transform: (batch, 8) or (8,): a₀, a₁, a₂, b₀, b₁, b₂, c₀, c₁; k = c₀x + c₁y + 1.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_mode: one of `FILL_MODES`.
        fill_value: what is beyond the edge for ``"constant"``.
        data_format: where the channels are.

    Raises:
        ArgumentError: a mode is unknown.
        ShapeError: `images` or `transform` has another shape.
    """
    check_rank(images)
    transform = jax.numpy.asarray(transform)
    if transform.ndim not in (1, 2) or transform.shape[-1] != 8:
        raise ShapeError(f"`transform` must have shape (8,) or (batch, 8), not {transform.shape}.")
    single = images.ndim == 3
    batch = images[None] if single else images
    y, x = _grid(batch, data_format)
    numbers = jax.numpy.broadcast_to(transform, (batch.shape[0], 8))
    a0, a1, a2, b0, b1, b2, c0, c1 = (numbers[:, index, None, None] for index in range(8))
    k = c0 * x + c1 * y + 1
    rows, columns = (b0 * x + b1 * y + b2) / k, (a0 * x + a1 * y + a2) / k
    result = sample(batch, rows, columns, interpolation, fill_mode, fill_value, data_format)
    return result[0] if single else result


def perspective_transform(
    images: Array,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Array:
    """Return images seen in another perspective: what was at the four start points comes to the end points.

    Args:
        images: one image or a batch.
        start_points: (batch, 4, 2) or (4, 2): x and y of top left, top right, bottom left and bottom right.
        end_points: as `start_points`.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_value: what is beyond the edge.
        data_format: where the channels are.

    Raises:
        ArgumentError: `interpolation` is unknown.
        ShapeError: `images` or the points have another shape.
    """
    check_rank(images)
    start, end = jax.numpy.asarray(start_points, "float32"), jax.numpy.asarray(end_points, "float32")
    if start.shape != end.shape or start.shape[-2:] != (4, 2) or start.ndim not in (2, 3):
        raise ShapeError(
            f"`start_points` and `end_points` must both have shape (4, 2) or (batch, 4, 2), "
            f"not {start.shape} and {end.shape}."
        )
    transform = compute_homography_matrix(*(points.reshape(-1, 4, 2) for points in (start, end)))
    transform = jax.numpy.broadcast_to(transform, (1 if images.ndim == 3 else images.shape[0], 8))
    return affine_transform(
        images, transform[0] if images.ndim == 3 else transform, interpolation, "constant", fill_value, data_format
    )


def compute_homography_matrix(start_points: Array, end_points: Array) -> Array:
    """Return the projective transforms that map end points to start points, (batch, 8), as `affine_transform` takes.

    Args:
        start_points: (batch, 4, 2), x and y.
        end_points: (batch, 4, 2).
    """
    jnp = jax.numpy
    (u, v), (x, y) = (jnp.moveaxis(points, -1, 0) for points in (start_points, end_points))
    zero, one = jnp.zeros_like(x), jnp.ones_like(x)
    across = jnp.stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1)
    down = jnp.stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1)
    system = jnp.concatenate([across, down], 1)
    return jnp.linalg.solve(system, jnp.concatenate([u, v], -1)[..., None])[..., 0]


# Filters --------------------------------------------------------------------------------------------------------


def gaussian_blur(
    images: Array,
    kernel_size: tuple[int, int] = (3, 3),
    sigma: Any = (1.0, 1.0),
    data_format: str | None = None,
) -> Array:
    """Return images blurred by a Gaussian; beyond the edge is 0.

    Args:
        images: one image or a batch.
        kernel_size: pixels across and down that are weighed: as in Keras the first is the horizontal one.
        sigma: standard deviations across and down, in pixels.
        data_format: where the channels are.

    Raises:
        ShapeError: `images` has neither 3 nor 4 axes.
    """
    check_rank(images)
    across, along, _ = axes(data_format)
    for size, width, axis in zip(kernel_size, (sigma[0], sigma[1]), (along, across), strict=True):
        images = _filtered(images, _gaussian(size, width, images.dtype), axis)
    return images


def _gaussian(taps: int, sigma: Any, dtype: Any, used: Any = None) -> Array:
    """Return the weights of a Gaussian at so many pixels; those beyond the inner `used` ones are 0."""
    jnp = jax.numpy
    distance = jnp.arange(taps, dtype=dtype) - jnp.asarray((taps - 1) / 2, dtype)
    weights = jnp.exp(-0.5 * (distance / jnp.asarray(sigma, dtype)) ** 2)
    if used is not None:
        weights = jnp.where(2 * jnp.abs(distance) <= used - 1, weights, 0)
    return weights / jnp.sum(weights)


def _filtered(images: Array, weights: Array, axis: int) -> Array:
    """Return the sums of neighbours along an axis, each by its weight; every line is a signal of its own."""
    lines = jax.numpy.moveaxis(images, axis, -1)
    signals = lines.reshape(-1, 1, lines.shape[-1])
    sums = jax.lax.conv_general_dilated(signals, weights[None, None, :], (1,), "SAME")
    return jax.numpy.moveaxis(sums.reshape(lines.shape), -1, axis)


def elastic_transform(
    images: Array,
    alpha: Any = 20.0,
    sigma: Any = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
    *,
    largest_sigma: float | None = None,
) -> Array:
    """Return images whose pixels are displaced by smooth noise.

    As in Keras, one key draws both components, so a pixel moves as far down as to the right.

    Args:
        images: one image or a batch.
        alpha: what the noise is multiplied by.
        sigma: standard deviation of the noise and, in pixels, of the Gaussian that smooths it.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_mode: one of `FILL_MODES`.
        fill_value: what is beyond the edge for ``"constant"``.
        seed: a random key, uint32 of shape (2,).
        data_format: where the channels are.
        largest_sigma: what `sigma` is at most, where it is known only when computing.

    Raises:
        ArgumentError: a mode is unknown.
        ShapeError: `images` has neither 3 nor 4 axes.

    Source: Simard et al. 2003, section 2.
    """
    check_rank(images)
    jnp = jax.numpy
    single = images.ndim == 3
    batch = images[None] if single else images
    across, along, _ = axes(data_format)
    dtype = batch.dtype if jnp.issubdtype(batch.dtype, jnp.floating) else jnp.dtype("float32")
    taps = int(6 * (float(sigma) if largest_sigma is None else largest_sigma)) | 1
    used = jnp.floor(6 * jnp.asarray(sigma)).astype("int32") | 1
    noise = jax.random.normal(seed, (batch.shape[0], batch.shape[across], batch.shape[along]), dtype)
    weights = _gaussian(taps, sigma, dtype, used)
    shift = alpha * _filtered(_filtered(noise * jnp.asarray(sigma, dtype), weights, -1), weights, -2)
    y, x = _grid(batch, data_format)
    result = sample(batch, y + shift, x + shift, interpolation, fill_mode, fill_value, data_format).astype(batch.dtype)
    return result[0] if single else result


# Colours --------------------------------------------------------------------------------------------------------


def _planes(images: Array, data_format: str | None, floating: bool = True) -> tuple[int, list[Array]]:
    """Return the axis of the channels and the planes of red, green and blue (or of hue, saturation and value)."""
    check_rank(images)
    axis = axes(data_format)[2]
    if images.shape[axis] != 3:
        raise ShapeError(f"Images must have 3 channels on axis {axis}, but got shape {tuple(images.shape)}.")
    if floating and not jax.numpy.issubdtype(images.dtype, jax.numpy.floating):
        raise ArgumentError(f"Images must be of a floating-point dtype, not {images.dtype}.")
    return axis, [jax.numpy.take(images, channel, axis) for channel in range(3)]


def rgb_to_grayscale(images: Array, data_format: str | None = None) -> Array:
    """Return the luminance of images, one channel, in their dtype; images of one channel are returned as they are.

    Raises:
        ShapeError: `images` has another rank or another number of channels.

    Source: ITU-R BT.601, section 2.5.1, with Keras' rounding of the weights.
    """
    check_rank(images)
    jnp = jax.numpy
    if images.shape[axes(data_format)[2]] == 1:
        return images
    axis, planes = _planes(images, data_format, floating=False)
    dtype = jnp.promote_types(images.dtype, "float32") if not jnp.issubdtype(images.dtype, jnp.floating) else None
    red, green, blue = (plane.astype(dtype or images.dtype) for plane in planes)
    return jnp.expand_dims(0.2989 * red + 0.5870 * green + 0.1140 * blue, axis).astype(images.dtype)


def rgb_to_hsv(images: Array, data_format: str | None = None) -> Array:
    """Return hue, saturation and value of red, green and blue in [0, 1]; all three are in [0, 1].

    Raises:
        ShapeError: `images` has another rank or another number of channels.
        ArgumentError: they are not of a floating-point dtype.

    Source: Smith 1978, the hexcone model.
    """
    jnp = jax.numpy
    axis, planes = _planes(images, data_format)
    smallest = jnp.finfo(images.dtype).eps  # type: ignore[no-untyped-call]
    red, green, blue = (jnp.where(jnp.abs(plane) < smallest, 0.0, plane) for plane in planes)
    value = jnp.maximum(jnp.maximum(red, green), blue)
    spread = value - jnp.minimum(jnp.minimum(red, green), blue)
    saturation = jnp.where(value > 0, spread / jnp.where(value > 0, value, 1.0), 0.0)
    sixth = 1.0 / (6.0 * jnp.where(spread > 0, spread, 1.0))
    hue = jnp.where(value == green, sixth * (blue - red) + 2.0 / 6.0, sixth * (red - green) + 4.0 / 6.0)
    hue = jnp.where(value == red, sixth * (green - blue), hue)
    hue = jnp.where(spread > 0, hue, 0.0) + (hue < 0.0).astype(hue.dtype)
    return jnp.stack([hue, saturation, value], axis)


def hsv_to_rgb(images: Array, data_format: str | None = None) -> Array:
    """Return red, green and blue of hue, saturation and value; the inverse of `rgb_to_hsv`, and raises as it does."""
    jnp = jax.numpy
    axis, (hue, saturation, value) = _planes(images, data_format)
    turn = jnp.mod(hue, 1.0) * 6.0
    red = jnp.clip(jnp.abs(turn - 3.0) - 1.0, 0.0, 1.0)
    green = jnp.clip(2.0 - jnp.abs(turn - 2.0), 0.0, 1.0)
    blue = jnp.clip(2.0 - jnp.abs(turn - 4.0), 0.0, 1.0)
    return jnp.stack([value * (1.0 - saturation + saturation * share) for share in (red, green, blue)], axis)
