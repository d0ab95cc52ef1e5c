"""Activation layers, held to Keras."""

import keras
import numpy as np
import pytest

import weigh
from weigh.compute import calling
from weigh.report.explain import explanation


@pytest.mark.parametrize("name", ["relu", "softmax", "gelu"])
def test_activation_is_that_of_keras(agree, name):
    agree("Activation", (4, 6), {"activation": name})


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"max_value": 2.0},
        {"negative_slope": 0.25},
        {"threshold": 1.0},
        {"max_value": 2.0, "negative_slope": 0.5, "threshold": 0.5},
    ],
)
def test_relu_is_that_of_keras(agree, arguments):
    agree("ReLU", (4, 6), arguments, unknown=True)


def test_relu_in_half_precision_is_that_of_keras(agree):
    agree("ReLU", (4, 6), {"dtype": "mixed_bfloat16"}, gradients=False)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("LeakyReLU", {}), ("LeakyReLU", {"negative_slope": 0.1}), ("ELU", {}), ("ELU", {"alpha": 2.0})],
)
def test_leaky_relu_and_elu_are_those_of_keras(agree, name, arguments):
    agree(name, (4, 6), arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"shared_axes": [1, 2]},
        {"shared_axes": 1, "alpha_initializer": "ones"},
        {"alpha_regularizer": "l2", "alpha_constraint": "non_neg", "trainable": False},
    ],
)
def test_prelu_is_that_of_keras(agree, arguments):
    agree("PReLU", (2, 3, 4, 5), arguments)


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), [2]])
def test_softmax_is_that_of_keras(agree, axis):
    agree("Softmax", (2, 3, 4), {"axis": axis})


@pytest.mark.parametrize("axis", [-1, (1, 2)])
@pytest.mark.parametrize("kind", ["bool", "float32"])
def test_softmax_leaves_masked_numbers_out_as_keras_does(axis, kind):
    rng = np.random.default_rng(0)
    x, mask = rng.normal(size=(2, 3, 4)).astype("float32"), (rng.random((3, 4)) < 0.5).astype(kind)
    mask[0] = 0  # nothing is left of one row
    ours, theirs = weigh.layers.Softmax(axis), keras.layers.Softmax(axis)
    mine, its = ours(x, mask=mask), theirs(keras.ops.convert_to_tensor(x), mask=keras.ops.convert_to_tensor(mask))
    np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)
    assert np.all(np.asarray(mine)[:, mask == 0] == 0)


def test_a_loss_behind_softmax_finds_its_logits():
    x = np.zeros((2, 3), "float32")
    assert calling.logits.get(weigh.layers.Softmax()(x))[0] == "softmax"


def test_a_shared_slope_remembers_where_the_others_came_from():
    alpha = weigh.layers.PReLU(shared_axes=[1, 2])
    alpha(weigh.layers.Dense(8, name="wide")(weigh.Input((5, 5, 3))))
    assert repr(alpha.alpha.shape[-1].origin) == "units of wide"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_explanations_of_prelu_and_relu(golden, lang):
    x = weigh.Input((4, 5, 3), name="maps")
    y = weigh.layers.ReLU(max_value=6.0, negative_slope=0.25, threshold=0.5)(weigh.layers.PReLU()(x))
    model = weigh.Model(x, y)
    for name in ("p_re_lu", "re_lu"):
        golden(f"{name}.{lang}.txt", explanation(model, name, lang=lang, width=80))
