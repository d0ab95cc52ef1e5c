"""Pictures of a few characters in noise, labelled with which of 80 characters they show.

A picture has 64 × 64 = 4,096 pixels. Two to five glyphs of a 5 × 8 font, three times enlarged, stand in different ones
of eight places, each moved down or right by a pixel or not and printed in an ink of its own, and noise lies over all.
The earlier a glyph comes in `GLYPHS`, the more often it is shown, the first more than three times as often as the last,
so that knowing the frequencies alone is worth something and a network has a baseline to beat.

Raw words of PCG64, integer arithmetic and one division make a picture. NumPy promises that stream for good (NEP 19),
and IEEE 754 the division, so a seed gives the same bytes with every release and on every machine. Each picture takes a
fixed number of words, so asking for more pictures leaves the first ones as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from weigh.errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Split = tuple[NDArray[np.float32], NDArray[np.float32]]

__all__ = ["GLYPHS", "bitmaps", "image_shape", "load_data"]

GLYPHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!?&@#$%*+-=/\\<>()^"
"""The 80 characters, in the order of the labels."""

image_shape = (64, 64)
"""Rows and columns of a picture, for ``x.reshape(-1, *image_shape)``."""

_ENLARGED = 3
_PLACES = (2, 4)  # rows and columns of places
_FEWEST, _MOST = 2, 5  # glyphs in a picture
_WORDS = {"noise": 512, "place": 8, "glyph": _MOST, "ink": _MOST, "down": _MOST, "right": _MOST, "number": 1}
_AT_ONCE = 1_024  # pictures drawn together: enough to be fast, few enough to stay in the cache


def load_data(train: int = 16_384, test: int = 1_024, seed: int = 0) -> tuple[Split, Split]:
    """Return ``(x_train, y_train), (x_test, y_test)``, the same for the same `seed` everywhere.

    `x` is float32 of shape (pictures, 4096), pixels row by row from 0 (paper) to 1 (ink); `y` is float32 of shape
    (pictures, 80), 1 where the picture shows the glyph. Neither half depends on the size of the other.

    Raises:
        ArgumentTypeError: if a number is not an int.
        ArgumentError: if a number is negative.
    """
    import numpy as np

    for name, value in (("train", train), ("test", test), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise ArgumentTypeError(f"glyphs.load_data: `{name}` must be an int, 0 or more; got {value!r}.")
        if value < 0:
            raise ArgumentError(f"glyphs.load_data: `{name}` must be an int, 0 or more; got {value}.")
    for_train, for_test = np.random.SeedSequence(seed).spawn(2)
    return _draw(train, for_train), _draw(test, for_test)


def bitmaps() -> NDArray[np.uint8]:
    """Return the font, 1 where there is ink: shape (80 glyphs, 8 rows, 5 columns)."""
    from importlib import resources

    import numpy as np

    sheet = resources.files(__package__).joinpath("glyphs.txt").read_text(encoding="ascii")
    drawings = {name: rows for name, *rows in map(str.splitlines, sheet.split("\n\n"))}
    return np.array([[[dot == "#" for dot in row] for row in drawings[glyph]] for glyph in GLYPHS], np.uint8)


def _draw(count: int, seed: np.random.SeedSequence) -> Split:
    import numpy as np

    stream = np.random.PCG64(seed)
    font = bitmaps().repeat(_ENLARGED, axis=1).repeat(_ENLARGED, axis=2)
    x = np.empty((count, image_shape[0] * image_shape[1]), np.float32)
    y = np.zeros((count, len(GLYPHS)), np.float32)
    for start in range(0, count, _AT_ONCE):
        part = slice(start, min(start + _AT_ONCE, count))
        pixels, seen = _pictures(stream.random_raw((part.stop - start, sum(_WORDS.values()))), font)
        np.divide(pixels.reshape(len(pixels), -1), np.float32(255), out=x[part])
        y[part] = seen
    return x, y


def _pictures(words: NDArray[np.uint64], font: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Turn words (pictures, words of one) into pixels (pictures, rows, columns) and labels (pictures, glyphs)."""
    import numpy as np

    parts = np.split(words, np.cumsum(list(_WORDS.values()))[:-1], axis=1)
    random = dict(zip(_WORDS, parts, strict=True))
    shown = np.arange(_MOST) < _FEWEST + random["number"] % (_MOST - _FEWEST + 1)
    picture = shown.nonzero()[0]

    def among(options: int, name: str) -> NDArray[np.intp]:
        return (random[name][shown] % options).astype(np.intp)

    share = np.cumsum([10_000 // (30 + rank) for rank in range(len(GLYPHS))])
    glyph = share.searchsorted(among(int(share[-1]), "glyph"), side="right")
    place = random["place"].argsort(axis=1, kind="stable")[:, :_MOST][shown]
    ink = 160 + among(48, "ink").astype(np.uint8)  # 160 … 207, and noise of 0 … 47 on top: never past 255

    height, width = font.shape[1:]
    field = [size // places for size, places in zip(image_shape, _PLACES, strict=True)]
    top = place // _PLACES[1] * field[0] + (field[0] - height) // 2 + among(2, "down")
    left = place % _PLACES[1] * field[1] + (field[1] - width) // 2 + among(2, "right")

    pixels = np.zeros((len(words), *image_shape), np.uint8)
    rows = top[:, None, None] + np.arange(height)[:, None]
    columns = left[:, None, None] + np.arange(width)
    pixels[picture[:, None, None], rows, columns] = font[glyph] * ink[:, None, None]
    pixels += random["noise"].astype("<u8").view(np.uint8).reshape(pixels.shape) % 48

    seen = np.zeros((len(words), len(GLYPHS)), np.bool_)
    seen[picture, glyph] = True
    return pixels, seen
