"""Reshaping layers, held to Keras; their sizes keep their origin."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.errors import ArgumentError, ShapeError
from weigh.report.explain import explanation


@pytest.mark.parametrize(
    ("shape", "data_format"), [((3, 2, 4, 5), None), ((3, 2, 4, 5), "channels_first"), ((3, 7), "channels_first")]
)
def test_flatten_is_that_of_keras(agree, shape, data_format):
    agree("Flatten", shape, {"data_format": data_format} if data_format else {})


@pytest.mark.parametrize("target", [(8, 3), (-1, 2), (24,), (2, 3, 4), (-1,)])
def test_reshape_is_that_of_keras(agree, target):
    agree("Reshape", (3, 4, 6), {"target_shape": target})


@pytest.mark.parametrize(("shape", "dims"), [((2, 3, 4), (2, 1)), ((2, 3, 4, 5), (3, 1, 2)), ((2, 3), (1,))])
def test_permute_is_that_of_keras(agree, shape, dims):
    agree("Permute", shape, {"dims": dims}, unknown=True)


def test_repeat_vector_is_that_of_keras(agree):
    agree("RepeatVector", (2, 3), {"n": 4}, unknown=True)


@pytest.mark.parametrize(
    ("name", "shape", "arguments"),
    [
        ("ZeroPadding1D", (2, 3, 4), {}),
        ("ZeroPadding1D", (2, 3, 4), {"padding": (1, 2), "data_format": "channels_first"}),
        ("ZeroPadding2D", (2, 3, 4, 5), {"padding": 2}),
        ("ZeroPadding2D", (2, 3, 4, 5), {"padding": (1, 2), "data_format": "channels_first"}),
        ("ZeroPadding2D", (2, 3, 4, 5), {"padding": ((0, 1), (2, 0))}),
        ("ZeroPadding3D", (1, 2, 3, 4, 2), {}),
        ("ZeroPadding3D", (1, 2, 3, 4, 2), {"padding": (0, (1, 2), 1), "data_format": "channels_first"}),
        ("Cropping1D", (2, 5, 3), {}),
        ("Cropping1D", (2, 5, 3), {"cropping": (0, 2)}),
        ("Cropping2D", (2, 5, 6, 3), {}),
        ("Cropping2D", (2, 5, 6, 3), {"cropping": ((1, 0), (0, 2))}),
        ("Cropping2D", (2, 5, 6, 4), {"cropping": (2, 1), "data_format": "channels_first"}),
        ("Cropping3D", (1, 3, 4, 5, 2), {}),
        ("Cropping3D", (1, 2, 4, 5, 3), {"cropping": (1, (0, 2), 0), "data_format": "channels_first"}),
        ("UpSampling1D", (2, 3, 4), {"size": 3}),
        ("UpSampling2D", (2, 3, 4, 5), {"size": (2, 3)}),
        ("UpSampling2D", (2, 3, 4, 5), {"data_format": "channels_first"}),
        ("UpSampling3D", (1, 2, 3, 2, 2), {"size": (1, 2, 3)}),
        ("UpSampling3D", (1, 2, 2, 3, 2), {"data_format": "channels_first"}),
    ],
)
def test_what_pads_crops_and_repeats_is_that_of_keras(agree, name, shape, arguments):
    agree(name, shape, arguments, unknown=True, training=(False,), gradients=not arguments)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_interpolation_is_that_of_keras(agree, interpolation):
    first = {"data_format": "channels_first"} if interpolation == "bilinear" else {}
    agree("UpSampling2D", (1, 4, 5, 3), {"size": (2, 3), "interpolation": interpolation, **first}, training=(False,))


sides = st.tuples(st.integers(0, 3), st.integers(0, 3))


@given(sides, sides, st.sampled_from(["channels_last", "channels_first"]))
def test_what_is_padded_and_cropped_again_has_the_shape_it_had(height, width, data_format):
    pad = weigh.layers.ZeroPadding2D((height, width), data_format)
    crop = weigh.layers.Cropping2D((height, width), data_format)
    given = jax.ShapeDtypeStruct((1, 2, 3, 4), "float32")
    padded, back = jax.eval_shape(lambda x: (pad(x), crop(pad(x))), given)
    assert padded.shape == pad.compute_output_shape(given.shape)
    assert back.shape == crop.compute_output_shape(padded.shape) == given.shape


def test_flattening_remembers_its_factors():
    flat = weigh.layers.Flatten()(weigh.Input((7, 7, 512), name="maps")).shape[-1]
    assert flat == 25_088
    assert repr(flat.origin) == "7 × 7 × 512"
    assert [repr(part.origin) for part in flat.origin.parts] == ["axis 1 of maps", "axis 2 of maps", "axis -1 of maps"]


@pytest.mark.parametrize(
    ("layer", "made", "working", "parts"),
    [
        (lambda: weigh.layers.ZeroPadding2D(3), 233, "227 + 3 + 3", ["padding[0][0]", "padding[0][1]"]),
        (lambda: weigh.layers.ZeroPadding2D(((0, 1), 0)), 228, "227 + 1", ["padding[0][1]"]),
        (lambda: weigh.layers.Cropping2D(2), 223, "227 − 2 − 2", ["cropping[0][0]", "cropping[0][1]"]),
        (lambda: weigh.layers.UpSampling2D((2, 3)), 454, "227 × 2", ["size[0]"]),
    ],
)
def test_a_changed_size_remembers_how_it_came_about(layer, made, working, parts):
    one = layer()
    size = one(weigh.Input((227, 227, 3), name="image")).shape[1]
    assert size == made
    assert repr(size.origin) == working
    assert [repr(part.origin) for part in size.origin.parts] == [
        "axis 1 of image",
        *(f"{part} of {one.name}" for part in parts),
    ]


def test_a_size_that_nothing_changes_stays_what_it_was():
    x = weigh.Input((8, 8, 3), name="image")
    assert weigh.layers.ZeroPadding2D(0)(x).shape[1] is x.shape[1]


def test_unknown_sizes_stay_unknown():
    import keras

    for k in (weigh, keras):
        assert k.layers.Flatten()(k.Input((None, 3))).shape == (None, None)
        assert k.layers.Reshape((-1, 3))(k.Input((None, 3))).shape == (None, None, 3)


def test_a_shape_of_another_number_of_elements_is_refused_with_both_numbers():
    with pytest.raises(ShapeError, match=r"'reshape'.*24 elements.*\(5, 5\).*25 elements"):
        weigh.layers.Reshape((5, 5))(weigh.Input((4, 6)))


@pytest.mark.parametrize("target", [(-1, -1), (-2,), (2.5,)])
def test_a_target_that_is_no_shape_is_refused(target):
    with pytest.raises(ArgumentError, match="`target_shape`"):
        weigh.layers.Reshape(target)


def test_an_unknown_data_format_is_refused():
    with pytest.raises(ArgumentError, match="channels_last"):
        weigh.layers.Flatten(data_format="channels_middle")


def test_cropping_an_array_of_unknown_size_away_is_refused():
    crop = weigh.layers.Cropping1D((2, 2))
    crop(weigh.Input((None, 3)))
    with pytest.raises(ShapeError, match=r"'cropping1d'.*size 3"):
        crop(np.zeros((2, 3, 3), "float32"))


@pytest.mark.parametrize("name", ["Flatten", "ZeroPadding1D", "Cropping1D", "UpSampling1D"])
def test_an_empty_batch_passes(name):
    layer = getattr(weigh.layers, name)()
    x = np.zeros((0, 4, 3), "float32")
    assert layer(x).shape == layer.compute_output_shape(x.shape)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_explanations_of_padding_and_interpolating(golden, lang):
    x = weigh.Input((227, 227, 3), name="image")
    y = weigh.layers.UpSampling2D(interpolation="bilinear")(weigh.layers.ZeroPadding2D(3)(x))
    model = weigh.Model(x, y)
    for name in ("zero_padding2d", "up_sampling2d"):
        golden(f"{name}.{lang}.txt", explanation(model, name, lang=lang, width=80))
