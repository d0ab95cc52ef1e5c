"""What every optimizer is: slots declared as weights, and a gradient transformation of optax that reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from weigh.account import roles
from weigh.compute import values as computing
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array, Variable
from weigh.declare import config as configuration
from weigh.declare import naming
from weigh.errors import ArgumentError, ShapeError, StateError

if TYPE_CHECKING:
    import optax

Slots = dict[str, list[Array]]
"""The values of an optimizer's slots: for each kind, such as ``"momentum"``, one array a weight."""


class Optimizer:
    """How gradients change weights.

    A subclass says in `slot_kinds` what it remembers for each weight, and in `transformation` what it does with a
    gradient; everything that all optimizers share, from clipping to constraints, happens here.

    Args:
        learning_rate: the size of a step. Kept as a weight, so changing it between steps compiles nothing anew.
        weight_decay: share of itself, times the learning rate, that each weight loses in a step.
        clipnorm: norm that the gradient of each weight is scaled down to.
        clipvalue: size that each element of a gradient is cut off at.
        global_clipnorm: norm that all gradients together are scaled down to.
        use_ema, ema_momentum, ema_overwrite_frequency: accepted at their defaults.
        loss_scale_factor: what the loss is multiplied by before the gradient is taken, and the gradient divided by.
        gradient_accumulation_steps: accepted at its default.
        name: automatic where none is given.

    Raises:
        ArgumentError: the learning rate is not a number, two ways to clip are asked for, or an argument is unknown or
            not supported.

    Attributes:
        built: whether the slots are declared.
    """

    keras_module: ClassVar[str] = "keras.optimizers"

    def __init__(
        self,
        learning_rate: float,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **unknown: Any,
    ) -> None:
        kind = type(self).__name__
        if unknown:
            raise ArgumentError(f"{kind} has no argument {', '.join(map(repr, unknown))}.")
        if isinstance(learning_rate, bool) or not isinstance(learning_rate, (int, float)):
            raise ArgumentError(f"{kind}: `learning_rate` must be a number such as 0.001, not {learning_rate!r}.")
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        if sum(value is not None for value in clips.values()) > 1:
            raise ArgumentError(f"{kind}: only one of {', '.join(clips)} can be given, but got {clips}.")
        if use_ema or gradient_accumulation_steps:
            raise ArgumentError(f"{kind}: `use_ema` and `gradient_accumulation_steps` are not supported yet.")
        self.name = name or naming.automatic(kind)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._initial_learning_rate = float(learning_rate)
        self._weights: list[Any] = []
        self._excluded_from_decay: Callable[[Any], bool] = lambda weight: False
        self._iterations = self._declare((), "iteration", "int32")
        self._learning_rate = self._declare((), "learning_rate", None, self._initial_learning_rate)
        self._slots: list[Variable] = []

    # What it declares -------------------------------------------------------------------------------------------

    @property
    def slot_kinds(self) -> Sequence[Sequence[str]]:
        """What is remembered for each weight, in the order in which Keras keeps it.

        The kinds of one group stand together for each weight; the groups follow one another.
        """
        return ()

    def build(self, variables: Iterable[Any]) -> None:
        """Declare the slots for these weights; no array is made."""
        if self.built:
            return
        self._weights = list(variables)
        self._slots = [
            self._declare(weight.shape, f"{weight.path.replace('/', '_')}_{kind}", weight.dtype)
            for group in self.slot_kinds
            for weight in self._weights
            for kind in group
        ]
        self.built = True

    def check_weights(self, variables: Sequence[Any]) -> None:
        """Check that the slots are those of these weights.

        Raises:
            ArgumentError: the optimizer was built for others.
        """
        if list(map(id, variables)) != list(map(id, self._weights)):
            other = {weight.path for weight in variables} ^ {weight.path for weight in self._weights}
            raise ArgumentError(
                f"Optimizer {self.name!r} was built for other weights than those to train now; the difference is "
                f"{sorted(other)}. After changing `trainable`, call `compile` again with a new optimizer."
            )

    def _declare(self, shape: Any, name: str, dtype: str | None, value: float = 0) -> Variable:
        def fill(sizes: tuple[int, ...], dtype: str) -> Array:
            return numpy.full(sizes, value, dtype)

        with naming.scope(self.name, self):
            return Variable(shape, fill, dtype, role=roles.SLOT, trainable=False, name=name, autocast=False)

    @property
    def variables(self) -> list[Variable]:
        """The number of steps taken, the learning rate, then the slots in Keras' order."""
        return [self._iterations, self._learning_rate, *self._slots]

    slots = variables

    @property
    def iterations(self) -> Variable:
        """The number of steps taken."""
        return self._iterations

    @property
    def learning_rate(self) -> Variable:
        """The learning rate; set it to a number to change it from the next step on."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._learning_rate.assign(value)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Any] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Let weights keep their size: these, and those whose names match one of these patterns.

        Raises:
            StateError: the slots are declared already.
        """
        if self.built:
            raise StateError(f"Optimizer {self.name!r}: say what is excluded from weight decay before it is built.")
        import re

        excluded = set(map(id, var_list or ()))
        pattern = re.compile("|".join(set(var_names))) if var_names else None
        self._excluded_from_decay = lambda weight: (
            id(weight) in excluded or (pattern is not None and pattern.search(weight.name) is not None)
        )

    # What it computes -------------------------------------------------------------------------------------------

    def transformation(self, learning_rate: Array, step: Array) -> optax.GradientTransformation:
        """Return what turns gradients into changes of the weights.

        Args:
            learning_rate: scalar.
            step: the number of this step, int32 scalar; 1 is the first.

        Returns:
            A transformation whose state is the `Slots`.
        """
        raise NotImplementedError(f"Optimizer {self.name!r} of type {type(self).__name__} has no `transformation`.")

    def initial(self, weights: Sequence[Array]) -> Slots:
        """Return the slots before the first step for weights of these values."""
        return {kind: [jax.numpy.zeros_like(one) for one in weights] for group in self.slot_kinds for kind in group}

    def scale_loss(self, loss: Array) -> Array:
        """Return the loss as its gradient is to be taken."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def stateless_apply(
        self, optimizer_variables: Sequence[Array], grads: Sequence[Array], trainable_variables: Sequence[Array]
    ) -> tuple[list[Array], list[Array]]:
        """Return the weights after a step and the values of `variables` after it; changes nothing.

        Args:
            optimizer_variables: values of `variables`.
            grads: a gradient for each weight that the optimizer was built for.
            trainable_variables: values of those weights.

        Raises:
            StateError: the slots are not declared yet.
            ShapeError: the number of values is not that of the weights or slots.
        """
        import optax

        self._check_counts(optimizer_variables, grads, trainable_variables)
        iterations, learning_rate, *flat = optimizer_variables
        if self.loss_scale_factor is not None:
            grads = [gradient / self.loss_scale_factor for gradient in grads]
        steps = optax.chain(
            self._clipping(), self.transformation(learning_rate, iterations + 1), self._decay(learning_rate)
        )
        nothing = optax.EmptyState()
        weights = list(trainable_variables)
        changes, (_, slots, _) = steps.update(list(grads), (nothing, self._by_kind(flat), nothing), weights)
        after = [
            new if weight.constraint is None else weight.constraint(new)
            for weight, new in zip(self._weights, optax.apply_updates(weights, changes), strict=True)
        ]
        return after, [iterations + 1, learning_rate, *self._in_order(slots)]

    def _check_counts(self, values: Sequence[Array], grads: Sequence[Array], weights: Sequence[Array]) -> None:
        if not self.built:
            raise StateError(f"Optimizer {self.name!r} is not built: call `build(weights)` first.")
        got = (len(values), len(grads), len(weights))
        wanted = (len(self.variables), len(self._weights), len(self._weights))
        if got != wanted:
            raise ShapeError(
                f"Optimizer {self.name!r} has {wanted[0]} variables and was built for {wanted[1]} weights, but got "
                f"{got[0]} values, {got[1]} gradients and {got[2]} weights."
            )

    def _clipping(self) -> optax.GradientTransformation:
        import optax

        if self.clipnorm:
            norm = self.clipnorm
            return optax.stateless(lambda grads, _: [_clipped_to_norm(gradient, norm) for gradient in grads])
        if self.global_clipnorm:
            return optax.clip_by_global_norm(self.global_clipnorm)
        return optax.clip(self.clipvalue) if self.clipvalue else optax.identity()

    def _decay(self, learning_rate: Array) -> optax.GradientTransformation:
        """Return what takes the decay from the finished changes: Keras' decay is apart from the gradient's way."""
        import optax

        if self.weight_decay is None:
            return optax.identity()
        share = -self.weight_decay * learning_rate
        decays = [not self._excluded_from_decay(weight) for weight in self._weights]
        return optax.stateless(
            lambda changes, weights: [
                change + share * weight if applies else change
                for change, weight, applies in zip(changes, weights, decays, strict=True)
            ]
        )

    def _by_kind(self, flat: Sequence[Array]) -> Slots:
        rest = iter(flat)
        slots: Slots = {kind: [] for group in self.slot_kinds for kind in group}
        for group in self.slot_kinds:
            for _ in self._weights:
                for kind in group:
                    slots[kind].append(next(rest))
        return slots

    def _in_order(self, slots: Slots) -> list[Array]:
        return [
            slots[kind][index] for group in self.slot_kinds for index in range(len(self._weights)) for kind in group
        ]

    def apply(self, grads: Sequence[Array], trainable_variables: Iterable[Any] | None = None) -> None:
        """Take a step: change the weights and the slots.

        Raises:
            StateError: the slots are not declared yet, and no weights are given.
        """
        if trainable_variables is not None:
            self.build(trainable_variables)
        computing.materialise([*self._weights, *self.variables])
        weights, values = self.stateless_apply(
            [variable.raw for variable in self.variables], grads, [weight.raw for weight in self._weights]
        )
        for weight, value in zip([*self._weights, *self.variables], [*weights, *values], strict=True):
            weight.assign(value)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Array, Any]]) -> Variable:
        """Take a step with pairs of a gradient and its weight; return the number of steps taken."""
        grads, weights = zip(*grads_and_vars, strict=True)
        self.apply(grads, weights)
        return self._iterations

    # Configuration ----------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer; the slots' values are not among them."""
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": float(rate if rate.materialised else numpy.float32(self._initial_learning_rate)),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            **{
                name: getattr(self, name)
                for name in configuration.parameters(type(self).__init__)
                if name in vars(self)
            },
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make an optimizer from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _clipped_to_norm(gradient: Array, norm: float) -> Array:
    length = jax.numpy.sqrt(jax.numpy.sum(jax.numpy.square(gradient)))
    return gradient * norm / jax.numpy.maximum(length, norm)
