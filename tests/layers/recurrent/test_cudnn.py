"""Weights of Keras 2's cuDNN layers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.errors import ShapeError
from weigh.layers.recurrent.cudnn import GATES, from_cudnn, is_cudnn, to_cudnn


@given(st.sampled_from(sorted(GATES)), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_weights_come_back_as_they_went(kind, features, units):
    rng, gates = np.random.default_rng(0), GATES[kind]
    bias = (4 * units,) if kind == "LSTM" else (2, 3 * units)
    weights = [rng.normal(size=shape) for shape in ((features, gates * units), (units, gates * units), bias)]
    stored = to_cudnn(kind, weights)
    assert is_cudnn(kind, stored)
    assert not is_cudnn(kind, weights)
    assert [one.shape for one in stored] == [(features, gates * units), (units, gates * units), (2 * gates * units,)]
    for one, other in zip(from_cudnn(kind, stored), weights, strict=True):
        np.testing.assert_allclose(one, other)


def test_a_gates_kernel_holds_its_transpose_row_by_row():
    kernel = np.arange(6.0).reshape(2, 3)
    zeros = np.zeros((2, 9))
    kernels = np.concatenate([kernel, zeros], axis=1)
    stored = to_cudnn("LSTM", [kernels, np.zeros((3, 12)), np.zeros(12)])[0][:, :3]
    np.testing.assert_array_equal(stored, [[0.0, 3.0, 1.0], [4.0, 2.0, 5.0]])


def test_what_is_no_such_weight_is_refused():
    with pytest.raises(ShapeError, match=r"CuDNNGRU.*\(2 × 3 × units,\).*\(9,\)"):
        from_cudnn("GRU", [np.zeros((2, 9)), np.zeros((3, 9)), np.zeros(9)])
    with pytest.raises(ShapeError, match=r"\(2, 3 × units\).*CuDNNGRU.*\(9,\)"):
        to_cudnn("GRU", [np.zeros((2, 9)), np.zeros((3, 9)), np.zeros(9)])
