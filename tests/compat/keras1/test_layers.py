"""Layers as Keras 1 spelled them."""

import numpy as np
import pytest

import weigh
import weigh.compat.keras1 as keras
from weigh.errors import ArgumentError, ShapeError, UnknownNameError

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


@pytest.mark.parametrize(("mode", "ours"), [(1, "SamplewiseBatchNormalization"), (2, "StatelessBatchNormalization")])
def test_each_mode_of_batch_normalization_is_a_layer_of_ours(mode: int, ours: str) -> None:
    layer = layers.BatchNormalization(mode=mode, name="norm")
    assert isinstance(layer, layers.BatchNormalization)
    assert layer.get_config() == getattr(weigh.layers, ours)(name="norm").get_config()
    with pytest.raises(ArgumentError, match="must be 0"):
        layers.BatchNormalization(mode=3)


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


def test_merge_computes_what_its_mode_says() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    inputs = [layers.Input((3,)), layers.Input((3,))]
    cosine = (x * y).sum(1, keepdims=True) / np.sqrt((x**2).sum(1) * (y**2).sum(1))[:, None]
    for mode, wanted in {
        "sum": x + y,
        "mul": x * y,
        "ave": (x + y) / 2,
        "max": np.maximum(x, y),
        "concat": np.concatenate([x, y], 1),
        "dot": (x * y).sum(1, keepdims=True),
        "cos": cosine,
    }.items():
        output = layers.merge(inputs, mode)
        network = keras.models.Model(inputs, output)
        np.testing.assert_allclose(network.predict([x, y]), wanted, rtol=1e-5, atol=1e-6)
        assert type(output.node.layer).__name__ == "Merge"
    named = layers.merge(inputs, mode="concat", concat_axis=0, name="below").node.layer
    assert (named.axis, named.name) == (0, "below")
    with pytest.raises(UnknownNameError, match="Did you mean 'sum'"):
        layers.merge(inputs, mode="summ")


def test_merge_takes_a_function_with_arguments() -> None:
    inputs = [layers.Input((3,)), layers.Input((3,))]
    output = layers.merge(inputs, lambda two, by: two[0] - by * two[1], output_shape=(3,), arguments={"by": 2})
    values = [np.full((1, 3), 5.0), np.ones((1, 3))]
    np.testing.assert_allclose(keras.models.Model(inputs, output).predict(values), np.full((1, 3), 3.0))


def test_an_unknown_initialization_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UnknownNameError, match="'glorot_uniform'"):
        layers.Dense(3, init="glorot_unifrom")


OURS = weigh.layers
SAME = {
    "places": (
        layers.Convolution2D(8, 3, 5, "zero", "relu", None, "same", (2, 1), "th", None, "l2", None, None, None, False),
        OURS.Conv2D(8, (3, 5), (2, 1), "same", "channels_first", activation="relu", use_bias=False,
                    kernel_initializer="zeros", bias_regularizer="l2"),
    ),
    "sequence": (
        layers.Convolution1D(8, 3, subsample_length=2, border_mode="same", input_dim=4, input_length=7),
        OURS.Conv1D(8, 3, strides=2, padding="same"),
    ),
    "atrous": (
        layers.AtrousConvolution2D(8, 3, 3, atrous_rate=(2, 2)),
        OURS.Conv2D(8, 3, dilation_rate=2),
    ),
    "volume": (
        layers.Convolution3D(8, 1, 2, 3, dim_ordering="tf", W_constraint="nonneg"),
        OURS.Conv3D(8, (1, 2, 3), kernel_constraint="non_neg"),
    ),
    "separable": (
        layers.SeparableConvolution2D(8, 3, 3, "one", depth_multiplier=2, pointwise_regularizer="l1"),
        OURS.SeparableConv2D(8, 3, depth_multiplier=2, depthwise_initializer="ones", pointwise_initializer="ones",
                             pointwise_regularizer="l1"),
    ),
    "pooling": (
        layers.MaxPooling1D(3, 2, "same"),
        OURS.MaxPooling1D(3, 2, "same"),
    ),
    "average": (
        layers.AveragePooling2D((2, 3), border_mode="same", dim_ordering="th"),
        OURS.AveragePooling2D((2, 3), padding="same", data_format="channels_first"),
    ),
    "sides": (
        layers.ZeroPadding2D({"top_pad": 1, "right_pad": 2}),
        OURS.ZeroPadding2D(((1, 0), (0, 2))),
    ),
    "four": (
        layers.ZeroPadding2D((1, 2, 3, 4)),
        OURS.ZeroPadding2D(((1, 2), (3, 4))),
    ),
    "steps": (
        layers.ZeroPadding1D({"left_pad": 3}),
        OURS.ZeroPadding1D((3, 0)),
    ),
    "lstm": (
        layers.LSTM(4, "zero", "zero", "zero", "relu", "sigmoid", dropout_W=0.1, dropout_U=0.2, consume_less="gpu",
                    U_regularizer="l1", return_sequences=True),
        OURS.LSTM(4, "relu", "sigmoid", kernel_initializer="zeros", recurrent_initializer="zeros",
                  unit_forget_bias=False, dropout=0.1, recurrent_dropout=0.2, recurrent_regularizer="l1",
                  return_sequences=True),
    ),
    "gru": (
        layers.GRU(output_dim=4, inner_init="zero", inner_activation="tanh", input_dim=3),
        OURS.GRU(4, recurrent_initializer="zeros", recurrent_activation="tanh", reset_after=False),
    ),
    "embedding": (
        layers.Embedding(9, 4, "zero", 5, "l2", mask_zero=True),
        OURS.Embedding(9, 4, "zeros", "l2", mask_zero=True),
    ),
    "maxout": (
        layers.MaxoutDense(3, 2, "zero", bias=False),
        OURS.MaxoutDense(3, 2, use_bias=False, kernel_initializer="zeros"),
    ),
    "leaky": (
        layers.LeakyReLU(0.1),
        OURS.LeakyReLU(0.1),
    ),
    "noise": (
        layers.GaussianNoise(sigma=0.5),
        OURS.GaussianNoise(0.5),
    ),
    "dropout": (
        layers.SpatialDropout2D(p=0.5, dim_ordering="th"),
        OURS.SpatialDropout2D(0.5, "channels_first"),
    ),
}  # fmt: skip


def without_names(config: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in config.items() if key != "name"}


@pytest.mark.parametrize("case", SAME)
def test_old_arguments_mean_ours(case: str) -> None:
    old, ours = SAME[case]
    assert without_names(old.get_config()) == without_names(ours.get_config())


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: layers.Dense(2, input_dim=3), (None, 3)),
        (lambda: layers.LSTM(2, input_dim=3, input_length=4), (None, 4, 3)),
        (lambda: layers.LSTM(2, input_dim=3), (None, None, 3)),
        (lambda: layers.LSTM(2, batch_input_shape=(5, 4, 3), stateful=True), (5, 4, 3)),
        (lambda: layers.Convolution1D(2, 3, input_dim=3, input_length=4), (None, 4, 3)),
        (lambda: layers.TimeDistributedDense(2, input_dim=3, input_length=4), (None, 4, 3)),
        (lambda: layers.Embedding(9, 2), (None, None)),
        (lambda: layers.Embedding(9, 2, input_length=4), (None, 4)),
    ],
)
def test_a_first_layer_says_the_shape_of_its_input(make: object, shape: tuple[int | None, ...]) -> None:
    model = keras.models.Sequential([make()])
    assert model.input_shape == shape


def test_an_embedding_reads_whole_numbers_and_drops_words_as_a_whole() -> None:
    model = keras.models.Sequential([layers.Embedding(50, 3, input_length=40, dropout=0.5, init="one")])
    assert model.inputs[0].dtype == "int32"
    words = np.tile(np.arange(20), (4, 2))
    kept = np.asarray(model(words, training=True))
    assert set(np.unique(kept)) == {0.0, 2.0}
    np.testing.assert_array_equal(kept, np.tile(kept[0, :20], (4, 2, 1)))
    np.testing.assert_array_equal(model.predict(words), np.ones((4, 40, 3)))


@pytest.mark.parametrize(("border_mode", "sizes"), [("valid", [(9, 9), (10, 9)]), ("same", [(8, 8), (7, 8), (7, 7)])])
def test_a_transposed_convolution_gives_the_size_that_it_is_told(border_mode: str, sizes: list[object]) -> None:
    for rows, columns in sizes:
        layer = layers.Deconvolution2D(2, 3, 3, (None, rows, columns, 2), subsample=(2, 2), border_mode=border_mode)
        assert layer(layers.Input((4, 4, 1))).shape == (None, rows, columns, 2)
        assert layer(np.ones((1, 4, 4, 1))).shape == (1, rows, columns, 2)
    wrong = layers.Deconvolution2D(2, 3, 3, (None, 12, 9, 2), subsample=(2, 2), border_mode=border_mode)
    with pytest.raises(ShapeError, match=r"gives \d to"):
        wrong(layers.Input((4, 4, 1)))


def test_what_is_wrong_is_said_in_the_words_of_that_time() -> None:
    with pytest.raises(UnknownNameError, match=r"argument of Convolution2D: 'nb_filtr'\. Did you mean 'nb_filter'"):
        layers.Convolution2D(nb_filtr=3, nb_row=3, nb_col=3)
    with pytest.raises(TypeError, match="Convolution2D needs 'nb_col' as well"):
        layers.Convolution2D(3, 3)
    with pytest.raises(ArgumentError, match="`dim_ordering` must be 'th'"):
        layers.MaxPooling2D(dim_ordering="channels_last")
    with pytest.raises(ArgumentError, match="has sides top_pad, bottom_pad, left_pad, right_pad, not top"):
        layers.ZeroPadding2D({"top": 1})
    with pytest.raises(ArgumentError, match="`forget_bias_init` must be 'one' or 'zero'"):
        layers.LSTM(3, forget_bias_init="uniform")


def test_an_activity_is_regularized_over_the_whole_batch() -> None:
    layer = layers.ActivityRegularization(l1=0.1)
    layer(np.ones((4, 3)))
    assert float(layer.losses[0]) == pytest.approx(1.2)


def test_a_recurrent_layer_has_the_sigmoid_of_keras_1() -> None:
    assert layers.GRU(2).recurrent_activation is keras.activations.hard_sigmoid
    assert layers.ConvLSTM2D(2, 3, 3).recurrent_activation is keras.activations.hard_sigmoid
