"""The table that Keras 2 prints: what Keras 2.15 printed for the networks under tests/fixtures/keras2, built anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weigh import Input, Model, Sequential, layers
from weigh.errors import ArgumentError, NotBuiltError

SUMMARIES = Path(__file__).parents[2] / "fixtures" / "keras2" / "summaries"


def show(model: Any, **options: Any) -> None:
    model.summary(style="keras2", **options)


def model_of(inputs: Any, outputs: Any, name: str = "model") -> Any:
    return Model(inputs, outputs, name=name)


def seed() -> None:
    x = Input(batch_shape=(None, 4096), name="input_3")
    hidden = layers.Dense(512, activation="relu")(x)
    hidden = layers.BatchNormalization()(hidden)
    hidden = layers.Dropout(0.5)(hidden)
    show(model_of(x, layers.Dense(80, activation="sigmoid")(hidden)))


def batchnorm() -> None:
    x = h = Input((6, 4), name="input_1")
    for options in (
        {},
        {"axis": 1},
        {"axis": 2},
        {"axis": -2, "name": "last_but_one"},
        {"scale": False},
        {"center": False},
        {"center": False, "scale": False},
        {},
    ):
        h = layers.BatchNormalization(**options)(h)
    show(model_of(x, h))


def concatenate() -> None:
    left, right = Input((16,), name="left"), Input((24,), name="right")
    both = layers.Concatenate()([layers.Dense(8)(left), layers.Dense(12)(right)])
    show(model_of([left, right], layers.Dense(1)(both)))


def expand_nested() -> None:
    core = Sequential([layers.Dense(6, input_shape=(4,)), layers.Activation("relu")], name="core")
    stack = Sequential([core, layers.BatchNormalization(), layers.Dense(3)], name="stack")
    show(stack, expand_nested=True)
    x = Input((4,), name="input_1")
    show(Model(x, layers.Dense(2)(stack(x)), name="line"), expand_nested=True)
    a, b = Input((4,), name="input_2"), Input((4,), name="input_3")
    both = layers.Concatenate()([stack(a), stack(b), core(a)])
    model = Model([a, b], stack(layers.Dense(4)(both)), name="branches")
    show(model, expand_nested=True)
    show(model, expand_nested=True, show_trainable=True)
    show(model, line_length=120, expand_nested=True)
    show(model)


def fixed_batch() -> None:
    x = Input(batch_shape=(10, 5, 4), name="input_1")
    show(model_of(x, layers.Dense(2)(layers.Flatten()(x))))


def frozen_model() -> None:
    x = Input((6,), name="input_1")
    inner = model_of(x, layers.BatchNormalization()(layers.Dense(5)(x)))
    inner.trainable = False
    show(inner)
    y = Input((6,), name="input_2")
    show(model_of(y, layers.Dense(2)(inner(y)), name="model_1"))


def layer_order() -> None:
    short, long, middle = (Input((3,), name=name) for name in ("short", "long", "middle"))
    b = layers.Dense(2, name="b2")(layers.Dense(2, name="b1")(long))
    b = layers.Activation("relu", name="b3")(b)
    c = layers.Dense(2, name="c1")(middle)
    out = layers.Concatenate(name="z")([layers.Concatenate(name="a")([short, c]), b, c])
    show(model_of([long, short, middle], [out, layers.Dense(1, name="side")(b)]))


def line_length() -> None:
    x = Input((784,), name="input_1")
    h = layers.BatchNormalization()(layers.Dense(128)(x))
    line = model_of(x, layers.Dense(10)(layers.Dropout(0.5)(h)))
    show(line, line_length=50)
    show(line, line_length=100)
    add, other = layers.Add(), layers.Dense(128, name="dense_3")
    model = model_of(x, layers.Dense(10, name="dense_2")(add([h, other(x)])), name="model_1")
    for length in (60, 77, 130, None):
        show(model, line_length=length)


def long_names() -> None:
    x = Input((2, 3, 4, 5, 6), name="an_input_with_a_name_that_is_longer_than_its_column")
    flat = layers.Reshape((720,), name="exactly_twenty_one_ch")(x)
    show(model_of(x, layers.Dense(100, name="the_only_dense_layer_of_this_one")(flat), name="a_line"))
    names = ["the_first_dense_layer_with_quite_a_long_name", "b" * 26, "c" * 27, "d" * 28]
    m = layers.Add(name="sum_of_the_four_dense_layers")([layers.Dense(4096, name=name)(flat) for name in names])
    m = layers.Reshape((1, 1, 1, 1, 1, 1, 1, 4096))(m)
    show(model_of(x, layers.BatchNormalization(name="the_normalization_of_the_sum")(m)))


def mixed_dtypes() -> None:
    x = Input((16,), dtype="float64", name="input_1")
    h = layers.Dense(8, dtype="float64")(x)
    h = layers.Dense(8, dtype="float16")(h)
    h = layers.BatchNormalization(dtype="float32")(h)  # "float16" there: its weights were float32 all the same
    show(model_of(x, layers.Dense(4, dtype="mixed_float16")(h)))


def nested_model() -> None:
    features = Input((8,))
    encode = layers.Dense(4)
    encoder = model_of(features, layers.Dropout(0.1)(layers.BatchNormalization()(encode(features))))
    a, b = Input((8,), name="input_2"), Input((8,), name="input_3")
    pair = layers.Concatenate()([encoder(a), encoder(b), encode(a)])
    show(model_of([a, b], layers.Dense(1)(pair), name="model_1"))


def nested_multi_output() -> None:
    x = Input((5,))
    h = layers.Dense(4)(x)
    inner = Model(x, [layers.Dense(3)(h), h], name="inner")
    y = Input((5,), name="input_2")
    three, four = inner(y)
    show(model_of(y, [layers.Activation("softmax")(three), four]))


def part_of_graph() -> None:
    a, b = Input((6,), name="input_1"), Input((6,), name="input_2")
    encode, norm, head = layers.Dense(4), layers.BatchNormalization(), layers.Dense(2)
    code_a, code_b = norm(encode(a)), norm(encode(b))
    show(model_of(a, head(code_a)))
    out_b = head(code_b)
    show(model_of(b, out_b, name="model_1"))
    show(model_of([b, a], layers.Add()([out_b, layers.Dense(2)(a)]), name="model_2"))


def positions() -> None:
    x = Input((784,), name="input_1")
    h = layers.BatchNormalization()(layers.Dense(128)(x))
    line = model_of(x, h)
    show(line, positions=[0.5, 0.8, 1.0])
    show(line, line_length=80, positions=[30, 60, 75])
    other = layers.Dense(128, name="dense_2")
    model = model_of(x, layers.Dense(10, name="dense_1")(layers.Concatenate()([h, other(x)])), name="model_1")
    show(model, positions=[0.4, 0.6, 0.75, 1.0])
    show(model, line_length=80, positions=[0.45, 0.65, 0.8, 1.0])
    show(model, positions=[40, 60, 72, 110])
    show(model, line_length=120, positions=(16, 32, 44, 60))
    show(model, line_length=98, positions=[0.3, 0.5, 0.6, 0.9])
    show(model)


def print_fn() -> None:
    x = Input((4,), name="input_1")
    show(model_of(x, layers.Dense(2)(x)), print_fn=lambda line: print(f">{line}<"))


def shared_in_line() -> None:
    x = Input((5,), name="input_1")
    again = layers.Dense(5, name="again")
    show(model_of(x, again(again(x))))


def shared_two_shapes() -> None:
    a, b = Input((4,), name="input_1"), Input((6,), name="input_2")
    relu = layers.Activation("relu")
    show(model_of([a, b], layers.Concatenate()([relu(a), relu(b), layers.Dense(2)(a)])))


def show_trainable() -> None:
    x = Input((6,), name="input_1")
    inner = Model(x, layers.BatchNormalization()(layers.Dense(5)(x)), name="inner")
    inner.trainable = False
    y = Input((6,), name="input_2")
    line = Model(y, layers.Dense(2)(inner(y)), name="line")
    show(line, show_trainable=True)
    show(line, show_trainable=True, expand_nested=True)
    show(line, show_trainable=True, line_length=90)
    z = Input((6,), name="input_3")
    model = Model([y, z], layers.Add()([line(y), layers.Dense(2, trainable=False)(z)]), name="branches")
    show(model, show_trainable=True)
    shares = [0.4, 0.6, 0.7, 1.0]
    show(model, show_trainable=True, positions=shares)
    assert shares == [0.4, 0.6, 0.7, 1.0]
    show(model, show_trainable=True, line_length=110)


def sizes() -> None:
    for width in (1, 16, 600):
        show(Sequential([layers.Dense(width, input_shape=(width,))]))
    show(Sequential([layers.Activation("relu", input_shape=(3,))]))


def subclassed() -> None:
    class Classifier(Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = layers.Dense(6)
            self.norm = layers.BatchNormalization()
            self.out = layers.Dense(3)
            self.spare = layers.Dense(100)

        def call(self, inputs: Any) -> Any:
            return self.out(self.norm(self.hidden(inputs)))

    model = Classifier()
    model.build((None, 8))
    show(model)


def unknown_dimension() -> None:
    x = Input((None, 5), name="input_1")
    show(model_of(x, layers.Dense(3)(layers.BatchNormalization()(x))))


NETWORKS = [
    seed,
    batchnorm,
    concatenate,
    expand_nested,
    fixed_batch,
    frozen_model,
    layer_order,
    line_length,
    long_names,
    mixed_dtypes,
    nested_model,
    nested_multi_output,
    part_of_graph,
    positions,
    print_fn,
    shared_in_line,
    shared_two_shapes,
    show_trainable,
    sizes,
    subclassed,
    unknown_dimension,
]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_table_is_what_keras_2_printed(network: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    network()
    assert capsys.readouterr().out == (SUMMARIES / f"{network.__name__}.txt").read_text()


def test_ranges_of_layers_are_what_keras_2_printed(capsys: pytest.CaptureFixture[str]) -> None:
    x = Input((8,), name="input_1")
    h = layers.BatchNormalization()(layers.Dense(7, name="first")(x))
    h = layers.Activation("relu")(layers.Dense(6, name="second")(h))
    model = model_of(x, layers.Dense(5, name="third")(h))
    for layer_range in (["first", "second"], ["second", "first"], ("batch.*", "activation"), [".*d", ".*d"]):
        show(model, layer_range=layer_range)
    show(model, layer_range=["third", "third"], show_trainable=True)
    tables = capsys.readouterr().out
    show(model)
    whole = capsys.readouterr().out
    known = (SUMMARIES / "layer_range.txt").read_text()
    assert known.startswith(tables)
    assert known.endswith(whole)
    errors = known.removeprefix(tables).removesuffix(whole).splitlines()
    assert len(errors) == 3  # its own words about ranges that name no layers


def test_a_network_that_is_not_built_has_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    model = Sequential([layers.Dense(6), layers.BatchNormalization(), layers.Dense(3)], name="later")
    with pytest.raises(NotBuiltError, match="later"):
        show(model)
    assert capsys.readouterr().out == ""
    model.build((None, 8))
    show(model)
    assert (SUMMARIES / "sequential_deferred.txt").read_text().endswith("data.\n" + capsys.readouterr().out)


@pytest.mark.parametrize("options", [{"line_length": 6}, {"positions": [3, 6, 9]}, {"positions": [0.5, 1]}], ids=str)
def test_columns_without_room_are_refused_and_nothing_printed(
    options: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    model = Sequential([Input((4,)), layers.Dense(2)])
    with pytest.raises(ArgumentError, match="column"):
        show(model, **options)
    assert capsys.readouterr().out == ""


def test_what_an_optimizer_remembers_is_not_in_the_total() -> None:
    model = Sequential([Input((4,)), layers.Dense(2)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_weights)
    printed: list[str] = []
    show(model, print_fn=printed.append)
    assert "Total params: 10 (40.00 Byte)" in printed
    assert model.optimizer.built
