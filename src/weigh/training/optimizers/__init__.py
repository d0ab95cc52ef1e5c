"""Optimizers: how a step changes the weights. Names, arguments, configurations, slots and numbers as in Keras 3."""

from __future__ import annotations

from typing import Any

from weigh.declare import config as configuration
from weigh.errors import ArgumentError, UnknownNameError
from weigh.training.optimizers.adam import Adam
from weigh.training.optimizers.base import Optimizer
from weigh.training.optimizers.rmsprop import RMSprop
from weigh.training.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "deserialize", "get", "serialize"]

_OURS: dict[str, Any] = {optimizer.__name__.lower(): optimizer for optimizer in (Adam, RMSprop, SGD)}

serialize = configuration.serialize


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the optimizer that `serialize` described.

    Raises:
        FormatError: it names a class that is neither ours nor registered.
    """
    return configuration.deserialize(config, lambda _, name: _OURS.get(name.lower()), custom_objects)


def get(identifier: Any) -> Any:
    """Return the optimizer that `identifier` means: a name in any case, a configuration, an optimizer, ``None``.

    Raises:
        UnknownNameError: no optimizer has that name; the message has the nearest ones.
        ArgumentError: it is none of these.
    """
    if isinstance(identifier, str):
        found = configuration.get_registered_object(identifier) or _OURS.get(identifier.lower())
        if found is None:
            raise UnknownNameError.of("optimizer", identifier, [cls.__name__ for cls in _OURS.values()])
        return found()
    optimizer = deserialize(identifier) if isinstance(identifier, dict) else identifier
    if optimizer is None or isinstance(optimizer, Optimizer):
        return optimizer
    raise ArgumentError(
        f"`optimizer` must be the name of one, an optimizer such as `weigh.optimizers.Adam()`, or its configuration, "
        f"not {identifier!r} of type {type(identifier).__name__}."
    )
