"""Activation, held to Keras."""

import pytest


@pytest.mark.parametrize("name", ["relu", "sigmoid", "softmax", "tanh", "linear", "gelu", "selu"])
def test_activation_is_that_of_keras(agree, name):
    agree("Activation", (4, 6), {"activation": name})
