"""What an older Keras calls a module, where ours needs no other spelling."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def lazily(module: str, rooms: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return a module's ``__getattr__``, ``__dir__`` and ``__all__``; what it has is imported when it is asked for.

    Args:
        module: its name.
        rooms: attribute, and the module, or the name in a module, that it means: ``"weigh.layers"``,
            ``"weigh.models:Model"``. What is inside another, ``"utils.np_utils"``, is no attribute.
    """
    own = {name: place for name, place in rooms.items() if "." not in name}

    def attribute(name: str) -> Any:
        if name not in own:
            raise AttributeError(f"weigh has no {name!r} under the name of {module!r}; it has: {', '.join(own)}.")
        ours, _, member = own[name].partition(":")
        found = import_module(ours)
        return getattr(found, member) if member else found

    return attribute, lambda: sorted(own), sorted(own)


class Finder(MetaPathFinder, Loader):
    """Finds modules of Keras, each as a module of its own that has the names of one of ours.

    Args:
        door: has the names of a Keras, and may say in `ROOMS` where its modules are, and in `ABSENT` why others are
            not here.
        names: what that Keras is called where it is imported.
    """

    def __init__(self, door: ModuleType, names: Sequence[str]) -> None:
        self._door = door
        self._names = names

    def is_meant(self, fullname: str) -> bool:
        """Return whether a module is that Keras, in it, or around it."""
        return any(
            f"{fullname}.".startswith(f"{name}.") or f"{name}.".startswith(f"{fullname}.") for name in self._names
        )

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to make a module.

        Raises:
            ModuleNotFoundError: Keras had it, and it is not here; the message says what to do instead.
        """
        if not self.is_meant(fullname):
            return None
        inner = self._inner(fullname)
        if inner is not None:
            why = getattr(self._door, "ABSENT", {}).get(inner)
            if why is not None:
                raise ModuleNotFoundError(f"weigh has no {fullname!r}: {why}.", name=fullname)
            if self._ours(inner) is None:
                return None
        return ModuleSpec(fullname, self, is_package=True)

    def _inner(self, fullname: str) -> str | None:
        """Return the name within Keras; ``None`` for what is around it."""
        keras = next((name for name in self._names if f"{fullname}.".startswith(f"{name}.")), None)
        return None if keras is None else fullname[len(keras) + 1 :]

    def _ours(self, inner: str) -> ModuleType | None:
        """Return the module that stands for one of Keras, ``None`` if there is none."""
        if not inner:
            return self._door
        place = getattr(self._door, "ROOMS", {}).get(inner)
        if place is not None:
            return None if ":" in place else import_module(place)
        around, _, last = inner.rpartition(".")
        home = self._ours(around)
        if home is None:
            return None
        found = getattr(home, last, None) if last not in getattr(home, "ABSENT", ()) else None
        if isinstance(found, ModuleType):
            return found
        name = f"{home.__name__}.{last}"
        is_file = PathFinder.find_spec(name, getattr(home, "__path__", ())) is not None
        return import_module(name) if is_file else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module that shows ours."""
        inner = self._inner(spec.name)
        return Shown(spec.name, None if inner is None else self._ours(inner))

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the names are looked up when they are asked for."""


class Shown(ModuleType):
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


def open_to_imports(door: str) -> None:
    """Let modules of a Keras be imported under a door's name, as they were under ``keras``."""
    sys.meta_path.append(Finder(sys.modules[door], [door]))
