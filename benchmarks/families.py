"""How long do steps and predictions of a convolutional, a recurrent and an attention network take?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.measure import Line, clocked, paired
from benchmarks.network import lstm_network, mobile_network, residual_network, transformer
from benchmarks.step import of_keras, ours

NETWORKS: list[tuple[str, Callable[[Any], Any], tuple[int, ...], int, float]] = [
    ("ResNet50, 64 × 64", residual_network, (64, 64, 3), 8, 1.0),
    ("MobileNetV2, 96 × 96", mobile_network, (96, 96, 3), 8, 1 / 1.2),
    ("LSTM 2 × 256, 128 steps", lstm_network, (128, 64), 32, 1 / 1.2),
    ("transformer 4 × 256, 64 steps", transformer, (64, 256), 32, 1.0),
]
"""What is measured: its name, what makes it, the shape of an example, the size of a batch, and the target."""

CLASSES = 10


def lines() -> Iterator[Line]:
    import keras
    import numpy

    import weigh

    for name, network, shape, size, target in NETWORKS:
        generator = numpy.random.default_rng(0)
        x = generator.random((size, *shape), dtype="float32")
        y = numpy.eye(CLASSES, dtype="float32")[generator.integers(0, CLASSES, size)]
        mine, its = network(weigh), network(keras)
        for model, library in ((mine, weigh), (its, keras)):
            model.compile(library.optimizers.SGD(0.01, momentum=0.9), "categorical_crossentropy")
            model.train_on_batch(x, y)
        batches = [(x, y)]
        pairs = paired(clocked(partial(ours(mine).run, batches)), clocked(partial(of_keras(its).run, batches)), 15)
        yield Line(f"step of {name}", "weigh", "Keras 3", pairs, target)
        pairs = paired(clocked(partial(mine.predict_on_batch, x)), clocked(partial(its.predict_on_batch, x)), 15)
        yield Line(f"predict of {name}", "weigh", "Keras 3", pairs, target)
