"""Inside the hook, Keras is ours; outside, nothing has changed."""

import sys
from importlib import import_module

import pytest

import weigh
from weigh.compat import keras1, keras2
from weigh.compat.hook import importing

DOORS = {1: keras1, 2: keras2, 3: weigh}


@pytest.mark.parametrize("version", DOORS)
@pytest.mark.parametrize("name", ["keras", "tf_keras", "tensorflow.keras"])
def test_every_way_to_import_keras_gives_ours(version: int, name: str) -> None:
    with importing(version):
        exec(
            f"import {name}; from {name} import layers; from {name}.models import Sequential; d = layers.Dense",
            names := {},
        )
        assert names["d"] is DOORS[version].layers.Dense
        assert names["Sequential"] is DOORS[version].models.Sequential
        assert import_module(name).optimizers.SGD is DOORS[version].optimizers.SGD


def test_tensorflow_has_keras_and_nothing_else() -> None:
    with importing(2):
        import tensorflow as tf
        from tensorflow import keras

        assert tf.keras is keras
        assert dir(tf) == ["keras"]
        with pytest.raises(AttributeError, match=r"'tensorflow' has nothing but `keras`.*'constant' is missing"):
            _ = tf.constant
        with pytest.raises(ModuleNotFoundError):
            import_module("tensorflow.python")


@pytest.mark.parametrize(
    ("version", "name", "member"),
    [
        (1, "keras.layers.core", "Dense"),
        (1, "keras.layers.normalization", "BatchNormalization"),
        (1, "keras.engine.topology", "Layer"),
        (1, "keras.engine.training", "Model"),
        (1, "keras.objectives", "mean_squared_error"),
        (1, "keras.layers.convolutional", "MaxPooling2D"),
        (1, "keras.layers.recurrent", "LSTM"),
        (1, "keras.utils.np_utils", "to_categorical"),
        (1, "keras.preprocessing.sequence", "pad_sequences"),
        (1, "keras.preprocessing.text", "Tokenizer"),
        (1, "keras.preprocessing.image", "img_to_array"),
        (1, "keras.applications.vgg16", "VGG16"),
        (1, "keras.backend", "permute_dimensions"),
        (2, "tensorflow.keras.layers", "Dense"),
        (2, "keras.layers.advanced_activations", "LeakyReLU"),
        (2, "keras.layers.cudnn_recurrent", "CuDNNLSTM"),
        (2, "tensorflow.keras.preprocessing.text", "tokenizer_from_json"),
        (2, "tensorflow.keras.layers.experimental.preprocessing", "Rescaling"),
        (2, "tensorflow.keras.optimizers.legacy", "Adam"),
        (3, "keras.applications.resnet50", "preprocess_input"),
        (2, "keras.engine", "InputSpec"),
        (2, "keras.layers.merge", "concatenate"),
    ],
)
def test_modules_of_that_time_have_what_they_had(version: int, name: str, member: str) -> None:
    with importing(version):
        assert callable(getattr(import_module(name), member))


def test_a_star_gives_what_the_module_names() -> None:
    with importing(1):
        names: dict[str, object] = {}
        exec("from keras.layers import *; from keras.models import *", names)
        assert {"Dense", "merge", "Model", "Sequential"} <= names.keys()


@pytest.mark.parametrize("door", ["weigh.compat.keras1", "weigh.compat.keras2"])
def test_the_same_can_be_imported_under_the_name_of_the_door(door: str) -> None:
    for name in ("callbacks", "layers.core", "preprocessing.sequence", "utils.np_utils", "applications.vgg16"):
        assert import_module(f"{door}.{name}").__name__ == f"{door}.{name}"
    with pytest.raises(ModuleNotFoundError, match=r"nothing"):
        import_module(f"{door}.nothing")


def test_what_is_not_there_is_no_module_and_no_name() -> None:
    with importing(1):
        with pytest.raises(ModuleNotFoundError, match=r"no 'keras\.datasets': load the data yourself"):
            import_module("keras.datasets")
        with pytest.raises(ModuleNotFoundError, match=r"`model\.summary\(\)`"):
            exec("from keras.utils.visualize_util import plot", {})
        with pytest.raises(ImportError, match="cannot import name 'Attention'"):
            exec("from keras.layers import Attention", {})
        with pytest.raises(ImportError, match=r"no ImageDataGenerator: put layers .*weigh\.layers\.RandomFlip"):
            exec("from keras.preprocessing.image import ImageDataGenerator", {})
        with pytest.raises(AttributeError, match="weigh has no 'mixed_precision'"):
            _ = import_module("keras").mixed_precision


def test_nothing_is_left_behind_even_by_what_raises() -> None:
    import keras

    before, finders = dict(sys.modules), list(sys.meta_path)
    ours = set(vars(keras1.layers))
    code = "import keras.layers.core as core; core.Mine = 1; raise KeyError"
    with pytest.raises(KeyError), importing(1):
        exec(code, {})
    assert sys.meta_path == finders
    assert {name: sys.modules[name] for name in before} == before
    assert not {name for name in sys.modules if name.startswith(("tensorflow", "tf_keras"))}
    assert import_module("keras") is keras
    assert set(vars(keras1.layers)) == ours
