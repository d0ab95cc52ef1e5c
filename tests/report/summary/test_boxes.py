"""Tables in boxes and broken lines, beside rich, which lays them out for Keras."""

import rich.console
import rich.table
import rich.text
from hypothesis import given
from hypothesis import strategies as st

from weigh.report.summary import boxes, cells
from weigh.report.summary.cells import Text

SIGNS = "abcXYZ 059 _-.,()[]éßкириλ漢字カナ한ा\N{COMBINING ACUTE ACCENT}\n"
PIECES = st.lists(st.tuples(st.text(SIGNS, max_size=12), st.sampled_from(["", "bold", "number"])), max_size=5)
TEXT = PIECES.map(lambda pieces: [signed for plain, style in pieces for signed in cells.styled(plain, style)])
CODES = {"bold": "1", "number": "38;5;34"}
RICH_STYLES = {"": "", "bold": "bold", "number": "color(34)"}


def as_rich(text: Text) -> rich.text.Text:
    return rich.text.Text.assemble(*((plain, RICH_STYLES[style]) for plain, style in boxes.segments(text)))


def console(width: int) -> rich.console.Console:
    return rich.console.Console(
        width=width, height=25, force_terminal=True, color_system="256", highlight=False, _environ={"TERM": "xterm"}
    )


def printed(lines: list[boxes.Line], width: int) -> str:
    return "".join(f"{boxes.render(line, width, CODES)}\n" for line in lines)


@given(data=st.data(), widths=st.lists(st.integers(4, 40), min_size=3, max_size=5), spare=st.integers(0, 40))
def test_any_table_is_laid_out_as_rich_does_it(data: st.DataObject, widths: list[int], spare: int) -> None:
    columns = len(widths)
    line_length = sum(widths) + spare
    rows = data.draw(st.lists(st.lists(TEXT, min_size=columns, max_size=columns), max_size=3))
    justify = data.draw(st.lists(st.sampled_from(["left", "right", "center"]), min_size=columns, max_size=columns))
    header = [f"Column {number}" for number in range(columns)]
    width = data.draw(st.integers(5, 150))

    table = rich.table.Table(
        *(
            rich.table.Column(title, justify=side, width=size)  # type: ignore[arg-type]
            for title, side, size in zip(header, justify, widths, strict=True)
        ),
        width=line_length,
        show_lines=True,
    )
    for row in rows:
        table.add_row(*map(as_rich, row))
    terminal = console(width)
    with terminal.capture() as capture:
        terminal.print(table)

    lines = boxes.table(header, rows, boxes.column_widths(widths, line_length), justify, is_ascii=False)
    assert printed(list(lines), width) == capture.get()


@given(text=TEXT, width=st.integers(2, 60))
def test_any_text_is_folded_as_rich_folds_it(text: Text, width: int) -> None:
    terminal = console(width)
    with terminal.capture() as capture:
        terminal.print(as_rich(text))
    assert printed([boxes.segments(line) for line in cells.lines(text, width, fold=True)], width) == capture.get()


@given(
    st.text(
        st.characters(categories=["Lu", "Ll", "Lt", "Nd", "Pd", "Ps", "Pe", "Po", "Sc", "Sm"], max_codepoint=0xFFFF)
    )
)
def test_letters_digits_and_punctuation_are_as_wide_as_rich_takes_them_to_be(text: str) -> None:
    assert cells.width(text) == rich.text.Text(text).cell_len


@given(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x9FFF, categories=["Lo"])))
def test_east_asian_letters_are_as_wide_as_rich_takes_them_to_be(text: str) -> None:
    assert cells.width(text) == rich.text.Text(text).cell_len
