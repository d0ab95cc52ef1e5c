"""Whatever layers are put together: what is declared is what is computed, and what is trained is what Keras trains."""

import json
import math

import jax
import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh import layers

sizes = st.integers(1, 3)
flags = st.booleans()

ANY_RANK = {
    "Dense": {"units": st.integers(1, 4), "use_bias": flags},
    "BatchNormalization": {"scale": flags, "center": flags},
    "LayerNormalization": {},
    "UnitNormalization": {},
    "Dropout": {"rate": st.just(0.5)},
    "Activation": {"activation": st.sampled_from(["relu", "tanh", "sigmoid"])},
    "LeakyReLU": {},
    "GaussianNoise": {"stddev": st.just(0.1)},
    "Flatten": {},
}
OF_RANK = {
    2: {"RepeatVector": {"n": sizes}, "PReLU": {}},
    3: {
        "Conv1D": {"filters": sizes, "kernel_size": sizes, "strides": sizes, "padding": st.just("same")},
        "SeparableConv1D": {"filters": sizes, "kernel_size": sizes, "padding": st.just("same")},
        "Conv1DTranspose": {"filters": sizes, "kernel_size": sizes, "strides": sizes},
        "GRU": {"units": sizes, "return_sequences": flags, "go_backwards": flags},
        "LSTM": {"units": sizes, "return_sequences": flags},
        "SimpleRNN": {"units": sizes, "return_sequences": st.just(True)},
        "MaxPooling1D": {"pool_size": sizes, "padding": st.just("same")},
        "GlobalAveragePooling1D": {"keepdims": flags},
        "ZeroPadding1D": {"padding": sizes},
        "UpSampling1D": {"size": sizes},
        "Permute": {"dims": st.just((2, 1))},
    },
    4: {
        "Conv2D": {"filters": sizes, "kernel_size": sizes, "dilation_rate": sizes, "padding": st.just("same")},
        "DepthwiseConv2D": {"kernel_size": sizes, "depth_multiplier": sizes, "padding": st.just("same")},
        "Conv2DTranspose": {"filters": sizes, "kernel_size": sizes, "strides": sizes},
        "AveragePooling2D": {"pool_size": sizes, "padding": st.just("same")},
        "GlobalMaxPooling2D": {"keepdims": flags},
        "ZeroPadding2D": {"padding": sizes},
        "UpSampling2D": {"size": sizes},
        "SpatialDropout2D": {"rate": st.just(0.5)},
        "Permute": {"dims": st.just((3, 1, 2))},
        "TimeDistributed": {"layer": st.builds(lambda filters: layers.Conv1D(filters, 1), sizes)},
    },
}


@st.composite
def networks(draw):
    """A network of up to a dozen calls over inputs of several ranks, some sizes unknown."""
    inputs = [weigh.Input(draw(shapes), name=f"input_{number}") for number in range(draw(st.integers(1, 2)))]
    tensors = list(inputs)
    for _ in range(draw(st.integers(1, 12))):
        x = draw(st.sampled_from(tensors))
        alike = [other for other in tensors if other is x or (other.shape == x.shape and None not in x.shape[1:])]
        kind = draw(st.sampled_from(["layer", "layer", "layer", "merge", "operation"]))
        if kind == "merge" and len(alike) > 1:
            merge = draw(st.sampled_from([layers.Add, layers.Concatenate, layers.Maximum]))
            tensors.append(merge()([x, draw(st.sampled_from(alike))]))
        elif kind == "operation":
            tensors.append(draw(st.sampled_from([lambda t: t * 2.0 + 1.0, lambda t: t[..., :1], lambda t: -t]))(x))
        else:
            candidates = {**ANY_RANK, **OF_RANK.get(x.ndim, {})}
            name = draw(st.sampled_from(sorted(candidates)))
            arguments = {key: draw(values) for key, values in candidates[name].items()}
            try:
                tensors.append(getattr(layers, name)(**arguments)(x))
            except weigh.errors.ShapeError:  # a size is unknown that the layer must know, or nothing would be left
                continue
            if math.prod(size or 1 for size in tensors[-1].shape) > 10_000:
                tensors.pop()
    outputs = [tensor for tensor in tensors if tensor not in inputs] or [layers.Identity()(tensors[0])]
    return weigh.Model(inputs, outputs)


shapes = st.integers(1, 3).flatmap(
    lambda rank: st.tuples(*(st.one_of(st.integers(1, 6), st.none()) for _ in range(rank - 1)), st.integers(1, 4))
)


@given(networks(), st.integers(1, 3), st.integers(2, 5))
def test_shapes_and_counts_are_declared_as_they_are_computed_and_made(model, batch, unknown):
    data = [
        np.zeros((batch, *(unknown if size is None else size for size in tensor.shape[1:])), "float32")
        for tensor in model.inputs
    ]
    account = model.account()
    assert account.total == sum(array.size for array in model.get_weights()) == model.count_params()
    apply, state = model.functional()
    computed, _ = jax.eval_shape(apply, state, data)
    for tensor, array in zip(model.outputs, jax.tree.leaves(computed), strict=True):
        assert len(tensor.shape) == len(array.shape)
        assert all(size is None or size == got for size, got in zip(tensor.shape, array.shape, strict=True)), tensor
        assert tensor.dtype == str(array.dtype)
    again = weigh.models.model_from_json(json.dumps(json.loads(model.to_json())))
    assert [tensor.shape for tensor in again.outputs] == [tensor.shape for tensor in model.outputs]
    assert [row.working for row in again.account()] == [row.working for row in account]


def nested(library):
    """A network in a network in a network, with a layer of each kind that has weights of several sorts."""
    x = library.Input((3,))
    core = library.Sequential([library.Input((4,)), library.layers.Dense(4), library.layers.BatchNormalization()])
    inner = library.Model(x, library.layers.LayerNormalization()(core(library.layers.Dense(4)(x))))
    y = library.Input((2, 3))
    hidden = library.layers.TimeDistributed(inner)(y)
    hidden = library.layers.Bidirectional(library.layers.GRU(2))(hidden)
    return library.Model(y, library.layers.Dense(1)(hidden)), inner, core


def every_layer(library):
    model, inner, core = nested(library)
    return model, [model, inner, core, *model.layers, *inner.layers, *core.layers]


OURS, THEIRS = every_layer(weigh), every_layer(keras)


@given(st.lists(st.tuples(st.integers(0, len(OURS[1]) - 1), flags), max_size=6))
def test_what_is_trained_is_what_keras_trains_however_flags_are_set(changes):
    for model, parts in (OURS, THEIRS):
        model.trainable = True
        for part in parts:
            part.trainable = True
        for place, flag in changes:
            parts[place].trainable = flag
    ours, theirs = OURS[0], THEIRS[0]
    assert [weight.shape for weight in ours.trainable_weights] == [tuple(w.shape) for w in theirs.trainable_weights]
    account = ours.account()
    assert account.trainable == sum(math.prod(weight.shape) for weight in theirs.trainable_weights)
    assert account.non_trainable == sum(math.prod(weight.shape) for weight in theirs.non_trainable_weights)
    assert account.total == theirs.count_params()
