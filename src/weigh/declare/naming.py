"""Names as Keras gives them: one counter a prefix, and the scopes that make a weight's path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_counters: dict[str, int] = {}
_scopes: list[tuple[str, object]] = []


@cache
def snake_case(name: str) -> str:
    """Return a class name in snake case, as Keras spells it in automatic names.

    >>> snake_case("BatchNormalization"), snake_case("Conv2DTranspose"), snake_case("GRUCell")
    ('batch_normalization', 'conv2d_transpose', 'gru_cell')
    """
    letters = [letter for letter in name if letter.isalnum() or letter == "_"]
    parts: list[str] = []
    for index, letter in enumerate(letters):
        follows = index > 0 and letter.isupper()
        if follows and (letters[index - 1].islower() or (index + 1 < len(letters) and letters[index + 1].islower())):
            parts.append("_")
        parts.append(letter)
    return "".join(parts).lower()


def unique(prefix: str, first: int = 0) -> str:
    """Return `prefix` with the next number of its counter; number 0 is not written.

    Args:
        prefix: the name to number, such as ``"dense"``.
        first: the number of the first one: 0 gives ``dense, dense_1, …`` (Keras 2 and 3), 1 gives
            ``dense_1, dense_2, …`` (Keras 1).
    """
    place = number(prefix) - 1 + first
    return f"{prefix}_{place}" if place else prefix


def number(prefix: str) -> int:
    """Return how many names a prefix has been asked for by now, this time included."""
    _counters[prefix] = _counters.get(prefix, 0) + 1
    return _counters[prefix]


def automatic(class_name: str) -> str:
    """Return the next automatic name of a class: ``dense``, ``dense_1``, …"""
    return unique(snake_case(class_name))


def reset() -> None:
    """Start all counters anew."""
    _counters.clear()


@contextmanager
def unchanged() -> Iterator[None]:
    """Let names be given while the block runs without counting them."""
    before = dict(_counters)
    try:
        yield
    finally:
        _counters.clear()
        _counters.update(before)


@contextmanager
def scope(name: str, caller: object = None) -> Iterator[None]:
    """Add `name` to the path of weights declared inside; entering the same caller's scope twice adds it once."""
    entered = caller is None or not _scopes or _scopes[-1][1] is not caller
    if entered:
        _scopes.append((name, caller))
    try:
        yield
    finally:
        if entered:
            _scopes.pop()


def current_path() -> str:
    """Return the open scopes, joined by slashes."""
    return "/".join(name for name, _ in _scopes)
