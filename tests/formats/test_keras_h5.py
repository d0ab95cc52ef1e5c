"""Weights as Keras 1 and 2 wrote them: Keras 3 still writes them too, which is the peer."""

import os

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

import weigh
from weigh.errors import FormatError, UnsafeFileError
from weigh.formats import keras_h5


def network(K, **renamed):
    """Among others a layer without weights and a nested network, whose weights these files give in one list."""
    x = K.Input((4,))
    hidden = K.layers.Dense(3, name=renamed.get("first", "first"))(x)
    hidden = K.layers.BatchNormalization(name="normal")(hidden)
    hidden = K.layers.Dropout(0.5)(hidden)
    inner = K.Sequential([K.layers.Dense(3), K.layers.BatchNormalization(), K.layers.Dense(2)], name="inner")
    return K.Model(x, inner(hidden))


def randomized(model):
    generator = np.random.default_rng(1)
    model.set_weights([generator.random(weight.shape, dtype="float32") for weight in model.get_weights()])
    return model


@pytest.fixture
def peer():
    import keras

    return randomized(network(keras))


@pytest.fixture
def path(tmp_path, peer):
    """The weights of Keras' network alone, as `save_weights` of Keras 2 wrote them."""
    from keras.src.legacy.saving import legacy_h5_format

    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, peer)
    return str(path)


def test_weights_of_keras_are_read_in_order_whatever_the_layers_are_called(path, peer):
    model = network(weigh, first="otherwise")
    model.load_weights(path)
    for own, other in zip(model.get_weights(), peer.get_weights(), strict=True):
        assert_array_equal(own, other)


def test_weights_are_read_from_a_whole_network_of_keras_2(tmp_path, peer):
    path = str(tmp_path / "network.h5")
    from keras.src.legacy.saving import legacy_h5_format

    legacy_h5_format.save_model_to_hdf5(peer, path)
    model = network(weigh)
    model.load_weights(path)
    for own, other in zip(model.get_weights(), peer.get_weights(), strict=True):
        assert_array_equal(own, other)


def test_a_list_of_names_may_go_on_in_further_attributes(path):
    with h5py.File(path, "a") as file:
        names = list(file.attrs["layer_names"])
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:2], names[2:]
    with keras_h5.opened(path) as file:
        assert [layer.name for layer in file.layers] == ["first", "normal", "inner"]
        assert file.layers[0].arrays == ["first/first/kernel", "first/first/bias"]
        assert file.shape("first/first/kernel") == (4, 3)


def damage_missing_list(file):
    del file.attrs["layer_names"]


def damage_numbers(file):
    file.attrs["layer_names"] = [1, 2]


def damage_fewer_layers(file):
    file.attrs["layer_names"] = [b"first", b"normal"]


def damage_fewer_arrays(file):
    file["first"].attrs["weight_names"] = [b"first/kernel"]


def damage_shape(file):
    del file["first/first/kernel"]
    file["first/first/kernel"] = np.zeros((5, 3), "float32")


def damage_no_array(file):
    del file["first/first/kernel"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damage_missing_list, "no list `layer_names`"),
        (damage_numbers, "should be a list of texts"),
        (damage_fewer_layers, "2 layers, but the network .* has 3"),
        (damage_fewer_arrays, "'first' in the file, has 2 weights here and 1"),
        (damage_shape, r"'first/kernel' has shape \(4, 3\), but the file has \(5, 3\)"),
        (damage_no_array, "no dataset at 'first/first/kernel'"),
    ],
)
def test_what_does_not_fit_changes_nothing(path, damage, words):
    with h5py.File(path, "a") as file:
        damage(file)
    model = network(weigh)
    before = model.get_weights()
    with pytest.raises(FormatError, match=words):
        model.load_weights(path)
    for now, then in zip(model.get_weights(), before, strict=True):
        assert_array_equal(now, then)


def test_weights_of_another_shape_may_be_skipped(path):
    with h5py.File(path, "a") as file:
        damage_shape(file)
    model = network(weigh)
    kernel = model.layers[1].get_weights()[0]
    with pytest.warns(UserWarning, match="These keep their values"):
        model.load_weights(path, skip_mismatch=True)
    assert_array_equal(model.layers[1].get_weights()[0], kernel)


def test_what_stands_in_another_file_is_not_read(path, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["kernel"] = np.zeros((4, 3), "float32")
    with h5py.File(path, "a") as file:
        del file["first/first/kernel"]
        file["first/first/kernel"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "kernel")
    with pytest.raises(UnsafeFileError, match="link into another file"):
        network(weigh).load_weights(path)


def test_a_list_that_claims_more_than_the_file_has_is_refused(tmp_path):
    path = str(tmp_path / "weights.h5")
    with h5py.File(path, "w", track_order=True, libver="latest") as file:
        file.attrs.create("layer_names", np.full(2000, b"x", "S1000"))
    os.truncate(path, 4096)
    with pytest.raises(FormatError):
        network(weigh).load_weights(path)
