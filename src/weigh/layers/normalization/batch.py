"""Batch normalization, and its renormalization."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.account import roles
from weigh.compute.lazy import jax
from weigh.compute.ops import moments, normalize
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.normalization.affine import Affine
from weigh.parts import initializers


class BatchNormalization(Affine):
    """Normalizes each feature over the batch, then scales by γ and shifts by β.

    In training with the batch's own mean and variance, which it also averages into the moving ones; at inference, and
    when it is frozen, with the moving ones. Output shape: that of the input.

    Source: Ioffe and Szegedy 2015, Algorithms 1 and 2; the variance is the biased one in both, as in Keras. With
    `renorm`, Ioffe 2017, Algorithm 1.

    Args:
        axis: the features' axis.
        momentum: share of the old moving value that a step keeps.
        epsilon: added to the variance.
        center: whether β is added.
        scale: whether γ multiplies.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: how weights begin.
        beta_regularizer, gamma_regularizer: what β and γ add to the loss.
        beta_constraint, gamma_constraint: applied to β and γ after each update.
        renorm: whether training corrects the batch's statistics towards moving ones: what was normalized is multiplied
            by r = σ_batch / σ and shifted by d = (μ_batch − μ) / σ, through which no gradient flows.
        renorm_clipping: bounds of the correction: ``"rmin"`` and ``"rmax"`` of r, ``"dmax"`` of d on both sides.
        renorm_momentum: as `momentum`, for the μ and σ of the correction.
        synchronized: accepted; batch statistics are those of the global batch on any number of devices.

    Raises:
        ArgumentError: `axis` is not a whole number, a momentum is outside [0, 1], or `renorm_clipping` is not a
            dictionary of such bounds.
        ShapeError: the input has no such axis, or its size is unknown.
    """

    special = frozenset({"renorm"})
    statistics_role: ClassVar[tuple[str, str]] = (roles.RUNNING_MEAN, roles.RUNNING_VARIANCE)

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
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
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
        self.axis = self._checked_axis(axis)
        self.momentum = self._checked_momentum("momentum", momentum)
        self.epsilon = float(epsilon)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = renorm
        self.renorm_clipping = self._checked_clipping(renorm_clipping) if renorm else renorm_clipping
        self.renorm_momentum = self._checked_momentum("renorm_momentum", renorm_momentum)
        self.synchronized = synchronized

    def _checked_axis(self, axis: Any) -> int:
        single = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
        if isinstance(single, bool) or not hasattr(single, "__index__"):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `axis` must be one whole number, the features' axis, "
                f"not {axis!r}."
            )
        return int(single)

    def _checked_momentum(self, argument: str, value: Any) -> float:
        if not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise ArgumentError(f"Layer {self.name!r}: `{argument}` must be between 0 and 1, not {value!r}.")
        return float(value)

    def _checked_clipping(self, clipping: Any) -> dict[str, float]:
        bounds = {} if clipping is None else clipping
        known = isinstance(bounds, dict) and set(bounds) <= {"rmin", "rmax", "dmax"}
        given = {name: bound for name, bound in bounds.items() if bound is not None} if known else {}
        if not known or given.get("dmax", 0) < 0 or given.get("rmin", 0) > given.get("rmax", float("inf")):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `renorm_clipping` must be a dictionary with 'rmin', "
                f"'rmax' and 'dmax', or some of them, rmin at most rmax and dmax at least 0, not {clipping!r}."
            )
        return dict(bounds)

    def build(self, input_shape: Shape) -> None:
        features = checks.known_size(self, input_shape, self.axis)  # a Dim: knows whose units it counts
        self._declare((features,), self.scale, self.center)
        mean, variance = self.statistics_role
        self.moving_mean = self._statistic("moving_mean", features, mean, self.moving_mean_initializer)
        self.moving_variance = self._statistic("moving_variance", features, variance, self.moving_variance_initializer)
        if self.renorm:
            deviation, begin = roles.RUNNING_DEVIATION, self._initial_deviation
            self.moving_stddev = self._statistic("moving_stddev", features, deviation, begin)
            self.renorm_mean = self._statistic("renorm_mean", features, mean, self.moving_mean_initializer)
            self.renorm_stddev = self._statistic("renorm_stddev", features, deviation, begin)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: features})

    def _statistic(self, name: str, features: int, role: str, initializer: Any) -> Variable:
        weight: Variable = self.add_weight(
            (features,), name=name, role=role, initializer=initializer, trainable=False, autocast=False
        )
        return weight

    def _initial_deviation(self, shape: Any, dtype: Any = None) -> Array:
        return jax.numpy.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        # Keras before 3.13 knows no renormalization and refuses its arguments, even where it is off
        return config if self.renorm else {key: value for key, value in config.items() if "renorm" not in key}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        checks.known_size(self, input_shape, self.axis)
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        # √(σ² + ε) and the division, once a feature; then −μ, the product and +β on each number
        features = checks.known_size(self, input_shape, self.axis)
        return Cost(others=product(input_shape) * (2 + self.center) + features * (3 + self.scale))

    def call(self, inputs: Array, training: bool | None = None, mask: Array | None = None) -> Array:
        self._check_mask(inputs, mask)
        gamma, beta = self.gamma, self.beta
        if training and self.trainable:
            mean, variance = moments(inputs, self.axis, mask)  # Algorithm 1, lines 1 and 2; biased, float32
            if self.renorm:
                gamma, beta = self._renormalized(mean, variance)
            else:
                self._track(self.moving_mean, mean)
                self._track(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance  # Algorithm 2, line 11
        return normalize(inputs, mean, variance, self.axis, self.epsilon, gamma, beta)

    def _check_mask(self, inputs: Array, mask: Array | None) -> None:
        if mask is not None and mask.ndim != inputs.ndim - 1:
            raise ShapeError(
                f"Layer {self.name!r} got a mask of shape {mask.shape} for inputs of shape {inputs.shape}: "
                "the mask must have their shape without the last axis."
            )

    def _track(self, moving: Variable, batch: Array, momentum: float | None = None) -> None:
        momentum = self.momentum if momentum is None else momentum
        moving.assign(momentum * moving + (1.0 - momentum) * batch)

    def _renormalized(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """Return γ and β with the correction in them, and move the statistics.

        With x̂ what the batch's own statistics make of x: γ (r x̂ + d) + β = (γ r) x̂ + (γ d + β). The moving variance
        follows from the moving deviation, of which ε is a part: σ = √(variance + ε).
        """
        jnp, clipping = jax.numpy, self.renorm_clipping or {}
        deviation = jnp.sqrt(variance + self.epsilon)
        known = jnp.maximum(self.renorm_stddev.raw, self.epsilon**0.5)
        ratio = jnp.clip(deviation / known, clipping.get("rmin"), clipping.get("rmax"))
        shift = (mean - self.renorm_mean.raw) / known
        if clipping.get("dmax") is not None:
            shift = jnp.clip(shift, -clipping["dmax"], clipping["dmax"])
        gamma = jax.lax.stop_gradient(ratio)
        beta = jax.lax.stop_gradient(shift)
        if self.gamma is not None:
            gamma, beta = gamma * self.gamma, beta * self.gamma
        if self.beta is not None:
            beta = beta + self.beta
        self._track(self.renorm_mean, mean, self.renorm_momentum)
        self._track(self.renorm_stddev, deviation, self.renorm_momentum)
        self._track(self.moving_mean, mean)
        self._track(self.moving_stddev, deviation)
        self.moving_variance.assign(jnp.maximum(jnp.square(self.moving_stddev.raw) - self.epsilon, 0.0))
        return gamma, beta
