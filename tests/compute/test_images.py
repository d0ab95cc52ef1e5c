"""Images as arrays, beside `keras.ops.image`."""

import jax
import numpy as np
import pytest

from weigh.compute import images
from weigh.errors import ArgumentError, ShapeError

RNG = np.random.default_rng(0)
PHOTOS = (RNG.random((2, 8, 6, 3)) * 255).astype("float32")


def theirs():
    import keras

    return keras.ops.image


def close(mine, its):
    assert mine.dtype == its.dtype
    np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-3)


def placed(photos, layout):
    return photos if layout == "channels_last" else np.moveaxis(photos, -1, -3)


@pytest.mark.parametrize(
    "options",
    [
        *({"interpolation": name} for name in images.RESIZE_INTERPOLATIONS),
        {"antialias": True, "interpolation": "bicubic"},
        {"crop_to_aspect_ratio": True, "data_format": "channels_first"},
        {"pad_to_aspect_ratio": True, "fill_value": 3.0, "data_format": "channels_first"},
    ],
    ids=str,
)
def test_resizing_is_that_of_keras(options):
    given = placed(PHOTOS, options.get("data_format", "channels_last"))
    close(images.resize(given, (5, 9), **options), theirs().resize(given, (5, 9), **options))


def test_whole_numbers_are_rounded_and_stay_in_range():
    whole = np.where(PHOTOS > 128, 255, 0).astype("uint8")
    close(images.resize(whole[0], (5, 9), "bicubic"), theirs().resize(whole[0], (5, 9), "bicubic"))


@pytest.mark.parametrize(
    ("fill_mode", "interpolation"), [("constant", "bilinear"), ("mirror", "bilinear"), ("wrap", "nearest")]
)
def test_affine_maps_are_those_of_keras(fill_mode, interpolation):
    turned = np.array([[0.8, 0.3, -1.2, -0.4, 1.1, 2.3, 0, 0], [1.4, 0, 0.3, 0.2, 0.7, -1.6, 0, 0]], "float32")
    options = {"interpolation": interpolation, "fill_mode": fill_mode, "fill_value": 7.0}
    close(images.affine_transform(PHOTOS, turned, **options), theirs().affine_transform(PHOTOS, turned, **options))
    one = images.affine_transform(placed(PHOTOS, "channels_first")[0], turned[0], data_format="channels_first")
    np.testing.assert_allclose(one, placed(images.affine_transform(PHOTOS, turned)[0], "channels_first"), rtol=1e-5)


def test_a_projective_map_divides_by_its_last_row():
    corners = np.array([[0, 0], [5, 0], [0, 7], [5, 7]], "float32")
    moved = corners + np.array([[0.5, 0.2], [-0.4, 1], [0.3, -1], [-1, -0.5]], "float32")
    both = np.stack([corners, corners]), np.stack([moved, corners])
    given = placed(PHOTOS, "channels_first")
    seen = images.perspective_transform(given, *both, "nearest", data_format="channels_first")
    close(seen, theirs().perspective_transform(given, *both, "nearest", data_format="channels_first"))
    np.testing.assert_allclose(seen[1], given[1])


def test_coordinates_between_elements_are_those_of_keras():
    values, places = RNG.random((4, 5)).astype("float32"), RNG.random((2, 3, 3)).astype("float32") * 7 - 1
    for order, mode in ((0, "wrap"), (1, "mirror"), (1, "constant")):
        close(
            images.map_coordinates(values, places, order, mode, 0.5),
            theirs().map_coordinates(values, places, order, mode, 0.5),
        )


def test_elastic_displacement_is_that_of_keras_compiled_too():
    import keras

    wanted = theirs().elastic_transform(PHOTOS, 5.0, 1.3, seed=keras.random.SeedGenerator(3))
    key = np.array([3, 0], "uint32")
    compiled = jax.jit(lambda sigma: images.elastic_transform(PHOTOS, 5.0, sigma, seed=key, largest_sigma=4.0))
    close(compiled(1.3), wanted)


def test_colour_spaces_are_those_of_keras():
    layout = "channels_first"
    given = placed(PHOTOS, layout)
    close(images.rgb_to_grayscale(given, layout), theirs().rgb_to_grayscale(given, layout))
    whole = given.astype("uint8")
    close(images.rgb_to_grayscale(whole, layout), theirs().rgb_to_grayscale(whole, layout))
    shares = given / 255
    close(images.rgb_to_hsv(shares, layout), theirs().rgb_to_hsv(shares, layout))
    np.testing.assert_allclose(images.hsv_to_rgb(images.rgb_to_hsv(shares, layout), layout), shares, atol=1e-5)
    grey = images.rgb_to_grayscale(given, layout)
    assert images.rgb_to_grayscale(grey, layout) is grey


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: images.resize(PHOTOS[0, 0], (2, 2)), ShapeError, "3 axes.*(6, 3)"),
        (lambda: images.resize(PHOTOS, (2, 0)), ArgumentError, "`size`.*above 0"),
        (lambda: images.resize(PHOTOS, (2, 2), "area"), ArgumentError, "'bilinear'.*'area'"),
        (lambda: images.resize(PHOTOS, (2, 2), fill_mode="wrap"), ArgumentError, "`fill_mode`.*'wrap'"),
        (lambda: images.resize(PHOTOS, (2, 2), "nearest", False, True, True), ArgumentError, "Only one"),
        (lambda: images.resize(PHOTOS, (2, 2), data_format="hwc"), ArgumentError, "`data_format`.*'hwc'"),
        (lambda: images.affine_transform(PHOTOS, np.ones(6)), ShapeError, r"\(8,\).*\(6,\)"),
        (lambda: images.affine_transform(PHOTOS, np.ones(8), "cubic"), ArgumentError, "`interpolation`.*'cubic'"),
        (lambda: images.affine_transform(PHOTOS, np.ones(8), fill_mode="edge"), ArgumentError, "`fill_mode`.*'edge'"),
        (lambda: images.perspective_transform(PHOTOS, np.ones((3, 2)), np.ones((3, 2))), ShapeError, r"\(4, 2\)"),
        (lambda: images.map_coordinates(PHOTOS, np.ones((2, 3)), 1), ShapeError, r"\(4, …\).*\(2, 3\)"),
        (lambda: images.map_coordinates(PHOTOS, np.ones((4, 3)), 3), ArgumentError, "`order`.*3"),
        (lambda: images.rgb_to_hsv(PHOTOS[..., :2]), ShapeError, "3 channels.*axis -1"),
        (lambda: images.rgb_to_hsv(PHOTOS.astype("uint8")), ArgumentError, "floating-point.*uint8"),
    ],
)
def test_what_cannot_be_done_is_refused(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()
