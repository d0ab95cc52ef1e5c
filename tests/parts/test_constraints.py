"""Constraints: the numbers, the names and the records of Keras."""

from typing import Any

import hypothesis.extra.numpy as arrays
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.compute.values import Variable
from weigh.errors import ArgumentError, UnknownNameError
from weigh.parts import constraints

CASES: list[tuple[str, dict[str, Any]]] = [
    ("Constraint", {}),
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.7, "axis": 1}),
    ("MaxNorm", {"max_value": 0.7, "axis": [0, 1, 2]}),
    ("MaxNorm", {"max_value": 0.7, "axis": (0, 2)}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": [1, 2]}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 0.9, "max_value": 1.1, "rate": 0.6, "axis": 2}),
]

SHAPES = st.sampled_from([(5,), (2, 3), (3, 2, 2, 3)])  # few, because each is compiled for
Weights = arrays.arrays("float32", SHAPES, elements=st.floats(-9, 9, width=32, allow_subnormal=False))


def norms(x: Any, axis: int) -> np.ndarray:
    return np.sqrt((np.asarray(x, "float64") ** 2).sum(axis))


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_what_is_kept_is_what_keras_keeps(name: str, arguments: dict[str, Any]) -> None:
    w = np.random.default_rng(1).normal(size=(3, 4, 5)).astype("float32")
    w[:, 0] = 0
    expected = getattr(keras.constraints, name)(**arguments)(w)
    got = getattr(constraints, name)(**arguments)(w)
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@settings(max_examples=20)
@given(w=Weights, limit=st.floats(0.1, 5), axis=st.integers(0, 3))
def test_no_norm_is_above_the_limit_and_what_was_below_it_stays(w: np.ndarray, limit: float, axis: int) -> None:
    axis %= w.ndim
    kept = constraints.MaxNorm(limit, axis)(w)
    assert (norms(kept, axis) <= limit * (1 + 1e-5)).all()
    below = np.broadcast_to(np.expand_dims(norms(w, axis) <= limit, axis), w.shape)
    np.testing.assert_allclose(np.asarray(kept)[below], w[below], rtol=1e-4, atol=1e-6)


@settings(max_examples=20)
@given(w=Weights, low=st.floats(0.1, 1), width=st.floats(0, 2), axis=st.integers(0, 3))
def test_every_norm_lies_between_the_bounds_unless_there_is_nothing_to_scale(
    w: np.ndarray, low: float, width: float, axis: int
) -> None:
    axis %= w.ndim
    kept = norms(constraints.MinMaxNorm(low, low + width, axis=axis)(w), axis)
    something = norms(w, axis) > 0.01
    assert (kept[something] >= low * (1 - 1e-4)).all()
    assert (kept[something] <= (low + width) * (1 + 1e-4)).all()


@settings(max_examples=20)
@given(w=Weights)
def test_nothing_negative_is_kept(w: np.ndarray) -> None:
    np.testing.assert_array_equal(constraints.NonNeg()(w), np.maximum(w, 0))


def test_a_weight_is_taken() -> None:
    np.testing.assert_array_equal(constraints.NonNeg()(Variable(np.array([-1.0, 2.0], "float32"))), [0.0, 2.0])


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_it_is_written_as_keras_writes_it_and_read_by_both(name: str, arguments: dict[str, Any]) -> None:
    ours = getattr(constraints, name)(**arguments)
    record = keras.constraints.serialize(getattr(keras.constraints, name)(**arguments))
    assert constraints.serialize(ours) == record
    assert constraints.deserialize(record).get_config() == ours.get_config()
    assert constraints.get(record).get_config() == ours.get_config()
    read = keras.constraints.get(constraints.serialize(ours)).get_config()
    assert read == ours.get_config()


@pytest.mark.parametrize("name", ["Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"])
@pytest.mark.parametrize("spell", [str, lambda name: keras.src.utils.naming.to_snake_case(name)])
def test_it_is_found_by_the_names_of_keras(name: str, spell: Any) -> None:
    ours, theirs = constraints.get(spell(name)), keras.constraints.get(spell(name))
    assert type(ours) is getattr(constraints, name)
    assert ours.get_config() == theirs.get_config()


@pytest.mark.parametrize("name", ["max_norm", "min_max_norm", "non_neg", "unit_norm"])
def test_the_other_names_in_the_module_are_those_of_keras(name: str) -> None:
    assert getattr(constraints, name).__name__ == getattr(keras.constraints, name).__name__


def test_none_and_a_callable_are_taken() -> None:
    assert constraints.get(None) is None
    assert constraints.get(abs) is abs


def test_an_unknown_name_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"constraint: 'maxnorn'.*'MaxNorm'"):
        constraints.get("maxnorn")


def test_what_cannot_be_a_constraint_is_refused() -> None:
    with pytest.raises(ArgumentError, match="3 as constraint"):
        constraints.get(3)
