"""BatchNormalization as the paper's algorithms and Keras have it."""

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, ShapeError


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((8, 5), -1), ((8, 5), 1), ((4, 3, 5), -1), ((4, 3, 5), 1), ((2, 3, 4, 5), 1), ((2, 3, 4, 5), -2)],
)
@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, True), (False, False)])
def test_batch_normalization_is_that_of_keras(agree, shape, axis, scale, center):
    agree("BatchNormalization", shape, {"axis": axis, "scale": scale, "center": center}, tolerance=2e-5)


@pytest.mark.parametrize(
    "arguments", [{"momentum": 0.5, "epsilon": 0.1}, {"gamma_regularizer": "l2", "trainable": False}]
)
def test_its_other_arguments_are_those_of_keras(agree, arguments):
    agree("BatchNormalization", (6, 4), arguments, tolerance=2e-5)


def test_in_half_precision_statistics_are_kept_and_computed_in_float32(agree):
    ours, theirs = agree("BatchNormalization", (64, 4), {"dtype": "mixed_float16"}, tolerance=5e-3)
    assert ours.moving_mean.dtype == theirs.moving_mean.dtype == "float32"


def test_algorithm_1_by_hand():
    x = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0]], "float32")
    layer = weigh.layers.BatchNormalization(momentum=0.9, epsilon=0.25)
    y = layer(x, training=True)
    mean, variance = x.mean(0), ((x - x.mean(0)) ** 2).mean(0)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + 0.25), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * variance, rtol=1e-5)


def test_at_inference_it_uses_the_moving_statistics_and_updates_nothing():
    layer = weigh.layers.BatchNormalization()
    layer.build((None, 2))
    layer.set_weights([[2.0, 1.0], [0.0, 1.0], [3.0, 4.0], [0.0, 1.0]])
    y = layer(np.array([[3.5, 4.0]], "float32"))
    np.testing.assert_allclose(y, [[2 * 0.5 / np.sqrt(1e-3), 1.0]], rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, [3.0, 4.0])


def test_a_frozen_one_runs_on_its_moving_statistics_in_training():
    layer = weigh.layers.BatchNormalization()
    x = np.random.default_rng(0).normal(5, 3, (16, 4)).astype("float32")
    layer.trainable = False
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1.001), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(4))


def test_masked_steps_do_not_count():
    import keras

    rng = np.random.default_rng(0)
    x, mask = rng.normal(size=(4, 6, 3)).astype("float32"), rng.random((4, 6)) < 0.6
    ours, theirs = weigh.layers.BatchNormalization(), keras.layers.BatchNormalization()
    np.testing.assert_allclose(
        ours(x, training=True, mask=mask), theirs(x, training=True, mask=mask), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=1e-5)
    with pytest.raises(ShapeError, match=r"mask of shape \(4,\)"):
        ours(x, mask=mask[:, 0])


@pytest.mark.parametrize(
    ("axis", "shape", "error", "message"),
    [
        (-1, (None,), ShapeError, "axis -1"),
        (3, (5,), ShapeError, r"axis 3.*axes -2 to 1"),
        ([1, 1], (5,), ArgumentError, r"one whole number.*\[1, 1\]"),
        ("last", (5,), ArgumentError, "'last'"),
    ],
)
def test_an_axis_that_is_missing_unknown_or_repeated_is_refused(axis, shape, error, message):
    with pytest.raises(error, match=message):
        weigh.layers.BatchNormalization(axis=axis)(weigh.Input(shape))


def test_a_momentum_outside_0_to_1_is_refused():
    with pytest.raises(ArgumentError, match=r"`momentum`.*1\.5"):
        weigh.layers.BatchNormalization(momentum=1.5)
