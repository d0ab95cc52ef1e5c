"""Text, sequences and pictures are prepared as in Keras 1 and 2."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh.compat.keras1 as keras1
import weigh.compat.keras2 as keras2
from weigh.errors import ArgumentError, StateError

text, sequence = keras2.preprocessing.text, keras2.preprocessing.sequence
TEXTS = ["The cat sat on the mat.", "The dog ate the cat"]


def test_words_are_split_at_punctuation_and_made_small() -> None:
    assert text.text_to_word_sequence("Hello, World!\tAgain") == ["hello", "world", "again"]
    assert text.text_to_word_sequence("a,B|c", filters=",", lower=False, split="|") == ["a", "B", "c"]


def test_a_tokenizer_numbers_words_by_how_frequent_they_are() -> None:
    tokenizer = text.Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    assert tokenizer.word_index == {"the": 1, "cat": 2, "sat": 3, "on": 4, "mat": 5, "dog": 6, "ate": 7}
    assert tokenizer.texts_to_sequences(["the mat, a cat"]) == [[1, 5, 2]]
    assert tokenizer.sequences_to_texts([[1, 6]]) == ["the dog"]
    assert (tokenizer.word_counts["the"], tokenizer.word_docs["the"], tokenizer.index_docs[2]) == (4, 2, 2)


def test_rare_and_unknown_words_are_left_out_or_stand_together() -> None:
    assert keras1.preprocessing.text.Tokenizer(nb_words=3).nb_words == 3
    tokenizer = keras1.preprocessing.text.Tokenizer(nb_words=3)
    tokenizer.fit_on_texts(TEXTS)
    assert tokenizer.texts_to_sequences(TEXTS) == [[1, 2, 1], [1, 1, 2]]
    marked = text.Tokenizer(num_words=3, oov_token="?")
    marked.fit_on_texts(TEXTS)
    assert marked.texts_to_sequences(["the new cat"]) == [[2, 1, 1]]
    assert marked.sequences_to_texts([[2, 1]]) == ["the ?"]


def test_characters_may_be_words() -> None:
    tokenizer = text.Tokenizer(char_level=True, lower=False)
    tokenizer.fit_on_texts(["aab", "Ab "])
    assert list(tokenizer.word_index) == ["a", "b", "A", " "]


def test_a_matrix_weighs_words_in_four_ways() -> None:
    tokenizer = text.Tokenizer(num_words=3)
    tokenizer.fit_on_texts(TEXTS)
    rows = tokenizer.texts_to_sequences(TEXTS)
    for mode, wanted in {
        "binary": [0, 1, 1],
        "count": [0, 2, 1],
        "freq": [0, 2 / 3, 1 / 3],
        "tfidf": [0, (1 + np.log(2)) * np.log(1 + 2 / 3), np.log(1 + 2 / 3)],
    }.items():
        np.testing.assert_allclose(tokenizer.sequences_to_matrix(rows, mode)[0], wanted)
    np.testing.assert_array_equal(tokenizer.texts_to_matrix(TEXTS), [[0, 1, 1], [0, 1, 1]])
    with pytest.raises(ArgumentError, match="'binary', 'count', 'freq', 'tfidf', not 'often'"):
        tokenizer.texts_to_matrix(TEXTS, "often")
    with pytest.raises(StateError, match="fit_on_texts"):
        text.Tokenizer().sequences_to_matrix([[1]])
    fitted = text.Tokenizer(num_words=3)
    fitted.fit_on_sequences([[1], [1, 2]])
    assert fitted.sequences_to_matrix([[1]], "tfidf").shape == (1, 3)


@given(st.lists(st.text("ab cd,.", max_size=12), max_size=4), st.sampled_from([None, "?"]))
def test_a_tokenizer_comes_back_from_json(texts: list[str], oov_token: str | None) -> None:
    tokenizer = text.Tokenizer(num_words=4, oov_token=oov_token)
    tokenizer.fit_on_texts(texts)
    read = text.tokenizer_from_json(tokenizer.to_json())
    assert read.get_config() == tokenizer.get_config()
    assert read.texts_to_sequences(texts) == tokenizer.texts_to_sequences(texts)


def test_hashed_words_are_the_same_in_each_process_by_md5() -> None:
    numbers = text.hashing_trick("the cat and the dog", 50, "md5")
    assert numbers == text.hashing_trick("the cat and the dog", 50, "md5")
    assert numbers[0] == numbers[3]
    assert all(1 <= number < 50 for number in [*numbers, *text.one_hot("the cat", 50)])
    assert keras1.preprocessing.text.base_filter() in text.FILTERS


def test_pairs_of_words_are_near_each_other_or_made_up() -> None:
    words = [1, 2, 0, 3, 4]
    pairs, labels = sequence.skipgrams(words, 10, window_size=1, seed=0)
    true = {tuple(pair) for pair, label in zip(pairs, labels, strict=True) if label}
    assert true == {(1, 2), (2, 1), (3, 4), (4, 3)}
    assert sum(labels) * 2 == len(labels)
    _, categorical = sequence.skipgrams(words, 10, 1, negative_samples=0.0, categorical=True)
    assert categorical == [[0, 1]] * 4
    assert sequence.skipgrams(words, 10, sampling_table=np.zeros(10), seed=0) == ([], [])


def test_frequent_words_are_kept_less_often() -> None:
    table = sequence.make_sampling_table(1000)
    assert table.shape == (1000,)
    assert (np.diff(table[1:]) > 0).all()
    assert table[0] == table[1]
    assert table[1] == pytest.approx((1e-5 * (0.577 + 0.5 - 1 / 12)) ** 0.5)


def test_pictures_come_with_the_words_of_their_time(tmp_path: Path) -> None:
    image = keras1.preprocessing.image
    array = np.zeros((4, 6, 3))
    array[0] = 255
    keras2.preprocessing.image.save_img(tmp_path / "p.png", array, scale=False)
    assert image.img_to_array(image.load_img(tmp_path / "p.png"), "th").shape == (3, 4, 6)
    assert image.img_to_array(image.load_img(tmp_path / "p.png", True, (2, 2)), "tf").shape == (2, 2, 1)
    assert image.array_to_img(array.transpose(2, 0, 1), "th").size == (6, 4)
    gray = keras2.preprocessing.image.load_img(tmp_path / "p.png", grayscale=True)
    assert gray.mode == "L"


def test_classes_are_rows_whatever_their_shape_in_keras_1() -> None:
    np_utils = __import__("weigh.compat.keras1.np_utils", fromlist=["to_categorical"])
    np.testing.assert_array_equal(np_utils.to_categorical([[1], [0]], nb_classes=3), [[0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(np_utils.probas_to_classes(np.array([[0.2, 0.8]])), [1])
    np.testing.assert_array_equal(np_utils.probas_to_classes(np.array([[0.2], [0.8]])), [0, 1])
