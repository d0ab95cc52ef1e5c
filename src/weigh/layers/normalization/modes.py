"""Batch normalization without moving statistics: what Keras 1 calls its modes 1 and 2.

Both declare the moving mean and variance, since files of such networks hold them, and neither uses or changes them.
"""

from __future__ import annotations

from weigh.account import roles
from weigh.compute.lazy import jax
from weigh.compute.ops import moments, normalize, spread
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.layers.normalization.affine import along
from weigh.layers.normalization.batch import BatchNormalization


class SamplewiseBatchNormalization(BatchNormalization):
    """Normalizes each position of each example over its last axis, in training as at inference: Keras 1's ``mode=1``.

    Computes γ (x − mean) / (√(variance + ε) + ε) + β, with ε twice as in Keras 1.2. γ and β are those of `axis`.
    Output shape: that of the input. Arguments and errors: as of BatchNormalization.

    Source: Keras 1.2.2, ``keras/layers/normalization.py``.
    """

    statistics_role = (roles.UNUSED, roles.UNUSED)

    def compute_cost(self, input_shape: Shape) -> Cost:
        numbers = product(input_shape)
        positions = int(numbers) // max(1, int(input_shape[-1] or 0))
        return Cost(others=numbers * (5 + self.center + self.scale) + 6 * positions)

    def call(self, inputs: Array, training: bool | None = None, mask: Array | None = None) -> Array:
        wide = inputs.astype(jax.numpy.promote_types(inputs.dtype, "float32"))
        mean, variance = spread(wide, (inputs.ndim - 1,))
        y = (wide - mean) / (jax.numpy.sqrt(variance + self.epsilon) + self.epsilon)
        return self._scale_and_shift(y, along([self.axis], inputs.shape))


class StatelessBatchNormalization(BatchNormalization):
    """Normalizes each feature by the batch at hand, in training as at inference: Keras 1's ``mode=2``.

    What comes out for an example then depends on the others beside it, at inference too. Output shape: that of the
    input. Arguments and errors: as of BatchNormalization.

    Source: Keras 1.2.2, ``keras/layers/normalization.py``.
    """

    statistics_role = (roles.UNUSED, roles.UNUSED)

    def compute_cost(self, input_shape: Shape) -> Cost:
        features = int(input_shape[self.axis] or 0)
        return Cost(others=product(input_shape) * (6 + self.center) + features * (5 + self.scale))

    def call(self, inputs: Array, training: bool | None = None, mask: Array | None = None) -> Array:
        self._check_mask(inputs, mask)
        mean, variance = moments(inputs, self.axis, mask)
        return normalize(inputs, mean, variance, self.axis, self.epsilon, self.gamma, self.beta)
