"""Where a network begins."""

from __future__ import annotations

from typing import Any

from weigh.compute.values import Array
from weigh.declare import config, dtypes
from weigh.declare.dim import Dim, Origin, Shape
from weigh.declare.graph import Node, Tensor
from weigh.errors import ArgumentError
from weigh.layers.base import Layer


class InputLayer(Layer):
    """Where data enter a network.

    Args:
        shape: sizes of one example's axes, without the batch's; ``None`` for an axis of any size.
        batch_size: number of examples in a batch, if it is fixed.
        dtype: number format; floatx by default.
        sparse, ragged: must be false; accepted because Keras writes them.
        batch_shape: the whole shape, instead of `shape` and `batch_size`.
        input_tensor: a symbolic tensor to take shape and format from.
        optional: whether ``None`` may be given.
        name: automatic where none is given.

    Raises:
        ArgumentError: no shape is given, two are, or a size is neither a whole number nor ``None``.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Tensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if input_tensor is not None:
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        if shape is not None and batch_shape is not None:
            raise ArgumentError(f"Input {self.name!r} takes `shape` or `batch_shape`, not both.")
        if batch_shape is None:
            if shape is None:
                raise ArgumentError(f"Input {self.name!r} needs a `shape`, such as (4096,), or a `batch_shape`.")
            batch_shape = (batch_size, *_sizes(self.name, "shape", shape))
        if sparse or ragged:
            raise ArgumentError(f"Input {self.name!r}: sparse and ragged tensors are not supported.")
        sizes = _sizes(self.name, "batch_shape", batch_shape)
        last = len(sizes) - 1
        self.batch_shape: Shape = tuple(
            None if size is None else Dim(size, Origin("input", "-1" if axis == last else str(axis), self.name))
            for axis, size in enumerate(sizes)
        )
        self.input_dtype = dtypes.standardize(dtype)
        self.optional = optional
        self.built = True
        tensor = self.tensor_type(self.batch_shape, self.input_dtype, self.name)
        Node(self, (), {}, tensor)

    @property
    def dtype(self) -> str:
        """Number format of the data."""
        return self.input_dtype

    def call(self) -> Array:
        raise ArgumentError(f"Input {self.name!r} is where data enter; it is not called.")

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": config.serialize(self.batch_shape),
            "dtype": self.input_dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def Input(  # noqa: N802 - the field's name
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Tensor | None = None,
    optional: bool = False,
) -> Tensor:
    """Return a symbolic tensor for data to enter a network; arguments as of :class:`InputLayer`."""
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        batch_shape=batch_shape,
        name=name,
        input_tensor=tensor,
        optional=optional,
    )
    return layer.inbound_nodes[0].outputs[0]


def _sizes(name: str, argument: str, shape: Any) -> tuple[int | None, ...]:
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(size is not None and (not hasattr(size, "__index__") or size < 0) for size in sizes):
        raise ArgumentError(
            f"Input {name!r}: `{argument}` must hold whole numbers of at least 0 and None, not {shape!r}."
        )
    return tuple(None if size is None else int(size) for size in sizes)
