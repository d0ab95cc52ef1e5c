"""Normalization over groups of channels."""

from __future__ import annotations

from typing import Any

from weigh.compute.ops import standardize
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.normalization.affine import Affine, along


class GroupNormalization(Affine):
    """Brings each group of channels of each example to mean 0 and variance 1, then scales and shifts each channel.

    One group is a layer normalization over everything but the batch, a group for each channel an instance
    normalization. Output shape: that of the input, (batch, …). Statistics are taken in two passes, in float32 at least.

    Source: Wu and He 2018, equations 1, 2 and 7; ε is 1e-3 as in Keras.

    Args:
        groups: number of groups; −1 for one each channel.
        axis: the channels' axis.
        epsilon: added to the variance.
        center: whether β is added.
        scale: whether γ multiplies.
        beta_initializer, gamma_initializer: how weights begin.
        beta_regularizer, gamma_regularizer: what β and γ add to the loss.
        beta_constraint, gamma_constraint: applied to β and γ after each update.

    Raises:
        ArgumentError: `groups` is neither a whole number above 0 nor −1, or `axis` is no whole number,
            or the batch's, 0.
        ShapeError: the input has no such axis, its size is unknown, or the groups do not divide it.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
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
        self.groups = groups if groups == -1 else checks.positive(self, "groups", groups)
        if isinstance(axis, bool) or not hasattr(axis, "__index__") or axis == 0:
            raise ArgumentError(
                f"Layer {self.name!r} (GroupNormalization): `axis` must be one whole number, the channels' axis, and "
                f"not the batch's, 0; not {axis!r}."
            )
        self.axis = int(axis)
        self.epsilon = epsilon
        self.autocast = False

    def build(self, input_shape: Shape) -> None:
        channels = checks.known_size(self, input_shape, self.axis)
        if self.axis % len(input_shape) == 0:
            raise ShapeError(f"Layer {self.name!r} cannot normalize over the batch's axis of an input {input_shape}.")
        if self.groups == -1:
            self.groups = int(channels)
        if channels % self.groups:
            raise ShapeError(
                f"Layer {self.name!r} (GroupNormalization) cannot make {self.groups} equal groups of the "
                f"{int(channels)} channels of an input of shape {input_shape}. `groups` must divide {int(channels)}."
            )
        self._declare((channels,), self.scale, self.center)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        checks.known_size(self, input_shape, self.axis)
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        # counted as in LayerNormalization: a number each, then a group of an example each
        numbers, batch = product(input_shape), input_shape[0] or 0
        return Cost(others=numbers * (5 + self.center + self.scale) + 5 * int(batch) * self.groups)

    def call(self, inputs: Array) -> Array:
        axis, shape = self.axis % inputs.ndim, inputs.shape
        parts = (self.groups, shape[axis] // self.groups)
        grouped = inputs.reshape((*shape[:axis], *parts, *shape[axis + 1 :]))
        others = tuple(other for other in range(1, grouped.ndim) if other != axis)
        return self._scale_and_shift(standardize(grouped, others, self.epsilon).reshape(shape), along([axis], shape))
