"""SimpleRNN, GRU and LSTM as their papers and Keras have them."""

import jax
import numpy as np
import pytest
from tests.layers.counting import multiply_adds

import weigh
from weigh.report.explain import explanation

ALL = ("SimpleRNN", "GRU", "LSTM")
PARTS = {
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_regularizer": "l2",
    "kernel_constraint": "max_norm",
    "recurrent_constraint": "unit_norm",
    "bias_constraint": "non_neg",
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_normal",
    "bias_initializer": "ones",
}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("SimpleRNN", {"return_sequences": True, **PARTS}),
        ("SimpleRNN", {"activation": "relu", "use_bias": False, "unroll": True}),
        ("GRU", {"return_state": True, "activity_regularizer": "l2", **PARTS}),
        ("GRU", {"reset_after": False, "return_sequences": True, "go_backwards": True}),
        ("LSTM", {"return_sequences": True, "return_state": True, **PARTS}),
        ("LSTM", {"use_bias": False, "go_backwards": True}),
        ("LSTM", {"activation": "softsign", "recurrent_activation": "hard_sigmoid", "unit_forget_bias": False}),
    ],
)
def test_it_is_that_of_keras(agree, name, arguments):
    agree(name, (2, 5, 3), {"units": 4, **arguments}, training=(False,), unknown="unroll" not in arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("GRU", {"dropout": 0.4}),
        ("GRU", {"dropout": 0.4, "recurrent_dropout": 0.3, "reset_after": False}),
        ("LSTM", {"dropout": 0.4, "return_sequences": True}),
        ("LSTM", {"dropout": 0.4, "recurrent_dropout": 0.3}),
    ],
)
def test_it_drops_what_keras_drops_for_the_same_seed(agree, name, arguments):
    agree(name, (2, 4, 3), {"units": 5, "seed": 7, **arguments}, training=(True,), gradients="reset_after" in arguments)


def test_simple_rnn_drops_what_keras_drops_and_keeps_its_seed():
    import keras

    arguments = {"units": 5, "dropout": 0.4, "recurrent_dropout": 0.3, "seed": 7}
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    ours, theirs = weigh.layers.SimpleRNN(**arguments), keras.layers.SimpleRNN(**arguments)
    ours.build(x.shape)
    theirs.build(x.shape)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), rtol=1e-5, atol=1e-6)
    assert ours.get_config()["seed"] == 7  # Keras forgets it


def test_in_half_precision_it_is_that_of_keras(agree):
    agree("LSTM", (2, 4, 3), {"units": 4, "dtype": "mixed_float16"}, tolerance=1e-2, training=(False,), gradients=False)


@pytest.mark.parametrize("name", ALL)
def test_by_hand_over_one_step(name):
    rng = np.random.default_rng(1)
    x, h, c = (rng.normal(size=shape) for shape in ((2, 3), (2, 4), (2, 4)))
    layer = getattr(weigh.layers, name)(4)
    states = [h.astype("float32"), c.astype("float32")][: 1 + (name == "LSTM")]
    layer.build((2, 1, 3))
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    weights, u, b = (np.float64(value) for value in layer.get_weights())
    got = layer(x[:, None].astype("float32"), initial_state=states)

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    if name == "SimpleRNN":
        wanted = np.tanh(x @ weights + h @ u + b)
    elif name == "LSTM":
        i, f, g, o = np.split(x @ weights + h @ u + b, 4, axis=1)
        wanted = sigmoid(o) * np.tanh(sigmoid(f) * c + sigmoid(i) * np.tanh(g))
    else:
        (xz, xr, xh), (hz, hr, hh) = np.split(x @ weights + b[0], 3, 1), np.split(h @ u + b[1], 3, 1)
        z = sigmoid(xz + hz)
        wanted = z * h + (1 - z) * np.tanh(xh + sigmoid(xr + hr) * hh)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("zero", [False, True])
def test_masked_steps_are_left_out_as_in_keras(name, zero):
    import keras

    x = np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")
    mask = np.array([[1, 1, 0, 1, 0], [0, 0, 1, 1, 1], [1, 0, 0, 0, 0]], bool)
    arguments = {"return_sequences": True, "return_state": True, "zero_output_for_mask": zero}
    ours, theirs = (getattr(library.layers, name)(4, **arguments) for library in (weigh, keras))
    ours.build(x.shape)
    theirs.build(x.shape)
    ours.set_weights(theirs.get_weights())
    for got, wanted in zip(ours(x, mask=mask), theirs(x, mask=mask), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    same = getattr(weigh.layers, name)(4, unroll=True, **arguments)
    same.build(x.shape)
    same.set_weights(ours.get_weights())
    for got, wanted in zip(same(x, mask=mask), ours(x, mask=mask), strict=True):  # Keras differs when unrolled
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


def test_masks_come_in_from_below_and_go_out_with_sequences():
    x = np.array([[1, 2, 0], [3, 0, 0]])
    inputs = weigh.Input((None,), dtype="int32")
    embedded = weigh.layers.Embedding(4, 3, mask_zero=True)(inputs)
    sequence = weigh.layers.GRU(2, return_sequences=True)(embedded)
    whole = weigh.Model(inputs, [weigh.layers.LSTM(2)(sequence), sequence])
    last, steps = whole(x)
    short, _ = whole(x[1:, :1])
    assert sequence.shape == (None, None, 2)
    np.testing.assert_allclose(last[1:], short, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(steps[1, 1], steps[1, 2])


def test_initial_states_may_be_symbolic_and_go_from_one_layer_to_another():
    encoder_in, decoder_in = weigh.Input((4, 2)), weigh.Input((3, 5))
    _, h, c = weigh.layers.LSTM(3, return_state=True)(encoder_in)
    decoded = weigh.layers.LSTM(3, return_sequences=True)(decoder_in, initial_state=[h, c])
    model = weigh.Model([encoder_in, decoder_in], decoded)
    rng = np.random.default_rng(0)
    one, other = (rng.normal(size=shape).astype("float32") for shape in ((2, 4, 2), (2, 3, 5)))
    assert decoded.shape == (None, 3, 3)
    assert model([one, other]).shape == (2, 3, 3)
    assert np.abs(np.asarray(model([one, other])) - np.asarray(model([one + 1, other]))).max() > 1e-3
    again = weigh.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again([one, other]), model([one, other]))


@pytest.mark.parametrize("name", ALL)
def test_a_stateful_layer_goes_on_where_the_last_batch_ended(name):
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    inputs = weigh.Input(batch_shape=(2, 3, 3))
    model = weigh.Sequential([inputs.layer, getattr(weigh.layers, name)(4, stateful=True)])
    whole = getattr(weigh.layers, name)(4)
    whole.build(x.shape)
    whole.set_weights(model.get_weights())
    first = model.predict(x[:, :3], verbose=0, batch_size=2)
    np.testing.assert_allclose(model.predict(x[:, 3:], verbose=0, batch_size=2), whole(x), rtol=1e-4, atol=1e-6)
    model.reset_states()
    np.testing.assert_allclose(model.predict(x[:, :3], verbose=0, batch_size=2), first, rtol=1e-6)
    assert model.count_params() == whole.count_params()
    assert [row.kind for row in model.account().beside] == ["carried state"] * (1 + (name == "LSTM"))


def test_states_are_carried_by_a_training_step_too():
    model = weigh.Sequential([weigh.Input(batch_shape=(2, 3, 2)), weigh.layers.GRU(2, stateful=True)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 3, 2), "float32"), np.zeros((4, 2), "float32")
    model.fit(x, y, batch_size=2, epochs=1, verbose=0, shuffle=False)
    (state,) = model.layers[-1].states
    assert np.abs(np.asarray(state)).max() > 0
    model.layers[-1].reset_states()
    np.testing.assert_array_equal(state, np.zeros((2, 2)))


def test_the_written_out_gradient_is_that_of_the_loop():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 4, 3)).astype("float32")
    fast, plain = (
        weigh.layers.LSTM(4, return_sequences=True),
        weigh.layers.LSTM(4, return_sequences=True, use_cudnn=False),
    )
    for layer in (fast, plain):
        layer.build(x.shape)
    plain.set_weights(fast.get_weights())

    def gradients(layer, given):
        trained = [weight.value for weight in layer.trainable_variables]
        loss = lambda trained, given: jax.numpy.sum(jax.numpy.sin(layer.stateless_call(trained, [], given)[0]))  # noqa: E731
        return jax.grad(loss, argnums=(0, 1))(trained, given)

    for given in (x, x[:3]):  # a large and a small batch go different ways
        for got, wanted in zip(
            jax.tree.leaves(gradients(fast, given)), jax.tree.leaves(gradients(plain, given)), strict=True
        ):
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    _, change = jax.jvp(lambda given: plain(given), (x[:1],), (x[:1],))
    assert change.shape == (1, 4, 4)


def test_a_batch_that_keeps_a_cpu_busy_is_computed_as_a_small_one():
    x = np.random.default_rng(0).normal(size=(17, 3, 2)).astype("float32")
    for layer in (weigh.layers.GRU(3), weigh.layers.LSTM(3)):
        layer.build(x.shape)
        np.testing.assert_allclose(layer(x)[:2], layer(x[:2]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_over_long_sequences_rounding_adds_up_to_less_than_1e_4(name):
    import keras

    x = np.random.default_rng(0).normal(size=(2, 200, 3)).astype("float32")
    ours, theirs = (getattr(library.layers, name)(6) for library in (weigh, keras))
    ours.build(x.shape)
    theirs.build(x.shape)
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("cell", "arguments"), [("SimpleRNNCell", {}), ("GRUCell", {"reset_after": False}), ("LSTMCell", {})]
)
def test_a_cell_alone_is_a_step(cell, arguments):
    import keras

    rng = np.random.default_rng(0)
    x, *states = (rng.normal(size=(2, size)).astype("float32") for size in (3, 4, 4)[: 2 + (cell == "LSTMCell")])
    ours, theirs = (getattr(library.layers, cell)(4, **arguments) for library in (weigh, keras))
    symbols = ours(weigh.Input((3,)), [weigh.Input((4,)) for _ in states])
    theirs.build((2, 3))
    ours.set_weights(theirs.get_weights())
    mine, its = ours(x, states), theirs(x, states)
    assert symbols[0].shape == (None, 4)
    assert len(symbols[1]) == len(mine[1])
    for got, wanted in zip(jax.tree.leaves(mine), jax.tree.leaves(its), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    cost = ours.compute_cost((2, 3))
    assert cost.multiply_adds == multiply_adds(lambda given: ours(given, states), x)


def test_the_forget_gates_bias_begins_with_1():
    layer = weigh.layers.LSTM(2)
    layer.build((None, 3, 1))
    np.testing.assert_array_equal(layer.get_weights()[2], [0, 0, 1, 1, 0, 0, 0, 0])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("name", "arguments"), [("LSTM", {"return_sequences": True}), ("GRU", {"dropout": 0.2})])
def test_its_explanation_reads_well(golden, name, arguments, lang):
    inputs = weigh.Input((10, 64))
    model = weigh.Model(inputs, getattr(weigh.layers, name)(32, **arguments)(inputs))
    golden(f"{name.lower()}_{lang}.txt", explanation(model, name.lower(), lang=lang, width=100) + "\n")


def test_a_cell_and_its_stack_are_explained():
    inputs = weigh.Input((4, 3))
    cells = [weigh.layers.SimpleRNNCell(2), weigh.layers.GRUCell(3), weigh.layers.LSTMCell(2)]
    model = weigh.Model(inputs, weigh.layers.RNN(cells)(inputs))
    assert "3 cells" in explanation(model, "rnn/stacked_rnn_cells")
    for cell, says in (
        ("simple_rnn_cell", "a bias of 2: 12"),
        ("gru_cell", "two biases of 3"),
        ("lstm_cell", "4 gates"),
    ):
        assert says in " ".join(explanation(model, f"rnn/stacked_rnn_cells/{cell}").split())
