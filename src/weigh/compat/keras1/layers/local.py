"""``keras.layers.local`` of Keras 1."""

from __future__ import annotations

from weigh.compat.keras1.layers.topology import ANY_LENGTH, SEQUENCE_INPUT, WEIGHTED, door

__all__ = ["LocallyConnected1D", "LocallyConnected2D"]

_BEFORE = ("init", "activation", "weights", "border_mode")

LocallyConnected1D = door(
    "LocallyConnected1D",
    *("nb_filter", "filter_length", *_BEFORE, "subsample_length", *WEIGHTED, *SEQUENCE_INPUT),
    defaults=ANY_LENGTH,
)
LocallyConnected2D = door(
    "LocallyConnected2D", "nb_filter", "nb_row", "nb_col", *_BEFORE, "subsample", "dim_ordering", *WEIGHTED
)
