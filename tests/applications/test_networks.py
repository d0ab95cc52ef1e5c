"""All networks that Keras has, layer by layer, and what one of each family computes."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import weigh
from weigh import applications

KNOWN = json.loads((Path(__file__).parent / "fixtures" / "networks.json").read_text())["networks"]

# One of each family, as small as it can be, and what is computed with: rows and columns, arguments.
SMALL = {
    "VGG16": (32, {"include_top": False, "pooling": "avg"}),
    "ResNet50": (32, {"classes": 5}),
    "ResNet50V2": (32, {"classes": 5}),
    "InceptionV3": (75, {"include_top": False}),
    "Xception": (71, {"include_top": False, "pooling": "max"}),
    "MobileNet": (32, {"classes": 5, "alpha": 0.25}),
    "MobileNetV2": (32, {"classes": 5, "alpha": 0.35}),
    "MobileNetV3Small": (33, {"classes": 5}),
    "DenseNet121": (32, {"classes": 5}),
    "EfficientNetB0": (35, {"classes": 5}),
    "EfficientNetV2B0": (32, {"classes": 5}),
    "ConvNeXtTiny": (32, {"classes": 5}),
}
# Keras takes half a minute to a minute for these.
LARGE = {
    "InceptionResNetV2": (75, {"include_top": False}),
    "NASNetMobile": (32, {"classes": 5}),
}


def test_keras_has_no_other_networks():
    assert {name for name in dir(applications) if name[0].isupper()} == set(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_a_network_is_that_of_keras_layer_by_layer(name, declared, make, own_lines):
    model = declared(name)
    lines = own_lines(model)
    known = dict(KNOWN[name])
    assert lines == known.pop("lines", lines)
    assert make.described(model, lines) == known
    account = model.account()
    assert (account.total, account.trainable) == (known["total"], known["trainable"])


@pytest.mark.long
@pytest.mark.parametrize("name", KNOWN)
def test_the_fixture_says_what_keras_makes(name, make):
    model = make.keras_network(name)
    lines = make.keras_lines(model)
    assert make.described(model, lines) | ({"lines": lines} if name in make.WHOLE else {}) == KNOWN[name]


ARGUMENTS = {
    "features of VGG19": ("VGG19", {"include_top": False}),
    "largest of VGG16": ("VGG16", {"include_top": False, "pooling": "max", "input_shape": (48, 40, 1)}),
    "pooled ResNet50": ("ResNet50", {"include_top": False, "pooling": "avg", "name": "own"}),
    "logits of ResNet50V2": ("ResNet50V2", {"classes": 7, "classifier_activation": None, "input_shape": (64, 64, 3)}),
    "wide MobileNet": ("MobileNet", {"alpha": 1.25, "depth_multiplier": 2, "dropout": 0.5, "input_shape": (96, 64, 3)}),
    "features of MobileNet": ("MobileNet", {"include_top": False, "pooling": "avg", "input_shape": (160, 160, 3)}),
    "wide MobileNetV2": ("MobileNetV2", {"alpha": 1.4, "classes": 3, "input_shape": (96, 96, 3)}),
    "narrow MobileNetV2": ("MobileNetV2", {"alpha": 0.35, "include_top": False}),
    "minimalistic MobileNetV3Large": ("MobileNetV3Large", {"minimalistic": True, "dropout_rate": 0}),
    "wide MobileNetV3Small": ("MobileNetV3Small", {"alpha": 1.5, "include_preprocessing": False, "classes": 9}),
    "features of MobileNetV3Small": ("MobileNetV3Small", {"include_top": False, "pooling": "max"}),
    "features of DenseNet121": ("DenseNet121", {"include_top": False, "pooling": "avg"}),
    "features of NASNetMobile": ("NASNetMobile", {"include_top": False}),
    "features of InceptionV3": ("InceptionV3", {"include_top": False, "pooling": "avg", "input_shape": (80, 90, 3)}),
    "features of EfficientNetB0": ("EfficientNetB0", {"include_top": False, "pooling": "max"}),
    "EfficientNetV2B0 of grey images": ("EfficientNetV2B0", {"input_shape": (40, 40, 1)}),
    "EfficientNetV2B0 unprepared": ("EfficientNetV2B0", {"include_preprocessing": False, "classes": 4}),
    "features of ConvNeXtTiny": ("ConvNeXtTiny", {"include_top": False, "pooling": "avg"}),
    "ConvNeXtTiny unprepared": ("ConvNeXtTiny", {"include_preprocessing": False, "classes": 4, "name": "own"}),
}


@pytest.mark.parametrize(
    "case", [*list(ARGUMENTS)[:6], *(pytest.param(c, marks=pytest.mark.long) for c in list(ARGUMENTS)[6:])]
)
def test_arguments_make_what_they_make_in_keras(case, declared, make, own_lines):
    name, arguments = ARGUMENTS[case]
    model, peer = declared(name, **arguments), make.keras_network(name, **arguments)
    assert own_lines(model) == make.keras_lines(peer)
    assert model.name == peer.name


@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(name, marks=pytest.mark.long) for name in LARGE)])
def test_a_network_computes_what_that_of_keras_computes(name, declared):
    import keras

    side, arguments = (SMALL | LARGE)[name]
    arguments = {"weights": None, "input_shape": (side, side, 3), **arguments}
    peer = getattr(keras.applications, name)(**arguments)
    generator = np.random.default_rng(0)
    values = [_plausible(weight.path, weight.shape, generator) for weight in peer.weights]
    model = declared(name, **arguments)
    assert [weight.path for weight in model.weights] == [weight.path for weight in peer.weights]
    for weight, other, value in zip(model.weights, peer.weights, values, strict=True):
        weight.assign(value)
        other.assign(value)
    images = generator.uniform(0, 255, (2, side, side, 3)).astype("float32")
    expected = np.asarray(peer(images))
    assert expected.std() > 1e-3
    assert_allclose(np.asarray(model(images)), expected, rtol=2e-4, atol=2e-5 * abs(expected).max())


def _plausible(path, shape, generator):
    """A weight that keeps numbers at their size through a hundred layers, and no layer from mattering."""
    size = tuple(map(int, shape))
    kind = path.rpartition("/")[2]
    if "kernel" in kind:
        fan = np.prod(size[:-1]) if "depthwise" not in kind else np.prod(size[:2])
        return generator.normal(0, np.sqrt(2 / fan), size).astype("float32")
    if kind in ("gamma", "moving_variance", "variance"):
        return generator.uniform(0.6, 1.4, size).astype("float32")
    if kind.startswith("variable"):  # the scale of a residual
        return generator.uniform(0.1, 0.3, size).astype("float32")
    return generator.normal(0, 0.1, size).astype("float32")
