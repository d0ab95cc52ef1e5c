"""A weight as a file or a live object holds it: what a declaration would say, as far as it can be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Stored:
    """An array that was found rather than declared.

    Args:
        path: its name, as the file or object has it.
        shape: what it stands for: sizes of its axes, Dims where their origin is known; ``()`` for a scalar.
        dtype: number format by the field's name (``"float32"``, ``"bfloat16"``, ``"Q4_K"``, …).
        bytes: that it occupies.
        elements: that are stored; by default as many as the shape has, fewer where several are packed into one.
        trainable: whether the gradient changes it; ``None`` where nothing tells.
        learnable: whether it was made to be changed by the gradient; by default as `trainable`.
        role: what it is for, a key of `weigh.account.roles`; ``""`` where nobody said.
        kind: why it is or is not trained, where that follows from neither role nor `trainable`.
        evidence: what role and kind were told from, in words; ``"declared"`` where the source says so itself.
        packing: how many elements stand in one stored one, and how that is known; ``""`` where none are packed.
        key: what is equal for arrays that share their storage; ``None`` where nothing is shared.
        layer: path of what it belongs to; by default what stands before the last dot or slash of the path.
        layer_type: the class of that, where it is known.
    """

    def __init__(
        self,
        path: str,
        shape: Sequence[int],
        dtype: str,
        *,
        bytes: int,
        elements: int | None = None,
        trainable: bool | None = None,
        learnable: bool | None = None,
        role: str = "",
        kind: str = "",
        evidence: str = "",
        packing: str = "",
        key: Any = None,
        layer: str | None = None,
        layer_type: str = "",
    ) -> None:
        self.path = path
        self.shape = tuple(shape)
        self.dtype = dtype
        self.bytes = bytes
        self.stored_elements = self.count if elements is None else elements
        self.trainable = trainable
        self.learnable = trainable if learnable is None else learnable
        self.role = role
        self.kind = kind
        self.evidence = evidence
        self.packing = packing
        self.key = key
        before, _, self.name = path.replace("/", ".").rpartition(".")
        self.layer = path[: len(before)] if layer is None else layer
        self.layer_type = layer_type

    @property
    def count(self) -> int:
        """Number of elements that it stands for: the product of the sizes."""
        count = 1
        for size in self.shape:
            count *= int(size)
        return count

    def __repr__(self) -> str:
        return f"<Stored {self.path}: {self.shape} of {self.dtype}>"
