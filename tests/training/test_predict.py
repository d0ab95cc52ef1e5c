"""Prediction: the outputs that the network gives when it is called, batch by batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weigh
from weigh.errors import DataError, ShapeError


@pytest.fixture(scope="module")
def model():
    x = weigh.layers.Input((5,))
    hidden = weigh.layers.BatchNormalization()(weigh.layers.Dense(4, activation="relu")(x))
    return weigh.Model(x, [weigh.layers.Dropout(0.5)(hidden), x])


@settings(max_examples=12)
@given(count=st.integers(1, 9), size=st.sampled_from([1, 4, 32]))
def test_predictions_are_the_calls_outputs_at_inference(model, count, size):
    x = np.random.default_rng(count).normal(size=(count, 5)).astype("float32")
    outputs = model.predict(x, batch_size=size, verbose=0)
    for output, called in zip(outputs, model(x, training=False), strict=True):
        assert type(output) is np.ndarray
        np.testing.assert_allclose(output, np.asarray(called), rtol=1e-5, atol=1e-6)


def test_predictions_are_arrays_of_their_own(model):
    x = np.ones((4, 5), "float32")
    first, second = model.predict(x, verbose=0)[1], model.predict_on_batch(x)[1]
    x[:] = 7
    assert (first == 1).all()
    assert (second == 1).all()


def test_predictions_see_new_weights_and_new_layers():
    x = np.ones((3, 2), "float32")
    model = weigh.Sequential([weigh.layers.Input((2,)), weigh.layers.Dense(1, kernel_initializer="ones")])
    assert model.predict(x, verbose=0).tolist() == [[2.0]] * 3
    model.layers[0].kernel.assign(np.zeros((2, 1)))
    assert model.predict(x, verbose=0).tolist() == [[0.0]] * 3
    model.add(weigh.layers.Dense(2, bias_initializer="ones"))
    assert model.predict(x, verbose=0).tolist() == [[1.0, 1.0]] * 3


def test_a_random_layer_at_inference_moves_on():
    class Noise(weigh.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed_generator = weigh.layers.Dropout(0.5).seed_generator

        def call(self, x):
            import jax

            return x + jax.random.normal(self.seed_generator.next(), x.shape)

        def compute_output_shape(self, input_shape):
            return input_shape

    model = weigh.Sequential([weigh.layers.Input((2,)), Noise()])
    x = np.zeros((3, 2), "float32")
    assert (model.predict(x, verbose=0) != model.predict(x, verbose=0)).all()


def test_only_some_batches_are_predicted_where_that_is_asked_for(model):
    assert model.predict(np.zeros((20, 5)), batch_size=4, steps=2, verbose=0)[1].shape == (8, 5)


def test_hooks_are_called_and_may_stop(model):
    seen = []

    class Watch(weigh.callbacks.Callback):
        def on_predict_begin(self, logs=None):
            seen.append("begin")

        def on_predict_batch_end(self, batch, logs=None):
            seen.append((batch, logs["outputs"][1].shape))
            self.model.stop_predicting = batch == 1

        def on_predict_end(self, logs=None):
            seen.append("end")

    model.predict(np.zeros((9, 5)), batch_size=3, verbose=0, callbacks=[Watch()])
    assert seen == ["begin", (0, (3, 5)), (1, (3, 5)), "end"]


def test_inputs_that_do_not_fit_are_refused(model):
    with pytest.raises(ShapeError, match=r"size 5.*\(None, 6\)"):
        model.predict(np.zeros((3, 6)), verbose=0)
    with pytest.raises(DataError, match="0 examples"):
        model.predict(np.zeros((0, 5)), verbose=0)
