"""Layers that make one tensor of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Dim, Shape, product, total
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.layers.base import Layer
from weigh.parts import EPSILON


class Merge(Layer):
    """The base of layers that combine tensors element by element; shapes are broadcast.

    Input shape: several of (batch, …); one with fewer axes gets axes of size 1 behind the batch's. Output shape: the
    broadcast one. What comes out is masked where all inputs are masked.

    Raises:
        ShapeError: no list of inputs comes, or their shapes do not broadcast.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def merge(self, left: Array, right: Array) -> Array:
        """Combine two arrays of one rank."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it merges.")

    def combine(self, arrays: list[Array], masks: list[Array | None]) -> Array:
        """Combine arrays of one rank.

        Args:
            arrays: the inputs.
            masks: for each input booleans of its rank, or ``None``.
        """
        return reduce(self.merge, arrays)

    def build(self, input_shape: Sequence[Shape]) -> None:
        self._check_several(input_shape)
        self.compute_output_shape(input_shape)

    def _check_several(self, shapes: Any) -> None:
        if not isinstance(shapes, (list, tuple)) or len(shapes) < 1 or not isinstance(shapes[0], (list, tuple)):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) merges a list of tensors, but got one of shape {shapes}. "
                "Call it on a list: layer([a, b])."
            )
        batches = {shape[0] for shape in shapes if shape} - {None}
        if len(batches) > 1:
            raise ShapeError(f"Layer {self.name!r} got inputs with different batch sizes: {list(shapes)}.")

    def _check_two(self, shapes: Any) -> None:
        self._check_several(shapes)
        if len(shapes) != 2:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) takes exactly two inputs, layer([a, b]), but got "
                f"{len(shapes)} of shapes {list(shapes)}."
            )

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        rank = max(map(len, input_shape))
        padded = [(*(1,) * (rank - len(shape)), *shape[1:]) for shape in input_shape]
        batch = next((shape[0] for shape in input_shape if shape[0] is not None), None)
        return (batch, *(self._broadcast(sizes, input_shape) for sizes in zip(*padded, strict=True)))

    def _broadcast(self, sizes: tuple[int | None, ...], shapes: Sequence[Shape]) -> int | None:
        wide = [size for size in sizes if size != 1]
        known = {size for size in wide if size is not None}
        if len(known) > 1:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) cannot merge inputs of shapes {list(shapes)}: sizes "
                f"{sorted(known)} meet on one axis. They must be equal, or 1."
            )
        if None in wide:
            return None
        return wide[0] if wide else sizes[0]

    def compute_cost(self, input_shape: Sequence[Shape]) -> Cost:
        return Cost(others=(len(input_shape) - 1) * product(self.compute_output_shape(input_shape)))

    def call(self, inputs: Sequence[Array], mask: Any = None) -> Array:
        rank = max(array.ndim for array in inputs)
        masks = [
            _as_wide(one, array) if one is not None and array.ndim == rank else None
            for one, array in zip(self._masks_of(inputs, mask), inputs, strict=True)
        ]
        return self.combine([_raised(array, rank) for array in inputs], masks)

    def _masks_of(self, inputs: Sequence[Array], masks: Any) -> list[Array | None]:
        """Return a mask, or ``None``, for each input.

        Raises:
            ShapeError: there are more or fewer masks than inputs, or one has more axes than its input.
        """
        found = [None] * len(inputs) if masks is None else list(masks)
        fits = len(found) == len(inputs) and all(
            one is None or one.shape == array.shape[: one.ndim] for one, array in zip(found, inputs, strict=True)
        )
        if not fits:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) got masks of shapes "
                f"{[None if one is None else one.shape for one in found]} for inputs of shapes "
                f"{[array.shape for array in inputs]}: give a list with a mask, or None, for each input, with the "
                "sizes of the input's first axes."
            )
        return found

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        masks = self._masks_of(inputs, previous_mask)
        if any(mask is None for mask in masks):
            return None
        rank = max(mask.ndim for mask in masks if mask is not None)
        return reduce(jax.numpy.logical_or, (_raised(mask, rank) for mask in masks))


def _raised(array: Any, rank: int) -> Array:
    """Return `array` with axes of size 1 behind the batch's, so that there are `rank`."""
    return (
        array if array.ndim == rank else array.reshape(*array.shape[:1], *(1,) * (rank - array.ndim), *array.shape[1:])
    )


def _as_wide(mask: Array, array: Array) -> Array:
    """Return `mask`, which has the first axes of `array`, as booleans of the shape of `array`."""
    return jax.numpy.broadcast_to(mask.reshape(*mask.shape, *(1,) * (array.ndim - mask.ndim)), array.shape)


class Add(Merge):
    """The sum of its inputs."""

    def merge(self, left: Array, right: Array) -> Array:
        return left + right


def add(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return the sum of `inputs`; see :class:`Add`."""
    return Add(**kwargs)(inputs)


class Subtract(Merge):
    """Its first input minus its second.

    Raises:
        ShapeError: there are not exactly two inputs, or their shapes do not broadcast.
    """

    def build(self, input_shape: Sequence[Shape]) -> None:
        self._check_two(input_shape)
        super().build(input_shape)

    def merge(self, left: Array, right: Array) -> Array:
        return left - right


def subtract(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return the first of two `inputs` minus the second; see :class:`Subtract`."""
    return Subtract(**kwargs)(inputs)


class Multiply(Merge):
    """The product of its inputs, number by number. A masked step counts as 1, and is 0 where all inputs are masked."""

    def merge(self, left: Array, right: Array) -> Array:
        return left * right

    def combine(self, arrays: list[Array], masks: list[Array | None]) -> Array:
        where = jax.numpy.where
        one = [
            array if mask is None else where(mask, array, 1).astype(array.dtype)
            for array, mask in zip(arrays, masks, strict=True)
        ]
        result = super().combine(one, masks)
        given: list[Array] = [mask for mask in masks if mask is not None]
        if len(given) < len(masks):
            return result
        return where(reduce(jax.numpy.logical_or, given), result, 0).astype(result.dtype)


def multiply(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return the product of `inputs`, number by number; see :class:`Multiply`."""
    return Multiply(**kwargs)(inputs)


class Average(Merge):
    """The mean of its inputs, number by number."""

    def compute_cost(self, input_shape: Sequence[Shape]) -> Cost:
        return Cost(others=len(input_shape) * product(self.compute_output_shape(input_shape)))  # sums, one division

    def merge(self, left: Array, right: Array) -> Array:
        return left + right

    def combine(self, arrays: list[Array], masks: list[Array | None]) -> Array:
        return super().combine(arrays, masks) / len(arrays)


def average(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return the mean of `inputs`; see :class:`Average`."""
    return Average(**kwargs)(inputs)


class Extreme(Merge):
    """The base of Maximum and Minimum, for which no number could stand in for a masked step: it is left out."""

    def combine(self, arrays: list[Array], masks: list[Array | None]) -> Array:
        result, counted = arrays[0], masks[0]
        for array, mask in zip(arrays[1:], masks[1:], strict=True):
            other = array if mask is None else jax.numpy.where(mask, array, result)
            result = result if counted is None else jax.numpy.where(counted, result, other)
            result = self.merge(result, other)
            counted = None if mask is None or counted is None else counted | mask
        return result


class Maximum(Extreme):
    """The largest of its inputs, number by number."""

    def merge(self, left: Array, right: Array) -> Array:
        return jax.numpy.maximum(left, right)


def maximum(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return the largest of `inputs`, number by number; see :class:`Maximum`."""
    return Maximum(**kwargs)(inputs)


class Minimum(Extreme):
    """The smallest of its inputs, number by number."""

    def merge(self, left: Array, right: Array) -> Array:
        return jax.numpy.minimum(left, right)


def minimum(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return the smallest of `inputs`, number by number; see :class:`Minimum`."""
    return Minimum(**kwargs)(inputs)


class Concatenate(Merge):
    """Its inputs side by side along an axis.

    Input shape: several that agree on every axis but one. Output shape: the sum of sizes on that axis. Where some
    inputs have no mask, their steps count as not masked; a step is masked where all that stands there is.

    Args:
        axis: along which they are put.

    Raises:
        ArgumentError: `axis` is not a whole number.
        ShapeError: they differ on another axis, or have no such axis.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise ArgumentError(f"Layer {self.name!r} (Concatenate): `axis` must be a whole number, not {axis!r}.")
        self.axis = axis

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        rank = len(input_shape[0])
        if any(len(shape) != rank for shape in input_shape) or not -rank <= self.axis < rank:
            raise ShapeError(
                f"Layer {self.name!r} (Concatenate) joins inputs of one rank along axis {self.axis}, "
                f"but got shapes {list(input_shape)}."
            )
        along = self.axis % rank
        return tuple(
            self._joined(sizes) if axis == along else self._agreed(sizes, axis, input_shape)
            for axis, sizes in enumerate(zip(*input_shape, strict=True))
        )

    def _joined(self, sizes: tuple[int | None, ...]) -> int | None:
        known = [size for size in sizes if size is not None]
        return total(known) if len(known) == len(sizes) else None

    def _agreed(self, sizes: tuple[int | None, ...], axis: int, shapes: Sequence[Shape]) -> int | None:
        known = [size for size in sizes if size is not None]
        if len(set(known)) > 1:
            raise ShapeError(
                f"Layer {self.name!r} (Concatenate) joins along axis {self.axis}; on every other axis its inputs must "
                f"agree, but on axis {axis} they have {list(sizes)}: shapes {list(shapes)}."
            )
        return known[0] if known else None

    def compute_cost(self, input_shape: Sequence[Shape]) -> Cost:
        return FREE

    def call(self, inputs: Sequence[Array], mask: Any = None) -> Array:
        return jax.numpy.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        masks = self._masks_of(inputs, previous_mask)
        if all(mask is None for mask in masks):
            return None
        whole = [
            jax.numpy.ones(array.shape, bool) if mask is None else _as_wide(mask, array)
            for array, mask in zip(inputs, masks, strict=True)
        ]
        return jax.numpy.any(jax.numpy.concatenate(whole, axis=self.axis), axis=-1)


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **kwargs: Any) -> Any:
    """Return `inputs` side by side along `axis`; see :class:`Concatenate`."""
    return Concatenate(axis, **kwargs)(inputs)


class Dot(Merge):
    """The products of two inputs, example by example, added up along one axis of each.

    Input shape: (batch, …) and (batch, …), whose sizes agree on the summed axes. Output shape: (batch, the first's
    other axes, the second's other axes); (batch, 1) where none is left. It passes on no mask.

    Args:
        axes: the axis to sum along, not the batch's: one number for both inputs, or one for each.
        normalize: whether both are divided by their length along that axis first, so that the result is the cosine of
            the angle between them.

    Raises:
        ArgumentError: `axes` does not have two whole numbers.
        ArgumentTypeError: `axes` is neither a whole number nor a pair.
        ShapeError: there are not exactly two inputs, or they have no such axes, or these differ in size.
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, (int, list, tuple)) or isinstance(axes, bool):
            raise ArgumentTypeError(
                f"Layer {self.name!r} (Dot): `axes` must be a whole number or a pair of them, not {axes!r}."
            )
        if not isinstance(axes, int) and (len(axes) != 2 or not all(isinstance(axis, int) for axis in axes)):
            raise ArgumentError(
                f"Layer {self.name!r} (Dot): `axes` must be one whole number or two, one for each input, not {axes!r}."
            )
        self.axes = axes
        self.normalize = normalize

    def build(self, input_shape: Sequence[Shape]) -> None:
        self._check_two(input_shape)
        self.compute_output_shape(input_shape)

    def _summed(self, shapes: Sequence[Shape]) -> tuple[int, int]:
        """Return the axis that is summed along, of each input, counted from the front."""
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        for axis, shape in zip(pair, shapes, strict=True):
            rank = len(shape)
            if not -rank < axis < rank or axis == 0:
                raise ShapeError(
                    f"Layer {self.name!r} (Dot) sums along axes {self.axes} of inputs of shapes {list(shapes)}: {axis} "
                    "is no axis behind the batch's."
                )
        left, right = (axis % len(shape) for axis, shape in zip(pair, shapes, strict=True))
        sizes = shapes[0][left], shapes[1][right]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ShapeError(
                f"Layer {self.name!r} (Dot) sums along axis {left} of the first input and axis {right} of the second, "
                f"which must be of one size, but are {sizes[0]} and {sizes[1]}: shapes {list(shapes)}."
            )
        return left, right

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        left, right = self._summed(input_shape)
        first, second = input_shape
        shape = (*first[:left], *first[left + 1 :], *second[1:right], *second[right + 1 :])
        return shape if len(shape) > 1 else (*shape, Dim(1))

    def compute_cost(self, input_shape: Sequence[Shape]) -> Cost:
        summed = input_shape[0][self._summed(input_shape)[0]]
        others = 0
        if self.normalize:  # a square, its sum and the product a number; a root and a division for each length
            for shape in input_shape:
                others += 3 * product(shape) + 2 * (product(shape) // product((summed,)))
        return Cost(product((*self.compute_output_shape(input_shape), summed)), others)

    def call(self, inputs: Sequence[Array], mask: Any = None) -> Array:
        axes = self._summed([array.shape for array in inputs])
        left, right = (
            _of_length_one(array, axis) if self.normalize else array for array, axis in zip(inputs, axes, strict=True)
        )
        result = jax.lax.dot_general(left, right, (((axes[0],), (axes[1],)), ((0,), (0,))))
        return result if result.ndim > 1 else result[:, None]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return None


def _of_length_one(x: Array, axis: int) -> Array:
    """Return `x` divided by its Euclidean length along `axis`; lengths below ε count as ε, as in Keras."""
    wide = x.astype(jax.numpy.promote_types(x.dtype, "float32"))  # in float16 neither squares nor 1 ÷ ε have room
    square = jax.numpy.sum(jax.numpy.square(wide), axis, keepdims=True)
    return (wide * jax.numpy.minimum(jax.lax.rsqrt(square), 1 / EPSILON)).astype(x.dtype)


def dot(inputs: Sequence[Tensor], axes: Any = -1, **kwargs: Any) -> Any:
    """Return the products of two `inputs` added up along `axes`; see :class:`Dot`."""
    return Dot(axes, **kwargs)(inputs)
