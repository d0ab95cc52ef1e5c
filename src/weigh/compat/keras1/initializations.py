"""How weights began in Keras 1: by name, or by a function of the shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from weigh.compute.values import Array
from weigh.errors import UnknownNameError
from weigh.parts import initializers
from weigh.parts.initializers import VarianceScaling

_OURS: dict[str, Callable[..., Any]] = {
    "uniform": lambda scale=0.05: initializers.RandomUniform(-scale, scale),
    "normal": lambda scale=0.05: initializers.RandomNormal(stddev=scale),
    "lecun_uniform": initializers.LecunUniform,
    "glorot_uniform": initializers.GlorotUniform,
    "glorot_normal": lambda: VarianceScaling(1.0, "fan_avg", "untruncated_normal"),  # truncated since Keras 2
    "he_uniform": initializers.HeUniform,
    "he_normal": lambda: VarianceScaling(2.0, "fan_in", "untruncated_normal"),  # truncated since Keras 2
    "orthogonal": lambda scale=1.1: initializers.Orthogonal(scale),
    "identity": lambda scale=1: initializers.Identity(scale),
    "zero": initializers.Zeros,
    "one": initializers.Ones,
}


def get(identifier: Any) -> Any:
    """Return the initializer that an argument means: a name, a function of a shape, or one of ours.

    Raises:
        UnknownNameError: no initialization has that name.
    """
    if isinstance(identifier, str):
        if identifier not in _OURS:
            raise UnknownNameError.of("initialization", identifier, _OURS)
        return _OURS[identifier]()
    if callable(identifier) and not isinstance(identifier, (type, initializers.Initializer, _Called)):
        return _Called(identifier)
    return initializers.get(identifier)


class _Called:
    """A function ``(shape, name)``, called as Keras 1 called it."""

    def __init__(self, function: Callable[..., Array]) -> None:
        self.function = function

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        return self.function(tuple(shape), name=None)


def __getattr__(name: str) -> Callable[..., Array]:
    """Return an initialization as the function that it was: of a shape, and of a scale if it has one."""
    if name not in _OURS:
        raise AttributeError(f"Keras 1 has no initialization {name!r}; it has: {', '.join(_OURS)}.")

    def initialization(shape: Sequence[int], *scale: float, name: str | None = None, **scales: float) -> Array:
        return make(*scale, **scales)(shape)

    make = _OURS[name]
    return initialization
