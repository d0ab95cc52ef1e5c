"""Layers of Keras 1 and 2, held to their formulas in NumPy, and to finite differences."""

import jax
import numpy as np
import pytest

import weigh
from weigh.report.explain import explanation


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def maxout(x, w, b):
    return (np.einsum("bf,pfu->bpu", x, w) + b).max(1)


def highway(x, w, w_carry, b, b_carry):
    transform = sigmoid(x @ w_carry + b_carry)
    return transform * np.tanh(x @ w + b) + (1 - transform) * x


def parametric_softplus(x, alphas, betas):
    return alphas * np.log(1 + np.exp(betas * x))


def s_relu(x, t_left, a_left, t_right, a_right):
    right = t_left + np.abs(t_right)
    return np.where(x >= right, right + a_right * (x - right), np.where(x <= t_left, t_left + a_left * (x - t_left), x))


def thresholded(x):
    return x * (x > 0.5)


CASES = [
    ("MaxoutDense", {"units": 3, "pieces": 2}, (4, 5), maxout),
    ("Highway", {"activation": "tanh"}, (4, 5), highway),
    ("ParametricSoftplus", {}, (2, 3, 4), parametric_softplus),
    ("ParametricSoftplus", {"shared_axes": [1], "beta_initializer": "ones"}, (2, 3, 4), parametric_softplus),
    ("SReLU", {}, (2, 3, 4), s_relu),
    ("SReLU", {"shared_axes": [1, 2]}, (2, 3, 3, 4), s_relu),
    ("ThresholdedReLU", {"theta": 0.5}, (4, 5), thresholded),
]

every_case = pytest.mark.parametrize(("name", "arguments", "shape", "formula"), CASES)


@every_case
def test_it_is_what_its_formula_says(name, arguments, shape, formula):
    rng = np.random.default_rng(0)
    layer = getattr(weigh.layers, name)(**arguments)
    layer.build((None, *shape[1:]))
    values = [rng.normal(size=weight.shape).astype("float32") for weight in layer.weights]
    layer.set_weights(values)
    x = rng.normal(size=shape).astype("float32")
    np.testing.assert_allclose(layer(x), formula(x, *values), rtol=1e-5, atol=1e-5)


@every_case
def test_its_gradients_are_those_of_its_formula(name, arguments, shape, formula):
    """Along a random direction, by central differences of the formula in float64."""
    rng = np.random.default_rng(1)
    layer = getattr(weigh.layers, name)(**arguments)
    layer.build((None, *shape[1:]))
    values = [rng.normal(size=weight.shape) for weight in layer.weights]
    x, cotangent = rng.normal(size=shape), rng.normal(size=layer.compute_output_shape(shape))

    def loss(values, x):
        outputs, _ = layer.stateless_call(values, [], x)
        return jax.numpy.sum(outputs * cotangent.astype("float32"))

    narrow = [value.astype("float32") for value in values], x.astype("float32")
    gradients = jax.tree.leaves(jax.grad(loss, argnums=(0, 1))(*narrow))
    directions = [rng.normal(size=value.shape) for value in (*values, x)]
    step = 1e-6

    def moved(sign):
        *weights, at = (value + sign * step * way for value, way in zip((*values, x), directions, strict=True))
        return np.sum(formula(at, *weights) * cotangent)

    slope = sum(np.sum(gradient * way) for gradient, way in zip(gradients, directions, strict=True))
    np.testing.assert_allclose(slope, (moved(1) - moved(-1)) / (2 * step), rtol=1e-3)


def test_weights_begin_and_stand_as_in_keras_1():
    for layer, shape, names, firsts in [
        (weigh.layers.MaxoutDense(3), (None, 5), ["kernel", "bias"], [None, 0.0]),
        (weigh.layers.Highway(), (None, 5), ["kernel", "gate_kernel", "bias", "gate_bias"], [None, None, 0.0, 1.0]),
        (weigh.layers.SReLU(), (None, 5), ["t_left", "a_left", "t_right", "a_right"], [0.0, None, None, 1.0]),
        (weigh.layers.ParametricSoftplus(), (None, 5), ["alpha", "beta"], [0.2, 5.0]),
    ]:
        layer.build(shape)
        assert [weight.name for weight in layer.weights] == names
        for value, first in zip(layer.get_weights(), firsts, strict=True):
            assert first is None or np.all(value == np.float32(first))
    assert weigh.layers.MaxoutDense(3, 2).compute_output_shape((None, 5)) == (None, 3)


@pytest.mark.parametrize("use_bias", [True, False])
def test_what_dense_ones_cost_is_what_jax_multiplies(use_bias):
    from tests.layers.counting import multiply_adds

    x = np.zeros((2, 5), "float32")
    for layer in (weigh.layers.MaxoutDense(3, 4, use_bias), weigh.layers.Highway(use_bias=use_bias)):
        assert layer.compute_cost(x.shape).multiply_adds == multiply_adds(layer, x)
        assert len(layer.weights) == (2 if type(layer).__name__ == "Highway" else 1) * (1 + use_bias)


def test_a_soft_rectifier_does_not_overflow():
    y = weigh.layers.ParametricSoftplus()(np.array([[1e4, -1e4]], "float32"))
    np.testing.assert_allclose(y, [[1e4, 0.0]])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_explanations_of_maxout_highway_and_srelu(golden, lang):
    x = weigh.Input((7,), name="features")
    y = weigh.layers.SReLU()(weigh.layers.MaxoutDense(5)(weigh.layers.Highway(activation="tanh")(x)))
    model = weigh.Model(x, y)
    for name in ("maxout_dense", "highway", "s_re_lu"):
        golden(f"{name}.{lang}.txt", explanation(model, name, lang=lang, width=80))
