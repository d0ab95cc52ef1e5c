"""TimeDistributed and Bidirectional as Keras has them."""

import numpy as np
import pytest
from tests.layers.peer import plain

import weigh
from weigh import layers
from weigh.report.explain import explanation

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


@pytest.mark.parametrize(
    ("merge_mode", "inner"),
    [
        ("concat", lambda library: library.layers.LSTM(3, return_sequences=True, return_state=True)),
        ("sum", lambda library: library.layers.GRU(3)),
        ("mul", lambda library: library.layers.SimpleRNN(3, return_sequences=True)),
        ("ave", lambda library: library.layers.LSTM(3, go_backwards=False)),
        (None, lambda library: library.layers.GRU(3, return_state=True)),
    ],
)
def test_bidirectional_is_that_of_keras(agree, merge_mode, inner):
    def make(library):
        return library.layers.Bidirectional(inner(library), merge_mode=merge_mode, name="layer")

    agree("Bidirectional", X.shape, make=make, training=(False,), unknown=True, gradients=merge_mode == "mul")


def test_the_backward_layer_may_be_another(agree):
    def make(library):
        other = library.layers.GRU(3, go_backwards=True, name="other")
        return library.layers.Bidirectional(library.layers.LSTM(3, name="one"), backward_layer=other, name="layer")

    ours, _ = agree("Bidirectional", X.shape, make=make, training=(False,), gradients=False)
    assert [weight.path for weight in ours.weights][::3] == [
        "layer/forward_one/lstm_cell/kernel",
        "layer/other/gru_cell/kernel",
    ]


def test_masks_states_and_first_weights_go_to_both_layers():
    import keras

    mask = np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool)
    state = [np.full((2, 3), value, "float32") for value in (0.1, 0.2, 0.3, 0.4)]
    theirs = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))
    theirs.build(X.shape)
    ours = layers.Bidirectional(layers.LSTM(3, return_sequences=True), weights=theirs.get_weights())
    wanted = theirs(X, mask=mask, initial_state=state)
    np.testing.assert_allclose(ours(X, mask=mask, initial_state=state), wanted, rtol=1e-5, atol=1e-6)
    assert not np.asarray(ours(X, mask=mask))[0, 2:].any()


def test_states_of_both_directions_are_carried_and_reset():
    layer = layers.Bidirectional(layers.GRU(3, stateful=True))
    first = np.asarray(layer(X))
    assert np.abs(np.asarray(layer(X)) - first).max() > 1e-4
    assert len(layer.states) == 2
    layer.reset_states()
    np.testing.assert_allclose(layer(X), first, rtol=1e-6)


@pytest.mark.parametrize(
    ("inner", "shape"),
    [
        (lambda library: library.layers.Dense(3, activation="relu"), (2, 4, 3)),
        (lambda library: library.layers.BatchNormalization(momentum=0.5), (3, 2, 3)),
        (lambda library: library.layers.Dropout(0.5, seed=3), (2, 4, 3)),
        (lambda library: library.layers.LSTM(2, return_sequences=True), (2, 2, 3, 2)),
    ],
)
def test_time_distributed_is_that_of_keras(agree, inner, shape):
    def make(library):
        return library.layers.TimeDistributed(inner(library), name="layer")

    agree("TimeDistributed", shape, make=make, training=(True,), gradients=len(shape) == 3)


def test_a_layer_of_a_user_sees_one_step_after_the_other():
    class Centred(layers.Layer):
        supports_masking = True

        def call(self, inputs, mask=None):
            return (inputs - inputs.mean(axis=0)) * (1.0 if mask is None else mask[:, None])

        def compute_mask(self, inputs, previous_mask):
            return previous_mask

    layer = layers.TimeDistributed(Centred())
    assert layer(weigh.Input((4, 3))).shape == (None, 4, 3)
    np.testing.assert_allclose(layer(X), X - X.mean(axis=0), rtol=1e-5, atol=1e-6)
    mask = np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool)
    np.testing.assert_allclose(layer(X, mask=mask), (X - X.mean(axis=0)) * mask[..., None], rtol=1e-5, atol=1e-6)


def test_time_distributed_takes_a_whole_network():
    step = weigh.Input((3,))
    inner = weigh.Model(step, layers.Dense(2)(layers.Dense(4, activation="tanh")(step)))
    layer = layers.TimeDistributed(inner)
    np.testing.assert_allclose(layer(X)[:, 1], inner(X[:, 1]), rtol=1e-5, atol=1e-6)
    record = weigh.saving.serialize_keras_object(layer)
    assert plain(weigh.saving.deserialize_keras_object(record).get_config()) == plain(layer.get_config())


def test_networks_of_them_are_exchanged_with_keras_as_files(tmp_path):
    import keras

    def network(library):
        inputs = library.Input((4, 3))
        x = library.layers.Bidirectional(library.layers.LSTM(2, return_sequences=True))(inputs)
        x = library.layers.TimeDistributed(library.layers.Dense(3))(x)
        x = library.layers.RNN([library.layers.GRUCell(2), library.layers.LSTMCell(3)], return_sequences=True)(x)
        return library.Model(inputs, library.layers.SimpleRNN(2)(x))

    ours, theirs = network(weigh), network(keras)
    theirs.save(tmp_path / "theirs.keras")
    ours.save(tmp_path / "ours.keras")
    np.testing.assert_allclose(weigh.saving.load_model(tmp_path / "theirs.keras")(X), theirs(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(keras.saving.load_model(tmp_path / "ours.keras")(X), ours(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_its_explanation_reads_well(golden, lang):
    inputs = weigh.Input((10, 8))
    model = weigh.Model(inputs, layers.Bidirectional(layers.LSTM(4))(inputs))
    golden(f"bidirectional_{lang}.txt", explanation(model, "bidirectional", lang=lang, width=100) + "\n")
