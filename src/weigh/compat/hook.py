"""Imports of Keras that give ours instead, while a script runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

DOORS = {1: "weigh.compat.keras1", 2: "weigh.compat.keras2", 3: "weigh"}
NAMES = ("keras", "tf_keras", "tensorflow.keras")


@contextmanager
def importing(version: int) -> Iterator[None]:
    """Let ``keras``, ``tf_keras`` and ``tensorflow.keras`` mean ours in that spelling while the block runs.

    Afterwards ``sys.modules`` has what it had before under these names.
    """
    finder = _Finder(import_module(DOORS[version]))
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


class _Finder(MetaPathFinder, Loader):
    """Finds modules of Keras, each as a module of its own that has the names of one of ours."""

    def __init__(self, door: ModuleType) -> None:
        self._door = door

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not _is_meant(fullname) or (fullname != "tensorflow" and self._ours(fullname) is None):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def _ours(self, fullname: str) -> Any:
        """Return what a module's name stands for, ``None`` if for nothing here."""
        keras = next((name for name in NAMES if f"{fullname}.".startswith(f"{name}.")), None)
        if keras is None:
            return None
        inner = fullname[len(keras) + 1 :]
        inner = getattr(self._door, "ELSEWHERE", {}).get(inner, inner)
        found = getattr(self._door, inner, None) if inner else self._door
        return found if isinstance(found, ModuleType) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Shown(spec.name, self._ours(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the names are looked up when they are asked for."""


class _Shown(ModuleType):
    """A module that has the names of another; what a script sets in it stays in it."""

    def __init__(self, name: str, ours: ModuleType | None) -> None:
        super().__init__(name, None if ours is None else ours.__doc__)
        self._ours = ours

    def __getattr__(self, name: str) -> Any:
        if self._ours is None:
            if name == "keras":
                return import_module(f"{self.__name__}.keras")
            raise AttributeError(
                f"Here {self.__name__!r} has nothing but `keras`, which is weigh's; {name!r} is missing."
            )
        return getattr(self._ours, name)

    def __dir__(self) -> list[str]:
        return ["keras"] if self._ours is None else dir(self._ours)
