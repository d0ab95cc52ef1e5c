"""Repeated blocks are found whatever code made them, and compute what they compute one by one."""

import jax
import numpy as np
import pytest

import weigh
from weigh import layers
from weigh.models import blocks
from weigh.models.blocks import Repeated, parts


def residual(x, **changes):
    options = {"activation": "relu", "rate": 0.3, "trainable": True, "kind": layers.Dense, **changes}
    y = options["kind"](8, activation=options["activation"], trainable=options["trainable"])(x)
    y = layers.BatchNormalization()(y)
    y = layers.Dropout(options["rate"])(y)
    y = layers.Dense(8, activity_regularizer="l2")(y)
    return layers.Add()([x, y])


def doubled(x):
    return 2 * x


def network(*changes, count=4):
    x = weigh.Input((5,))
    hidden = layers.Dense(8, name="first")(x)
    for change in changes or [{}] * count:
        hidden = residual(hidden, **change)
    model = weigh.Model(x, layers.Dense(3, activation="softmax", name="last")(hidden))
    model.compile("adam", "categorical_crossentropy")
    return model


def found(model):
    return [(len(part.blocks), len(part.blocks[0].nodes)) for part in parts(model.graph) if isinstance(part, Repeated)]


def test_blocks_are_found_and_every_call_is_in_its_place():
    model = network(count=5)
    assert found(model) == [(5, 5)]
    calls = [part.blocks if isinstance(part, Repeated) else [part] for part in parts(model.graph)]
    flat = [node for part in calls for one in part for node in (one.nodes if hasattr(one, "nodes") else [one])]
    assert flat == [node for node in model.graph.nodes if node.inputs]


class MyDense(layers.Dense):
    def call(self, inputs):
        return super().call(inputs) + 1.0


@pytest.mark.parametrize(
    "change",
    [{"rate": 0.4}, {"activation": "tanh"}, {"trainable": False}, {"kind": MyDense}, {"activation": lambda x: x * x}],
    ids=["rate", "activation", "trainable", "class", "function"],
)
def test_a_block_that_differs_stands_by_itself(change):
    assert found(network({}, {}, {}, change)) == [(3, 5)]
    assert found(network({}, {}, {}, change, {}, {}, {})) == [(3, 5), (3, 5)]


def test_functions_of_a_users_are_alike_only_if_they_are_the_same():
    assert found(network(*({"activation": lambda x, k=k: k * x} for k in range(4)))) == []
    assert found(network(*[{"activation": doubled}] * 4)) == [(4, 5)]


def trained(model):
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(32, 5)).astype("float32"), np.eye(3)[generator.integers(0, 3, 32)]
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0).history
    evaluated = model.evaluate(x, y, verbose=0)
    return history, evaluated, model.get_weights(), model.predict(x, verbose=0)


def test_training_evaluating_and_predicting_give_what_they_give_one_by_one(monkeypatch):
    ran = []
    run = Repeated.run
    monkeypatch.setattr(Repeated, "run", lambda self, *args: (ran.append(self), run(self, *args)))
    weigh.utils.set_random_seed(1)
    together = trained(network())
    assert len(ran) >= 3
    monkeypatch.setattr(blocks, "worthwhile", lambda *args: False)
    weigh.utils.set_random_seed(1)
    one_by_one = trained(network())
    for mine, its in zip(jax.tree.leaves(together), jax.tree.leaves(one_by_one), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-5)


def test_what_is_compiled_does_not_grow_with_the_number_of_blocks():
    def functions(count):
        model = network(count=count)
        apply, state = model.functional()
        lowered = jax.jit(apply, static_argnames="training").lower(state, np.zeros((2, 5), "float32"), training=True)
        text = lowered.as_text()
        return text.count("func.func"), text.count('inlineable = "false"')

    (few, calls), (more, more_calls) = functions(4), functions(9)
    assert few == more
    assert more_calls - calls == 5


def test_freezing_a_layer_takes_its_block_out():
    model = network(count=4)
    model.layers[2].trainable = False
    assert found(model) == [(3, 5)]


def test_a_layer_that_all_blocks_share_is_one_in_each_of_them():
    x = hidden = weigh.Input((4,))
    shared = layers.Dense(4)
    for _ in range(5):
        hidden = layers.Add()([hidden, layers.Dropout(0.1)(shared(layers.Dense(4)(hidden)))])
    model = weigh.Model(x, hidden)
    assert found(model) == [(4, 4)]  # the first reads the Input
    data = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    apply, state = model.functional()
    np.testing.assert_allclose(jax.jit(apply)(state, data)[0], model(data), rtol=1e-5)


def test_a_tensor_that_is_read_all_over_the_network_is_the_same_for_each_block():
    x, memory = weigh.Input((4,)), weigh.Input((4,))
    kept, hidden = layers.Dense(4)(memory), x
    for _ in range(30):
        hidden = layers.Add()([layers.Dense(4)(layers.LayerNormalization()(hidden)), layers.ReLU()(hidden), kept])
    model = weigh.Model([x, memory], hidden)
    ((count, size),) = found(model)
    assert (count, size) == (29, 4)  # the first reads the Input, and its calls stand in another order


def test_where_masks_travel_blocks_are_computed_one_by_one():
    x = weigh.Input((6,), dtype="int32")
    hidden = layers.Embedding(5, 4, mask_zero=True)(x)
    for _ in range(4):
        hidden = layers.LayerNormalization()(
            layers.Dropout(0.1)(layers.Dense(4)(layers.GRU(4, return_sequences=True)(hidden)))
        )
    model = weigh.Model(x, hidden)
    assert found(model) == [(4, 4)]
    data = np.array([[1, 2, 0, 0, 0, 0], [3, 4, 1, 2, 0, 0]])
    apply, state = model.functional()
    np.testing.assert_allclose(jax.jit(apply)(state, data)[0], model(data), rtol=1e-5, atol=1e-6)
