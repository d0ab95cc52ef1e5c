"""One check for any layer: what it computes, learns and writes down is what Keras' layer of that name does."""

import jax
import numpy as np
import pytest

import weigh


@pytest.fixture
def agree():
    """The check, as a fixture."""
    return _agree


def _agree(name, shapes, arguments=None, call=None, tolerance=1e-5):
    """Compare a layer with Keras': shapes, weights, outputs in both modes, gradients, updates, config."""
    import keras

    arguments, call = arguments or {}, call or {}
    ours = getattr(weigh.layers, name)(**arguments, name="layer")
    theirs = getattr(keras.layers, name)(**arguments, name="layer")
    rng = np.random.default_rng(0)
    several = isinstance(shapes, list)
    arrays = [rng.normal(1.0, 2.0, shape).astype("float32") for shape in (shapes if several else [shapes])]
    x = arrays if several else arrays[0]

    symbols = [weigh.Input(shape[1:]) for shape in (shapes if several else [shapes])]
    declared = ours(symbols if several else symbols[0])
    expected = theirs([keras.Input(shape[1:]) for shape in shapes] if several else keras.Input(shapes[1:]))
    assert declared.shape == expected.shape
    assert [(w.path, w.shape, w.trainable) for w in ours.weights] == [
        (w.path, tuple(w.shape), w.trainable) for w in theirs.weights
    ]
    for weight in theirs.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    ours.set_weights(theirs.get_weights())

    for training in (False, True):
        options = {"training": training, **call} if "training" in theirs.call_signature_parameters else call
        got, wanted = np.asarray(ours(x, **options)), np.asarray(theirs(x, **options))
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)
        assert got.shape[1:] == declared.shape[1:]
        for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, its, rtol=tolerance, atol=tolerance)
    _agree_on_gradients(ours, theirs, x, tolerance)
    _agree_on_config(ours.get_config(), keras.layers.serialize(theirs)["config"])
    twin = type(ours).from_config(ours.get_config())
    assert twin.get_config() == ours.get_config()
    return ours, theirs


def _agree_on_gradients(ours, theirs, x, tolerance):
    def loss_of(layer):
        trained = [weight.value for weight in layer.trainable_variables]
        tracked = [weight.value for weight in layer.non_trainable_variables]
        training = {"training": True} if "training" in theirs.call_signature_parameters else {}

        def loss(trained, x):
            outputs, _ = layer.stateless_call(trained, tracked, x, **training)
            return jax.numpy.sum(jax.numpy.sin(outputs))

        return jax.grad(loss, argnums=(0, 1))(trained, jax.tree.map(jax.numpy.asarray, x))

    for mine, its in zip(jax.tree.leaves(loss_of(ours)), jax.tree.leaves(loss_of(theirs)), strict=True):
        np.testing.assert_allclose(mine, its, rtol=20 * tolerance, atol=20 * tolerance)


def _agree_on_config(ours, theirs):
    """Our configuration says what Keras' says; arguments of Keras that are off may be missing."""
    missing = {key: value for key, value in theirs.items() if key not in ours and value is not None}
    shared = {key: value for key, value in theirs.items() if key in ours}
    assert {key for key in missing if missing[key] not in (False, None)} <= {"renorm_momentum"}, missing
    assert {key: _plain(ours[key]) for key in shared} == {key: _plain(value) for key, value in shared.items()}


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
