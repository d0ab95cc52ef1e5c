"""Layers that bring their inputs to a known mean and variance."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.ops import moments, normalize
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.parts import constraints, initializers, regularizers


class BatchNormalization(Layer):
    """Normalizes each feature over the batch, then scales by γ and shifts by β.

    In training with the batch's own mean and variance, which it also averages into the moving ones; at inference, and
    when it is frozen, with the moving ones. Output shape: that of the input.

    Source: Ioffe and Szegedy 2015, Algorithms 1 and 2; the variance is the biased one in both, as in Keras.

    Args:
        axis: the features' axis.
        momentum: share of the old moving value that a step keeps.
        epsilon: added to the variance.
        center: whether β is added.
        scale: whether γ multiplies.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: how weights begin.
        beta_regularizer, gamma_regularizer: what β and γ add to the loss.
        beta_constraint, gamma_constraint: applied to β and γ after each update.
        synchronized: accepted; batch statistics are those of the global batch on any number of devices.

    Raises:
        ArgumentError: `axis` is not a whole number, or `momentum` is outside [0, 1].
        ShapeError: the input has no such axis, or its size is unknown.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = self._checked_axis(axis)
        self.momentum = float(momentum)
        if not 0 <= self.momentum <= 1:
            raise ArgumentError(f"Layer {self.name!r}: `momentum` must be between 0 and 1, not {momentum!r}.")
        self.epsilon = float(epsilon)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.synchronized = synchronized
        self.supports_masking = True
        self.gamma: Variable | None = None
        self.beta: Variable | None = None

    def _checked_axis(self, axis: Any) -> int:
        single = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
        if isinstance(single, bool) or not hasattr(single, "__index__"):
            raise ArgumentError(
                f"Layer {self.name!r} (BatchNormalization): `axis` must be one whole number, the features' axis, "
                f"not {axis!r}."
            )
        return int(single)

    def build(self, input_shape: Shape) -> None:
        features = checks.known_size(self, input_shape, self.axis)  # a Dim: knows whose units it counts
        if self.scale:
            self.gamma = self.add_weight(
                (features,),
                name="gamma",
                role=roles.SCALE,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center:
            self.beta = self.add_weight(
                (features,),
                name="beta",
                role=roles.OFFSET,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )
        self.moving_mean = self.add_weight(
            (features,),
            name="moving_mean",
            role=roles.RUNNING_MEAN,
            initializer=self.moving_mean_initializer,
            trainable=False,
            autocast=False,
        )
        self.moving_variance = self.add_weight(
            (features,),
            name="moving_variance",
            role=roles.RUNNING_VARIANCE,
            initializer=self.moving_variance_initializer,
            trainable=False,
            autocast=False,
        )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: features})

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> BatchNormalization:
        if not config.get("renorm"):  # Keras writes its batch renormalization also where it is off
            config = {name: value for name, value in config.items() if not name.startswith("renorm")}
        return cls(**config)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        checks.known_size(self, input_shape, self.axis)
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        # √(σ² + ε) and the division, once a feature; then −μ, the product and +β on each number
        features = checks.known_size(self, input_shape, self.axis)
        return Cost(others=product(input_shape) * (2 + self.center) + features * (3 + self.scale))

    def call(self, inputs: Array, training: bool | None = None, mask: Array | None = None) -> Array:
        if mask is not None and mask.ndim != inputs.ndim - 1:
            raise ShapeError(
                f"Layer {self.name!r} got a mask of shape {mask.shape} for inputs of shape {inputs.shape}: "
                "the mask must have their shape without the last axis."
            )
        if training and self.trainable:
            mean, variance = moments(inputs, self.axis, mask)  # Algorithm 1, lines 1 and 2; biased, float32
            self._track(self.moving_mean, mean)
            self._track(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance  # Algorithm 2, line 11
        return normalize(inputs, mean, variance, self.axis, self.epsilon, self.gamma, self.beta)

    def _track(self, moving: Variable, batch: Array) -> None:
        moving.assign(self.momentum * moving + (1.0 - self.momentum) * batch)
