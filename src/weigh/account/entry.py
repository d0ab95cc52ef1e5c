"""One weight as a row of an account."""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.account.stored import Stored
from weigh.declare.dim import Dim
from weigh.declare.weight import Weight


class Entry:
    """One weight, with the working of its count.

    Attributes:
        weight: the declaration, or the stored array, that every number here is read from.
        path: where it is in the network: ``dense/kernel``, ``encoder/dense/kernel``.
        layer: path of the layer that declared it.
        layer_type: that layer's class name.
        users: paths of all the layers that it belongs to; more than one where it is shared.
        role: what it is for, see `weigh.account.roles`.
        kind: trained, frozen, running statistic, counter, random state, optimizer slot, …
        trainable: whether the gradient changes it; ``None`` where nothing tells.
        told: what the role was told from, in words: ``"declared"``, or else ``"held as w"``; empty where nothing tells.
    """

    __slots__ = ("kind", "layer", "layer_type", "path", "role", "told", "trainable", "users", "weight")

    def __init__(
        self,
        weight: Weight | Stored,
        path: str,
        layer: str,
        layer_type: str,
        trainable: bool | None,
        held_as: str = "",
    ) -> None:
        self.weight = weight
        self.path = path
        self.layer = layer
        self.layer_type = layer_type
        self.users = [layer]
        self.role, self.told = roles.told(weight, held_as)
        self.trainable = trainable
        self.kind = getattr(weight, "kind", "") or roles.kind(self.role, weight.learnable, trainable)

    @classmethod
    def of(cls, stored: Stored) -> Entry:
        """Return the row of a stored array."""
        return cls(stored, stored.path, stored.layer, stored.layer_type, stored.trainable)

    @property
    def name(self) -> str:
        """The weight's name inside its layer."""
        return self.weight.name

    @property
    def symbol(self) -> str:
        """How papers write it: γ, β, W, …; empty where they have no sign for it."""
        return roles.SYMBOLS.get(self.role, "")

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes, Dims where their origin is known."""
        return self.weight.shape

    @property
    def dtype(self) -> str:
        """Its number format."""
        return self.weight.dtype

    @property
    def count(self) -> int:
        """Number of elements."""
        return self.weight.count

    @property
    def bytes(self) -> int:
        """Bytes that its value occupies."""
        return self.weight.bytes

    @property
    def evidence(self) -> str:
        """What role and kind were told from: ``"declared"``, or a stored array's evidence in words."""
        if isinstance(self.weight, Stored):
            return self.weight.evidence or ("" if self.weight.role else self.told)
        return self.told

    @property
    def stored_elements(self) -> int:
        """Number of elements that are stored for it: fewer than `count` where several are packed into one."""
        return self.weight.stored_elements if isinstance(self.weight, Stored) else self.count

    @property
    def packing(self) -> str:
        """How its elements are packed, in words; empty where they are not."""
        return self.weight.packing if isinstance(self.weight, Stored) else ""

    @property
    def working(self) -> str:
        """How the count comes about: ``4,096 × 512``; ``1`` for a scalar."""
        return " × ".join(f"{size:,}" for size in self.shape) or "1"

    @property
    def sources(self) -> list[str | None]:
        """Where each size came from: ``units of dense``; ``None`` where nobody said."""
        return [repr(size.origin) if isinstance(size, Dim) and size.origin else None for size in self.shape]

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data; what is not known is ``None``."""
        stored = isinstance(self.weight, Stored)
        return {
            "path": self.path,
            "layer": self.layer,
            "layer_type": self.layer_type or None,
            "users": list(self.users),
            "shape": [int(size) for size in self.shape],
            "dtype": self.dtype,
            "count": self.count,
            "bytes": self.bytes,
            "role": None if stored and self.role == roles.UNSAID else self.role,
            "kind": self.kind,
            "trainable": self.trainable,
            "evidence": self.evidence or None,
            "stored_elements": self.stored_elements,
            "packing": self.packing or None,
            "working": self.working,
            "sources": self.sources,
        }

    def __repr__(self) -> str:
        return f"<{self.path}: {self.working} = {self.count:,}, {self.kind}>"
