"""``keras.layers.recurrent`` of Keras 2, with the defaults of 2.15.

Keras 2.3 began with ``recurrent_activation="hard_sigmoid"`` and ``reset_after=False``: say so where a script of that
time is run. In a cuDNN layer's files each gate of a GRU or LSTM stands apart; the weights here are ours.
"""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "GRUCell",
    "LSTMCell",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
]

_BEGINNING = ("use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer")
_FORGET = ("unit_forget_bias",)
_PENALTIES = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")
_BOUNDS = ("kernel_constraint", "recurrent_constraint", "bias_constraint")
_DROPPED = ("dropout", "recurrent_dropout")
_CELL = (*_PENALTIES, *_BOUNDS, *_DROPPED)
_LAYER = (
    *(*_PENALTIES, "activity_regularizer", *_BOUNDS, *_DROPPED),
    *("return_sequences", "return_state", "go_backwards", "stateful"),
)
_HOW = ("*", "implementation:", "time_major:")

SimpleRNN = door("SimpleRNN", "units", "activation", *_BEGINNING, *_LAYER, "unroll", *_HOW)
GRU = door(
    "GRU",
    *("units", "activation", "recurrent_activation", *_BEGINNING, *_LAYER, "unroll", "time_major:", "reset_after"),
    *("*", "implementation:"),
)
LSTM = door(
    "LSTM",
    *("units", "activation", "recurrent_activation", *_BEGINNING, *_FORGET, *_LAYER, "time_major:", "unroll"),
    *("*", "implementation:"),
)
SimpleRNNCell = door("SimpleRNNCell", "units", "activation", *_BEGINNING, *_CELL)
GRUCell = door(
    "GRUCell", "units", "activation", "recurrent_activation", *_BEGINNING, *_CELL, "reset_after", "*", "implementation:"
)
LSTMCell = door(
    "LSTMCell", "units", "activation", "recurrent_activation", *_BEGINNING, *_FORGET, *_CELL, "*", "implementation:"
)
RNN = door("RNN", "cell", "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major:")
StackedRNNCells = door("StackedRNNCells")
