"""Imports of Keras that give ours instead, while a script runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from weigh.compat.rooms import Finder

DOORS = {1: "weigh.compat.keras1", 2: "weigh.compat.keras2", 3: "weigh"}
NAMES = ("keras", "tf_keras", "tensorflow.keras")


@contextmanager
def importing(version: int) -> Iterator[None]:
    """Let ``keras``, ``tf_keras`` and ``tensorflow.keras`` mean ours in that spelling while the block runs.

    Afterwards ``sys.modules`` has what it had before under these names.
    """
    finder = Finder(import_module(DOORS[version]), NAMES)
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_meant(name)}
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if _is_meant(name)]:
            del sys.modules[name]
        sys.modules.update(hidden)


def _is_meant(name: str) -> bool:
    return name.partition(".")[0] in {meant.partition(".")[0] for meant in NAMES}
