"""The table that Keras 3 prints, beside Keras 3 itself, building the same networks from the same code."""

import io
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import keras
import numpy
import pytest
import rich.style
from hypothesis import given, settings
from hypothesis import strategies as st

import weigh
import weigh.report.summary

Builder = Callable[[Any], Any]


def seed(k: ModuleType) -> Any:
    x = k.layers.Input(batch_shape=(None, 4096))
    hidden = k.layers.Dense(512, activation="relu")(x)
    hidden = k.layers.BatchNormalization()(hidden)
    hidden = k.layers.Dropout(0.5)(hidden)
    predictions = k.layers.Dense(80, activation="sigmoid")(hidden)
    return k.models.Model(inputs=[x], outputs=[predictions])


def stack(k: ModuleType) -> Any:
    return k.Sequential(
        [k.Input((8,)), k.layers.Dense(6), k.layers.BatchNormalization(), k.layers.Dense(3)], name="stack"
    )


def deferred(k: ModuleType) -> Any:
    return k.Sequential([k.layers.Dense(6), k.layers.Dropout(0.1), k.layers.BatchNormalization()])


def deferred_then_built(k: ModuleType) -> Any:
    model = deferred(k)
    model.build((None, 8))
    return model


def deferred_then_called(k: ModuleType) -> Any:
    model = deferred(k)
    model(k.Input((8,)))
    return model


def empty_stack(k: ModuleType) -> Any:
    return k.Sequential(name="empty")


def only_an_input(k: ModuleType) -> Any:
    return k.Sequential([k.Input((8,))])


def several_inputs_and_outputs(k: ModuleType) -> Any:
    a, b = k.Input((4,), name="a"), k.Input((5, 6), name="b")
    joined = k.layers.Concatenate()([k.layers.Dense(3)(a), k.layers.Flatten()(b)])
    return k.Model([a, b], [k.layers.Dense(2, name="left")(joined), k.layers.Dense(1, name="right")(joined)])


def shared_layer(k: ModuleType) -> Any:
    a, b = k.Input((10,)), k.Input((10,))
    shared = k.layers.Dense(5, name="shared")
    return k.Model([a, b], k.layers.Add()([shared(a), shared(b)]))


def shared_in_line(k: ModuleType) -> Any:
    x = k.Input((5,))
    again = k.layers.Dense(5, name="again")
    return k.Model(x, again(again(x)))


def shared_on_two_shapes(k: ModuleType) -> Any:
    a, b = k.Input((4,)), k.Input((6,))
    relu = k.layers.Activation("relu")
    return k.Model([a, b], k.layers.Concatenate()([relu(a), relu(b)]))


def part_of_a_graph(k: ModuleType) -> Any:
    a, b = k.Input((6,)), k.Input((6,))
    encode, head = k.layers.Dense(4), k.layers.Dense(2)
    k.Model(a, head(encode(a)))
    code = encode(b)
    return k.Model(b, k.layers.Add()([head(code), head(code)]))


def nested(k: ModuleType) -> Any:
    core = k.Sequential([k.Input((4,)), k.layers.Dense(6), k.layers.Activation("relu")], name="core")
    middle = k.Sequential([core, k.layers.BatchNormalization(), k.layers.Dense(3)], name="middle")
    a, b = k.Input((4,)), k.Input((4,))
    both = k.layers.Concatenate()([middle(a), middle(b), core(a)])
    inner = k.Model(a, k.layers.Dense(3)(a), name="inner")
    return k.Model([a, b], k.layers.Add()([middle(k.layers.Dense(4)(both)), inner(b)]), name="branches")


def nested_in_line(k: ModuleType) -> Any:
    x = k.Input((4,))
    inner = k.Model(x, k.layers.Dense(2)(x), name="inner")
    y = k.Input((4,))
    return k.Model(y, k.layers.Dense(1)(inner(y)))


def nested_with_several_outputs(k: ModuleType) -> Any:
    x = k.Input((5,))
    hidden = k.layers.Dense(4)(x)
    inner = k.Model(x, [k.layers.Dense(3)(hidden), hidden], name="inner")
    y = k.Input((5,))
    three, four = inner(y)
    return k.Model(y, [k.layers.Activation("softmax")(three), four])


def frozen(k: ModuleType) -> Any:
    x = k.Input((6,))
    inner = k.Model(x, k.layers.BatchNormalization()(k.layers.Dense(5)(x)), name="inner")
    inner.trainable = False
    y = k.Input((6,))
    return k.Model(y, k.layers.Dense(2, trainable=False)(k.layers.Dense(2)(inner(y))))


def long_names(k: ModuleType) -> Any:
    x = k.Input((2, 3, 4, 5, 6), name="an_input_with_a_name_that_is_longer_than_its_column_however_wide_it_may_be")
    flat = k.layers.Reshape((720,), name="a name of several words, some_of_them_really_rather_long")(x)
    first = k.layers.Dense(4096, name="the_first_dense_layer_with_quite_a_long_name")(flat)
    second = k.layers.Dense(4096, name="b" * 31)(flat)
    reshaped = k.layers.Reshape((1, 1, 1, 1, 1, 1, 1, 4096))(k.layers.Add()([first, second]))
    return k.Model(x, reshaped, name=f"a model whose name needs {'very ' * 20}{'long' * 40} lines")


def wide_names(k: ModuleType) -> Any:
    x = k.Input((8,), name="输入层")
    hidden = k.layers.Dense(4, name="全连接层_带有一个非常非常非常非常非常非常非常非常长的名字")(x)
    other = k.layers.Dense(4, name="café_größe_ßßß_日本語のとても長い名前のレイヤー_漢字")(x)
    return k.Model(x, k.layers.Add(name="加")([hidden, other]), name="模型" * 50)


def bracketed_names(k: ModuleType) -> Any:
    return k.Sequential(
        [
            k.Input((8,)),
            k.layers.Dense(4, name="a[b]c[x"),
            k.layers.Dense(2, name="[bold red]"),
            k.layers.Dense(2, name="\\\\[b]"),
        ]
    )


def unknown_sizes(k: ModuleType) -> Any:
    x = k.Input((None, 5))
    return k.Model(x, k.layers.Dense(3)(k.layers.BatchNormalization()(x)))


def fixed_batch(k: ModuleType) -> Any:
    x = k.Input(batch_shape=(10, 5, 4))
    return k.Model(x, k.layers.Dense(2)(k.layers.Flatten()(x)))


def huge(k: ModuleType) -> Any:
    x = k.Input((10**6,))
    return k.Model(x, k.layers.Dense(10**5, dtype="float16")(k.layers.Dense(10**6)(x)))


def other_formats(k: ModuleType) -> Any:
    x = k.Input((16,), dtype="float16")
    hidden = k.layers.Dense(8, dtype="mixed_float16")(x)
    return k.Model(x, k.layers.BatchNormalization(dtype="bfloat16")(k.layers.Dense(4, dtype="float16")(hidden)))


def subclassed(k: ModuleType) -> Any:
    class Classifier(k.Model):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = k.layers.Dense(6, activation="relu")
            self.normalize = k.layers.BatchNormalization()
            self.body = k.Sequential([k.layers.Dense(4), k.layers.Dropout(0.2)])
            self.drop = k.layers.Dropout(0.5)
            self.head = k.layers.Dense(3)
            self.spare = k.layers.Dense(100)

        def call(self, inputs: Any) -> Any:
            return self.head(self.drop(self.body(self.normalize(self.hidden(inputs)))))

    return Classifier()


def subclassed_then_called(k: ModuleType) -> Any:
    model = subclassed(k)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Keras finds that a layer which is never called is not built
        model(numpy.zeros((2, 8)))
    return model


NETWORKS = [
    seed,
    stack,
    deferred,
    deferred_then_built,
    deferred_then_called,
    empty_stack,
    only_an_input,
    several_inputs_and_outputs,
    shared_layer,
    shared_in_line,
    shared_on_two_shapes,
    part_of_a_graph,
    nested,
    nested_in_line,
    nested_with_several_outputs,
    frozen,
    long_names,
    wide_names,
    bracketed_names,
    unknown_sizes,
    fixed_batch,
    huge,
    other_formats,
    subclassed,
    subclassed_then_called,
]


def fresh(build: Builder, k: Any) -> Any:
    k.utils.clear_session(free_memory=False)
    return build(k)


def given_to_print_fn(model: Any, **options: Any) -> list[str]:
    printed: list[str] = []
    model.summary(print_fn=printed.append, **options)
    return printed


def assert_alike(build: Builder, **options: Any) -> None:
    assert given_to_print_fn(fresh(build, weigh), **options) == given_to_print_fn(fresh(build, keras), **options)


@pytest.mark.parametrize("build", NETWORKS)
def test_the_table_is_that_of_keras(build: Builder) -> None:
    assert_alike(build)


@pytest.mark.parametrize("build", NETWORKS)
def test_networks_inside_are_opened_as_keras_opens_them(build: Builder) -> None:
    assert_alike(build, expand_nested=True, show_trainable=True)


@pytest.mark.parametrize("build", [seed, nested, long_names, wide_names])
@pytest.mark.parametrize("line_length", [30, 40, 60, 80, 81, 150])
def test_the_line_has_the_length_asked_for_up_to_the_terminals(build: Builder, line_length: int) -> None:
    assert_alike(build, line_length=line_length)


@pytest.mark.parametrize("columns", ["30", "50", "79", "120", "200"])
def test_the_table_fits_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for build in (seed, nested, long_names, wide_names):
        assert_alike(build)
        assert_alike(build, line_length=100, show_trainable=True)


@pytest.mark.parametrize("positions", [[0.4, 0.6, 0.75, 1.0], [0.2, 0.4, 0.5, 0.7]])
def test_columns_end_where_asked_for(positions: list[float]) -> None:
    assert_alike(nested, positions=positions)
    assert_alike(nested, positions=positions, show_trainable=True)


@pytest.mark.parametrize("positions", [[20, 40, 60, 80], [0.5, 0.7, 0.9, 1, 9]])
def test_positions_that_are_no_shares_of_the_line_do_what_they_do_in_keras(positions: list[float]) -> None:
    assert_alike(nested, positions=positions)


@pytest.mark.parametrize(
    "layer_range",
    [
        ("dense", "dropout"),
        ["dropout", "dense$"],
        ("batch.*", "batch.*"),
        ("dense", "dense"),
        (".*", "input"),
    ],
)
def test_a_range_of_layers_is_shown_alone(layer_range: Any) -> None:
    assert_alike(seed, layer_range=layer_range)


@pytest.mark.parametrize("layer_range", [("dense",), ("dense", "nowhere"), (0, 2), "de", ("(", ")")])
def test_a_range_that_names_no_layers_is_refused_and_nothing_printed(
    layer_range: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for style in weigh.report.summary.STYLES[1:]:
        with pytest.raises(weigh.errors.ArgumentError, match="layer_range"):
            seed(weigh).summary(layer_range=layer_range, style=style)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("options", [{"line_length": 10}, {"positions": [0.5, 0.5, 1]}, {"positions": [0.5, 1]}])
def test_columns_without_room_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(weigh.errors.ArgumentError, match="columns"):
        seed(weigh).summary(**options)


NAME = st.text("abcXYZ059 _-.()éßкириλ漢字カナ한", min_size=1, max_size=45)


@given(
    names=st.lists(NAME, min_size=3, max_size=3, unique=True),
    model_name=NAME,
    units=st.integers(1, 10**5),
    branches=st.booleans(),
    line_length=st.integers(10, 130),
    ends=st.one_of(st.none(), st.lists(st.floats(0.05, 1.2), min_size=4, max_size=5).map(sorted)),
    show_trainable=st.booleans(),
)
@settings(max_examples=10)  # how any text is laid out is in test_boxes.py
def test_any_names_in_columns_of_any_width_are_laid_out_alike(
    names: list[str],
    model_name: str,
    units: int,
    branches: bool,
    line_length: int,
    ends: list[float] | None,
    show_trainable: bool,
) -> None:
    def network(k: Any) -> Any:
        x = k.Input((4,), name=names[0])
        y = k.layers.Dense(units, name=names[1])(x)
        z = k.layers.Concatenate(name=names[2])([x, y]) if branches else k.layers.Reshape((units, 1), name=names[2])(y)
        return k.Model(x, z, name=model_name)

    def printed(k: Any) -> list[str] | None:
        options = {"line_length": line_length, "positions": ends, "show_trainable": show_trainable}
        try:
            return given_to_print_fn(network(k), **options)
        except ValueError:
            return None  # no room

    assert printed(weigh) == printed(keras)


def trained(k: ModuleType, **options: Any) -> Any:
    model = stack(k)
    model.compile(loss="mse", metrics=["mae"], **options)
    model.fit(numpy.ones((4, 8)), numpy.ones((4, 3)), batch_size=4, verbose=0)
    return model


def test_what_an_optimizer_remembers_is_in_the_total_that_keras_prints_and_not_in_the_account() -> None:
    assert_alike(lambda k: trained(k, optimizer="adam"))
    assert_alike(lambda k: trained(k, optimizer=k.optimizers.SGD(momentum=0.9)))
    ours = trained(weigh, optimizer="adam")
    assert "Optimizer params: 176" in given_to_print_fn(ours)[0]
    assert ours.account().total == 99


def test_a_network_that_is_compiled_and_not_trained_has_no_slots_yet() -> None:
    def compiled(k: Any) -> Any:
        model = stack(k)
        model.compile("adam", "mse")
        return model

    assert_alike(compiled)


class Screen(io.StringIO):
    """Standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(build: Builder, k: Any, monkeypatch: pytest.MonkeyPatch, stream: Any, **options: Any) -> str:
    rich.style.Style.parse.cache_clear()  # rich keeps the codes of the first terminal that it met
    rich.style.Style._add.cache_clear()
    model = fresh(build, k)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        model.summary(**options)
    stream.seek(0)
    return str(stream.read())


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "xterm-256color"},
        {"TERM": "xterm"},
        {"TERM": "xterm-kitty"},
        {"TERM": "xterm", "COLORTERM": "truecolor"},
        {"TERM": "dumb", "COLUMNS": "60"},
        {"TERM": "xterm", "NO_COLOR": "1"},
        {"TERM": "xterm", "COLUMNS": "47"},
        {"TERM": "xterm", "TTY_COMPATIBLE": "0"},
        {},
    ],
    ids=str,
)
def test_a_terminal_gets_the_colours_that_keras_gives_it(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for build in (seed, nested, wide_names, deferred, frozen):
        ours, theirs = (shown(build, k, monkeypatch, Screen(), show_trainable=True) for k in (weigh, keras))
        assert ours == theirs


@pytest.mark.parametrize(
    "environment", [{}, {"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}, {"FORCE_COLOR": ""}], ids=str
)
def test_what_is_piped_is_plain_unless_colour_is_forced(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ours, theirs = (shown(nested, k, monkeypatch, io.StringIO()) for k in (weigh, keras))
    assert ours == theirs
    assert ("\x1b" in ours) == any(environment.values())


def test_what_goes_to_a_function_is_plain_even_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert_alike(nested)


def test_borders_are_of_ascii_where_the_output_has_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def output() -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    assert shown(seed, weigh, monkeypatch, output()) == shown(seed, keras, monkeypatch, output())
    assert "\n??" in shown(wide_names, weigh, monkeypatch, output())  # where Keras fails


def test_standard_output_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    seed(weigh).summary()


def test_an_unknown_style_is_refused_with_the_nearest() -> None:
    with pytest.raises(weigh.errors.UnknownNameError, match="keras3"):
        seed(weigh).summary(style="keras_3")


def test_the_seeds_table_as_people_read_it(golden: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    golden("seed_keras3.txt", "".join(given_to_print_fn(seed(weigh))))
