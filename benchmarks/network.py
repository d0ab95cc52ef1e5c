"""The networks that are measured, and data for them. Each runs under any library with Keras' names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def seed_network(keras: Any) -> Any:
    """Return the network of the question that this project started from."""
    x = keras.layers.Input(batch_shape=(None, 4096))
    hidden = keras.layers.Dense(512, activation="relu")(x)
    hidden = keras.layers.BatchNormalization()(hidden)
    hidden = keras.layers.Dropout(0.5)(hidden)
    predictions = keras.layers.Dense(80, activation="sigmoid")(hidden)
    return keras.models.Model(inputs=[x], outputs=[predictions])


def deep_network(keras: Any) -> Any:
    """Return a thousand layers with 10¹¹ parameters."""
    x = keras.layers.Input(batch_shape=(None, 10_000))
    hidden = x
    for _ in range(1000):
        hidden = keras.layers.Dense(10_000)(hidden)
    return keras.models.Model(inputs=[x], outputs=[hidden])


def residual_network(keras: Any) -> Any:
    """Return ResNet50 for small pictures and ten classes."""
    return keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3), classes=10)


def mobile_network(keras: Any) -> Any:
    """Return MobileNetV2 for small pictures and ten classes."""
    return keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), classes=10)


def lstm_network(keras: Any) -> Any:
    """Return two LSTMs, one over the other, and ten classes."""
    x = keras.Input((128, 64))
    hidden = keras.layers.LSTM(256, return_sequences=True)(x)
    hidden = keras.layers.LSTM(256)(hidden)
    return keras.Model(x, keras.layers.Dense(10, activation="softmax")(hidden))


def block(keras: Any, x: Any, width: int) -> Any:
    """Return what a block of a transformer makes of `x`: attention, then two dense layers, each beside a way past."""
    y = keras.layers.LayerNormalization(epsilon=1e-6)(x)
    y = keras.layers.MultiHeadAttention(4, width // 4)(y, y)
    x = keras.layers.Add()([x, y])
    y = keras.layers.LayerNormalization(epsilon=1e-6)(x)
    y = keras.layers.Dense(4 * width, activation="gelu")(y)
    return keras.layers.Add()([x, keras.layers.Dense(width)(y)])


def transformer(keras: Any) -> Any:
    """Return a transformer of four blocks, 256 wide, and ten classes."""
    x = hidden = keras.Input((64, 256))
    for _ in range(4):
        hidden = block(keras, hidden, 256)
    hidden = keras.layers.GlobalAveragePooling1D()(hidden)
    return keras.Model(x, keras.layers.Dense(10, activation="softmax")(hidden))


def deep_transformer(keras: Any) -> Any:
    """Return a transformer of 24 blocks, 128 wide."""
    x = hidden = keras.Input((16, 128))
    for _ in range(24):
        hidden = block(keras, hidden, 128)
    return keras.Model(x, hidden)


def compiled(keras: Any) -> Any:
    """Return the seed's network, ready to be trained."""
    model = seed_network(keras)
    model.compile(optimizer=keras.optimizers.Adam(), loss="binary_crossentropy")
    return model


def examples(count: int) -> tuple[Any, Any]:
    """Return random pictures and labels, float32: (count, 4096) and (count, 80)."""
    import numpy

    generator = numpy.random.default_rng(0)
    x = generator.random((count, 4096), dtype="float32")
    return x, (generator.random((count, 80)) < 0.1).astype("float32")


def script(library: str, then: str, *functions: Callable[..., Any]) -> str:
    """Return a program that has only these functions of this file, a library as `keras`, and something to do."""
    import inspect

    parts = ["from __future__ import annotations", f"import {library} as keras"]
    return "\n".join([*parts, *map(inspect.getsource, functions), then])
