"""Examples of the embedding layers, and what they refuse."""

from tests.layers.example import Bad, Example

from weigh import layers
from weigh.errors import ArgumentError, ShapeError

EXAMPLES = [
    Example("Embedding", {"input_dim": 6, "output_dim": 3, "mask_zero": True}, (4,), "int32", below=6),
    Example("Embedding", {"input_dim": 6, "output_dim": 3, "lora_rank": 1}, (4,), "int32", below=6),
    Example("ReversibleEmbedding", {"input_dim": 6, "output_dim": 3}, (4,), "int32", below=6),
    Example("ReversibleEmbedding", {"input_dim": 6, "output_dim": 3, "tie_weights": False}, (4,), "int32", below=6),
]

BAD = [
    Bad("Embedding: no vocabulary", lambda: layers.Embedding(-5, 3), ArgumentError, "'embedding'.*`input_dim`.*-5"),
    Bad("Embedding: no width", lambda: layers.Embedding(5, 0), ArgumentError, "'embedding'.*`output_dim`.*0"),
    Bad("Embedding: a vocabulary of words", lambda: layers.Embedding("cat", 3), ArgumentError, "`input_dim`.*'cat'"),
    Bad(
        "Embedding: values of another shape",
        lambda: layers.Embedding(2, 2, weights=[[[1.0, 2.0]]]),
        ShapeError,
        r"'embedding'.*\(1, 2\).*\(2, 2\)",
    ),
]
