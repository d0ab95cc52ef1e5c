"""The table that Keras 1 prints: what Keras 1.2.2 printed for the networks under tests/fixtures/keras1, built anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weigh import Input, Model, Sequential, layers
from weigh.errors import ArgumentError, NotBuiltError

SUMMARIES = Path(__file__).parents[2] / "fixtures" / "keras1" / "summaries"


class Merge(layers.Concatenate):
    """Keras 1's name for what joins tensors, one behind the other; `MergeSum` adds them up and is shown alike."""


MergeSum = type("Merge", (layers.Add,), {})


def show(model: Any, **options: Any) -> None:
    model.summary(style="keras1", **options)


def dense(number: int, units: int) -> Any:
    return layers.Dense(units, name=f"dense_{number}")


def normalization(number: int, **options: Any) -> Any:
    return layers.BatchNormalization(name=f"batchnormalization_{number}", **options)


def given(number: int, *shape: int) -> Any:
    return Input(shape, name=f"input_{number}")


def seed() -> None:
    x = given(3, 4096)
    hidden = layers.Dropout(0.5, name="dropout_1")(normalization(1)(dense(1, 512)(x)))
    show(Model(x, dense(2, 80)(hidden)))


def batchnorm() -> None:
    x = h = given(1, 6, 4)
    h = normalization(3, axis=2)(normalization(2, axis=1)(normalization(1)(h)))
    h = layers.BatchNormalization(axis=-2, name="last_but_one")(h)
    show(Model(x, normalization(4)(h)))


def fixed_batch() -> None:
    x = Input(batch_shape=(10, 5, 4), name="input_1")
    show(Model(x, dense(1, 2)(layers.Flatten(name="flatten_1")(x))))


def frozen_layer() -> None:
    x = given(1, 10)
    h = normalization(1)(layers.Dense(8, trainable=False, name="dense_1")(x))
    model = Model(x, dense(3, 4)(normalization(2)(dense(2, 6)(h))))
    model.layers[3].trainable = model.layers[4].trainable = False
    show(model)


def frozen_model() -> None:
    x = given(1, 6)
    inner = Model(x, normalization(1)(dense(1, 5)(x)), name="model_1")
    inner.trainable = False
    for layer in inner.layers:
        layer.trainable = True  # there, freezing a model leaves its layers as they are, and the totals are of layers
    show(inner)
    y = given(2, 6)
    show(Model(y, dense(2, 2)(inner(y))))


def layer_order() -> None:
    short, long, middle = (Input((3,), name=name) for name in ("short", "long", "middle"))
    b = layers.Dense(2, name="b2")(layers.Dense(2, name="b1")(long))
    b = layers.Activation("relu", name="b3")(b)
    c = layers.Dense(2, name="c1")(middle)
    out = Merge(name="z")([Merge(name="a")([short, c]), b, c])
    show(Model([long, short, middle], [out, layers.Dense(1, name="side")(b)]))


def line_length() -> None:
    x = given(1, 784)
    h = layers.Dropout(0.5, name="dropout_1")(normalization(1)(dense(1, 128)(x)))
    joined = MergeSum(name="merge_1")([h, dense(2, 128)(x)])
    model = Model(x, dense(3, 10)(joined))
    for length in (60, 77, 130, None):
        show(model, line_length=length)


def long_names() -> None:
    x = Input((2, 3, 4, 5, 6), name="an_input_with_a_name_that_is_longer_than_its_column")
    flat = layers.Reshape((720,), name="exactly_twenty_one_ch")(x)
    names = ["the_first_dense_layer_with_quite_a_long_name", "b" * 31, "c" * 32, "d" * 33]
    m = MergeSum(name="sum_of_the_four_dense_layers")([layers.Dense(4096, name=name)(flat) for name in names])
    m = layers.Reshape((1, 1, 1, 1, 1, 4096), name="reshape_1")(m)
    show(Model(x, layers.BatchNormalization(name="the_normalization_of_the_sum")(m)))


def nested_model() -> None:
    features = given(1, 8)
    encode = dense(1, 4)
    code = layers.Dropout(0.1)(normalization(1)(encode(features)))
    encoder = Model(features, code, name="model_1")
    a, b = given(2, 8), given(3, 8)
    pair = Merge(name="merge_1")([encoder(a), encoder(b), encode(a)])
    show(Model([a, b], dense(2, 1)(pair)))


def nested_multi_output() -> None:
    x = given(1, 5)
    h = dense(1, 4)(x)
    inner = Model(x, [dense(2, 3)(h), h], name="inner")
    y = given(2, 5)
    three, four = inner(y)
    show(Model(y, [layers.Activation("softmax", name="activation_1")(three), four]))


def nested_sequential() -> None:
    block = Sequential([Input((4,)), dense(1, 6), layers.Activation("relu", name="activation_1")], name="block")
    stack = Sequential([block, dense(2, 3)], name="sequential_1")
    show(stack)
    x = given(1, 4)
    show(Model(x, dense(3, 2)(stack(x))))


def part_of_graph() -> None:
    a, b = given(1, 6), given(2, 6)
    encode, norm, head = dense(1, 4), normalization(1), dense(2, 2)
    code_a, code_b = norm(encode(a)), norm(encode(b))
    show(Model(a, head(code_a)))
    show(Model(b, head(code_b)))


def positions() -> None:
    x = given(1, 784)
    h = normalization(1)(dense(1, 128)(x))
    joined = Merge(name="merge_1")([h, dense(2, 128)(x)])
    model = Model(x, dense(3, 10)(joined))
    show(model, positions=[0.4, 0.6, 0.75, 1.0])
    show(model, line_length=80, positions=[0.45, 0.65, 0.8, 1.0])
    show(model, positions=[40, 60, 72, 110])
    show(model, line_length=120, positions=[10, 20, 30, 40])
    show(model, line_length=98, positions=[0.3, 0.5, 0.6, 0.9])
    show(model)


def sequential_input_dim() -> None:
    model = Sequential([Input((20,), name="dense_input_1")])
    for number, (units, activation) in enumerate([(64, "relu"), (64, "tanh"), (2, "softmax")], 1):
        model.add(dense(number, units))
        model.add(layers.Activation(activation, name=f"activation_{number}"))
        if units == 64:
            model.add(layers.Dropout(0.5, name=f"dropout_{number}"))
    show(model)


def shared_layer() -> None:
    a, b = given(1, 10), given(2, 10)
    shared, dropped = layers.Dense(5, name="shared"), layers.Dropout(0.2, name="dropout_1")
    joined = Merge(name="merge_1")([dropped(shared(a)), dropped(shared(b))])
    show(Model([a, b], dense(1, 1)(joined)))


def shared_two_shapes() -> None:
    a, b = given(1, 4), given(2, 6)
    relu = layers.Activation("relu", name="activation_1")
    show(Model([a, b], Merge(name="merge_1")([relu(a), relu(b), dense(1, 2)(a)])))


NETWORKS = [
    seed,
    batchnorm,
    fixed_batch,
    frozen_layer,
    frozen_model,
    layer_order,
    line_length,
    long_names,
    nested_model,
    nested_multi_output,
    nested_sequential,
    part_of_graph,
    positions,
    sequential_input_dim,
    shared_layer,
    shared_two_shapes,
]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_table_is_what_keras_1_printed(network: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    network()
    assert capsys.readouterr().out == (SUMMARIES / f"{network.__name__}.txt").read_text()


@pytest.mark.parametrize("option", ["expand_nested", "show_trainable", "layer_range"])
def test_options_that_came_later_are_refused(option: str) -> None:
    with pytest.raises(ArgumentError, match=option):
        show(Sequential([Input((4,)), layers.Dense(2)]), **{option: ("a", "b") if option == "layer_range" else True})


def test_too_few_positions_are_refused() -> None:
    with pytest.raises(ArgumentError, match="4 columns"):
        show(Sequential([Input((4,)), layers.Dense(2)]), positions=[0.5, 1.0])


def test_a_network_that_is_not_built_has_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotBuiltError, match="dense"):
        show(Sequential([layers.Dense(2)]))
    assert capsys.readouterr().out == ""


def test_each_line_is_given_to_print_fn() -> None:
    printed: list[str] = []
    show(Sequential([Input((4,)), layers.Dense(2)]), print_fn=printed.append)
    assert printed[0] == "_" * 100
    assert printed[-4] == "Total params: 10"
