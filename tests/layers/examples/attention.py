"""Examples of the attention layers, and what they refuse."""

from tests.layers.example import Bad, Example

import weigh
from weigh import layers
from weigh.errors import ArgumentError, ShapeError

PAIR = {"query": (4, 6), "value": (3, 6)}
GROUPED = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}

EXAMPLES = [
    Example("Attention", {"use_scale": True}, [(4, 5), (3, 5)]),
    Example("Attention", {"score_mode": "concat"}, [(4, 5), (3, 5)]),
    Example("AdditiveAttention", {}, [(4, 5), (3, 5)]),
    Example("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, PAIR),
    Example("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 2, "dropout": 0.1}, PAIR),
    Example(
        "GroupedQueryAttention",
        GROUPED,
        PAIR,
        make=lambda library: library.layers.GroupQueryAttention(**GROUPED),
    ),
]


def _heads(shapes=((4, 6), (3, 6)), **arguments):
    inputs = [weigh.Input(shape) for shape in shapes]
    return layers.MultiHeadAttention(**{"num_heads": 2, "key_dim": 3, **arguments})(*inputs)


def _grouped(shapes=((4, 6), (3, 6)), **arguments):
    return layers.GroupQueryAttention(**{**GROUPED, **arguments})(*map(weigh.Input, shapes))


BAD = [
    Bad("MultiHeadAttention: no heads", lambda: _heads(num_heads=0), ArgumentError, "'multi_head.*`num_heads`.*0"),
    Bad("MultiHeadAttention: no width", lambda: _heads(key_dim=-1), ArgumentError, "'multi_head.*`key_dim`.*-1"),
    Bad("MultiHeadAttention: no value", lambda: _heads(value_dim=0), ArgumentError, "'multi_head.*`value_dim`.*0"),
    Bad("MultiHeadAttention: no window", lambda: _heads(sliding_window=0), ArgumentError, "`sliding_window`.*0"),
    Bad("MultiHeadAttention: a rate above 1", lambda: _heads(dropout=1.5), ArgumentError, r"`dropout`.*1\.5"),
    Bad(
        "MultiHeadAttention: dropout that flash attention cannot do",
        lambda: _heads(dropout=0.1, flash_attention=True),
        ArgumentError,
        "'multi_head.*`dropout`.*`flash_attention`",
    ),
    Bad("MultiHeadAttention: an output of words", lambda: _heads(output_shape="wide"), ArgumentError, "'wide'"),
    Bad(
        "MultiHeadAttention: no sequence",
        lambda: _heads(((6,), (6,))),
        ShapeError,
        r"'multi_head.*targets.*\(None, 6\)",
    ),
    Bad(
        "MultiHeadAttention: keys without values",
        lambda: _heads(((4, 6), (3, 6), (2, 6))),
        ShapeError,
        r"'multi_head.*a value for each key.*\(None, 2, 6\)",
    ),
    Bad(
        "MultiHeadAttention: an axis that is missing",
        lambda: _heads(attention_axes=3),
        ShapeError,
        "'multi_head.*axes 1 to 1",
    ),
    Bad(
        "MultiHeadAttention: features of unknown number",
        lambda: _heads(((4, None), (3, 6))),
        ShapeError,
        "'query'.*size of axis",
    ),
    Bad(
        "GroupQueryAttention: heads that do not divide",
        lambda: _grouped(num_key_value_heads=3),
        ArgumentError,
        "'grouped_query.*4 heads.*3 heads.*must divide",
    ),
    Bad("GroupQueryAttention: no heads", lambda: _grouped(num_query_heads=0), ArgumentError, "`num_query_heads`.*0"),
    Bad(
        "GroupQueryAttention: values of another width",
        lambda: _grouped(((4, 6), (3, 5))),
        ShapeError,
        "'grouped_query.*as many features",
    ),
    Bad(
        "Attention: one tensor",
        lambda: layers.Attention()(weigh.Input((4, 5))),
        ShapeError,
        r"'attention'.*layer\(\[query, value\]\)",
    ),
    Bad(
        "Attention: keys of other features",
        lambda: layers.Attention()([weigh.Input((4, 5)), weigh.Input((4, 6))]),
        ShapeError,
        r"'attention'.*as many features.*\(None, 4, 6\)",
    ),
    Bad("Attention: an unknown score", lambda: layers.Attention(score_mode="cos"), ArgumentError, "'dot', 'concat'"),
    Bad(
        "AdditiveAttention: features of unknown number",
        lambda: layers.AdditiveAttention()([weigh.Input((4, None)), weigh.Input((4, 5))]),
        ShapeError,
        "'additive.*known size",
    ),
]
