"""Settings by name, which can be frozen."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

from weigh.errors import StateError, UnknownNameError


class Config(MutableMapping[str, Any]):
    """Named values, as attributes and as items: ``config.learning_rate``, ``config["learning_rate"]``.

    >>> config = Config(units=512, rate=0.5)
    >>> config.units, config["rate"]
    (512, 0.5)

    Raises:
        StateError: a value is set after `freeze`.
        UnknownNameError: a value is asked for that is not there; the message has the nearest names.
    """

    def __init__(self, **values: Any) -> None:
        object.__setattr__(self, "_values", dict(values))
        object.__setattr__(self, "_frozen", False)

    _values: dict[str, Any]
    _frozen: bool

    @property
    def frozen(self) -> bool:
        """Whether values can no longer be set."""
        return self._frozen

    def freeze(self) -> None:
        """Let no value be set from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Let values be set again."""
        object.__setattr__(self, "_frozen", False)

    def as_dict(self) -> dict[str, Any]:
        """Return the values as a dict."""
        return dict(self._values)

    def to_json(self) -> str:
        """Return the values as JSON."""
        return json.dumps(self._values)

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise UnknownNameError.of("setting", name, self._values)
        return self._values[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of that name, `default` where there is none."""
        return self._values.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def pop(self, name: str, *default: Any) -> Any:
        """Take a value out and return it, `default` where there is none."""
        self._check_not_frozen()
        return self._values.pop(name, *default)

    def __setitem__(self, name: str, value: Any) -> None:
        self._check_not_frozen()
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        self._check_not_frozen()
        del self._values[name]

    def _check_not_frozen(self) -> None:
        if self._frozen:
            raise StateError("This Config is frozen: call `unfreeze()` before a value is set.")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownNameError as error:
            raise AttributeError(str(error)) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Config {self._values}>"
