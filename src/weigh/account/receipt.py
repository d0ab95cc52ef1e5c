"""What reading took: how much of what there was, what was refused, and which limits held."""

from __future__ import annotations

from typing import Any


class Receipt:
    """How an account came about.

    Attributes:
        source: what was read: a file's name, an object's type.
        bytes_present: bytes that there were; ``None`` where nobody can say.
        bytes_read: bytes that were read of them.
        refused: what was not done although the source asks for it, in words: ``"os.system was named and not called"``.
        notes: what a reader of the account should know.
        limits: limits that were in force, by name.
        executed: whether code of the source was run: never.
    """

    def __init__(self, source: str, bytes_present: int | None = None, limits: dict[str, int] | None = None) -> None:
        self.source = source
        self.bytes_present = bytes_present
        self.bytes_read = 0
        self.refused: list[str] = []
        self.notes: list[str] = []
        self.limits = dict(limits or {})
        self.executed = False

    def add(self, other: Receipt) -> None:
        """Add what was read for a part of the same account."""
        self.bytes_present = (
            None
            if None in (self.bytes_present, other.bytes_present)
            else ((self.bytes_present or 0) + (other.bytes_present or 0))
        )
        self.bytes_read += other.bytes_read
        self.refused += other.refused
        self.notes += other.notes

    def to_dict(self) -> dict[str, Any]:
        """Return the receipt as plain data, ready for JSON."""
        return {
            "source": self.source,
            "bytes_present": self.bytes_present,
            "bytes_read": self.bytes_read,
            "refused": list(self.refused),
            "notes": list(self.notes),
            "limits": dict(self.limits),
            "executed": self.executed,
        }
