"""Dropout and noise: the same random numbers as Keras', and the right distribution."""

import keras
import numpy as np
import pytest

import weigh
from weigh.report.explain import explanation


@pytest.mark.parametrize(
    "arguments", [{"rate": 0.5, "seed": 1}, {"rate": 0.0}, {"rate": 0.2, "seed": 1, "noise_shape": (None, 1)}]
)
@pytest.mark.parametrize("name", ["Dropout", "AlphaDropout"])
def test_dropout_and_alpha_dropout_are_those_of_keras(agree, name, arguments):
    agree(name, (4, 6), arguments)


@pytest.mark.parametrize(
    ("name", "shape", "data_format"),
    [
        ("SpatialDropout1D", (2, 3, 4), None),
        ("SpatialDropout2D", (2, 3, 4, 5), "channels_first"),
        ("SpatialDropout2D", (2, 3, 4, 5), None),
        ("SpatialDropout3D", (2, 3, 2, 2, 3), "channels_first"),
    ],
)
def test_spatial_dropout_is_that_of_keras(agree, name, shape, data_format):
    agree(name, shape, {"rate": 0.5, "seed": 3} | ({"data_format": data_format} if data_format else {}))


def test_spatial_dropout_keeps_its_policy_when_written_down():
    layer = weigh.layers.SpatialDropout1D(0.5, dtype="mixed_float16")
    assert type(layer).from_config(layer.get_config()).compute_dtype == "float16"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("GaussianDropout", {"rate": 0.3, "seed": 1}),
        ("GaussianDropout", {"rate": 0}),
        ("GaussianNoise", {"stddev": 0.3, "seed": 1}),
        ("GaussianNoise", {"stddev": 0.0}),
        ("ActivityRegularization", {"l1": 0.1, "l2": 0.2}),
    ],
)
def test_noise_and_activity_regularization_are_those_of_keras(agree, name, arguments):
    agree(name, (4, 6), arguments, unknown=True)


@pytest.mark.parametrize("name", ["Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"])
def test_in_half_precision_the_random_numbers_are_those_of_keras(agree, name):
    strength = {"stddev" if name == "GaussianNoise" else "rate": 0.3}
    agree(name, (4, 6), {**strength, "seed": 1, "dtype": "mixed_float16"}, tolerance=2e-3, gradients=False)


def test_each_step_draws_anew_what_keras_draws():
    x = np.ones((3, 5), "float32")
    ours, theirs = weigh.layers.GaussianNoise(0.5, seed=7), keras.layers.GaussianNoise(0.5, seed=7)
    first, second = (np.asarray(ours(x, training=True)) for _ in range(2))
    np.testing.assert_array_equal(first, theirs(x, training=True))
    np.testing.assert_array_equal(second, theirs(x, training=True))
    assert np.all(first != second)


def test_activity_regularization_adds_what_keras_adds_to_the_loss():
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    ours, theirs = (library.layers.ActivityRegularization(0.1, 0.2) for library in (weigh, keras))
    ours(x), theirs(x)
    (mine,), (its,) = ours.losses, theirs.losses
    np.testing.assert_allclose(mine, its, rtol=1e-6)
    np.testing.assert_allclose(mine, (0.1 * np.abs(x).sum() + 0.2 * np.square(x).sum()) / 4, rtol=1e-5)


def test_a_share_rate_is_dropped_and_the_mean_is_kept():
    y = np.asarray(weigh.layers.Dropout(0.25, seed=0)(np.ones((1000, 100), "float32"), training=True))
    assert abs((y == 0).mean() - 0.25) < 0.01
    assert abs(y.mean() - 1) < 0.01
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}


@pytest.mark.parametrize("name", ["AlphaDropout", "GaussianDropout"])
def test_mean_and_variance_are_those_promised(name):
    x = np.random.default_rng(0).normal(size=(1000, 100)).astype("float32")
    y = np.asarray(getattr(weigh.layers, name)(0.2, seed=0)(x, training=True))
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - (1.0 if name == "AlphaDropout" else 1.25)) < 0.03  # E[x²] · (1 + rate / (1 − rate))


def test_whole_channels_are_dropped():
    y = np.asarray(weigh.layers.SpatialDropout2D(0.5, seed=0)(np.ones((8, 3, 3, 16), "float32"), training=True))
    kept = y.reshape(8, 9, 16)
    assert set(np.unique(kept.sum(1))) == {0.0, 18.0}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_explanations_of_alpha_and_spatial_dropout(golden, lang):
    x = weigh.Input((4, 5, 3), name="maps")
    model = weigh.Model(x, weigh.layers.AlphaDropout(0.1)(weigh.layers.SpatialDropout2D(0.25)(x)))
    for name in ("alpha_dropout", "spatial_dropout2d"):
        golden(f"{name}.{lang}.txt", explanation(model, name, lang=lang, width=80))
