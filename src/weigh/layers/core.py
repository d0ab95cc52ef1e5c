"""Where a network begins, and the densely connected layer."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.calling import activated
from weigh.compute.values import Array, Variable
from weigh.declare import config, dtypes
from weigh.declare.cost import Cost
from weigh.declare.dim import Dim, Origin, Shape, product
from weigh.declare.graph import Node, Tensor
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.parts import activations, constraints, initializers, regularizers


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


class Dense(Layer):
    """Every output is a weighted sum of every input: ``activation(inputs · kernel + bias)``.

    Input shape: (batch, …, features). Output shape: (batch, …, units).

    Args:
        units: number of outputs.
        activation: applied to the sums; ``None`` leaves them.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.

    Raises:
        ArgumentError: `units` is not a whole number above 0.
        ShapeError: the input has fewer than two axes, or its last axis is of unknown or another size.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = checks.positive(self, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True
        self.bias: Variable | None = None

    def build(self, input_shape: Shape) -> None:
        features, units = checks.known_size(self, input_shape, -1), self.dim("units")
        self.kernel = self.add_weight(
            (features, units),
            name="kernel",
            role=roles.KERNEL,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (units,),
                name="bias",
                role=roles.BIAS,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.dim("units"))

    def compute_cost(self, input_shape: Shape) -> Cost:
        outputs = product(self.compute_output_shape(input_shape))
        others = outputs * (self.use_bias + activations.operations(self.activation))
        return Cost(product((*input_shape, self.dim("units"))), others)

    def call(self, inputs: Array) -> Array:
        outputs = inputs @ self.kernel
        if self.bias is not None:
            outputs = outputs + self.bias
        return activated(self.activation, outputs)
