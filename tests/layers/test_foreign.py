"""JaxLayer, held to Keras; FlaxLayer, by a module with the methods of Flax'."""

import jax
import keras
import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.report.explain import explanation


def normalised(params, state, rng, inputs, training):
    noise = jax.random.normal(rng, inputs.shape) if training else 0.0
    mean = inputs.mean(0) if training else state["mean"]
    outputs = (inputs - mean + 0.1 * noise) @ params["dense"]["kernel"] + params["dense"]["bias"]
    return outputs, {"mean": 0.5 * state["mean"] + 0.5 * mean, "count": state["count"] + 1}


def initial(rng, inputs):
    kernel = jax.random.normal(rng, (inputs.shape[-1], 3))
    state = {"mean": jax.numpy.zeros(inputs.shape[-1]), "count": jax.numpy.zeros((), "int32")}
    return {"dense": {"kernel": kernel, "bias": jax.numpy.zeros(3)}}, state


def scaled(params, inputs):
    return params["scale"] * inputs


X = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")


def test_a_function_with_parameters_state_and_random_numbers_is_that_of_keras():
    params, state = initial(jax.random.key(0), X)  # with `init_fn` Keras' layer asks for TensorFlow, on JAX too
    ours = weigh.layers.JaxLayer(normalised, initial, seed=3)
    theirs = keras.layers.JaxLayer(normalised, params=params, state=state, seed=3)
    assert ours(weigh.Input((2,))).shape == (None, 3)
    assert [(w.shape, str(w.dtype), w.trainable) for w in ours.weights] == [
        (tuple(w.shape), str(w.dtype), w.trainable) for w in theirs.weights
    ]
    ours.set_weights(theirs.get_weights())
    for training in (True, True, False):
        np.testing.assert_allclose(ours(X, training=training), theirs(X, training=training), rtol=1e-5, atol=1e-6)
    for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)


def test_its_first_values_are_those_of_init_fn_made_once():
    layer = weigh.layers.JaxLayer(normalised, initial)
    layer.build((None, 2))
    assert layer.count_params() == 2 * 3 + 3 + 2 + 1
    kernel = layer.params["dense"]["kernel"].numpy()
    assert kernel.shape == (2, 3)
    assert np.all(kernel != 0)


def test_it_is_trained():
    model = weigh.Sequential([weigh.Input((2,)), weigh.layers.JaxLayer(scaled, params={"scale": 1.0})])
    model.compile("sgd", "mse")
    model.fit(X, 3 * X, epochs=20, verbose=0)
    assert 1.2 < float(model.layers[-1].params["scale"]) < 3.1


def test_its_configuration_names_its_functions():
    for function in (normalised, initial):
        weigh.saving.register_keras_serializable(package="foreign")(function)
    layer = weigh.layers.JaxLayer(normalised, initial)
    record = weigh.saving.serialize_keras_object(layer)
    again = weigh.saving.deserialize_keras_object(record)
    assert (again.call_fn, again.init_fn) == (normalised, initial)


class Module:
    """A dense layer as Flax would have it, with a running mean."""

    def __call__(self, inputs, training=False):
        raise NotImplementedError

    def init(self, rngs, inputs, method=None, training=True):
        kernel = jax.random.normal(rngs["params"], (inputs.shape[-1], 3))
        return {"params": {"kernel": kernel}, "batch_stats": {"mean": jax.numpy.zeros(inputs.shape[-1])}}

    def apply(self, variables, inputs, rngs=None, method=None, mutable=False, training=False):
        assert mutable == ["batch_stats"]
        assert set(rngs) == ({"dropout"} if training else set())
        mean = inputs.mean(0) if training else variables["batch_stats"]["mean"]
        return (inputs - mean) @ variables["params"]["kernel"], {"batch_stats": {"mean": mean}}


def test_a_module_keeps_its_collections():
    layer = weigh.layers.FlaxLayer(Module())
    assert layer(weigh.Input((2,))).shape == (None, 3)
    assert [(w.name, w.trainable) for w in layer.weights] == [("params.kernel", True), ("batch_stats.mean", False)]
    layer(X, training=True)
    np.testing.assert_allclose(layer.state["batch_stats"]["mean"], X.mean(0), rtol=1e-6)
    given = {"params": {"kernel": np.eye(2, dtype="float32")}, "batch_stats": {"mean": np.zeros(2, "float32")}}
    np.testing.assert_allclose(weigh.layers.FlaxLayer(Module(), variables=given)(X), X)


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: weigh.layers.JaxLayer(scaled), ArgumentError, "'jax_layer'.*takes params.*no `init_fn`"),
        (lambda: weigh.layers.JaxLayer(lambda x: x), ArgumentError, "`call_fn` must take `inputs`.*takes x"),
        (lambda: weigh.layers.JaxLayer(scaled, lambda seed: seed), ArgumentError, "`init_fn` must take `inputs`"),
        (
            lambda: weigh.layers.JaxLayer(scaled, params={"scale": "2"}),
            ArgumentTypeError,
            "arrays and numbers, not '2'",
        ),
        (lambda: weigh.layers.FlaxLayer(object()), ArgumentError, "`init` and `apply`"),
        (
            lambda: weigh.layers.JaxLayer(lambda state, inputs: (inputs, []), state={"n": 1})(X),
            ShapeError,
            "returned a state of the structure",
        ),
    ],
)
def test_what_cannot_work_is_refused(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_explanation_of_a_function(golden, lang):
    x = weigh.Input((2,), name="features")
    model = weigh.Model(x, weigh.layers.JaxLayer(normalised, initial)(x))
    golden(f"jax_layer.{lang}.txt", explanation(model, "jax_layer", lang=lang, width=80))
