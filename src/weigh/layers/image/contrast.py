"""Layers that spread the values of images over their range; they draw nothing."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import product
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.image import base
from weigh.layers.image.base import ImageLayer, Transformation, rescaled


class AutoContrast(ImageLayer):
    """Stretches each channel of an image over the whole range of values, in training as at inference.

    Output shape: that of the input. A channel of one value alone stays as it is.

    Args:
        value_range: the least and the largest value of a pixel.

    Raises:
        ArgumentError: `value_range` are no two numbers.

    Keras looks for the extremes along axes 1 and 2 even where the channels are first; here always along height and
    width.

    Cost: for each number two comparisons for the extremes, a product and an addition.
    """

    always = True

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = sorted(base.value_range(self, value_range))

    def compute_cost(self, input_shape: Any) -> Cost:
        return Cost(others=4 * product(input_shape["images"] if isinstance(input_shape, dict) else input_shape))

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        jnp, dtype, across = jax.numpy, self.compute_dtype, (self.height_axis, self.width_axis)
        scaled = rescaled(images, self.value_range, (0, 255), dtype)
        low, high = scaled.min(across, keepdims=True), scaled.max(across, keepdims=True)
        flat = high == low
        scale = 255.0 / jnp.where(flat, 1.0, high - low)
        stretched = jnp.clip(scaled * scale - low * scale, 0.0, 255.0)
        return jnp.where(flat, images, rescaled(stretched, (0, 255), self.value_range, dtype))


class Equalization(ImageLayer):
    """In training spreads the values of each channel so that all are about equally frequent; at inference does nothing.

    Output shape: that of the input. As in Keras the frequencies are those of the whole batch, so what becomes of an
    image depends on the others beside it.

    Args:
        value_range: the least and the largest value of a pixel.
        bins: how many values are told apart.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `value_range` are no two numbers, or `bins` is no whole number above 0.
    """

    def __init__(
        self, value_range: Any = (0, 255), bins: int = 256, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.bins = checks.positive(self, "bins", bins)
        self.value_range = sorted(base.value_range(self, value_range))

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        jnp, last = jax.numpy, self.bins - 1
        (low, high), wide = self.value_range, jnp.promote_types(images.dtype, "float32")

        def scaled(values: Array, source: Any, target: Any) -> Array:
            scale = (target[1] - target[0]) / (source[1] - source[0])
            return values * scale + (target[0] - source[0] * scale)

        def equalized(channel: Array) -> Array:
            bins = jnp.clip((channel * last / 255.0).astype("int32"), 0, last).reshape(-1)
            frequent = jnp.bincount(bins, length=self.bins)
            below = jnp.cumsum(frequent)
            first = below[jnp.argmax(below > 0)]
            others = below[-1] - first
            table = jnp.clip(jnp.round((below - first) * 255 / jnp.where(others == 0, 1, others)), 0, 255)
            spread = table[jnp.clip(channel / 255.0 * last, 0, last).astype("int32")]
            return jnp.where(jnp.count_nonzero(frequent) <= 1, channel, spread)

        values = scaled(images.astype(wide), (low, high), (0, 255))
        spread = jax.vmap(equalized, in_axes=self.channels_axis, out_axes=self.channels_axis)(values)
        return scaled(spread, (0, 255), (low, high)).astype(images.dtype)


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Spreads the values of each part of an image by their frequency there, in training as at inference.

    An image is cut into tiles. Each has a table of its own from old to new values, whose slope is limited, and a pixel
    takes from the tables of the four nearest tiles, weighed by how near they are.

    Output shape and dtype: those of the input.

    Args:
        value_range: the least and the largest value of a pixel.
        clip_limit: how many times the mean frequency a value may have; the excess is spread over all values. Not above
            0: no limit.
        tile_grid_size: tiles down and across.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `value_range` are no two numbers, or the tiles no two whole numbers above 0.

    Cost: for each number one addition for the frequencies and three interpolations between two numbers, three
    operations each; for each entry of a tile's table four operations.

    Source: Zuiderveld 1994.
    """

    always = True
    keeps_dtype = True

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = base.value_range(self, value_range)
        if not isinstance(clip_limit, (int, float)):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `clip_limit` must be a number, not {clip_limit!r}."
            )
        self.clip_limit = clip_limit
        checks.sizes(self, "tile_grid_size", tile_grid_size, 2)
        self.tile_grid_size = tile_grid_size

    def compute_cost(self, input_shape: Any) -> Cost:
        shape = input_shape["images"] if isinstance(input_shape, dict) else input_shape
        batch, channels = (shape[0] if len(shape) == 4 else 1), shape[self.channels_axis]
        return Cost(others=10 * product(shape) + product((batch, channels, *self._grid, 256)) * 4)

    @property
    def _grid(self) -> tuple[int, int]:
        down, across = checks.sizes(self, "tile_grid_size", self.tile_grid_size, 2)
        return down, across

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        jnp = jax.numpy
        values = rescaled(images, self.value_range, (0, 255), "float32").astype("float32")
        planes = jnp.moveaxis(values, self.channels_axis, 1)
        height, width = planes.shape[2:]
        rows, columns = (-(-size // tiles) for size, tiles in zip((height, width), self._grid, strict=True))
        down, across = self._grid
        beyond = ((0, 0), (0, 0), (0, rows * down - height), (0, columns * across - width))
        padded = jnp.clip(jnp.pad(planes, beyond, mode="symmetric"), 0, 255).astype("int32")
        tables = self._tables(padded, rows, columns)
        y, down_weight = _nearest(rows, down)
        x, across_weight = _nearest(columns, across)

        def looked_up(tables: Array, plane: Array) -> Array:
            """Return a plane's new values, from the tables (down, across, 256) of its tiles."""

            def of(up: int, left: int) -> Array:
                return tables[y[up][:, None], x[left][None, :], plane]

            weight = across_weight[None, :]
            upper = of(0, 0) * (1 - weight) + of(0, 1) * weight
            lower = of(1, 0) * (1 - weight) + of(1, 1) * weight
            return upper * (1 - down_weight[:, None]) + lower * down_weight[:, None]

        spread = jax.vmap(jax.vmap(looked_up))(tables, padded)[:, :, :height, :width]
        result = rescaled(jnp.moveaxis(spread, 1, self.channels_axis), (0, 255), self.value_range, "float32")
        return result.astype(images.dtype)

    def _tables(self, planes: Array, rows: int, columns: int) -> Array:
        """Return the new value of each old one in each tile, (batch, channels, down, across, 256)."""
        jnp, (down, across) = jax.numpy, self._grid
        batch, channels = planes.shape[:2]
        tiles = planes.reshape(batch, channels, down, rows, across, columns).swapaxes(3, 4).reshape(-1, rows * columns)
        frequent = jax.vmap(lambda tile: jnp.bincount(tile, length=256))(tiles).astype("float32")
        if self.clip_limit > 0:
            clipped = jnp.clip(frequent, 0, self.clip_limit * (rows * columns) / 256.0)
            frequent = clipped + jnp.sum(frequent - clipped, -1, keepdims=True) / 256.0
        below = jnp.cumsum(frequent, -1)
        least = below.min(-1, keepdims=True)
        others = rows * columns - least
        table = jnp.clip((below - least) * 255.0 / jnp.where(others == 0, 1, others), 0, 255)
        return table.reshape(batch, channels, down, across, 256)


def _nearest(size: int, tiles: int) -> tuple[tuple[Array, Array], Array]:
    """Return along one axis, for each pixel, the tiles before and after it, and the weight of the one after."""
    jnp = jax.numpy
    place = (jnp.arange(size * tiles, dtype="float32") - size / 2.0) / size
    before = jnp.floor(place)
    at = before.astype("int32")
    return (jnp.clip(at, 0, tiles - 1), jnp.clip(at + 1, 0, tiles - 1)), place - before
