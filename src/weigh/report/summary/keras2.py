"""Keras 2's summary, as of 2.15: fields broken into lines, networks inside in frames, totals with their size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from weigh.account.account import Account
from weigh.errors import ArgumentError
from weigh.report.summary.characters import column_ends, output_shape
from weigh.report.summary.network import Network, Source, Wanted, in_range, inner_layers, readable

GAP = 2
BREAKS = ("),", "},", "],", "',")
TRAINABLE = 11


def lines(model: Any, wanted: Wanted) -> Iterator[str]:
    """Yield the lines of the summary of `model`.

    Raises:
        NotBuiltError: the model is not built.
        ArgumentError: a column has no room, or there are too few positions.
        UnknownNameError: `layer_range` names no layer.
    """
    account = Account.of(model)
    network = Network(model)
    layers = in_range(network.layers, wanted.layer_range)
    table = Table(network, wanted)
    yield f'Model: "{model.name}"'
    yield "_" * table.line_length
    yield from table.row(table.header)
    yield "=" * table.line_length
    for layer in layers:
        yield from table.layer(layer)
    yield "=" * table.line_length
    trained = Account("Trainable", (row for row in account if row.trainable))
    others = Account("Non-trainable", (row for row in account if not row.trainable))
    for part in (Account("Total", account), trained, others):
        yield f"{part.name} params: {part.total} ({readable(part.bytes, 'Byte')})"
    yield "_" * table.line_length


class Table:
    """The columns of a network's summary, and what they show of a layer."""

    def __init__(self, network: Network, wanted: Wanted) -> None:
        self.network = network
        self.show_trainable = wanted.show_trainable
        self.expand_nested = wanted.expand_nested
        self.header = ["Layer (type)", "Output Shape", "Param #"]
        positions: Sequence[float] = (0.45, 0.85, 1.0)
        line_length = 65
        if not network.in_line:
            self.header.append("Connected to")
            positions = (0.3, 0.6, 0.70, 1.0)
            line_length = 98
        line_length = wanted.line_length or line_length
        self.ends = column_ends(wanted.positions or positions, line_length, self.header)
        if self.show_trainable:
            line_length += TRAINABLE
            self.ends.append(line_length)
            self.header.append("Trainable")
        self.line_length = line_length

    def layer(self, layer: Any, depth: int = 0, last: bool = False) -> Iterator[str]:
        """Yield the lines of a layer, then those of the layers inside, framed, or an empty one where layers follow."""
        yield from self.row(self._fields(layer), depth)
        inner = inner_layers(layer) if self.expand_nested else []
        if inner:
            yield self._framed("¯", depth + 1)
            for index, one in enumerate(inner, 1):
                yield from self.layer(one, depth + 1, last=index == len(inner))
            yield self._framed("¯", depth)
        elif not last:
            yield self._framed(" ", depth)

    def _framed(self, sign: str, depth: int) -> str:
        return "|" * depth + sign * (self.line_length - 2 * depth) + "|" * depth

    def _fields(self, layer: Any) -> list[str]:
        shape = output_shape([node.outputs for node in layer.inbound_nodes])
        fields = [
            f"{layer.name} ({type(layer).__name__})",
            str([shape] if type(layer).__name__ == "InputLayer" else shape),
            str(Account.of(layer).total) if layer.built else "0 (unused)",
        ]
        if not self.network.in_line:
            fields.append(str([_connection(source) for source in self.network.sources(layer)]))
        if self.show_trainable:
            fields.append("Y" if layer.trainable else "N")
        return fields

    def row(self, fields: Sequence[str], depth: int = 0) -> Iterator[str]:
        """Yield the lines in which `fields` are printed, `depth` networks deep.

        Raises:
            ArgumentError: a column has no room.
        """
        rest = list(fields)
        while any(rest):
            line = "|" * depth + " "
            start = 0
            for column, end in enumerate(self.ends[: len(rest)]):
                last = column == len(self.ends) - 1
                room = end - start - (0 if last else GAP + 1) - (0 if column else depth)
                if room < 1:
                    raise ArgumentError(
                        f"The summary's column {self.header[column]!r}, from {start} to {end}, has no room: give more "
                        f"`line_length` than {self.line_length}, or other `positions`."
                    )
                piece = _piece(rest[column], room)
                rest[column] = rest[column][len(piece) :]
                line = f"{line}{piece}{'' if last else ' ' * GAP}".ljust(end - depth if last else end)
                start = end
            yield line + "|" * depth


def _connection(source: Source) -> str:
    return f"{source.node.layer.name}[{source.node.number}][{source.output}]"


def _piece(text: str, room: int) -> str:
    """Return what of `text` stands on the next line: not beyond the first end of something in brackets or quotes."""
    piece = text[:room]
    ends = [piece.find(sign) + len(sign) for sign in BREAKS if sign in piece]
    return piece[: min(ends, default=room)]
