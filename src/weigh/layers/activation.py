"""Activations as layers."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.calling import activated
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.parts import activations, constraints, initializers, regularizers


class Activation(Layer):
    """An activation function as a layer. Output shape: that of the input.

    Args:
        activation: a name such as ``"relu"``, or a function of an array.

    Raises:
        UnknownNameError: no activation has that name.
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(input_shape) * activations.operations(self.activation))

    def call(self, inputs: Array) -> Array:
        return activated(self.activation, inputs)


class Elementwise(Layer):
    """The base of layers that apply a function to each number as it is. Output shape: that of the input."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def operations(self) -> int:
        """Return how many operations a number takes."""
        raise NotImplementedError

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(input_shape) * self.operations())


class ReLU(Elementwise):
    """The rectifier: x above the threshold, negative_slope · (x − threshold) below, never more than max_value.

    Output shape: that of the input. Below a `threshold` above 0 and with no slope it is 0, so it jumps there.

    Args:
        max_value: what the result never exceeds; ``None`` for no such bound.
        negative_slope: slope below the threshold.
        threshold: where the two parts meet.

    Raises:
        ArgumentError: an argument is negative or no number.
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else checks.not_negative(self, "max_value", max_value)
        self.negative_slope = checks.not_negative(self, "negative_slope", negative_slope)
        self.threshold = checks.not_negative(self, "threshold", threshold)

    def operations(self) -> int:
        # one comparison for each bound; below the threshold a difference, where it is not 0, and a product
        return 1 + (self.max_value is not None) + (self.negative_slope > 0) * (1 + (self.threshold > 0))

    def call(self, inputs: Array) -> Array:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Elementwise):
    """The leaky rectifier: x above 0, negative_slope · x below. Source: Maas et al. 2013, section 2.

    Output shape: that of the input. The slope is 0.3 by default here and 0.2 in the function `leaky_relu`, as in Keras.

    Args:
        negative_slope: slope below 0.

    Raises:
        ArgumentError: it is negative or no number.
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.negative_slope = checks.not_negative(self, "negative_slope", negative_slope)

    def operations(self) -> int:
        return activations.operations(activations.leaky_relu)

    def call(self, inputs: Array) -> Array:
        return activations.leaky_relu(inputs, self.negative_slope)


class ELU(Elementwise):
    """The exponential linear unit: x above 0, alpha · (eˣ − 1) below. Source: Clevert et al. 2015, equation 15.

    Output shape: that of the input.

    Args:
        alpha: what the result tends to far below 0, negated.

    Raises:
        ArgumentError: it is no number.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(alpha, bool) or not isinstance(alpha, (int, float)):
            raise ArgumentError(f"Layer {self.name!r} (ELU): `alpha` must be a number, not {alpha!r}.")
        self.alpha = alpha

    def operations(self) -> int:
        return activations.operations(activations.elu)

    def call(self, inputs: Array) -> Array:
        return activations.elu(inputs, self.alpha)


class Learned(Elementwise):
    """The base of activations that learn numbers for each position of an example.

    Args:
        shared_axes: axes, counted from 1 behind the batch's, along which the numbers are the same.

    Raises:
        ArgumentError: `shared_axes` does not hold whole numbers above 0.
    """

    def __init__(self, shared_axes: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        axes = shared_axes if isinstance(shared_axes, (list, tuple)) else [shared_axes]
        if shared_axes is not None and any(isinstance(a, bool) or not isinstance(a, int) or a < 1 for a in axes):
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `shared_axes` must hold axes of the input, counted from "
                f"1 behind the batch's, not {shared_axes!r}."
            )
        self.shared_axes = None if shared_axes is None else list(axes)

    def unshared(self, input_shape: Shape) -> tuple[int, ...]:
        """Return the sizes of an example's axes, with 1 for those that are shared, and expect them from now on.

        Raises:
            ShapeError: the input has no such axis, or an axis of unknown size that is not shared.
        """
        shared = self.shared_axes or []
        rank = len(input_shape)
        if any(axis >= rank for axis in shared):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) shares its numbers along axes {shared}, but its input of "
                f"shape {input_shape} has axes 1 to {rank - 1} behind the batch's."
            )
        sizes = {axis: checks.known_size(self, input_shape, axis) for axis in range(1, rank) if axis not in shared}
        self.input_spec = InputSpec(ndim=rank, axes=dict(sizes))
        return tuple(sizes.get(axis, 1) for axis in range(1, rank))


class PReLU(Learned):
    """The rectifier with a learned slope below 0: max(x, 0) + α · min(x, 0). Source: He et al. 2015, equation 1.

    Input shape: (batch, …). Output shape: that of the input. α has a number for each position of an example; axes that
    share theirs have size 1 in it.

    Args:
        alpha_initializer: how α begins.
        alpha_regularizer: what α adds to the loss.
        alpha_constraint: applied to α after each update.
        shared_axes: axes, counted from 1 behind the batch's, along which α is the same: ``[1, 2]`` for one number a
            channel of (batch, height, width, channels).

    Raises:
        ArgumentError: `shared_axes` does not hold whole numbers above 0.
        ShapeError: the input has no such axis, or an axis of unknown size that is not shared.
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(shared_axes, **kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)

    def build(self, input_shape: Shape) -> None:
        self.alpha = self.add_weight(
            self.unshared(input_shape),
            name="alpha",
            role=roles.SLOPE,
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )

    def operations(self) -> int:
        return activations.operations(activations.leaky_relu)

    def call(self, inputs: Array) -> Array:
        return jax.nn.relu(inputs) - self.alpha * jax.nn.relu(-inputs)


class Softmax(Layer):
    """Makes positive numbers that add up to 1 along an axis: eˣ ÷ Σ eˣ.

    Output shape: that of the input. Where a mask is False the result is 0, and what is there does not count.

    Args:
        axis: the axis, or several axes, along which the results add up to 1.

    Raises:
        ArgumentError: `axis` is neither a whole number nor several.
        ShapeError: the input has no such axis, or a mask comes that does not broadcast to it.
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        given = axis if isinstance(axis, (list, tuple)) else (axis,)
        if not given or any(isinstance(one, bool) or not isinstance(one, int) for one in given):
            raise ArgumentError(
                f"Layer {self.name!r} (Softmax): `axis` must be a whole number or several of them, not {axis!r}."
            )
        self.axis = axis
        self.supports_masking = True

    def _axes(self) -> tuple[int, ...]:
        return tuple(self.axis) if isinstance(self.axis, (list, tuple)) else (self.axis,)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        rank = len(input_shape)
        if any(not -rank <= axis < rank for axis in self._axes()):
            raise ShapeError(
                f"Layer {self.name!r} (Softmax) works along axis {self.axis}, but its input of shape {input_shape} has "
                f"axes {-rank} to {rank - 1}."
            )
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost(others=product(input_shape) * activations.operations(activations.softmax))

    def call(self, inputs: Array, mask: Array | None = None) -> Array:
        axes = self._axes()
        axis: Any = axes[0] if len(axes) == 1 else axes
        if mask is None:
            return activated(activations.softmax, inputs) if axis == -1 else activations.softmax(inputs, axis)
        self._check_mask(mask.shape, inputs.shape)
        kept = mask if mask.dtype == bool else mask > 0.5
        lowest = -3e4 if inputs.dtype == "float16" else -1e9
        return jax.numpy.where(kept, activations.softmax(jax.numpy.where(kept, inputs, lowest), axis), 0.0)

    def _check_mask(self, mask: Shape, inputs: Shape) -> None:
        pairs = zip(reversed(mask), reversed(inputs), strict=False)
        if len(mask) > len(inputs) or any(size not in (1, whole) for size, whole in pairs):
            raise ShapeError(
                f"Layer {self.name!r} (Softmax) got a mask of shape {mask} for inputs of shape {inputs}: it must have "
                "the sizes of the last axes of the inputs, or 1."
            )
