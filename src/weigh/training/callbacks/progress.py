"""The progress display: looks as in Keras, and never makes a step wait."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from weigh.training.callbacks.base import Callback, LazyLogs, Logs

INTERVAL = 0.05
"""Seconds between two looks at the numbers."""

WIDTH = 20
"""Characters of the bar."""


class Bar:
    """The text of one epoch's progress.

    Args:
        target: steps of the epoch; ``None`` where nobody knows.
        clock: returns seconds.
    """

    def __init__(self, target: int | None, clock: Callable[[], float] = perf_counter) -> None:
        self.target = target
        self._clock = clock
        self._start = clock()
        self._after_first: float | None = None
        self._values: dict[str, Any] = {}

    def line(self, current: int, values: Mapping[str, Any], final: bool, colored: bool) -> str:
        """Return the bar with `current` steps done.

        Args:
            current: steps done.
            values: numbers by name.
            final: whether the epoch is over: shows the time that it took instead of the time that it will take.
            colored: whether escape sequences for bold and colour are in it.
        """
        self._values.update(values)
        now, step = self._time(current)
        bold, green, grey, plain = ("\33[1m", "\33[32m", "\33[37m", "\33[0m") if colored else ("", "", "", "")
        if self.target:
            done = int(WIDTH * current / self.target)
            count = f"{bold}{current:{len(str(self.target))}d}/{self.target}{plain} "
            filled = f"{green}{'━' * done}{plain}" if done else ""
            head = f"{count}{filled}{grey}{'━' * (WIDTH - done)}{plain}"
        else:
            head = f"{current:7d}/Unknown"
        if self.target and not final:
            time = _remaining(step * (self.target - current))
        else:
            time = f"{now - self._start:.0f}s"
        return f"{head} {bold}{time}{plain} {_duration(step)}/step{_listed(self._values, small=abs)}"

    def summary(self, current: int, values: Mapping[str, Any]) -> str:
        """Return one line about the epoch."""
        self._values.update(values)
        now, step = self._time(current)
        count = f"{current:{len(str(self.target))}d}/{self.target}" if self.target else str(current)
        return f"{count} - {now - self._start:.0f}s - {_duration(step)}/step{_listed(self._values, small=float)}"

    def _time(self, current: int) -> tuple[float, float]:
        """Return the time now and that of a step; the first step, which compiles, does not count beside others."""
        now = self._clock()
        if not current:
            return now, 0.0
        if self._after_first is not None and current > 1:
            step = (now - self._after_first) / (current - 1)
        else:
            step = (now - self._start) / current
        if current == 1:
            self._after_first = now
        return now, step


class ProgbarLogger(Callback):
    """Shows how far training, evaluation or prediction is.

    On a terminal a bar, rewritten in place; a line an epoch with ``verbose=2``. Where the output is not a terminal
    ``verbose=1`` prints the full bar once an epoch, and ``"auto"`` a line an epoch of training and nothing else.
    """

    looks_later = True

    def __init__(self) -> None:
        super().__init__()
        self._epochs = 1
        self._target: int | None = None
        self._in_fit = False
        self._verbose: Any = 1
        self._bar = Bar(None)
        self._done = 0
        self._shown = 0
        self._looked = float("-inf")
        self._asked: tuple[int, LazyLogs] | None = None
        self._head = ""

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self._verbose = params["verbose"]
        self._epochs = params["epochs"]
        self._target = params["steps"]

    # Hooks --------------------------------------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs = None) -> None:
        self._in_fit = True  # evaluations inside are silent

    def on_train_end(self, logs: Logs = None) -> None:
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        head = f"Epoch {epoch + 1}/{self._epochs}" if self._epochs > 1 else ""
        self._head = f"{head} - " if head and self._quiet else ""
        self._begin()
        if head and self._verbose and not self._quiet:
            _write(f"{head}\n")

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._step(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._finish(logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        if not self._in_fit:
            self._step(batch, logs)

    def on_test_end(self, logs: Logs = None) -> None:
        if not self._in_fit and not self._quiet:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._step(batch, None)

    def on_predict_end(self, logs: Logs = None) -> None:
        if not self._quiet:
            self._finish(None)

    # Showing ------------------------------------------------------------------------------------------------------

    @property
    def _quiet(self) -> bool:
        return not is_shown(self._verbose)

    def _begin(self) -> None:
        self._bar = Bar(self._target)
        self._done = self._shown = 0
        self._looked = float("-inf")
        self._asked = None

    def _step(self, batch: int, logs: Logs) -> None:
        """Note a step; at times ask for the numbers, and show those that were asked for and have come."""
        self._done = batch + 1
        if self._verbose in (0, 2) or not _interactive():
            return
        if self._asked is not None:
            asked, numbers = self._asked
            if numbers.ready:
                self._asked = None
                self._show(asked, numbers)
        now = perf_counter()
        if self._asked is None and now - self._looked >= INTERVAL:
            self._looked = now
            if isinstance(logs, LazyLogs):
                logs.start()
                self._asked = (self._done, logs)
            else:
                self._show(self._done, logs or {})

    def _show(self, done: int, values: Mapping[str, Any]) -> None:
        self._rewrite(self._bar.line(done, values, final=False, colored=True))

    def _finish(self, logs: Logs) -> None:
        if not self._verbose:
            return
        done = self._target or self._done
        if self._bar.target is None:
            self._bar.target = done
        if self._verbose == 2 or self._quiet:
            _write(f"{self._head}{self._bar.summary(done, logs or {})}\n")
        elif _interactive():
            self._rewrite(self._bar.line(done, logs or {}, final=True, colored=True), "\n")
        else:
            _write(f"{self._bar.line(done, logs or {}, final=True, colored=False)}\n")

    def _rewrite(self, line: str, end: str = "") -> None:
        width = _visible_width(line)
        _write(f"\r{line}{' ' * (self._shown - width)}{end}")
        self._shown = width


def is_shown(verbose: Any) -> bool:
    """Return whether something is shown of an evaluation or a prediction."""
    return bool(verbose) and (verbose != "auto" or _interactive())


def _interactive() -> bool:
    """Return whether the output is a terminal or a notebook, where a line can be rewritten."""
    return (hasattr(sys.stdout, "isatty") and sys.stdout.isatty()) or "ipykernel" in sys.modules


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.write(text.replace("━", "=").encode("ascii", "replace").decode())
    sys.stdout.flush()


def _visible_width(line: str) -> int:
    import re

    return len(re.sub("\33\\[[0-9]*m", "", line))


def _listed(values: Mapping[str, Any], small: Callable[[Any], Any]) -> str:
    def number(value: Any) -> str:
        if not isinstance(value, (int, float)):
            import numpy

            value = float(numpy.mean(value))
        return f"{value:.4f}" if small(value) > 1e-3 else f"{value:.4e}"

    return "".join(f" - {name}: {number(value)}" for name, value in values.items())


def _remaining(seconds: float) -> str:
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if seconds > 60 else f"{whole}s"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"
