"""What the texts about embedding layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.facts.core import low_rank
from weigh.report.place import Place


def _embedding(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    return {**low_rank(place), "vocabulary": layer.input_dim, "width": layer.output_dim, "last": layer.input_dim - 1}


def _reversible_embedding(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    return {**_embedding(place), "tied": layer.tie_weights, "capped": layer.logit_soft_cap is not None}


FACTS = {"Embedding": _embedding, "ReversibleEmbedding": _reversible_embedding}
