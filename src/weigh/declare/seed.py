"""Where random numbers start: one seed for the process, and the draws that parts of a network take from it.

Keras draws a seed for each initializer and each dropout layer when it is *constructed*. A declaration must not
need a random generator, so a draw here is a numbered ticket; its value is worked out when it is needed. After
``set_seed(s)`` the n-th draw is the number that Keras gets from its n-th draw after ``set_random_seed(s)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count


class _Source:
    """The stream of seeds that follows one call of `set_seed`."""

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self.tickets = count()
        self._values: list[int] = []
        self._next: Callable[[], int] | None = None

    def value(self, ticket: int) -> int:
        if self._next is None:
            import random

            generator = random.Random(self.seed) if self.seed is not None else random.SystemRandom()
            self._next = lambda: generator.randint(1, int(1e9))
        while len(self._values) <= ticket:
            self._values.append(self._next())
        return self._values[ticket]


_source = _Source(None)


class Draw:
    """A seed drawn for one part of a network; ``int(draw)`` is its value."""

    __slots__ = ("_source", "_ticket")

    def __init__(self) -> None:
        self._source = _source
        self._ticket = next(_source.tickets)

    def __int__(self) -> int:
        return self._source.value(self._ticket)

    __index__ = __int__


def stream() -> object:
    """Return what stands for the stream of draws in force; another one after `set_seed`."""
    return _source


def set_seed(seed: int | None) -> None:
    """Start the stream of draws anew: from `seed`, or from the system's entropy for ``None``."""
    global _source
    _source = _Source(seed)


@contextmanager
def unchanged() -> Iterator[None]:
    """Let draws be taken while the block runs that those afterwards do not notice."""
    global _source
    before, _source = _source, _Source(None)
    try:
        yield
    finally:
        _source = before
