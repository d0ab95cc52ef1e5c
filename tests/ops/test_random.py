"""Random numbers are those of `keras.random` on JAX, seed for seed."""

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError

CALLS = {
    "normal": lambda random, **seed: random.normal((3, 2), 1.0, 2.0, **seed),
    "uniform": lambda random, **seed: random.uniform((3, 2), -1.0, 2.0, **seed),
    "truncated_normal": lambda random, **seed: random.truncated_normal((3, 2), 1.0, 2.0, **seed),
    "randint": lambda random, **seed: random.randint((3, 2), 0, 9, **seed),
    "categorical": lambda random, **seed: random.categorical(np.ones((2, 5), "float32"), 3, **seed),
    "beta": lambda random, **seed: random.beta((3,), 2.0, 3.0, **seed),
    "gamma": lambda random, **seed: random.gamma((3,), 2.0, **seed),
    "binomial": lambda random, **seed: random.binomial((3,), 10, 0.3, **seed),
    "shuffle": lambda random, **seed: random.shuffle(np.arange(6.0).reshape(3, 2), **seed),
    "dropout": lambda random, **seed: random.dropout(np.ones((3, 4), "float32"), 0.4, **seed),
}


@pytest.mark.parametrize("name", CALLS)
def test_numbers_are_those_of_keras(name):
    import keras

    mine, its = weigh.random.SeedGenerator(7), keras.random.SeedGenerator(7)
    for seeds in ({"seed": 3}, {"seed": 3}), ({"seed": mine}, {"seed": its}), ({"seed": mine}, {"seed": its}):
        ours, theirs = CALLS[name](weigh.random, **seeds[0]), CALLS[name](keras.random, **seeds[1])
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_without_a_seed_numbers_follow_from_the_process_seed_as_in_keras():
    import keras

    weigh.utils.set_random_seed(5)
    keras.utils.set_random_seed(5)
    for _ in range(2):
        np.testing.assert_array_equal(weigh.random.normal((3,)), keras.random.normal((3,)))


def test_wrong_seeds_and_formats_are_refused():
    with pytest.raises(ArgumentError, match="seed"):
        weigh.random.normal((2,), seed="three")
    with pytest.raises(ArgumentError, match="whole numbers"):
        weigh.random.randint((2,), 0, 3, "float32")
