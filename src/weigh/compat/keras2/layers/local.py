"""``keras.layers.local`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "LocallyConnected1D",
    "LocallyConnected2D",
]

LocallyConnected1D = door("LocallyConnected1D")
LocallyConnected2D = door("LocallyConnected2D")
