"""``keras.layers.advanced_activations`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "ELU",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Softmax",
    "ThresholdedReLU",
]

PReLU = door("PReLU")
ELU = door("ELU")
ThresholdedReLU = door("ThresholdedReLU")
Softmax = door("Softmax")
ReLU = door("ReLU")
LeakyReLU = door("LeakyReLU", "alpha:negative_slope")
