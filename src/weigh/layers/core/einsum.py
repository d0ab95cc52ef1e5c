"""A densely connected layer over any axes, told by an equation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from typing import Any

from weigh.account import roles
from weigh.compute.calling import activated
from weigh.compute.lazy import jax
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Dim, Shape, product
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, ShapeError
from weigh.layers.lowrank import LowRankAdapted
from weigh.parts import activations, constraints, initializers, regularizers

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class EinsumDense(LowRankAdapted):
    """Sums the products of inputs and kernel over the axes that an equation names: ``"abc,cd->abd"`` is a Dense.

    Each letter is an axis. One that stands in the input and not in the output is summed over; one that stands in the
    kernel has weights of its own at each place. ``...`` at one side of input and output stands for any axes there.

    Input shape: as the equation's first part. Output shape: as its last part.

    Args:
        equation: ``"input,kernel->output"``.
        output_shape: sizes of the output's axes but the batch's and those that ``...`` stands for; ``None`` where the
            axis is one of the input.
        activation: applied to the sums.
        bias_axes: letters of the output at each place of which a bias of its own is added; ``None`` for no bias.
        kernel_initializer, bias_initializer: how the weights begin; a variance is scaled by the axes summed over.
        kernel_regularizer, bias_regularizer: what the weights add to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.
        lora_rank, lora_alpha: as of Dense; A has the kernel's axes but the last.

    Raises:
        ArgumentError: the equation has another form, or names an axis that nothing gives a size to.
        ShapeError: the input does not fit the equation or `output_shape`, or a size that a weight needs is unknown.
    """

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(lora_rank, lora_alpha, **kwargs)
        self.equation = equation
        self.before, self.given, self.after, self.weighed, self.made = self._taken_apart(equation)
        self.output_shape = self._checked_output_shape(output_shape)
        self.bias_axes = self._checked_bias_axes(bias_axes)
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.bias: Variable | None = None

    def _taken_apart(self, equation: Any) -> tuple[bool, str, bool, str, str]:
        """Return whether axes are left out before, the input's letters, whether after, the kernel's, the output's."""
        found = _FORM.fullmatch(equation) if isinstance(equation, str) else None
        if found is None or found[1] != found[5] or found[3] != found[7] or (found[1] and found[3]):
            raise self._wrong(
                f"`equation` must be of the form 'ab,bc->ac', '...b,bc->...c' or 'ab...,bc->ac...', not {equation!r}"
            )
        _, given, _, weighed, _, made, _ = found.groups()
        for letter in made:
            if letter not in given + weighed:
                raise self._wrong(f"axis {letter!r} of the output is in neither input nor kernel of {equation!r}")
        for letter in weighed:
            if letter not in given + made:
                raise self._wrong(f"axis {letter!r} of the kernel is in neither input nor output of {equation!r}")
        if len(set(made)) < len(made) or len(set(weighed)) < len(weighed) or len(set(given)) < len(given):
            raise self._wrong(f"a part of {equation!r} names an axis twice")
        return bool(found[1]), given, bool(found[3]), weighed, made

    def _checked_output_shape(self, output_shape: Any) -> tuple[int | None, ...]:
        sizes = tuple(output_shape) if isinstance(output_shape, (list, tuple)) else (output_shape,)
        if any(
            size is not None and (isinstance(size, bool) or not hasattr(size, "__index__") or size < 1)
            for size in sizes
        ):
            raise self._wrong(f"`output_shape` must hold whole numbers above 0 and None, not {output_shape!r}")
        return sizes

    def _checked_bias_axes(self, bias_axes: Any) -> str | None:
        if bias_axes is not None and (not bias_axes or set(bias_axes) - set(self.made)):
            raise self._wrong(f"`bias_axes` must be letters of the output, {self.made!r}, not {bias_axes!r}")
        return None if bias_axes is None else str(bias_axes)

    def _wrong(self, what: str) -> ArgumentError:
        return ArgumentError(f"Layer {self.name!r} ({type(self).__name__}): {what}.")

    def _sizes(self, input_shape: Shape) -> tuple[dict[str, int | None], Shape, Shape]:
        """Return the sizes by letter, the input's sizes that ``...`` stands for, and the output's shape.

        Raises:
            ShapeError: they do not fit each other.
        """
        left_out = len(input_shape) - len(self.given)
        if left_out < 0 or (left_out and not (self.before or self.after)):
            raise ShapeError(
                f"Layer {self.name!r} (EinsumDense) takes inputs of {'at least ' * (self.before or self.after)}"
                f"{len(self.given)} axes, as {self.equation!r} has, but got shape {input_shape}."
            )
        named = input_shape[left_out:] if self.before else input_shape[: len(self.given)]
        others = input_shape[:left_out] if self.before else input_shape[len(self.given) :]
        sizes: dict[str, int | None] = dict(zip(self.given, named, strict=True))
        told = [self._told(index) for index in range(len(self.output_shape))]
        # the batch is the first of the axes left out before the letters, or else of the letters
        wanted = told if self.before and left_out else [input_shape[0], *told]
        if len(wanted) != len(self.made):
            raise ShapeError(
                f"Layer {self.name!r} (EinsumDense): {self.equation!r} makes an output of {len(self.made)} named axes "
                f"of an input of shape {input_shape}, the batch's among them where it is named, but `output_shape` has "
                f"{len(self.output_shape)} sizes, {tuple(self.output_shape)}."
            )
        for letter, size in zip(self.made, wanted, strict=True):
            known = sizes.get(letter)
            if known is not None and size is not None and known != size:
                raise ShapeError(
                    f"Layer {self.name!r} (EinsumDense): axis {letter!r} of {self.equation!r} has size {int(known)} in "
                    f"the input of shape {input_shape}, but {int(size)} in `output_shape`, {tuple(self.output_shape)}."
                )
            sizes[letter] = size if known is None else known
        made = tuple(sizes[letter] for letter in self.made)
        return sizes, others, (*others, *made) if self.before else (*made, *others)

    def _told(self, index: int) -> int | None:
        """Return a size of `output_shape` as a Dim: of its own origin, where it has one, else as the argument."""
        size = self.output_shape[index]
        if size is None or (isinstance(size, Dim) and size.origin is not None):
            return size
        return self.dim("output_shape", index)

    def build(self, input_shape: Shape) -> None:
        sizes, others, _ = self._sizes(input_shape)
        self.kernel = self.add_weight(
            self._known(self.weighed, sizes, input_shape),
            name="kernel",
            role=roles.KERNEL,
            initializer=self._aware_of_axes(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.bias_axes is not None:
            first = min(map(self.made.index, self.bias_axes))
            shape = ((letter, sizes) if letter in self.bias_axes else None for letter in self.made[first:])
            self.bias = self.add_weight(
                (
                    *(1 if one is None else self._known(one[0], sizes, input_shape)[0] for one in shape),
                    *(1 for _ in others if self.after),
                ),
                name="bias",
                role=roles.BIAS,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes=self._summed_axes(sizes, input_shape))
        self._adapt_if_asked()

    def _known(self, letters: Iterable[str], sizes: dict[str, int | None], input_shape: Shape) -> tuple[int, ...]:
        found = []
        for letter in letters:
            size = sizes[letter]
            if size is None:
                raise ShapeError(
                    f"Layer {self.name!r} (EinsumDense) needs to know the size of axis {letter!r} of {self.equation!r} "
                    f"for its weights, but neither its input of shape {input_shape} nor `output_shape`, "
                    f"{tuple(self.output_shape)}, says it."
                )
            found.append(size)
        return tuple(found)

    def _summed_axes(self, sizes: dict[str, int | None], input_shape: Shape) -> dict[int, int | None]:
        """Return the input's axes whose sizes the kernel is made for."""
        start = len(input_shape) - len(self.given) if self.before else 0
        return {start + index: sizes[letter] for index, letter in enumerate(self.given) if letter in self.weighed}

    def _aware_of_axes(self, initializer: Any) -> Any:
        """Return an initializer that knows which of the kernel's axes are inputs and which are outputs."""
        if not isinstance(initializer, initializers.VarianceScaling) or None not in (
            initializer.input_axes,
            initializer.output_axes,
        ):
            return initializer
        aware = copy(initializer)
        axes = list(enumerate(self.weighed))
        aware.input_axes = [axis for axis, letter in axes if letter not in self.made]
        aware.output_axes = [axis for axis, letter in axes if letter in self.made]
        return aware

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self._sizes(input_shape)[2]

    def compute_cost(self, input_shape: Shape) -> Cost:
        sizes, others, made = self._sizes(input_shape)
        each = (self.bias_axes is not None) + activations.operations(self.activation)
        return self.with_adapting(Cost(product((*others, *sizes.values())), product(made) * each))

    def call(self, inputs: Array) -> Array:
        outputs = jax.numpy.einsum(self.equation, inputs, self.adapted(self.kernel))
        if self.bias is not None:
            outputs = outputs + self.bias
        return activated(self.activation, outputs)
