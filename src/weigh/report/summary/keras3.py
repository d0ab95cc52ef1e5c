"""Keras 3's summary: a table in boxes, with colours on a terminal, and totals with their size in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weigh.account.account import Account
from weigh.declare import tree
from weigh.declare.layer import Layer
from weigh.errors import ArgumentError
from weigh.report.summary import boxes
from weigh.report.summary.cells import Text, lines, styled
from weigh.report.summary.network import Network, Wanted, in_range, inner_layers, readable
from weigh.report.summary.terminal import Terminal

NARROWEST = 4
BORN_BUILT = frozenset(
    {
        "Activation",
        "ActivityRegularization",
        "AlphaDropout",
        "Dropout",
        "ELU",
        "GaussianDropout",
        "GaussianNoise",
        "Identity",
        "LeakyReLU",
        "Masking",
        "ReLU",
        "Softmax",
        "UnitNormalization",
    }
)
"""Classes that Keras 3 calls built before they have met an input, so that it never learns of their output's shape."""


def text(model: Any, wanted: Wanted, terminal: Terminal) -> str:
    """Return the summary of `model` for `terminal`.

    Raises:
        ArgumentError: the columns have no room.
    """
    network = Network(model)
    header = ["Layer (type)", "Output Shape", "Param #"]
    justify = ["left", "left", "right"]
    positions = [0.45, 0.80, 1.0]
    line_length = 88
    if not network.in_line:
        header.append("Connected to")
        justify.append("left")
        positions = [0.3, 0.56, 0.74, 1.0]
        line_length = 108
    positions = list(wanted.positions or positions)
    if wanted.show_trainable:
        header.append("Trainable")
        justify.append("center")
        positions = [position * 0.9 for position in positions] + [1.0]
        line_length += 12
    line_length = wanted.line_length or min(line_length, terminal.columns - 4)
    widths = boxes.column_widths(_column_widths(header, positions, line_length), line_length)
    rows = [row for layer in in_range(network.rows, wanted.layer_range) for row in _rows(network, layer, wanted)]
    printed = [
        *map(boxes.segments, lines(styled(f'Model: "{model.name}"', "bold"), terminal.width, fold=True)),
        *boxes.table(header, rows, widths, justify, terminal.is_ascii),
        *(boxes.segments(line) for total in _totals(model) for line in lines(total, terminal.width, fold=True)),
    ]
    return "".join(f"{boxes.render(line, terminal.width, terminal.codes)}\n" for line in printed)


def _column_widths(header: list[str], positions: list[float], line_length: int) -> list[int]:
    ends = [int(position * line_length) for position in positions]
    widths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    if len(widths) < len(header):
        raise ArgumentError(f"`positions` must say where each of {len(header)} columns ends, but holds {positions}.")
    if min(widths) < NARROWEST:
        raise ArgumentError(
            f"The summary's columns would be {widths} characters wide; each needs at least {NARROWEST}. Give more "
            f"`line_length` than {line_length}, or other `positions`."
        )
    return widths[: len(header)]


def _rows(network: Network, layer: Any, wanted: Wanted, depth: int = 0) -> Iterator[list[Text]]:
    yield list(_fields(network, layer, wanted, f"{'   ' * depth}└ " if depth else ""))
    if wanted.expand_nested:
        for inner in inner_layers(layer):
            yield from _rows(network, inner, wanted, depth + 1)


def _fields(network: Network, layer: Any, wanted: Wanted, prefix: str) -> Iterator[Text]:
    yield [*styled(f"{prefix}{layer.name} ("), *styled(type(layer).__name__, "type"), *styled(")")]
    yield _shape(layer)
    if not isinstance(layer, Layer):
        yield styled("0", "number")
    elif layer.built or _is_born_built(layer):
        yield styled(f"{Account.of(layer, so_far=True).total:,}", "number")
    else:
        yield [*styled("0", "number"), *styled(" (unbuilt)")]
    if not network.in_line:
        yield _connections(network, layer)
    if wanted.show_trainable:
        weights = getattr(layer, "weights", None)
        yield styled("-", "bold") if not weights else styled("Y", "yes") if layer.trainable else styled("N", "no")


def _connections(network: Network, layer: Layer) -> Text:
    found: Text = []
    for source in network.sources(layer):
        found += styled(f"{', ' if found else ''}{source.node.layer.name}")
        for place in (source.node.number, source.output):
            found += [*styled("["), *styled(str(place), "number"), *styled("]")]
    return found or styled("-")


def _shape(layer: Layer) -> Text:
    if layer.inbound_nodes:
        return _shapes([tensor.shape for tensor in layer.inbound_nodes[-1].outputs])
    if layer._build_shapes is None or _is_born_built(layer):
        return styled("?")
    positional, named = layer._build_shapes
    try:
        return _shapes(layer.compute_output_shape(*positional, **named))
    except NotImplementedError:
        return styled("?")


def _is_born_built(layer: Layer) -> bool:
    known = any(base.__name__ in BORN_BUILT for base in type(layer).__mro__)
    return known and type(layer).build is Layer.build


def _shapes(structure: Any) -> Text:
    shapes: list[Text] = []
    tree.map_shapes(lambda shape: shapes.append(_one_shape(shape)), structure)
    if len(shapes) == 1:
        return shapes[0]
    return _joined("[", shapes, "]")


def _one_shape(shape: Any) -> Text:
    sizes = [styled(str(size), "unknown" if size is None else "number") for size in shape]
    return _joined("(", sizes, ")")


def _joined(before: str, texts: list[Text], after: str) -> Text:
    joined = styled(before)
    for index, one in enumerate(texts):
        joined += [*styled(", " if index else ""), *one]
    return [*joined, *styled(after)]


def _totals(model: Any) -> Iterator[Text]:
    optimizer = model.optimizer if model.compiled and model.optimizer.built else None
    account = Account.of(model, slots=optimizer.slots if optimizer else (), so_far=True)
    trained = Account("Trainable", (row for row in account if row.trainable))
    others = Account("Non-trainable", (row for row in account if not row.trainable))
    slots = Account("Optimizer", (row for row in account.beside if row.layer_type == "optimizer"))
    for part in (Account("Total", [*account, *slots]), trained, others, *([slots] if optimizer else [])):
        yield [
            *styled(f" {part.name} params: ", "bold"),
            *styled(f"{part.total:,}", "number"),
            *styled(f" ({readable(part.bytes, 'B')})"),
        ]
