"""Measuring two things side by side. Machines are shared and noisy: what holds is the ratio of neighbours in time."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TextIO, TypeVar

T = TypeVar("T")
Pairs = Sequence[tuple[T, T]]

LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class Line:
    """A line of the table: what was measured, of whom, against whom, and what is to be reached.

    Args:
        pairs: measured one right after the other, ours first; in seconds, or bytes where `unit` says so.
        target: what ours ÷ theirs must not exceed; ``None`` where a line is there for orientation.
    """

    what: str
    measured: str
    against: str
    pairs: Pairs[float]
    target: float | None = None
    unit: str = "s"

    @property
    def ratios(self) -> list[float]:
        """Ours ÷ theirs, pair by pair."""
        return [ours / theirs for ours, theirs in self.pairs]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return median(self.ratios)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the median of ever more pairs would come to lie, with 95 % confidence (sign test)."""
        ordered = sorted(self.ratios)
        outside = max(0, int(len(ordered) / 2 - 0.98 * len(ordered) ** 0.5))
        return ordered[outside], ordered[-1 - outside]

    @property
    def verdict(self) -> str:
        """``met``; ``MISSED``; ``close`` where it is above the target, but by less than these pairs can tell."""
        if self.target is None:
            return ""
        if self.ratio <= self.target:
            return "met"
        return "MISSED" if self.interval[0] > self.target else "close"

    def cells(self) -> list[str]:
        """What a table shows of this line."""
        ours, theirs = (median(side) for side in zip(*self.pairs, strict=True))
        return [
            self.what,
            f"{self.measured}: {_quantity(ours, self.unit)}",
            f"{self.against}: {_quantity(theirs, self.unit)}",
            f"{_rounded(self.ratio)} ×",
            "–".join(map(_rounded, self.interval)),
            "–".join(map(_rounded, (min(self.ratios), max(self.ratios)))),
            "" if self.target is None else f"≤ {_rounded(self.target)} ×",
            self.verdict,
        ]


HEAD = ["what", "measured", "against", "ratio", "95 %", "min–max", "target", "verdict"]


def paired(ours: Callable[[], T], theirs: Callable[[], T], count: int, warm: bool = True) -> Pairs[T]:
    """Return what the two measured in `count` pairs, after one unmeasured call each; they take turns in going first.

    Processes that take minutes need no such call (`warm=False`): what it would warm up is a small part of them.
    """
    if warm:
        ours(), theirs()
    pairs = []
    for number in range(count):
        gc.collect()
        if number % 2:
            second, first = theirs(), ours()
        else:
            first, second = ours(), theirs()
        pairs.append((first, second))
    return pairs


def clocked(work: Callable[[], Any], times: int = 1) -> Callable[[], float]:
    """Return a function that does the work, and says how many seconds it took; for one of `times` that it holds."""

    def measured() -> float:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) / times

    return measured


class Usage(NamedTuple):
    """What a whole process took: seconds, seconds of all processors, bytes of memory at its peak."""

    wall: float
    cpu: float
    peak: int


def each(pairs: Pairs[Usage], what: str) -> Pairs[float]:
    """Return one of the numbers of Usages."""
    return [(getattr(ours, what), getattr(theirs, what)) for ours, theirs in pairs]


def python(script: str, output: str = os.devnull) -> Callable[[], Usage]:
    """Return a function that runs a script in a new process, which prints to the file or terminal `output`."""

    def run() -> Usage:
        command = [sys.executable, "-I", "-S", str(LAUNCHER), output, sys.executable, "-c", script]
        return Usage(**json.loads(subprocess.run(command, check=True, capture_output=True).stdout))

    return run


@contextmanager
def terminal() -> Iterator[TextIO]:
    """Open a terminal of 80 columns; what is printed to it is read, and thrown away, by another process."""
    import termios

    reader, writer = os.openpty()
    termios.tcsetwinsize(writer, (24, 80))
    with subprocess.Popen(["cat"], stdin=reader, stdout=subprocess.DEVNULL) as screen, os.fdopen(writer, "w") as file:
        os.close(reader)
        yield file
        screen.terminate()


def _quantity(value: float, unit: str) -> str:
    if unit == "B":
        return f"{value / 2**20:.1f} MiB"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.3g} ms"


def _rounded(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"
