"""How long does a new process take to build the seed's network and to print its summary?"""

from __future__ import annotations

import os
from collections.abc import Iterator

from benchmarks.measure import Line, each, paired, python, terminal
from benchmarks.network import script, seed_network

WHAT = "import, build, summary"


def lines() -> Iterator[Line]:
    with terminal() as file:
        screen = os.ttyname(file.fileno())
        numpy = python("import numpy", screen)
        ours, keras = (
            python(script(library, "seed_network(keras).summary()", seed_network), screen)
            for library in ("weigh", "keras")
        )
        pairs = paired(ours, numpy, 40)
        yield Line(f"{WHAT}: time", "weigh", "import numpy", each(pairs, "wall"), 1.0)
        yield Line(f"{WHAT}: processor time", "weigh", "import numpy", each(pairs, "cpu"), 1.0)
        yield Line(f"{WHAT}: memory", "weigh", "import numpy", each(pairs, "peak"), 1.2, unit="B")
        pairs = paired(keras, numpy, 5)
        yield Line(f"{WHAT}: time", "Keras 3", "import numpy", each(pairs, "wall"))
        yield Line(f"{WHAT}: memory", "Keras 3", "import numpy", each(pairs, "peak"), unit="B")
