"""Regularizers: the numbers, the names and the records of Keras."""

import math
from typing import Any

import hypothesis.extra.numpy as arrays
import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.compute.values import Variable
from weigh.errors import ArgumentError, FormatError, ShapeError, UnknownNameError
from weigh.parts import regularizers

CASES: list[tuple[str, dict[str, Any]]] = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.2}),
    ("L1L2", {"l1": 0.2, "l2": 0.3}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.7, "mode": "columns"}),
]
ALIASES = ["l1", "l2", "l1_l2", "orthogonal_regularizer"]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_the_penalty_and_its_gradient_are_those_of_keras(name: str, arguments: dict[str, Any]) -> None:
    ours = getattr(regularizers, name)(**arguments)
    theirs = getattr(keras.regularizers, name)(**arguments)
    x = np.random.default_rng(1).normal(size=(3, 5)).astype("float32")
    expected, gradient = jax.jit(jax.value_and_grad(theirs))(x)
    got, our_gradient = jax.jit(jax.value_and_grad(ours))(x)
    assert got.dtype == expected.dtype
    assert got.shape == ()
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    np.testing.assert_allclose(our_gradient, gradient, rtol=1e-5, atol=1e-7)


SHAPES = st.sampled_from([(4,), (2, 3), (3, 2, 2, 3)])  # few, because each is compiled for


@settings(max_examples=20)
@given(x=arrays.arrays("float32", SHAPES, elements=st.floats(-9, 9, width=32)))
def test_penalties_add_up_over_any_shape(x: np.ndarray) -> None:
    exact = x.astype("float64")
    assert regularizers.L1(0.5)(x) == pytest.approx(0.5 * np.abs(exact).sum(), rel=1e-5)
    assert regularizers.L2(0.25)(x) == pytest.approx(0.25 * (exact**2).sum(), rel=1e-5)
    both = regularizers.L1(0.5)(x) + regularizers.L2(0.25)(x)
    assert regularizers.L1L2(0.5, 0.25)(x) == pytest.approx(float(both), rel=1e-5)


def test_a_penalty_of_factor_zero_is_zero_even_where_a_weight_is_infinite() -> None:
    assert regularizers.L1L2()(np.array([math.inf, 1.0], "float32")) == 0


def test_the_penalty_has_the_dtype_of_what_is_penalised() -> None:
    x = jax.numpy.ones((3, 3), "bfloat16")
    for name, arguments in CASES:
        ours, theirs = getattr(regularizers, name)(**arguments), getattr(keras.regularizers, name)(**arguments)
        assert jax.eval_shape(ours, x) == jax.eval_shape(theirs, x)


def test_a_weight_is_taken() -> None:
    assert regularizers.L2(0.5)(Variable(np.full((2, 2), 2.0, "float32"))) == 8.0


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_it_is_written_as_keras_writes_it_and_read_by_both(name: str, arguments: dict[str, Any]) -> None:
    ours = getattr(regularizers, name)(**arguments)
    record = keras.regularizers.serialize(getattr(keras.regularizers, name)(**arguments))
    assert regularizers.serialize(ours) == record
    assert regularizers.deserialize(record).get_config() == ours.get_config()
    assert regularizers.get(record).get_config() == ours.get_config()
    assert keras.regularizers.get(regularizers.serialize(ours)).get_config() == ours.get_config()


@pytest.mark.parametrize(
    "name", ["L1", "l1", "L2", "l2", "L1L2", "l1l2", "OrthogonalRegularizer", "orthogonal_regularizer"]
)
def test_it_is_found_by_the_names_of_keras(name: str) -> None:
    ours, theirs = regularizers.get(name), keras.regularizers.get(name)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.get_config() == theirs.get_config()


@pytest.mark.parametrize("name", ALIASES)
def test_the_other_names_in_the_module_are_those_of_keras(name: str) -> None:
    assert getattr(regularizers, name).__name__ == getattr(keras.regularizers, name).__name__


def test_none_a_class_and_a_callable_are_taken() -> None:
    assert regularizers.get(None) is None
    assert regularizers.get(regularizers.L2).l2 == 0.01
    assert regularizers.get(abs) is abs


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "0.1"])
@pytest.mark.parametrize(
    ("name", "argument"), [("L1", "l1"), ("L2", "l2"), ("L1L2", "l2"), ("OrthogonalRegularizer", "factor")]
)
def test_a_factor_that_is_no_number_from_zero_up_is_refused_as_in_keras(name: str, argument: str, value: Any) -> None:
    with pytest.raises(ValueError, match=argument):
        getattr(keras.regularizers, name)(**{argument: value})
    with pytest.raises(ArgumentError, match=f"`{argument}`.*not negative"):
        getattr(regularizers, name)(**{argument: value})


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ArgumentError, match="'rows' or 'columns', not 'diagonal'"):
        regularizers.OrthogonalRegularizer(mode="diagonal")


def test_only_a_matrix_can_be_orthogonal() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 3, 4\)"):
        regularizers.OrthogonalRegularizer()(np.ones((2, 3, 4), "float32"))


def test_the_base_class_penalises_nothing_and_cannot_be_written() -> None:
    assert regularizers.Regularizer()(np.ones(3)) == 0.0
    with pytest.raises(NotImplementedError, match="get_config"):
        regularizers.serialize(regularizers.Regularizer())


def test_an_unknown_name_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"regularizer: 'l3'.*'[lL]1'"):
        regularizers.get("l3")


def test_a_record_of_somebody_elses_class_is_not_taken_for_ours() -> None:
    with pytest.raises(FormatError, match=r"theirs\.own"):
        regularizers.get({"module": "theirs.own", "class_name": "L1", "config": {}, "registered_name": "theirs>L1"})
