"""TensorFlow's SavedModels, checkpoints and frozen graphs: names, shapes and number formats of their variables.

A checkpoint is told from its index; the shards that hold the numbers are never opened. What a SavedModel declares of
its variables (whether they are trained, which are an optimizer's slots) is joined to them by the graph of its objects.

Source: TensorFlow 2.21, `saved_model.proto`, `meta_graph.proto`, `saved_object_graph.proto`, `graph.proto`,
`tensor.proto`, `types.proto`, `tensor_bundle.proto` (field numbers); "Checkpoint format" (names of objects).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import NamedTuple

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats import sorted_table
from weigh.formats.protobuf import BYTES, VARINT, Wire, signed
from weigh.formats.source import Limits, Source, opened, quoted

SUFFIXES = (".index", ".pb")
GRAPH = "saved_model.pb"
INDEX = os.path.join("variables", "variables.index")
_STRING = 7
_NAMES = (
    "float32 float64 int32 uint8 int16 int8 string complex64 int64 bool qint8 quint8 qint32 bfloat16 qint16 quint16 "
    "uint16 complex128 float16 resource variant uint32 uint64 float8_e5m2 float8_e4m3fn float8_e4m3fnuz "
    "float8_e4m3b11fnuz float8_e5m2fnuz int4 uint4 int2 uint2"
)
TYPES = dict(enumerate(_NAMES.split(), 1))
"""Number formats by their number in the file."""
_NONE: Mapping[str, int] = {}
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
_SLOT = "/.OPTIMIZER_SLOT/"
_LISTS = {5: 4, 6: 8, 7: 0, 9: 8, 10: 0, 11: 0, 12: 16, 13: 0, 16: 0, 17: 0}  # fields of values, bytes of each if fixed


def recognises(head: bytes, name: str) -> bool:
    """Return whether this looks like a SavedModel's graph, a frozen graph, or a checkpoint's index: by the name."""
    folded = name.lower()
    if folded.endswith(".index"):
        return head[:3] == b"\0\0" + head[2:3]  # the first key is empty: nothing shared, nothing of its own
    return folded.endswith(".pb") and head[:1] in (b"\x08", b"\x0a")


def recognises_folder(path: str | os.PathLike[str]) -> bool:
    """Return whether a folder is a SavedModel."""
    return os.path.isfile(os.path.join(path, GRAPH))


def read(source: Source) -> Account:
    """Return the account of a checkpoint's index, a SavedModel's graph without its variables, or a frozen graph.

    Raises:
        FormatError: it is not what the format promises, or goes beyond a limit.
    """
    if source.size >= 8 and source.read(source.size - 8, 8, "the end") == sorted_table.MAGIC:
        return Account.stored(source.name, _checkpoint(source, None), "tensorflow checkpoint", source.receipt)
    graph = _Graph(source)
    arrays = [*graph.declared(), *graph.constants]
    return graph.told(Account.stored(source.name, arrays, graph.format, source.receipt))


def read_folder(path: str | os.PathLike[str], limits: Limits | None = None) -> Account:
    """Return the account of a SavedModel; raises as `read`."""
    with opened(os.path.join(path, GRAPH), limits) as source:
        graph = _Graph(source)
    receipt = source.receipt
    arrays: list[Stored] = []
    if os.path.isfile(os.path.join(path, INDEX)):
        with opened(os.path.join(path, INDEX), limits) as index:
            arrays += _checkpoint(index, graph)
        receipt.add(index.receipt)
    else:
        arrays += graph.declared()
    return graph.told(Account.stored(os.fsdecode(path), [*arrays, *graph.constants], "tensorflow", receipt))


# Checkpoints


def _checkpoint(source: Source, graph: _Graph | None) -> Iterator[Stored]:
    """Yield the variables of a checkpoint's index."""
    wire, shards, slices = Wire(source), -1, 0
    for key, start, end in sorted_table.pairs(source):
        if not key:
            shards = max(1, _number(wire, start, end, 1))
            continue
        if key.startswith(b"\0"):  # a slice of a variable that stands whole under its own name
            slices += 1
            continue
        name = key.decode("utf-8", "backslashreplace")
        if name != _OBJECTS:
            yield _variable(wire, name, start, end, shards, graph)
    if shards < 0:
        raise FormatError(f"{source.name}: the checkpoint has no header.")
    source.receipt.notes.append(f"The numbers lie in {shards:,} files of data, which were not opened.")
    if slices:
        source.receipt.notes.append(f"{slices:,} slices of variables are counted with the whole.")


def _number(wire: Wire, start: int, end: int, wanted: int) -> int:
    value = 0
    for number, kind, found, _ in wire.fields(start, end):
        if (number, kind) == (wanted, VARINT):
            value = signed(found)
    return value


def _variable(wire: Wire, name: str, start: int, end: int, shards: int, graph: _Graph | None) -> Stored:
    source = wire.source
    type_ = shard = size = 0
    sliced = False
    shape: tuple[int, ...] = ()
    for number, kind, value, at in wire.fields(start, end):
        match number, kind:
            case 1, 0:
                type_ = value
            case 2, 2:
                shape = _shape(wire, at, at + value, name)
            case 3, 0:
                shard = value
            case 5, 0:
                size = signed(value)
            case 7, 2:
                sliced = True
    dtype = _dtype(source, type_, name)
    count = prod(shape)
    if not 0 <= shard < max(shards, 1):
        raise FormatError(f"{source.name}: {quoted(name)} lies in file {shard:,} of {shards:,}.")
    width = _width(dtype)
    if sliced:
        size = count * width
    elif size < 0 or (width and size not in (count * width, -(-count * _bits(dtype) // 8))):
        raise FormatError(f"{source.name}: {quoted(name)} is {list(shape)} of {dtype}, and has {size:,} bytes.")
    path = name.removesuffix(_VALUE)
    role, evidence = _role(name, path)
    known = graph.variable(path) if graph is not None else None
    if known is None:
        return Stored(path, shape, dtype, bytes=size, role=role, evidence=evidence)
    if known.slot:
        role, evidence = roles.SLOT, "declared"
    elif not role and (named := roles.of("", known.name)) != roles.UNSAID:
        role, evidence = named, f"declared as {known.name}"
    trainable = known.trainable and not known.slot
    return Stored(path, shape, dtype, bytes=size, trainable=trainable, role=role, evidence=evidence or "declared")


def _role(name: str, path: str) -> tuple[str, str]:
    """Return what a name of the object-based format says by its own conventions."""
    if _SLOT in name:
        return roles.SLOT, f"{_SLOT.strip('/')} in its name"
    if path == "save_counter":
        return roles.COUNTER, "save_counter is the checkpoint's own"
    if name.endswith(_VALUE) and "/_variables/" in path and "optimizer" in path.split("/"):
        return roles.SLOT, "optimizer/_variables in its name"
    return "", ""


def _shape(wire: Wire, start: int, end: int, name: str) -> tuple[int, ...]:
    """Return a TensorShapeProto."""
    sizes = [_number(wire, at, stop, 1) for at, stop in wire.messages(2, start, end)]
    wire.source.check(len(sizes), "rank", f"the number of axes of {quoted(name)}")
    if any(size < 0 for size in sizes):
        raise FormatError(f"{wire.source.name}: {quoted(name)} has the shape {sizes}: no size is negative.")
    return tuple(sizes)


def _dtype(source: Source, number: int, name: str) -> str:
    dtype = TYPES.get(number - 100 if number > 100 else number)  # beyond 100: a reference to such a tensor
    if dtype is None:
        raise FormatError(f"{source.name}: {quoted(name)} is of the number format {number}, which is not known.")
    return dtype


def _bits(dtype: str) -> int:
    """Return the bits of a number, zero where it has no fixed number of them."""
    if dtype in ("string", "resource", "variant"):
        return 0
    found = re.search(r"\d+", dtype)
    return int(found[0]) if found else 8


def _width(dtype: str) -> int:
    return -(-_bits(dtype) // 8)


# Graphs


class _Variable(NamedTuple):
    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    slot: bool = False


class _Graph:
    """What a SavedModel's graph, or a frozen one, says.

    Args:
        source: of it.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.wire = Wire(source)
        self.format = "tensorflow"
        self.constants: list[Stored] = []
        self._children: list[Mapping[str, int]] = []
        self._variables: dict[int, _Variable] = {}
        self._slots: set[int] = set()
        self._paths: set[str] = set()
        self._version = ""
        self._tags: list[str] = []
        if not source.size:
            raise FormatError(f"{source.name}: the file is empty.")
        if source.read(0, 1, "the beginning") == b"\x08":
            for start, end in self.wire.messages(2, 0, source.size):
                self._read_meta_graph(start, end)
        else:
            self.format = "tensorflow graph"
            self._read_graph(0, source.size)

    def declared(self) -> Iterator[Stored]:
        """Yield the variables as the objects declare them: nothing says where their numbers lie."""
        for node, variable in self._variables.items():
            slot = node in self._slots
            yield Stored(
                variable.name or f"variable {node}",
                variable.shape,
                variable.dtype,
                bytes=prod(variable.shape) * _width(variable.dtype),
                trainable=variable.trainable and not slot,
                role=roles.SLOT if slot else "",
                evidence="declared",
                key=("node", node),
            )

    def variable(self, path: str) -> _Variable | None:
        """Return what is declared of the variable that a checkpoint gives this path, ``None`` where nothing is."""
        node = 0
        for part in path.split("/"):
            name = part.replace(".S", "/").replace("..", ".")
            if node >= len(self._children) or name not in self._children[node]:
                return None
            node = self._children[node][name]
        found = self._variables.get(node)
        return None if found is None else found._replace(slot=node in self._slots)

    def told(self, account: Account) -> Account:
        """Return the account with what else is known."""
        account.config = {"tensorflow_version": self._version, "tags": self._tags}
        return account

    def _read_meta_graph(self, start: int, end: int) -> None:
        for number, kind, value, at in self.wire.fields(start, end):
            if kind != BYTES:
                continue
            if number == 1:
                for of, sort, length, place in self.wire.fields(at, at + value):
                    if (of, sort) == (4, BYTES):
                        self._tags.append(self.wire.text(length, place, "a tag"))
                    elif (of, sort) == (5, BYTES):
                        self._version = self.wire.text(length, place, "a version")
            elif number == 2:
                self._read_graph(at, at + value)
            elif number == 7 and not self._children:
                for object_ in self.wire.messages(1, at, at + value):
                    self._read_object(*object_)

    def _read_object(self, start: int, end: int) -> None:
        children: dict[str, int] = {}
        node = len(self._children)
        for number, kind, value, at in self.wire.fields(start, end):
            if kind != BYTES:
                continue
            if number == 1:
                target, name = 0, ""
                for of, sort, found, place in self.wire.fields(at, at + value):
                    if (of, sort) == (1, VARINT):
                        target = found
                    elif (of, sort) == (2, BYTES):
                        name = self.wire.text(found, place, "a name")
                children[name] = target
            elif number == 3:
                self._slots.add(_number(self.wire, at, at + value, 3))
            elif number == 7:
                self._variables[node] = self._read_variable(at, at + value)
        self._children.append(children or _NONE)

    def _read_variable(self, start: int, end: int) -> _Variable:
        type_ = trainable = 0
        name, shape = "", (0, 0)
        for number, kind, value, at in self.wire.fields(start, end):
            match number, kind:
                case 1, 0:
                    type_ = value
                case 2, 2:
                    shape = at, at + value
                case 3, 0:
                    trainable = value
                case 6, 2:
                    name = self.wire.text(value, at, "a variable's name")
        dtype = _dtype(self.source, type_, name)
        return _Variable(name, _shape(self.wire, *shape, name), dtype, bool(trainable))

    def _read_graph(self, start: int, end: int) -> None:
        """Read the constants of a GraphDef and of the functions in it."""
        for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
            if (number, kind) == (1, BYTES):
                self._read_node(at, at + value, "")
            elif (number, kind) == (2, BYTES):
                for function in self.wire.messages(1, at, at + value):
                    self._read_function(*function)

    def _read_function(self, start: int, end: int) -> None:
        name = ""
        for number, kind, value, at in self.wire.fields(start, end):
            if (number, kind) == (1, BYTES):
                for place, stop in self.wire.messages(1, at, at + value):
                    name = self.wire.text(stop - place, place, "a function's name")
            elif (number, kind) == (3, BYTES):
                self._read_node(at, at + value, f"{name}/")

    def _read_node(self, start: int, end: int, prefix: str) -> None:
        name = operation = ""
        attributes: list[tuple[int, int]] = []
        for number, kind, value, at in self.wire.fields(start, end):
            if kind != BYTES:
                continue
            if number == 1:
                name = self.wire.text(value, at, "a node's name")
            elif number == 2:
                operation = self.wire.text(value, at, "an operation's name")
            elif number == 5:
                attributes.append((at, at + value))
        if operation != "Const":
            return
        for attribute in attributes:
            key, place = self.wire.entry(*attribute)
            if key == "value":
                for tensor in self.wire.messages(8, *place):
                    self._read_tensor(prefix + name, *tensor)

    def _read_tensor(self, path: str, start: int, end: int) -> None:
        type_ = 0
        shape: tuple[int, ...] = ()
        content: int | None = None
        least = most = 0
        for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
            match number, kind:
                case 1, 0:
                    type_ = value
                case 2, 2:
                    shape = _shape(self.wire, at, at + value, path)
                case 4, 2:
                    content = value
                case 8, 2:
                    least, most = least + 1, most + 1
                case _ if number in _LISTS:
                    width = _LISTS[number]
                    if kind != BYTES:
                        least, most = least + (number not in (9, 12)), most + 1  # two floats are one complex number
                    else:
                        least += value // width if width else -(-value // 10)
                        most += value // width if width else value
        dtype, count = _dtype(self.source, type_, path), prod(shape)
        width = _width(dtype)
        if content is not None and width and content not in (count * width, 0):
            raise FormatError(
                f"{self.source.name}: {quoted(path)} is {list(shape)} of {dtype}, and has {content:,} bytes."
            )
        if least > count:
            raise FormatError(
                f"{self.source.name}: {quoted(path)} is {list(shape)} of {dtype}, and has {least:,} numbers."
            )
        if not count or dtype == "string" or path in self._paths:
            return
        self._paths.add(path)
        repeated = not content and most < count  # the format's own rule: the last value stands for the rest
        elements = most if repeated else count
        self.constants.append(
            Stored(
                path,
                shape,
                dtype,
                bytes=elements * width,
                elements=elements,
                role=roles.ARGUMENT if not shape else "",
                evidence="a constant that is one number" if not shape else "",
                packing="the last value that is stored stands for the rest" if repeated else "",
            )
        )
