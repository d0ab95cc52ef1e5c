"""A declared weight knows its count, bytes and path before any array exists."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.declare import naming
from weigh.declare.weight import Weight
from weigh.errors import ArgumentError, ArgumentTypeError


@given(st.lists(st.integers(0, 10**6), max_size=5))
def test_count_is_the_product_of_sizes_and_bytes_follow(sizes):
    weight = Weight(sizes, dtype="bfloat16")
    assert weight.count == prod(sizes)
    assert weight.bytes == 2 * prod(sizes)
    assert weight.ndim == len(sizes)


def test_the_path_is_made_of_the_open_scopes():
    with naming.scope("encoder"), naming.scope("dense"):
        assert Weight((2,), name="kernel").path == "encoder/dense/kernel"
    assert Weight((2,)).path == "variable"


def test_a_size_that_is_unknown_negative_or_no_number_is_refused_by_name():
    with pytest.raises(ArgumentError, match=r"'w'.*\(None, 3\).*axis 0"):
        Weight((None, 3), name="w")
    with pytest.raises(ArgumentError, match="-1 is negative"):
        Weight((-1,), name="w")
    with pytest.raises(ArgumentTypeError, match=r"2\.5 is not a whole number"):
        Weight((2.5,), name="w")
