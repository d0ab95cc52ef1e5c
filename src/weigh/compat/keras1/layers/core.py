"""``keras.layers.core`` of Keras 1."""

from __future__ import annotations

from typing import Any

from weigh.compat.keras1 import regularizers
from weigh.compat.keras1.layers.merge import Merge
from weigh.compat.keras1.layers.topology import (
    ANY_LENGTH,
    FLAT_INPUT,
    SEQUENCE_INPUT,
    WEIGHTED,
    DrawingLayer,
    InputLayer,
    InputSpec,
    Layer,
    OfFunction,
    OfKeras1,
    door,
)

__all__ = [
    "Activation",
    "ActivityRegularization",
    "Dense",
    "Dropout",
    "Flatten",
    "Highway",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "Masking",
    "MaxoutDense",
    "Merge",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "TimeDistributedDense",
]


class _ActivityRegularization(OfKeras1):
    def complete(self, layer: Any, later: dict[str, Any]) -> None:
        super().complete(layer, later)
        layer.activity_regularizer = regularizers.OfBatch(layer.activity_regularizer)


_DENSE = ("output_dim", "init", "activation", "weights", *WEIGHTED)

Activation = door("Activation", "activation")
ActivityRegularization = door("ActivityRegularization", "l1", "l2", kind=_ActivityRegularization)
Dense = door("Dense", *_DENSE, *FLAT_INPUT)
Dropout = door("Dropout", "p", "noise_shape", "seed")
Flatten = door("Flatten")
Highway = door(
    "Highway", "init:kernel_initializer&gate_kernel_initializer", "activation", "weights", *WEIGHTED, *FLAT_INPUT
)
Lambda = door("Lambda", "function", "output_shape", "arguments", asked=DrawingLayer, kind=OfFunction)
Masking = door("Masking", "mask_value")
MaxoutDense = door("MaxoutDense", "output_dim", "nb_feature", "init", "weights", *WEIGHTED, *FLAT_INPUT)
Permute = door("Permute", "dims")
RepeatVector = door("RepeatVector", "n")
Reshape = door("Reshape", "target_shape")
SpatialDropout1D = door("SpatialDropout1D", "p")
SpatialDropout2D = door("SpatialDropout2D", "p", "dim_ordering")
SpatialDropout3D = door("SpatialDropout3D", "p", "dim_ordering")
TimeDistributedDense = door("Dense", *_DENSE, *SEQUENCE_INPUT, called="TimeDistributedDense", defaults=ANY_LENGTH)
