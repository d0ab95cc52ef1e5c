"""Masks travel with tensors, arrays and symbolic ones, as Keras' guide on masking shows."""

import keras
import numpy as np
import pytest

import weigh

PADDED = np.array([[7, 6, 0, 0], [1, 2, 3, 4], [5, 0, 0, 0]])


def layers_of(library):
    """The layers that the guide lets a user write."""
    ops, base = library.ops, library.layers.Layer

    class TemporalSplit(base):
        def call(self, inputs):
            return ops.split(inputs, 2, axis=1)

        def compute_mask(self, inputs, mask=None):
            return None if mask is None else ops.split(mask, 2, axis=1)

    class CustomEmbedding(base):
        def build(self, input_shape):
            self.embeddings = self.add_weight((10, 3), initializer="ones", name="embeddings")

        def call(self, inputs):
            return ops.take(self.embeddings, ops.cast(inputs, "int32"), axis=0)

        def compute_mask(self, inputs, mask=None):
            return ops.not_equal(inputs, 0)

    class Passing(base):
        def __init__(self, **options):
            super().__init__(**options)
            self.supports_masking = True

        def call(self, inputs):
            return ops.relu(inputs)

    class TemporalSoftmax(Passing):
        def call(self, inputs, mask=None):
            assert mask is not None
            kept = ops.expand_dims(ops.cast(mask, "float32"), -1)
            shares = ops.exp(inputs) * kept
            return shares / ops.sum(shares * kept, axis=1, keepdims=True)

    return TemporalSplit, CustomEmbedding, Passing, TemporalSoftmax


def test_a_layer_that_computes_masks_passes_them_on():
    split, embedding, *_ = (layers_of(library) for library in (weigh, keras))
    for temporal_split, custom_embedding, *_ in (split, embedding):
        embedded = custom_embedding()(PADDED)
        np.testing.assert_array_equal(embedded._keras_mask, PADDED != 0)
        first, second = temporal_split()(embedded)
        np.testing.assert_array_equal(first._keras_mask, PADDED[:, :2] != 0)
        np.testing.assert_array_equal(second._keras_mask, PADDED[:, 2:] != 0)


@pytest.mark.parametrize("custom", [True, False])
def test_a_symbolic_mask_reaches_a_layer_that_asks_for_one(custom):
    def network(library):
        _, embedding, passing, softmax = layers_of(library)
        x = library.Input((None,), dtype="int32")
        hidden = (embedding() if custom else library.layers.Embedding(10, 3, mask_zero=True))(x)
        return library.Model(x, softmax()(library.layers.Dense(1, kernel_initializer="ones")(passing()(hidden))))

    ours, theirs = network(weigh), network(keras)
    ours.set_weights([np.ones(weight.shape) for weight in ours.weights])
    theirs.set_weights([np.ones(weight.shape) for weight in theirs.weights])
    assert ours.output_shape == theirs.output_shape
    np.testing.assert_allclose(ours(PADDED), theirs(PADDED), rtol=1e-6)
    np.testing.assert_allclose(ours.predict(PADDED, verbose=0), theirs.predict(PADDED, verbose=0), rtol=1e-6)


def test_the_mask_of_a_symbolic_tensor_has_a_shape():
    x = weigh.Input((6,), dtype="int32")
    embedded = weigh.layers.Embedding(10, 3, mask_zero=True)(x)
    assert (embedded._keras_mask.shape, embedded._keras_mask.dtype) == ((None, 6), "bool")
    assert weigh.layers.LSTM(3)(embedded)._keras_mask is None
    assert weigh.layers.LSTM(3, return_sequences=True)(embedded)._keras_mask.shape == (None, 6)
    assert weigh.layers.Dense(2)(weigh.Input((3,)))._keras_mask is None
