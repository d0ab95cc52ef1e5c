"""Text in the cells of a terminal, where a sign takes no cell, one or two: measured, cut, broken into lines.

The rules are those of rich, which lays out Keras 3's table; its default for text is to fold, for a table to cut.
"""

from __future__ import annotations

from collections.abc import Iterator

Text = list[tuple[str, str]]
"""Signs, each with the name of its style; ``""`` is none."""


def styled(plain: str, style: str = "") -> Text:
    """Return `plain` as a Text in one style."""
    return [(sign, style) for sign in plain]


def plain(text: Text) -> str:
    """Return `text` without its styles."""
    return "".join(sign for sign, _ in text)


def width(text: str) -> int:
    """Return how many cells `text` takes."""
    return len(text) if text.isascii() and text.isprintable() else sum(map(_sign_width, text))


def _sign_width(sign: str) -> int:
    if " " <= sign <= "~" or "─" <= sign <= "▟" or sign == "…":
        return 1  # letters and borders; the database of all signs takes a while to load
    from unicodedata import category, east_asian_width

    kind = category(sign)
    if kind[0] == "M" or (kind in ("Cc", "Cf") and sign != "\xad"):
        return 0
    return 2 if east_asian_width(sign) in "WF" else 1


def cut(text: Text, cells: int) -> Text:
    """Return as much of `text` as `cells` hold; half of a wide sign becomes a space."""
    used = 0
    for index, (sign, style) in enumerate(text):
        used += width(sign)
        if used > cells or cells < 1:
            half = [(" ", style)] if used - width(sign) < cells else []
            return [*text[:index], *half]
    return text


def fitted(text: Text, cells: int, justify: str, style: str = "") -> Text:
    """Return `text` in exactly `cells`: cut with an ellipsis, or with spaces in `style` where `justify` leaves room."""
    if justify != "left":
        text = text[: len(plain(text).rstrip())]
    if width(plain(text)) > cells:
        kept = cut(text, cells - 1)
        return [*kept, ("…", text[len(kept)][1])]
    free = cells - width(plain(text))
    before = {"left": 0, "center": free // 2, "right": free}[justify]
    return [*styled(" " * before, style), *text, *styled(" " * (free - before), style)]


def lines(text: Text, cells: int, fold: bool = False) -> Iterator[Text]:
    """Break `text` between words into lines of at most `cells`.

    Args:
        text: what to break.
        cells: how many a line has.
        fold: whether a word that is too long for any line goes on on the next; else it is longer than its line.
    """
    start = 0
    for paragraph in plain(text).split("\n"):
        for piece in _pieces(paragraph, cells, fold):
            spaces = len(piece) - len(piece.rstrip())
            kept = len(piece) - max(0, min(spaces, len(piece) - cells))
            yield text[start : start + kept]
            start += len(piece)
        start += 1


def _pieces(text: str, cells: int, fold: bool) -> Iterator[str]:
    start = 0
    for end in [*_breaks(text, cells, fold), len(text)]:
        yield text[start:end]
        start = end


def _breaks(text: str, cells: int, fold: bool) -> Iterator[int]:
    used = 0
    for start, word in _words(text):
        size = width(word.rstrip())
        if size <= cells - used:
            used += width(word)
        elif size > cells and fold:
            for piece in _folded(word, cells):
                if start:
                    yield start
                start += len(piece)
                used = width(piece)
        else:
            if start:
                yield start
            used = width(word)


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Yield each word with the spaces behind it, the first also with those before it, and where it starts."""
    start = 0
    for index in range(1, len(text)):
        if text[index - 1].isspace() and not text[index].isspace() and text[start:index].strip():
            yield start, text[start:index]
            start = index
    if text[start:].strip():
        yield start, text[start:]


def _folded(word: str, cells: int) -> Iterator[str]:
    used = start = 0
    for index, sign in enumerate(word):
        used += width(sign)
        if used > cells:
            yield word[start:index]
            start, used = index, width(sign)
    yield word[start:]
