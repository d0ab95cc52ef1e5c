"""``keras.layers.noise`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
]

GaussianNoise = door("GaussianNoise")
GaussianDropout = door("GaussianDropout")
AlphaDropout = door("AlphaDropout")
