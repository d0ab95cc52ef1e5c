"""Layers that Keras 1 or 2 had and Keras 3 has no more."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.calling import activated
from weigh.compute.lazy import jax
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.layers import checks
from weigh.layers.activation import Elementwise, Learned
from weigh.layers.base import Layer
from weigh.parts import activations, constraints, initializers, regularizers


class MaxoutDense(Layer):
    """Several dense layers side by side, of whose outputs the largest is taken: a learned convex activation.

    Input shape: (batch, features). Output shape: (batch, units).

    Source: Goodfellow et al. 2013, section 3; Keras 1.2.2, `MaxoutDense(output_dim, nb_feature)`.

    Args:
        units: number of outputs.
        pieces: number of dense layers.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.

    Raises:
        ArgumentError: `units` or `pieces` is not a whole number above 0.
        ShapeError: the input has not two axes, or its last axis is of unknown or another size.
    """

    def __init__(
        self,
        units: int,
        pieces: int = 4,
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
        self.pieces = checks.positive(self, "pieces", pieces)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=2)
        self.bias: Variable | None = None

    def build(self, input_shape: Shape) -> None:
        features, units, pieces = checks.known_size(self, input_shape, -1), self.dim("units"), self.dim("pieces")
        self.kernel = self.add_weight(
            (pieces, features, units),
            name="kernel",
            role=roles.KERNEL,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (pieces, units),
                name="bias",
                role=roles.BIAS,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(ndim=2, axes={-1: features})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.dim("units"))

    def compute_cost(self, input_shape: Shape) -> Cost:
        outputs = product(self.compute_output_shape(input_shape))
        sums = product((*input_shape, self.dim("units"), self.dim("pieces")))
        return Cost(sums, outputs * (self.pieces * self.use_bias + self.pieces - 1))

    def call(self, inputs: Array) -> Array:
        sums = jax.numpy.einsum("bf,pfu->bpu", inputs, self.kernel.value)
        if self.bias is not None:
            sums = sums + self.bias
        return jax.numpy.max(sums, axis=1)


class Highway(Layer):
    """A dense layer that learns, for each of its outputs, how much of its input it passes on as it is.

    Input shape: (batch, features). Output shape: the same. With T = sigmoid(x · gate_kernel + gate_bias) it is
    T · activation(x · kernel + bias) + (1 − T) · x.

    The paper begins with a gate bias below 0, so that inputs pass at first; here it begins with 1, as in Keras 1.2.2.

    Source: Srivastava et al. 2015, "Highway Networks", equation 3; Keras 1.2.2, `Highway`, where the gate's weights are
    called `W_carry` and `b_carry`.

    Args:
        activation: of the dense layer; ``None`` for none.
        use_bias: whether biases are added.
        kernel_initializer, bias_initializer: how the dense layer's weights begin.
        gate_kernel_initializer, gate_bias_initializer: how the gate's weights begin.
        kernel_regularizer, bias_regularizer: what the dense layer's weights add to the loss.
        activity_regularizer: what the output adds to the loss.
        kernel_constraint, bias_constraint: applied to the dense layer's weights after each update.

    Raises:
        ShapeError: the input has not two axes, or its last axis is of unknown or another size.
    """

    def __init__(
        self,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        gate_kernel_initializer: Any = "glorot_uniform",
        gate_bias_initializer: Any = "ones",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.gate_kernel_initializer = initializers.get(gate_kernel_initializer)
        self.gate_bias_initializer = initializers.get(gate_bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=2)
        self.bias: Variable | None = None
        self.gate_bias: Variable | None = None

    def build(self, input_shape: Shape) -> None:
        features = checks.known_size(self, input_shape, -1)
        self.kernel = self.add_weight(
            (features, features),
            name="kernel",
            role=roles.KERNEL,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.gate_kernel = self.add_weight(
            (features, features),
            name="gate_kernel",
            role=roles.GATE_KERNEL,
            initializer=self.gate_kernel_initializer,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (features,),
                name="bias",
                role=roles.BIAS,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
            self.gate_bias = self.add_weight(
                (features,), name="gate_bias", role=roles.GATE_BIAS, initializer=self.gate_bias_initializer
            )
        self.input_spec = InputSpec(ndim=2, axes={-1: features})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        # the biases, the sigmoid, the activation; T · h, 1 − T, its product with x, and the sum
        each = 2 * self.use_bias + sum(map(activations.operations, (activations.sigmoid, self.activation))) + 4
        return Cost(2 * product((*input_shape, input_shape[-1])), product(input_shape) * each)

    def call(self, inputs: Array) -> Array:
        gate, outputs = inputs @ self.gate_kernel, inputs @ self.kernel
        if self.bias is not None and self.gate_bias is not None:
            gate, outputs = gate + self.gate_bias, outputs + self.bias
        gate = activations.sigmoid(gate)
        return gate * activated(self.activation, outputs) + (1 - gate) * inputs


class ThresholdedReLU(Elementwise):
    """x above `theta`, 0 below. Output shape: that of the input.

    Source: Konda et al. 2014, equation 8; Keras 1.2.2 and 2, `ThresholdedReLU`.

    Args:
        theta: the threshold.

    Raises:
        ArgumentError: `theta` is negative or no number.
    """

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.theta = checks.not_negative(self, "theta", theta)

    def operations(self) -> int:
        return 1

    def call(self, inputs: Array) -> Array:
        return activations.threshold(inputs, self.theta, 0.0)


class ParametricSoftplus(Learned):
    """α · log(1 + e^(β x)) with learned α and β. Input and output shape: (batch, …).

    Source: McFarland et al. 2013, equation 3; Keras 1.2.2, `ParametricSoftplus`.

    Args:
        alpha_initializer, beta_initializer: how α and β begin; a number stands for itself everywhere.
        shared_axes: axes, counted from 1 behind the batch's, along which α and β are the same.

    Raises:
        ArgumentError: `shared_axes` does not hold whole numbers above 0.
        ShapeError: the input has no such axis, or an axis of unknown size that is not shared.
    """

    def __init__(
        self, alpha_initializer: Any = 0.2, beta_initializer: Any = 5.0, shared_axes: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(shared_axes, **kwargs)
        self.alpha_initializer = _number_or_initializer(alpha_initializer)
        self.beta_initializer = _number_or_initializer(beta_initializer)

    def build(self, input_shape: Shape) -> None:
        sizes = self.unshared(input_shape)
        self.alpha = self.add_weight(sizes, name="alpha", role=roles.AMPLITUDE, initializer=self.alpha_initializer)
        self.beta = self.add_weight(sizes, name="beta", role=roles.STEEPNESS, initializer=self.beta_initializer)

    def operations(self) -> int:
        return 2 + activations.operations(activations.softplus)

    def call(self, inputs: Array) -> Array:
        return self.alpha * activations.softplus(self.beta * inputs)


def _number_or_initializer(value: Any) -> Any:
    return initializers.Constant(value) if isinstance(value, (int, float)) else initializers.get(value)


class SReLU(Learned):
    """A function of three learned pieces: x in the middle, lines of learned slopes on both sides.

    Input and output shape: (batch, …). With a right threshold of t_left + |t_right| it is x between the thresholds,
    t_left + a_left · (x − t_left) on the left, and the same with a_right on the right.

    Source: Jin et al. 2015, equation 1; Keras 1.2.2, `SReLU`, which keeps the right threshold as a distance.

    Args:
        t_left_initializer, a_left_initializer: how threshold and slope on the left begin.
        t_right_initializer, a_right_initializer: how the thresholds' distance and the slope on the right begin.
        shared_axes: axes, counted from 1 behind the batch's, along which all four are the same.

    Raises:
        ArgumentError: `shared_axes` does not hold whole numbers above 0.
        ShapeError: the input has no such axis, or an axis of unknown size that is not shared.
    """

    def __init__(
        self,
        t_left_initializer: Any = "zeros",
        a_left_initializer: Any = "glorot_uniform",
        t_right_initializer: Any = "glorot_uniform",
        a_right_initializer: Any = "ones",
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(shared_axes, **kwargs)
        self.t_left_initializer = initializers.get(t_left_initializer)
        self.a_left_initializer = initializers.get(a_left_initializer)
        self.t_right_initializer = initializers.get(t_right_initializer)
        self.a_right_initializer = initializers.get(a_right_initializer)

    def build(self, input_shape: Shape) -> None:
        sizes = self.unshared(input_shape)
        self.t_left, self.a_left, self.t_right, self.a_right = (
            self.add_weight(sizes, name=name, role=role, initializer=initializer)
            for name, role, initializer in (
                ("t_left", roles.LEFT_THRESHOLD, self.t_left_initializer),
                ("a_left", roles.LEFT_SLOPE, self.a_left_initializer),
                ("t_right", roles.THRESHOLD_DISTANCE, self.t_right_initializer),
                ("a_right", roles.RIGHT_SLOPE, self.a_right_initializer),
            )
        )

    def operations(self) -> int:
        return 10  # |d| and the sum, two bounds; on each side a difference, a bound and a product; two sums

    def call(self, inputs: Array) -> Array:
        left = self.t_left.value
        right = left + abs(self.t_right)
        below = self.a_left * jax.numpy.minimum(inputs - left, 0)
        above = self.a_right * jax.numpy.maximum(inputs - right, 0)
        return jax.numpy.clip(inputs, left, right) + below + above
