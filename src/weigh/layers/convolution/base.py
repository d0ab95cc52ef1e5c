"""What all convolutions share: a window, how it moves, and what is done with the sums."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.account import roles
from weigh.compute.calling import activated
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Dim, Shape, product
from weigh.declare.spec import InputSpec
from weigh.declare.window import assembled, channel_axis, convolved_size, positions, times, window
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.parts import activations, constraints, initializers, regularizers


class BaseConv(Layer):
    """A window of weights that moves over all positions of its input; what it sums up at each is one position's output.

    Subclasses say which kernels there are, how many channels come out (`_channels_out`), and compute the sums.

    Attributes:
        rank: over how many axes the window moves.
        paddings: what `padding` may be.
    """

    rank: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")
    _way_out: ClassVar[str] = "Make `kernel_size` smaller, give a larger input, or pad it with padding='same'."

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        bias_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size = checks.sizes(self, "kernel_size", kernel_size, self.rank)
        self.strides = checks.sizes(self, "strides", strides, self.rank)
        self.dilation_rate = checks.sizes(self, "dilation_rate", dilation_rate, self.rank)
        self.padding = checks.one_of(self, "padding", padding, self.paddings)
        self.data_format = checks.data_format(self, data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializers.get(bias_initializer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.bias: Variable | None = None

    def _keep_parts(self, prefix: str, initializer: Any, regularizer: Any, constraint: Any) -> None:
        """Keep a kernel's parts as attributes named after the arguments: ``kernel_initializer``, …"""
        setattr(self, f"{prefix}_initializer", initializers.get(initializer))
        setattr(self, f"{prefix}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{prefix}_constraint", constraints.get(constraint))

    def _refuse_strides_with_dilation(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `strides` and `dilation_rate` cannot both be above 1, "
                f"but are {self.strides} and {self.dilation_rate}. Leave one of them at 1."
            )

    # Declaring --------------------------------------------------------------------------------------------------

    def _channels_in(self, input_shape: Shape) -> int:
        """Return the number of the input's channels, and let it be the only one that fits from now on."""
        axis = channel_axis(self.data_format)
        channels = checks.known_size(self, input_shape, axis)
        self.compute_output_shape(input_shape)  # the window must fit
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _window(self) -> tuple[Dim, ...]:
        return tuple(self.dim("kernel_size", axis) for axis in range(self.rank))

    def _add_kernel(self, shape: Shape, name: str = "kernel", prefix: str = "kernel", role: str = roles.KERNEL) -> Any:
        return self._add(name, shape, prefix, role)

    def _add_bias(self, channels: int) -> None:
        if self.use_bias:
            self.bias = self._add("bias", (channels,), "bias", roles.BIAS)

    def _add(self, name: str, shape: Shape, prefix: str, role: str) -> Any:
        return self.add_weight(
            shape,
            name=name,
            role=role,
            initializer=getattr(self, f"{prefix}_initializer"),
            regularizer=getattr(self, f"{prefix}_regularizer"),
            constraint=getattr(self, f"{prefix}_constraint"),
        )

    def _channels_out(self, input_shape: Shape) -> int | None:
        raise NotImplementedError(f"{type(self).__name__} does not say how many channels come out.")

    def _size_out(self, axis: int, size: int | None) -> int | None:
        """Return how many positions come out along an axis over which the window moves."""
        return convolved_size(size, self.kernel_size[axis], self.strides[axis], self.padding, self.dilation_rate[axis])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.input_spec.check(input_shape, self.name)
        sizes = positions(input_shape, self.data_format)
        out = tuple(self._size_out(axis, size) for axis, size in enumerate(sizes))
        if any(size is not None and size < 1 for size in out):
            spans = [window(*one) for one in zip(self.kernel_size, self.dilation_rate, strict=True)]
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) moves a window that spans {times(spans)} positions over "
                f"an input of {times(sizes)}, shape {input_shape}, with padding {self.padding!r}: nothing would come "
                f"out. {self._way_out}"
            )
        return assembled(input_shape[0], out, self._channels_out(input_shape), self.data_format)

    # What it costs and computes ---------------------------------------------------------------------------------

    def _cost(self, input_shape: Shape, multiply_adds: int) -> Cost:
        outputs = product(self.compute_output_shape(input_shape))
        return Cost(multiply_adds, outputs * (self.use_bias + activations.operations(self.activation)))

    def _finished(self, sums: Array) -> Array:
        """Return the sums with the bias added, activated."""
        if self.bias is not None:
            sums = sums + self._spread(self.bias.value)
        return activated(self.activation, sums)

    def _spread(self, bias: Array) -> Array:
        """Return the bias in a shape that fits all positions of the output."""
        return bias.reshape(-1, *(1,) * self.rank) if self.data_format == "channels_first" else bias


def checked_groups(layer: Layer, argument: str, whole: int, groups: int) -> None:
    """Refuse a number of groups that does not divide `whole`.

    Raises:
        ArgumentError: it does not.
    """
    if whole % groups:
        divisors = [one for one in range(1, whole + 1) if whole % one == 0]
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): `groups` must divide {argument}, {whole}, into equal "
            f"parts, but is {groups}. What would fit: {', '.join(map(str, divisors))}."
        )
