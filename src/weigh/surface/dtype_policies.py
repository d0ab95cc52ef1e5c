"""``weigh.dtype_policies``: what layers store and compute in; the names of ``keras.dtype_policies``."""

from __future__ import annotations

from typing import Any

from weigh.declare import config
from weigh.declare.dtypes import DTypePolicy, policy_of

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]

FloatDTypePolicy = DTypePolicy


def get(identifier: Any) -> DTypePolicy:
    """Return the policy that a policy, a name, a dtype, a record or ``None`` means.

    Raises:
        UnknownNameError: no policy has that name.
    """
    return policy_of(identifier)


def serialize(dtype_policy: DTypePolicy) -> Any:
    """Return a policy as plain data, as Keras 3 writes it."""
    return config.serialize(dtype_policy)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> DTypePolicy:
    """Return the policy that `serialize` described."""
    return policy_of(config)
