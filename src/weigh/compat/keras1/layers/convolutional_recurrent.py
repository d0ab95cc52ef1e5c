"""``keras.layers.convolutional_recurrent`` of Keras 1."""

from __future__ import annotations

from weigh.compat.keras1.layers.topology import door

__all__ = ["ConvLSTM2D"]

ConvLSTM2D = door(
    "ConvLSTM2D",
    *("nb_filter", "nb_row", "nb_col", "init", "inner_init", "forget_bias_init", "activation", "inner_activation"),
    *("dim_ordering", "border_mode", "subsample", "W_regularizer", "U_regularizer", "b_regularizer"),
    *("dropout_W", "dropout_U", "*", "weights", "return_sequences", "go_backwards", "stateful"),
    defaults={"inner_init": "orthogonal", "inner_activation": "hard_sigmoid"},
)
