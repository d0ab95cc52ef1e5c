"""What the texts about attention layers use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.explanation import Joined
from weigh.report.facts import size
from weigh.report.place import Place, attributes


def _attention(place: Place) -> dict[str, Any]:
    arguments = attributes(place.layer)
    return {"dot": arguments["score_mode"] == "dot", "scaled": arguments["use_scale"]}


def _additive_attention(place: Place) -> dict[str, Any]:
    return {"features": place.own[0].count if place.own else None}


def _multi_head_attention(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shapes = place.input_shapes
    heads, key_dim, value_dim = layer.num_heads, layer.key_dim, layer.value_dim
    features = {int(shape[-1] or 0) for shape in shapes}
    out = layer.output_shape or shapes[0][-1:]
    return {
        **_projected(place),
        "heads": heads,
        "key_dim": key_dim,
        "value_dim": value_dim,
        "features": Joined(sorted(features)) if len(features) > 1 else next(iter(features)),
        "out": Joined(map(int, out), "×"),
        "hidden": heads * key_dim,
        "square": key_dim == value_dim and {*features, *map(int, out)} == {heads * key_dim} and len(out) == 1,
    }


def _grouped_query_attention(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shapes = place.input_shapes
    return {
        **_projected(place),
        "heads": layer.num_query_heads,
        "shared": layer.num_key_value_heads,
        "groups": layer.num_query_heads // layer.num_key_value_heads,
        "key_dim": layer.head_dim,
        "features": int(shapes[-1][-1] or 0),
        "out": int(shapes[0][-1] or 0),
    }


def _projected(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shapes = place.input_shapes
    lengths = [shapes[0][1], shapes[min(1, len(shapes) - 1)][1]]
    return {
        "projections": 5 if layer.use_gate else 4,
        "gate": layer.use_gate,
        "bias": layer.use_bias,
        "pairs": None if None in lengths or len(shapes[0]) != 3 else Joined(map(size, lengths), "×"),
    }


FACTS = {
    "Attention": _attention,
    "AdditiveAttention": _additive_attention,
    "MultiHeadAttention": _multi_head_attention,
    "GroupedQueryAttention": _grouped_query_attention,
}
