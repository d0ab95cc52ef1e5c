"""The learning rate that decays, which optimizers of Keras 1 and 2 took as an argument."""

from __future__ import annotations

from weigh.errors import ArgumentError


def refuse(optimizer: str, decay: float) -> None:
    """Raise an ArgumentError unless `decay` is 0."""
    if decay:
        raise ArgumentError(
            f"{optimizer}: `decay={decay!r}` is not supported yet, only a learning rate that stays as it is. "
            "Leave `decay` away, or set `optimizer.learning_rate` between epochs."
        )
