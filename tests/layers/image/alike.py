"""Image layers beside Keras', with the same random numbers."""

import jax
import numpy as np
from tests.layers import peer

import weigh

IMAGES = (np.random.default_rng(0).random((2, 8, 8, 3)) * 255).astype("float32")
TOLERANCE = {"rtol": 1e-4, "atol": 1e-3}  # of values up to 255


def alike(name, arguments, images=IMAGES, training=(True,)):
    """Compare a layer with Keras': what comes out, and its configuration. It says the shape, and can be traced.

    Args:
        name: of the class in both.
        arguments: of the constructor.
        images: to call it on.
        training: in which modes; what draws leaves images alone at inference, which needs no peer.
    """
    import keras

    ours, theirs = (getattr(library.layers, name)(**arguments) for library in (weigh, keras))
    for mode in training:
        mine, its = ours(images, training=mode), theirs(images, training=mode)
        assert mine.dtype == its.dtype
        assert mine.shape == ours.compute_output_shape(images.shape)
        np.testing.assert_allclose(mine, its, **TOLERANCE)
    assert traced(ours, images).shape == mine.shape
    peer._agree_on_config(ours, theirs)


def traced(layer, images):
    """Return what comes out of a layer in training inside a trace, as shape and dtype."""
    values = [variable.value for variable in layer.non_trainable_variables]
    return jax.eval_shape(lambda values: layer.stateless_call([], values, images, training=True), values)[0]


def first(images):
    """Return images with their channels first."""
    return np.moveaxis(images, -1, -3)
