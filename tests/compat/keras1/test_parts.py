"""Initializations, regularizers, constraints and optimizers that computed something else in Keras 1."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
import weigh.compat.keras1 as keras
from weigh.errors import ArgumentError

SHAPE = (300, 500)


@pytest.mark.parametrize(
    ("name", "deviation", "limit"),
    [
        ("uniform", 0.05 / 3**0.5, 0.05),
        ("normal", 0.05, None),
        ("lecun_uniform", (1 / 300) ** 0.5, (3 / 300) ** 0.5),
        ("glorot_uniform", (2 / 800) ** 0.5, (6 / 800) ** 0.5),
        ("glorot_normal", (2 / 800) ** 0.5, None),
        ("he_uniform", (2 / 300) ** 0.5, (6 / 300) ** 0.5),
        ("he_normal", (2 / 300) ** 0.5, None),
    ],
)
def test_an_initialization_draws_from_the_distribution_of_keras_1(
    name: str, deviation: float, limit: float | None
) -> None:
    values = np.asarray(keras.initializations.get(name)(SHAPE))
    assert values.std() == pytest.approx(deviation, rel=0.01)
    largest = np.abs(values).max()
    assert largest <= limit * (1 + 1e-6) if limit else largest > 3 * deviation  # a normal one is not truncated


def test_orthogonal_has_the_gain_of_keras_1() -> None:
    matrix = np.asarray(keras.initializations.orthogonal((4, 4)))
    np.testing.assert_allclose(matrix @ matrix.T, 1.1**2 * np.eye(4), atol=1e-5)


def test_initializations_are_functions_of_a_shape_and_so_may_be_the_users() -> None:
    assert np.asarray(keras.initializations.normal((300, 300), scale=2.0)).std() == pytest.approx(2, rel=0.02)
    layer = keras.layers.Dense(3, init=lambda shape, name=None: keras.initializations.one(shape, name=name))
    layer(keras.layers.Input((2,)))
    np.testing.assert_array_equal(layer.get_weights()[0], np.ones((2, 3)))


@given(st.floats(0, 1), st.floats(0, 1))
def test_weight_regularizers_are_ours(l1: float, l2: float) -> None:
    x = np.arange(-2.0, 4.0)
    one, two = keras.regularizers.l1(l1), keras.regularizers.l2(l2)
    assert float(one(x)) + float(two(x)) == pytest.approx(float(keras.regularizers.l1l2(l1, l2)(x)))
    assert float(one(x)) == pytest.approx(l1 * np.abs(x).sum(), rel=1e-5)


def test_an_activity_regularizer_sums_over_the_batch() -> None:
    x = np.arange(12.0).reshape(4, 3)
    layer = keras.layers.Activation("linear", activity_regularizer="activity_l2")
    layer(x)
    assert float(layer.losses[0]) == pytest.approx(0.01 * (x**2).sum())


def test_constraints_have_the_arguments_of_keras_1() -> None:
    assert keras.constraints.maxnorm(m=3, axis=1).get_config() == weigh.constraints.MaxNorm(3, 1).get_config()
    assert isinstance(keras.constraints.get("nonneg"), weigh.constraints.NonNeg)
    assert isinstance(keras.constraints.get("unitnorm"), weigh.constraints.UnitNorm)


def of_keras_1(name: str, w: float, gradients: list[float]) -> list[float]:
    """A weight after each step, by the formulas of Keras 1.2."""
    a, m, v, trace = 0.0, 0.0, 0.0, []
    for t, g in enumerate(gradients, 1):
        if name == "sgd":
            m = 0.9 * m - 0.1 * g
            w += m
        elif name == "rmsprop":
            a = 0.9 * a + 0.1 * g * g
            w -= 0.001 * g / (a**0.5 + 1e-8)
        else:
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w -= 0.001 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t) * m / (v**0.5 + 1e-8)
        trace.append(w)
    return trace


@pytest.mark.parametrize(
    ("name", "size"),
    [("sgd", 1.0), ("sgd", 1e-5), ("adam", 1.0), ("adam", 1e-5), ("rmsprop", 1.0), ("rmsprop", 1e-2)],
)
def test_an_optimizer_steps_as_in_keras_1(name: str, size: float) -> None:
    gradients = list(size * np.random.default_rng(0).normal(size=20))
    weight = weigh.Variable("zeros", ())
    optimizer = keras.optimizers.SGD(lr=0.1, momentum=0.9) if name == "sgd" else keras.optimizers.get(name)
    trace = []
    for gradient in gradients:
        optimizer.apply([jax.numpy.float32(gradient)], [weight])
        trace.append(float(weight.numpy()))
    np.testing.assert_allclose(trace, of_keras_1(name, 0.0, gradients), rtol=1e-4, atol=1e-7)


def test_a_norm_is_clipped_over_all_gradients_and_a_decay_is_refused() -> None:
    assert keras.optimizers.SGD(clipnorm=1.0).global_clipnorm == 1.0
    assert keras.optimizers.Adam(clipvalue=0.5).clipvalue == 0.5
    for optimizer in (keras.optimizers.SGD, keras.optimizers.RMSprop, keras.optimizers.Adam):
        with pytest.raises(ArgumentError, match=r"`decay=0.1` is not supported yet"):
            optimizer(decay=0.1)
    with pytest.raises(ArgumentError, match="Did you mean 'RMSprop'"):
        keras.optimizers.get("rmspropp")
