"""Batches: every example once, in Keras' order, in memory that a step can read in place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.errors import ArgumentError, DataError
from weigh.training import data
from weigh.training.data import ALIGNMENT, Arrays, Feed


def collected(source):
    """All batches, copied out of the memory that is used again."""
    return [tuple(None if part is None else np.array(part) for part in batch) for batch in source]


@given(
    count=st.integers(1, 40),
    size=st.integers(1, 12),
    shuffle=st.sampled_from([False, True, "batch"]),
    dtype=st.sampled_from(["float32", "float64", "uint8", "int64", "bool"]),
)
def test_each_pass_has_every_example_once_with_its_label(count, size, shuffle, dtype):
    x = np.arange(count * 6).reshape(count, 2, 3).astype(dtype)
    y = np.arange(count)
    batches = collected(Arrays(x, y, batch_size=size, shuffle=shuffle))
    assert [len(batch[0]) for batch in batches] == [size] * (count // size) + [count % size] * (count % size > 0)
    order = np.concatenate([batch[1] for batch in batches])
    assert sorted(order) == list(range(count))
    assert shuffle or order.tolist() == list(range(count))
    np.testing.assert_array_equal(np.concatenate([batch[0] for batch in batches]), x[order])


@pytest.mark.parametrize("shuffle", [True, "batch"])
def test_the_order_is_keras_order_for_the_same_seed(shuffle):
    keras = pytest.importorskip("keras")
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    x = np.arange(50)[:, None]
    keras.utils.set_random_seed(3)
    theirs = [batch[0] for batch in ArrayDataAdapter((x,), batch_size=8, shuffle=shuffle).get_numpy_iterator()]
    np.random.seed(3)
    ours = [batch[0] for batch in collected(Arrays(x, batch_size=8, shuffle=shuffle))]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, np.reshape(other, one.shape))


@given(count=st.integers(9, 40), start=st.integers(0, 3), shuffle=st.booleans())
def test_what_is_put_together_begins_where_a_step_reads_it_in_place(count, start, shuffle):
    x = np.zeros((count + start, 5), "float32")[start:]
    for batch, _, _ in Arrays(x, batch_size=4, shuffle=shuffle):
        assert batch.ctypes.data % ALIGNMENT == 0
        assert batch.flags.c_contiguous


def test_a_batch_keeps_its_numbers_while_two_more_are_put_together():
    source = iter(Arrays(np.arange(40.0), batch_size=4, shuffle=True))
    kept = [next(source)[0] for _ in range(3)]
    assert len({float(number) for batch in kept for number in batch}) == 12


def test_floating_point_numbers_come_in_the_default_format_and_others_as_they_are():
    x = {"a": np.ones((3, 2)), "b": np.ones((3, 2), "uint8"), "c": None}
    ((batch, _, _),) = Arrays(x, batch_size=8)
    assert (batch["a"].dtype, batch["b"].dtype, batch["c"]) == (np.float32, np.uint8, None)


@given(count=st.integers(1, 20), size=st.integers(1, 7), steps=st.integers(1, 9), epochs=st.integers(1, 4))
def test_epochs_of_a_given_length_go_on_where_the_last_one_ended(count, size, steps, epochs):
    feed = Feed(Arrays(np.arange(count), batch_size=size), steps)
    seen = []
    for _ in range(epochs):
        short = feed.runs_out()
        batches = [batch[0].copy() for batch in feed.epoch()]
        assert short == (len(batches) < steps)
        seen += batches
    whole = [part[0] for part in collected(Arrays(np.arange(count), batch_size=size))]
    for number, batch in enumerate(seen):
        np.testing.assert_array_equal(batch, whole[number % len(whole)])


def test_class_weights_are_keras():
    from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

    for y in (np.array([0, 2, 1, 1]), np.array([[0.0], [1.0]]), np.eye(3)[[2, 0, 1]]):
        ours = data.weights_of_classes(y, {0: 0.5, 2: 3.0})
        np.testing.assert_array_equal(ours, class_weight_to_sample_weights(y, {0: 0.5, 2: 3.0}))


@given(count=st.integers(2, 50), share=st.floats(0.02, 0.98))
def test_a_split_keeps_the_last_examples_or_says_why_not(count, share):
    x = np.arange(count)
    kept = count - int(np.floor(count * (1.0 - share)))
    if kept == count:
        with pytest.raises(ArgumentError, match="validation_split"):
            data.split(x, None, None, share)
        return
    (first, _, _), (second, _, _) = data.split(x, None, None, share)
    assert np.concatenate([first, second]).tolist() == x.tolist()
    assert len(second) == kept


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Arrays(np.zeros((0, 3))), "0 examples"),
        (lambda: Arrays(None), "holds no array"),
        (lambda: Arrays([[1, 2], [3, 4]]), "Turn lists of numbers into arrays"),
        (lambda: Arrays(np.zeros((4, 1)), np.zeros(5)), r"lengths differ: `x`: 4; `y`: 5"),
        (lambda: Arrays(np.array(["a", "b"])), "arrays of numbers"),
        (lambda: Arrays(np.float32(3)), "arrays of numbers"),
        (lambda: Arrays(np.zeros(4), batch_size=0), "`batch_size` must be a whole number above 0"),
        (lambda: Arrays(np.zeros(4), batch_size=2.5), "`batch_size` must be a whole number above 0"),
        (lambda: data.weights_of_classes([np.zeros(3)], {0: 1.0}), "one output"),
        (lambda: data.weights_of_classes(np.zeros(3), [1.0]), "must be a dict"),
        (lambda: data.unpacked((1, 2, 3, 4)), "a tuple of 4"),
    ],
)
def test_data_that_cannot_be_batches_are_one_error(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert isinstance(caught.value, (DataError, ArgumentError))
