"""``keras.layers.embeddings`` of Keras 1."""

from __future__ import annotations

from typing import Any

from weigh.compat.keras1.layers.topology import ANY_LENGTH, Keras1Layer, OfKeras1, door
from weigh.compute.lazy import jax
from weigh.compute.randomness import SeedGenerator
from weigh.compute.values import Array
from weigh.layers import checks

__all__ = ["Embedding"]


class _DroppingWords(Keras1Layer):
    """An embedding that in training drops a share of its vectors, wherever they occur in the batch."""

    __module__ = Keras1Layer.__module__
    first_input_dtype = "int32"

    dropout: float = 0.0
    seed_generator: SeedGenerator | None = None

    def call(self, inputs: Array, training: bool = False) -> Array:
        """Return the vectors in the place of their numbers."""
        layer: Any = self
        vectors: Array = super().call(inputs)  # type: ignore[misc]  # of our layer, beside this
        if not training or self.seed_generator is None:
            return vectors
        keep = 1 - self.dropout
        kept = jax.random.bernoulli(self.seed_generator.next(), keep, (layer.input_dim,)).astype(vectors.dtype) / keep
        return vectors * jax.numpy.take(kept, inputs.astype("int32"), axis=0)[..., None]


class _Embedding(OfKeras1):
    later = (*OfKeras1.later, "dropout")

    def complete(self, layer: Any, later: dict[str, Any]) -> None:
        super().complete(layer, later)
        layer.dropout = checks.share(layer, "dropout", later.get("dropout", 0.0))
        if layer.dropout:
            layer.seed_generator = SeedGenerator()


Embedding = door(
    "Embedding",
    *("input_dim", "output_dim:output_dim", "init:embeddings_initializer", "input_length:input_shape[0]"),
    *("W_regularizer:embeddings_regularizer", "activity_regularizer", "W_constraint:embeddings_constraint"),
    *("mask_zero", "weights", "dropout"),
    asked=_DroppingWords,
    kind=_Embedding,
    defaults=ANY_LENGTH,
)
