"""The optimizers of Keras 2: ours, and the arguments that its earlier versions took."""

from __future__ import annotations

from typing import Any

from weigh.compat import decay
from weigh.compat.door import Spelling
from weigh.declare.config import parameters
from weigh.training import optimizers

__all__ = ["SGD", "Adam", "RMSprop", "get"]

get = optimizers.get


def SGD(*args: Any, **kwargs: Any) -> optimizers.SGD:  # noqa: N802 - its name
    """Return gradient descent."""
    return optimizers.SGD(**_arguments(optimizers.SGD, args, kwargs))


def RMSprop(*args: Any, **kwargs: Any) -> optimizers.RMSprop:  # noqa: N802 - its name
    """Return RMSprop."""
    return optimizers.RMSprop(**_arguments(optimizers.RMSprop, args, kwargs))


def Adam(*args: Any, **kwargs: Any) -> optimizers.Adam:  # noqa: N802 - its name
    """Return Adam."""
    return optimizers.Adam(**_arguments(optimizers.Adam, args, kwargs))


def _arguments(optimizer: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    own = {name: name for name in parameters(optimizer.__init__)}  # type: ignore[misc]  # of this very class
    arguments = Spelling(optimizer.__name__, own | {"lr": "learning_rate"}, {}).translate(args, kwargs)
    decay.refuse(optimizer.__name__, arguments.pop("decay", 0.0))
    arguments.pop("jit_compile", None)  # a network is compiled as a whole
    return arguments
