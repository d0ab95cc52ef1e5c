"""A network as a pure function of its state."""

import jax
import numpy as np

import weigh


def network():
    x = weigh.Input((6,))
    y = weigh.layers.Dropout(0.5)(weigh.layers.BatchNormalization()(weigh.layers.Dense(5)(x)))
    return weigh.Model(x, weigh.layers.Dense(2)(y))


def test_the_pure_function_computes_what_the_model_computes_and_changes_nothing():
    model = network()
    x = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    apply, state = model.functional()
    before = model.get_weights()
    outputs, after = jax.jit(apply, static_argnames="training")(state, x, training=True)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))
    assert not np.array_equal(after.tracked[0], state.tracked[0])
    np.testing.assert_allclose(outputs, model(x, training=True), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after.tracked[0], model.layers[2].moving_mean, rtol=1e-6, atol=1e-7)


def test_jaxs_transformations_apply_to_it():
    model = network()
    apply, state = model.functional()
    x = np.ones((3, 6), "float32")

    def loss(trained):
        return apply(state.replace(trained=trained), x)[0].sum()

    gradients = jax.grad(loss)(state.trained)
    assert [gradient.shape for gradient in gradients] == [weight.shape for weight in model.trainable_weights]
    per_example = jax.vmap(lambda row: apply(state, row[None])[0][0])(x)
    np.testing.assert_allclose(per_example, model(x), rtol=1e-5, atol=1e-6)


def test_a_random_key_steps_on_with_each_call():
    apply, state = network().functional()
    x = np.random.default_rng(1).normal(size=(3, 6)).astype("float32")
    first, once = apply(state, x, training=True)
    second, twice = apply(once, x, training=True)
    assert not np.array_equal(first, second)
    assert [int(key[1]) for key in (state.tracked[-1], once.tracked[-1], twice.tracked[-1])] == [0, 1, 2]
