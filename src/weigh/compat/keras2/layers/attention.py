"""``keras.layers.attention`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "AdditiveAttention",
    "Attention",
    "MultiHeadAttention",
]

Attention = door("Attention")
AdditiveAttention = door("AdditiveAttention")
MultiHeadAttention = door(
    "MultiHeadAttention",
    *("num_heads", "key_dim", "value_dim", "dropout", "use_bias", "output_shape", "attention_axes"),
    *("kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer"),
    *("kernel_constraint", "bias_constraint"),
)
