import hashlib
import subprocess
import sys
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.datasets import glyphs
from weigh.datasets.glyphs import GLYPHS, bitmaps, image_shape, load_data
from weigh.errors import WeighError

SEEDS = st.integers(0, 2**130)


@pytest.fixture(scope="module")
def sample():
    return load_data(train=4_000, test=4_000)


def test_there_are_80_different_glyphs_that_print_as_one_character():
    assert len(GLYPHS) == len(set(GLYPHS)) == 80
    assert GLYPHS.isascii()
    assert GLYPHS.isprintable()
    assert " " not in GLYPHS


def test_the_font_has_one_bitmap_of_8_rows_and_5_columns_a_glyph():
    font = bitmaps()
    assert font.shape == (80, 8, 5)
    assert font.dtype == np.uint8
    assert set(np.unique(font)) == {0, 1}


def test_a_glyph_of_the_font_looks_like_its_character():
    rows = ["".join(".#"[dot] for dot in row) for row in bitmaps()[GLYPHS.index("R")]]
    assert rows == ["####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#", "....."]


def test_any_two_glyphs_differ_in_four_dots_even_when_one_is_moved_by_a_dot():
    fixed = np.pad(bitmaps(), ((0, 0), (1, 1), (1, 1)))
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            moved = np.roll(fixed, (down, right), axis=(1, 2))
            dots = (fixed[:, None] != moved[None]).sum(axis=(2, 3))
            assert dots[~np.eye(80, dtype=bool)].min() >= 4


def test_the_halves_come_as_keras_data_sets_do():
    (x_train, y_train), (x_test, y_test) = load_data(train=7, test=3)
    assert [part.shape for part in (x_train, y_train, x_test, y_test)] == [(7, 4096), (7, 80), (3, 4096), (3, 80)]
    assert {part.dtype for part in (x_train, y_train, x_test, y_test)} == {np.dtype(np.float32)}
    assert image_shape[0] * image_shape[1] == 4096


@settings(max_examples=10)
@given(train=st.integers(0, 3), test=st.integers(0, 3), seed=SEEDS)
def test_any_number_of_pictures_may_be_asked_for_even_none(train, test, seed):
    for (x, y), count in zip(load_data(train, test, seed), (train, test), strict=True):
        assert x.shape == (count, 4096)
        assert y.shape == (count, 80)
        assert np.all((x >= 0) & (x <= 1))
        assert np.all((y == 0) | (y == 1))
        assert np.all((y.sum(axis=1) >= 1) & (y.sum(axis=1) <= 5))


def test_a_seed_gives_the_same_bytes_on_every_machine():
    digest = hashlib.sha256()
    for part in load_data(train=1_500, test=200, seed=3):
        for array in part:
            digest.update(array.astype("<f4").tobytes())
    assert digest.hexdigest() == "c129bae9d1ef472666aff52ede82e6c4b1630b5fb2b1b8aaea99a3d7b0355906"


@settings(max_examples=10)
@given(seed=SEEDS, other=SEEDS)
def test_another_seed_and_the_other_half_give_other_pictures(seed, other):
    (train, _), (test, _) = load_data(2, 2, seed)
    (again, _), (more, _) = load_data(2, 2, other)
    pictures = {array.tobytes() for array in (*train, *test, *again, *more)}
    assert len(pictures) == (4 if seed == other else 8)


def test_the_first_pictures_stay_when_more_are_asked_for():
    (x_few, y_few), (x_test, _) = load_data(train=5, test=5, seed=9)
    (x_many, y_many), (x_longer, _) = load_data(train=2_050, test=1_100, seed=9)
    assert np.array_equal(x_few, x_many[:5])
    assert np.array_equal(y_few, y_many[:5])
    assert np.array_equal(x_test, x_longer[:5])


def test_the_label_names_exactly_what_can_be_read_in_the_picture(sample):
    """A reader that knows the font finds every glyph that the label names, at some place, and nothing else."""
    (x, y), _ = sample
    stamps = bitmaps().repeat(3, axis=1).repeat(3, axis=2).astype(bool)
    places = list(product((4, 36), (0, 16, 32, 48), (0, 1), (0, 1)))
    for picture, label in zip(x[:200].reshape(-1, *image_shape), y[:200], strict=True):
        ink = picture >= 160 / 255  # the faintest ink; noise alone stays below 48 / 255
        fields = [ink[top + down :, left + right :][:24, :15] for top, left, down, right in places]
        read = {glyph for glyph, stamp in enumerate(stamps) if any(np.array_equal(field, stamp) for field in fields)}
        assert read == set(label.nonzero()[0])


def test_earlier_glyphs_are_shown_more_often_than_later_ones(sample):
    shown = (sample[0][1] + sample[1][1]).reshape(-1, 10, 8).mean(axis=(0, 2))
    assert all(more > fewer for more, fewer in pairwise(shown))
    assert shown[0] > 2.5 * shown[-1]


def test_a_picture_shows_two_to_five_glyphs_at_all_eight_places(sample):
    (x, y), _ = sample
    ink = (x.reshape(-1, 2, 32, 4, 16) >= 160 / 255).any(axis=(2, 4)).reshape(-1, 8)
    assert set(ink.sum(axis=1)) == {2, 3, 4, 5}
    assert np.all(ink.sum(axis=1) >= y.sum(axis=1))
    assert np.allclose(ink.mean(axis=0), 3.5 / 8, atol=0.04)


def test_noise_lies_over_every_pixel_and_differs_from_picture_to_picture(sample):
    x = sample[0][0]
    paper = x[x < 160 / 255]
    assert paper.max() == np.float32(47) / np.float32(255)
    assert abs(paper.mean() - 22.5 / 255) < 0.001
    assert np.abs(np.corrcoef(x[:20, :64])[np.triu_indices(20, 1)]).mean() < 0.2


@pytest.mark.parametrize("argument", ["train", "test", "seed"])
@pytest.mark.parametrize(
    ("value", "builtin"), [(-1, ValueError), (2.0, TypeError), ("8", TypeError), (True, TypeError)]
)
def test_a_number_that_is_no_count_is_refused_by_name(argument, value, builtin):
    with pytest.raises(builtin, match=f"`{argument}` must be an int, 0 or more; got {value!r}") as caught:
        load_data(**{"train": 1, "test": 1, argument: value})
    assert isinstance(caught.value, WeighError)


def test_importing_the_data_set_imports_no_numpy():
    code = f"import sys, {glyphs.__name__}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
