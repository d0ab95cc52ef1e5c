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
MultiHeadAttention = door("MultiHeadAttention")
