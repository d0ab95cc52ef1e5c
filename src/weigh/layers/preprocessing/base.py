"""What layers that prepare data share: plain lists as inputs, data to adapt to, categories as vectors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import prod
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare import tree
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, ArgumentTypeError, StateError
from weigh.layers.base import Layer

TEXT = ("O", "S", "T", "U")
"""NumPy's kinds of arrays that may hold strings."""


class Preprocessor(Layer):
    """A layer that prepares data: it may also be called on plain lists and on single values."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(
            *(self._given(value) for value in args), **{name: self._given(value) for name, value in kwargs.items()}
        )

    def _given(self, value: Any) -> Any:
        """Return an argument as an array where it is a list or a single value."""
        if not isinstance(value, (list, tuple, int, float, str, bytes)) or isinstance(value, bool):
            return value
        if any(isinstance(leaf, Tensor) for leaf in tree.leaves(value)):
            return value
        return as_array(self, value)

    def _refuse_sparse(self, sparse: bool) -> bool:
        if sparse:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `sparse` must be False: JAX's sparse arrays are not "
                "supported. Leave it away; the output is dense."
            )
        return False


class HostPreprocessor(Preprocessor):
    """A layer whose input may be text: it computes with NumPy on the host, outside of compiled functions."""

    on_host: bool = True

    def _as_input(self, leaf: Any) -> Any:
        if not hasattr(leaf, "dtype"):
            return leaf
        if isinstance(leaf, jax.core.Tracer):
            raise StateError(
                f"Layer {self.name!r} ({type(self).__name__}) computes on the host and cannot stand in a compiled "
                "function: map it over the data first, as in `model.fit(layer(x), y)`."
            )
        return numpy.asarray(leaf)


def as_array(layer: Layer, value: Any) -> Any:
    """Return a list, a tuple or a single value as a NumPy array.

    Raises:
        ArgumentError: its rows are of different lengths.
    """
    try:
        return numpy.asarray(value)
    except ValueError:
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}) takes arrays, but got a list whose rows are of different "
            f"lengths: {str(value)[:60]}. Pad the rows to one length first."
        ) from None


def numbers(layer: Layer, value: Any, what: str = "adapt") -> Any:
    """Return data to adapt to as a NumPy array of numbers.

    Raises:
        ArgumentTypeError: it holds something else.
    """
    array = as_array(layer, value)
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        raise ArgumentTypeError(
            f"Layer {layer.name!r} ({type(layer).__name__}): `{what}` takes numbers, but got an array of {array.dtype}."
        )
    return array


def batches(data: Any, steps: int | None = None, whole: tuple[type, ...] = ()) -> Iterator[Any]:
    """Yield the batches of data to adapt to; an array, or what is of a type in `whole`, is one batch.

    Of batches that are tuples, such as inputs and labels, the first part is meant.
    """
    if isinstance(data, whole) or hasattr(data, "dtype"):
        yield data
        return
    if not hasattr(data, "__iter__"):
        raise ArgumentTypeError(
            f"`adapt` takes an array or an iterable of batches, but got {data!r:.60} of type {type(data).__name__}."
        )
    for batch in islice(data, steps):
        yield batch[0] if isinstance(batch, tuple) else batch


# Categories as vectors ----------------------------------------------------------------------------------------------


def encode(indices: Array, mode: str, depth: int, dtype: str, weights: Array | None = None, axis: int = -1) -> Array:
    """Return whole numbers as they are, or as vectors of length `depth`; numbers outside of [0, depth) do not count.

    Args:
        indices: (…, samples).
        mode: ``"int"``: as they are; ``"one_hot"``: a vector for each number, a last axis of 1 taken away;
            ``"multi_hot"``: a vector for all numbers of a sample, 1 where a number occurs; ``"count"``: how often.
        depth: length of the vectors.
        dtype: number format of the result.
        weights: what a number counts for in ``"count"``; in the shape of `indices`.
        axis: that of a sample's numbers.
    """
    jnp = jax.numpy
    if mode == "int":
        return indices.astype(dtype)
    if indices.ndim == 0:
        indices = indices[None]
    if mode == "one_hot":
        if indices.ndim > 1 and indices.shape[-1] == 1:
            indices = indices[..., 0]
        return jax.nn.one_hot(indices, depth, dtype=dtype)
    indices = jnp.moveaxis(indices, axis, -1)
    *outer, samples = indices.shape
    flat = indices.reshape(prod(outer), samples)
    column = jnp.where((flat < 0) | (flat >= depth), depth, flat)  # one behind the last, which is dropped
    empty = jnp.zeros((flat.shape[0], depth), dtype)
    at = empty.at[jnp.arange(flat.shape[0])[:, None], column]
    if mode == "multi_hot":
        filled = at.set(1, mode="drop")
    else:
        counted = 1 if weights is None else jnp.moveaxis(weights, axis, -1).reshape(flat.shape)
        filled = at.add(counted, mode="drop")
    return filled.reshape(*outer, depth)


def encoded_shape(shape: Shape, mode: str, depth: int) -> Shape:
    """Return the shape of what `encode` gives for numbers of `shape`."""
    if mode == "int":
        return tuple(shape)
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    return (*shape[:-1], depth)


def encoding_cost(shape: Shape, mode: str, depth: int) -> Cost:
    """Return what `encode` takes: a comparison with each category for a vector of its own, else an addition each."""
    count = product(shape)
    return Cost(others={"int": 0, "one_hot": count * depth}.get(mode, count))
