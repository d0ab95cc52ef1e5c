"""Variables as Keras spells them, and scopes that change none of them."""

import keras
import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, ShapeError, UnknownNameError


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (("zeros", (2, 3)), {}),
        (("ones", (2,), "int32", False), {}),
        ((3.0,), {}),
        (([1, 2],), {}),
        (([1.5, 2.5],), {"dtype": "bfloat16", "trainable": False}),
        ((True,), {}),
    ],
)
def test_a_variable_is_made_as_in_keras(args, options):
    ours, theirs = weigh.Variable(*args, name="v", **options), keras.Variable(*args, name="v", **options)
    assert (ours.name, ours.path, ours.shape) == (theirs.name, theirs.path, tuple(theirs.shape))
    assert (ours.dtype, ours.trainable, ours.ndim) == (theirs.dtype, theirs.trainable, theirs.ndim)
    np.testing.assert_array_equal(ours.numpy(), np.asarray(theirs.value))


def test_it_computes_like_its_value():
    value = np.array([1.5, -2.0, 3.0], "float32")
    ours, whole = weigh.Variable(value), weigh.Variable([5, 3, 6])
    for got, wanted in [
        (2 + ours, 2 + value),
        (ours - 1, value - 1),
        (1 - ours, 1 - value),
        (ours * ours, value * value),
        (2 / ours, 2 / value),
        (ours // 2, value // 2),
        (7 // ours, 7 // value),
        (ours % 2, value % 2),
        (2**ours, 2**value),
        (ours @ value, value @ value),
        (-ours, -value),
        (abs(ours), abs(value)),
        (ours > 1, value > 1),
        (round(ours), np.round(value)),
        (whole & 1, np.array([1, 1, 0])),
        (3 | whole, np.array([7, 3, 7])),
        (whole ^ whole, np.zeros(3)),
        (~whole, np.array([-6, -4, -7])),
        (ours[1:], value[1:]),
    ]:
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: weigh.Variable("zeros"), ArgumentError, "needs a `shape`"),
        (lambda: weigh.Variable("zerose", (2,)), UnknownNameError, "zeros"),
        (lambda: weigh.Variable(np.zeros(3, "float32"), shape=(2,)), ShapeError, r"\(3,\).*shape=\(2,\)"),
        (lambda: weigh.StatelessScope([(weigh.Variable(1.0), np.zeros(2))]), ShapeError, r"\(2,\)"),
    ],
)
def test_what_cannot_be_a_variable_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_stateless_scope_reads_what_it_is_given_and_keeps_what_is_assigned():
    a, b = weigh.Variable(1.0), weigh.Variable(2.0)
    with weigh.StatelessScope([(a, np.float32(10.0))]) as scope:
        assert float(a.value) == 10.0
        assert float(b.value) == 2.0
        b.assign(float(a.value) + 5)
        assert float(b.value) == 15.0
    assert (float(a), float(b)) == (1.0, 2.0)
    assert float(scope.get_current_value(b)) == 15.0
    assert scope.get_current_value(weigh.Variable(0.0)) is None
