"""How many positions a window takes when it moves over an axis, and where a shape has its channels.

A shape here is (batch, *positions*, channels) with ``"channels_last"``, (batch, channels, *positions*) with
``"channels_first"``.
"""

from __future__ import annotations

from collections.abc import Iterable

from weigh.declare.dim import Shape


def window(kernel: int, dilation: int = 1) -> int:
    """Return how many positions a kernel spans whose elements are `dilation` apart."""
    return (kernel - 1) * dilation + 1


def convolved_size(
    size: int | None, kernel: int, stride: int = 1, padding: str = "valid", dilation: int = 1
) -> int | None:
    """Return how many positions a window of `kernel` takes on an axis of `size`; ``None`` for an unknown size.

    With `padding` ``"valid"`` the window stays inside, and nothing or less is returned where it does not fit; with
    ``"same"`` and ``"causal"`` the axis is padded so that stride 1 keeps its size.
    """
    if size is None or (stride == 1 and padding != "valid"):
        return size
    room = int(size) if padding != "valid" else int(size) - window(kernel, dilation) + 1
    return -(-room // stride)


def transposed_size(
    size: int | None,
    kernel: int,
    stride: int = 1,
    padding: str = "valid",
    dilation: int = 1,
    output_padding: int | None = None,
) -> int | None:
    """Return the size of an axis that a transposed convolution makes of `size`; ``None`` for an unknown size.

    Without `output_padding`, the largest size that the convolution brings to `size`: with ``"valid"`` so large that no
    product is cut off, with ``"same"`` so large as `stride` says.
    """
    if size is None or (stride == 1 and padding == "same" and output_padding is None):
        return size
    span = window(kernel, dilation)
    if output_padding is None:
        return int(size) * stride + (max(span - stride, 0) if padding == "valid" else 0)
    return (int(size) - 1) * stride + (span if padding == "valid" else span % 2) + output_padding


def channel_axis(data_format: str) -> int:
    """Return the axis that the channels are: 1 or −1."""
    return 1 if data_format == "channels_first" else -1


def positions(shape: Shape, data_format: str) -> Shape:
    """Return the sizes of the axes over which a window moves."""
    return shape[2:] if data_format == "channels_first" else shape[1:-1]


def assembled(batch: int | None, positions: Shape, channels: int | None, data_format: str) -> Shape:
    """Return the shape of so many examples, positions and channels."""
    return (batch, channels, *positions) if data_format == "channels_first" else (batch, *positions, channels)


def times(sizes: Iterable[int | None]) -> str:
    """Return sizes as messages show them: ``3 × 3``, ``32 × ?``."""
    return " × ".join("?" if size is None else f"{int(size):,}" for size in sizes)
