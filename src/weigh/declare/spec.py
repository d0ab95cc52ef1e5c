"""What a layer's input must look like."""

from __future__ import annotations

from typing import Any

from weigh.declare import tree
from weigh.declare.dim import Shape
from weigh.errors import ShapeError


class InputSpec:
    """A condition on one input of a layer; what is ``None`` is free.

    Args:
        dtype: kept for compatibility; inputs are converted, so it is not checked.
        shape: the whole shape; ``None`` for an axis of any size.
        ndim: the number of axes.
        max_ndim: the largest number of axes.
        min_ndim: the smallest number of axes.
        axes: sizes that given axes must have, by axis.
        allow_last_axis_squeeze: whether a last axis of size 1 may be missing or added.
        name: name of the input that is meant.
        optional: whether ``None`` may come instead of a tensor.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = dict(axes or {})
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def check(self, shape: Shape, layer_name: str) -> None:
        """Raise a ShapeError that names `layer_name`, `shape` and what would fit, unless `shape` fits."""
        rank = len(shape)
        wanted = self._wanted_rank(rank)
        which = f"for {self.name!r} an input" if self.name else "an input"
        if wanted:
            raise ShapeError(f"Layer {layer_name!r} takes {which} of {wanted}, but got one of {rank}: shape {shape}.")
        for axis, size in self._wanted_sizes():
            got = shape[axis] if -rank <= axis < rank else None
            if got is not None and size is not None and got != size:
                raise ShapeError(
                    f"Layer {layer_name!r} takes {which} whose axis {axis} has size {size}, but got shape {shape} "
                    f"with size {got} there. Its weights were made for {size}: give it such an input, "
                    "or make a new layer."
                )

    def _wanted_rank(self, rank: int) -> str:
        if self.ndim is not None and rank != self.ndim:
            squeezed = self.allow_last_axis_squeeze and abs(rank - self.ndim) == 1
            return "" if squeezed else f"{self.ndim} axes"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"at least {self.min_ndim} axes"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"at most {self.max_ndim} axes"
        return ""

    def _wanted_sizes(self) -> list[tuple[int, int | None]]:
        if self.shape is not None:
            return list(enumerate(self.shape))
        return [(int(axis), size) for axis, size in self.axes.items()]


def check(specs: Any, shapes: Any, layer_name: str) -> None:
    """Check shapes of inputs (nested alike) against specs.

    Raises:
        ShapeError: a shape does not fit, or there are too few or too many inputs.
    """
    wanted = tree.flatten(specs)
    got: list[Any] = []
    tree.map_shapes(got.append, shapes)
    if len(wanted) != len(got):
        raise ShapeError(f"Layer {layer_name!r} takes {len(wanted)} inputs, but got {len(got)}: {got}.")
    for spec, shape in zip(wanted, got, strict=True):
        if spec is not None:
            spec.check(shape, layer_name)
