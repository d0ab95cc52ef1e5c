"""Layers, parts and networks as Keras 2 spelled them."""

from pathlib import Path

import numpy as np
import pytest

import weigh
import weigh.compat.keras2 as keras
from weigh.errors import ArgumentError

layers = keras.layers


def test_names_count_from_nothing_but_those_of_inputs() -> None:
    assert [layers.BatchNormalization().name for _ in range(2)] == ["batch_normalization", "batch_normalization_1"]
    assert [keras.Input((3,)).name, layers.InputLayer((3,)).name] == ["input_1", "input_2"]
    x = keras.Input((3,))
    assert keras.Model(x, layers.Dense(1)(x)).name == "model"
    assert keras.Sequential().name == "sequential"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Dense", (3, "relu", False, "zeros", "ones", "l1", "l2", None, "non_neg", "unit_norm")),
        ("BatchNormalization", (1, 0.9, 1e-4, False, True, "zeros", "ones", "zeros", "ones", "l1", "l2")),
        ("Dropout", (0.25, (None, 1), 7)),
        ("Flatten", ("channels_first",)),
        ("Reshape", ((3, -1),)),
        ("Concatenate", (1,)),
        ("Activation", ("relu",)),
        ("Add", ()),
    ],
)
def test_a_layer_takes_its_arguments_in_the_order_of_keras_2(name: str, arguments: tuple[object, ...]) -> None:
    config = getattr(layers, name)(*arguments, name="layer").get_config()
    assert config == getattr(weigh.layers, name)(*arguments, name="layer").get_config()


@pytest.mark.parametrize(
    ("old", "ours"),
    [
        (layers.LeakyReLU(alpha=0.1), weigh.layers.LeakyReLU(0.1)),
        (layers.CuDNNLSTM(4, "zeros", return_sequences=True),
         weigh.layers.LSTM(4, kernel_initializer="zeros", return_sequences=True)),
        (layers.CuDNNGRU(4), weigh.layers.GRU(4)),
        (layers.GRU(4, implementation=1, time_major=False), weigh.layers.GRU(4)),
        (layers.SeparableConv2D(4, 3, kernel_initializer="zeros"), weigh.layers.SeparableConv2D(4, 3)),
        (layers.Embedding(9, 4, "zeros", "l2", None, "non_neg", True, 5),
         weigh.layers.Embedding(9, 4, "zeros", "l2", "non_neg", True)),
        (layers.SyncBatchNormalization(1, 0.9), weigh.layers.BatchNormalization(1, 0.9, synchronized=True)),
        (layers.BatchNormalization(fused=True, renorm=True), weigh.layers.BatchNormalization(renorm=True)),
        (layers.Deconvolution2D(4, 3, 2, "same"), weigh.layers.Conv2DTranspose(4, 3, 2, "same")),
    ],
)  # fmt: skip
def test_a_name_or_argument_that_is_gone_means_one_of_ours(old: object, ours: object) -> None:
    assert {**old.get_config(), "name": ""} == {**ours.get_config(), "name": ""}


def test_recurrent_layers_have_the_defaults_of_the_last_keras_2() -> None:
    assert layers.GRU(2).reset_after
    assert layers.LSTM(2).recurrent_activation is weigh.activations.sigmoid
    assert layers.LSTM(2, recurrent_activation="hard_sigmoid").recurrent_activation is keras.activations.hard_sigmoid
    assert layers.ConvLSTM2D(2, 3).recurrent_activation is keras.activations.hard_sigmoid
    with pytest.raises(ArgumentError, match="let the batch be the first axis"):
        layers.LSTM(2, time_major=True)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate"])
def test_a_merge_is_also_a_function(name: str) -> None:
    x, y = keras.Input((3,)), keras.Input((3,))
    output = getattr(layers, name)([x, y], name="both")
    assert output.node.layer.name == "both"
    assert type(output.node.layer).__name__.lower() == name
    assert layers.dot([x, y], axes=1, normalize=True).shape == (None, 1)
    assert layers.concatenate([x, y], 0).node.layer.axis == 0


def test_an_unknown_argument_is_answered_with_the_near_ones() -> None:
    with pytest.raises(ArgumentError, match=r"Unknown argument of Conv2D: 'kernel_sise'\. Did you mean 'kernel_size'"):
        layers.Conv2D(3, kernel_sise=3)
    with pytest.raises(ArgumentError, match="`type_spec` belongs to TensorFlow"):
        keras.Input(type_spec=object())


def test_an_input_takes_the_shapes_that_it_took() -> None:
    assert layers.Input((3,), 2, "features", "int32").shape == (2, 3)
    assert layers.Input(batch_shape=(5, 3)).shape == (5, 3)
    model = keras.Sequential([layers.Dense(1, input_shape=(3,), batch_size=2)])
    assert (model.input_shape, model.input_names) == ((2, 3), ["dense_input"])


def test_batch_normalization_in_half_precision_keeps_its_weights_in_single() -> None:
    layer = layers.BatchNormalization(dtype="float16")
    assert (layer.compute_dtype, layer.variable_dtype) == ("float16", "float32")


def test_a_layer_of_the_users_may_name_a_weight_first() -> None:
    class Scaled(layers.Layer):
        def build(self, input_shape: tuple[int, ...]) -> None:
            self.scale = self.add_weight("scale", input_shape[1:], initializer="ones", trainable=None)

        def call(self, inputs: object) -> object:
            return inputs * self.scale

    layer = Scaled()
    assert layer(keras.Input((4,))).shape == (None, 4)
    assert (layer.scale.path, layer.scale.shape, layer.scale.trainable) == ("scaled/scale", (4,), True)


def test_the_hard_sigmoid_is_that_of_keras_2_here_and_in_files(tmp_path: Path) -> None:
    x = np.linspace(-4, 4, 33, dtype="float32").reshape(-1, 1)
    model = keras.Sequential([layers.Activation("hard_sigmoid", input_shape=(1,))])
    model.save(tmp_path / "steep.keras")
    for network in (model, keras.models.load_model(tmp_path / "steep.keras")):
        np.testing.assert_allclose(network.predict(x, verbose=0), np.clip(0.2 * x + 0.5, 0, 1), rtol=1e-6)
    assert keras.activations.relu is weigh.activations.relu


def test_l1_l2_adds_both_where_nothing_is_said() -> None:
    assert keras.regularizers.l1_l2().get_config() == weigh.regularizers.L1L2(0.01, 0.01).get_config()
    assert layers.Dense(1, kernel_regularizer="l1_l2").kernel_regularizer.l2 == 0.01
    assert keras.regularizers.L1L2().l2 == 0
    assert keras.regularizers.get("l1").l1 == weigh.regularizers.L1().l1


def test_an_optimizer_takes_the_arguments_of_earlier_versions() -> None:
    assert float(keras.optimizers.Adam(lr=0.5).learning_rate.numpy()) == 0.5
    assert keras.optimizers.SGD(0.1, 0.9, True, jit_compile=False).nesterov
    assert keras.optimizers.RMSprop(decay=0.0).rho == 0.9
    with pytest.raises(ArgumentError, match=r"RMSprop: `decay=0.1`"):
        keras.optimizers.RMSprop(decay=0.1)


def test_a_network_trains_and_reports_as_in_keras_2(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(32, 4)), random.normal(size=(32, 1))
    model = keras.Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(1)])
    model.compile("sgd", "mse", ["mae"])
    history = model.fit(x, y, 8, 2, 0, workers=4, use_multiprocessing=True)
    assert set(history.history) == {"loss", "mae"}
    assert len(history.epoch) == 2
    assert set(model.evaluate(x, y, 8, 0, max_queue_size=3, return_dict=True)) == {"loss", "mae"}
    assert model.predict(x, 8, 0, workers=2).shape == (32, 1)
    model.save(tmp_path / "model.keras")
    read = keras.models.load_model(tmp_path / "model.keras")
    assert set(read.evaluate(x, y, verbose=0, return_dict=True)) == {"loss", "mae"}
    assert isinstance(read, keras.Sequential)
    assert isinstance(keras.models.model_from_json(model.to_json()), keras.Model)


def test_a_network_of_the_users_is_one_of_keras_2(capsys: pytest.CaptureFixture[str]) -> None:
    class Twice(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(4)

        def call(self, inputs: object) -> object:
            return self.dense(self.dense(inputs))

    model = Twice()
    assert isinstance(model, weigh.Model)
    model.build((None, 4))
    model.summary()
    assert 'Model: "twice"' in capsys.readouterr().out
    model.summary(style="keras3")
    assert "┃ Layer (type)" in capsys.readouterr().out
