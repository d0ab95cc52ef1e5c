"""Layers that prepare numbers and sound, beside Keras'."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh

RNG = np.random.default_rng(0)
DATA = RNG.normal(3.0, 2.0, (20, 3, 4)).astype("float32")


def test_normalization_by_given_moments_is_that_of_keras(agree):
    agree("Normalization", (5, 3, 4), {"mean": [1.0, 2.0, 3.0, 4.0], "variance": [4.0] * 4}, tolerance=2e-5)


@pytest.mark.parametrize("arguments", [{}, {"axis": (0, 2)}, {"axis": None}, {"axis": 1, "invert": True}])
def test_normalization_adapts_as_in_keras(arguments):
    import keras

    ours, theirs = (library.layers.Normalization(**arguments, name="layer") for library in (weigh, keras))
    ours.adapt(DATA)
    theirs.adapt(DATA)
    assert [(one.path, one.shape, one.dtype, one.trainable) for one in ours.weights] == [
        (one.path, tuple(one.shape), one.dtype, one.trainable) for one in theirs.weights
    ]
    for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-5)
    np.testing.assert_allclose(ours.variance, theirs.variance, rtol=1e-5)
    np.testing.assert_allclose(ours(DATA), theirs(DATA), rtol=1e-4, atol=1e-5)
    mine, its = ours.get_config(), theirs.get_config()
    assert {key: mine[key] for key in its.keys() - {"dtype", "axis"}} == {
        key: its[key] for key in its.keys() - {"dtype", "axis"}
    }
    assert tuple(mine["axis"]) == tuple(its["axis"])
    again = weigh.saving.deserialize_keras_object(keras.saving.serialize_keras_object(theirs))
    assert [one.shape for one in again.weights] == [one.shape for one in ours.weights]


def test_batches_of_different_sizes_give_the_moments_of_all_the_data():
    layer = weigh.layers.Normalization()
    layer.adapt(iter([(DATA[:3], "labels"), (DATA[3:4], "labels"), (DATA[4:], "labels")]))
    np.testing.assert_allclose(layer.mean[0, 0], DATA.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(layer.variance[0, 0], DATA.var((0, 1)), rtol=1e-5)


def test_normalization_and_its_inverse_are_the_identity():
    there, back = weigh.layers.Normalization(), weigh.layers.Normalization(invert=True)
    there.adapt(DATA)
    back.adapt(DATA)
    np.testing.assert_allclose(back(there(DATA)), DATA, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("mode", "shape"),
    [("int", (4, 3)), ("one_hot", (4, 1)), ("one_hot", (4, 3)), ("multi_hot", (4, 3)), ("count", (2, 3, 2))],
)
def test_discretization_is_that_of_keras(agree, mode, shape):
    arguments = {"bin_boundaries": [-1.0, 0.5, 3.0], "output_mode": mode}
    agree("Discretization", shape, arguments, gradients=False)


def test_discretization_adapts_as_in_keras():
    import keras

    for data in (RNG.normal(size=(300, 2)), [RNG.normal(size=50), RNG.normal(5.0, size=(70, 1))]):
        ours, theirs = weigh.layers.Discretization(num_bins=7), keras.layers.Discretization(num_bins=7)
        ours.adapt(data)
        for batch in data if isinstance(data, list) else [data]:
            theirs.update_state(batch)  # Keras' `adapt` needs TensorFlow
        theirs.finalize_state()
        assert ours.bin_boundaries == pytest.approx(theirs.bin_boundaries)
        twin = weigh.layers.Discretization.from_config(theirs.get_config())
        assert twin.bin_boundaries == theirs.bin_boundaries


@pytest.mark.parametrize(
    ("mode", "shape"), [("one_hot", (4, 1)), ("one_hot", (4, 3)), ("multi_hot", (4, 3)), ("count", (4, 3))]
)
def test_category_encoding_is_that_of_keras(agree, mode, shape):
    inputs = RNG.integers(0, 5, shape).astype("int32")
    agree("CategoryEncoding", shape, {"num_tokens": 5, "output_mode": mode}, inputs=inputs, gradients=False)


def test_categories_are_counted_by_weight():
    import keras

    numbers, weights = [[0, 1], [0, 0], [3, 1]], [[0.1, 0.2], [0.1, 0.3], [0.4, 0.2]]
    ours, theirs = (library.layers.CategoryEncoding(4, "count") for library in (weigh, keras))
    np.testing.assert_allclose(
        ours(numbers, count_weights=weights), theirs(np.array(numbers), count_weights=np.array(weights)), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("layer", "data"),
    [
        (weigh.layers.Normalization(None, 1.0, 4.0), [[1.0, 3.0]]),
        (weigh.layers.Discretization([0.0, 1.0]), [[0.5, 3.0]]),
        (weigh.layers.CategoryEncoding(3), [[0, 2]]),
        (weigh.layers.IntegerLookup(vocabulary=[7, 2], mask_token=0, num_oov_indices=2), [[7, 0], [3, 2]]),
        (weigh.layers.IntegerLookup(vocabulary=[7, 2], output_mode="count"), [[7, 0], [3, 7]]),
        (weigh.layers.MelSpectrogram(16, 4, num_mel_bins=2), [list(range(20))]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_computes_with_numbers_also_runs_compiled(layer, data):
    data = np.array(data)
    np.testing.assert_allclose(jax.jit(layer)(data), layer(data), rtol=1e-5)


def test_a_compiled_network_follows_a_vocabulary_that_changes():
    layer = weigh.layers.IntegerLookup(vocabulary=[5, 7])
    model = weigh.Sequential([weigh.Input((1,), dtype="int32"), layer])
    data = np.array([[5], [7], [9]], "int32")
    assert model.predict(data, verbose=0).tolist() == [[1], [2], [0]]
    layer.set_vocabulary([7, 9])
    assert model.predict(data, verbose=0).tolist() == [[0], [1], [2]]


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=9, unique=True), st.integers(1, 3))
def test_a_lookup_and_its_inverse_are_the_identity_on_the_vocabulary(vocabulary, strangers):
    there = weigh.layers.IntegerLookup(vocabulary=vocabulary, num_oov_indices=strangers)
    back = weigh.layers.IntegerLookup(vocabulary=vocabulary, num_oov_indices=strangers, oov_token=2**41, invert=True)
    assert back(there(vocabulary)).tolist() == vocabulary


@pytest.mark.parametrize("mode", ["psd", "stft"])
def test_spectrograms_are_those_of_keras(agree, mode):
    agree("STFTSpectrogram", (2, 21, 2), {"mode": mode, "frame_length": 6})


@pytest.mark.parametrize(
    "arguments",
    [
        {"mode": "log", "frame_step": 2, "fft_length": 16, "window": "hamming", "scaling": "spectrum"},
        {"mode": "magnitude", "window": None, "scaling": None, "expand_dims": True, "trainable": False},
        {"mode": "real", "window": [0.5] * 6, "data_format": "channels_first", "expand_dims": True},
        {"mode": "imag", "data_format": "channels_first", "padding": "same"},
        {"mode": "angle", "periodic": True, "padding": "same"},
    ],
)
def test_their_other_arguments_are_those_of_keras(arguments):
    import keras

    sound = RNG.normal(size=(2, 15, 13)).astype("float32")
    ours, theirs = (library.layers.STFTSpectrogram(frame_length=6, **arguments) for library in (weigh, keras))
    expected = np.asarray(theirs(sound))
    ours.build(sound.shape)
    ours.set_weights(theirs.get_weights())
    if arguments["mode"] == "angle":  # −π and π are one
        np.testing.assert_allclose(np.cos(ours(sound)), np.cos(expected), atol=1e-4)
    else:
        np.testing.assert_allclose(ours(sound), expected, rtol=1e-4, atol=1e-5)
    assert ours.compute_output_shape(sound.shape) == expected.shape
    assert [one.trainable for one in ours.weights] == [one.trainable for one in theirs.weights]


def test_the_kernels_begin_as_in_keras():
    import keras

    ours, theirs = (library.layers.STFTSpectrogram(frame_length=9) for library in (weigh, keras))
    ours.build((None, 30, 1))
    theirs.build((None, 30, 1))
    for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, atol=2e-6)


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((2, 50), {}),
        ((50,), {"sequence_length": 12, "window": "hamming", "power_to_db": False}),
        ((2, 50), {"mag_exp": 1.0, "top_db": 5.0, "min_power": 1e-3, "ref_power": 2.0, "max_freq": 3000.0}),
        ((2, 50), {"window": None, "min_freq": 0.0}),
    ],
)
def test_mel_spectrograms_are_those_of_keras(shape, arguments):
    import keras

    arguments = {"fft_length": 16, "sequence_stride": 5, "num_mel_bins": 3, **arguments}
    ours, theirs = (library.layers.MelSpectrogram(**arguments) for library in (weigh, keras))
    sound = RNG.normal(size=shape).astype("float32")
    np.testing.assert_allclose(ours(sound), theirs(sound), rtol=2e-4, atol=2e-4)  # Keras' triangles are float32
    mine, its = ours.get_config(), theirs.get_config()
    assert {key: mine[key] for key in its if key not in ("name", "dtype")} == {
        key: value for key, value in its.items() if key not in ("name", "dtype")
    }


@given(st.integers(9, 60), st.sampled_from([15, 16]), st.integers(1, 9))
def test_a_mel_spectrogram_has_the_frames_that_it_declares(samples, transform, stride):
    layer = weigh.layers.MelSpectrogram(transform, stride, num_mel_bins=2)
    made = jax.eval_shape(layer, jax.ShapeDtypeStruct((samples,), "float32"))
    assert made.shape == layer.compute_output_shape((samples,))
