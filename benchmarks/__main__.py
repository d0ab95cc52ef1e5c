"""``python -m benchmarks [QUESTION …] [--write]``: measure, and print each line as it is known.

Exits with 1 if a target is missed by more than the measurement's own uncertainty.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from datetime import date
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import HEAD, Line

QUESTIONS = (
    "cold_start",
    "declare",
    "published",
    "first_step",
    "compilation",
    "step",
    "fit",
    "predict",
    "families",
)
RESULTS = Path(__file__).with_name("RESULTS.md")
WIDTHS = (39, 18, 24, 8, 11, 11, 8, 7)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"of {', '.join(QUESTIONS)}; all by default")
    parser.add_argument("--write", action="store_true", help=f"keep the table in {RESULTS.name}")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.questions) - set(QUESTIONS))
    if unknown:
        parser.error(f"there is no question {', '.join(unknown)}; there are {', '.join(QUESTIONS)}")
    if options.write and options.questions:
        parser.error("--write keeps a whole run: leave the questions out")
    os.environ |= {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu")}
    lines = [*_printed(_asked(options.questions or QUESTIONS))]
    if options.write:
        RESULTS.write_text(document(lines))
    return int(any(line.verdict == "MISSED" for line in lines))


def _asked(questions: Iterable[str]) -> Iterable[Line]:
    for question in questions:
        yield from import_module(f"benchmarks.{question}").lines()


def _printed(lines: Iterable[Line]) -> Iterable[Line]:
    """Print lines as they come, and pass them on."""
    _print(HEAD)
    for line in lines:
        _print(line.cells())
        yield line


def _print(cells: Sequence[str]) -> None:
    print("  ".join(f"{cell:{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip(), flush=True)


def document(lines: Iterable[Line]) -> str:
    """Return the table with what it was measured on, as Markdown."""
    rows = [HEAD, ["---"] * len(HEAD), *(line.cells() for line in lines)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""# What was measured

Written by `python -m benchmarks --write` on {date.today().isoformat()}: {machine()}.

Each ratio is the median over pairs that were measured one right after the other, in one run; beside it where that
median lies with 95 % confidence, and the least and the greatest of the pairs. Times and memory are medians too.
A target is *met* if the median reaches it, *close* if the interval does.

{table}
"""


def machine() -> str:
    """Return what the numbers depend on: processor and versions."""
    versions = [f"{name} {version(name)}" for name in ("jax", "optax", "numpy", "keras")]
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{_processor()}, {os.cpu_count()} cores; Python {python}, {', '.join(versions)}"


def _processor() -> str:
    try:
        described = Path("/proc/cpuinfo").read_text()
    except OSError:
        import platform

        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in described.splitlines() if line.startswith("model name")]
    return names[0] if names else "unknown processor"


if __name__ == "__main__":
    sys.exit(main())
