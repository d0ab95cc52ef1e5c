"""Layers that change the colours of images at random in training; pixels stay where they are, so masks and boxes do."""

from __future__ import annotations

from typing import Any

from weigh.compute import images as images_
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import settings
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError
from weigh.layers.image import base
from weigh.layers.image.base import RandomImageLayer, Transformation, interval, per_image, rescaled


class _Ranged(RandomImageLayer):
    """A layer that knows the least and the largest value of a pixel."""

    value_range: Any

    def _set_range(self, value_range: Any, ordered: bool = True) -> None:
        given = base.value_range(self, value_range)
        self.value_range = sorted(given) if ordered else given

    def _clipped(self, images: Array) -> Array:
        return jax.numpy.clip(images, *self.value_range)


class RandomBrightness(_Ranged):
    """In training adds a random number to all pixels of an image; at inference does nothing.

    Output shape: that of the input. Sums are kept within the range of values.

    Args:
        factor: the share of the range that is added, drawn from [−factor, factor], or from two numbers, each in
            [−1, 1].
        value_range: the least and the largest value of a pixel.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` is out of range, or `value_range` are no two numbers.
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.factor = interval(self, "factor", factor, (-1, 1))
        self._set_range(value_range)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        low, high = self.value_range
        return {"added": self.uniform(keys, (shape[0],), *self.factor) * (high - low)}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        return self._clipped(images + per_image(transformation["added"]).astype(images.dtype))


class RandomContrast(_Ranged):
    """In training moves the pixels of an image away from the mean of their channel, or towards it.

    Output shape: that of the input. At inference it does nothing.

    Args:
        factor: two numbers, low and high: distances to the mean are multiplied by a number drawn from
            [1 − low, 1 + high]. One number is the high one, with a low one of 0, as in Keras: contrast then only grows.
        value_range: the least and the largest value of a pixel.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` is out of [0, 1], or `value_range` are no two numbers.
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.factor = interval(self, "factor", factor, (0, 1))
        self._set_range(value_range, ordered=False)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        low, high = 1.0 - self.factor[0], 1.0 + self.factor[1]
        return {"contrast": self.uniform(keys, (shape[0],), low, high, self.compute_dtype)}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        mean = jax.numpy.mean(images, (self.height_axis, self.width_axis), keepdims=True)
        return self._clipped((images - mean) * per_image(transformation["contrast"]).astype(images.dtype) + mean)


class _Coloured(_Ranged):
    """A layer that draws a factor an image and takes images of red, green and blue."""

    bounds: tuple[float, float] = (-1, 1)
    ordered = True
    wanted: tuple[int, ...] = (3,)

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, self.bounds)
        self._set_range(value_range, self.ordered)

    def image_shape(self, shape: Shape) -> Shape:
        base.channels(self, shape, self.wanted)
        return shape

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        base.channels(self, shape, self.wanted)
        return {"factor": self.uniform(keys, (shape[0],), *self.factor)}

    def _with_hsv(self, images: Array, channel: int, change: Any) -> Array:
        """Return images with one of hue, saturation and value changed."""
        jnp = jax.numpy
        planes = list(jnp.moveaxis(images_.rgb_to_hsv(images, self.data_format), self.channels_axis, 0))
        planes[channel] = change(planes[channel])
        return images_.hsv_to_rgb(jnp.stack(planes, self.channels_axis), self.data_format)


class RandomHue(_Coloured):
    """In training turns the hues of an image; at inference does nothing.

    Input shape: (batch, height, width, 3) or one image. Output shape: that of the input.

    Args:
        factor: the hue is turned, one way or the other, by half of what is drawn from [0, factor], or from two numbers
            in [0, 1]; a hue of 1 is the whole circle.
        value_range: the least and the largest value of a pixel.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` is out of range, or `value_range` are no two numbers.
        ShapeError: images have not 3 channels.
    """

    bounds = (0, 1)
    ordered = False

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        turned = jax.numpy.where(self.uniform(keys, (shape[0],)) > 0.5, -1.0, 1.0)
        return {"factor": turned * super().draw(shape, keys)["factor"] * 0.5}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        where = jax.numpy.where
        turn = transformation["factor"].astype("float32")[:, None, None]

        def turned(hue: Array) -> Array:
            hue = hue + turn
            hue = where(hue > 1.0, hue - 1.0, hue)
            return where(hue < 0.0, hue + 1.0, hue)

        shares = rescaled(images, self.value_range, (0, 1), "float32")
        shares = jax.numpy.clip(self._with_hsv(shares, 0, turned), 0, 1)
        return rescaled(shares, (0, 1), self.value_range, "float32").astype(images.dtype)


class RandomSaturation(_Coloured):
    """In training multiplies the saturation of an image's colours; at inference does nothing.

    Input shape: (batch, height, width, 3) or one image. Output shape: that of the input.

    Args:
        factor: f is drawn from [−factor, factor], or from two numbers, each in [−1, 1], and saturation is multiplied by
            f / (1 − f): 0.5 changes nothing, less makes greyer.
        value_range: the least and the largest value of a pixel.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` is out of range, or `value_range` are no two numbers.
        ShapeError: images have not 3 channels.

    As in Keras the product is kept within `value_range`, not within [0, 1]: above 0.5, strong colours can leave the
    range of values.
    """

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        factor = super().draw(shape, keys)["factor"]
        return {"factor": factor / (1 - factor + settings.epsilon())}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        factor = transformation["factor"].astype(images.dtype)[:, None, None]
        return self._with_hsv(images, 1, lambda saturation: self._clipped(saturation * factor))


class RandomColorDegeneration(_Coloured):
    """In training mixes an image with its grey image; at inference does nothing.

    Input shape: (batch, height, width, 3) or one image. Output shape: that of the input.

    Args:
        factor: the share of grey, drawn from [−factor, factor], or from two numbers, each in [−1, 1]; below 0 colours
            become stronger.
        value_range: the least and the largest value of a pixel.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` is out of range, or `value_range` are no two numbers.
        ShapeError: images have not 3 channels.
    """

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        grey = images_.rgb_to_grayscale(images, self.data_format)
        return self._clipped(images + per_image(transformation["factor"]).astype(images.dtype) * (grey - images))


class RandomColorJitter(_Ranged):
    """In training changes brightness, contrast, saturation and hue of images, in this order; at inference nothing.

    Output shape: that of the input. Each part is left out where its factor is ``None``.

    Args:
        value_range: the least and the largest value of a pixel.
        brightness_factor: as of `RandomBrightness`.
        contrast_factor: as of `RandomContrast`.
        saturation_factor: as of `RandomSaturation`.
        hue_factor: as of `RandomHue`.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``. Keras does not tell the layers inside.

    Raises:
        ArgumentError: a factor is out of range, or `value_range` are no two numbers.
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self._set_range(value_range, ordered=False)
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor

        def part(cls: Any, factor: Any) -> Any:
            return None if factor is None else cls(factor, value_range, seed=seed, data_format=self.data_format)

        self.random_brightness = part(RandomBrightness, brightness_factor)
        self.random_contrast = part(RandomContrast, contrast_factor)
        self.random_saturation = part(RandomSaturation, saturation_factor)
        self.random_hue = part(RandomHue, hue_factor)

    def _parts_used(self) -> list[_Ranged]:
        parts = (self.random_brightness, self.random_contrast, self.random_saturation, self.random_hue)
        return [part for part in parts if part is not None]

    def build(self, input_shape: Any = None) -> None:
        for part in self._parts_used():
            part.build(input_shape)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        return {"parts": [{"shape": shape, **(part.draw(shape, keys) or {})} for part in self._parts_used()]}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        for part, drawn in zip(self._parts_used(), transformation["parts"], strict=True):
            images = part.change(images, drawn, interpolation).astype(self.compute_dtype)
        return images


class RandomGrayscale(RandomImageLayer):
    """In training makes images grey, each with the same chance; at inference does nothing.

    Input shape: (batch, height, width, 3) or one image. Output shape and dtype: those of the input.

    Args:
        factor: the chance, from 0 to 1.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` is out of range.
        ShapeError: images have neither 3 channels nor 1.
    """

    keeps_dtype = True

    def __init__(
        self, factor: Any = 0.5, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if not isinstance(factor, (int, float)) or not 0 <= factor <= 1:
            raise ArgumentError(
                f"Layer {self.name!r} (RandomGrayscale): `factor` must be a chance from 0 to 1, not {factor!r}."
            )
        self.factor = factor

    def image_shape(self, shape: Shape) -> Shape:
        base.channels(self, shape, (1, 3))
        return shape

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        base.channels(self, shape, (1, 3))
        return {"grey": self.uniform(keys, (shape[0],)) < self.factor}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        grey = images_.rgb_to_grayscale(images, self.data_format)
        return jax.numpy.where(per_image(transformation["grey"]), grey, images)


class RandomInvert(_Ranged):
    """In training inverts images, so that dark becomes bright; at inference does nothing.

    Output shape: that of the input.

    Args:
        factor: the chance that an image is inverted, drawn from [0, factor], or from two numbers in [0, 1].
        value_range: the least and the largest value of a pixel; x becomes the largest − x.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `factor` is out of range, or `value_range` are no two numbers.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (0, 1))
        self._set_range(value_range, ordered=False)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        return {"apply": self.some(keys, shape[0], self.factor)}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        return jax.numpy.where(per_image(transformation["apply"]), self.value_range[1] - images, images)


class RandomPosterization(_Ranged):
    """In training keeps only some bits of each value, so that few shades are left; at inference does nothing.

    Output shape: that of the input.

    Args:
        factor: how many of 8 bits are kept: drawn from 1 to factor − 1, or, of two different numbers, from the first to
            below the second; 1, or two equal numbers, is always that.
        value_range: the least and the largest value of a pixel.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` are no whole numbers from 1 to 8, or `value_range` are no two numbers.
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (1, 8))
        if any(bits != int(bits) for bits in self.factor):
            raise ArgumentError(
                f"Layer {self.name!r} (RandomPosterization): `factor` counts bits, so it must be whole, not {factor!r}."
            )
        self._set_range(value_range)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        low, high = map(int, self.factor)
        if low == high:
            bits = jax.numpy.full((shape[0],), low, "uint8")
        else:
            bits = jax.random.randint(keys.next(), (shape[0],), low, high, "uint8")
        return {"shift": 8 - bits}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        dtype, shift = self.compute_dtype, per_image(transformation["shift"])
        whole = rescaled(images, self.value_range, (0, 255), dtype).astype("uint8")
        kept = jax.numpy.left_shift(jax.numpy.right_shift(whole, shift), shift).astype(dtype)
        return rescaled(kept, (0, 255), self.value_range, dtype)


class RandomSharpness(_Ranged):
    """In training sharpens or blurs images; at inference does nothing.

    Output shape: that of the input. Beyond the edge is 0.

    Args:
        factor: f is drawn from [0, factor], or from two numbers in [0, 1]: an image is mixed with its smoothed image,
            1 − 2f of it. 0.5 changes nothing, 0 smooths, 1 sharpens.
        value_range: the least and the largest value of a pixel.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` is out of range, or `value_range` are no two numbers.
    """

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (0, 1))
        self._set_range(value_range)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        return {"factor": self.uniform(keys, (shape[0],), *self.factor)}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        window = [1] * images.ndim
        window[self.height_axis] = window[self.width_axis] = 3
        around = jax.lax.reduce_window(images, 0.0, jax.lax.add, window, [1] * images.ndim, "SAME")
        smoothed = (around + 4.0 * images) / 13.0  # each neighbour has a weight of 1/13, the pixel itself one of 5/13
        share = 1.0 - 2 * per_image(transformation["factor"]).astype(images.dtype)
        return self._clipped(images + share * (smoothed - images))


class Solarization(_Ranged):
    """In training adds a number to images, and inverts what is then at least a threshold; at inference does nothing.

    Output shape: that of the input. Numbers are meant on the scale of 0 to 255, whatever the range of values.

    Args:
        addition_factor: a is drawn from [0, 255 · factor], or, of two numbers in [0, 1], from the first to 255 times
            the second.
        threshold_factor: the threshold, likewise.
        value_range: the least and the largest value of a pixel.
        seed: where its random stream starts.

    Raises:
        ArgumentError: a factor is out of range, or `value_range` are no two numbers.
    """

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.addition_factor = interval(self, "addition_factor", addition_factor, (0, 1))
        self.threshold_factor = interval(self, "threshold_factor", threshold_factor, (0, 1))
        self._set_range(value_range)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        def drawn(low: float, high: float) -> Array:
            return self.uniform(keys, (shape[0],), low, high * 255, self.compute_dtype)

        return {"added": drawn(*self.addition_factor), "threshold": drawn(*self.threshold_factor)}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        jnp, dtype = jax.numpy, self.compute_dtype
        added, threshold = (per_image(transformation[name]) for name in ("added", "threshold"))
        scaled = jnp.clip(rescaled(images, self.value_range, (0, 255), dtype) + added, 0, 255)
        return rescaled(jnp.where(scaled < threshold, scaled, 255 - scaled), (0, 255), self.value_range, dtype)
