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
