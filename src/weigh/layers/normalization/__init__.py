"""Layers that bring their inputs to a known mean, variance or length."""

from weigh.layers.normalization.batch import BatchNormalization
from weigh.layers.normalization.group import GroupNormalization
from weigh.layers.normalization.layer import LayerNormalization, RMSNormalization
from weigh.layers.normalization.modes import SamplewiseBatchNormalization, StatelessBatchNormalization
from weigh.layers.normalization.spectral import SpectralNormalization
from weigh.layers.normalization.unit import UnitNormalization

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "SamplewiseBatchNormalization",
    "SpectralNormalization",
    "StatelessBatchNormalization",
    "UnitNormalization",
]
