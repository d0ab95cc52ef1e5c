"""A Dim is its number everywhere, and remembers where it came from."""

import copy
import pickle
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.declare.dim import Dim, Origin, met, product, total

sizes = st.integers(0, 10**12)


def dim(value, name="units", owner="dense"):
    return Dim(value, Origin("argument", name, owner))


@given(sizes, sizes)
def test_arithmetic_gives_the_numbers_that_ints_give(a, b):
    for left, right in ((dim(a), b), (a, dim(b)), (dim(a), dim(b))):
        assert left + right == a + b
        assert left - right == a - b
        assert left * right == a * b
        assert left % 7 == a % 7
        if b:
            assert left // right == a // b


@given(st.lists(sizes, max_size=5))
def test_product_and_total_are_those_of_ints(values):
    assert product(map(dim, values)) == prod(values)
    assert total(map(dim, values)) == sum(values)


@given(sizes)
def test_prints_hashes_and_compares_as_its_number(value):
    assert repr(dim(value)) == repr(value)
    assert f"{dim(value):,}" == f"{value:,}"
    assert {dim(value): 1}[value] == 1
    assert dim(value) == value


def test_a_product_remembers_its_factors_in_one_chain():
    flat = product([Dim(7), Dim(7), dim(512, "filters", "conv")])
    assert flat == 25_088
    assert flat.origin.name == "×"
    assert flat.origin.parts == (7, 7, 512)
    assert flat.origin.parts[2].origin.owner == "conv"


def test_a_difference_is_not_flattened_into_another():
    left = (Dim(10) - 3) - 2
    right = 10 - (Dim(3) - 2)
    assert left.origin.parts == (10, 3, 2)
    assert right.origin.parts == (10, 1)


def test_a_single_size_keeps_its_own_origin_in_a_product_and_a_sum():
    assert product([dim(512)]).origin == Origin("argument", "units", "dense")
    assert total([dim(512)]).origin == Origin("argument", "units", "dense")


@pytest.mark.parametrize("other", [1.5, "a"])
def test_arithmetic_with_what_is_no_int_is_plain(other):
    if isinstance(other, float):
        assert type(dim(4) * other) is float
    else:
        assert dim(2) * other == "aa"


def test_met_marks_the_last_axis_as_minus_one_and_others_by_number():
    shape = met((None, dim(28), 28, dim(3)))
    assert [getattr(size, "axis", None) for size in shape] == [None, 1, 2, -1]
    assert shape[1].origin == Origin("argument", "units", "dense")
    assert shape == (None, 28, 28, 3)


def test_copies_and_pickles_keep_number_and_origin():
    for twin in (copy.copy(dim(5)), copy.deepcopy(dim(5)), pickle.loads(pickle.dumps(dim(5)))):
        assert twin == 5
        assert twin.origin == dim(5).origin


def test_origins_read_as_a_person_would_say_them():
    assert repr(dim(512).origin) == "units of dense"
    assert repr(Origin("input", "-1", "input_1")) == "axis -1 of input_1"
    assert repr((Dim(7) * 7).origin) == "7 × 7"
