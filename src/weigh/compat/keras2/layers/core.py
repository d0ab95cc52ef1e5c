"""``keras.layers.core`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "Activation",
    "ActivityRegularization",
    "Dense",
    "Dropout",
    "EinsumDense",
    "Flatten",
    "Identity",
    "Lambda",
    "Masking",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
]

Activation = door("Activation")
Dense = door("Dense")
EinsumDense = door(
    "EinsumDense",
    *("equation", "output_shape", "activation", "bias_axes", "kernel_initializer", "bias_initializer"),
    *("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint"),
)
Dropout = door("Dropout")
Flatten = door("Flatten")
Reshape = door("Reshape")
Permute = door("Permute")
RepeatVector = door("RepeatVector")
ActivityRegularization = door("ActivityRegularization")
Masking = door("Masking")
SpatialDropout1D = door("SpatialDropout1D")
SpatialDropout2D = door("SpatialDropout2D")
SpatialDropout3D = door("SpatialDropout3D")
Lambda = door("Lambda")
Identity = door("Identity")
