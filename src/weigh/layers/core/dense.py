"""The densely connected layer."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.calling import activated
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.layers import checks
from weigh.layers.lowrank import LowRankAdapted
from weigh.parts import activations, constraints, initializers, regularizers


class Dense(LowRankAdapted):
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
        lora_rank: if given, the kernel stays as it is and the product of two small matrices, with this many columns and
            rows between them, is learned and added to it (Hu et al. 2021).
        lora_alpha: the product is multiplied by `lora_alpha` ÷ `lora_rank`; by default 1.

    Raises:
        ArgumentError: `units` or `lora_rank` is not a whole number above 0.
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
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(lora_rank, lora_alpha, activity_regularizer=activity_regularizer, **kwargs)
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
        self._adapt_if_asked()

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.dim("units"))

    def compute_cost(self, input_shape: Shape) -> Cost:
        outputs = product(self.compute_output_shape(input_shape))
        others = outputs * (self.use_bias + activations.operations(self.activation))
        return self.with_adapting(Cost(product((*input_shape, self.dim("units"))), others))

    def call(self, inputs: Array) -> Array:
        outputs = inputs @ self.adapted(self.kernel)
        if self.bias is not None:
            outputs = outputs + self.bias
        return activated(self.activation, outputs)
