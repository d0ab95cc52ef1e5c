"""Names are those of Keras."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.declare import naming


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True))
def test_snake_case_is_that_of_keras(name):
    from keras.src.utils.naming import to_snake_case

    assert naming.snake_case(name) == to_snake_case(name)


def test_the_first_has_no_number_and_the_next_count_up():
    assert [naming.unique("dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    naming.reset()
    assert naming.unique("dense") == "dense"


def test_keras_1_counts_from_one():
    assert [naming.unique("dense", first=1) for _ in range(2)] == ["dense_1", "dense_2"]


def test_scopes_make_a_path_and_close_when_the_block_fails():
    with naming.scope("model"), naming.scope("dense", caller := object()), naming.scope("dense", caller):
        assert naming.current_path() == "model/dense"
    with pytest.raises(KeyError), naming.scope("model"):
        raise KeyError
    assert naming.current_path() == ""
