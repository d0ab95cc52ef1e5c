"""BERT: an encoder in which every word sees every other.

Source: Devlin, Chang, Lee and Toutanova 2018, section 3 and figure 2; the blocks: Vaswani et al. 2017, figure 1 (left).
"""

from __future__ import annotations

from weigh import ops
from weigh.applications.text.position import PositionEmbedding
from weigh.declare.graph import Tensor
from weigh.layers import Add, Dense, Dropout, Embedding, Input, LayerNormalization, MultiHeadAttention
from weigh.models import Model

EPSILON = 1e-12


def BERT(  # noqa: N802 - the network's name
    vocabulary: int = 30522,
    length: int = 512,
    width: int = 768,
    depth: int = 12,
    heads: int = 12,
    segments: int = 2,
    dropout: float = 0.1,
    name: str = "bert",
) -> Model:
    """Return an encoder of words; by default of the size of BERT base.

    It takes a dictionary of `tokens` and `segments`, whole numbers of shape (batch, words); token 0 stands for padding,
    which nothing attends to. It gives a list: a vector for each word, (batch, words, width), and one for all, (batch,
    width), made of the first word's.

    With V words, L positions, S segments, width d and depth N it has (V + L + S) d + 2 d + N (12 d² + 13 d) + d² + d
    parameters: vectors and their normalization; in each block four projections of d × d with biases, two
        normalizations,
    and a dense layer to 4 d and back; the layer on the first word. BERT base has 109,482,240.

    Args:
        vocabulary: V, how many words there are, padding among them.
        length: L, the longest text.
        width: d, of the vectors.
        depth: N, how many blocks there are.
        heads: of attention in a block.
        segments: S, how many texts are put one behind another.
        dropout: rate, after the vectors and at the end of both halves of a block.
        name: of the network.
    """
    tokens = Input((None,), dtype="int32", name="tokens")
    segment = Input((None,), dtype="int32", name="segments")
    seen = ops.not_equal(tokens, 0)[:, None, :]  # the same words for each word that looks
    vectors = Embedding(vocabulary, width, name="words")(tokens)
    x = Add(name="words_and_segments")([vectors, Embedding(segments, width, name="segment_vectors")(segment)])
    x = PositionEmbedding(length, name="positions")(x)
    x = LayerNormalization(epsilon=EPSILON, name="vectors_norm")(x)
    x = Dropout(dropout, name="vectors_dropout")(x)
    for number in range(depth):
        x = _block(x, seen, heads, dropout, f"block_{number}")
    first = Dense(width, activation="tanh", name="pooled")(x[:, 0])
    return Model({"tokens": tokens, "segments": segment}, [x, first], name=name)


def _block(x: Tensor, seen: Tensor, heads: int, dropout: float, name: str) -> Tensor:
    """Attention, then a dense layer to four times the width and back; each adds to what came in and is normalized."""
    width = int(x.shape[-1] or 0)
    attention = MultiHeadAttention(heads, width // heads, name=f"{name}_attention")
    x = _added(x, attention(x, x, attention_mask=seen), dropout, f"{name}_attention")
    wide = Dense(4 * width, activation="gelu", name=f"{name}_wide")(x)
    return _added(x, Dense(width, name=f"{name}_narrow")(wide), dropout, f"{name}_dense")


def _added(x: Tensor, change: Tensor, dropout: float, name: str) -> Tensor:
    change = Dropout(dropout, name=f"{name}_dropout")(change)
    return LayerNormalization(epsilon=EPSILON, name=f"{name}_norm")(Add(name=f"{name}_add")([x, change]))
