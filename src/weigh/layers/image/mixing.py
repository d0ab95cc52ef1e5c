"""Layers that mix images of a batch, or hide or blur what is in them, in training."""

from __future__ import annotations

from typing import Any

from weigh.compute import images as images_
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.image import base
from weigh.layers.image.base import Boxes, RandomImageLayer, Transformation, interval, per_image


def _shuffled(keys: Any, batch: int) -> Array:
    """Return a random order of the examples of a batch."""
    return jax.random.permutation(keys.next(), jax.numpy.arange(batch), 0, independent=True)


def _mixed(values: Array, order: Array, weight: Array) -> Array:
    """Return each example by its weight, plus by the rest of 1 the one that stands in its place in another order."""
    weight = weight.reshape(-1, *(1,) * (values.ndim - 1))
    return weight * values + (1.0 - weight) * values[order]


class MixUp(RandomImageLayer):
    """In training makes each image a weighted mean of itself and another one of the batch, and its label alike.

    Output shape: that of the input. At inference it does nothing. Labels are mixed as numbers, so they should be
    one-hot. Of two images with boxes, both sets are kept.

    Args:
        alpha: weights are drawn from the distribution Beta(α, α).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `alpha` is not above 0.

    Where Keras goes astray, examples are kept together here: the boxes' labels stand beside the boxes, and masks are
    taken from the same images.

    Source: Zhang et al. 2018, section 2.
    """

    def __init__(
        self, alpha: Any = 0.2, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if not isinstance(alpha, (int, float)) or alpha <= 0:
            raise ArgumentError(f"Layer {self.name!r} (MixUp): `alpha` must be a number above 0, not {alpha!r}.")
        self.alpha = alpha

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        order = _shuffled(keys, shape[0])
        return {"order": order, "weight": jax.random.beta(keys.next(), self.alpha, self.alpha, (shape[0],), "float32")}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        return _mixed(images, transformation["order"], transformation["weight"].astype(images.dtype))

    def transform_labels(self, labels: Array, transformation: Transformation | None, training: bool = True) -> Array:
        if transformation is None or not training:
            return labels
        return _mixed(labels, transformation["order"], transformation["weight"])

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Transformation | None, training: bool = True
    ) -> Array:
        return self.transform_labels(segmentation_masks, transformation, training)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation | None, training: bool = True
    ) -> Boxes:
        if transformation is None or not training:
            return bounding_boxes
        order = transformation["order"]
        both = {key: jax.numpy.concatenate([part, part[order]], 1) for key, part in bounding_boxes.items()}
        return {**both}


class _Windowed(RandomImageLayer):
    """A layer that draws a window in each image."""

    def _windows(self, shape: tuple[int, ...], keys: Any, across: Array, down: Array) -> tuple[Array, Array]:
        """Return which pixels are in the windows, (batch, height, width) with an axis of channels of size 1, and the
        share of the image that each window has.

        Args:
            shape: of the images.
            keys: random keys.
            across: (batch,): the share of the width that a window takes.
            down: (batch,): the share of the height.
        """
        jnp, dtype = jax.numpy, self.compute_dtype

        def along(length: int, share: Array) -> tuple[Array, Array]:
            taken = (share * length).astype(dtype)
            start = self.uniform(keys, (shape[0],), dtype=dtype) * (length - taken)
            return start, start + taken

        (left, right), (top, bottom) = along(shape[self.width_axis], across), along(shape[self.height_axis], down)

        def inside(length: int, start: Array, end: Array) -> Array:
            place = jnp.arange(length, dtype=dtype)[None]
            return (place >= start[:, None]) & (place < end[:, None])

        rows, columns = inside(shape[self.height_axis], top, bottom), inside(shape[self.width_axis], left, right)
        window = jnp.expand_dims(rows[:, :, None] & columns[:, None, :], self.channels_axis)
        pixels = shape[self.width_axis] * shape[self.height_axis]
        return window, (right - left) * (bottom - top) / pixels


class CutMix(_Windowed):
    """In training puts a window of another image of the batch into each image, and mixes their labels by its area.

    Output shape: that of the input. At inference, and for a single image, it does nothing. Labels are mixed as numbers,
    so they should be one-hot; masks follow; there is no meaning for boxes.

    Args:
        factor: α is drawn from [0, factor], or from two numbers in [0, 1], and the share of an image that stays from
            Beta(α, α).
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `factor` is out of range, or there are bounding boxes.

    Source: Yun et al. 2019, section 3.1.
    """

    def __init__(
        self, factor: Any = 1.0, seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (0, 1))

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Transformation | None:
        images = data["images"] if isinstance(data, dict) else data
        return None if len(images.shape) == 3 else super().get_random_transformation(images, training, seed)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        dtype = self.compute_dtype
        alpha = self.uniform(keys, (), *self.factor, dtype) + 1e-6
        share = jax.numpy.sqrt(1.0 - jax.random.beta(keys.next(), alpha, alpha, (shape[0],), dtype))
        window, area = self._windows(shape, keys, share, share)
        return {"window": window, "weight": 1.0 - area, "order": _shuffled(keys, shape[0])}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        return jax.numpy.where(transformation["window"], images[transformation["order"]], images)

    def transform_labels(self, labels: Array, transformation: Transformation | None, training: bool = True) -> Array:
        if transformation is None or not training:
            return labels
        return _mixed(labels, transformation["order"], transformation["weight"])

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Transformation | None, training: bool = True
    ) -> Array:
        if transformation is None or not training:
            return segmentation_masks
        return self.change(segmentation_masks, transformation, "nearest")

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation | None, training: bool = True
    ) -> Boxes:
        raise ArgumentError(
            f"Layer {self.name!r} (CutMix) cannot say what becomes of bounding boxes: leave 'bounding_boxes' out, or "
            "use MixUp, which keeps those of both images."
        )


class RandomErasing(_Windowed):
    """In training covers a window of each image with noise or a colour; at inference does nothing.

    Output shape: that of the input. Masks and boxes stay.

    Args:
        factor: the chance that an image is covered, drawn from [0, factor], or from two numbers in [0, 1].
        scale: the squares of the shares of width and height that the window takes, drawn from [0, scale], or from two
            numbers in [0, 1].
        fill_value: what it is covered with: a number, three for the channels, ``None`` for normally distributed noise.
        value_range: the least and the largest value of a pixel.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: a factor is out of range, or `fill_value` is neither a number nor three.

    Source: Zhong et al. 2020, algorithm 1.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (0, 1))
        self.scale = interval(self, "scale", scale, (0, 1))
        several = isinstance(fill_value, (list, tuple)) and len(fill_value) == 3
        if fill_value is not None and not several and not isinstance(fill_value, (int, float)):
            raise ArgumentError(
                f"Layer {self.name!r} (RandomErasing): `fill_value` must be a number, three numbers for the channels, "
                f"or None for noise, not {fill_value!r}."
            )
        self.fill_value = fill_value
        self.value_range = base.value_range(self, value_range)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        jnp, dtype = jax.numpy, self.compute_dtype
        shares = jnp.sqrt(self.uniform(keys, (shape[0], 2), *self.scale, dtype))
        window, _ = self._windows(shape, keys, shares[:, 0], shares[:, 1])
        apply = self.some(keys, shape[0], self.factor)
        if self.fill_value is None:
            cover = jax.random.normal(keys.next(), shape, dtype) * self.value_range[1]
        else:
            cover = jnp.asarray(self.fill_value, dtype).reshape(-1, *(1,) * (-1 - self.channels_axis))
        return {"window": window & per_image(apply), "cover": jnp.clip(cover, *self.value_range)}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        return jax.numpy.where(transformation["window"], transformation["cover"], images)


class RandomGaussianBlur(RandomImageLayer):
    """In training blurs images by a Gaussian; at inference does nothing.

    Output shape: that of the input. How strongly is drawn once a batch. Beyond the edge is 0.

    Args:
        factor: the chance that an image is blurred, drawn from [0, factor], or from two numbers in [0, 1].
        kernel_size: pixels that are weighed, odd: one number, or one across and one down.
        sigma: the standard deviations in pixels, across and down, drawn from [0, sigma], or from two numbers in [0, 1].
        value_range: the least and the largest value of a pixel.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `factor` or `sigma` is out of range, or `kernel_size` is not odd.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = interval(self, "factor", factor, (0, 1))
        across, down = checks.sizes(self, "kernel_size", kernel_size, 2)
        if across % 2 == 0 or down % 2 == 0:
            raise ArgumentError(
                f"Layer {self.name!r} (RandomGaussianBlur): `kernel_size` must be odd, so that it has a middle, not "
                f"{kernel_size!r}."
            )
        self.kernel_size = (across, down)
        self.sigma = interval(self, "sigma", sigma, (0, 1))
        self.value_range = base.value_range(self, value_range)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        apply = self.some(keys, shape[0], self.factor)
        return {"apply": apply, "sigma": self.uniform(keys, (2,), *self.sigma, self.compute_dtype) + 1e-6}

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        blurred = images_.gaussian_blur(images, self.kernel_size, transformation["sigma"], self.data_format)
        images = jax.numpy.where(per_image(transformation["apply"]), blurred, images)
        return jax.numpy.clip(images, *self.value_range)
