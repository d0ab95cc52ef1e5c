"""``keras.layers.recurrent`` of Keras 1.

Weights are ours: `get_weights` gives a kernel, a recurrent kernel and a bias in which the gates stand side by side,
those of a GRU as z, r, h, those of an LSTM as i, f, c, o. Keras 1 had nine or twelve arrays, a gate's three together,
and those of an LSTM as i, c, f, o.
"""

from __future__ import annotations

from weigh.compat.keras1.layers.topology import ANY_LENGTH, SEQUENCE_INPUT, door

__all__ = ["GRU", "LSTM", "SimpleRNN"]

_GATED = {"inner_activation": "hard_sigmoid"}
_BEGINNING = {"inner_init": "orthogonal"} | ANY_LENGTH  # whose gain was 1.1 then
_AFTER = ("W_regularizer", "U_regularizer", "b_regularizer", "dropout_W", "dropout_U")
_NAMED = ("*", "weights", "return_sequences", "go_backwards", "stateful", "unroll", "consume_less", *SEQUENCE_INPUT)

SimpleRNN = door("SimpleRNN", "output_dim", "init", "inner_init", "activation", *_AFTER, *_NAMED, defaults=_BEGINNING)
GRU = door(
    "GRU",
    *("output_dim", "init", "inner_init", "activation", "inner_activation", *_AFTER, *_NAMED),
    defaults=_BEGINNING | _GATED | {"reset_after": False},
)
LSTM = door(
    "LSTM",
    *("output_dim", "init", "inner_init", "forget_bias_init", "activation", "inner_activation", *_AFTER, *_NAMED),
    defaults=_BEGINNING | _GATED,
)
