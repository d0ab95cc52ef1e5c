"""RMSprop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from weigh.compute.values import Array
from weigh.training.optimizers.base import Optimizer, Slots

if TYPE_CHECKING:
    import optax


class RMSprop(Optimizer):
    """A step for each element by its gradient against the root of a moving average of its square.

    Every term is optax's: `scale_by_rms` or `scale_by_stddev`, then `trace`. Source: Hinton 2012, lecture 6e;
    `centered` is Graves 2013, equations 38 to 45.

    Args:
        learning_rate: the size of a step.
        rho: share of the moving average that a step keeps.
        momentum: share of the last step that is taken again.
        epsilon: added to the average before the root is taken.
        centered: whether the variance of the gradient takes the place of its square.
        **options: as of :class:`~weigh.training.optimizers.base.Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    @property
    def slot_kinds(self) -> Sequence[Sequence[str]]:
        kinds = ["velocity"]
        if self.momentum > 0:
            kinds.append("momentum")
        if self.centered:
            kinds.append("average_gradient")
        return [(kind,) for kind in kinds]

    def transformation(self, learning_rate: Array, step: Array) -> optax.GradientTransformation:
        import optax

        scale = optax.scale_by_stddev if self.centered else optax.scale_by_rms
        scaling = scale(self.rho, self.epsilon, eps_in_sqrt=True)
        carrying = optax.trace(self.momentum)

        def update(gradients: list[Array], slots: Slots, _: Any = None) -> tuple[list[Array], Slots]:
            after = dict(slots)
            if self.centered:
                averages = optax.ScaleByRStdDevState(slots["average_gradient"], slots["velocity"])
                scaled, averages = scaling.update(gradients, averages)
                after["average_gradient"] = averages.mu
            else:
                scaled, averages = scaling.update(gradients, optax.ScaleByRmsState(slots["velocity"]))
            after["velocity"] = averages.nu
            falls = [learning_rate.astype(one.dtype) * one for one in scaled]
            if self.momentum > 0:
                falls, trace = carrying.update(falls, optax.TraceState(slots["momentum"]))
                after["momentum"] = trace.trace
            return [-fall for fall in falls], after

        return optax.GradientTransformation(self.initial, update)
