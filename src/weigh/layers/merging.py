"""Layers that make one tensor of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Shape, product, total
from weigh.declare.graph import Tensor
from weigh.errors import ShapeError
from weigh.layers.base import Layer


class Merge(Layer):
    """The base of layers that combine tensors element by element; shapes are broadcast.

    Input shape: several of (batch, …). Output shape: the broadcast one.

    Raises:
        ShapeError: fewer than two inputs come, or their shapes do not broadcast.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def merge(self, left: Array, right: Array) -> Array:
        """Combine two arrays of one rank."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it merges.")

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

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        rank = max(map(len, input_shape))
        padded = [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in input_shape]
        return tuple(self._broadcast(sizes, input_shape) for sizes in zip(*padded, strict=True))

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

    def call(self, inputs: Sequence[Array]) -> Array:
        rank = max(array.ndim for array in inputs)
        aligned = (array.reshape(*array.shape[:1], *(1,) * (rank - array.ndim), *array.shape[1:]) for array in inputs)
        return reduce(self.merge, aligned)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        masks = [mask for mask in previous_mask or [] if mask is not None]
        return reduce(jax.numpy.logical_and, masks) if masks else None


class Add(Merge):
    """The sum of its inputs."""

    def merge(self, left: Array, right: Array) -> Array:
        return left + right


def add(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return the sum of `inputs`; see :class:`Add`."""
    return Add(**kwargs)(inputs)


class Concatenate(Merge):
    """Its inputs side by side along an axis.

    Input shape: several that agree on every axis but one. Output shape: the sum of sizes on that axis.

    Args:
        axis: along which they are put.

    Raises:
        ShapeError: they differ on another axis, or have no such axis.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
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

    def call(self, inputs: Sequence[Array]) -> Array:
        return jax.numpy.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        masks = previous_mask or []
        if all(mask is None for mask in masks):
            return None
        ones = [jax.numpy.ones(array.shape, bool) for array in inputs]
        whole = [
            one
            if mask is None
            else jax.numpy.broadcast_to(mask.reshape(*mask.shape, *(1,) * (one.ndim - mask.ndim)), one.shape)
            for one, mask in zip(ones, masks, strict=True)
        ]
        return jax.numpy.all(jax.numpy.concatenate(whole, axis=self.axis), axis=-1)


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **kwargs: Any) -> Any:
    """Return `inputs` side by side along `axis`; see :class:`Concatenate`."""
    return Concatenate(axis, **kwargs)(inputs)
