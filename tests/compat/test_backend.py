"""``keras.backend`` computes what it computed, on arrays, weights and symbolic tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
import weigh.compat.keras1 as keras1
import weigh.compat.keras2 as keras2
from weigh.errors import ArgumentError

K, K1 = keras2.backend, keras1.backend
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(2, 4, 5)).astype("float32")

CASES: dict[str, tuple[Callable[..., Any], Any]] = {
    "mean": (lambda x: K.mean(x, axis=[1, 2], keepdims=True), X.mean((1, 2), keepdims=True)),
    "sum": (lambda x: K.sum(K.square(x), axis=-1), (X**2).sum(-1)),
    "max": (lambda x: K.max(x, axis=1), X.max(1)),
    "pow": (lambda x: K.pow(K.abs(x), 0.5), np.abs(X) ** 0.5),
    "clip": (lambda x: K.clip(x, min_value=-0.5, max_value=0.5), X.clip(-0.5, 0.5)),
    "argmax": (lambda x: K.cast(K.argmax(x), "float32"), X.argmax(-1)),
    "permute": (lambda x: K.permute_dimensions(x, (0, 2, 1)), X.transpose(0, 2, 1)),
    "batch_flatten": (K.batch_flatten, X.reshape(2, 12)),
    "repeat_elements": (lambda x: K.repeat_elements(x, 2, axis=1), X.repeat(2, 1)),
    "reverse": (lambda x: K.reverse(x, 1), X[:, ::-1]),
    "expand": (lambda x: K.squeeze(K1.expand_dims(x, dim=1), 1), X),
    "concatenate": (lambda x: K1.concatenate([x, x]), np.concatenate([X, X], -1)),
    "stack": (lambda x: K.stack([x, x], axis=1), np.stack([X, X], 1)),
    "temporal_padding": (lambda x: K1.temporal_padding(x, 2), np.pad(X, ((0, 0), (2, 2), (0, 0)))),
    "relu": (lambda x: K.relu(x, alpha=0.1, max_value=1.0), np.where(X > 0, np.minimum(X, 1), 0.1 * X)),
    "hard_sigmoid": (K.hard_sigmoid, np.clip(0.2 * X + 0.5, 0, 1)),
    "l2_normalize": (lambda x: K.l2_normalize(x, axis=-1), X / np.linalg.norm(X, axis=-1, keepdims=True)),
    "switch": (lambda x: K.switch(K.greater(x, 0), x, -x), np.abs(X)),
    "lesser": (lambda x: K.cast(K1.lesser(x, 0), "float32"), X < 0),
    "phase": (lambda x: K.in_train_phase(lambda: x * 0, x), X),
    "bias_add": (lambda x: K.bias_add(x, np.ones(4, "float32")), X + 1),
    "batch_dot": (lambda x: K.batch_dot(x, Y), X @ Y),
    "gather": (lambda x: K.gather(x, np.array([0, 0])), X[[0, 0]]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_function_computes_on_arrays_and_weights_and_declares_on_symbolic_tensors(case: str) -> None:
    function, wanted = CASES[case]
    np.testing.assert_allclose(np.asarray(function(X)), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.asarray(function(K.variable(X))), wanted, rtol=1e-5, atol=1e-6)
    assert function(weigh.Input(batch_shape=X.shape)).shape == wanted.shape


@given(st.integers(2, 4), st.integers(2, 4), st.data())
def test_batch_dot_adds_products_along_any_two_axes(left: int, right: int, data: st.DataObject) -> None:
    axes = data.draw(st.integers(1, left - 1)), data.draw(st.integers(1, right - 1))
    first, second = [2, *range(3, 3 + left - 1)], [2, *range(6, 6 + right - 1)]
    first[axes[0]] = second[axes[1]] = 3
    x, y = np.ones(first, "float32"), np.full(second, 2, "float32")
    shape = [n for i, n in enumerate(first) if i != axes[0]] + [n for i, n in enumerate(second) if i and i != axes[1]]
    np.testing.assert_allclose(np.asarray(K.batch_dot(x, y, axes)), np.full(shape if len(shape) > 1 else [2, 1], 6.0))


def test_losses_take_predictions_first_in_keras_1_and_labels_first_in_keras_2() -> None:
    labels, predictions = np.array([[0.0, 1.0]]), np.array([[0.25, 0.75]])
    for name in ("categorical_crossentropy", "binary_crossentropy"):
        ours = np.asarray(getattr(weigh.ops, name)(labels, predictions))
        np.testing.assert_allclose(np.asarray(getattr(K1, name)(predictions, labels)), ours)
        np.testing.assert_allclose(np.asarray(getattr(K, name)(labels, predictions)), ours)


def test_weights_are_read_and_set() -> None:
    weight = K.variable([1.0, 2.0])
    K.set_value(weight, [3.0, 4.0])
    K.update_add(weight, 1.0)
    K.moving_average_update(weight, np.zeros(2), 0.5)
    np.testing.assert_allclose(K.get_value(weight), [2.0, 2.5])
    K.batch_set_value([(weight, [0.0, 1.0])])
    assert K.batch_get_value([weight])[0].tolist() == [0.0, 1.0]
    assert (K.ndim(weight), K.int_shape(weight), K.count_params(weight), K.dtype(weight)) == (1, (2,), 2, "float32")


def test_channels_stand_where_keras_1_was_told() -> None:
    try:
        K1.set_image_dim_ordering("th")
        assert (K1.image_dim_ordering(), K.image_data_format()) == ("th", "channels_first")
        assert K1.spatial_2d_padding(np.ones((1, 2, 3, 4)), (1, 0)).shape == (1, 2, 5, 4)
        assert K.resize_images(np.ones((1, 2, 3, 4)), 2, 3, "channels_last").shape == (1, 4, 9, 4)
    finally:
        K1.set_image_dim_ordering("tf")
    assert K1.image_dim_ordering() == "tf"


def test_a_function_between_tensors_computes_in_the_phase_that_it_is_given() -> None:
    x = keras2.Input((100,))
    hidden = keras2.layers.Dropout(0.5)(x)
    function = K.function([x, K.learning_phase()], [hidden, keras2.layers.Dense(2)(hidden)])
    values, outputs = function([np.ones((1, 100)), 0])
    assert (values == 1).all()
    assert outputs.shape == (1, 2)
    assert (function([np.ones((1, 100)), 1])[0] != 1).all()
    assert K.function([x], hidden)([np.ones((3, 100))]).shape == (3, 100)
    with pytest.raises(ArgumentError, match="write a training step"):
        K.function([x], [hidden], updates=[1])


def test_random_numbers_in_a_layer_are_new_each_time_and_the_same_for_a_seed() -> None:
    x = keras1.layers.Input(batch_shape=(1000, 4))
    noisy = keras1.layers.Lambda(lambda y: y + K1.random_normal((1000, 4), mean=1.0, std=2.0), output_shape=(4,))(x)
    model = keras1.models.Model(x, noisy)
    zeros = np.zeros((1000, 4))
    first, second = model.predict(zeros, batch_size=1000), model.predict(zeros, batch_size=1000)
    assert (first != second).all()
    assert abs(first.mean() - 1) < 0.1
    assert abs(first.std() - 2) < 0.1
    assert (K.random_uniform((9,), 2.0, 3.0, seed=1) == K.random_uniform((9,), 2.0, 3.0, seed=1)).all()
    assert set(np.unique(np.asarray(K.random_binomial((99,), 0.5)))) == {0.0, 1.0}
    assert set(np.unique(np.asarray(K.dropout(np.ones(99), 0.5)))) == {0.0, 2.0}
    assert (abs(np.asarray(K.truncated_normal((99,)))) <= 2).all()


def test_what_is_not_there_says_what_to_do() -> None:
    with pytest.raises(ImportError, match=r"'gradients': use `jax\.grad`"):
        _ = K.gradients
    with pytest.raises(AttributeError, match=r"no 'nothing'; `weigh\.ops` may have"):
        _ = K.nothing
    with pytest.raises(ArgumentError, match=r"set_learning_phase\(1\)"):
        K.set_learning_phase(1)
    K.set_learning_phase(0)


@pytest.mark.parametrize("backend", [K, K1])
def test_each_name_that_it_lists_is_there(backend: Any) -> None:
    assert all(getattr(backend, name) is not None for name in backend.__all__)
