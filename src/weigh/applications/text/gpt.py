"""GPT-2: a decoder in which a word sees those before it, and what it gives is how likely each word comes next.

Source: Radford et al. 2018, figure 1, and Radford et al. 2019, section 2.3 (normalization first, and once more at the
end).
"""

from __future__ import annotations

from functools import partial
from math import sqrt
from typing import Any
from weakref import WeakKeyDictionary, ref

from weigh import ops
from weigh.applications.text.position import PositionEmbedding
from weigh.compute import values
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError
from weigh.layers import Add, Dense, Dropout, Input, LayerNormalization, MultiHeadAttention, ReversibleEmbedding
from weigh.models import Model

Cache = list[tuple[Array, Array]]
"""Keys and values of all positions, a pair for each block: (batch, positions, heads, width of a head)."""


def GPT(  # noqa: N802 - the network's name
    vocabulary: int = 50257,
    length: int = 1024,
    width: int = 768,
    depth: int = 12,
    heads: int = 12,
    dropout: float = 0.1,
    name: str = "gpt",
) -> Model:
    """Return a decoder of words; by default of the size of the small GPT-2.

    It takes whole numbers of shape (batch, words), and gives for each the logits of the next word, (batch, words,
    vocabulary). The way back from vectors to words uses the vectors of the words again, which are counted once.

    With V words, L positions, width d and depth N it has (V + L) d + N (12 d² + 13 d) + 2 d parameters: vectors; in
    each block four projections of d × d with biases, two normalizations, and a dense layer to 4 d and back; a
    normalization. The small GPT-2 has 124,439,808.

    Args:
        vocabulary: V, how many words there are.
        length: L, the longest text.
        width: d, of the vectors.
        depth: N, how many blocks there are.
        heads: of attention in a block.
        dropout: rate, after the vectors and at the end of both halves of a block.
        name: of the network.
    """
    tokens = Input((None,), dtype="int32", name="tokens")
    words = ReversibleEmbedding(vocabulary, width, name="words")
    x = PositionEmbedding(length, name="positions")(words(tokens))
    x = Dropout(dropout, name="vectors_dropout")(x)
    for number in range(depth):
        x = _block(x, width, heads, dropout, f"block_{number}")
    return Model(tokens, words(_normalized(x, "norm"), reverse=True), name=name)


def _block(x: Tensor, width: int, heads: int, dropout: float, name: str) -> Tensor:
    """Attention to what came before, then a dense layer to four times the width and back; each adds to what came in."""
    before = _normalized(x, f"{name}_attention_norm")
    attention = MultiHeadAttention(heads, width // heads, name=f"{name}_attention")
    seen = attention(before, before, use_causal_mask=True)
    x = Add(name=f"{name}_attention_add")([x, Dropout(dropout, name=f"{name}_attention_dropout")(seen)])
    wide = Dense(4 * width, name=f"{name}_wide")(_normalized(x, f"{name}_dense_norm"))
    narrow = Dense(width, name=f"{name}_narrow")(ops.gelu(wide, approximate=True))
    return Add(name=f"{name}_dense_add")([x, Dropout(dropout, name=f"{name}_dense_dropout")(narrow)])


def _normalized(x: Tensor, name: str) -> Tensor:
    return LayerNormalization(epsilon=1e-5, name=name)(x)


# Writing on ---------------------------------------------------------------------------------------------------------


def generate(model: Model, tokens: Any, steps: int, temperature: float = 0.0, seed: int = 0) -> Array:
    """Return `tokens` and so many words more as `model`, which :func:`GPT` made, writes on.

    A position's keys and values stay what they are, since it sees only what came before; so each word is computed once,
    and those before it are only looked up. The loop is compiled as a whole.

    Args:
        model: the network.
        tokens: (batch, words), whole numbers.
        steps: how many words are to come.
        temperature: the logits are divided by it before a word is drawn; 0 takes the likeliest.
        seed: of the drawing.

    Raises:
        ArgumentError: there are no words to go on from, or more are to come than there are positions.
    """
    jnp = jax.numpy
    tokens = jnp.asarray(tokens, "int32")
    given = tokens.shape[1]
    total, length = given + steps, model.get_layer("positions").length
    if not given or total > length:
        raise ArgumentError(
            f"`generate` goes on from at least one word and up to {length} of them, the positions that {model.name!r} "
            f"has vectors for, but got {given} and was asked for {steps} more."
        )
    variables = model.variables
    values.materialise(variables)
    if model not in _compiled:
        _compiled[model] = jax.jit(partial(_written_on, ref(model)), static_argnames=("total", "drawn"))
    weights = [variable.raw for variable in variables]
    key = jax.random.key(seed)
    return _compiled[model](weights, tokens, key, temperature or 1.0, total=total, drawn=temperature > 0)


_compiled: WeakKeyDictionary[Model, Any] = WeakKeyDictionary()
"""What writes on, by network, as long as the network is there."""


def _written_on(
    network: ref[Model],
    weights: list[Array],
    tokens: Array,
    key: Array,
    temperature: Array,
    total: int,
    drawn: bool,
) -> Array:
    """Return `tokens` and so many more that there are `total`; what :func:`generate` compiles."""
    jnp, model = jax.numpy, network()
    assert model is not None, "whoever calls this has it"
    batch, given = tokens.shape

    def one(carry: tuple[Cache, Array], place: Array) -> tuple[tuple[Cache, Array], Array]:
        cache, word = carry
        logits, cache = step(model, cache, word, place)
        if drawn:
            chosen = jax.random.categorical(jax.random.fold_in(key, place), logits / temperature)
        else:
            chosen = logits.argmax(-1)
        known = tokens[:, jnp.minimum(place + 1, given - 1)]
        word = jnp.where(place + 1 < given, known, chosen.astype("int32"))
        return (cache, word), word

    with values.bind(model.variables, weights):
        _, words = jax.lax.scan(one, (empty_cache(model, batch, total), tokens[:, 0]), jnp.arange(total - 1))
    return jnp.concatenate([tokens[:, :1], words.T], axis=1)


def attentions(model: Model) -> list[MultiHeadAttention]:
    """Return the attention layers of a network, first to last."""
    return [layer for layer in model.layers if isinstance(layer, MultiHeadAttention)]


def empty_cache(model: Model, batch: int, positions: int) -> Cache:
    """Return room for the keys and values of so many positions."""
    jnp = jax.numpy

    def zeros(layer: MultiHeadAttention) -> Array:
        return jnp.zeros((batch, positions, layer.num_heads, layer.key_dim), layer.compute_dtype)

    return [(zeros(layer), zeros(layer)) for layer in attentions(model)]


def step(model: Model, cache: Cache, word: Array, place: Array) -> tuple[Array, Cache]:
    """Return the logits of the word after `word`, and the cache with its keys and values.

    The layers are those of the network, called on one position.

    Args:
        model: the network.
        cache: of the positions before.
        word: (batch,).
        place: its position, a scalar.
    """
    jnp, layer = jax.numpy, model.get_layer
    x = layer("words")(word[:, None]) + jnp.take(layer("positions").embeddings.value, place, axis=0)
    after: Cache = []
    for number, (attention, pair) in enumerate(zip(attentions(model), cache, strict=True)):
        name = f"block_{number}"
        seen, pair = _attend(attention, layer(f"{name}_attention_norm")(x), pair, place)
        after.append(pair)
        x = x + seen
        wide = layer(f"{name}_wide")(layer(f"{name}_dense_norm")(x))
        x = x + layer(f"{name}_narrow")(ops.gelu(wide, approximate=True))
    return layer("words")(layer("norm")(x), reverse=True)[:, 0], after


def _attend(
    attention: MultiHeadAttention, x: Array, pair: tuple[Array, Array], place: Array
) -> tuple[Array, tuple[Array, Array]]:
    """Attend from one position, (batch, 1, width), to it and those before; return keys and values with its own, too."""
    jnp, put = jax.numpy, jax.lax.dynamic_update_slice_in_dim
    keys = put(pair[0], attention.key_dense(x), place, 1)
    kept = put(pair[1], attention.value_dense(x), place, 1)
    scores = jnp.einsum("bthw,bshw->bhts", attention.query_dense(x), keys) / sqrt(attention.key_dim)
    scores = jnp.where(jnp.arange(keys.shape[1]) <= place, scores, -jnp.inf)
    seen = jnp.einsum("bhts,bshw->bthw", jax.nn.softmax(scores), kept)
    return attention.output_dense(seen), (keys, kept)
