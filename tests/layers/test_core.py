"""The core layers, held to Keras."""

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, FormatError, ShapeError, UnknownNameError


@pytest.mark.parametrize("shape", [(4, 7), (2, 1, 3, 5)])
@pytest.mark.parametrize(
    "arguments",
    [
        {"units": 5},
        {"units": 1, "use_bias": False, "activation": "tanh"},
        {"units": 3, "activation": "softmax", "kernel_initializer": "he_normal", "bias_initializer": "ones"},
        {"units": 2, "kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l2"},
        {"units": 2, "kernel_constraint": "non_neg", "bias_constraint": "max_norm", "trainable": False},
    ],
)
def test_dense_is_that_of_keras(agree, shape, arguments):
    agree("Dense", shape, arguments)


def test_dense_in_mixed_precision_is_that_of_keras(agree):
    ours, _ = agree("Dense", (4, 7), {"units": 5, "dtype": "mixed_bfloat16"}, tolerance=2e-2)
    assert ours(np.ones((1, 7), "float32")).dtype == "bfloat16"
    assert ours.kernel.dtype == "float32"


@pytest.mark.parametrize("units", [0, -3, 2.5, "many", None, True])
def test_units_that_are_no_positive_whole_number_are_refused_by_name(units):
    with pytest.raises(ArgumentError, match=r"'dense'.*`units`.*above 0"):
        weigh.layers.Dense(units)


def test_an_input_of_too_few_axes_is_refused_with_what_came_and_what_fits():
    with pytest.raises(ShapeError, match=r"'dense' takes an input of at least 2 axes.*\(None,\)"):
        weigh.layers.Dense(3)(weigh.Input(()))


def test_an_input_of_another_width_is_refused_with_both_widths():
    layer = weigh.layers.Dense(3)
    layer(weigh.Input((7,)))
    with pytest.raises(ShapeError, match=r"'dense'.*axis -1 has size 7.*\(None, 8\)"):
        layer(weigh.Input((8,)))
    with pytest.raises(ShapeError, match=r"size 7.*\(2, 8\)"):
        layer(np.zeros((2, 8), "float32"))


def test_a_width_that_is_unknown_is_refused_and_leaves_the_layer_as_it_was():
    layer = weigh.layers.Dense(3)
    with pytest.raises(ShapeError, match=r"'dense'.*axis -1.*\(None, None\)"):
        layer(weigh.Input((None,)))
    assert not layer.built
    assert layer(weigh.Input((4,))).shape == (None, 3)


@pytest.mark.parametrize(
    ("argument", "value", "near"),
    [
        ("activation", "rlu", "relu"),
        ("kernel_initializer", "glorot_unifrom", "glorot_uniform"),
        ("kernel_regularizer", "l3", "l2"),
        ("bias_constraint", "nonneg", "non_neg"),
    ],
)
def test_an_unknown_part_is_answered_with_the_nearest_name(argument, value, near):
    with pytest.raises(UnknownNameError, match=near):
        weigh.layers.Dense(3, **{argument: value})


def test_an_unknown_argument_is_named_with_those_there_are():
    with pytest.raises(ArgumentError, match=r"Dense has no argument 'unit'.*units"):
        weigh.layers.Dense(3, unit=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs a `shape`"),
        ({"shape": (3,), "batch_shape": (None, 3)}, "not both"),
        ({"shape": (3.5,)}, "whole numbers"),
        ({"shape": (-3,)}, "whole numbers"),
    ],
)
def test_an_input_without_a_usable_shape_is_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        weigh.Input(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"shape": (3, None), "name": "a"},
        {"shape": (3,), "batch_size": 4, "name": "b"},
        {"batch_shape": (None, 2), "dtype": "int32", "name": "c"},
    ],
)
def test_inputs_are_named_and_shaped_as_in_keras(arguments):
    import keras

    ours, theirs = weigh.Input(**arguments), keras.Input(**arguments)
    assert (ours.name, ours.shape, ours.dtype) == (theirs.name, theirs.shape, theirs.dtype)


# Low-rank adaptation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "arguments"),
    [
        ("Dense", (2, 4), {"units": 5, "lora_rank": 2, "kernel_regularizer": "l2"}),
        (
            "EinsumDense",
            (2, 3, 4),
            {"equation": "abc,cde->abde", "output_shape": (3, 2, 5), "lora_rank": 2, "lora_alpha": 3},
        ),
    ],
)
def test_an_adapted_layer_is_that_of_keras(agree, name, shape, arguments):
    ours, _ = agree(name, shape, arguments)
    assert [weight.trainable for weight in ours.weights] == [False, *[True] * (len(ours.weights) - 1)]


def test_an_adapted_layer_is_saved_as_the_sum_and_read_so_by_keras(tmp_path):
    import keras

    models = []
    for library in (weigh, keras):
        inputs = library.Input((4,))
        models.append(library.Model(inputs, library.layers.Dense(3, lora_rank=2)(inputs)))
    mine, its = models
    mine.set_weights([np.random.default_rng(0).normal(size=weight.shape) for weight in mine.weights])
    x = np.ones((1, 4), "float32")
    mine.save_weights(tmp_path / "mine.weights.h5")
    its.load_weights(tmp_path / "mine.weights.h5")
    np.testing.assert_allclose(mine(x), its(x), rtol=1e-5)
    before = np.asarray(mine(x))
    its.save_weights(tmp_path / "its.weights.h5")
    mine.load_weights(tmp_path / "its.weights.h5")
    np.testing.assert_allclose(mine(x), before, rtol=1e-5)
    np.testing.assert_array_equal(mine.layers[-1].weights[-1], np.zeros((2, 3)))


def test_a_layer_can_be_adapted_when_it_is_trained():
    layer = weigh.layers.Dense(3)
    x = np.ones((1, 4), "float32")
    before = np.asarray(layer(x))
    layer.enable_lora(2, lora_alpha=4, b_initializer="ones")
    a = layer.get_weights()[2]
    np.testing.assert_allclose(layer(x), before + 2 * (x @ a @ np.ones((2, 3))), rtol=1e-5, atol=1e-6)
    assert [weight.name for weight in layer.trainable_weights] == ["bias", "lora_kernel_a", "lora_kernel_b"]


# EinsumDense --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((2, 4), {"equation": "ab,bc->ac", "output_shape": 5, "bias_axes": "c", "activation": "tanh"}),
        ((2, 3, 4), {"equation": "abc,cde->abde", "output_shape": (3, 2, 5), "bias_axes": "de"}),
        ((2, 3, 4), {"equation": "abc,bcd->ad", "output_shape": 5, "kernel_initializer": "he_normal"}),
        ((2, 3, 4), {"equation": "...c,cd->...d", "output_shape": 5, "bias_axes": "d"}),
        ((2, 3, 4), {"equation": "ab...,bc->ac...", "output_shape": 5, "bias_axes": "c"}),
        ((2, 3, 4), {"equation": "abc,bd->adc", "output_shape": (5, 4), "bias_axes": "d"}),
    ],
)
def test_einsum_dense_is_that_of_keras(agree, shape, arguments):
    agree("EinsumDense", shape, arguments)


def test_einsum_dense_begins_as_in_keras():
    """A variance is scaled by the axes that are summed over, not by the shape alone."""
    import keras

    arguments = {"equation": "abc,cde->abde", "output_shape": (3, 2, 5)}
    values = []
    for library in (weigh, keras):
        initializer = library.initializers.GlorotUniform(seed=3)
        layer = library.layers.EinsumDense(**arguments, kernel_initializer=initializer)
        layer.build((2, 3, 4))
        values.append(layer.get_weights()[0])
    np.testing.assert_allclose(*values, rtol=1e-6)


def test_einsum_dense_knows_sizes_that_keras_does_not():
    assert weigh.layers.EinsumDense("abc,cd->abd", (None, 64))(weigh.Input((32, 8))).shape == (None, 32, 64)
    assert weigh.layers.EinsumDense("...x,xy->...y", 64)(weigh.Input((3, None, 5))).shape == (None, 3, None, 64)


def test_a_kernel_of_an_equation_remembers_where_its_sizes_came_from():
    layer = weigh.layers.EinsumDense("abc,cde->abde", (None, 8, 32), name="heads")
    layer(weigh.layers.Dense(16, name="dense")(weigh.Input((5, 3))))
    origins = [repr(size.origin) for size in layer.kernel.shape]
    assert origins == ["units of dense", "output_shape[1] of heads", "output_shape[2] of heads"]


# Masking, Identity, Lambda ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask_value", [0.0, 1.0])
def test_masking_is_that_of_keras(agree, mask_value):
    x = np.array([[[1, 1], [0, 1], [0, 0]], [[0, 0], [1, 1], [2, 1]]], "float32")
    ours, theirs = agree("Masking", (2, 3, 2), {"mask_value": mask_value}, inputs=x, unknown=True)
    np.testing.assert_array_equal(ours(x)._keras_mask, theirs(x)._keras_mask)
    np.testing.assert_array_equal(ours.compute_mask(x), theirs.compute_mask(x))


def test_a_mask_value_for_each_feature_is_written_and_read():
    x = np.array([[[1, 2], [1, 1]]], "float32")
    layer = weigh.layers.Masking(np.array([1.0, 2.0], "float32"))
    again = weigh.layers.Masking.from_config(layer.get_config())
    np.testing.assert_array_equal(again(x), [[[0, 0], [1, 1]]])
    np.testing.assert_array_equal(again(x)._keras_mask, [[False, True]])


def test_a_mask_that_is_set_by_hand_is_heeded():
    import jax.numpy as jnp

    x = jnp.ones((1, 3, 2))
    x._keras_mask = jnp.array([[True, False, True]])
    assert weigh.layers.Dense(2)(x)._keras_mask is x._keras_mask


def test_identity_is_that_of_keras(agree):
    agree("Identity", (2, 3), unknown=True)
    assert weigh.layers.Identity()({"a": weigh.Input((3,), dtype="int32")})["a"].dtype == "int32"


def scaled(inputs, factor, training=None):
    """What a Lambda is given to compute."""
    return inputs * (factor if training else 1.0)


@pytest.mark.parametrize("output_shape", [None, (4,), lambda shape: shape])
def test_lambda_is_that_of_keras(output_shape):
    import keras

    x = np.ones((2, 4), "float32")
    for training in (False, True):
        got = []
        for library in (weigh, keras):
            layer = library.layers.Lambda(scaled, output_shape, arguments={"factor": 3.0})
            assert layer(library.Input((4,))).shape == (None, 4)
            got.append(layer(x, training=training))
        np.testing.assert_array_equal(*got)


def test_a_lambda_is_read_again_where_its_function_is_known():
    custom = {"scaled": scaled}
    layer = weigh.layers.Lambda(scaled, (4,), arguments={"factor": 3.0})
    record = weigh.saving.serialize_keras_object(layer)
    again = weigh.saving.deserialize_keras_object(record, custom_objects=custom)
    assert (again.function, again.output_shape, again.arguments) == (scaled, (4,), {"factor": 3.0})
    with pytest.raises(FormatError, match=r"'scaled'.*not registered"):
        weigh.saving.deserialize_keras_object(record)


def test_a_lambda_says_which_mask_goes_on():
    x = np.array([[[1.0], [0.0]]], "float32")
    masked = weigh.layers.Masking()(x)
    layer = weigh.layers.Lambda(lambda inputs, mask: inputs + mask[..., None], mask=lambda inputs, mask: ~mask)
    y = layer(masked)
    np.testing.assert_array_equal(y, [[[2.0], [0.0]]])
    np.testing.assert_array_equal(y._keras_mask, [[False, True]])
