"""Layers that rearrange, repeat, pad and crop; all but an interpolating UpSampling2D compute nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Dim, Origin, Shape, product
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer


class Flatten(Layer):
    """Makes one axis of all axes behind the batch's.

    Input shape: (batch, …). Output shape: (batch, product of the others).

    Args:
        data_format: ``"channels_last"`` (default), or ``"channels_first"``, whose channels are moved to the end first.

    Raises:
        ArgumentError: `data_format` is neither.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *rest = input_shape
        sizes = [size for size in rest if size is not None]
        return (batch, product(sizes) if len(sizes) == len(rest) else None)

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE

    def call(self, inputs: Array) -> Array:
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = jax.numpy.moveaxis(inputs, 1, -1)
        return inputs.reshape(inputs.shape[0], product(inputs.shape[1:]))


class Reshape(Layer):
    """Gives each example another shape of as many elements.

    Input shape: (batch, …). Output shape: (batch, *target_shape).

    Args:
        target_shape: sizes without the batch's; one of them may be −1 and takes what is left.

    Raises:
        ArgumentError: `target_shape` is no shape or has more than one −1.
        ShapeError: the input has another number of elements.
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target = (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)
        if any(not isinstance(size, int) or size < -1 for size in target) or target.count(-1) > 1:
            raise ArgumentError(
                f"Layer {self.name!r} (Reshape): `target_shape` must hold whole numbers of at least 0 and at most one "
                f"-1, not {target_shape!r}."
            )
        self.target_shape = target

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *rest = input_shape
        target: list[int | None] = [
            None if size == -1 else self.dim("target_shape", axis) for axis, size in enumerate(self.target_shape)
        ]
        if None in rest:
            return (batch, *target)
        given = product(size for size in rest if size is not None)
        fixed = product(size for size in target if size is not None)
        fits = given % fixed == 0 if fixed and None in target else given == fixed
        if not fits:
            raise ShapeError(
                f"Layer {self.name!r} cannot give an input of shape {input_shape}, {given:,} elements an example, the "
                f"shape {self.target_shape}, {fixed:,} elements."
            )
        left = given if fixed == 1 else Dim(given // max(fixed, 1), Origin("arithmetic", "÷", parts=(given, fixed)))
        return (batch, *(left if size is None else size for size in target))

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE

    def call(self, inputs: Array) -> Array:
        return inputs.reshape(inputs.shape[0], *self.target_shape)


class Permute(Layer):
    """Puts the axes of each example into another order.

    Input shape: (batch, …). Output shape: (batch, …), whose axis i is the input's axis ``dims[i − 1]``.

    Args:
        dims: the axes behind the batch's, counted from 1, in the order that is wanted.

    Raises:
        ArgumentError: `dims` does not hold each of 1, 2, … once.
        ShapeError: the input has another number of axes.
    """

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        given = tuple(dims) if isinstance(dims, (list, tuple)) else (dims,)
        if set(given) != set(range(1, len(given) + 1)):
            raise ArgumentError(
                f"Layer {self.name!r} (Permute): `dims` must hold each axis behind the batch's once, counted from 1, "
                f"such as (2, 1), not {dims!r}."
            )
        self.dims = given
        self.input_spec = InputSpec(ndim=len(given) + 1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE

    def call(self, inputs: Array) -> Array:
        return inputs.transpose(0, *self.dims)


class RepeatVector(Layer):
    """Repeats each example, a vector, as the steps of a sequence.

    Input shape: (batch, features). Output shape: (batch, n, features).

    Args:
        n: how often.

    Raises:
        ArgumentError: `n` is not a whole number above 0.
        ShapeError: the input has not two axes.
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = checks.positive(self, "n", n)
        self.input_spec = InputSpec(ndim=2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.dim("n"), input_shape[1])

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE

    def call(self, inputs: Array) -> Array:
        return jax.numpy.broadcast_to(inputs[:, None], (inputs.shape[0], self.n, inputs.shape[1]))


class Spatial(Layer):
    """The base of layers that change the sizes of the axes between the batch's and the channels', or behind both.

    Attributes:
        rank: the number of these axes.
        data_format: where the channels' axis is.
    """

    rank: ClassVar[int]
    data_format = "channels_last"

    def _spatial(self) -> range:
        """Return the numbers of these axes."""
        return range(2, self.rank + 2) if self.data_format == "channels_first" else range(1, self.rank + 1)

    def _changed(self, index: int, size: int) -> int:
        """Return what becomes of the size of one of these axes."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial = self._spatial()
        return tuple(
            self._changed(axis - spatial[0], size) if axis in spatial and size is not None else size
            for axis, size in enumerate(input_shape)
        )

    def compute_cost(self, input_shape: Shape) -> Cost:
        return FREE

    def _each_side(self, argument: str, value: Any) -> tuple[tuple[int, int], ...]:
        """Return an argument that says something for both sides of each axis as pairs (before, behind), one an axis.

        Raises:
            ArgumentError: it is not a number, or numbers, or pairs of numbers of at least 0, one for each axis.
        """
        numbers = value if isinstance(value, (list, tuple)) else (value,) * self.rank
        pairs = tuple(tuple(one) if isinstance(one, (list, tuple)) else (one, one) for one in numbers)
        if len(pairs) != self.rank or any(
            len(pair) != 2 or any(isinstance(n, bool) or not hasattr(n, "__index__") or n < 0 for n in pair)
            for pair in pairs
        ):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `{argument}` must be a whole number of at least 0, or "
                f"{self.rank} of them, one for each of height, width and so on, or as many pairs (before, behind), not "
                f"{value!r}."
            )
        return tuple((int(before), int(behind)) for before, behind in pairs)

    def _sides(self, argument: str, index: int, pair: tuple[int, int]) -> list[Dim]:
        """Return what an argument says for the two sides of an axis, without zeros, as Dims that say so."""
        label = f"{argument}[{index}]" if self.rank > 1 else argument
        return [Dim(size, Origin("argument", f"{label}[{side}]", self.name)) for side, size in enumerate(pair) if size]


def _pair_of_sides(layer: Layer, argument: str, value: Any) -> tuple[int, int]:
    """Return an argument that says something for both ends of a sequence as (before, behind)."""
    before, behind = checks.sizes(layer, argument, value, 2, least=0)
    return before, behind


class ZeroPadding(Spatial):
    """The base of ZeroPadding1D to ZeroPadding3D."""

    def _pads(self) -> tuple[tuple[int, int], ...]:
        raise NotImplementedError

    def _changed(self, index: int, size: int) -> int:
        for side in self._sides("padding", index, self._pads()[index]):
            size = size + side
        return size

    def call(self, inputs: Array) -> Array:
        widths = dict(zip(self._spatial(), self._pads(), strict=True))
        return jax.numpy.pad(inputs, [widths.get(axis, (0, 0)) for axis in range(inputs.ndim)])


class ZeroPadding1D(ZeroPadding):
    """Puts zeros before and behind the steps of a sequence.

    Input shape: (batch, steps, channels), or (batch, channels, steps). Output shape: steps + padding.

    Args:
        padding: how many at each end, or a pair (before, behind).
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ArgumentError: `padding` or `data_format` is none of these.
        ShapeError: the input has not three axes.
    """

    rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.padding = _pair_of_sides(self, "padding", padding)
        self.input_spec = InputSpec(ndim=3)

    def _pads(self) -> tuple[tuple[int, int], ...]:
        return (self.padding,)


class ZeroPadding2D(ZeroPadding):
    """Puts zeros around maps.

    Input shape: (batch, height, width, channels), or (batch, channels, height, width). Output shape: height and width
    grow by their padding.

    Args:
        padding: how many rows and columns at each side; a pair for height and width; or two pairs ((top, bottom),
            (left, right)).
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ArgumentError: `padding` or `data_format` is none of these.
        ShapeError: the input has not four axes.
    """

    rank = 2

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.padding = self._each_side("padding", padding)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _pads(self) -> tuple[tuple[int, int], ...]:
        return self.padding


class ZeroPadding3D(ZeroPadding2D):
    """Puts zeros around volumes.

    Input shape: (batch, depth, height, width, channels), or (batch, channels, depth, height, width). Output shape:
    the three sizes grow by their padding.

    Args:
        padding: how many at each side; three of them; or three pairs (before, behind).
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ArgumentError: `padding` or `data_format` is none of these.
        ShapeError: the input has not five axes.
    """

    rank = 3

    def __init__(self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)


class Cropping(Spatial):
    """The base of Cropping1D to Cropping3D."""

    def _crops(self) -> tuple[tuple[int, int], ...]:
        raise NotImplementedError

    def _changed(self, index: int, size: int) -> int:
        crop = self._crops()[index]
        if sum(crop) >= size:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) cannot crop {crop[0]} and {crop[1]} off axis "
                f"{self._spatial()[index]} of its input, which has size {size}: at least 1 must be left."
            )
        for side in self._sides("cropping", index, crop):
            size = size - side
        return size

    def call(self, inputs: Array) -> Array:
        self.compute_output_shape(inputs.shape)  # also on arrays: more may be cropped than there is
        crops = dict(zip(self._spatial(), self._crops(), strict=True))
        sides = [crops.get(axis, (0, 0)) for axis in range(inputs.ndim)]
        return inputs[
            tuple(slice(before, size - behind) for (before, behind), size in zip(sides, inputs.shape, strict=True))
        ]


class Cropping1D(Cropping):
    """Cuts steps off both ends of a sequence.

    Input shape: (batch, steps, channels). Output shape: (batch, steps − cropping, channels).

    Args:
        cropping: how many at each end, or a pair (before, behind).

    Raises:
        ArgumentError: `cropping` is neither.
        ShapeError: the input has not three axes, or nothing would be left.
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cropping = _pair_of_sides(self, "cropping", cropping)
        self.input_spec = InputSpec(ndim=3)

    def _crops(self) -> tuple[tuple[int, int], ...]:
        return (self.cropping,)


class Cropping2D(Cropping):
    """Cuts rows and columns off maps.

    Input shape: (batch, height, width, channels), or (batch, channels, height, width). Output shape: height and width
    shrink by their cropping.

    Args:
        cropping: how many rows and columns at each side; a pair for height and width; or two pairs ((top, bottom),
            (left, right)).
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ArgumentError: `cropping` or `data_format` is none of these.
        ShapeError: the input has not four axes, or nothing would be left.
    """

    rank = 2

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.cropping = self._each_side("cropping", cropping)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _crops(self) -> tuple[tuple[int, int], ...]:
        return self.cropping


class Cropping3D(Cropping2D):
    """Cuts slices off volumes.

    Input shape: (batch, depth, height, width, channels), or (batch, channels, depth, height, width). Output shape:
    the three sizes shrink by their cropping.

    Args:
        cropping: how many at each side; three of them; or three pairs (before, behind).
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ArgumentError: `cropping` or `data_format` is none of these.
        ShapeError: the input has not five axes, or nothing would be left.
    """

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class UpSampling(Spatial):
    """The base of UpSampling1D to UpSampling3D."""

    def _factors(self) -> tuple[int, ...]:
        raise NotImplementedError

    def _changed(self, index: int, size: int) -> int:
        return size * self._factors()[index]

    def call(self, inputs: Array) -> Array:
        for axis, factor in zip(self._spatial(), self._factors(), strict=True):
            inputs = jax.numpy.repeat(inputs, int(factor), axis)
        return inputs


class UpSampling1D(UpSampling):
    """Repeats each step of a sequence.

    Input shape: (batch, steps, channels). Output shape: (batch, steps × size, channels).

    Args:
        size: how often.

    Raises:
        ArgumentError: `size` is not a whole number above 0.
        ShapeError: the input has not three axes.
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = checks.positive(self, "size", size)
        self.input_spec = InputSpec(ndim=3)

    def _factors(self) -> tuple[int, ...]:
        return (self.dim("size"),)


INTERPOLATIONS = ("bicubic", "bilinear", "lanczos3", "lanczos5", "nearest")


class UpSampling2D(UpSampling):
    """Makes maps larger: repeats rows and columns, or interpolates between them.

    Input shape: (batch, height, width, channels), or (batch, channels, height, width). Output shape: height and width
    times `size`.

    Args:
        size: factor, or one for each of height and width.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        interpolation: ``"nearest"``, which repeats, ``"bilinear"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.

    Raises:
        ArgumentError: `size`, `data_format` or `interpolation` is none of these.
        ShapeError: the input has not four axes.
    """

    rank = 2

    def __init__(
        self, size: Any = (2, 2), data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.size = checks.sizes(self, "size", size, 2)
        self.interpolation = checks.one_of(self, "interpolation", interpolation, INTERPOLATIONS)
        self.input_spec = InputSpec(ndim=4)

    def _factors(self) -> tuple[int, ...]:
        return self.dim("size", 0), self.dim("size", 1)

    def compute_cost(self, input_shape: Shape) -> Cost:
        """Return the cost; interpolating is two matrix products a channel, along the height and then along the width.

        These are height × taller × width and taller × width × wider multiply-adds.
        """
        if self.interpolation == "nearest":
            return FREE
        spatial = self._spatial()
        height, width = (checks.known_size(self, input_shape, axis) for axis in spatial)
        taller, wider = (self._changed(index, size) for index, size in enumerate((height, width)))
        others = [size for axis, size in enumerate(input_shape) if axis not in spatial]
        return Cost(product((*others, taller, width, height + wider)))

    def call(self, inputs: Array) -> Array:
        if self.interpolation == "nearest":
            return super().call(inputs)
        larger: Any = self.compute_output_shape(inputs.shape)
        return jax.image.resize(inputs, larger, self.interpolation, antialias=False)


class UpSampling3D(UpSampling):
    """Makes volumes larger by repeating what is in them.

    Input shape: (batch, depth, height, width, channels), or (batch, channels, depth, height, width). Output shape:
    the three sizes times `size`.

    Args:
        size: factor, or one for each of the three.
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ArgumentError: `size` or `data_format` is none of these.
        ShapeError: the input has not five axes.
    """

    rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = checks.data_format(self, data_format)
        self.size = checks.sizes(self, "size", size, 3)
        self.input_spec = InputSpec(ndim=5)

    def _factors(self) -> tuple[int, ...]:
        return tuple(self.dim("size", axis) for axis in range(3))
