"""Arrays at the leaves of a tree, as JAX libraries keep them: what the names of its branches tell, and number formats.

Sources: Flax, ``flax/training/train_state.py`` (``step``, ``params``, ``opt_state``) and
``flax/linen/normalization.py`` (collection ``batch_stats`` with ``mean`` and ``var``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from weigh.account import roles
from weigh.account.stored import Stored

_SLOTS = frozenset({"opt_state", "opt_states", "optimizer_state", "optimizer_states", "optimizer", "tx_state"})
_COUNTERS = frozenset({"step", "global_step", "train_step"})
_RANDOM = frozenset({"rng", "rngs", "rng_state", "dropout_rng", "prng_key", "rng_key"})
_STATISTICS = {"mean": roles.RUNNING_MEAN, "var": roles.RUNNING_VARIANCE}
_FORMAT = re.compile(r"(?P<kind>bool|u?int|b?float|complex)(?P<bits>2|4|8|16|32|64|96|128|192|256)?")
_SMALL = re.compile(r"(?P<kind>float)(?P<bits>[468])_e[0-9]m[0-9][a-z0-9]{0,8}")
_OTHER = re.compile(r"(?P<kind>str|bytes|void|datetime|timedelta)(?P<bits>[0-9]{1,9})(?:\[[a-z0-9]{1,9}\])?")


def width(dtype: str) -> int | None:
    """Return the bytes of an element in memory, at least one; ``None`` if there is no such number format."""
    match = _FORMAT.fullmatch(dtype) or _SMALL.fullmatch(dtype) or _OTHER.fullmatch(dtype)
    if match is None or (match["kind"] != "bool" and not match["bits"]):
        return None
    return max(1, int(match["bits"] or 8) // 8)


def stored(parts: Sequence[str], shape: Sequence[int], dtype: str, size: int) -> Stored:
    """Return an array of a tree, with what the names on the way to it tell.

    Args:
        parts: the names, its own last.
        shape: its sizes.
        dtype: its number format.
        size: bytes of all its elements.
    """
    role, told, trainable = _told(parts, shape)
    return Stored(
        "/".join(parts),
        shape,
        dtype,
        bytes=size,
        trainable=trainable,
        role=role,
        evidence=f"the name {told!a} in the tree" if told else "",
        layer="/".join(parts[:-1]),
    )


def _told(parts: Sequence[str], shape: Sequence[int]) -> tuple[str, str, bool | None]:
    """Return a role, the name that tells it, and whether the gradient changes what has it, if that is told."""
    for part in parts:
        if part in _SLOTS:
            return roles.SLOT, part, False
        if part in _RANDOM:
            return roles.RANDOM_STATE, part, False
        if part == "batch_stats":
            return _STATISTICS.get(parts[-1], ""), part, False
    if parts and parts[-1] in _COUNTERS and not shape:
        return roles.COUNTER, parts[-1], False
    return "", "", None
