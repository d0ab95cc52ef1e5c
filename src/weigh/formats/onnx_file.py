"""ONNX models: shapes and number formats of their weights, and the graph; not one weight is read.

A model is a protocol buffer. Of an initializer's data only the length is read; what lies in other files is told by the
names that the model gives and never opened, so that neither ``..`` nor a link can lead anywhere (CVE-2022-25882,
CVE-2024-27318, CVE-2025-51480, CVE-2026-27489, CVE-2026-34446).

Source: ONNX IR specification, and onnx.proto of release 1.23 (field numbers; "Data types" for `TensorProto`; "External
tensor data"). Roles come from the operators' definitions, see `arguments`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.foreign import Attribute, ForeignGraph, Operation, Signature
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats import arguments
from weigh.formats.onnx_tensor import TYPES, Tensor, Tensors
from weigh.formats.protobuf import BYTES, VARINT, Wire, signed
from weigh.formats.source import Source, quoted

SUFFIXES = (".onnx",)
_ANNOTATED = {"SCALE_TENSOR": roles.QUANTISATION_SCALE, "ZERO_POINT_TENSOR": roles.ZERO_POINT}
_SHORT = 256  # bytes of an attribute's text that is kept: enough for any mode or equation


def recognises(head: bytes, name: str) -> bool:
    """Return whether a file with this beginning and name is an ONNX model: the format has no magic number."""
    if len(head) < 4 or head[0] != 0x08 or not 0 < head[1] < 0x40:
        return False
    if name.lower().endswith(SUFFIXES):
        return True
    producer = head[4 : 4 + head[3]]  # a Core ML model begins alike, with a message instead of a text
    return head[2] == 0x12 and producer.isascii() and producer.decode("ascii").isprintable() and b"onnx" in head


def read(source: Source) -> Account:
    """Return the account of an ONNX model.

    Raises:
        FormatError: it is not what the format promises, or goes beyond a limit.
    """
    return _Model(source).account()


class _Waiting(NamedTuple):
    """A graph or function that is yet to be read: its range, its name, the graph it runs in, how deep that is."""

    start: int
    end: int
    name: str
    parent: int | None = None
    depth: int = 0
    function: bool = False


class _Scope(NamedTuple):
    """A graph that is being read, its place among all of them, and how deep it lies."""

    graph: ForeignGraph
    place: int
    depth: int


class _Model:
    """A model while it is read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.wire = Wire(source)
        self.tensors: list[Tensor] = []
        self._tensors = Tensors(self.wire)
        self.graphs: list[tuple[ForeignGraph, int | None]] = []
        self.config: dict[str, object] = {}
        self.annotated: dict[str, str] = {}
        self._names: set[str] = set()
        self._waiting: deque[_Waiting] = deque()

    def account(self) -> Account:
        self._read_model()
        while self._waiting:
            self._read_graph(self._waiting.popleft())
        account = Account.stored(self.source.name, self._stored(), "onnx", self.source.receipt)
        account.graph = self.graphs[0][0]
        account.graph.inner = [graph for graph, _ in self.graphs[1:]]
        account.config = self.config
        self._tensors.tell()
        return account

    # The model

    def _read_model(self) -> None:
        graph: tuple[int, int] | None = None
        opsets: dict[str, int] = {}
        metadata: dict[str, str] = {}
        training: list[tuple[int, int]] = []
        functions: list[tuple[int, int]] = []
        texts = {2: "producer", 3: "producer_version", 4: "domain"}
        for number, kind, value, at in self.wire.fields(0, self.source.size, piecewise=True):
            match number, kind:
                case 1 | 5, 0:
                    self.config["ir_version" if number == 1 else "model_version"] = signed(value)
                case 2 | 3 | 4, 2:
                    self.config[texts[number]] = self.wire.text(value, at, texts[number])
                case 7, 2:
                    if graph is not None:
                        raise self._bad(at, "a second graph begins; a model has one")
                    graph = at, at + value
                case 8, 2:
                    domain, version = self._opset(at, at + value)
                    opsets[domain] = version
                case 14, 2:
                    metadata.update([self.wire.pair(at, at + value)])
                case 20, 2:
                    training.append((at, at + value))
                case 25, 2:
                    functions.append((at, at + value))
        if graph is None:
            raise FormatError(f"{self.source.name}: this is not an ONNX model: there is no graph in it.")
        self.config |= {"opsets": opsets, "metadata": metadata}
        self._waiting.append(_Waiting(*graph, ""))
        for place in functions:
            self._waiting.append(_Waiting(*place, "function", function=True))
        for place in training:
            self._read_training(*place)

    def _read_training(self, start: int, end: int) -> None:
        bound = 0
        for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
            if number in (1, 2) and kind == BYTES:
                name = "training_info.initialization" if number == 1 else "training_info.algorithm"
                self._waiting.append(_Waiting(at, at + value, self._unique(name), 0, 1))
            bound += number == 4
        self.source.receipt.notes.append(f"The model says how it is trained: each step updates {bound:,} arrays.")

    def _opset(self, start: int, end: int) -> tuple[str, int]:
        domain, version = "", 0
        for number, kind, value, at in self.wire.fields(start, end):
            if (number, kind) == (1, BYTES):
                domain = self.wire.text(value, at, "a domain")
            elif (number, kind) == (2, VARINT):
                version = signed(value)
        return domain, version

    # Graphs

    def _read_graph(self, waiting: _Waiting) -> None:
        self.source.check(waiting.depth, "depth", "the nesting of graphs")
        place = len(self.graphs)
        parent = None if waiting.parent is None else self.graphs[waiting.parent][0].name
        graph = ForeignGraph(waiting.name, parent=parent)
        self.graphs.append((graph, waiting.parent))
        scope = _Scope(graph, place, waiting.depth)
        if waiting.function:
            self._read_function(scope, waiting)
            return
        inputs: list[Signature] = []
        for number, kind, value, at in self.wire.fields(waiting.start, waiting.end, piecewise=True):
            if kind != BYTES:
                continue
            end = at + value
            match number:
                case 1:
                    self._read_node(scope, at, end)
                case 2 if not place:
                    graph.name = self.wire.text(value, at, "a graph's name")
                case 5:
                    self._keep(graph, self._tensors.read(at, end))
                case 11:
                    inputs.append(self._signature(at, end))
                case 12:
                    graph.outputs.append(self._signature(at, end))
                case 13:
                    signature = self._signature(at, end)
                    graph.values[signature.name] = signature
                case 14:
                    self._read_annotation(at, end)
                case 15:
                    self._keep(graph, self._tensors.sparse(at, end))
        graph.inputs = [signature for signature in inputs if signature.name not in graph.constants]

    def _read_function(self, scope: _Scope, waiting: _Waiting) -> None:
        graph, name, domain = scope.graph, "", ""
        for number, kind, value, at in self.wire.fields(waiting.start, waiting.end, piecewise=True):
            match number, kind:
                case 1, 2:
                    name = self.wire.text(value, at, "a function's name")
                case 4, 2:
                    graph.inputs.append(Signature(self.wire.text(value, at, "a name")))
                case 5, 2:
                    graph.outputs.append(Signature(self.wire.text(value, at, "a name")))
                case 10, 2:
                    domain = self.wire.text(value, at, "a domain")
        graph.name = self._unique(f"{domain}.{name}".strip(".") or "function")
        for number, kind, value, at in self.wire.fields(waiting.start, waiting.end, piecewise=True):
            if (number, kind) == (7, BYTES):
                self._read_node(scope, at, at + value)

    def _unique(self, name: str) -> str:
        unique = name
        while unique in self._names:
            unique += f"#{len(self._names)}"
        self._names.add(unique)
        return unique

    def _read_node(self, scope: _Scope, start: int, end: int) -> None:
        node = Operation("")
        inputs: list[str] = []
        outputs: list[str] = []
        attributes: list[tuple[int, int]] = []
        for number, kind, value, at in self.wire.fields(start, end):
            if kind != BYTES:
                continue
            match number:
                case 1:
                    inputs.append(self.wire.text(value, at, "a name"))
                case 2:
                    outputs.append(self.wire.text(value, at, "a name"))
                case 3:
                    node.name = self.wire.text(value, at, "a node's name")
                case 4:
                    node.type = self.wire.text(value, at, "an operator's name")
                case 5:
                    attributes.append((at, at + value))
                case 7:
                    node.domain = self.wire.text(value, at, "a domain")
        if not node.type:
            raise self._bad(start, "a node names no operator")
        node.inputs, node.outputs = tuple(inputs), tuple(outputs)
        scope.graph.operations.append(node)
        if attributes:
            read = (self._read_attribute(scope, node, *attribute) for attribute in attributes)
            node.attributes = {name: value for name, value in read if value is not None}

    def _read_attribute(self, scope: _Scope, node: Operation, start: int, end: int) -> tuple[str, Attribute | None]:
        """Return an attribute's name and value; keep its tensors, and note its graphs for later."""
        name = ""
        single: int | float | str | None = None
        floats: list[float] = []
        integers: list[int] = []
        tensors: list[Tensor] = []
        inner: list[tuple[int, int]] = []
        for found in self.wire.fields(start, end):
            number, kind, value, at = found
            match number, kind:
                case 1, 2:
                    name = self.wire.text(value, at, "an attribute's name")
                case 2, 5:
                    single = self.wire.floats(found, "an attribute")[0]
                case 3, 0:
                    single = signed(value)
                case 4, 2 if value <= _SHORT:
                    single = self.wire.text(value, at, "an attribute")
                case ((5 | 10), 2):
                    tensors.append(self._tensors.read(at, at + value))
                case ((6 | 11), 2):
                    inner.append((at, at + value))
                case 7, _:
                    floats += self.wire.floats(found, "an attribute")
                case 8, _:
                    integers += self.wire.integers(found, "an attribute")
                case ((22 | 23), 2):
                    tensors.append(self._tensors.sparse(at, at + value))
        attribute = floats or integers or single
        label = node.name or next(filter(None, node.outputs), "") or node.type
        for range_ in inner:
            waiting = _Waiting(*range_, self._unique(f"{label}.{name}"), scope.place, scope.depth + 1)
            node.graphs += (waiting.name,)
            self._waiting.append(waiting)
        is_constant = node.type == "Constant" and bool(node.outputs)
        if is_constant and name.startswith("value_") and not tensors:
            tensors.append(self._listed(name, attribute))
        for tensor in tensors:
            tensor.path = node.outputs[0] if is_constant else f"{label}.{name}"
            if not is_constant:
                tensor.role, tensor.evidence = roles.ARGUMENT, f"attribute {name} of {node.label}"
            self._keep(scope.graph, tensor)
        return name, attribute

    def _listed(self, name: str, value: object) -> Tensor:
        shape = (len(value),) if isinstance(value, list) else () if name[-1:] != "s" else (0,)
        dtype = {"f": "float32", "i": "int64"}.get(name.removeprefix("value_")[:1], "string")
        size = {"float32": 4, "int64": 8}.get(dtype, 0)
        return Tensor("", shape, dtype, size * prod(shape))

    def _read_annotation(self, start: int, end: int) -> None:
        for number, kind, value, at in self.wire.fields(start, end):
            if (number, kind) == (2, BYTES):
                key, name = self.wire.pair(at, at + value)
                if key in _ANNOTATED:
                    self.annotated[name] = key

    def _signature(self, start: int, end: int) -> Signature:
        """Return a ValueInfoProto; what is no tensor has no shape."""
        signature = Signature("")
        for number, kind, value, at in self.wire.fields(start, end):
            if (number, kind) == (1, BYTES):
                signature = signature._replace(name=self.wire.text(value, at, "a name"))
            elif (number, kind) == (2, BYTES):
                for of, sort, length, place in self.wire.fields(at, at + value):
                    if of in (1, 8) and sort == BYTES:
                        signature = self._typed(signature, place, place + length)
        return signature

    def _typed(self, signature: Signature, start: int, end: int) -> Signature:
        for number, kind, value, at in self.wire.fields(start, end):
            if (number, kind) == (1, VARINT):
                signature = signature._replace(dtype=TYPES.get(value, ("", 0))[0])
            elif (number, kind) == (2, BYTES):
                dims = tuple(self._size(*dim) for dim in self.wire.messages(1, at, at + value))
                self.source.check(len(dims), "rank", f"the number of axes of {quoted(signature.name)}")
                signature = signature._replace(shape=dims)
        return signature

    def _size(self, start: int, end: int) -> int | str | None:
        size: int | str | None = None
        for number, kind, value, at in self.wire.fields(start, end):
            if (number, kind) == (1, VARINT):
                size = signed(value)
            elif (number, kind) == (2, BYTES):
                size = self.wire.text(value, at, "the name of a size") or None
        return size

    def _keep(self, graph: ForeignGraph, tensor: Tensor) -> None:
        name = tensor.path
        if name in graph.constants:
            raise FormatError(f"{self.source.name}: two arrays of one graph are named {quoted(name)}.")
        tensor.path = name if graph is self.graphs[0][0] else f"{graph.name}/{name}"
        graph.constants[name] = tensor.path
        self.tensors.append(tensor)

    def _stored(self) -> Iterator[Stored]:
        ranks = {tensor.path: len(tensor.shape) for tensor in self.tensors}
        known = arguments.uses(self.graphs, arguments.ONNX, ranks)
        for tensor in self.tensors:
            use = known.get(tensor.path)
            if tensor.path in self.annotated:
                key = self.annotated[tensor.path]
                tensor.role, tensor.evidence = _ANNOTATED[key], f"{key} of a quantisation annotation"
            elif use is not None and not tensor.role:
                tensor.role, tensor.evidence = use.role, use.evidence
                _unpack(tensor, use)
            yield Stored(
                tensor.path,
                tensor.shape,
                tensor.dtype,
                bytes=tensor.bytes,
                elements=tensor.elements,
                role=tensor.role,
                evidence=tensor.evidence,
                packing=tensor.packing,
                key=tensor.key,
                layer_type=use.operation.type if use is not None else "",
            )

    def _bad(self, at: int, what: str) -> FormatError:
        return FormatError(f"{self.source.name}: at byte {at:,}: {what}.")


def _unpack(tensor: Tensor, use: arguments.Use) -> None:
    """Tell the weights of a MatMulNBits, several of which lie in each stored byte."""
    if (use.operation.type, use.position) != ("MatMulNBits", 1):
        return
    found = [use.operation.attributes.get(key, default) for key, default in (("N", 0), ("K", 0), ("block_size", 0))]
    bits = use.operation.attributes.get("bits", 4)
    sizes = [size for size in found if isinstance(size, int) and size > 0]
    if len(sizes) < 3 or not isinstance(bits, int) or bits not in (2, 4, 8):
        return
    rows, columns, block = sizes
    if rows * -(-columns // block) * block * bits == tensor.bytes * 8:
        tensor.elements = prod(tensor.shape)
        tensor.shape = (rows, columns)
        tensor.packing = f"{8 // bits} weights in a byte: N, K and bits of {use.operation.label}"
