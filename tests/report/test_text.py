"""Plain text: wrapped between words and between Chinese characters, aligned by what is seen."""

from hypothesis import given
from hypothesis import strategies as st

from weigh.report import wording
from weigh.report.explanation import Formula, Said, Section, Table
from weigh.report.text import columns_of, pad, render, wrap
from weigh.report.wording import Words

words = st.text(alphabet="abcγβ。，、（）轴批γ", min_size=1, max_size=9)
WORDS = Words("test", {"it": "{text}"})


def it(text: str) -> Said:
    return Said("it", text=text)


@given(st.lists(words, max_size=30), st.integers(24, 60))
def test_wrapping_keeps_every_character_in_order_and_every_line_in_its_width(parts: list[str], width: int) -> None:
    text = " ".join(parts)
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns_of(line) <= width or " " not in line for line in lines)


@given(st.lists(words, min_size=1, max_size=30))
def test_a_text_that_fits_is_one_line_as_it_stands(parts: list[str]) -> None:
    text = " ".join(parts)
    assert wrap(text, columns_of(text)) == [text]


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    text = "训练时，均值（以及方差）逐批更新；推理时不变。" * 4
    for width in range(12, 40):
        lines = wrap(text, width)
        assert not any(line[0] in "，。；）" or line[-1] == "（" for line in lines)


def test_a_fixed_space_is_not_broken_at() -> None:
    shape = f"(None,{wording.FIXED_SPACE}4096)"
    assert wrap(f"input of {shape}", 14) == ["input of", shape]


def test_further_lines_have_their_own_indent() -> None:
    assert wrap("one two three", 7, rest="  ") == ["one two", "  three"]


def test_wide_characters_take_two_columns_and_greek_letters_one() -> None:
    assert columns_of("权重") == 4
    assert columns_of("γβ×→−") == 5
    assert pad("权重", 6, "l") == "权重  "
    assert pad("12", 4, "r") == "  12"


def test_columns_are_aligned_by_what_is_seen() -> None:
    table = Table("lrl", [["权重", 512, "learned"], ["b", 4096, "learned"]])
    text = render(Section(it("title"), [table]), WORDS)
    assert text.splitlines()[2:] == ["权重    512  learned", "b     4,096  learned"]


def test_a_column_without_content_takes_no_room() -> None:
    text = render(Section(it("title"), [Table("lll", [["a", None, "b"], ["c", None, "d"]])]), WORDS)
    assert text.splitlines()[2:] == ["a  b", "c  d"]


def test_a_last_column_is_wrapped_in_its_place_or_under_its_row_where_that_is_too_narrow() -> None:
    long = "some words that do not fit into what is left"
    beside = render(Section(it("t"), [Table("ll", [["name", long]])]), WORDS, 37).splitlines()[2:]
    assert beside == ["name  some words that do not fit into", "      what is left"]
    under = render(Section(it("t"), [Table("ll", [["n" * 20, long]])]), WORDS, 36).splitlines()[2:]
    assert under == ["n" * 20, "    some words that do not fit into", "    what is left"]


def test_sections_stand_apart_and_are_indented_by_depth() -> None:
    inner = Section(it("inner"), [Formula(it("y = x")), it("close")])
    outer = Section(it("outer"), [it("text"), Formula(it("y = x")), inner])
    assert render(Section(it("title"), [outer]), WORDS).splitlines() == [
        "title",
        "─────",
        "",
        "outer",
        "  text",
        "",
        "    y = x",
        "",
        "  inner",
        "    y = x",
        "    close",
    ]
