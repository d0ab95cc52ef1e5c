"""Layers as Keras 1 spelled them."""

import numpy as np
import pytest

import weigh
import weigh.compat.keras1 as keras
from weigh.errors import ArgumentError, UnknownNameError

layers = keras.layers


def test_a_dense_of_keras_1_is_ours_under_other_names() -> None:
    layer = layers.Dense(
        3,
        init="zero",
        W_regularizer=keras.regularizers.l2(0.1),
        b_regularizer="l1",
        W_constraint="maxnorm",
        b_constraint=keras.constraints.nonneg(),
        bias=True,
        activation="tanh",
        name="three",
    )
    ours = weigh.layers.Dense(
        3,
        kernel_initializer="zeros",
        kernel_regularizer=weigh.regularizers.L2(0.1),
        bias_regularizer="l1",
        kernel_constraint="max_norm",
        bias_constraint="non_neg",
        activation="tanh",
        name="three",
    )
    assert layer.get_config() == ours.get_config()


def test_batch_normalization_has_the_defaults_of_keras_1() -> None:
    config = layers.BatchNormalization(1e-4, 0, 1, beta_init="one", name="norm").get_config()
    ours = weigh.layers.BatchNormalization(axis=1, epsilon=1e-4, beta_initializer="ones", name="norm")
    assert config == ours.get_config()


@pytest.mark.parametrize("mode", [1, 2])
def test_other_modes_of_batch_normalization_are_refused(mode: int) -> None:
    with pytest.raises(ArgumentError, match=f"`mode={mode}` is not supported yet, only mode 0"):
        layers.BatchNormalization(mode=mode)


def test_names_count_from_one_and_have_no_underscores() -> None:
    assert [layers.BatchNormalization().name for _ in range(2)] == ["batchnormalization_1", "batchnormalization_2"]
    assert layers.Input((3,)).name == "input_1"
    assert layers.InputLayer((3,)).name == "input_2"
    assert layers.Dense(1, name="dense_1").name == "dense_1"
    assert layers.Dense(1).name == "dense_1"


def test_a_layer_of_the_users_says_its_output_shape_and_declares_weights_as_then() -> None:
    class Scaled(layers.Layer):
        def build(self, input_shape: tuple[int, ...]) -> None:
            self.W = self.add_weight(input_shape[1:], "one", f"{self.name}_W", False)

        def get_output_shape_for(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
            return (*input_shape, 1)

        def call(self, x: object, mask: object = None) -> object:
            return keras.backend.expand_dims(x * self.W, -1)

    layer = Scaled()
    assert layer.name == "scaled_1"
    assert layer(layers.Input((4,))).shape == (None, 4, 1)
    assert (layer.W.path, layer.W.trainable) == ("scaled_1/scaled_1_W", False)
    assert layer(np.ones((1, 4))).shape == (1, 4, 1)


def test_merge_names_its_modes() -> None:
    inputs = [layers.Input((3,)), layers.Input((3,))]
    assert layers.merge(inputs).shape == (None, 3)
    assert layers.merge(inputs, "concat").shape == (None, 6)
    assert layers.merge(inputs, mode="concat", concat_axis=0, name="below").node.layer.axis == 0
    for mode in ("mul", len):
        with pytest.raises(ArgumentError, match="`mode` must be one of 'sum', 'concat' so far"):
            layers.merge(inputs, mode=mode)


def test_an_unknown_initialization_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UnknownNameError, match="'glorot_uniform'"):
        layers.Dense(3, init="glorot_unifrom")
