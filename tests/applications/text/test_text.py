"""An encoder and a decoder of text: their numbers by formula, and that the decoder writes on as it reads."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import weigh
from weigh.applications.text import BERT, GPT, PositionEmbedding, generate
from weigh.applications.text import gpt as decoder
from weigh.errors import ArgumentError, ShapeError

SMALL = {"vocabulary": 11, "length": 8, "width": 12, "depth": 2, "heads": 3}


def of_gpt(V, L, d, N):
    return (V + L) * d + N * (12 * d**2 + 13 * d) + 2 * d


def of_bert(V, L, S, d, N):
    return (V + L + S) * d + 2 * d + N * (12 * d**2 + 13 * d) + d**2 + d


@pytest.mark.parametrize(
    ("width", "depth", "heads", "total"),
    [
        (768, 12, 12, 124_439_808),
        (1024, 24, 16, 354_823_168),
        (1280, 36, 20, 774_030_080),
        (1600, 48, 25, 1_557_611_200),
    ],
)
def test_gpt_2_has_as_many_parameters_as_the_formula_says(width, depth, heads, total):
    account = GPT(width=width, depth=depth, heads=heads).account()
    assert account.total == account.trainable == total == of_gpt(50257, 1024, width, depth)


@pytest.mark.parametrize(
    ("width", "depth", "heads", "total"), [(768, 12, 12, 109_482_240), (1024, 24, 16, 335_141_888)]
)
def test_bert_has_as_many_parameters_as_the_formula_says(width, depth, heads, total):
    account = BERT(width=width, depth=depth, heads=heads).account()
    assert account.total == account.trainable == total == of_bert(30522, 512, 2, width, depth)


def test_tied_vectors_are_one_array_and_counted_once():
    model = GPT(**SMALL)
    rows = [row for row in model.account() if row.shape == (11, 12)]
    assert len(rows) == 1
    assert len(model.get_layer("words").inbound_nodes) == 2


@pytest.fixture
def model():
    return GPT(**SMALL, dropout=0)


def test_a_word_does_not_see_those_behind_it(model):
    tokens = np.array([[1, 2, 3, 4, 5]])
    changed = np.array([[1, 2, 3, 9, 0]])
    assert_allclose(model(tokens)[:, :3], model(changed)[:, :3], rtol=1e-5, atol=1e-6)
    assert abs(np.asarray(model(tokens)[:, 3:] - model(changed)[:, 3:])).max() > 1e-3


def test_words_one_by_one_with_a_cache_give_the_same_logits_as_all_at_once(model):
    tokens = np.random.default_rng(0).integers(0, 11, (2, 6)).astype("int32")
    cache, logits = decoder.empty_cache(model, 2, 6), []
    for place in range(6):
        one, cache = decoder.step(model, cache, tokens[:, place], place)
        logits.append(one)
    assert_allclose(np.stack(logits, 1), model(tokens), rtol=1e-4, atol=1e-5)


def test_it_writes_on_as_if_it_read_everything_anew_for_each_word(model):
    tokens = np.array([[1, 2, 3], [4, 0, 7]])
    expected = np.pad(tokens, ((0, 0), (0, 5)))
    for place in range(3, 8):
        expected[:, place] = np.asarray(model(expected))[:, place - 1].argmax(-1)
    assert_array_equal(generate(model, tokens, 5), expected)


def test_what_is_drawn_depends_on_the_seed_alone(model):
    tokens = np.array([[1]])
    first, again, other = (generate(model, tokens, 7, temperature=5.0, seed=seed) for seed in (1, 1, 2))
    assert_array_equal(first, again)
    assert (np.asarray(first) != np.asarray(other)).any()


def test_there_are_only_so_many_positions(model):
    with pytest.raises(ArgumentError, match="up to 8 of them"):
        generate(model, np.array([[1, 2, 3]]), 6)
    with pytest.raises(ArgumentError, match="at least one word"):
        generate(model, np.zeros((1, 0)), 2)
    with pytest.raises(ShapeError, match="8 positions, but got a sequence of 9"):
        PositionEmbedding(8)(weigh.Input((9, 12)))


def test_padding_changes_nothing_for_the_words_of_a_text():
    model = BERT(**SMALL, dropout=0)
    tokens, segments = np.array([[5, 3, 2]]), np.array([[0, 0, 1]])
    words, first = model({"tokens": tokens, "segments": segments})
    padded = {"tokens": np.pad(tokens, ((0, 0), (0, 3))), "segments": np.pad(segments, ((0, 0), (0, 3)))}
    more, again = model(padded)
    assert (words.shape, first.shape) == ((1, 3, 12), (1, 12))
    assert_allclose(more[:, :3], words, rtol=1e-4, atol=1e-5)
    assert_allclose(again, first, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("network", [BERT, GPT])
def test_it_is_explained_saved_and_read_back(network, tmp_path):
    model = network(**SMALL)
    said = []
    for lang in ("en", "zh"):
        model.explain(lang=lang, print_fn=said.append)
    assert f"{model.count_params():,}" in said[0]
    model.save(tmp_path / "network.keras")
    again = weigh.models.load_model(tmp_path / "network.keras")
    assert again.to_json() == model.to_json()
    for own, other in zip(again.get_weights(), model.get_weights(), strict=True):
        assert_array_equal(own, other)


def test_it_learns_what_comes_next(model):
    texts = np.tile(np.arange(8), (4, 1)) % 5
    model.compile("adam", weigh.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.learning_rate = 0.02
    model.fit(texts[:, :-1], texts[:, 1:], epochs=40, verbose=0)
    assert_array_equal(generate(model, texts[:1, :2], 6), texts[:1])
