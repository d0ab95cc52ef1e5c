"""``keras.layers.pooling`` of Keras 1."""

from __future__ import annotations

from weigh.compat.keras1.layers.topology import door

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
]

_STEPS = ("pool_length", "stride", "border_mode")
_PLACES = ("pool_size", "strides", "border_mode", "dim_ordering")

MaxPooling1D = door("MaxPooling1D", *_STEPS)
MaxPooling2D = door("MaxPooling2D", *_PLACES)
MaxPooling3D = door("MaxPooling3D", *_PLACES)
AveragePooling1D = door("AveragePooling1D", *_STEPS)
AveragePooling2D = door("AveragePooling2D", *_PLACES)
AveragePooling3D = door("AveragePooling3D", *_PLACES)
GlobalMaxPooling1D = door("GlobalMaxPooling1D")
GlobalMaxPooling2D = door("GlobalMaxPooling2D", "dim_ordering")
GlobalMaxPooling3D = door("GlobalMaxPooling3D", "dim_ordering")
GlobalAveragePooling1D = door("GlobalAveragePooling1D")
GlobalAveragePooling2D = door("GlobalAveragePooling2D", "dim_ordering")
GlobalAveragePooling3D = door("GlobalAveragePooling3D", "dim_ordering")
