"""The optimizers of Keras 1, with its defaults and its terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compat import decay as decays
from weigh.declare import config
from weigh.training import optimizers

__all__ = ["SGD", "Adam", "RMSprop", "get"]


def SGD(  # noqa: N802 - its name
    lr: float = 0.01, momentum: float = 0.0, decay: float = 0.0, nesterov: bool = False, **clips: float
) -> optimizers.SGD:
    """Return gradient descent; `clips` are `clipnorm`, over all gradients together, or `clipvalue`."""
    decays.refuse("SGD", decay)
    return optimizers.SGD(lr, momentum, nesterov, **_clips(clips))


def RMSprop(  # noqa: N802 - its name
    lr: float = 0.001, rho: float = 0.9, epsilon: float = 1e-8, decay: float = 0.0, **clips: float
) -> optimizers.RMSprop:
    """Return RMSprop.

    Keras 1 divides by √a + ε, ours by √(a + ε). With ε² inside the root both are ε where a is 0, and elsewhere they
    differ by the share ε ÷ √a, a millionth for gradients of 0.01.
    """
    decays.refuse("RMSprop", decay)
    return optimizers.RMSprop(lr, rho, epsilon=epsilon**2, **_clips(clips))


def Adam(  # noqa: N802 - its name
    lr: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    decay: float = 0.0,
    **clips: float,
) -> optimizers.Adam:
    """Return Adam."""
    decays.refuse("Adam", decay)
    return optimizers.Adam(lr, beta_1, beta_2, epsilon, **_clips(clips))


def _clips(clips: dict[str, Any]) -> dict[str, Any]:
    """Return how gradients are clipped under our names: the norm was that of all of them together."""
    return {{"clipnorm": "global_clipnorm"}.get(name, name): value for name, value in clips.items()}


_OURS: dict[str, Callable[..., Any]] = {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam}


def get(identifier: Any) -> Any:
    """Return the optimizer that an argument means; raises as `weigh.optimizers.get`."""
    known = isinstance(identifier, str) and not config.get_registered_object(identifier)
    make = _OURS.get(identifier.lower()) if known else None
    return make() if make is not None else optimizers.get(identifier)
