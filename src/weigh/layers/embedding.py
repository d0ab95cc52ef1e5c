"""Layers that look vectors up by number."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.compute import calling
from weigh.compute.lazy import jax
from weigh.compute.values import Array, Variable
from weigh.declare import dtypes
from weigh.declare.cost import FREE, Cost
from weigh.declare.dim import Shape, product
from weigh.layers import checks
from weigh.layers.lowrank import LowRankAdapted
from weigh.parts import constraints, initializers, regularizers


class Embedding(LowRankAdapted):
    """Has a vector for each of so many numbers, 0 the first, and puts it in the number's place.

    Input shape: (batch, …), whole numbers. Output shape: (batch, …, output_dim). A number that there is no vector for
    gives NaN, as in Keras on JAX, where a negative one counts from the end; no error is raised, since what a number is
    is known only while the network computes.

    Args:
        input_dim: how many vectors there are: the vocabulary's size, one above the largest number.
        output_dim: how many numbers a vector has.
        embeddings_initializer: how they begin.
        embeddings_regularizer: what they add to the loss.
        embeddings_constraint: applied to them after each update.
        mask_zero: whether 0 stands for padding, which layers behind this one then pass over.
        weights: values to begin with, (input_dim, output_dim), or a list of that array.
        lora_rank, lora_alpha: as of Dense.
        input_length: accepted; nothing needs it.

    Raises:
        ArgumentError: a dimension or a rank is not a whole number above 0.
        ShapeError: `weights` has another shape.
    """

    main = "embeddings"

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        **kwargs: Any,
    ) -> None:
        length = kwargs.pop("input_length", None)
        if length is not None and "input_shape" not in kwargs:
            kwargs["input_shape"] = tuple(length) if isinstance(length, (list, tuple)) else (length,)
        super().__init__(lora_rank, lora_alpha, **kwargs)
        self.input_dim = checks.positive(self, "input_dim", input_dim)
        self.output_dim = checks.positive(self, "output_dim", output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape: Shape | None = None) -> None:
        self.embeddings = self.add_weight(
            (self.dim("input_dim"), self.dim("output_dim")),
            name="embeddings",
            role=roles.EMBEDDING,
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self._adapt_if_asked()

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.dim("output_dim"))

    def compute_cost(self, input_shape: Shape) -> Cost:
        if self.lora_rank is None:
            return FREE  # numbers are moved, none is computed
        sizes = (*input_shape, self.dim("lora_rank"), self.dim("output_dim"))
        return Cost(product(sizes), 2 * product(self.compute_output_shape(input_shape)))

    def compute_mask(self, inputs: Array, previous_mask: Any = None) -> Any:
        return jax.numpy.not_equal(inputs, 0) if self.mask_zero else None

    def call(self, inputs: Array) -> Array:
        return self.looked_up(inputs)

    def looked_up(self, inputs: Array) -> Array:
        """Return the vectors in the place of their numbers."""
        numbers = inputs if inputs.dtype in ("int32", "int64") else inputs.astype("int32")
        if not self.lora_enabled:
            return jax.numpy.take(self.embeddings.value, numbers, axis=0).astype(self.compute_dtype)
        a, b = self._lora_a.raw, self._lora_b.raw  # few rows times B, not the product for all the vocabulary
        change = self.lora_factor * (jax.numpy.take(a, numbers, axis=0) @ b)
        return (jax.numpy.take(self.embeddings.raw, numbers, axis=0) + change).astype(self.compute_dtype)


class ReversibleEmbedding(Embedding):
    """An embedding that also goes back: called with ``reverse=True``, it says how well each vector fits.

    Input shape: (batch, …), whole numbers; in reverse (batch, …, output_dim). Output shape: (batch, …, output_dim); in
    reverse (batch, …, input_dim). Tied weights are the same array both ways, and counted once.

    Source: Press and Wolf 2017, section 3; the soft cap: Gemma Team 2024, section 2.

    Args:
        input_dim, output_dim: as of Embedding.
        tie_weights: whether the way back uses the embeddings, transposed; else a weight of its own.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero: as of Embedding.
        reverse_dtype: what the way back is computed in.
        logit_soft_cap: c, if given: what comes out in reverse is c tanh(… ÷ c).

    Raises: as of Embedding.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = None if reverse_dtype is None else dtypes.standardize(reverse_dtype)
        self.logit_soft_cap = logit_soft_cap
        self.reverse_embeddings: Variable | None = None

    def build(self, input_shape: Shape | None = None) -> None:
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                (self.dim("output_dim"), self.dim("input_dim")),
                name="reverse_embeddings",
                role=roles.KERNEL,
                initializer=self.embeddings_initializer,
            )

    def compute_output_shape(self, input_shape: Shape, reverse: bool = False) -> Shape:
        if reverse:
            return (*input_shape[:-1], self.dim("input_dim"))
        return super().compute_output_shape(input_shape)

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> Any:
        return self.tensor_type(self.compute_output_shape(inputs.shape, reverse), self.compute_dtype)

    def compute_mask(self, inputs: Array, previous_mask: Any = None) -> None:
        return None  # `call` knows which way it goes, and marks what comes out

    def call(self, inputs: Array, reverse: bool = False) -> Array:
        if not reverse:
            outputs = self.looked_up(inputs)
            mask = super().compute_mask(inputs)
            if mask is not None:
                calling.masks.set(outputs, mask)
            return outputs
        kernel = self.adapted(self.embeddings).T if self.reverse_embeddings is None else self.reverse_embeddings.value
        if self.reverse_dtype is not None:
            inputs, kernel = inputs.astype(self.reverse_dtype), kernel.astype(self.reverse_dtype)
        logits = inputs @ kernel
        if self.logit_soft_cap is not None:
            logits = self.logit_soft_cap * jax.numpy.tanh(logits / self.logit_soft_cap)
        return logits

    def get_config(self) -> dict[str, Any]:
        lora = {} if self.lora_rank is None else {"lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha}
        return {**super().get_config(), **lora}
