"""Rematerialised layers compute, learn and track what they always do, and keep less for it."""

import jax
import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError

MODES = [
    {"mode": "full"},
    {"mode": "activations"},
    {"mode": "larger_than", "output_size_threshold": 4},
    {"mode": "list_of_layers", "layer_names": ["second"]},
]


def network(**scope):
    x = weigh.Input((3,))
    with weigh.RematScope(**(scope or {"mode": None})):
        hidden = weigh.layers.Dense(8, activation="tanh", name="first", activity_regularizer="l2")(x)
        hidden = weigh.layers.BatchNormalization()(weigh.layers.Dropout(0.5, seed=1)(hidden))
        model = weigh.Model(x, weigh.layers.Dense(2, activation="sigmoid", name="second")(hidden))
    return model


def gradients(model, x):
    trained = [weight.value for weight in model.trainable_variables]
    tracked = [variable.value for variable in model.non_trainable_variables]

    def loss(trained):
        outputs, after, losses = model.stateless_call(trained, tracked, x, training=True, return_losses=True)
        return jax.numpy.sum(outputs**2) + sum(losses), after

    return jax.value_and_grad(loss, has_aux=True)(trained)


@pytest.mark.parametrize("scope", MODES, ids=lambda scope: scope["mode"])
def test_values_gradients_statistics_and_losses_are_the_same(scope):
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    weigh.utils.set_random_seed(0)
    plain = network()
    weigh.utils.set_random_seed(0)
    again = network(**scope)
    for mine, its in zip(jax.tree.leaves(gradients(again, x)), jax.tree.leaves(gradients(plain, x)), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(again.predict(x, verbose=0), plain.predict(x, verbose=0))


@pytest.mark.parametrize(("scope", "count"), list(zip(MODES, (4, 2, 3, 1), strict=True)))
def test_only_the_layers_that_are_meant_are_computed_again(scope, count):
    model = network(**scope)
    jaxpr = jax.make_jaxpr(lambda trained: gradients_of(model, trained))([w.value for w in model.trainable_variables])
    assert str(jaxpr).count("remat2[") + str(jaxpr).count("checkpoint[") >= count


def gradients_of(model, trained):
    tracked = [variable.value for variable in model.non_trainable_variables]
    return model.stateless_call(trained, tracked, np.ones((5, 3), "float32"), training=True)[0]


def test_a_network_in_a_scope_trains():
    model = network(mode="full")
    model.compile("adam", "mse")
    history = model.fit(np.ones((16, 3)), np.ones((16, 2)), epochs=3, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_a_function_is_rematerialised_by_itself():
    assert float(jax.grad(weigh.remat(lambda x: jax.numpy.sin(jax.numpy.sin(x))))(0.5)) == pytest.approx(
        float(np.cos(np.sin(0.5)) * np.cos(0.5)), rel=1e-6
    )


def test_an_unknown_mode_is_refused_with_those_there_are():
    with pytest.raises(ArgumentError, match=r"'larger_than'.*'some'"):
        weigh.RematScope("some")
