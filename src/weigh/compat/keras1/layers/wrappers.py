"""``keras.layers.wrappers`` of Keras 1."""

from __future__ import annotations

from weigh.compat.keras1.layers.topology import Wrapper, door

__all__ = ["Bidirectional", "TimeDistributed", "Wrapper"]

TimeDistributed = door("TimeDistributed", "layer")
Bidirectional = door("Bidirectional", "layer", "merge_mode", "weights")
