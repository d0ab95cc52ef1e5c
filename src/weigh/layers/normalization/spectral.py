"""Normalization of a weight by its largest singular value."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute.lazy import jax
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError
from weigh.layers import checks
from weigh.layers.wrappers import Wrapper
from weigh.parts import initializers


class SpectralNormalization(Wrapper):
    """Divides the kernel of the layer inside by its largest singular value, which the power method tracks.

    At every training step, before the layer computes: u and v are iterated, and the kernel is divided by σ = v W uᵀ.
    Called eagerly, that replaces the kernel; in a compiled training step, the loss sees the divided kernel and the
    optimizer moves the undivided one, as in Keras on JAX. At inference it is the layer inside and nothing else.

    Source: Miyato et al. 2018, section 2.1 and Algorithm 1.

    Args:
        layer: the layer inside, with a `kernel` or `embeddings`.
        power_iterations: how often u and v are iterated at each step.

    Raises:
        ArgumentTypeError: `layer` is no layer.
        ArgumentError: `power_iterations` is not a whole number above 0, or the layer has no such weight.
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = checks.positive(self, "power_iterations", power_iterations)

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        kernel = getattr(self.layer, "kernel", None)
        kernel = getattr(self.layer, "embeddings", None) if kernel is None else kernel
        if not isinstance(kernel, Variable):
            raise ArgumentError(
                f"Layer {self.name!r} (SpectralNormalization) divides the `kernel` or the `embeddings` of the layer "
                f"inside, but {self.layer.name!r} ({type(self.layer).__name__}) has neither."
            )
        self.kernel = kernel
        self.vector_u = self.add_weight(
            (1, kernel.shape[-1]),
            name="vector_u",
            role=roles.SINGULAR_VECTOR,
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            dtype=kernel.dtype,
        )
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        shape: Shape = self.layer.compute_output_shape(input_shape)
        return shape

    def compute_cost(self, input_shape: Shape) -> Cost | None:
        cost: Cost | None = self.layer.compute_cost(input_shape)
        return cost

    def call(self, inputs: Array, training: bool = False) -> Array:
        if training:
            kernel = self.kernel.raw
            vector, divided = jax.lax.cond(
                jax.numpy.any(kernel != 0),
                self._divided,
                lambda kernel, vector: (vector, kernel),
                kernel,
                self.vector_u.raw,
            )
            self.vector_u.assign(vector)
            self.kernel.assign(divided)
        return self.layer(inputs).astype(inputs.dtype)

    def _divided(self, kernel: Array, vector: Array) -> tuple[Array, Array]:
        """Return the vector u after iteration, (1, features), and the kernel divided by its largest singular value."""
        matrix = kernel.reshape(-1, kernel.shape[-1])
        fixed = jax.lax.stop_gradient(matrix)
        for _ in range(self.power_iterations):
            other = _unit(vector @ fixed.T)
            vector = _unit(other @ fixed)
        sigma = other @ matrix @ vector.T
        return jax.lax.stop_gradient(vector), kernel / sigma.reshape(())


def _unit(vector: Array) -> Array:
    return vector * jax.lax.rsqrt(jax.numpy.maximum(jax.numpy.sum(jax.numpy.square(vector)), 1e-14))
