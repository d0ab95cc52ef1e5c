"""``keras.layers.pooling`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
]

MaxPooling1D = door("MaxPooling1D")
MaxPooling2D = door("MaxPooling2D")
MaxPooling3D = door("MaxPooling3D")
AveragePooling1D = door("AveragePooling1D")
AveragePooling2D = door("AveragePooling2D")
AveragePooling3D = door("AveragePooling3D")
GlobalMaxPooling1D = door("GlobalMaxPooling1D")
GlobalMaxPooling2D = door("GlobalMaxPooling2D")
GlobalMaxPooling3D = door("GlobalMaxPooling3D")
GlobalAveragePooling1D = door("GlobalAveragePooling1D")
GlobalAveragePooling2D = door("GlobalAveragePooling2D")
GlobalAveragePooling3D = door("GlobalAveragePooling3D")

MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
