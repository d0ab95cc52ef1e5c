"""Activations as operations; what they compute is in `weigh.parts.activations`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import config
from weigh.declare.cost import Cost
from weigh.declare.dim import product
from weigh.errors import ShapeError
from weigh.ops import shapes, specs
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import made, own, shape_of
from weigh.parts import activations

MODULE = "keras.src.ops.nn"


def _cost(function: Callable[..., Array]) -> specs.Count:
    return lambda x, *_, **__: Cost(others=activations.operations(function) * product(shape_of(x)))


def _activation(function: Callable[..., Array], class_name: str) -> Any:
    """Return an activation as an operation; its other arguments are settings."""
    settings = config.parameters(function)[1:]
    return operation(class_name, settings, specs.like(), _cost(function), MODULE)(function)


sigmoid = _activation(activations.sigmoid, "Sigmoid")
sparse_sigmoid = _activation(activations.sparse_sigmoid, "SparseSigmoid")
hard_sigmoid = _activation(activations.hard_sigmoid, "HardSigmoid")
log_sigmoid = _activation(activations.log_sigmoid, "LogSigmoid")
relu6 = _activation(activations.relu6, "Relu6")
leaky_relu = _activation(activations.leaky_relu, "LeakyRelu")
elu = _activation(activations.elu, "Elu")
celu = _activation(activations.celu, "Celu")
selu = _activation(activations.selu, "Selu")
silu = _activation(activations.silu, "Silu")
swish = silu
hard_silu = _activation(activations.hard_silu, "HardSilu")
hard_swish = hard_silu
softplus = _activation(activations.softplus, "Softplus")
squareplus = _activation(activations.squareplus, "Squareplus")
sparse_plus = _activation(activations.sparse_plus, "SparsePlus")
softsign = _activation(activations.softsign, "Softsign")
hard_tanh = _activation(activations.hard_tanh, "HardTanh")
tanh_shrink = _activation(activations.tanh_shrink, "TanhShrink")
hard_shrink = _activation(activations.hard_shrink, "HardShrink")
soft_shrink = _activation(activations.soft_shrink, "SoftShrink")
threshold = _activation(activations.threshold, "Threshold")


@operation("Relu", (), specs.like(), _cost(activations.relu), MODULE)
def relu(x: Any) -> Array:
    """Return max(x, 0)."""
    return jax.nn.relu(array(x))


@operation("Gelu", ("approximate",), specs.like(), _cost(activations.gelu), MODULE)
def gelu(x: Any, approximate: bool = True) -> Array:
    """Return x · Φ(x), Φ the normal distribution's, by tanh unless `approximate` is false."""
    return activations.gelu(x, approximate)


def _halved(x: Any, axis: int = -1) -> Any:
    shape = shape_of(x)
    size = shape[shapes.axis_of(axis, len(shape))]
    if size is not None and size % 2:
        raise ShapeError(f"axis {axis} of shape {shape} is halved, but its size {size} is odd.")
    return made(shapes.along(shape, axis, None if size is None else size // 2), own(x))


@operation("Glu", ("axis",), _halved, _cost(activations.glu), MODULE)
def glu(x: Any, axis: int = -1) -> Array:
    """Return the first half of `axis` times the sigmoid of the second."""
    return activations.glu(x, axis)


def _distribution(x: Any, axis: Any = -1) -> Any:
    shapes.axes_of(axis, len(shape_of(x)))
    return made(shape_of(x), own(x))


@operation("Softmax", ("axis",), _distribution, _cost(activations.softmax), MODULE)
def softmax(x: Any, axis: Any = -1) -> Array:
    """Return eˣ ÷ Σ eˣ, the sum over `axis`, one or several."""
    return activations.softmax(x, tuple(axis) if isinstance(axis, list) else axis)


@operation("LogSoftmax", ("axis",), _distribution, _cost(activations.log_softmax), MODULE)
def log_softmax(x: Any, axis: Any = -1) -> Array:
    """Return log(softmax(x))."""
    return activations.log_softmax(x, tuple(axis) if isinstance(axis, list) else axis)


@operation("Sparsemax", ("axis",), _distribution, _cost(activations.sparsemax), MODULE)
def sparsemax(x: Any, axis: int = -1) -> Array:
    """Return the nearest distribution to x, in which small numbers become 0. Keras' is another one up to 3.15."""
    return activations.sparsemax(x, axis)
