"""The arguments that all networks share: what cannot work, where official weights are, how images are prepared."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import weigh
from weigh import applications
from weigh.errors import ArgumentError, FormatError, ShapeError


def test_official_weights_that_are_not_there_get_one_error_that_says_where_they_belong():
    with pytest.raises(FormatError) as caught:
        applications.ResNet50()
    message = str(caught.value)
    assert "'resnet50_weights_tf_dim_ordering_tf_kernels.h5'" in message
    assert "models/resnet50_weights_tf_dim_ordering_tf_kernels.h5" in message
    assert "weights=None" in message


@pytest.mark.parametrize(
    ("name", "arguments", "file"),
    [
        ("VGG16", {"include_top": False}, "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("MobileNet", {"alpha": 0.5, "input_shape": (160, 160, 3)}, "mobilenet_5_0_160_tf.h5"),
        (
            "MobileNetV2",
            {"alpha": 1.3, "include_top": False},
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.3_224_no_top.h5",
        ),
        ("MobileNetV3Small", {"minimalistic": True}, "weights_mobilenet_v3_small_minimalistic_224_1.0_float.h5"),
        ("MobileNetV3Large", {"include_top": False}, "weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5"),
        ("NASNetMobile", {}, "nasnet_mobile.h5"),
        ("EfficientNetB3", {}, "efficientnetb3.h5"),
        ("EfficientNetV2L", {"include_top": False}, "efficientnetv2-l_notop.h5"),
        ("ConvNeXtXLarge", {"include_top": False}, "convnext_xlarge_notop.h5"),
        ("InceptionResNetV2", {}, "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels.h5"),
    ],
)
def test_each_network_names_its_official_file(name, arguments, file):
    with pytest.raises(FormatError, match=f"'{file}'"):
        getattr(applications, name)(**arguments)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder in place of ~/.keras."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def saved_by_keras_2(model, path):
    """Write drawn values for the weights of a network of ours, as Keras 2 wrote them, and return them in our order."""
    import h5py

    drawn = {id(weight): np.random.default_rng(0).random(weight.shape, "float32") for weight in model.weights}
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [f"{layer.name}/{weight.name}:0".encode() for weight in weights]
            for weight in weights:
                group[f"{layer.name}/{weight.name}:0"] = drawn[id(weight)]
    return [drawn[id(weight)] for weight in model.weights]


def test_official_weights_are_taken_from_where_keras_keeps_them(home, declared):
    source = declared("MobileNet", alpha=0.25, include_top=False)
    values = saved_by_keras_2(source, home / "mobilenet_2_5_224_tf_no_top.h5")
    model = declared("MobileNet", weights="imagenet", alpha=0.25, include_top=False)
    for own, value in zip(model.get_weights(), values, strict=True):
        assert_array_equal(own, value)


def test_weights_are_read_from_a_path(tmp_path, declared):
    source = declared("MobileNet", alpha=0.25, classes=3)
    values = saved_by_keras_2(source, tmp_path / "old.h5")
    model = declared("MobileNet", weights=tmp_path / "old.h5", alpha=0.25, classes=3)
    assert_array_equal(model.get_weights()[-1], values[-1])
    model.save_weights(tmp_path / "new.weights.h5")
    model = declared("MobileNet", weights=str(tmp_path / "new.weights.h5"), alpha=0.25, classes=3)
    assert_array_equal(model.get_weights()[-1], values[-1])


def test_official_weights_of_efficientnet_come_with_the_layer_that_they_were_trained_with(home, declared):
    source = declared("EfficientNetB0", include_top=False)
    saved_by_keras_2(source, home / "efficientnetb0_notop.h5")
    model = declared("EfficientNetB0", weights="imagenet", include_top=False)
    names = [layer.name for layer in model.layers[:5]]
    assert names == ["input_layer", "rescaling", "normalization", "rescaling_1", "stem_conv_pad"]


BAD = {
    "unknown weights": ("VGG16", {"weights": "imagenot"}, "'imagenet' .* or the path of a file that is there"),
    "classes": ("VGG19", {"classes": 10}, "1000 classes apart, not 10"),
    "classes of NASNet": ("NASNetLarge", {"classes": 10}, "1000 classes apart, not 10"),
    "activation": ("ResNet50", {"classifier_activation": "relu"}, "must be 'softmax' or None, not 'relu'"),
    "official shape": ("ResNet101", {"input_shape": (200, 200, 3)}, r"need `input_shape=\(224, 224, 3\)`"),
    "official channels": ("ResNet50V2", {"input_shape": (200, 200, 1), "include_top": False}, "images of 3 channels"),
    "small": ("InceptionV3", {"weights": None, "input_shape": (74, 80, 3)}, "at least 75 × 75"),
    "small for V3": ("MobileNetV3Small", {"weights": None, "input_shape": (31, 80, 3)}, "at least 32 × 32"),
    "two sizes": ("DenseNet121", {"weights": None, "input_shape": (64, 64)}, "three sizes"),
    "unknown size": ("Xception", {"weights": None, "input_shape": (None, 99, 3)}, "every size of `input_shape`"),
    "unknown official": ("NASNetMobile", {"include_top": False, "input_shape": (None, 99, 3)}, "must be known"),
    "alpha": ("MobileNet", {"alpha": 0.3}, "`alpha` 0.25, 0.5, 0.75, 1.0"),
    "depth": ("MobileNet", {"depth_multiplier": 2}, "`depth_multiplier` 1"),
    "alpha of V2": ("MobileNetV2", {"alpha": 0.3}, "0.35, 0.5, 0.75, 1.0, 1.3, 1.4, not for 0.3"),
    "alpha of V3": ("MobileNetV3Large", {"alpha": 0.75, "minimalistic": True}, "minimalistic for 1.0, not for 0.75"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_work_is_refused(case):
    name, arguments, words = BAD[case]
    with pytest.raises(ArgumentError, match=f"(?s){name}.*{words}"):
        getattr(applications, name)(**arguments)


def test_images_of_unusual_channels_are_warned_of():
    with pytest.warns(UserWarning, match="1 or 3 channels") as caught:
        applications.ResNet50(weights=None, include_top=False, input_shape=(64, 64, 4))
    assert caught[0].filename == __file__


def test_a_tensor_and_a_shape_that_differ_are_refused():
    with pytest.raises(ArgumentError, match="differ"):
        applications.MobileNetV2(weights=None, input_tensor=weigh.Input((96, 96, 3)), input_shape=(64, 64, 3))


def test_a_network_begins_where_the_given_tensor_comes_from():
    image = weigh.Input((64, 64, 3), name="photo")
    model = applications.MobileNetV2(weights=None, include_top=False, input_tensor=image / 127.5 - 1.0)
    assert model.input_names == ["photo"]
    assert model.output_shape == (None, 2, 2, 1280)


def test_channels_may_come_first(declared):
    weigh.config.set_image_data_format("channels_first")
    try:
        model = declared("ResNet50")
        assert (model.input_shape, model.count_params()) == ((None, 3, 224, 224), 25636712)
        with pytest.raises(ArgumentError, match="channels_last"):
            declared("DenseNet121")
    finally:
        weigh.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_images_are_prepared_as_in_keras(mode, data_format):
    import keras

    shape = (2, 4, 5, 3) if data_format == "channels_last" else (2, 3, 4, 5)
    for images in (np.random.default_rng(0).uniform(0, 255, shape).astype("float32"), np.full(shape, 7, "uint8")):
        ours = applications.imagenet_utils.preprocess_input(images, data_format, mode)
        theirs = keras.applications.imagenet_utils.preprocess_input(images.copy(), data_format, mode)
        assert ours.dtype == theirs.dtype == "float32"
        assert_allclose(ours, theirs, rtol=1e-6, atol=1e-4)
        one = applications.imagenet_utils.preprocess_input(images[0], data_format, mode)
        assert_allclose(one, ours[0], rtol=1e-6)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_preparing_may_be_part_of_a_network(mode):
    image = weigh.Input((4, 5, 3))
    model = weigh.Model(image, applications.imagenet_utils.preprocess_input(image, mode=mode))
    images = np.random.default_rng(0).uniform(0, 255, (2, 4, 5, 3)).astype("float32")
    expected = applications.imagenet_utils.preprocess_input(images, mode=mode)
    assert_allclose(np.asarray(model(images)), expected, rtol=1e-5, atol=1e-4)


def test_each_family_prepares_images_as_keras_says():
    import keras

    images = np.random.default_rng(0).uniform(0, 255, (1, 2, 2, 3)).astype("float32")
    modules = [name for name in dir(keras.applications) if name.islower() and not name.startswith("_")]
    for name in modules:
        ours = getattr(applications, name).preprocess_input(images.copy())
        theirs = getattr(keras.applications, name).preprocess_input(images.copy())
        assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4, err_msg=name)
        assert hasattr(getattr(applications, name), "decode_predictions")


def test_a_wrong_mode_is_refused():
    with pytest.raises(ArgumentError, match="'caffe', 'tf' or 'torch'"):
        applications.imagenet_utils.preprocess_input(np.zeros((1, 2, 2, 3)), mode="keras")
    with pytest.raises(ArgumentError, match="data_format"):
        applications.imagenet_utils.preprocess_input(np.zeros((1, 2, 2, 3)), data_format="last")


def test_predictions_are_named(home):
    scores = np.zeros((2, 1000), "float32")
    scores[0, [7, 3]], scores[1, 999] = (0.6, 0.3), 1.0
    with pytest.raises(FormatError, match=r"imagenet_class_index\.json"):
        applications.vgg16.decode_predictions(scores)
    names = {str(place): [f"n{place:08}", f"thing {place}"] for place in range(1000)}
    (home / "imagenet_class_index.json").write_text(json.dumps(names))
    first, second = applications.vgg16.decode_predictions(scores, top=2)
    assert [entry[1] for entry in first] == ["thing 7", "thing 3"]
    assert second[0] == ("n00000999", "thing 999", 1.0)
    with pytest.raises(ShapeError, match=r"\(batch, 1000\), not \(2, 999\)"):
        applications.vgg16.decode_predictions(scores[:, 1:])


def test_a_network_with_layers_of_its_own_is_saved_and_read_back_here_and_by_keras(tmp_path):
    import keras

    image = weigh.Input((4, 4, 8))
    x = applications.convnext.LayerScale(0.5, 8)(image)
    model = weigh.Model(image, applications.inception_resnet_v2.CustomScaleLayer(0.17)([image, x]))
    model.save(tmp_path / "network.keras")
    again = weigh.models.load_model(tmp_path / "network.keras")
    assert again.to_json() == model.to_json()
    images = np.random.default_rng(0).random((2, 4, 4, 8), "float32")
    assert_allclose(model(images), images * (1 + 0.5 * 0.17), rtol=1e-6)
    assert_allclose(keras.models.load_model(tmp_path / "network.keras")(images), model(images), rtol=1e-6)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_layers_of_their_own_are_explained(lang, golden):
    image = weigh.Input((4, 4, 8))
    x = applications.convnext.LayerScale(1e-6, 8, name="small_at_first")(image)
    x = applications.inception_resnet_v2.CustomScaleLayer(0.17, name="scaled_sum")([image, x])
    x = weigh.layers.Reshape((16, 8))(x)
    model = weigh.Model(image, applications.text.PositionEmbedding(16, name="positions")(x))
    said = []
    for name in ("small_at_first", "scaled_sum", "positions"):
        model.explain(name, lang=lang, print_fn=said.append)
    golden(f"layers.{lang}.txt", "\n\n".join(said) + "\n")
