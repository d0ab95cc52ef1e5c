"""``keras.preprocessing`` of Keras 1: its spellings of what prepares texts, sequences and pictures."""

import numpy as np
import pytest

from weigh.compat.keras1.preprocessing import image, sequence, text


@pytest.mark.parametrize(("ordering", "shape"), [("tf", (4, 6, 3)), ("th", (3, 4, 6)), ("default", (4, 6, 3))])
def test_pictures_have_their_channels_where_dim_ordering_says(ordering, shape):
    array = np.random.default_rng(0).integers(0, 256, shape).astype("float32")
    picture = image.array_to_img(array, dim_ordering=ordering, scale=False)
    assert picture.size == (6, 4)
    np.testing.assert_array_equal(image.img_to_array(picture, dim_ordering=ordering), array)


def test_texts_become_numbers_and_sequences_of_one_length():
    tokenizer = text.Tokenizer(nb_words=4)
    tokenizer.fit_on_texts(["the cat sat", "the cat", "the dog"])
    numbers = tokenizer.texts_to_sequences(["the cat", "a dog sat"])
    assert numbers[0] == [1, 2]
    assert sequence.pad_sequences(numbers, maxlen=3).shape == (2, 3)
    assert max(map(max, filter(None, numbers))) < 4
