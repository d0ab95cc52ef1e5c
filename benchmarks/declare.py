"""How long does a new process take to declare and account for 1,000 layers with 10¹¹ parameters?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Line, each, paired, python
from benchmarks.network import deep_network, script

THEN = """
account = deep_network(keras).account()
assert account.total == 1000 * (10_000 * 10_000 + 10_000)
import sys
assert not {"numpy", "jax"} & sys.modules.keys(), "an array may have been made"
"""


def lines() -> Iterator[Line]:
    ours = python(script("weigh", THEN, deep_network))
    pairs = paired(ours, python("import jax"), 20)
    yield Line("1,000 layers, 10¹¹ parameters: time", "weigh", "import jax", each(pairs, "wall"), 0.5)
    yield Line("1,000 layers, 10¹¹ parameters: memory", "weigh", "import jax", each(pairs, "peak"), unit="B")
