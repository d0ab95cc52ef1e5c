"""``keras.layers.noise`` of Keras 1."""

from __future__ import annotations

from weigh.compat.keras1.layers.topology import door

__all__ = ["GaussianDropout", "GaussianNoise"]

GaussianNoise = door("GaussianNoise", "sigma")
GaussianDropout = door("GaussianDropout", "p")
