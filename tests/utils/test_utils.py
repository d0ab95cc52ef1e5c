"""``weigh.utils``, held to ``keras.utils``."""

import keras
import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, DataError, UnknownNameError


@pytest.mark.parametrize(
    ("x", "classes"), [([0, 2, 1], None), ([[0], [3]], 5), ([[0, 1], [2, 1]], 3), (np.array([1.0, 0.0]), None)]
)
def test_class_numbers_become_vectors_as_in_keras(x, classes):
    ours, theirs = weigh.utils.to_categorical(x, classes), keras.utils.to_categorical(x, classes)
    np.testing.assert_array_equal(ours, theirs)
    assert type(ours) is type(theirs)


@pytest.mark.parametrize(("x", "classes"), [([0, 3], 3), ([-1, 0], 3)])
def test_a_class_that_is_not_there_is_refused(x, classes):
    with pytest.raises(DataError, match="num_classes=3"):
        weigh.utils.to_categorical(x, classes)


@pytest.mark.parametrize("order", [1, 2])
def test_vectors_are_normalized_as_in_keras(order):
    x = np.array([[3.0, 4.0], [0.0, 0.0], [1.0, -1.0]])
    np.testing.assert_allclose(weigh.utils.normalize(x, -1, order), keras.utils.normalize(x, -1, order))


def test_the_first_axis_is_normalized_too_where_keras_fails():
    np.testing.assert_allclose(weigh.utils.normalize([[3.0, 1.0], [4.0, 0.0]], axis=0), [[0.6, 1.0], [0.8, 0.0]])


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("options", [{}, {"maxlen": 2, "value": -1}, {"maxlen": 5, "dtype": "float32"}])
def test_sequences_are_padded_as_in_keras(padding, truncating, options):
    options = {"padding": padding, "truncating": truncating, **options}
    for sequences in ([[1], [2, 3], [4, 5, 6], []], [np.ones((3, 2)), np.zeros((1, 2))]):
        ours, theirs = weigh.utils.pad_sequences(sequences, **options), keras.utils.pad_sequences(sequences, **options)
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: weigh.utils.pad_sequences([[1]], padding="left"), ArgumentError, "'left'"),
        (lambda: weigh.utils.pad_sequences([1, 2]), ArgumentError, "list of lists"),
        (lambda: weigh.utils.pad_sequences([np.ones((2, 2)), np.ones((2, 3))]), DataError, r"\(3,\).*\(2,\)"),
        (lambda: weigh.utils.unpack_x_y_sample_weight((1, 2, 3, 4)), DataError, "tuple of 4"),
        (lambda: weigh.utils.array_to_img(np.ones(3)), DataError, "3 axes"),
        (lambda: weigh.utils.array_to_img(np.ones((2, 2, 5))), DataError, "1, 3 or 4 channels"),
        (lambda: weigh.utils.load_img("x.png", color_mode="rgbb"), UnknownNameError, "rgba"),
    ],
)
def test_what_cannot_work_is_refused(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()


@pytest.mark.parametrize("data", [(1,), (1, 2), (1, 2, 3), 5, [1, 2]])
def test_batches_are_taken_apart_and_put_together_as_in_keras(data):
    parts = weigh.utils.unpack_x_y_sample_weight(data)
    if isinstance(data, list):
        assert parts == (data, None, None)
    else:
        assert parts == keras.utils.unpack_x_y_sample_weight(data)
    assert weigh.utils.pack_x_y_sample_weight(*parts) == keras.utils.pack_x_y_sample_weight(*parts)


def test_inputs_behind_a_tensor_are_found_once():
    a, b = weigh.Input((2,)), weigh.Input((2,))
    both = weigh.layers.Add()([a, weigh.layers.Dense(2)(b)])
    assert weigh.utils.get_source_inputs(weigh.layers.Add()([both, a])) == [a, b]
    assert weigh.utils.is_keras_tensor(both)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_become_arrays_and_files_and_come_back(tmp_path, data_format, channels):
    shape = (5, 7, channels) if data_format == "channels_last" else (channels, 5, 7)
    array = np.random.default_rng(0).integers(0, 256, shape).astype("float32")
    image = weigh.utils.array_to_img(array, data_format, scale=False)
    assert image.size == (7, 5)
    np.testing.assert_array_equal(weigh.utils.img_to_array(image, data_format), array)
    scaled = weigh.utils.array_to_img(array, data_format)
    np.testing.assert_array_equal(
        np.asarray(scaled), np.asarray(keras.utils.array_to_img(array, data_format=data_format))
    )
    path = tmp_path / "picture.png"
    weigh.utils.save_img(path, array, data_format, scale=False)
    mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    np.testing.assert_array_equal(weigh.utils.img_to_array(weigh.utils.load_img(path, mode), data_format), array)
    for options in ({"target_size": (4, 4)}, {"target_size": (6, 3), "keep_aspect_ratio": True}):
        ours, theirs = (
            weigh.utils.load_img(path, mode, **options),
            keras.utils.load_img(path, color_mode=mode, **options),
        )
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
