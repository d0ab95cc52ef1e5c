"""How long does it take until a network of many blocks is traced, compiled and has made its first step?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Line, each, paired, python
from benchmarks.network import block, deep_transformer, script

DEEP = """
import numpy
model = deep_transformer(keras)
model.compile("adam", "mse")
model.train_on_batch(numpy.ones((2, 16, 128), "float32"), numpy.ones((2, 16, 128), "float32"))
"""
RESIDUAL = """
import numpy
model = keras.applications.ResNet152(weights=None, input_shape=(32, 32, 3), classes=10)
model.compile("sgd", "categorical_crossentropy")
model.train_on_batch(numpy.ones((2, 32, 32, 3), "float32"), numpy.ones((2, 10), "float32"))
"""


def lines() -> Iterator[Line]:
    for name, then, parts in (
        ("transformer of 24 blocks", DEEP, (block, deep_transformer)),
        ("ResNet152", RESIDUAL, ()),
    ):
        ours, keras = (python(script(library, then, *parts)) for library in ("weigh", "keras"))
        pairs = paired(ours, keras, 1, warm=False)
        yield Line(f"import to first step, {name}: time", "weigh", "Keras 3", each(pairs, "wall"), 0.7)
        yield Line(f"import to first step, {name}: memory", "weigh", "Keras 3", each(pairs, "peak"), unit="B")
