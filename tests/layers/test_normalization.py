"""Normalizing layers, as the papers' algorithms and Keras have them."""

import numpy as np
import pytest

import weigh
from weigh.compute.ops import standardize
from weigh.errors import ArgumentError, ShapeError
from weigh.report.explain import explanation


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((8, 5), -1), ((4, 3, 5), 1), ((2, 3, 4, 5), 1), ((2, 3, 4, 5), -2)],
)
@pytest.mark.parametrize(("scale", "center"), [(True, True), (False, False)])
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


# Batch renormalization ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"renorm": True},
        {"renorm": True, "renorm_clipping": {"rmin": 0.9, "rmax": 1.1, "dmax": 0.1}, "renorm_momentum": 0.5},
        {"renorm": True, "scale": False, "center": False, "axis": 1},
    ],
)
def test_renormalization_is_that_of_keras(agree, arguments):
    agree("BatchNormalization", (4, 3, 5), arguments, tolerance=2e-5)


def test_renormalization_by_hand():
    """Ioffe 2017, Algorithm 1."""
    x = np.array([[1.0], [3.0], [5.0]], "float32")
    layer = weigh.layers.BatchNormalization(renorm=True, renorm_clipping={"rmax": 1.5, "dmax": 2.0}, epsilon=0.25)
    y = layer(x, training=True)
    mean, deviation = x.mean(), np.sqrt(x.var() + 0.25)
    r, d = min(deviation / 1.0, 1.5), np.clip((mean - 0.0) / 1.0, -2, 2)
    np.testing.assert_allclose(y, (x - mean) / deviation * r + d, rtol=1e-5)
    np.testing.assert_allclose(layer.renorm_stddev, 0.99 + 0.01 * deviation, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, (0.99 + 0.01 * deviation) ** 2 - 0.25, rtol=1e-5)


def test_a_plain_one_says_nothing_of_renormalization_to_older_keras():
    assert not [key for key in weigh.layers.BatchNormalization().get_config() if "renorm" in key]


# The modes of Keras 1 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
def test_mode_1_normalizes_each_example_by_itself(training):
    x = np.random.default_rng(0).normal(1, 2, (3, 4, 5)).astype("float32")
    layer = weigh.layers.SamplewiseBatchNormalization(epsilon=0.1)
    y = layer(x, training=training)
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    np.testing.assert_allclose(y, (x - mean) / (np.sqrt(variance + 0.1) + 0.1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(5))


@pytest.mark.parametrize("training", [False, True])
def test_mode_2_normalizes_by_the_batch_at_hand(training):
    x = np.random.default_rng(0).normal(1, 2, (6, 5)).astype("float32")
    layer = weigh.layers.StatelessBatchNormalization(epsilon=0.1)
    np.testing.assert_allclose(layer(x, training=training), (x - x.mean(0)) / np.sqrt(x.var(0) + 0.1), rtol=1e-4)
    np.testing.assert_array_equal(layer.moving_variance, np.ones(5))


# Layer, RMS, group and unit normalization ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((4, 5), {}),
        ((2, 3, 5), {"axis": [1, 2], "epsilon": 0.1}),
        ((2, 3, 4, 5), {"axis": 1, "scale": False, "gamma_initializer": "ones"}),
        ((2, 3, 4), {"axis": [-1, 1], "center": False, "gamma_regularizer": "l2"}),
        ((2, 3, 4), {"scale": False, "center": False}),
    ],
)
def test_layer_normalization_is_that_of_keras(agree, shape, arguments):
    agree("LayerNormalization", shape, arguments, unknown=len(shape) == 2)


def test_layer_normalization_with_rms_scaling_is_that_of_keras(recwarn):
    """Keras warns of it at each call, so it is compared by hand."""
    import keras

    x = np.random.default_rng(0).normal(1, 2, (3, 4)).astype("float32")
    ours, theirs = weigh.layers.LayerNormalization(rms_scaling=True), keras.layers.LayerNormalization(rms_scaling=True)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5)
    assert [weight.name for weight in ours.weights] == [weight.name for weight in theirs.weights] == ["gamma"]
    recwarn.clear()


def test_layer_normalization_by_hand_loses_no_digit_to_a_large_mean():
    x = np.random.default_rng(0).normal(0, 1, (2, 64)) + 1e4
    y = weigh.layers.LayerNormalization(epsilon=1e-6)(x.astype("float32"))
    wanted = x.astype("float32").astype("float64")
    wanted = (wanted - wanted.mean(-1, keepdims=True)) / np.sqrt(wanted.var(-1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(y, wanted, atol=2e-3)


@pytest.mark.parametrize("name", ["LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization"])
def test_in_half_precision_they_are_those_of_keras(agree, name):
    arguments = {"groups": 2} if name == "GroupNormalization" else {}
    agree(name, (2, 3, 4), {**arguments, "dtype": "mixed_bfloat16"}, tolerance=2e-2)


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [((4, 5), {}), ((2, 3, 5), {"axis": [1, 2], "epsilon": 0.1})],
)
def test_rms_normalization_is_that_of_keras(agree, shape, arguments):
    agree("RMSNormalization", shape, arguments, unknown=len(shape) == 2)


def test_rms_normalization_scales_the_axis_that_it_normalizes():
    """Keras broadcasts the scale along the last axis whichever was named, which fails here."""
    x = np.random.default_rng(0).normal(1, 2, (2, 3, 4)).astype("float32")
    layer = weigh.layers.RMSNormalization(axis=1)
    layer.build(x.shape)
    layer.set_weights([np.array([1.0, 2.0, 3.0])])
    wanted = x / np.sqrt((x**2).mean(1, keepdims=True)) * np.array([1.0, 2.0, 3.0])[:, None]
    np.testing.assert_allclose(layer(x), wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((3, 6), {"groups": 3}),
        ((2, 3, 4), {"groups": 2, "epsilon": 0.1}),
        ((2, 4, 3, 5), {"groups": 2, "axis": 1, "scale": False}),
        ((2, 3, 4, 2), {"groups": -1, "axis": -2, "center": False}),
        ((2, 3, 4), {"groups": 1, "center": False, "scale": False}),
    ],
)
def test_group_normalization_is_that_of_keras(agree, shape, arguments):
    agree("GroupNormalization", shape, arguments, unknown=arguments.get("axis") is None)


@pytest.mark.parametrize(("shape", "axis"), [((4, 5), -1), ((2, 3, 4), [1, 2]), ((2, 3, 4), 1)])
def test_unit_normalization_is_that_of_keras(agree, shape, axis):
    agree("UnitNormalization", shape, {"axis": axis}, unknown=axis == -1)


def test_a_vector_of_zeros_stays_and_has_a_finite_gradient():
    import jax

    layer = weigh.layers.UnitNormalization()
    zeros = np.zeros((1, 3), "float32")
    np.testing.assert_array_equal(layer(zeros), zeros)
    assert np.isfinite(jax.grad(lambda x: layer(x).sum())(zeros)).all()


@pytest.mark.parametrize(("axes", "centered"), [((2,), True), ((0, 2), False)])
def test_the_derivative_that_is_written_out_is_the_one_that_jax_works_out(axes, centered):
    import jax
    import jax.numpy as jnp

    def plain(x):
        y = x - x.mean(axes, keepdims=True) if centered else x
        return y / jnp.sqrt((y**2).mean(axes, keepdims=True) + 0.1)

    x, weight = np.random.default_rng(0).normal(1, 2, (2, 3, 2, 4)).astype("float32")
    mine, its = (
        jax.grad(lambda x, f=f: (weight * f(x)).sum())(x)
        for f in (lambda x: standardize(x, axes, 0.1, centered), plain)
    )
    np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-5)


# Spectral normalization ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("power_iterations", [1, 3])
def test_spectral_normalization_is_that_of_keras(agree, power_iterations):
    agree(
        "SpectralNormalization",
        (3, 4),
        make=lambda k: k.layers.SpectralNormalization(
            k.layers.Dense(5, name="inner"), power_iterations=power_iterations, name="layer"
        ),
    )


def test_spectral_normalization_finds_the_largest_singular_value():
    layer = weigh.layers.SpectralNormalization(weigh.layers.Dense(4, use_bias=False), power_iterations=20)
    layer(np.ones((1, 3), "float32"), training=True)
    np.testing.assert_allclose(np.linalg.norm(layer.layer.kernel, 2), 1.0, rtol=1e-3)
    layer.layer.kernel.assign(np.zeros((3, 4)))
    layer(np.ones((1, 3), "float32"), training=True)
    np.testing.assert_array_equal(layer.layer.kernel, np.zeros((3, 4)))


# What people read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_layer_and_group_normalization_are_explained(golden, lang):
    x = weigh.Input((14, 64), name="tokens")
    y = weigh.layers.LayerNormalization()(weigh.layers.Dense(32)(x))
    model = weigh.Model(x, weigh.layers.GroupNormalization(8)(y), name="network")
    texts = [explanation(model, name, lang=lang) for name in ("layer_normalization", "group_normalization")]
    golden(f"normalization.{lang}.txt", "\n".join(texts))
