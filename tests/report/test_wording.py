"""The words of explanations: places, segments that fall away, and the same keys in every language."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.compare import reckonings
from weigh.report import wording
from weigh.report.explanation import Joined, Said
from weigh.report.wording import Words

LANGUAGES = wording.languages()


def said(text: Any, **values: Any) -> list[str]:
    return Words("test", {"text": text, "list.comma": ", ", "list.last": " and "}).lines(Said("text", **values))


def all_texts(lang: str) -> dict[str, Any]:
    """Every text of a language, those of all families of layers included."""
    words = wording.load(lang)
    for family in words.families:
        assert f"layers.{family}." not in words  # asking reads the family
    return words.texts


def places(entry: Any) -> Iterator[set[str]]:
    """The places and conditions of each line of an entry."""
    for line in entry if isinstance(entry, list) else [entry]:
        texts = line.values() if isinstance(line, dict) else [line]
        yield {name for text in texts for name in re.findall(r"\{(\w+)\}|\[!?(\w+)\?", text) for name in name if name}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_places(lang: str) -> None:
    english, other = all_texts("en"), all_texts(lang)
    assert other.keys() == english.keys()
    assert {key: list(places(entry)) for key, entry in other.items()} == {
        key: list(places(entry)) for key, entry in english.items()
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_role_kind_and_tool_has_words(lang: str) -> None:
    texts = wording.load(lang).texts
    constants = {value for name, value in vars(roles).items() if name.isupper() and isinstance(value, str)}
    kinds = {
        roles.kind(role, learnable, trained)
        for role in constants
        for learnable, trained in ((True, True), (True, False), (False, False))
    }
    assert {f"kinds.{kind.replace(' ', '_')}.{what}" for kind in kinds for what in ("name", "how", "why")} <= set(texts)
    assert {f"roles.{role.replace(' ', '_')}" for role in {*roles.SYMBOLS, roles.UNSAID}} <= set(texts)
    tools = {reckoning.tool for reckoning in reckonings(Account("empty", ()))}
    assert {f"tools.{tool}.{what}" for tool in tools for what in ("name", "same", "reason")} <= set(texts)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_segments_are_closed_and_places_are_names(lang: str) -> None:
    for key, entry in all_texts(lang).items():
        for line in entry if isinstance(entry, list) else [entry]:
            for text in line.values() if isinstance(line, dict) else [line]:
                assert text.count("[") == text.count("]"), key
                assert text.count("{") == text.count("}") == len(re.findall(r"\{\w+\}", text)), key


def test_a_segment_falls_away_with_a_place_that_is_absent() -> None:
    assert said("y = [{scale} · ]x[ + {offset}]", scale="γ", offset=None) == ["y = γ · x"]
    assert said("[over {others} ]examples", others=False) == ["examples"]
    assert said("[{zero} left]", zero=0) == ["0 left"]


def test_a_segment_asks_for_a_value_or_for_its_absence() -> None:
    text = "[frozen?stays][!frozen?moves[ by {step}]]"
    assert said(text, frozen=True, step=1) == ["stays"]
    assert said(text, frozen=False, step=1) == ["moves by 1"]
    assert said(text, step=None) == ["moves"]


def test_a_line_that_falls_away_as_a_whole_leaves_no_empty_line() -> None:
    assert said(["one", "[{absent}]", "two"]) == ["one", "two"]


def test_brackets_in_a_value_are_no_segments() -> None:
    assert said("{name}", name="target_shape[0] {x}") == ["target_shape[0] {x}"]


def test_one_and_several_have_texts_of_their_own() -> None:
    entry = {"one": "{n} layer", "other": "{n} layers"}
    assert [said(entry, n=count) for count in (0, 1, 2)] == [["0 layers"], ["1 layer"], ["2 layers"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2048, "2,048"),
        (-1, "−1"),
        (1.0 - 0.99, "0.01"),
        (1e-3, "0.001"),
        ((None, 4096), "(None, 4096)"),
        ((512,), "(512,)"),
        ((), "()"),
        ("dense", "dense"),
        (Joined([4, 512], "×"), "4 × 512"),
        (Joined([Joined([4096, 512], "×"), 512], "+"), "4,096 × 512 + 512"),
        (Joined(["γ", "β"], ","), "γ, β"),
        (Joined(["a", "b", "c"]), "a, b and c"),
        (Joined(["a"]), "a"),
    ],
)
def test_values_are_written_as_people_read_them(value: Any, text: str) -> None:
    (line,) = said("{value}", value=value)
    assert line.replace(wording.FIXED_SPACE, " ") == text
