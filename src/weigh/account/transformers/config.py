"""The numbers of a Hugging Face ``config.json``, each checked, and each a Dim that remembers its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weigh.declare.dim import Dim, Origin
from weigh.errors import ArgumentError, FormatError

NAME = "config.json"
_LARGEST = 1 << 40  # no axis of anything is longer, and products of a few such numbers stay cheap
_WIDTHS = {
    "float64": 8,
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
}


class Config:
    """A configuration as its families read it.

    Raises:
        ArgumentError: it is no dictionary.
        FormatError: on reading, a value is not what its key promises.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        if not isinstance(data, Mapping):
            raise ArgumentError(
                f"A configuration is a dictionary, as json.load gives it for {NAME}; this is a {type(data).__name__}."
            )
        self._data = data

    def __contains__(self, key: str) -> bool:
        return self._data.get(key) is not None

    def inner(self, key: str) -> Config:
        """Return the configuration that stands inside this one."""
        value = self._data.get(key)
        if not isinstance(value, Mapping):
            raise FormatError(f"{NAME}: {key!r} should be a dictionary, and is {_shown(value)}.")
        return Config(value)

    def size(self, *keys: str, default: int | None = None, least: int = 1) -> int:
        """Return the number under the first of the keys that is there, as a Dim of it.

        Args:
            keys: names that families gave it.
            default: what the family takes where the configuration has none of them; none where it must be there.
            least: the smallest number that can be meant.
        """
        for key in keys:
            value = self._data.get(key)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int):
                raise FormatError(f"{NAME}: {key!r} should be a whole number, and is {_shown(value)}.")
            if not least <= value <= _LARGEST:
                raise FormatError(
                    f"{NAME}: {key!r} should lie between {least} and {_LARGEST:,}, and is {_shown(value)}."
                )
            return Dim(value, Origin("argument", key, NAME))
        if default is None:
            raise FormatError(f"{NAME}: {' or '.join(map(repr, keys))} is missing; without it no shape can be told.")
        return default

    def flag(self, key: str, default: bool) -> bool:
        """Return the truth value under a key."""
        value = self._data.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise FormatError(f"{NAME}: {key!r} should be true or false, and is {_shown(value)}.")
        return value

    def word(self, key: str, default: str = "") -> str:
        """Return the text under a key."""
        value = self._data.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise FormatError(f"{NAME}: {key!r} should be text, and is {_shown(value)}.")
        return value

    def indices(self, key: str) -> frozenset[int]:
        """Return the list of layer numbers under a key."""
        value = self._data.get(key)
        if value is None:
            return frozenset()
        if not isinstance(value, list) or not all(type(item) is int for item in value):
            raise FormatError(f"{NAME}: {key!r} should be a list of numbers of layers, and is {_shown(value)}.")
        return frozenset(value)

    @property
    def architecture(self) -> str:
        """The class that it was written for: ``"LlamaForCausalLM"``; ``""`` where it does not say."""
        value = self._data.get("architectures")
        if isinstance(value, list) and value and isinstance(value[0], str):
            return value[0]
        return ""

    @property
    def labels(self) -> int | None:
        """Number of classes that a classifier tells apart; ``None`` where the configuration says nothing of classes."""
        value = self._data.get("id2label")
        if isinstance(value, Mapping) and value:
            return Dim(len(value), Origin("argument", "id2label", NAME))
        return self.size("num_labels") if "num_labels" in self else None

    def square(self, key: str, default: int | None = None) -> tuple[int, int]:
        """Return height and width under a key that holds one number for both, or a pair."""
        value = self._data.get(key)
        if isinstance(value, list) and len(value) == 2:
            sides = [Config({key: side}).size(key) for side in value]
            return sides[0], sides[1]
        side = self.size(key, default=default)
        return side, side

    @property
    def dtype(self) -> str:
        """The number format that weights are stored in; float32 where nothing says."""
        dtype = self.word("dtype" if "dtype" in self else "torch_dtype", "float32").removeprefix("torch.")
        if dtype not in _WIDTHS:
            raise FormatError(f"{NAME}: number format {_shown(dtype)} is not known. Known: {', '.join(_WIDTHS)}.")
        return dtype


def width(dtype: str) -> int:
    """Return the bytes of one number."""
    return _WIDTHS[dtype]


def divided(config: Config, what: int, parts: int, names: str) -> int:
    """Return the exact quotient of two sizes, as a Dim that remembers both."""
    if what % parts:
        raise FormatError(f"{NAME}: {names} should divide evenly, and are {int(what)} and {int(parts)}.")
    return what // parts


def _shown(value: object) -> str:
    if isinstance(value, int) and not -_LARGEST < value < 1 << 64:
        return f"a number of {value.bit_length():,} bits"
    text = repr(value) if isinstance(value, (int, float, str, bool, type(None))) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:60] + "…"
