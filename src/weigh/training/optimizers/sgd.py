"""Gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from weigh.compute.values import Array
from weigh.errors import ArgumentError
from weigh.training.optimizers.base import Optimizer, Slots

if TYPE_CHECKING:
    import optax


class SGD(Optimizer):
    """A step against the gradient, with a momentum that carries earlier steps on.

    The momentum has the learning rate in it, as in Keras: ``v ← momentum · v − rate · g``. `optax.trace` leaves it
    out, and so would keep the old rate's steps at the new one when the rate changes; the term is written here.
    Source: Sutskever et al. 2013, equations 1 to 4; `nesterov` in the form that looks ahead from the new weights.

    Args:
        learning_rate: the size of a step.
        momentum: share of the last step that is taken again, in [0, 1].
        nesterov: whether the momentum's next step is taken at once.
        **options: as of :class:`~weigh.training.optimizers.base.Optimizer`.

    Raises:
        ArgumentError: `momentum` is outside [0, 1].
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        if not 0 <= momentum <= 1:
            raise ArgumentError(f"SGD: `momentum` must be between 0 and 1, not {momentum!r}.")
        self.momentum = momentum
        self.nesterov = nesterov

    @property
    def slot_kinds(self) -> Sequence[Sequence[str]]:
        return (("momentum",),) if self.momentum else ()

    def transformation(self, learning_rate: Array, step: Array) -> optax.GradientTransformation:
        import optax

        def update(gradients: list[Array], slots: Slots, _: Any = None) -> tuple[list[Array], Slots]:
            steps = [gradient * learning_rate.astype(gradient.dtype) for gradient in gradients]
            if not self.momentum:
                return [-step for step in steps], slots
            momenta = [m * self.momentum - step for m, step in zip(slots["momentum"], steps, strict=True)]
            changes = momenta
            if self.nesterov:
                changes = [m * self.momentum - step for m, step in zip(momenta, steps, strict=True)]
            return changes, {"momentum": momenta}

        return optax.GradientTransformation(self.initial, update)
