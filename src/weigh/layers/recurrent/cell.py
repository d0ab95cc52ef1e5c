"""What the cells of recurrent layers share: a cell computes one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from weigh.account import roles
from weigh.compute import values
from weigh.compute.lazy import jax
from weigh.compute.randomness import SeedGenerator, dropout
from weigh.compute.values import Array, Variable
from weigh.declare import tree
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.parts import activations, constraints, initializers, regularizers

Project = Callable[[Array], Any]
Advance = Callable[[Any, Any], tuple[Array, Any]]
Prepared = tuple[Project, Advance]
"""The two halves of a step: what its input alone decides, for one step or for all at once; and the rest."""


class Cell(Layer):
    """The base of cells with gates, each of which has a kernel, a recurrent kernel and a bias.

    A subclass says how many gates there are, and what a step does (`prepare`).

    Args:
        given: the arguments of the subclass's constructor, by name.
    """

    gates: ClassVar[int] = 1
    size: ClassVar[str] = "units"

    activation: Any
    use_bias: bool
    kernel_initializer: Any
    recurrent_initializer: Any
    bias_initializer: Any
    dropout: float
    recurrent_dropout: float
    seed: int | None

    def __init__(self, given: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        setattr(self, self.size, checks.positive(self, self.size, given[self.size]))
        for name in ("activation", "recurrent_activation"):
            if name in given:
                setattr(self, name, activations.get(given[name]))
        for what in ("kernel", "recurrent", "bias"):
            for kind, family in _PARTS.items():
                setattr(self, f"{what}_{kind}", family.get(given[f"{what}_{kind}"]))
        self.use_bias = given["use_bias"]
        self.dropout = checks.share(self, "dropout", given["dropout"])
        self.recurrent_dropout = checks.share(self, "recurrent_dropout", given["recurrent_dropout"])
        self.seed = given["seed"]
        if self.dropout or self.recurrent_dropout:
            self.seed_generator = SeedGenerator(self.seed)
        if "implementation" in given:
            if given["implementation"] not in (0, 1, 2):
                raise ArgumentError(
                    f"Layer {self.name!r} ({type(self).__name__}): `implementation` must be 1 or 2, "
                    f"not {given['implementation']!r}."
                )
            self.implementation = 1 if self.recurrent_dropout else given["implementation"]
        self.bias: Variable | None = None

    # Declaring --------------------------------------------------------------------------------------------------

    def declare(self, kernel: Shape, recurrent: Shape, bias: Shape, bias_initializer: Any) -> None:
        """Declare the three weights, of these shapes."""
        self.kernel = self._part("kernel", "kernel", kernel, roles.KERNEL, self.kernel_initializer)
        self.recurrent_kernel = self._part(
            "recurrent_kernel", "recurrent", recurrent, roles.RECURRENT_KERNEL, self.recurrent_initializer
        )
        if self.use_bias:
            self.bias = self._part("bias", "bias", bias, roles.BIAS, bias_initializer)

    def _part(self, name: str, what: str, shape: Shape, role: str, initializer: Any) -> Any:
        return self.add_weight(
            shape,
            name=name,
            role=role,
            initializer=initializer,
            regularizer=getattr(self, f"{what}_regularizer"),
            constraint=getattr(self, f"{what}_constraint"),
        )

    def build(self, input_shape: Shape) -> None:
        features, units = checks.known_size(self, input_shape, -1), self.dim(self.size)
        wide = self.gates * units if self.gates > 1 else units
        self.declare((features, wide), (units, wide), self.bias_shape(wide), self.first_bias())

    def bias_shape(self, wide: int) -> Shape:
        """Return the bias' shape, where the gates together are `wide`."""
        return (wide,)

    def first_bias(self) -> Any:
        """Return how the bias begins."""
        return self.bias_initializer

    @property
    def state_size(self) -> Any:
        """Sizes of the states, one for each."""
        return self.dim(self.size)

    @property
    def output_size(self) -> int:
        """Size of the output."""
        return self.dim(self.size)

    def compute_output_shape(self, inputs_shape: Shape, states_shape: Any = None) -> Any:
        sizes = self.state_size
        states = [(inputs_shape[0], size) for size in (sizes if isinstance(sizes, list) else [sizes])]
        nested = states_shape is None or not tree.is_shape(states_shape)
        return (inputs_shape[0], self.output_size), states if nested else states[0]

    def compute_cost(self, inputs_shape: Shape, states_shape: Any = None) -> Cost:
        batch, features = inputs_shape
        units = self.dim(self.size)
        assert batch is not None
        assert features is not None
        return Cost(product((batch, self.gates, features + units, units)), batch * units * self.operations())

    def operations(self) -> int:
        """Return how many operations a unit takes at a step beside the multiply-adds."""
        raise NotImplementedError

    # Computing --------------------------------------------------------------------------------------------------

    def prepare(self, inputs: Any, training: Any) -> Prepared:
        """Return the two halves of a step; random masks are drawn here, once for all steps.

        Args:
            inputs: shape and dtype of the input of one step.
            training: whether random masks are applied.
        """
        raise NotImplementedError

    def call(self, inputs: Array, states: Any, training: bool = False) -> Any:
        project, advance = self.prepare(inputs, training)
        given = states if tree.is_nested(states) else [states]
        output, new = advance(project(inputs), given)
        return output, new if tree.is_nested(states) else new[0]

    def get_initial_state(self, batch_size: int | None = None) -> list[Array]:
        """Return states of 0 for so many examples."""
        sizes = self.state_size
        return [jax.numpy.zeros((batch_size, size), self.compute_dtype) for size in tree.leaves(sizes)]

    def value_of(self, weight: Variable) -> Array:
        """Return a weight's value in the compute dtype."""
        with values.autocast(self.compute_dtype if self.autocast else None):
            return weight.value

    def masks(self, rate: float, shape: tuple[int, ...], training: Any, each: bool) -> Array | None:
        """Return a random mask, for each gate its own if `each`; ``None`` where nothing is dropped."""
        if not rate or not training:
            return None
        keys = [self.seed_generator.next() for _ in range(self.gates if each else 1)]
        ones = jax.numpy.ones(shape, self.compute_dtype)
        drawn = [dropout(ones, rate, None, key) for key in keys]
        return jax.numpy.stack(drawn) if each else drawn[0]

    def projection(self, inputs: Any, training: Any, each: bool) -> Callable[[Array], Array]:
        """Return the function from the input of one step, or of all, to its products with the kernel, plus the bias.

        Args:
            inputs: shape and dtype of the input of one step.
            training: whether inputs are dropped.
            each: whether each gate drops its own.
        """
        kernel, mask = self.value_of(self.kernel), self.masks(self.dropout, inputs.shape, training, each)
        bias = None if self.bias is None else self.value_of(self.bias)
        bias = bias[0] if bias is not None and bias.ndim == 2 else bias

        def project(x: Array) -> Array:
            outputs = times(x, kernel, mask)
            return outputs if bias is None else outputs + bias

        return project

    def state_mask(self, inputs: Any, training: Any, each: bool) -> Array | None:
        """Return the random mask of the state on its way into the sums; arguments as of `projection`."""
        return self.masks(self.recurrent_dropout, (inputs.shape[0], int(self.output_size)), training, each)


def times(x: Array, kernel: Array, mask: Array | None) -> Array:
    """Return the product of `x`, (…, batch, features), with `kernel`, after a mask: one for all gates, or one each."""
    if mask is None:
        return x @ kernel
    return gatewise(x[..., None, :, :] * mask, kernel) if mask.ndim == 3 else (x * mask) @ kernel


def gatewise(x: Array, kernel: Array) -> Array:
    """Return the products of an input for each gate, (…, gates, batch, features), with that gate's part of `kernel`."""
    gates = x.shape[-3]
    parts = kernel.reshape(kernel.shape[0], gates, -1)
    products = jax.numpy.einsum("...gbf,fgu->...bgu", x, parts)
    return products.reshape(*products.shape[:-2], kernel.shape[-1])


_PARTS: dict[str, Any] = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}
