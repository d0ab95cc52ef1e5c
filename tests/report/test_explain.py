"""Explanations: what a person reads about a network, a layer, a lone layer, in golden files and by property."""

import itertools
from collections.abc import Callable
from typing import Any

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh import layers
from weigh.declare import naming
from weigh.declare.seed import Draw
from weigh.errors import ArgumentError, NotBuiltError, UnknownNameError
from weigh.layers import BatchNormalization, Dense
from weigh.report import wording
from weigh.report.explain import explained, explanation
from weigh.report.explanation import Section, Table
from weigh.report.facts import section_of
from weigh.report.text import columns_of

Golden = Callable[[str, str], None]


def seed_network() -> weigh.Model:
    x = layers.Input(batch_shape=(None, 4096))
    hidden = Dense(512, activation="relu")(x)
    hidden = BatchNormalization()(hidden)
    hidden = layers.Dropout(0.5)(hidden)
    return weigh.Model(x, Dense(80, activation="sigmoid")(hidden))


def chain(shape: tuple[int | None, ...], *stack: Any, **options: Any) -> weigh.Model:
    x = tensor = weigh.Input(shape)
    for layer in stack:
        tensor = layer(tensor)
    return weigh.Model(x, tensor, **options)


def nested() -> weigh.Model:
    inner = chain((16,), Dense(8), BatchNormalization(name="norm"), name="inner")
    inner.trainable = False
    return chain((16,), inner, Dense(3, name="head"), name="outer")


def frozen() -> weigh.Model:
    model = chain((10,), Dense(8), BatchNormalization(), Dense(2))
    model.get_layer("batch_normalization").trainable = False
    return model


def joined() -> weigh.Model:
    a, b = weigh.Input((4,), name="a"), weigh.Input((6,), name="b")
    both = layers.Concatenate()([Dense(256, name="left")(a), Dense(128, name="right")(b)])
    return weigh.Model([a, b], BatchNormalization()(both))


def shared() -> weigh.Model:
    a, b = weigh.Input((4,), name="a"), weigh.Input((6,), name="b")
    norm = BatchNormalization(name="both")
    sides = [norm(Dense(16, name="one")(a)), norm(Dense(16, name="two")(b))]
    return weigh.Model([a, b], layers.Add()(sides))


def alone() -> Any:
    layer = BatchNormalization()
    layer.build((None, 512))
    return layer


class Mixture(weigh.Layer):
    """A layer of a user's own: it says its weights and, by itself, its output shape."""

    def __init__(self, units: int, heated: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.heated = heated

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1], self.dim("units")), name="kernel")
        if self.heated:
            self.temperature = self.add_weight((3,), name="temperature", role="temperature", trainable=False)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.dim("units"))


class Block(weigh.Layer):
    """A layer that holds layers."""

    def __init__(self, tall: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.tall = tall
        self.inside = Dense(8 if tall else 6)

    def call(self, inputs: Any) -> Any:
        return self.inside(inputs)


NORMALIZATIONS: dict[str, tuple[Callable[[], Any], str | None]] = {
    "seed": (seed_network, "batch_normalization"),
    "axis_1_of_rank_4": (lambda: chain((64, 28, 28), BatchNormalization(axis=1)), "batch_normalization"),
    "axis_last_of_rank_4": (lambda: chain((28, None, 64), BatchNormalization()), "batch_normalization"),
    "axis_last_of_rank_3": (lambda: chain((20, 32), Dense(24), BatchNormalization()), "batch_normalization"),
    "without_scale": (lambda: chain((10,), Dense(8), BatchNormalization(scale=False)), "batch_normalization"),
    "without_center": (lambda: chain((10,), Dense(8), BatchNormalization(center=False)), "batch_normalization"),
    "without_both": (lambda: chain((10,), BatchNormalization(center=False, scale=False)), "batch_normalization"),
    "other_momentum": (lambda: chain((10,), BatchNormalization(momentum=0.9, epsilon=1e-5)), "batch_normalization"),
    "frozen": (frozen, "batch_normalization"),
    "in_a_nested_model": (nested, "inner/norm"),
    "shared_by_two_inputs": (shared, "both"),
    "after_flatten": (
        lambda: chain((7, 7, 512), layers.Flatten(), BatchNormalization(), Dense(10)),
        "batch_normalization",
    ),
    "on_an_input": (lambda: chain((4096,), BatchNormalization(name="norm"), Dense(5)), "norm"),
    "after_concatenate": (joined, "batch_normalization"),
    "alone": (alone, None),
}

OTHERS: dict[str, tuple[Callable[[], Any], str | None]] = {
    "input_layer": (seed_network, "input_layer"),
    "dense": (seed_network, "dense"),
    "dense_without_bias": (lambda: chain((10, 6), Dense(8, use_bias=False)), "dense"),
    "dropout": (seed_network, "dropout"),
    "dropout_of_nothing": (lambda: chain((6,), layers.Dropout(0.0)), "dropout"),
    "activation": (lambda: chain((6,), layers.Activation("gelu")), "activation"),
    "flatten": (lambda: chain((7, 7, 512), layers.Flatten()), "flatten"),
    "flatten_channels_first": (lambda: chain((3, 8, 8), layers.Flatten(data_format="channels_first")), "flatten"),
    "reshape": (lambda: chain((6, 8), layers.Reshape((2, -1))), "reshape"),
    "add": (shared, "add"),
    "concatenate": (joined, "concatenate"),
    "nested_model": (nested, "inner"),
    "users_layer": (lambda: chain((5,), Mixture(4)), "mixture"),
    "users_layer_of_layers": (lambda: chain((5,), Block()), "block"),
}

NETWORKS: dict[str, Callable[[], Any]] = {
    "seed": seed_network,
    "nested": nested,
    "shared": shared,
    "joined": joined,
    "frozen": frozen,
    "users_layers": lambda: chain((5,), Mixture(4), Block()),
}


def described(cls: type) -> bool:
    """Whether a class of ours, or one of ours that it takes `build` and `call` from, has texts."""
    own: Any = cls
    bases = [base for base in own.__mro__ if issubclass(base, weigh.Layer)]
    return any(section_of(base) for base in bases if own.build is base.build and own.call is base.call)


def numbers_otherwise(layer: Any) -> dict[str, int]:
    """The counts that the explanation gives for other arguments, by these."""
    body = explained(layer).body
    tables = [part.body[0] for part in body if isinstance(part, Section) and part.heading.key == "section.otherwise"]
    return {row[0]: row[1] for table in tables if isinstance(table, Table) for row in table.rows}


# What people read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", NORMALIZATIONS)
def test_batch_normalization_is_explained_wherever_it_stands(variant: str, golden: Golden) -> None:
    make, layer = NORMALIZATIONS[variant]
    golden(f"explain/batch_normalization/{variant}.txt", explanation(make(), layer) + "\n")


@pytest.mark.parametrize("variant", ["seed", "axis_1_of_rank_4", "frozen", "shared_by_two_inputs", "after_flatten"])
def test_batch_normalization_is_explained_in_chinese(variant: str, golden: Golden) -> None:
    make, layer = NORMALIZATIONS[variant]
    golden(f"explain/batch_normalization/{variant}.zh.txt", explanation(make(), layer, lang="zh") + "\n")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("variant", OTHERS)
def test_every_type_of_layer_is_explained(variant: str, lang: str, golden: Golden) -> None:
    make, layer = OTHERS[variant]
    ending = ".txt" if lang == "en" else ".zh.txt"
    golden(f"explain/layer/{variant}{ending}", explanation(make(), layer, lang=lang) + "\n")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("network", NETWORKS)
def test_whole_networks_are_explained(network: str, lang: str, golden: Golden) -> None:
    ending = ".txt" if lang == "en" else ".zh.txt"
    golden(f"explain/network/{network}{ending}", explanation(NETWORKS[network](), lang=lang) + "\n")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_totals_are_explained_by_themselves(lang: str, golden: Golden) -> None:
    text = explanation(seed_network(), totals=True, lang=lang)
    for total in ("2,140,752", "2,139,728", "2,140,753", "2,140,754"):
        assert total in text
    golden(f"explain/network/totals{'' if lang == 'en' else '.zh'}.txt", text + "\n")


def test_an_optimizers_state_stands_beside_the_network(golden: Golden) -> None:
    model = seed_network()
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.optimizer.build(model.trainable_weights)
    text = explanation(model)
    assert text.startswith("functional (Functional): 2,140,752 parameters")
    assert "4,279,458 = 2 × 2,139,728 + 2" in text
    golden("explain/network/compiled.txt", text + "\n")


def test_the_question_of_2048_is_answered() -> None:
    text = " ".join(explanation(seed_network(), "batch_normalization").split())
    for answer in (
        "2,048 = 4 × 512",
        "γ gamma scale (512,) 512 learned by gradient",
        "β beta offset (512,) 512 learned by gradient",
        "μ moving_mean running mean (512,) 512 tracked by a moving average",
        "σ² moving_variance running variance (512,) 512 tracked by a moving average",
        "512 is axis −1 of its input (None, 512), and comes from `units` of dense.",
        "y = γ · (x − μ) / √(σ² + ε) + β",
        "moving_mean ← 0.99 · moving_mean + 0.01 · mean of the batch",
        "take the place of the batch's own μ and σ²",
        "scale=False 1,536",
        "center=False 1,536",
        "center=False, scale=False 1,024",
        "1,024 of the network's 2,140,752 parameters are not trained; all of them are here.",
    ):
        assert answer in text


# What holds for every one -----------------------------------------------------------------------------------------

flags = st.booleans()


@st.composite
def normalizations(draw: Any) -> Any:
    sizes = draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))
    axis = draw(st.integers(1, len(sizes)))
    return (
        (None, *sizes),
        {
            "axis": draw(st.sampled_from([axis, axis - len(sizes) - 1])),
            "center": draw(flags),
            "scale": draw(flags),
            "trainable": draw(flags),
        },
    )


@given(normalizations())
def test_other_arguments_give_the_counts_that_keras_gives_them(case: Any) -> None:
    shape, options = case
    layer = BatchNormalization(**options)
    layer.build(shape)
    told = numbers_otherwise(layer)
    assert len(told) == 3
    for arguments, count in told.items():
        changed = {name: value == "True" for name, value in (pair.split("=") for pair in arguments.split(", "))}
        peer = keras.layers.BatchNormalization(**{**options, **changed})
        peer.build(shape)
        assert count == peer.count_params()


@given(normalizations(), st.sampled_from(wording.languages()), st.integers(60, 100))
def test_the_rows_add_up_and_no_line_is_too_long(case: Any, lang: str, width: int) -> None:
    shape, options = case
    layer = BatchNormalization(**options)
    layer.build(shape)
    data = explained(layer)
    assert sum(row.count for row in data.rows) == layer.count_params() == data.heading.values["total"]
    text = explanation(layer, lang=lang, width=width)
    assert max(map(columns_of, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    for row in data.rows:
        assert row.symbol in text
        assert row.name in text


@pytest.mark.parametrize("lang", wording.languages())
@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_fits_a_terminal_of_80_columns(network: str, lang: str) -> None:
    model = NETWORKS[network]()
    texts = [explanation(model, lang=lang, width=80)]
    texts += [explanation(model, layer.name, lang=lang, width=80) for layer in model.layers]
    lines = list(itertools.chain.from_iterable(text.splitlines() for text in texts))
    assert max(map(columns_of, lines)) <= 80
    assert not any("{" in line or "[" in line for line in lines)  # no place or segment is left over


def test_every_layer_of_ours_has_texts_of_its_own() -> None:
    ours = [getattr(layers, name) for name in layers.__all__ if name not in ("Layer", "RNN", "Wrapper")]
    ours = [one for one in ours if isinstance(one, type) and issubclass(one, weigh.Layer)]
    assert {one.__name__ for one in ours if not described(one)} == set()


def test_a_subclass_is_explained_as_the_layer_that_it_derives_from() -> None:
    class MyDense(Dense):
        pass

    text = explanation(chain((4,), MyDense(3, name="mine")), "mine")
    assert "mine (MyDense): 15 = 4 × 3 + 3 parameters" in text
    assert "y = x · W + b" in text


def test_a_subclass_that_declares_or_computes_something_else_is_not_explained_as_its_base() -> None:
    class Doubled(Dense):
        def call(self, inputs: Any) -> Any:
            return 2 * super().call(inputs)

    class Bare(BatchNormalization):
        def build(self, input_shape: Any) -> None:
            self.factor = self.add_weight((input_shape[-1],), name="factor")

    model = chain((4,), Doubled(3, name="doubled"), Bare(name="bare"))
    assert "y = Doubled(x): as its `call` says" in explanation(model, "doubled")
    assert "y = Bare(x): as its `call` says" in explanation(model, "bare")


def test_a_users_class_is_not_mistaken_for_ours_of_the_same_name() -> None:
    stranger = type("Dense", (Mixture,), {})
    assert "y = Dense(x): as its `call` says" in explanation(chain((4,), stranger(3, name="mine")), "mine")


def test_what_a_layers_own_build_does_not_declare_is_not_guessed_at() -> None:
    model = chain((5,), Block())
    assert "With other arguments" not in explanation(model, "block")  # `tall` would change weights of a layer inside


def test_a_weight_of_two_layers_is_counted_once() -> None:
    class Tied(Mixture):
        def __init__(self, kernel: Callable[[], Any], **options: Any) -> None:
            super().__init__(4, **options)
            self.its = kernel

        def build(self, input_shape: Any) -> None:
            self.kernel = self.its()

    first = Dense(4, use_bias=False, name="first")
    model = chain((4,), first, Tied(lambda: first.kernel, name="second"))
    assert model.account().total == 16
    assert "shared by first and second, counted once" in explanation(model, "first")
    assert "Its weights are those of first, and counted there." in explanation(model, "second")


def test_explaining_leaves_names_and_seeds_as_they_were() -> None:
    model = seed_network()
    names, before = dict(naming._counters), Draw()
    explanation(model)
    for layer in model.layers:
        explanation(model, layer.name)
    after = Draw()
    assert naming._counters == names
    assert after._ticket == before._ticket + 1


# How it is asked for ----------------------------------------------------------------------------------------------


def test_a_layer_is_found_by_path_and_by_a_name_that_only_one_has() -> None:
    model = nested()
    assert explanation(model, "inner/norm") == explanation(model, "norm")


def test_a_name_that_several_layers_have_asks_which_one() -> None:
    model = chain(
        (4,), chain((4,), Dense(4, name="same"), name="a"), chain((4,), Dense(4, name="same"), name="b"), name="outer"
    )
    with pytest.raises(ArgumentError, match=r"2 layers named 'same'.*'a/same', 'b/same'"):
        explanation(model, "same")


def test_an_unknown_layer_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError, match=r"'dens'.*Did you mean 'dense'"):
        explanation(seed_network(), "dens")


@pytest.mark.parametrize("thing", [BatchNormalization, lambda: weigh.Sequential([Dense(3)])])
def test_what_is_not_built_says_so(thing: Callable[[], Any]) -> None:
    with pytest.raises(NotBuiltError, match="is not built"):
        explanation(thing())


def test_the_language_is_the_arguments_else_the_environments_else_english(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = alone()
    english, chinese = explanation(layer, lang="en"), explanation(layer, lang="zh")
    assert explanation(layer) == english != chinese
    monkeypatch.setenv("WEIGH_LANG", "zh")
    assert explanation(layer) == chinese
    assert explanation(layer, lang="en") == english


def test_an_unknown_language_lists_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match=r"language: 'tlh'[.] Known: en, zh"):
        explanation(alone(), lang="tlh")
    monkeypatch.setenv("WEIGH_LANG", "tlh")
    with pytest.raises(UnknownNameError, match="WEIGH_LANG"):
        explanation(alone())


def test_explain_prints_what_explanation_returns(capsys: pytest.CaptureFixture[str]) -> None:
    model = seed_network()
    weigh.explain(model, "dense")
    model.explain("dense")
    text = explanation(model, "dense") + "\n"
    assert capsys.readouterr().out == text * 2


def test_explain_gives_its_text_to_a_function_that_is_passed() -> None:
    layer, got = alone(), list[str]()
    weigh.explain(layer, print_fn=got.append)
    assert got == [explanation(layer)]


def test_explain_keeps_to_the_terminals_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layer = alone()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "70")
    weigh.explain(layer)
    assert capsys.readouterr().out == explanation(layer, width=70) + "\n"
