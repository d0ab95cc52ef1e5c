"""Embeddings, held to Keras."""

import numpy as np
import pytest

import weigh
from weigh.report.explain import explanation

WORDS = np.array([[1, 2, 0], [4, 0, 0]])


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"mask_zero": True, "embeddings_initializer": "ones", "embeddings_regularizer": "l2"},
        {"lora_rank": 2},
        {"dtype": "mixed_bfloat16"},
    ],
)
def test_embedding_is_that_of_keras(agree, arguments):
    arguments = {"input_dim": 5, "output_dim": 3, **arguments}
    ours, theirs = agree("Embedding", (2, 3), arguments, inputs=WORDS, unknown=True)
    if arguments.get("mask_zero"):
        np.testing.assert_array_equal(ours(WORDS)._keras_mask, theirs(WORDS)._keras_mask)


def test_numbers_outside_the_vocabulary_give_what_keras_gives():
    import keras

    words = np.array([[0, 4, 5, -1, -5, -6, 100]])
    ours, theirs = weigh.layers.Embedding(5, 2), keras.layers.Embedding(5, 2)
    theirs.build()
    ours.build()
    ours.set_weights(theirs.get_weights())
    np.testing.assert_array_equal(ours(words), theirs(words))
    assert np.isnan(np.asarray(ours(words))[0, [2, 5, 6]]).all()


def test_values_to_begin_with_are_taken_and_not_written_into_the_configuration():
    values = np.arange(6.0).reshape(3, 2)
    layer = weigh.layers.Embedding(3, 2, weights=values)
    np.testing.assert_array_equal(layer(np.array([2, 0])), values[[2, 0]])
    assert "weights" not in layer.get_config()


def test_its_own_alpha_is_what_an_adapted_embedding_multiplies_by():
    """Keras forgets `lora_alpha` of an embedding, and of a Dense, when it is built."""
    layer = weigh.layers.Embedding(3, 2, lora_rank=2, lora_alpha=6)
    layer.build()
    main, a, b = (np.random.default_rng(0).normal(size=weight.shape).astype("float32") for weight in layer.weights)
    layer.set_weights([main, a, b])
    np.testing.assert_allclose(layer(np.array([1])), (main + 3 * a @ b)[[1]], rtol=1e-5)


@pytest.mark.parametrize(
    "arguments", [{}, {"tie_weights": False, "logit_soft_cap": 2.0}, {"reverse_dtype": "float32", "mask_zero": True}]
)
def test_reversible_embedding_is_that_of_keras(agree, arguments):
    arguments = {"input_dim": 5, "output_dim": 3, **arguments}
    ours, theirs = agree("ReversibleEmbedding", (2, 3), arguments, inputs=WORDS)
    vectors = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    np.testing.assert_allclose(ours(vectors, reverse=True), theirs(vectors, reverse=True), rtol=1e-5)
    assert ours(weigh.Input((4, 3)), reverse=True).shape == (None, 4, 5)
    if arguments.get("mask_zero"):
        np.testing.assert_array_equal(ours(WORDS)._keras_mask, WORDS != 0)


def test_tied_weights_are_counted_once():
    inputs = weigh.Input((4,), dtype="int32")
    embedding = weigh.layers.ReversibleEmbedding(100, 8)
    model = weigh.Model(inputs, embedding(weigh.layers.Dense(8)(embedding(inputs)), reverse=True))
    assert model.count_params() == model.account().total == 100 * 8 + 8 * 8 + 8
    assert "counted once" in explanation(model, embedding.name)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_embedding_is_explained(golden, lang):
    inputs = weigh.Input((20,), dtype="int32", name="words")
    model = weigh.Model(inputs, weigh.layers.Embedding(10_000, 64, mask_zero=True)(inputs), name="network")
    golden(f"embedding.{lang}.txt", explanation(model, "embedding", lang=lang))
