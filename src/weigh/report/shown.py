"""Names that others wrote, made fit to be seen: nothing in them moves the cursor, turns the text or fills a page."""

from __future__ import annotations

from unicodedata import category

LONGEST = 120
"""Characters of a name that are shown; of a longer one the beginning and the end are."""

ELLIPSIS = "…"
_MARKS = 2  # combining marks on one letter: more of them reach into the lines above


def escaped(name: str, most: int = LONGEST) -> str:
    r"""Return a name as it is shown: shortened in the middle, with escapes for what is no visible sign.

    Control characters, marks that turn the direction, spaces that look like others and signs of no meaning are written
    as Python writes them, and a backslash is doubled, so that two names never look alike by an escape.

    >>> escaped("layer\x1b[2J\u202e.weight")
    'layer\\x1b[2J\\u202e.weight'
    >>> escaped("")
    "''"
    """
    if len(name) > most:
        half = (most - 1) // 2
        return escaped(name[: most - 1 - half], most) + ELLIPSIS + escaped(name[len(name) - half :], most)
    if name.isascii() and name.isprintable() and "\\" not in name and name.strip(" ") == name and name:
        return name
    if not name:
        return "''"
    shown = visible(name.replace("\\", "\\\\"))
    inner = shown.strip(" ")
    before = len(shown) - len(shown.lstrip(" "))
    return "\\x20" * before + inner + "\\x20" * (len(shown) - before - len(inner))


def visible(text: str) -> str:
    """Return a text with escapes for what is no visible sign, as `escaped` does, but neither shortened nor doubled."""
    if text.isascii() and text.isprintable():
        return text
    signs: list[str] = []
    marks = _MARKS  # a mark at the beginning would stand on the sign before
    for sign in text:
        kind = category(sign)
        marks = marks + 1 if kind[0] == "M" else 0
        is_plain = sign == " " or (kind[0] not in "CZ" and marks <= _MARKS)
        signs.append(sign if is_plain else sign.encode("unicode_escape", "surrogatepass").decode())
    return "".join(signs)


def shortened(text: str, columns: int) -> str:
    """Return a text that takes at most so many columns: what is in the middle of a longer one is left out.

    >>> shortened("model.layers.0.weight", 11)
    'model…eight'
    """
    from weigh.report.text import columns_of

    if columns_of(text) <= columns:
        return text
    left = max(columns - 1, 2)
    head: list[str] = []
    tail: list[str] = []
    used = 0
    for index in range(len(text)):
        part, sign = (tail, text[-1 - index // 2]) if index % 2 == 0 else (head, text[index // 2])
        used += columns_of(sign)
        if used > left:
            break
        part.append(sign)
    return "".join(head) + ELLIPSIS + "".join(reversed(tail))
