"""``keras.layers.attention`` of Keras 2."""

from __future__ import annotations

from typing import Any

from weigh.compat.keras2.layers.topology import Keras2Layer, door
from weigh.declare import naming

__all__ = [
    "AdditiveAttention",
    "Attention",
    "MultiHeadAttention",
]

Attention = door("Attention")
AdditiveAttention = door("AdditiveAttention")


class _Quiet(Keras2Layer):
    """A layer whose inner ones move no counter of names."""

    __module__ = Keras2Layer.__module__

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        with naming.unchanged():
            super().build(query_shape, value_shape, key_shape)  # type: ignore[misc]  # of our layer, beside this


MultiHeadAttention = door(
    "MultiHeadAttention",
    *("num_heads", "key_dim", "value_dim", "dropout", "use_bias", "output_shape", "attention_axes"),
    *("kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer"),
    *("kernel_constraint", "bias_constraint"),
    asked=_Quiet,
)
