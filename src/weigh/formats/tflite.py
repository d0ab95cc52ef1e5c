"""TensorFlow Lite models: shapes and number formats of their weights, and the graph; not one weight is read.

A weight is a tensor whose buffer holds something. Tensors of one buffer are counted once. The file cannot tell what was
trained; a converter has usually folded batch normalisation into the convolution before it, so that totals differ from
the source's.

Source: schema.fbs of TensorFlow 2.21 (`tensorflow/compiler/mlir/lite/schema`), numbers of fields in its order.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.foreign import ForeignGraph, Operation, Signature
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats import arguments
from weigh.formats.flatbuffers import FlatBuffer, Table
from weigh.formats.source import Source, quoted
from weigh.formats.tflite_operators import CUSTOM, NAMES

SUFFIXES = (".tflite", ".lite")
IDENTIFIER = b"TFL3"
TYPES = (
    ("float32", 32),
    ("float16", 16),
    ("int32", 32),
    ("uint8", 8),
    ("int64", 64),
    ("string", 0),
    ("bool", 8),
    ("int16", 16),
    ("complex64", 64),
    ("int8", 8),
    ("float64", 64),
    ("complex128", 128),
    ("uint64", 64),
    ("resource", 0),
    ("variant", 0),
    ("uint32", 32),
    ("uint16", 16),
    ("int4", 4),
    ("bfloat16", 16),
    ("int2", 2),
    ("uint4", 4),
)
"""Number formats by their number in the file, and their bits; zero where an element has no fixed number of them."""
_BLOCKWISE = 2


def recognises(head: bytes, name: str) -> bool:
    """Return whether a file with this beginning is a TensorFlow Lite model."""
    return head[4:8] == IDENTIFIER


def read(source: Source) -> Account:
    """Return the account of a TensorFlow Lite model.

    Raises:
        FormatError: it is not what the format promises, or goes beyond a limit.
    """
    if source.read(4, 4, "the identifier") != IDENTIFIER:
        raise FormatError(f"{source.name}: this is not a TensorFlow Lite model: {IDENTIFIER!r} is not at byte 4.")
    return _Model(source).account()


class _Tensor:
    """A tensor as its table describes it."""

    def __init__(self, name: str, shape: tuple[int, ...], type: int, table: Table) -> None:
        self.name = name
        self.shape = shape
        self.dtype, self.bits = TYPES[type]
        self.table = table
        self.path = ""
        self.bytes = 0
        self.key: tuple[str, int] | None = None
        self.packing = ""
        self.role = ""
        self.evidence = ""


class _Model:
    """A model while it is read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.model = FlatBuffer(source).root()
        self.graphs: list[tuple[ForeignGraph, int | None]] = []
        self.weights: list[_Tensor] = []
        self._buffers = self.model.vector(4, 4, "the buffers") or (0, 0)
        self._lengths: dict[int, int] = {}
        self._outside: dict[int, Table] = {}
        self._quantised = 0

    def account(self) -> Account:
        codes = [self._operator(code) for code in self.model.tables(1, "operator codes")]
        self._outside = {table.number(0, 4): table for table in self.model.tables(10, "external buffers")}
        for subgraph in self.model.tables(2, "subgraphs"):
            self._read_graph(subgraph, codes)
        if not self.graphs:
            raise FormatError(f"{self.source.name}: there is no subgraph in it.")
        account = Account.stored(self.source.name, self._stored(), "tflite", self.source.receipt)
        account.graph = self.graphs[0][0]
        account.graph.inner = [graph for graph, _ in self.graphs[1:]]
        account.config = {
            "version": self.model.number(0, 4),
            "description": self.model.text(3, "the description"),
            "operators": codes,
        }
        notes = self.source.receipt.notes
        if self._quantised:
            notes.append(f"{self._quantised:,} tensors that are computed have scales and zero points of their own.")
        if self._outside:
            notes.append(f"{len(self._outside):,} buffers lie in other files, which were not opened.")
        return account

    def _operator(self, code: Table) -> str:
        number = max(code.number(0, 1, signed=True), code.number(3, 4, signed=True))  # the first overflowed at 127
        if number == CUSTOM:
            return f"CUSTOM {code.text(1, 'the name of an operator')}"
        return NAMES[number] if 0 <= number < len(NAMES) else f"operator {number}"

    def _read_graph(self, subgraph: Table, codes: list[str]) -> None:
        first = not self.graphs
        name = subgraph.text(4, "the name of a subgraph")
        graph = ForeignGraph(name, None if first else self.graphs[0][0].name)
        tensors = list(self._tensors(subgraph))
        names = [tensor.name for tensor in tensors]
        for tensor in tensors:
            graph.values[tensor.name] = Signature(tensor.name, tensor.dtype, tensor.shape)
            if self._locate(tensor):
                tensor.path = tensor.name if first else f"{name or f'subgraph {len(self.graphs)}'}/{tensor.name}"
                graph.constants[tensor.name] = tensor.path
                self.weights.append(tensor)
        graph.inputs = [graph.values[name] for name in self._named(subgraph, 1, names)]
        graph.outputs = [graph.values[name] for name in self._named(subgraph, 2, names)]
        for operator in subgraph.tables(3, "operators"):
            code = operator.number(0, 4)
            if code >= len(codes):
                raise FormatError(f"{self.source.name}: an operator has code {code:,} of {len(codes):,}.")
            graph.operations.append(
                Operation(
                    codes[code],
                    inputs=tuple(self._named(operator, 1, names)),
                    outputs=tuple(self._named(operator, 2, names)),
                )
            )
        self.graphs.append((graph, None))
        self._read_blocks(tensors)

    def _named(self, table: Table, field: int, names: list[str]) -> Iterator[str]:
        """Yield the names of tensors that a vector gives by number; empty for one that is left out."""
        for index in table.numbers(field, 4, "numbers of tensors"):
            if not -1 <= index < len(names):
                raise FormatError(f"{self.source.name}: tensor {index:,} is used, and there are {len(names):,}.")
            yield names[index] if index >= 0 else ""

    def _tensors(self, subgraph: Table) -> Iterator[_Tensor]:
        used = {""}
        for index, table in enumerate(subgraph.tables(0, "tensors")):
            name = table.text(3, "the name of a tensor") or f"tensor {index}"
            while name in used:
                name = f"{name}#{index}"
            used.add(name)
            shape = table.numbers(0, 4, f"the shape of {quoted(name)}")
            self.source.check(len(shape), "rank", f"the number of axes of {quoted(name)}")
            if any(size < 0 for size in shape):
                raise FormatError(f"{self.source.name}: {quoted(name)} has the shape {shape}: no size is negative.")
            type_ = table.number(1, 1)
            if type_ >= len(TYPES):
                raise FormatError(
                    f"{self.source.name}: {quoted(name)} is of the number format {type_}, which is not known."
                )
            yield _Tensor(name, tuple(shape), type_, table)

    def _locate(self, tensor: _Tensor) -> bool:
        """Find what a tensor holds; return whether that is anything."""
        index = tensor.table.number(2, 4)
        external = self._outside.get(tensor.table.number(10, 4)) if self._outside else None
        if external is not None:
            tensor.bytes, tensor.key = external.number(3, 8), ("external", external.number(0, 4))
        else:
            tensor.bytes, tensor.key = self._length(index), ("buffer", index)
        if not tensor.bytes:
            self._quantised += self._scales(tensor) > 0
            return False
        if tensor.table.place(6) is not None:
            tensor.packing = "sparse: only what is not zero is stored"
        elif tensor.bits and tensor.bytes * 8 - prod(tensor.shape) * tensor.bits not in range(8):
            raise FormatError(
                f"{self.source.name}: {quoted(tensor.name)} is {list(tensor.shape)} of {tensor.dtype}, and has "
                f"{tensor.bytes:,} bytes."
            )
        return True

    def _length(self, index: int) -> int:
        """Return the number of bytes in a buffer; nothing of it is read."""
        start, count = self._buffers
        if index >= count and index:
            raise FormatError(f"{self.source.name}: buffer {index:,} is used, and there are {count:,}.")
        if index >= count:
            return 0
        if index not in self._lengths:
            buffer = self.model.buffer.table(start + 4 * index, "a buffer")
            _, length = buffer.vector(0, 1, "the content of a buffer") or (0, 0)
            offset, size = buffer.number(1, 8), buffer.number(2, 8)
            if offset > 1 and not length:  # models beyond 2 GB: what no offset of 32 bits reaches lies behind them
                if offset + size > self.source.size:
                    raise FormatError(
                        f"{self.source.name}: buffer {index:,} should be {size:,} bytes at {offset:,}, but the file "
                        f"has {self.source.size:,}."
                    )
                length = size
            self._lengths[index] = length
        return self._lengths[index]

    def _scales(self, tensor: _Tensor) -> int:
        quantisation = tensor.table.table(4, "a quantisation")
        return (quantisation.vector(2, 4, "scales") or (0, 0))[1] if quantisation is not None else 0

    def _read_blocks(self, tensors: list[_Tensor]) -> None:
        """Tell the tensors that hold the scales and zero points of others' blocks."""
        for tensor in tensors:
            quantisation = tensor.table.table(4, "a quantisation")
            if quantisation is None or quantisation.number(4, 1) != _BLOCKWISE:
                continue
            details = quantisation.table(5, "a quantisation")
            if details is None:
                continue
            for field, role in ((0, roles.QUANTISATION_SCALE), (1, roles.ZERO_POINT)):
                index = details.number(field, 4, -1, signed=True)
                if 0 <= index < len(tensors) and details.place(field) is not None:
                    tensors[index].role = role
                    tensors[index].evidence = f"blockwise quantisation of {tensor.name}"

    def _stored(self) -> Iterator[Stored]:
        ranks = {tensor.path: len(tensor.shape) for tensor in self.weights}
        known = arguments.uses(self.graphs, arguments.TFLITE, ranks)
        for tensor in self.weights:
            use = known.get(tensor.path)
            if use is not None and not tensor.role:
                tensor.role, tensor.evidence = use.role, use.evidence
            count = prod(tensor.shape)
            yield Stored(
                tensor.path,
                tensor.shape,
                tensor.dtype,
                bytes=tensor.bytes,
                elements=min(count, tensor.bytes * 8 // tensor.bits) if tensor.packing and tensor.bits else None,
                role=tensor.role,
                evidence=tensor.evidence,
                packing=tensor.packing,
                key=tensor.key,
                layer_type=use.operation.type if use is not None else "",
            )
            yield from self._parameters(tensor)

    def _parameters(self, tensor: _Tensor) -> Iterator[Stored]:
        """Yield the scales and zero points that stand with a quantised weight."""
        quantisation = tensor.table.table(4, "a quantisation")
        if quantisation is None:
            return
        for field, width, dtype, role, name in (
            (2, 4, "float32", roles.QUANTISATION_SCALE, "scale"),
            (3, 8, "int64", roles.ZERO_POINT, "zero_point"),
        ):
            _, count = quantisation.vector(field, width, f"the {name} of {quoted(tensor.name)}") or (0, 0)
            if count:
                yield Stored(
                    f"{tensor.path}/quantization/{name}",
                    (count,),
                    dtype,
                    bytes=count * width,
                    role=role,
                    evidence="declared",
                    key=(name, tensor.key),
                )
