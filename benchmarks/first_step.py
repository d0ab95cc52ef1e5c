"""How long does a new process take from import to the end of its first training step?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Line, each, paired, python
from benchmarks.network import compiled, examples, script, seed_network

FIT = "x, y = examples(32)\ncompiled(keras).fit(x, y, verbose=0)"
RAW = """
from benchmarks.network import examples
from benchmarks.peers import raw_jax
state, loss = raw_jax.step(raw_jax.initial(0), *examples(32))
loss.block_until_ready()
"""


def lines() -> Iterator[Line]:
    ours, keras = (python(script(library, FIT, seed_network, compiled, examples)) for library in ("weigh", "keras"))
    pairs = paired(ours, keras, 10)
    yield Line("import to first step: time", "weigh", "Keras 3", each(pairs, "wall"), 1 / 1.5)
    yield Line("import to first step: memory", "weigh", "Keras 3", each(pairs, "peak"), unit="B")
    pairs = paired(ours, python(RAW), 10)
    yield Line("import to first step: time", "weigh", "JAX + optax", each(pairs, "wall"))
