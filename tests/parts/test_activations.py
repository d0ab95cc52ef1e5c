"""Activations: the functions of Keras, and their gradients."""

from typing import Any

import hypothesis.extra.numpy as arrays
import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.compute.values import Variable
from weigh.errors import ArgumentError, FormatError, UnknownNameError, WeighError
from weigh.parts import activations

NAMES = sorted(set(dir(keras.activations)) - {"get", "serialize", "deserialize"})
NAMES = [name for name in NAMES if callable(getattr(keras.activations, name)) and not name.startswith("_")]

ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "relu": [
        {},
        {"negative_slope": 0.3},
        {"max_value": 1.5},
        {"max_value": 6},
        {"threshold": 0.7},
        {"negative_slope": 0.3, "threshold": 0.7},
        {"negative_slope": 0.3, "max_value": 1.5},
        {"negative_slope": 0.3, "max_value": 1.5, "threshold": -0.7},
    ],
    "leaky_relu": [{}, {"negative_slope": 0.05}],
    "elu": [{}, {"alpha": 0.3}],
    "celu": [{}, {"alpha": 0.3}],
    "gelu": [{}, {"approximate": True}],
    "squareplus": [{}, {"b": 0.5}],
    "hard_shrink": [{}, {"threshold": 1.1}],
    "soft_shrink": [{}, {"threshold": 1.1}],
    "threshold": [{"threshold": 0.5, "default_value": -0.2}],
    "glu": [{}, {"axis": 1}],
    "softmax": [{}, {"axis": 1}, {"axis": (1, 2)}, {"axis": (0, 2)}],
    "log_softmax": [{}, {"axis": 1}, {"axis": (1, 2)}],
}
CASES = [(name, arguments) for name in NAMES for arguments in ARGUMENTS.get(name, [{}]) if name != "sparsemax"]


def ordinary_points() -> np.ndarray:
    """Nothing within 0.01 of a kink; a few far out."""
    points = np.random.default_rng(3).uniform(-4, 4, (3, 4, 6)).astype("float32")
    kinks = np.array([-3, -1.1, -1, -0.7, -0.5, 0, 0.5, 0.7, 1, 1.1, 1.5, 3], "float32")
    close = np.abs(points[..., None] - kinks).min(-1) < 0.01
    points[close] += 0.03
    points[0, 0, :4] = (-40, -9, 9, 40)
    return points


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_it_is_the_function_of_keras_with_its_gradient(name: str, arguments: dict[str, Any]) -> None:
    ours, theirs = getattr(activations, name), getattr(keras.activations, name)
    x = ordinary_points()

    def value_and_gradient(function: Any) -> Any:
        def run(x: Any) -> Any:
            y, pull = jax.vjp(lambda x: function(x, **arguments), x)
            return y, *pull(jax.numpy.linspace(0.5, 1.5, y.size).reshape(y.shape))

        return jax.jit(run)(x)

    for got, expected in zip(value_and_gradient(ours), value_and_gradient(theirs), strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6, strict=True)


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_the_arguments_of_keras_with_their_defaults(name: str) -> None:
    from inspect import signature

    def arguments(function: Any) -> list[tuple[str, Any]]:
        return [(parameter.name, parameter.default) for parameter in signature(function).parameters.values()]

    assert arguments(getattr(activations, name)) == arguments(getattr(keras.activations, name))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_and_written_by_the_name_of_keras(name: str) -> None:
    function = activations.get(name)
    assert function is getattr(activations, name)
    assert activations.serialize(function) == keras.activations.serialize(keras.activations.get(name))
    assert activations.deserialize(name) is function
    assert activations.get(function) is function


compiled_sparsemax = jax.jit(activations.sparsemax)


@settings(max_examples=30)
@given(x=arrays.arrays("float32", st.sampled_from([(5, 2), (2, 7)]), elements=st.floats(-5, 5, width=32)))
def test_sparsemax_is_the_nearest_distribution(x: np.ndarray) -> None:
    y = np.asarray(compiled_sparsemax(x))
    np.testing.assert_allclose(y.sum(-1), 1, atol=1e-5)
    assert (y >= 0).all()
    for row, projected in zip(x.astype("float64"), y, strict=True):  # bisection on τ in place of the sorted sums
        low, high = row.min() - 1, row.max()
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if np.maximum(row - middle, 0).sum() > 1 else (low, middle)
        np.testing.assert_allclose(projected, np.maximum(row - low, 0), atol=1e-5)


def test_sparsemax_is_that_of_keras_where_one_element_wins() -> None:
    x = np.arange(24, dtype="float32").reshape(2, 3, 4) * 3
    for axis in (-1, 0):
        ours = jax.jit(lambda x, axis=axis: activations.sparsemax(x, axis))
        theirs = jax.jit(lambda x, axis=axis: keras.activations.sparsemax(x, axis))
        np.testing.assert_array_equal(ours(x), theirs(x))


def test_softmax_over_a_single_element_warns_as_keras_does() -> None:
    for softmax in (activations.softmax, keras.activations.softmax):
        with pytest.warns(UserWarning, match="size 1"):
            assert softmax(np.array([[3.0]], "float32")) == 1


@settings(max_examples=30)
@given(x=arrays.arrays("float32", 5, elements=st.floats(-100, 100, width=32)))
def test_softmax_is_a_distribution_for_any_input(x: np.ndarray) -> None:
    y = activations.softmax(x)
    assert np.sum(y) == pytest.approx(1, abs=1e-5)
    assert (np.asarray(y) >= 0).all()


@pytest.mark.parametrize("given_as", [list, np.asarray, lambda x: Variable(np.asarray(x, "float32"))])
def test_lists_arrays_and_weights_are_taken(given_as: Any) -> None:
    np.testing.assert_array_equal(activations.relu(given_as([-1.0, 2.0])), [0.0, 2.0])


def test_none_means_linear_and_a_callable_means_itself() -> None:
    def mine(x: Any) -> Any:
        return x

    assert activations.get(None) is activations.linear
    assert activations.get(mine) is mine


def test_a_registered_function_of_the_user_is_written_and_read_as_in_keras() -> None:
    from weigh.declare import config

    def mine(x: Any) -> Any:
        return x

    config.register_keras_serializable("ours")(mine)
    keras.saving.register_keras_serializable("ours")(mine)
    assert activations.deserialize(activations.serialize(mine)) is mine
    assert activations.deserialize(keras.activations.serialize(mine)) is mine
    assert keras.activations.deserialize(activations.serialize(mine)) is mine
    assert activations.deserialize("theirs", {"theirs": mine}) is mine


def test_an_unknown_name_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"activation: 'rulu'.*'relu'"):
        activations.get("rulu")


@pytest.mark.parametrize("nonsense", [3, {"a": 1}])
def test_what_cannot_be_an_activation_is_refused(nonsense: Any) -> None:
    with pytest.raises(ArgumentError, match="activation"):
        activations.get(nonsense)


def test_a_record_of_somebody_elses_function_is_not_taken_for_ours() -> None:
    record = {"module": "theirs.own", "class_name": "function", "config": "relu", "registered_name": "function"}
    with pytest.raises(FormatError, match=r"theirs\.own") as error:
        activations.deserialize(record)
    assert isinstance(error.value, WeighError)
