"""Moments and normalization against plain NumPy in float64."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weigh.compute.ops import moments, normalize

shapes = st.lists(st.integers(1, 5), min_size=2, max_size=4)


@given(shapes, st.data())
def test_moments_are_those_of_numpy_over_every_axis_but_the_features(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.random.default_rng(0).normal(3, 2, shape).astype("float32")
    others = tuple(other for other in range(len(shape)) if other != axis % len(shape))
    mean, variance = moments(x, axis)
    np.testing.assert_allclose(mean, x.mean(others, dtype="float64"), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(variance, x.var(others, dtype="float64"), rtol=1e-4, atol=1e-5)


def test_a_variance_far_from_zero_keeps_its_digits():
    x = (1e4 + np.random.default_rng(0).normal(size=(512, 3))).astype("float32")
    np.testing.assert_allclose(moments(x, -1)[1], x.var(0, dtype="float64"), rtol=1e-4)


@given(st.integers(1, 6), st.integers(1, 4))
def test_masked_moments_are_those_of_what_is_left(steps, features):
    rng = np.random.default_rng(steps)
    x = rng.normal(size=(3, steps, features)).astype("float32")
    mask = rng.random((3, steps)) < 0.7
    mask[0, 0] = True
    mean, variance = moments(x, -1, mask)
    np.testing.assert_allclose(mean, x[mask].mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(variance, x[mask].var(0), rtol=1e-3, atol=1e-5)


def test_normalize_keeps_the_dtype_and_computes_in_float32():
    x = np.linspace(-1, 1, 12).reshape(4, 3).astype("float16")
    y = normalize(x, np.zeros(3), np.ones(3), -1, 1e-3, np.full(3, 2.0), np.full(3, 1.0))
    assert y.dtype == "float16"
    np.testing.assert_allclose(y, x / np.sqrt(1.001) * 2 + 1, atol=2e-3)


def test_derivatives_of_the_moments_are_those_of_their_formulas_to_the_second_order():
    import jax
    import jax.numpy as jnp

    def of_ours(x):
        mean, variance = moments(x, -1)
        return jnp.sum(jnp.sin(mean) + jnp.sqrt(variance))

    def of_the_formula(x):
        mean = x.mean(0)
        return jnp.sum(jnp.sin(mean) + jnp.sqrt(((x - mean) ** 2).mean(0)))

    x = jnp.asarray(np.random.default_rng(0).normal(size=(5, 2)), "float32")
    for derive in (jax.grad, jax.jacfwd, jax.hessian):
        np.testing.assert_allclose(derive(of_ours)(x), derive(of_the_formula)(x), rtol=1e-4, atol=1e-5)
