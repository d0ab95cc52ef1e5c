"""All parts of one kind, found by name: what ``activation="relu"`` or ``kernel_initializer="zeros"`` means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weigh.declare import config, naming


class Family:
    """All classes or all functions of one kind, ours and those that the user registered.

    Args:
        what: one of them in words, for messages: ``"initializer"``.
        members: found by their own names and by these in snake case.
        aliases: found by these names too.
    """

    def __init__(self, what: str, members: Iterable[Any], aliases: dict[str, Any] | None = None) -> None:
        self._what = what
        self._known: dict[str, Any] = {}
        for member in members:
            self._known[member.__name__] = self._known[naming.snake_case(member.__name__)] = member
        self._known |= aliases or {}

    def get(self, identifier: Any) -> Any:
        """Return what an argument means: ``None``, a name, a record, a class, or the part itself.

        Raises:
            UnknownNameError: the name is not known; the message has the nearest ones.
            FormatError: a record names something that is neither ours nor registered.
            ArgumentError: it is none of these.
        """
        if identifier is None:
            return None
        if isinstance(identifier, dict):
            identifier = self.deserialize(identifier)
        return config.get(identifier, self._what, self._known.get, lambda: list(self._known))

    def deserialize(self, record: Any, custom_objects: dict[str, Any] | None = None) -> Any:
        """Return what a name or a record describes; raises as :meth:`get`."""
        if isinstance(record, str):
            with config.custom_object_scope(custom_objects or {}):
                return self.get(record)
        return config.deserialize(record, self._resolve, custom_objects)

    def _resolve(self, module: str, name: str) -> Any:
        """Find one of ours, unless the record says that it is somebody else's of the same name."""
        ours = module.partition(".")[0] in ("", "builtins", "keras", "weigh")
        return self._known.get(name) if ours else None
