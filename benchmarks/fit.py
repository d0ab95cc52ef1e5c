"""How long does a step take inside of `fit`, over an epoch, with the progress display on a terminal?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any

from benchmarks.measure import Line, clocked, paired, terminal
from benchmarks.network import examples
from benchmarks.step import batches_of, ours, trained


def lines() -> Iterator[Line]:
    yield from _lines(size=32, steps=128, count=25)
    yield from _lines(size=256, steps=32, count=25)


def _lines(size: int, steps: int, count: int) -> Iterator[Line]:
    import keras

    import weigh

    x, y = examples(size * steps)
    batches = batches_of(x, y, size)
    model = trained(weigh, batches)
    stepper = ours(model)

    def an_epoch_of(model: Any) -> Callable[[], float]:
        return clocked(lambda: model.fit(x, y, batch_size=size, verbose=1), steps)

    fit = an_epoch_of(model)
    with terminal() as file, redirect_stdout(file):
        pairs = paired(fit, clocked(lambda: stepper.run(batches), steps), count)
    yield Line(f"a step inside of fit, batch {size}", "weigh", "its bare step", pairs, 1.05)
    with terminal() as file, redirect_stdout(file):
        pairs = paired(fit, an_epoch_of(trained(keras, batches)), count)
    yield Line(f"a step inside of fit, batch {size}", "weigh", "Keras 3", pairs, 1.0)
