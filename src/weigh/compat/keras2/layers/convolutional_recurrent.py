"""``keras.layers.convolutional_recurrent`` of Keras 2, whose gates had the steeper sigmoid to the end."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"]

_ARGUMENTS = (
    *("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation"),
    *("recurrent_activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer"),
    *("unit_forget_bias", "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer"),
    *("kernel_constraint", "recurrent_constraint", "bias_constraint", "return_sequences", "return_state"),
    *("go_backwards", "stateful", "dropout", "recurrent_dropout"),
)
_DEFAULTS = {"recurrent_activation": "hard_sigmoid"}

ConvLSTM1D = door("ConvLSTM1D", *_ARGUMENTS, defaults=_DEFAULTS)
ConvLSTM2D = door("ConvLSTM2D", *_ARGUMENTS, defaults=_DEFAULTS)
ConvLSTM3D = door("ConvLSTM3D", *_ARGUMENTS, defaults=_DEFAULTS)
