"""What tests of training share: a small network like that of the seed, here and in Keras, and data for it."""

import numpy as np
import pytest

WIDTH, UNITS, OUTPUTS = 24, 16, 6


def _network(library, rate=0.0):
    x = library.layers.Input((WIDTH,))
    hidden = library.layers.Dense(UNITS, activation="relu")(x)
    hidden = library.layers.BatchNormalization()(hidden)
    hidden = library.layers.Dropout(rate)(hidden)
    return library.models.Model(x, library.layers.Dense(OUTPUTS, activation="sigmoid")(hidden))


def _examples(count, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, WIDTH)).astype("float32")
    y = x @ rng.normal(size=(WIDTH, OUTPUTS)) + 3 * rng.normal(size=(count, OUTPUTS)) > 0
    return x, y.astype("float32")


@pytest.fixture
def network():
    """Make Dense, BatchNormalization, Dropout, Dense, in weigh or in Keras."""
    return _network


@pytest.fixture
def examples():
    """Make inputs and labels that can be learned, with probabilities away from 0 and 1, where Keras clips them."""
    return _examples


@pytest.fixture
def compiled():
    """Make a compiled network of ours."""
    import weigh

    def make(optimizer="adam", loss="binary_crossentropy", rate=0.0, **options):
        model = _network(weigh, rate)
        model.compile(optimizer, loss, **options)
        return model

    return make


@pytest.fixture
def values():
    """Copy the values of everything that training changes."""

    def copy(model):
        return [np.array(one) for one in [*model.variables, *(model.optimizer.variables if model.optimizer else [])]]

    return copy
