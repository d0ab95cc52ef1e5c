"""What Keras 1 and 2 have in common: columns that end at a character, and one shape for all calls of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError


def column_ends(positions: Sequence[float], line_length: int, header: Sequence[str]) -> list[int]:
    """Return the characters at which columns end; `positions` up to 1 are shares of `line_length`.

    Raises:
        ArgumentError: there are fewer positions than columns.
    """
    if len(positions) < len(header):
        raise ArgumentError(f"`positions` must say where each of {len(header)} columns ends, but holds {positions!r}.")
    share = line_length if positions[-1] <= 1 else 1
    return [int(share * position) for position in positions]


def output_shape(calls: Sequence[Sequence[Tensor]]) -> Any:
    """Return the shape that came out of every one of a layer's `calls`, else ``"multiple"``; of several, a list."""
    shapes = [[tensor.shape for tensor in outputs] for outputs in calls]
    if not shapes or any(other != shapes[0] for other in shapes):
        return "multiple"
    return shapes[0] if len(shapes[0]) > 1 else shapes[0][0]
