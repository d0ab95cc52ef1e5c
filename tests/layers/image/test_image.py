"""Image layers: Keras' numbers, both layouts, everything that belongs to an image, traced and not."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.layers.image.alike import IMAGES, TOLERANCE, alike, first

import weigh
from weigh.errors import ArgumentError, ShapeError
from weigh.report.explain import explanation

SIZED = [
    ("Resizing", {"height": 5, "width": 7}),
    ("Resizing", {"height": 5, "width": 7, "interpolation": "nearest", "crop_to_aspect_ratio": True}),
    ("Resizing", {"height": 5, "width": 3, "interpolation": "lanczos3", "antialias": True}),
    ("Resizing", {"height": 4, "width": 8, "pad_to_aspect_ratio": True, "fill_value": 4.0}),
    ("CenterCrop", {"height": 5, "width": 6}),
    ("CenterCrop", {"height": 9, "width": 6}),
]

MOVING = [
    ("RandomFlip", {"seed": 1}),
    ("RandomFlip", {"mode": "horizontal", "seed": 2}),
    ("RandomFlip", {"mode": "vertical", "seed": 3}),
    ("RandomRotation", {"factor": 0.3, "seed": 1}),
    ("RandomRotation", {"factor": (-0.1, 0.4), "fill_mode": "constant", "fill_value": 3.0, "seed": 2}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": (-0.1, 0.4), "seed": 1}),
    ("RandomTranslation", {"height_factor": -0.3, "width_factor": 0.2, "fill_mode": "wrap", "seed": 1}),
    ("RandomZoom", {"height_factor": 0.3, "seed": 1}),
    ("RandomZoom", {"height_factor": (-0.3, -0.1), "width_factor": 0.4, "interpolation": "nearest", "seed": 1}),
    ("RandomShear", {"x_factor": (0.1, 0.3), "y_factor": (0.1, 0.4), "fill_mode": "nearest", "seed": 1}),
    ("RandomPerspective", {"factor": 0.9, "scale": 0.5, "fill_value": 2.0, "seed": 2}),
    ("RandomElasticTransform", {"factor": 0.9, "scale": (0.5, 0.9), "seed": 1}),
]

COLOURING = [
    ("RandomBrightness", {"factor": 0.3, "seed": 1}),
    ("RandomContrast", {"factor": (0.3, 0.6), "seed": 1}),
    ("RandomHue", {"factor": 0.5, "seed": 1}),
    ("RandomSaturation", {"factor": (0.3, 0.6), "seed": 1}),
    ("RandomColorDegeneration", {"factor": 0.6, "seed": 1}),
    ("RandomColorJitter", {"brightness_factor": 0.2, "contrast_factor": 0.3, "hue_factor": 0.2, "seed": 3}),
    ("RandomInvert", {"factor": 0.7, "seed": 1}),
    ("RandomPosterization", {"factor": (2, 6), "seed": 1}),
    ("RandomPosterization", {"factor": 1, "seed": 1}),
    ("RandomSharpness", {"factor": 0.9, "seed": 1}),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": 0.6, "value_range": (0, 300), "seed": 1}),
    ("Equalization", {"value_range": (0, 300), "bins": 64}),
]

STRETCHING = [
    ("AutoContrast", {"value_range": (0, 300)}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (3, 2)}),
]

MIXING = [
    ("MixUp", {"seed": 1}),
    ("CutMix", {"seed": 1}),
    ("RandomErasing", {"factor": 0.9, "seed": 1}),
    ("RandomErasing", {"scale": 0.5, "fill_value": 7, "seed": 1}),
    ("RandomGaussianBlur", {"kernel_size": (3, 5), "factor": 0.9, "seed": 2}),
    ("RandAugment", {"seed": 1}),
]

KERAS_ASKS_FOR_INT64 = pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64:UserWarning")


def named(cases):
    return pytest.mark.parametrize(("name", "arguments"), cases, ids=[name for name, _ in cases])


@named([*SIZED, *STRETCHING])
def test_what_draws_nothing_is_that_of_keras_in_both_modes(name, arguments):
    alike(name, arguments, training=(True, False))


@named(COLOURING)
def test_colours_are_those_of_keras(name, arguments):
    alike(name, arguments)


def test_grey_images_are_those_of_keras_which_forgets_the_seed():
    import keras

    ours, theirs = (library.layers.RandomGrayscale(0.6, seed=1) for library in (weigh, keras))
    np.testing.assert_allclose(ours(IMAGES, training=True), theirs(IMAGES, training=True), **TOLERANCE)
    assert ours.get_config()["seed"] == 1


@named(MOVING)
def test_what_moves_pixels_is_that_of_keras(name, arguments):
    alike(name, arguments)


@KERAS_ASKS_FOR_INT64
@named(MIXING)
def test_what_mixes_images_is_that_of_keras(name, arguments):
    alike(name, arguments)


@named(
    [
        *SIZED[3:4],
        *SIZED[5:],
        *MOVING[:1],
        *MOVING[3:4],
        *COLOURING[1:3],
        *COLOURING[8:],
        *STRETCHING,
        *MIXING[1:2],
        *MIXING[3:5],
    ]
)
def test_channels_first_is_the_same_with_other_axes(name, arguments):
    kind = getattr(weigh.layers, name)
    last = kind(**arguments)(IMAGES, training=True)
    other = kind(**arguments, data_format="channels_first")(first(IMAGES), training=True)
    np.testing.assert_allclose(other, first(last), **TOLERANCE)


@named([*SIZED[:1], *MOVING[:1], *MOVING[5:6], *COLOURING[:1]])
def test_one_image_is_a_batch_of_one(name, arguments):
    import keras

    ours, theirs = (getattr(library.layers, name)(**arguments) for library in (weigh, keras))
    one = ours(IMAGES[0], training=True)
    np.testing.assert_allclose(one, theirs(IMAGES[0], training=True), **TOLERANCE)
    assert one.shape == ours.compute_output_shape(IMAGES[0].shape)


@pytest.mark.parametrize(("scale", "offset"), [(1 / 255, -0.5), ([1.0, 2.0, 3.0], [0, 1, 2]), (np.arange(3.0), 1)])
def test_rescaling_is_that_of_keras(agree, scale, offset):
    agree("Rescaling", (2, 4, 3, 3), {"scale": scale, "offset": offset}, unknown=True)


def test_rescaling_turns_whole_numbers_into_others_and_scales_channels_where_they_are():
    layer = weigh.layers.Rescaling([1.0, 2.0, 3.0])
    whole = IMAGES.astype("uint8")
    assert layer(whole).dtype == "float32"
    last = layer(whole)
    weigh.config.set_image_data_format("channels_first")
    try:
        np.testing.assert_array_equal(layer(first(whole)), first(last))
    finally:
        weigh.config.set_image_data_format("channels_last")


# Sizes ----------------------------------------------------------------------------------------------------------


def test_resizing_keeps_whole_numbers_whole_and_says_so():
    layer = weigh.layers.Resizing(5, 3, "bicubic")
    assert layer(weigh.Input((None, None, 3), dtype="uint8")).dtype == "uint8"
    whole = IMAGES.astype("uint8")
    import keras

    np.testing.assert_array_equal(layer(whole), keras.layers.Resizing(5, 3, "bicubic")(whole))


def test_what_comes_out_has_a_known_size_where_what_comes_in_has_none():
    images = weigh.Input((None, None, 3))
    for layer in (weigh.layers.Resizing(4, 5), weigh.layers.CenterCrop(4, 5), weigh.layers.RandomCrop(4, 5)):
        assert layer(images).shape == (None, 4, 5, 3)
        assert repr(layer(images).shape[1].origin) == f"height of {layer.name}"


@settings(max_examples=25, deadline=None)
@given(
    *(st.integers(1, 9) for _ in range(4)),
    st.sampled_from(["Resizing", "CenterCrop", "RandomCrop"]),
    st.booleans(),
    st.booleans(),
)
def test_sizes_are_computed_as_declared(height, width, wanted_height, wanted_width, name, last, training):
    layout = "channels_last" if last else "channels_first"
    layer = (
        getattr(weigh.layers, name)(wanted_height, wanted_width, data_format=layout, seed=0)
        if (name == "RandomCrop")
        else getattr(weigh.layers, name)(wanted_height, wanted_width, data_format=layout)
    )
    shape = (2, height, width, 3) if last else (2, 3, height, width)

    def computed(images):
        return layer.stateless_call([], [one.value for one in layer.random_states], images, training=training)[0]

    assert jax.eval_shape(computed, jax.ShapeDtypeStruct(shape, "float32")).shape == layer.compute_output_shape(shape)


def test_a_random_crop_is_a_window_of_the_images_with_the_draws_of_keras():
    import keras

    for size in ((5, 6), (9, 4)):
        ours, theirs = (library.layers.RandomCrop(*size, seed=1) for library in (weigh, keras))
        for _ in range(2):
            np.testing.assert_allclose(ours(IMAGES, training=True), theirs(IMAGES, training=True), **TOLERANCE)
    middle = weigh.layers.RandomCrop(4, 4)(IMAGES, training=False)
    np.testing.assert_allclose(middle, weigh.layers.Resizing(4, 4, crop_to_aspect_ratio=True)(IMAGES), **TOLERANCE)


# What belongs to images -----------------------------------------------------------------------------------------

BOXES = np.array(
    [[[1, 1, 4, 5], [0, 2, 8, 7], [6, 6, 8, 8]], [[2, 0, 3, 3], [-1, -1, -1, -1], [0, 0, 0, 0]]], "float32"
)
LABELLED = [
    *SIZED[1:2],
    *SIZED[3:],
    *MOVING[:1],
    *MOVING[3:4],
    *MOVING[5:6],
    *MOVING[7:11],
]


def everything():
    return {
        "images": IMAGES,
        "labels": np.eye(2, dtype="float32"),
        "bounding_boxes": {"boxes": np.maximum(BOXES, 0), "labels": np.arange(6).reshape(2, 3)},
        "segmentation_masks": (IMAGES[..., :1] > 128).astype("float32"),
    }


@named(LABELLED)
def test_boxes_masks_and_labels_follow_as_in_keras(name, arguments):
    import keras

    for form in ("xyxy", "rel_xywh") if name in ("Resizing", "RandomFlip") else ("xyxy",):
        made = {**arguments, "bounding_box_format": form}
        ours, theirs = (getattr(library.layers, name)(**made) for library in (weigh, keras))
        data = everything()
        if form == "rel_xywh":
            data["bounding_boxes"]["boxes"] /= 8
        elif name == "Resizing":
            data["bounding_boxes"]["boxes"] = BOXES
        mine, its = ours(data, training=True), theirs(jax.tree.map(np.copy, data), training=True)
        for key in ("images", "labels"):
            np.testing.assert_allclose(mine[key], its[key], **TOLERANCE)
        if name != "CenterCrop" or arguments["height"] < 8:  # Keras resizes masks as if they were images there
            np.testing.assert_allclose(mine["segmentation_masks"], its["segmentation_masks"], **TOLERANCE)
        for key in ("boxes", "labels"):
            np.testing.assert_allclose(mine["bounding_boxes"][key], its["bounding_boxes"][key], rtol=1e-3, atol=1e-3)


def test_boxes_come_back_in_the_format_in_which_they_came():
    for name, arguments in (MOVING[3], MOVING[10]):
        kind = getattr(weigh.layers, name)
        corners = kind(**arguments, bounding_box_format="xyxy")(everything(), training=True)["bounding_boxes"]["boxes"]
        given = everything()
        given["bounding_boxes"]["boxes"] /= 8
        shares = kind(**arguments, bounding_box_format="rel_xyxy")(given, training=True)["bounding_boxes"]["boxes"]
        np.testing.assert_allclose(8 * shares, corners, rtol=1e-4, atol=1e-4)


def test_boxes_move_with_the_window_that_is_cut_out():
    layer = weigh.layers.RandomCrop(4, 6, seed=3, bounding_box_format="xyxy")
    data = everything()
    images = np.zeros_like(IMAGES)
    images[:, 2:6, 1:7] = 1.0
    data["images"], data["bounding_boxes"]["boxes"] = images, np.tile(np.array([1, 2, 7, 6], "float32"), (2, 3, 1))
    data = layer(data, training=True)
    rows, columns = np.nonzero(np.asarray(data["images"][0, :, :, 0]))
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_array_equal(data["bounding_boxes"]["boxes"][0, 0], seen)


@KERAS_ASKS_FOR_INT64
@pytest.mark.parametrize("name", ["MixUp", "CutMix"])
def test_labels_are_mixed_as_images_are(name):
    import keras

    data = {"images": IMAGES, "labels": np.eye(2, dtype="float32")}
    ours, theirs = (getattr(library.layers, name)(seed=1) for library in (weigh, keras))
    mine, its = ours(data, training=True), theirs(dict(data), training=True)
    np.testing.assert_allclose(mine["labels"], its["labels"], **TOLERANCE)
    masks = ours({**data, "segmentation_masks": IMAGES[..., :1]}, training=True)
    np.testing.assert_allclose(masks["segmentation_masks"], masks["images"][..., :1], **TOLERANCE)


def test_mixed_images_keep_the_boxes_of_both():
    boxes = weigh.layers.MixUp(seed=0)(everything(), training=True)["bounding_boxes"]
    assert boxes["boxes"].shape == (2, 6, 4)
    assert boxes["labels"].shape == (2, 6)
    with pytest.raises(ArgumentError, match=r"'cut_mix'.*'bounding_boxes'.*MixUp"):
        weigh.layers.CutMix()(everything(), training=True)


def test_one_image_may_come_with_its_own():
    layer = weigh.layers.RandomFlip("horizontal", seed=2, bounding_box_format="xyxy")
    one = jax.tree.map(lambda part: part[0], everything())
    both = weigh.layers.RandomFlip("horizontal", seed=2, bounding_box_format="xyxy")(
        jax.tree.map(lambda part: part[None], one), training=True
    )
    jax.tree.map(lambda mine, its: np.testing.assert_array_equal(mine, its[0]), layer(one, training=True), both)


def test_every_image_gets_the_same_number_of_boxes():
    import keras

    for number in (2, 5):
        ours, theirs = (library.layers.MaxNumBoundingBoxes(number) for library in (weigh, keras))
        theirs.bounding_box_format = "xyxy"
        mine, its = ours(everything()), theirs(everything())
        for key in ("boxes", "labels"):
            np.testing.assert_array_equal(mine["bounding_boxes"][key], its["bounding_boxes"][key])
    data = {"images": IMAGES, "bounding_boxes": {"boxes": [[[1, 2, 3, 4]], []], "labels": [[7], []]}}
    filled = weigh.layers.MaxNumBoundingBoxes(1)(data)["bounding_boxes"]
    np.testing.assert_array_equal(filled["labels"], [[7], [-1]])
    shapes = ours.compute_output_shape({"bounding_boxes": {"boxes": (2, 3, 4), "labels": (2, 3)}})
    assert shapes == {"bounding_boxes": {"boxes": (2, 5, 4), "labels": (2, 5)}}


def test_boxes_that_make_no_sense_are_refused():
    data = everything()
    with pytest.raises(ArgumentError, match=r"'random_flip'.*`bounding_box_format`"):
        weigh.layers.RandomFlip()(data)
    layer = weigh.layers.RandomFlip(bounding_box_format="xyxy")
    with pytest.raises(ArgumentError, match=r"'random_flip_1'.*'boxes' and 'labels'"):
        layer({**data, "bounding_boxes": BOXES})
    with pytest.raises(ShapeError, match=r"'random_flip_1'.*\(batch, boxes, 4\).*\(2, 3, 4\) and \(2,\)"):
        layer({**data, "bounding_boxes": {"boxes": BOXES, "labels": np.zeros(2)}})


def test_a_dictionary_is_declared_too():
    tensors = {
        "images": weigh.Input((8, 8, 3)),
        "bounding_boxes": {"boxes": weigh.Input((3, 4)), "labels": weigh.Input((3,), dtype="int32")},
        "segmentation_masks": weigh.Input((8, 8, 1), dtype="int32"),
    }
    made = weigh.layers.Resizing(4, 5, bounding_box_format="xyxy")(tensors)
    assert made["images"].shape == (None, 4, 5, 3)
    assert (made["segmentation_masks"].shape, made["segmentation_masks"].dtype) == ((None, 4, 5, 1), "int32")
    assert made["bounding_boxes"]["boxes"].shape == (None, 3, 4)


# Random, and not ------------------------------------------------------------------------------------------------


@named([*MOVING, *COLOURING, *MIXING])
def test_inference_changes_nothing_and_draws_nothing(name, arguments):
    layer = getattr(weigh.layers, name)(**arguments)
    before = [state.numpy() for state in layer.random_states]
    np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)
    np.testing.assert_array_equal([state.numpy() for state in layer.random_states], before)


def test_mix_chains_are_those_of_keras_for_the_same_choices(monkeypatch):
    import keras
    from keras.src.layers.preprocessing.image_preprocessing import aug_mix

    arguments = {"factor": 0.4, "num_chains": 2, "chain_depth": 1, "all_ops": False, "seed": 3}
    ours, theirs = (library.layers.AugMix(**arguments) for library in (weigh, keras))
    drawn = weigh.layers.AugMix(**arguments).get_random_transformation(IMAGES)
    chosen = iter(np.asarray(drawn["chosen"]).reshape(-1).tolist())
    assert len(set(np.asarray(drawn["chosen"]).reshape(-1).tolist())) > 1
    monkeypatch.setattr(aug_mix.py_random, "choice", lambda options: options[next(chosen)])
    np.testing.assert_allclose(ours(IMAGES, training=True), theirs(IMAGES, training=True), **TOLERANCE)
    np.testing.assert_array_equal(ours.generator.state.numpy(), np.asarray(theirs.generator.state.value))
    peer_config = keras.layers.serialize(theirs)["config"]
    assert {key: ours.get_config()[key] for key in arguments} == {key: peer_config[key] for key in arguments}


class FewAugmentations(weigh.layers.RandAugment):
    choices = ("random_translation", "random_posterization", "auto_contrast")


class FewMixed(weigh.layers.AugMix):
    always_chosen_from = ("random_translation", "random_posterization", "solarization")


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (FewAugmentations, {"num_ops": 2, "seed": 1}),
        (FewMixed, {"num_chains": 2, "chain_depth": 2, "all_ops": False, "seed": 1}),
        (weigh.layers.RandomCrop, {"height": 5, "width": 4, "seed": 1}),
    ],
)
def test_compiled_it_does_the_same_and_goes_on_drawing(kind, arguments):
    layer, twin = (kind(**arguments) for _ in range(2))
    values = [variable.value for variable in layer.non_trainable_variables]
    compiled = jax.jit(lambda values, images: layer.stateless_call([], values, images, training=True))
    for _ in range(2):
        images, values = compiled(values, IMAGES)
        np.testing.assert_allclose(images, twin(IMAGES, training=True), rtol=1e-3, atol=1e-2)
    for value, variable in zip(values, twin.non_trainable_variables, strict=True):
        np.testing.assert_array_equal(value, variable.numpy())


def test_random_augmentations_take_what_belongs_to_images():
    data = weigh.layers.RandAugment(seed=6, num_ops=2, bounding_box_format="xyxy")(everything(), training=True)
    assert data["bounding_boxes"]["boxes"].shape == BOXES.shape
    assert set(np.unique(data["segmentation_masks"])) <= {0.0, 1.0}
    masks = weigh.layers.AugMix(seed=6, num_chains=1, bounding_box_format="xyxy")(everything(), training=True)[
        "segmentation_masks"
    ]
    assert masks.shape == (2, 8, 8, 1)


def test_a_pipeline_is_one_layer_after_the_other_and_goes_to_keras_and_back():
    import keras

    def made(library):
        layers = library.layers
        return layers.Pipeline([layers.RandomFlip(seed=1), layers.Resizing(4, 4), layers.Rescaling(1 / 255)], name="p")

    ours, theirs = made(weigh), made(keras)
    np.testing.assert_allclose(ours(IMAGES, training=True), theirs(IMAGES, training=True), **TOLERANCE)
    np.testing.assert_allclose(ours(IMAGES, training=False), theirs(IMAGES, training=False), **TOLERANCE)
    assert ours(weigh.Input((8, 8, 3))).shape == (None, 4, 4, 3)
    back = weigh.saving.deserialize_keras_object(keras.saving.serialize_keras_object(theirs))
    assert [type(layer).__name__ for layer in back.layers] == ["RandomFlip", "Resizing", "Rescaling"]
    keras.saving.deserialize_keras_object(weigh.saving.serialize_keras_object(ours))


def test_gradients_go_through():
    layer = weigh.layers.RandomRotation(0.2, seed=1)
    values = [variable.value for variable in layer.non_trainable_variables]

    def brightness(images):
        return jax.numpy.sum(layer.stateless_call([], values, images, training=True)[0])

    gradient = jax.grad(brightness)(IMAGES)
    assert abs(float(gradient.mean()) - 1) < 0.2


def test_whole_numbers_and_half_precision_are_computed_in_the_layers_format():
    whole = IMAGES.astype("uint8")
    brighter = weigh.layers.RandomBrightness((0.2, 0.2))(whole, training=True)
    np.testing.assert_allclose(brighter, np.clip(whole + 51.0, 0, 255), **TOLERANCE)
    half = weigh.layers.RandomContrast(0.2, dtype="mixed_bfloat16")
    assert half(IMAGES, training=True).dtype == "bfloat16"
    assert half(weigh.Input((8, 8, 3))).dtype == "bfloat16"


def test_a_colour_of_three_numbers_covers_its_channels():
    covered = weigh.layers.RandomErasing(scale=(1, 1), fill_value=(1, 2, 3))(IMAGES, training=True)
    np.testing.assert_allclose(covered, np.broadcast_to([1.0, 2, 3], IMAGES.shape))


def test_a_flat_channel_keeps_its_contrast():
    flat = np.full((1, 4, 4, 3), 7.0, "float32")
    np.testing.assert_array_equal(weigh.layers.AutoContrast()(flat), flat)


def test_shearing_is_read_from_what_keras_wrote_and_keras_does_not_read():
    import keras

    record = keras.saving.serialize_keras_object(keras.layers.RandomShear(0.3, 0.2, seed=1))
    ours = weigh.saving.deserialize_keras_object(record)
    theirs = keras.layers.RandomShear(0.3, 0.2, seed=1)
    np.testing.assert_allclose(ours(IMAGES, training=True), theirs(IMAGES, training=True), **TOLERANCE)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_explanations_say_what_training_does_and_what_inference(golden, lang):
    images = weigh.Input((224, 224, 3), name="photo")
    x = weigh.layers.RandomZoom((-0.3, 0.1), name="zoom")(images)
    x = weigh.layers.Resizing(96, 128, crop_to_aspect_ratio=True, name="resizing")(x)
    network = weigh.Model(images, weigh.layers.Rescaling(1 / 127.5, -1, name="rescaling")(x), name="augmented")
    texts = (explanation(network, name, lang=lang) for name in ("zoom", "resizing", "rescaling"))
    golden(f"image.{lang}.txt", "\n\n".join(texts) + "\n")
