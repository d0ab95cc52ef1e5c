"""Random numbers for functions of the user's that run inside of a layer, where every step is to get new ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.randomness import SeedGenerator
from weigh.compute.values import Array

_running: list[SeedGenerator] = []


class Drawing:
    """A layer in whose function `keras.backend` may draw random numbers: it has their stream."""

    function: Any
    seed_generator: SeedGenerator | None = None

    def let_draw(self) -> None:
        """Make the stream, if the function seems to need one."""
        if _may_draw(self.function):
            self.seed_generator = SeedGenerator()

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Call the function."""
        call: Callable[..., Any] = super().call  # type: ignore[misc]  # of our layer, beside this
        if self.seed_generator is None:
            return call(inputs, mask, training)
        _running.append(self.seed_generator)
        try:
            return call(inputs, mask, training)
        finally:
            _running.pop()


def _may_draw(function: Any) -> bool:
    """Return whether a function, or one inside it, has names in its code that draw."""
    code = getattr(function, "__code__", None)
    return code is not None and _draws(code)


def _draws(code: Any) -> bool:
    return any("random" in name or name == "dropout" for name in code.co_names) or any(
        _draws(inner) for inner in code.co_consts if hasattr(inner, "co_names")
    )


@cache
def _outside() -> SeedGenerator:
    return SeedGenerator()


def key(seed: int | None = None) -> Array:
    """Return a random key: of a seed, else the next of the layer that runs, else the next of the process."""
    if seed is not None:
        return jax.random.PRNGKey(seed)
    return (_running[-1] if _running else _outside()).next()
