"""``keras.layers.cudnn_recurrent`` of Keras 2: recurrent layers with what cuDNN had no choice about."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = ["CuDNNGRU", "CuDNNLSTM"]

_BEGINNING = ("units", "kernel_initializer", "recurrent_initializer", "bias_initializer")
_AFTER = (
    *("kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer"),
    *("kernel_constraint", "recurrent_constraint", "bias_constraint"),
    *("return_sequences", "return_state", "go_backwards", "stateful"),
)

CuDNNGRU = door("GRU", *_BEGINNING, *_AFTER, called="CuDNNGRU")
CuDNNLSTM = door("LSTM", *_BEGINNING, "unit_forget_bias", *_AFTER, called="CuDNNLSTM")
