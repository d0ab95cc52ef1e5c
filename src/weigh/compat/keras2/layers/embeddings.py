"""``keras.layers.embeddings`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "Embedding",
]

Embedding = door(
    "Embedding",
    *("input_dim", "output_dim", "embeddings_initializer", "embeddings_regularizer", "activity_regularizer"),
    *("embeddings_constraint", "mask_zero", "input_length", "sparse:"),
)
