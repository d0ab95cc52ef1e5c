"""What normalizing layers have in common: a learned scale and offset after the normalization, and axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.account import roles
from weigh.compute.lazy import jax
from weigh.compute.values import Array, Variable
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.parts import constraints, initializers, regularizers


class Affine(Layer):
    """The base of layers that normalize, then scale by γ and shift by β.

    Args:
        center: whether β is added.
        scale: whether γ multiplies.
        beta_initializer, gamma_initializer: how they begin.
        beta_regularizer, gamma_regularizer: what they add to the loss.
        beta_constraint, gamma_constraint: applied to them after each update.
    """

    def __init__(
        self,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.supports_masking = True
        self.gamma: Variable | None = None
        self.beta: Variable | None = None

    def _declare(self, shape: Sequence[int], scale: bool, center: bool) -> None:
        """Declare γ and β of `shape`, read in the dtype that they are stored in."""
        if scale:
            self.gamma = self.add_weight(
                shape,
                name="gamma",
                role=roles.SCALE,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if center:
            self.beta = self.add_weight(
                shape,
                name="beta",
                role=roles.OFFSET,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )

    def _scale_and_shift(self, y: Array, shape: Sequence[int]) -> Array:
        """Return γ y + β, both given `shape` so that they broadcast against `y`, in the compute dtype."""
        if self.gamma is not None:
            y = y * jax.numpy.asarray(self.gamma, y.dtype).reshape(shape)
        if self.beta is not None:
            y = y + jax.numpy.asarray(self.beta, y.dtype).reshape(shape)
        return y.astype(self.compute_dtype)


def checked_axes(layer: Layer, axis: Any) -> int | list[int]:
    """Return an axis, or several, as they are normalized over.

    Raises:
        ArgumentTypeError: they are neither a whole number nor a list of some.
        ArgumentError: one is named twice.
    """
    axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    if not axes or any(isinstance(one, bool) or not hasattr(one, "__index__") for one in axes):
        raise ArgumentTypeError(
            f"Layer {layer.name!r} ({type(layer).__name__}): `axis` must be a whole number or a list of some, "
            f"not {axis!r}."
        )
    whole = [int(one) for one in axes]
    if len(set(whole)) < len(whole):
        raise ArgumentError(f"Layer {layer.name!r} ({type(layer).__name__}): `axis` names an axis twice: {axis!r}.")
    return whole if isinstance(axis, (list, tuple)) else whole[0]


def listed(axis: int | list[int]) -> list[int]:
    """Return axes as a list, in the order in which Keras shapes the weights by them: negative ones first."""
    return sorted(axis) if isinstance(axis, list) else [axis]


def check_axes(layer: Layer, axis: int | list[int], shape: Shape) -> None:
    """Check that an input has the axes, each once.

    Raises:
        ShapeError: it has not.
    """
    rank = len(shape)
    axes = listed(axis)
    if any(not -rank <= one < rank for one in axes) or len({one % rank for one in axes}) < len(axes):
        raise ShapeError(
            f"Layer {layer.name!r} ({type(layer).__name__}) works on axis {axis}, but its input of shape {shape} has "
            f"axes {-rank} to {rank - 1}, each once."
        )


def along(axes: Sequence[int], shape: Shape) -> tuple[int, ...]:
    """Return a shape with the sizes of `axes` and 1 elsewhere: what broadcasts along the others."""
    rank = len(shape)
    kept = {axis % rank for axis in axes}
    return tuple(size if axis in kept and size is not None else 1 for axis, size in enumerate(shape))


def known_sizes(layer: Layer, axis: int | list[int], shape: Shape) -> tuple[int, ...]:
    """Return the sizes of axes, which the shapes of weights depend on.

    Raises:
        ShapeError: the input has no such axis, or its size is unknown.
    """
    sizes = tuple(checks.known_size(layer, shape, one) for one in listed(axis))
    check_axes(layer, axis, shape)
    return sizes
