"""How long do the published networks take to be declared, and their weights to be made?"""

from __future__ import annotations

import os
from collections.abc import Iterator

from benchmarks.measure import Line, each, paired, python, terminal

SUMMARY = "import {library} as keras\nkeras.applications.ResNet152(weights=None).summary()"
WEIGHTS = "import {library} as keras\nkeras.applications.ResNet50(weights=None).get_weights()"
EVERY = """
import gc, {library} as keras
names = [name for name in dir(keras.applications) if name[0].isupper()]
for name in names:
    model = getattr(keras.applications, name)(weights=None)
    {count}
    keras.utils.clear_session()
    del model
    gc.collect()
assert len(names) == 40, len(names)
"""
COUNT = {"weigh": "assert model.account().total == model.count_params()", "keras": "model.count_params()"}


def lines() -> Iterator[Line]:
    with terminal() as file:
        screen = os.ttyname(file.fileno())
        ours, keras = (python(SUMMARY.format(library=library), screen) for library in ("weigh", "keras"))
        yield Line("import, build ResNet152, summary", "weigh", "Keras 3", each(paired(ours, keras, 3), "wall"), 0.1)
    ours, keras = (python(WEIGHTS.format(library=library)) for library in ("weigh", "keras"))
    yield Line("ResNet50, built and its weights made", "weigh", "Keras 3", each(paired(ours, keras, 5), "wall"), 0.5)
    ours, keras = (python(EVERY.format(library=library, count=COUNT[library])) for library in ("weigh", "keras"))
    pairs = paired(ours, keras, 1, warm=False)
    yield Line("all 40 networks declared, accounted", "weigh", "Keras 3", each(pairs, "wall"), 0.02)
    yield Line("all 40 networks: memory", "weigh", "Keras 3", each(pairs, "peak"), unit="B")
