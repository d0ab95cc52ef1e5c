"""How long does the seed's network take to predict?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.measure import Line, clocked, paired
from benchmarks.network import examples, seed_network

REPEATED = 20
"""Predictions of one example that are measured together: one alone is as short as the clock's own noise."""


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
            clocked(partial(model.predict, x, batch_size=size, verbose=0)), clocked(partial(by_hand, x, size)), 40
        )
        yield Line(f"predict, 8,192 examples by {size}", "weigh", "jitted function", pairs, 1.05)

    pairs = paired(
        clocked(repeated(partial(model.predict, x[:1], verbose=0)), REPEATED),
        clocked(repeated(lambda: numpy.asarray(raw_jax.predict(state, x[:1]))), REPEATED),
        100,
    )
    yield Line("predict, 1 example", "weigh", "jitted function", pairs, 1.3)


def repeated(work: Callable[[], Any]) -> Callable[[], None]:
    """Return a function that does the work `REPEATED` times."""

    def run() -> None:
        for _ in range(REPEATED):
            work()

    return run
