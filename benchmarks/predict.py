"""How long does the seed's network take to predict?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.measure import Line, clocked, paired
from benchmarks.network import examples, seed_network


def lines() -> Iterator[Line]:
    import numpy

    import weigh
    from benchmarks.peers import raw_jax

    model = seed_network(weigh)
    state = raw_jax.begin(model.get_weights(), numpy.zeros(2, "uint32"))

    def by_hand(x: Any, size: int) -> Any:
        parts = [raw_jax.predict(state, x[start : start + size]) for start in range(0, len(x), size)]
        return numpy.concatenate(parts)

    x, _ = examples(8192)
    for size in (32, 256):
        pairs = paired(
            clocked(lambda size=size: model.predict(x, batch_size=size, verbose=0)),
            clocked(lambda size=size: by_hand(x, size)),
            30,
        )
        yield Line(f"predict, 8,192 examples by {size}", "weigh", "jitted function", pairs, 1.05)

    def repeated(work: Any, times: int = 50) -> Any:
        return clocked(lambda: [work() for _ in range(times)], times)

    one = x[:1]
    pairs = paired(
        repeated(lambda: model.predict(one, verbose=0)),
        repeated(lambda: numpy.asarray(raw_jax.predict(state, one))),
        40,
    )
    yield Line("predict, 1 example", "weigh", "jitted function", pairs, 1.3)
