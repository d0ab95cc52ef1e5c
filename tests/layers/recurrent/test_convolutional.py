"""ConvLSTM1D, 2D and 3D as Keras has them."""

import numpy as np
import pytest

import weigh


@pytest.mark.parametrize(
    ("name", "shape", "arguments"),
    [
        ("ConvLSTM1D", (2, 3, 5, 2), {"kernel_size": 3, "return_sequences": True, "return_state": True}),
        (
            "ConvLSTM2D",
            (2, 2, 2, 5, 4),
            {"kernel_size": (2, 3), "dilation_rate": (2, 1), "data_format": "channels_first"},
        ),
        ("ConvLSTM2D", (2, 2, 4, 5, 1), {"kernel_size": 2, "strides": 2, "padding": "same", "go_backwards": True}),
        (
            "ConvLSTM3D",
            (1, 2, 3, 2, 2, 1),
            {"kernel_size": 2, "use_bias": False, "recurrent_activation": "hard_sigmoid"},
        ),
    ],
)
def test_it_is_that_of_keras(agree, name, shape, arguments):
    agree(name, shape, {"filters": 2, **arguments}, training=(False,), gradients=name == "ConvLSTM1D")


def test_it_drops_what_keras_drops_for_the_same_seed(agree):
    arguments = {"filters": 2, "kernel_size": 2, "dropout": 0.3, "recurrent_dropout": 0.4, "seed": 5}
    agree("ConvLSTM1D", (2, 2, 4, 2), arguments, training=(True,), gradients=False)


def test_masked_steps_are_left_out():  # where Keras lines the mask up with the wrong axes
    x = np.random.default_rng(0).normal(size=(2, 4, 3, 3, 1)).astype("float32")
    layer = weigh.layers.ConvLSTM2D(2, 2, return_sequences=True)
    mask = np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool)
    np.testing.assert_allclose(layer(x, mask=mask)[0, 3], layer(x[:1, :2])[0, -1], rtol=1e-5, atol=1e-6)


def test_the_number_of_positions_may_be_unknown():
    layer = weigh.layers.ConvLSTM2D(2, 3, padding="same")
    assert layer(weigh.Input((None, None, None, 1))).shape == (None, None, None, 2)
    assert layer(np.ones((1, 2, 5, 4, 1), "float32")).shape == (1, 5, 4, 2)
