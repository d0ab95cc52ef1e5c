"""What an older Keras calls a module, where ours needs no other spelling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazily(module: str, rooms: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return a module's ``__getattr__``, ``__dir__`` and ``__all__``; what it has is imported when it is asked for.

    Args:
        module: its name.
        rooms: attribute, and the module, or the name in a module, that it means: ``"weigh.layers"``,
            ``"weigh.models:Model"``.
    """

    def attribute(name: str) -> Any:
        if name not in rooms:
            raise AttributeError(f"weigh has no {name!r} under the name of {module!r}; it has: {', '.join(rooms)}.")
        ours, _, member = rooms[name].partition(":")
        found = import_module(ours)
        return getattr(found, member) if member else found

    return attribute, lambda: sorted(rooms), sorted(rooms)
