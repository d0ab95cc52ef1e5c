"""Networks that are kept and read back, each built by a function of the library: weigh, or Keras."""

import pytest


def seed(K):
    x = K.Input((16,), name="numbers")
    hidden = K.layers.Dense(8, activation="relu")(x)
    hidden = K.layers.BatchNormalization()(hidden)
    hidden = K.layers.Dropout(0.5)(hidden)
    return K.Model(x, K.layers.Dense(4, activation="sigmoid")(hidden))


def every_argument(K):
    x = K.Input(batch_shape=(None, 2, 3), dtype="float32")
    hidden = K.layers.Dense(
        4,
        activation="gelu",
        use_bias=False,
        kernel_initializer=K.initializers.HeNormal(seed=3),
        kernel_regularizer=K.regularizers.L1L2(0.1, 0.2),
        kernel_constraint=K.constraints.MaxNorm(3, axis=1),
        activity_regularizer="l2",
        name="first",
    )(x)
    hidden = K.layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-4, scale=False, beta_regularizer="l1")(hidden)
    hidden = K.layers.Activation("tanh", trainable=False)(hidden)
    hidden = K.layers.Reshape((-1, 2))(hidden)
    hidden = K.layers.Dropout(0.25, noise_shape=(None, 1, 2), seed=7)(hidden)
    return K.Model(
        x, K.layers.Dense(2, bias_initializer="ones", trainable=False)(K.layers.Flatten()(hidden)), name="all"
    )


def shared_and_nested(K):
    stack = K.Sequential([K.Input((3,)), K.layers.Dense(4), K.layers.Dropout(0.2)], name="stack")
    i = K.Input((3,), name="inner_input")
    inner = K.Model(i, K.layers.Dense(4, activation="elu")(i), name="inner")
    a = K.Input((3,), name="a")
    dense = K.layers.Dense(3)
    once, twice = dense(a), dense(dense(a))
    merged = K.layers.Add()([stack(twice), stack(once), inner(a)])
    return K.Model(a, {"sum": merged, "both": K.layers.Concatenate()([merged, inner(once)]), "inner": inner(once)})


def several_inputs(K):
    left, right = K.Input((2,), name="left"), K.Input((3,), name="right")
    joined = K.layers.Concatenate(axis=1)([left, K.layers.Dense(2)(right)])
    return K.Model([left, right], [K.layers.Dense(1)(joined), joined])


def sequential(K):
    return K.Sequential([K.Input((5,)), K.layers.Dense(3, activation="relu"), K.layers.Dense(2)], name="stack")


def built_later(K):
    model = K.Sequential([K.layers.Dense(3, kernel_regularizer="l2"), K.layers.BatchNormalization(), K.layers.Dense(1)])
    model.build((None, 5))
    return model


def half_precision(K):
    x = K.Input((4,))
    return K.Model(x, K.layers.Dense(2, dtype="bfloat16")(K.layers.Dense(3, dtype="mixed_bfloat16")(x)))


def layers_called_elsewhere_too(K):
    x, other = K.Input((4,)), K.Input((4,))
    first, second = K.layers.Dense(4), K.layers.Dense(2)
    second(first(other))
    return K.Model(x, second(first(first(x))))


NETWORKS = [
    seed,
    every_argument,
    shared_and_nested,
    several_inputs,
    sequential,
    built_later,
    half_precision,
    layers_called_elsewhere_too,
]


@pytest.fixture(params=NETWORKS, ids=lambda build: build.__name__)
def network(request):
    """A function that builds a network with the library that it is given."""
    return request.param


@pytest.fixture
def seed_network():
    return seed
