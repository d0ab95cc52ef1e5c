"""Dense and Input, held to Keras."""

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, ShapeError, UnknownNameError


@pytest.mark.parametrize("shape", [(4, 7), (2, 3, 7), (2, 1, 3, 5)])
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
