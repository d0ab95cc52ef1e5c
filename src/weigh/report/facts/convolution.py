"""What the texts about convolutions use beside arguments and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

from weigh.account import roles
from weigh.declare.dim import Shape
from weigh.report.explanation import Joined
from weigh.report.facts import named_activation, size
from weigh.report.place import Place, attributes
from weigh.report.wording import FIXED_SPACE

_STOPS, _ELEMENTS = "ijk", "uvw"


def of_window(
    place: Place, window: Sequence[int], strides: Sequence[int], dilation: Sequence[int] | None = None
) -> dict[str, Any]:
    """Return what is said of a window that moves: its sizes, where it stops, and how its elements are indexed."""
    layer: Any = place.layer
    rank, dilation = len(window), dilation or (1,) * len(window)
    shape = place.input_shapes[0]
    first = layer.data_format == "channels_first"
    came, went = (one[2:] if first else one[1:-1] for one in (shape, place.output_shapes[0]))
    stops, elements = list(_STOPS[:rank]), list(_ELEMENTS[:rank])
    spans = [(k - 1) * step + 1 for k, step in zip(window, dilation, strict=True)]
    before = [_before(*one, layer.padding) for one in zip(came, spans, strides, strict=True)]
    axes = zip(stops, elements, window, strides, dilation, before, strict=True)
    return {
        "window": Joined(window, "×"),
        "spans": Joined(spans, "×") if max(dilation) > 1 else None,
        "apart": Joined(dict.fromkeys(dilation)) if max(dilation) > 1 else None,
        "moved": Joined(dict.fromkeys(strides)) if max(strides) > 1 else None,
        "point": prod(window) == 1,
        "same": layer.padding == "same" and prod(spans) > 1,
        "causal": layer.padding == "causal",
        "came": sizes(came),
        "went": sizes(went),
        "channels": shape[1 if first else -1],
        "stops": index(stops),
        "elements": index(elements),
        "seen": index(_seen(*axis) for axis in axes),
        "first": first,
        "worked": _worked(came, went, spans, strides, layer.padding),
    }


def sizes(known: Sequence[int | None]) -> Joined | None:
    """Return sizes as texts show them, ``32 × 32``; ``None`` where one is unknown."""
    return None if None in known else Joined(map(size, known), "×")


def index(parts: Iterable[str]) -> Joined:
    """Return an index as formulas show it, ``2i + u, j``, never broken over lines."""
    return Joined((part.replace(" ", FIXED_SPACE) for part in parts), ",")


def _seen(stop: str, element: str, kernel: int, stride: int, step: int, before: int) -> str:
    """Return which position an element of the window is at, with so many before the first: ``2i + u − 1``."""
    at = stop if stride == 1 else f"{stride}{stop}"
    if kernel > 1:
        at += f" + {element}" if step == 1 else f" + {step}{element}"
    return f"{at} − {before}" if before else at


def _before(length: int | None, span: int, stride: int, padding: str) -> int:
    """Return how many positions of padding stand before an axis; 0 where that depends on an unknown length."""
    if padding == "causal":
        return span - 1
    if padding != "same" or (length is None and stride > 1):
        return 0
    length = length or 0
    return max((-(-length // stride) - 1) * stride + span - length, 0) // 2 if stride > 1 else (span - 1) // 2


def _worked(came: Shape, went: Shape, spans: Sequence[int], strides: Sequence[int], padding: str) -> Joined | None:
    """Return how the numbers of stops come about, each once: ``(32 − 3) ÷ 1 + 1 = 30``."""
    found = []
    for length, out, span, stride in zip(came, went, spans, strides, strict=True):
        if length is None or out is None or length == out:
            continue
        room = f"({length:,} − {span})"
        exact = (length - span) % stride == 0 if padding == "valid" else length % stride == 0
        if padding != "valid":
            text = f"{length:,} ÷ {stride}" if exact else f"⌈{length:,} ÷ {stride}⌉"
        elif stride == 1:
            text = f"{length:,} − {span} + 1"
        else:
            text = f"{room} ÷ {stride} + 1" if exact else f"⌊{room} ÷ {stride}⌋ + 1"
        found.append(f"{text} = {out:,}".replace(" ", FIXED_SPACE))
    return Joined(dict.fromkeys(found)) if found else None


def _of(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    return {
        **named_activation(place),
        **of_window(place, layer.kernel_size, layer.strides, layer.dilation_rate),
        "padded": attributes(layer)["padding"],
    }


def _at(known: dict[str, Any], positions: Any, channel: str) -> Joined:
    """Return the index of a number of an input or an output, its channel where `data_format` has it."""
    items = positions.items if isinstance(positions, Joined) else list(positions)
    return Joined((channel, *items) if known["first"] else (*items, channel), ",")


def _convolution(place: Place) -> dict[str, Any]:
    known, kernel = _of(place), place.own[0].shape
    layer: Any = place.layer
    *window, of_group, filters = kernel
    return {
        **known,
        "of_group": of_group,
        "each": Joined((*window, of_group), "×"),
        "each_count": prod(kernel) // filters,
        "kernel_count": prod(kernel),
        "grouped": layer.groups > 1,
        "full": prod(kernel) * layer.groups,
        "y_at": _at(known, known["stops"], "f"),
        "x_at": _at(known, known["seen"], "c"),
        "w_at": Joined((*known["elements"].items, "c", "f"), ","),
    }


def _transposed(place: Place) -> dict[str, Any]:
    known, kernel = _of(place), place.own[0].shape
    layer: Any = place.layer
    *window, filters, channels = kernel
    more = layer.output_padding or (None,) * len(window)
    reached = (
        _seen(stop, element, k, stride, step, _cut((k - 1) * step + 1, stride, layer.padding, extra))
        for stop, element, k, stride, step, extra in zip(
            known["stops"].items, known["elements"].items, window, layer.strides, layer.dilation_rate, more, strict=True
        )
    )
    return {
        **known,
        "each": Joined((*window, channels), "×"),
        "each_count": prod(kernel) // filters,
        "kernel_count": prod(kernel),
        "y_at": _at(known, index(reached), "f"),
        "x_at": _at(known, known["stops"], "c"),
        "w_at": Joined((*known["elements"].items, "f", "c"), ","),
    }


def _cut(span: int, stride: int, padding: str, more: int | None) -> int:
    """Return how many positions a transposed convolution cuts off in front of an axis."""
    if padding == "valid":
        return 0
    both = stride + span - 2 if more is None else span + span % 2 - 2 + more
    return max(span - 1 - (both - both // 2), 0)


def _depthwise(place: Place) -> dict[str, Any]:
    known, kernel = _of(place), place.own[0].shape
    times = kernel[-1]
    out = "c" if times == 1 else f"{times}c + m".replace(" ", FIXED_SPACE)
    return {
        **known,
        "times": times,
        "several": times > 1,
        "outputs": kernel[-2] * times,
        "kernel_count": prod(kernel),
        "full": prod(kernel) * kernel[-2],
        "out": out,
        "y_at": _at(known, known["stops"], out),
        "x_at": _at(known, known["seen"], "c"),
        "w_at": Joined((*known["elements"].items, "c", "0" if times == 1 else "m"), ","),
    }


def _separable(place: Place) -> dict[str, Any]:
    known = _of(place)
    (depthwise,) = (row for row in place.own if row.role == roles.DEPTHWISE_KERNEL)
    (pointwise,) = (row for row in place.own if row.role == roles.POINTWISE_KERNEL)
    *window, channels, times = depthwise.shape
    between, filters = pointwise.shape[-2:]
    middle = "c" if times == 1 else f"{times}c + m".replace(" ", FIXED_SPACE)
    return {
        **known,
        "times": times,
        "several": times > 1,
        "between": between,
        "depthwise_count": depthwise.count,
        "pointwise_count": pointwise.count,
        "both": depthwise.count + pointwise.count,
        "full": prod(window) * channels * filters,
        "fewer": depthwise.count + pointwise.count < prod(window) * channels * filters,
        "t_at": _at(known, known["stops"], middle),
        "x_at": _at(known, known["seen"], "c"),
        "d_at": Joined((*known["elements"].items, "c", "0" if times == 1 else "m"), ","),
        "p_at": Joined((*("0" for _ in window), "d", "f"), ","),
        "t_read": _at(known, known["stops"], "d"),
        "y_at": _at(known, known["stops"], "f"),
    }


def _local(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    known = {**named_activation(place), **of_window(place, layer.kernel_size, layer.strides)}
    stops, inside, filters = place.own[0].shape
    shape: Shape = place.input_shapes[0]
    channels = shape[1 if known["first"] else -1]
    return {
        **known,
        "padded": layer.padding,
        "positions": stops,
        "each": Joined((*layer.kernel_size, channels), "×"),
        "inside": inside,
        "own_count": inside * filters,
        "kernel_count": stops * inside * filters,
        "y_at": _at(known, known["stops"], "f"),
        "x_at": _at(known, known["seen"], "c"),
        "element": Joined(("c", *known["elements"].items) if known["first"] else (*known["elements"].items, "c"), ","),
    }


FACTS = {
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "DepthwiseConv": _depthwise,
    "SeparableConv": _separable,
    "LocallyConnected": _local,
}
