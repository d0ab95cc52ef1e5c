"""Dropout: the same units as Keras', and the right distribution."""

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError


@pytest.mark.parametrize(
    "arguments", [{"rate": 0.5, "seed": 1}, {"rate": 0.0}, {"rate": 0.2, "seed": 1, "noise_shape": (None, 1)}]
)
def test_dropout_is_that_of_keras(agree, arguments):
    agree("Dropout", (4, 6), arguments)


def test_a_share_rate_is_dropped_and_the_mean_is_kept():
    y = np.asarray(weigh.layers.Dropout(0.25, seed=0)(np.ones((1000, 100), "float32"), training=True))
    assert abs((y == 0).mean() - 0.25) < 0.01
    assert abs(y.mean() - 1) < 0.01
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, "half", None])
def test_a_rate_outside_0_to_1_is_refused_by_name(rate):
    with pytest.raises(ArgumentError, match=r"'dropout'.*`rate`.*below 1"):
        weigh.layers.Dropout(rate)


@pytest.mark.parametrize("noise_shape", ["wide", (2.5,), (0,)])
def test_a_noise_shape_that_is_none_is_refused(noise_shape):
    with pytest.raises(ArgumentError, match="`noise_shape`"):
        weigh.layers.Dropout(0.5, noise_shape=noise_shape)
