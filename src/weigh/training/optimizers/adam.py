"""Adam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.training.optimizers.base import Optimizer, Slots

if TYPE_CHECKING:
    import optax


class Adam(Optimizer):
    """A step for each element by the mean of its gradient against the mean of its square, both moving averages.

    Source: Kingma and Ba 2015, Algorithm 1 in the form at the end of section 2, whose ε is `epsilon`: it is added to
    the root before the bias is corrected. `optax.scale_by_adam` adds it after, so the term is written here.
    With `amsgrad` Reddi et al. 2018, Algorithm 2.

    Args:
        learning_rate: the size of a step.
        beta_1: share of the moving average of the gradient that a step keeps.
        beta_2: share of the moving average of its square that a step keeps.
        epsilon: added to the root of the latter.
        amsgrad: whether the largest average of the square so far is used.
        **options: as of :class:`~weigh.training.optimizers.base.Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    @property
    def slot_kinds(self) -> Sequence[Sequence[str]]:
        moments = ("momentum", "velocity")
        return (moments, ("velocity_hat",)) if self.amsgrad else (moments,)

    def transformation(self, learning_rate: Array, step: Array) -> optax.GradientTransformation:
        import optax

        jnp = jax.numpy
        time = step.astype(learning_rate.dtype)
        rate = learning_rate * jnp.sqrt(1 - self.beta_2**time) / (1 - self.beta_1**time)

        def change(mean: Array, square: Array) -> Array:
            return -(mean * rate.astype(mean.dtype)) / (jnp.sqrt(square) + self.epsilon)

        def update(gradients: list[Array], slots: Slots, _: Any = None) -> tuple[list[Array], Slots]:
            means = [m + (g - m) * (1 - self.beta_1) for m, g in zip(slots["momentum"], gradients, strict=True)]
            squares = [
                v + (jnp.square(g) - v) * (1 - self.beta_2) for v, g in zip(slots["velocity"], gradients, strict=True)
            ]
            after = {"momentum": means, "velocity": squares}
            if self.amsgrad:
                squares = list(map(jnp.maximum, slots["velocity_hat"], squares))
                after["velocity_hat"] = squares
            return list(map(change, means, squares)), after

        return optax.GradientTransformation(self.initial, update)
