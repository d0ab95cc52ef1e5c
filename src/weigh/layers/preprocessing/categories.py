"""Numbers of categories as vectors."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, DataError
from weigh.layers import checks
from weigh.layers.preprocessing.base import Preprocessor, encode, encoded_shape, encoding_cost


class CategoryEncoding(Preprocessor):
    """Writes numbers of categories as vectors with a place for each category.

    Input shape: (…, samples), whole numbers from 0 to `num_tokens` − 1. Output shape: (…, num_tokens); for
    ``"one_hot"`` (…, samples, num_tokens), without an axis of 1.

    Args:
        num_tokens: number of categories.
        output_mode: ``"one_hot"``: a vector for each number; ``"multi_hot"``: a vector for the numbers of the last axis
            together, with a 1 for each that occurs; ``"count"``: how often each occurs.
        sparse: must be false.

    Raises:
        ArgumentError: `num_tokens` is missing or not above 0, or `output_mode` is unknown.
        DataError: a number is below 0 or not below `num_tokens`; inside of a compiled function it counts as nothing.

    A call may take `count_weights`, what each number counts for in ``"count"``, in the shape of the input.
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        mode = "multi_hot" if output_mode == "binary" else output_mode  # as Keras 2 called it
        self.output_mode = checks.one_of(self, "output_mode", mode, ("one_hot", "multi_hot", "count"))
        if num_tokens is None:
            raise ArgumentError(
                f"Layer {self.name!r} (CategoryEncoding) needs `num_tokens`, the number of categories. Where it is not "
                "known, use IntegerLookup and `adapt`."
            )
        self.num_tokens = checks.positive(self, "num_tokens", num_tokens)
        self.sparse = self._refuse_sparse(sparse)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape or (1,), self.output_mode, self.dim("num_tokens"))

    def compute_cost(self, input_shape: Shape) -> Cost:
        return encoding_cost(input_shape, self.output_mode, self.num_tokens)

    def call(self, inputs: Array, count_weights: Array | None = None) -> Array:
        if count_weights is not None and self.output_mode != "count":
            raise ArgumentError(
                f"Layer {self.name!r} (CategoryEncoding): `count_weights` are for output_mode='count', not for "
                f"{self.output_mode!r}."
            )
        self._check_range(inputs)
        weights = None if count_weights is None else jax.numpy.asarray(count_weights, self.compute_dtype)
        return encode(inputs.astype("int32"), self.output_mode, self.num_tokens, self.compute_dtype, weights)

    def _check_range(self, inputs: Array) -> None:
        if isinstance(inputs, jax.core.Tracer) or not inputs.size:
            return
        least, most = inputs.min(), inputs.max()
        if least < 0 or most >= self.num_tokens:
            raise DataError(
                f"Layer {self.name!r} (CategoryEncoding) takes numbers from 0 to {self.num_tokens - 1}, but got "
                f"{least if least < 0 else most}. Give it a larger `num_tokens`, or put IntegerLookup in front."
            )

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "sparse"}
