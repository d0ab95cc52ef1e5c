"""RNN over any cell: a user's own, several on top of each other."""

import numpy as np
import pytest

import weigh
from weigh import layers
from weigh.errors import ShapeError

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


def minimal(library):
    """The cell of Keras' guide, written for either library."""
    ops = library.ops

    class MinimalRNNCell(library.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.state_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="uniform", name="kernel")
            self.recurrent_kernel = self.add_weight(
                shape=(self.units, self.units), initializer="uniform", name="recurrent_kernel"
            )
            self.built = True

        def call(self, inputs, states):
            output = ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent_kernel)
            return output, [output]

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return MinimalRNNCell


def test_a_cell_written_for_keras_runs_unchanged():
    import keras

    ours, theirs = (
        library.layers.RNN(minimal(library)(5), return_sequences=True, return_state=True) for library in (weigh, keras)
    )
    declared = ours(weigh.Input((4, 3)))
    assert [tensor.shape for tensor in declared] == [(None, 4, 5), (None, 5)]
    theirs.build(X.shape)
    ours.set_weights(theirs.get_weights())
    assert [weight.path.partition("/")[2] for weight in ours.weights] == [
        weight.path.partition("/")[2] for weight in theirs.weights
    ]
    for got, wanted in zip(ours(X), theirs(X), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    assert layers.Bidirectional(layers.RNN(minimal(weigh)(5)))(X).shape == (2, 10)


class Nested(layers.Layer):
    """A cell with a state of two parts, one of which has two."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.state_size = [2, (2, 3)]
        self.output_size = 3

    def call(self, inputs, states, training=False):
        first, (second, third) = states
        return third + inputs, [first + 1.0, (second + first, third + inputs)]


def test_states_may_be_nested():
    output, first, (second, third) = layers.RNN(Nested(), return_state=True)(X)
    declared = layers.RNN(Nested(), return_state=True)(weigh.Input((4, 3)))
    assert [tensor.shape for tensor in (declared[0], declared[1], *declared[2])] == [
        (None, 3),
        (None, 2),
        (None, 2),
        (None, 3),
    ]
    np.testing.assert_array_equal(first, np.full((2, 2), 4.0))
    np.testing.assert_array_equal(second, np.full((2, 2), 6.0))
    np.testing.assert_allclose(third, X.sum(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(output, third)


class Noisy(layers.Layer):
    """A cell that draws random numbers, counts its steps and adds a loss."""

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.state_size = size
        self.drop = layers.Dropout(0.5, seed=1)

    def build(self, input_shape):
        self.steps = self.add_weight((), "zeros", name="steps", trainable=False)
        self.built = True

    def call(self, inputs, states, training=False):
        self.steps.assign_add(1.0)
        self.add_loss(inputs[0, 0])
        output = self.drop(inputs, training=training)
        return output, [output]


def test_what_a_cell_changes_and_adds_at_each_step_is_kept():
    layer = layers.RNN(Noisy(3), return_sequences=True)
    layer.build((None, 4, 3))
    tracked = [variable.value for variable in layer.non_trainable_variables]
    ones = np.ones((1, 4, 30), "float32")
    output, after, losses = layer.stateless_call([], tracked, X, training=True, return_losses=True)
    assert float(after[0]) == 4.0
    np.testing.assert_allclose(sum(losses), X[0, :, 0].sum(), rtol=1e-5)
    wide = layers.RNN(Noisy(30), return_sequences=True)
    dropped = np.asarray(wide(ones, training=True)) == 0
    assert not (dropped[:, 0] == dropped[:, 1]).all()  # each step draws its own
    assert output.shape == (2, 4, 3)


class Growing(layers.Layer):
    """A cell whose state grows."""

    state_size = 3

    def call(self, inputs, states):
        return inputs, [
            np.concatenate([states[0], states[0]], axis=1)
            if isinstance(states[0], np.ndarray)
            else states[0].repeat(2, 1)
        ]


def test_a_cell_that_returns_other_states_than_it_got_is_refused():
    with pytest.raises(ShapeError, match=r"Growing.*\(2, 3\).*\(2, 6\)"):
        layers.RNN(Growing())(X)


@pytest.mark.parametrize("listed", [True, False])
def test_stacked_cells_are_those_of_keras(agree, listed):
    def make(library):
        made = [library.layers.LSTMCell(3), library.layers.GRUCell(4, dropout=0.3, seed=3)]
        cell = made if listed else library.layers.StackedRNNCells(made)
        return library.layers.RNN(cell, return_state=listed, return_sequences=True, name="layer")

    agree("RNN", (2, 3, 3), make=make, training=(True,), gradients=False)


def test_stacked_cells_are_layers_on_top_of_each_other():
    stacked = layers.RNN([layers.LSTMCell(4), layers.SimpleRNNCell(2)], return_sequences=True)
    apart = [layers.LSTM(4, return_sequences=True), layers.SimpleRNN(2, return_sequences=True)]
    mask = np.array([[1, 1, 0, 1], [0, 1, 1, 1]], bool)
    stacked.build(X.shape)
    apart[1](apart[0](X))
    for layer, part in zip(apart, (stacked.get_weights()[:3], stacked.get_weights()[3:]), strict=True):
        layer.set_weights(part)
    np.testing.assert_allclose(stacked(X), apart[1](apart[0](X)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(stacked(X, mask=mask), apart[1](apart[0](X, mask=mask), mask=mask), rtol=1e-5, atol=1e-6)


def test_a_stack_of_stateful_cells_carries_all_their_states():
    layer = layers.RNN([layers.LSTMCell(4), layers.SimpleRNNCell(2)], stateful=True, return_state=True)
    _, _, state = layer(X)
    np.testing.assert_allclose(layer.states[1], state, rtol=1e-6)
    layer.reset_state()
    assert not np.asarray(layer.states[0][1]).any()
