"""``keras.layers.wrappers`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import Wrapper, door

__all__ = [
    "Bidirectional",
    "SpectralNormalization",
    "TimeDistributed",
    "Wrapper",
]

TimeDistributed = door("TimeDistributed")
Bidirectional = door("Bidirectional")
SpectralNormalization = door("SpectralNormalization")
