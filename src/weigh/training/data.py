"""Where batches come from: arrays in memory, cut into batches in the order in which Keras takes them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from math import ceil, floor, prod
from typing import Any

from weigh.compute.lazy import numpy
from weigh.compute.values import Array
from weigh.declare import dtypes, settings, tree
from weigh.errors import ArgumentError, DataError
from weigh.ops.tensor import KerasTensor

Batch = tuple[Any, Any, Any]
"""Inputs, labels and sample weights of some examples, each a structure of arrays or ``None``."""

AHEAD = 2
"""Steps that may be under way at once: enough to keep a device busy, few enough that what is shown is recent."""

ALIGNMENT = 64
"""Bytes; JAX reads memory in place that begins at a multiple of it."""


class Arrays:
    """Examples in memory, as batches.

    Args:
        x: inputs: an array, or lists, tuples and dicts of arrays, each ``(examples, …)``.
        y: labels, likewise; ``None`` without any.
        sample_weight: a weight for each example, for each of its steps, or a structure of those like that of `y`.
        batch_size: examples a batch; the last batch may have fewer.
        steps: batches that the examples are to be spread over where no batch size is given.
        shuffle: whether each pass takes the examples in a new order, drawn from NumPy's global generator as Keras
            draws it; ``"batch"`` shuffles inside of batches only.

    Raises:
        DataError: there are no examples, something is not an array of numbers, or the parts differ in length.

    Attributes:
        count: number of examples.
        batches: number of batches of one pass.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: bool | str = False,
    ) -> None:
        self.x = arrays("x", x)
        self.y = arrays("y", y)
        self.sample_weight = arrays("sample_weight", sample_weight)
        self.count = _common_length(x=self.x, y=self.y, sample_weight=self.sample_weight)
        self.batch_size = _checked_batch_size(batch_size) or (ceil(self.count / steps) if steps else 32)
        self.batches = ceil(self.count / self.batch_size)
        self.shuffle = shuffle

    def symbolic(self) -> tuple[Any, Any]:
        """Return symbolic tensors like the inputs and the labels, with batches of any size."""
        return tree.map_leaves(_symbolic, self.x), tree.map_leaves(_symbolic, self.y)

    @property
    def signature(self) -> Any:
        """What the arrays are like, for one who wants to know whether others are alike."""
        return like(self.x), like(self.y), like(self.sample_weight)

    def draw_order(self) -> Array | None:
        """Return a new order of the examples, ``None`` for the order in which they are."""
        return numpy.random.permutation(self.count) if self.shuffle and self.shuffle != "batch" else None

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of one pass; the arrays of a batch are used again `AHEAD` + 1 batches later."""
        if self.batches == 1 and not self.shuffle:
            yield self.whole()
            return
        order = self.draw_order()
        memory = Memory()
        for start in range(0, self.count, self.batch_size):
            stop = min(start + self.batch_size, self.count)
            memory.turn()
            if self.shuffle == "batch":
                yield self._taken(numpy.random.permutation(stop - start) + start, memory)
            else:
                yield self._taken(slice(start, stop) if order is None else order[start:stop], memory)

    def whole(self) -> Batch:
        """Return all examples as one batch."""
        return in_floatx(self.x), in_floatx(self.y), in_floatx(self.sample_weight)

    def _taken(self, indices: Any, memory: Memory) -> Batch:
        def take(array: Any) -> Any:
            return None if array is None else memory.taken(array, indices, self.batch_size)

        x, y, sample_weight = (tree.map_leaves(take, part) for part in (self.x, self.y, self.sample_weight))
        return x, y, sample_weight


class Memory:
    """Memory that batches are put together in, used in turns.

    New memory for each batch would cost more than filling it, for the system hands it out page by page. It begins at
    multiples of 64 bytes, from where JAX reads it on a CPU without a copy of its own; so it must be left alone until
    the step that reads it is done.
    """

    def __init__(self) -> None:
        self._turns: list[dict[int, Array]] = [{} for _ in range(AHEAD + 1)]
        self._turn = 0
        self._scratch: dict[int, Array] = {}

    def turn(self) -> None:
        """Begin the next batch."""
        self._turn = (self._turn + 1) % len(self._turns)

    def taken(self, array: Array, indices: Any, size: int) -> Array:
        """Return the rows of `array` at `indices`, floating-point numbers in the default format.

        Args:
            array: ``(examples, …)``, the same one each time.
            indices: a slice, or numbers of rows.
            size: the most rows that are ever taken.
        """
        whole = isinstance(indices, slice)
        rows = array[indices] if whole else array[:1]
        dtype = _in_floatx(rows[:0]).dtype
        if whole and _fits(rows, dtype):
            return rows
        shape = (size, *array.shape[1:])
        here = self._turns[self._turn]
        if id(array) not in here:
            here[id(array)] = _aligned(shape, dtype)
        out = here[id(array)][: len(rows) if whole else len(indices)]
        if whole:
            numpy.copyto(out, rows, casting="same_kind")
        elif array.dtype == dtype:
            numpy.take(array, indices, axis=0, out=out, mode="clip")  # the other modes fill a buffer of their own first
        else:
            if id(array) not in self._scratch:
                self._scratch[id(array)] = numpy.empty(shape, array.dtype)
            scratch = self._scratch[id(array)][: len(indices)]
            numpy.take(array, indices, axis=0, out=scratch, mode="clip")
            numpy.copyto(out, scratch, casting="same_kind")
        return out


def _aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    count = prod(shape) * dtype.itemsize
    raw = numpy.empty(count + ALIGNMENT, numpy.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + count].view(dtype).reshape(shape)


def _fits(rows: Array, dtype: Any) -> bool:
    """Return whether JAX can read `rows` where they are."""
    return bool(rows.dtype == dtype and rows.flags.c_contiguous and rows.ctypes.data % ALIGNMENT == 0)


class Feed:
    """Epochs over a source: whole passes, or a given number of batches that goes on where the last one ended.

    Args:
        source: yields the batches of a pass each time that it is iterated over, and says their number as `batches`.
        steps: batches an epoch; ``None`` for a whole pass.

    Attributes:
        steps: number of batches of an epoch.
    """

    def __init__(self, source: Arrays, steps: int | None = None) -> None:
        self.source = source
        most = settings.max_steps_per_epoch()
        self.steps = min(steps or source.batches, most or sys.maxsize)
        self._limited = bool(steps)
        self._rest: Iterator[Batch] | None = None
        self._left = 0

    def restart(self) -> None:
        """Let the next epoch begin with the first batch."""
        self._rest = None

    def epoch(self) -> Iterator[Batch]:
        """Yield the batches of one epoch; warns where the pass ends before it."""
        if self._rest is None or not self._limited:
            self._rest, self._left = iter(self.source), self.source.batches
        for _ in range(min(self.steps, self._left)):
            self._left -= 1
            yield next(self._rest)
        if self._left == 0:
            self._rest = None

    def runs_out(self) -> bool:
        """Return whether the next epoch has fewer batches than `steps`."""
        left = self.source.batches if self._rest is None or not self._limited else self._left
        return left < self.steps


def arrays(what: str, structure: Any) -> Any:
    """Return the structure with every leaf a NumPy array, or ``None`` where it was; NumPy arrays are not copied.

    Raises:
        DataError: a leaf is not an array of numbers with at least one axis.
    """
    if structure is None or _is_plain(structure):
        return structure
    return tree.map_leaves(lambda leaf: _array(what, leaf), structure)


def _is_plain(leaf: Any) -> bool:
    return type(leaf) is numpy.ndarray and leaf.ndim > 0 and leaf.dtype.kind in "biufc"


def _array(what: str, leaf: Any) -> Any:
    if leaf is None or _is_plain(leaf):
        return leaf
    if not hasattr(leaf, "__array__"):
        raise DataError(
            f"`{what}` must be an array or a structure of arrays, such as NumPy's, but holds {leaf!r:.60} of type "
            f"{type(leaf).__name__}. Turn lists of numbers into arrays with `numpy.array`."
        )
    array = numpy.asarray(leaf)
    if array.ndim == 0 or array.dtype.kind in "OUSMm":
        raise DataError(
            f"`{what}` must hold arrays of numbers with one row an example, but has one of shape {array.shape} and "
            f"dtype {array.dtype}."
        )
    return array


def weights_of_classes(y: Any, class_weight: Any) -> Any:
    """Return a sample weight for each example: that of its class, 1 for classes without one.

    Args:
        y: class numbers, ``(examples,)`` or ``(examples, 1)``, or one-hot labels ``(examples, …, classes)``.
        class_weight: weights by class number.

    Raises:
        ArgumentError: there are several outputs, or `class_weight` is not a dict.
    """
    if tree.is_nested(y):
        raise ArgumentError("`class_weight` is for networks with one output; give `sample_weight` for each instead.")
    if not isinstance(class_weight, dict):
        raise ArgumentError(f"`class_weight` must be a dict from class numbers to weights, not {class_weight!r}.")
    labels = numpy.asarray(y)
    if labels.ndim > 1:
        labels = numpy.argmax(labels, axis=-1) if labels.shape[-1] != 1 else labels[..., 0]
    classes, which = numpy.unique(numpy.round(labels).astype("int64"), return_inverse=True)
    weights = numpy.array([class_weight.get(int(number), 1.0) for number in classes], dtype=dtypes.floatx())
    return weights[which.reshape(labels.shape)]


def split(x: Any, y: Any, sample_weight: Any, share: float) -> tuple[Batch, Batch]:
    """Return all but the last `share` of the examples, and these.

    Raises:
        ArgumentError: `share` is outside (0, 1), or leaves no example on one side.
    """
    parts = arrays("x", x), arrays("y", y), arrays("sample_weight", sample_weight)
    count = _common_length(x=parts[0], y=parts[1], sample_weight=parts[2])
    at = floor(count * (1.0 - share))
    if not 0 < share < 1 or not 0 < at < count:
        raise ArgumentError(
            f"`validation_split` must be between 0 and 1 and leave examples to train and to validate on, but {share!r} "
            f"of {count} examples does not."
        )

    def cut(part: slice) -> Batch:
        first, second, third = (tree.map_leaves(lambda a: None if a is None else a[part], one) for one in parts)
        return first, second, third

    return cut(slice(0, at)), cut(slice(at, count))


def unpacked(data: Any) -> Batch:
    """Return ``x``, ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)`` as three parts.

    Raises:
        DataError: it is a tuple of another length.
    """
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise DataError(f"Data come as (x, y) or (x, y, sample_weight), but got a tuple of {len(data)}.")
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def _common_length(**parts: Any) -> int:
    lengths = {what: _lengths(structure) for what, structure in parts.items() if structure is not None}
    if not lengths.get("x"):
        raise DataError("There are no data: `x` holds no array.")
    different = {length for several in lengths.values() for length in several}
    if len(different) > 1:
        listed = "; ".join(f"`{what}`: {', '.join(map(str, several))}" for what, several in lengths.items() if several)
        raise DataError(
            f"Inputs, labels and sample weights must have one row an example, but their lengths differ: {listed}."
        )
    (count,) = different
    if count == 0:
        raise DataError("There are no data: `x` holds 0 examples.")
    return count


def _lengths(structure: Any) -> list[int]:
    return [len(array) for array in tree.leaves(structure) if array is not None]


def _checked_batch_size(batch_size: Any) -> int | None:
    if batch_size is None:
        return None
    if isinstance(batch_size, bool) or not hasattr(batch_size, "__index__") or batch_size < 1:
        raise ArgumentError(f"`batch_size` must be a whole number above 0, not {batch_size!r}.")
    return int(batch_size)


def _symbolic(array: Any) -> Any:
    return None if array is None else KerasTensor((None, *array.shape[1:]), _in_floatx(array[:0]).dtype)


def like(structure: Any) -> Any:
    """Return what can be compared of a structure of arrays: sizes behind the first axis and number formats."""
    if isinstance(structure, numpy.ndarray):
        return structure.shape[1:], structure.dtype
    if isinstance(structure, dict):
        return tuple((key, like(item)) for key, item in sorted(structure.items()))
    return tuple(map(like, structure)) if tree.is_nested(structure) else structure


def in_floatx(structure: Any) -> Any:
    """Return the arrays of a structure with floating-point numbers in the default format."""
    return tree.map_leaves(lambda array: None if array is None else _in_floatx(array), structure)


def _in_floatx(array: Any) -> Any:
    """Return floating-point numbers in the default format; whole numbers stay as small as they are."""
    wanted = _dtype(dtypes.floatx())
    return array.astype(wanted) if array.dtype != wanted and array.dtype.kind == "f" else array


@cache
def _dtype(name: str) -> Any:
    return numpy.dtype(name)
