"""JSON is read without trusting it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.errors import FormatError
from weigh.formats import plain_json

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values, st.booleans())
def test_it_is_what_json_says(value: object, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped).encode()
    assert plain_json.parsed(text, "a text", depth=50) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not JSON"),
        ("\ufeff{}".encode(), "is not JSON"),
        (b'{"a": 1, "a": 1}', "names 'a' twice"),
        (b'[{"a": {"b": 1, "b": 2}}]', "names 'b' twice"),
        (b'["\\ud800"]', "half a character"),
        (b'{"\\udfff": 1}', "half a character"),
        (b"[" * 10**5, "nested too deeply"),
        (b"[" * 12 + b"]" * 12, "nested deeper than the limit `depth`, 10"),
        (b"1" * 5000, "is not JSON"),
    ],
)
def test_what_is_wrong_is_told(text: bytes, said: str) -> None:
    with pytest.raises(FormatError, match=f"^a text .*{said}"):
        plain_json.parsed(text, "a text", depth=10)


@pytest.mark.parametrize("text", [b"1.0", b"1e3", b"NaN", b"-Infinity"])
def test_numbers_can_be_held_to_whole_ones(text: bytes) -> None:
    assert isinstance(plain_json.parsed(text, "a text"), float)
    with pytest.raises(FormatError, match="only whole numbers"):
        plain_json.parsed(text, "a text", whole=True)
