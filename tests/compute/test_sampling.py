"""Sampling: the bits of `jax.random`, without its compilations."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.compute import sampling

SHAPES = [(), (0, 3), (17, 33), (sampling.CHUNK + 1,), (sampling.BLOCK, 3)]
KEYS = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)).map(lambda key: np.array(key, "uint32"))


def assert_same_bits(got: object, expected: object) -> None:
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_array_equal(np.asarray(got).view("uint32"), np.asarray(expected).view("uint32"))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@settings(max_examples=10)
@given(key=KEYS, low=st.floats(-2, 1, width=32), width=st.floats(0, 3, width=32))
def test_uniform_numbers_are_those_of_jax_bit_for_bit(
    shape: tuple[int, ...], key: np.ndarray, low: float, width: float
) -> None:
    expected = jax.random.uniform(key, shape, "float32", low, low + width)
    assert_same_bits(sampling.uniform(key, shape, "float32", low, low + width), expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@settings(max_examples=5)
@given(key=KEYS)
def test_normal_numbers_are_those_of_jax_bit_for_bit(shape: tuple[int, ...], key: np.ndarray) -> None:
    expected = jax.random.normal(key, shape, "float32") * 0.37 + 0.11
    assert_same_bits(sampling.normal(key, shape, "float32", 0.11, 0.37), expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@settings(max_examples=5)
@given(key=KEYS)
def test_truncated_normal_numbers_are_those_of_jax_bit_for_bit(shape: tuple[int, ...], key: np.ndarray) -> None:
    expected = jax.random.truncated_normal(key, -2.0, 2.0, shape, "float32") * 0.37 + 0.11
    assert_same_bits(sampling.truncated_normal(key, shape, "float32", 0.11, 0.37), expected)


def test_large_arrays_are_left_to_jax_with_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    key = np.array([3, 5], "uint32")
    draws = (sampling.uniform, sampling.normal, sampling.truncated_normal)
    small = [draw(key, (40, 50), "float32") for draw in draws]
    monkeypatch.setattr(sampling, "LARGE", 2000)
    for draw, expected in zip(draws, small, strict=True):
        got = draw(key, (40, 50), "float32")
        assert isinstance(got, jax.Array)
        assert_same_bits(got, expected)


def test_a_key_that_is_traced_is_left_to_jax() -> None:
    key = np.array([3, 5], "uint32")
    traced = jax.jit(lambda key: sampling.normal(key, (4, 5), "float32"))(key)
    assert_same_bits(traced, sampling.normal(key, (4, 5), "float32"))


def test_another_arrangement_of_the_generator_is_obeyed() -> None:
    key = np.array([3, 5], "uint32")
    with jax.threefry_partitionable(False):
        assert_same_bits(sampling.uniform(key, (4, 5), "float32"), jax.random.uniform(key, (4, 5), "float32"))


def test_new_shapes_need_no_program_of_their_own() -> None:
    key = np.array([3, 5], "uint32")
    sampling.normal(key, (2,), "float32")
    compiled = sampling._compiled_quantiles()
    before = compiled._cache_size()
    for size in range(1, 51, 5):
        sampling.uniform(key, (size, 7), "float32")
        sampling.normal(key, (size, 7), "float32")
        sampling.truncated_normal(key, (size, 7), "float32")
    assert compiled._cache_size() == before
