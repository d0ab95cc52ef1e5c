"""Layers that normalize each position of each example by itself."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.lazy import jax
from weigh.compute.ops import spread, standardize
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.layers.base import Layer
from weigh.layers.normalization.affine import Affine, along, check_axes, checked_axes, known_sizes, listed


class LayerNormalization(Affine):
    """Brings the numbers along some axes to mean 0 and variance 1, for each position by itself, then scales and shifts.

    Output shape: that of the input, (batch, …). γ and β have the sizes of `axis`; statistics are taken in two passes,
    in float32 at least, in training as at inference. Where negative and positive axes are mixed, γ and β have the
    negative ones first, as in Keras.

    Source: Ba et al. 2016, equation 3; the variance is the biased one.

    Args:
        axis: the axis or axes that are normalized over.
        epsilon: added to the variance.
        center: whether β is added.
        scale: whether γ multiplies.
        beta_initializer, gamma_initializer: how weights begin.
        beta_regularizer, gamma_regularizer: what β and γ add to the loss.
        beta_constraint, gamma_constraint: applied to β and γ after each update.
        rms_scaling: divides by √(variance + ε) without subtracting the mean, with γ and without β. Kept for networks
            that were trained so: it is no root mean square; that is RMSNormalization.

    Raises:
        ArgumentTypeError: `axis` is neither a whole number nor a list of some.
        ShapeError: the input has no such axis, or its size is unknown.
    """

    special = frozenset({"rms_scaling"})

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.axis = checked_axes(self, axis)
        self.epsilon = epsilon
        self.rms_scaling = rms_scaling
        self.autocast = False

    def build(self, input_shape: Shape) -> None:
        sizes = known_sizes(self, self.axis, input_shape)
        self.axis = listed(self.axis)
        self._declare(sizes, self.scale or self.rms_scaling, self.center and not self.rms_scaling)
        self.input_spec = InputSpec(axes=dict(zip(self.axis, sizes, strict=True)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_axes(self, self.axis, input_shape)
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        # a number each: into the mean, minus it, squared, into the variance, times 1 / √(σ² + ε), times γ, plus β;
        # a position each: two divisions by the count, plus ε, the root, the reciprocal
        numbers = product(input_shape)
        positions = int(numbers) // max(1, int(product(known_sizes(self, self.axis, input_shape))))
        learned = 1 if self.rms_scaling else self.center + self.scale
        return Cost(others=numbers * (5 + learned) + 5 * positions)

    def call(self, inputs: Array) -> Array:
        axes = tuple(axis % inputs.ndim for axis in listed(self.axis))
        if self.rms_scaling:
            wide = inputs.astype(jax.numpy.promote_types(inputs.dtype, "float32"))
            y = wide * jax.lax.rsqrt(spread(wide, axes)[1] + self.epsilon)
        else:
            y = standardize(inputs, axes, self.epsilon)
        return self._scale_and_shift(y, along(axes, inputs.shape))


class RMSNormalization(Layer):
    """Divides the numbers along some axes by the root of their mean square, for each position by itself, then scales.

    Output shape: that of the input, (batch, …). Masks pass, which they do not in Keras.

    Source: Zhang and Sennrich 2019, equation 4; ε stands under the root.

    Args:
        axis: the axis or axes that are normalized over.
        epsilon: added to the mean square.

    Raises:
        ArgumentTypeError: `axis` is neither a whole number nor a list of some.
        ShapeError: the input has no such axis, or its size is unknown.
    """

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = checked_axes(self, axis)
        self.epsilon = epsilon
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        sizes = known_sizes(self, self.axis, input_shape)
        self.axis = listed(self.axis)
        self.scale = self.add_weight(sizes, name="scale", role=roles.SCALE, initializer="ones", autocast=False)
        self.input_spec = InputSpec(axes=dict(zip(self.axis, sizes, strict=True)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_axes(self, self.axis, input_shape)
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        # a number each: squared, into the mean, times 1 / √(… + ε), times γ; a position each: ÷, + ε, √, reciprocal
        numbers = product(input_shape)
        positions = int(numbers) // max(1, int(product(known_sizes(self, self.axis, input_shape))))
        return Cost(others=4 * numbers + 4 * positions)

    def call(self, x: Array) -> Array:
        axes = tuple(axis % x.ndim for axis in listed(self.axis))
        y = standardize(x, axes, self.epsilon, centered=False)
        return (y * jax.numpy.asarray(self.scale, y.dtype).reshape(along(axes, x.shape))).astype(x.dtype)
