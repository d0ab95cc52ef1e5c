"""Random keys and dropout are those of Keras 3 on JAX."""

import numpy as np
import pytest

import weigh
from weigh.compute.randomness import SeedGenerator
from weigh.errors import ArgumentTypeError


def test_keys_are_those_of_keras_for_the_same_seed():
    import keras

    ours, theirs = SeedGenerator(7), keras.random.SeedGenerator(7)
    for ordered in (True, True, False, True):
        np.testing.assert_array_equal(ours.next(ordered), theirs.next(ordered))


def test_dropout_drops_the_units_that_keras_drops():
    import keras

    x = np.ones((8, 50), "float32")
    for shape in (None, (None, 1), (8, 1)):
        ours = weigh.layers.Dropout(0.3, noise_shape=shape, seed=3)
        theirs = keras.layers.Dropout(0.3, noise_shape=shape, seed=3)
        for _ in range(2):
            np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), rtol=1e-6)


def test_after_the_same_seed_dropout_without_one_is_that_of_keras():
    import keras

    x = np.ones((8, 50), "float32")
    keras.utils.set_random_seed(11)
    theirs = keras.layers.Dropout(0.5)(x, training=True)
    weigh.utils.set_random_seed(11)
    np.testing.assert_allclose(weigh.layers.Dropout(0.5)(x, training=True), theirs, rtol=1e-6)


def test_a_seed_that_is_no_whole_number_is_refused():
    with pytest.raises(ArgumentTypeError, match=r"1\.5"):
        SeedGenerator(1.5)
