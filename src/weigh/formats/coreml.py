"""Core ML models: weights of neural network layers, and constants of ML programs; not one weight is read.

A layer's weights lie in the model itself, and only their length is read. A program's weights lie in a file beside it,
which is never opened: their shapes and number formats stand in the program.

Source: Core ML format specification 9 (`Model.proto`, `NeuralNetwork.proto`, `MIL.proto`: field numbers, and the order
of each weight's axes in the comments of the layers); a package's parts stand in its `Manifest.json`.
"""

from __future__ import annotations

import os
from math import prod
from typing import NamedTuple

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats.coreml_layers import LAYERS, Numbers, Part
from weigh.formats.protobuf import BYTES, VARINT, Wire, signed
from weigh.formats.source import Limits, Source, opened, quoted

SUFFIXES = (".mlmodel",)
MODEL = os.path.join(
    "Data", "com.apple.CoreML", "model.mlmodel"
)  # what every package has, wherever its manifest points
TYPES = {
    1: ("bool", 8),
    2: ("string", 0),
    10: ("float16", 16),
    11: ("float32", 32),
    12: ("float64", 64),
    13: ("bfloat16", 16),
    21: ("int8", 8),
    22: ("int16", 16),
    23: ("int32", 32),
    24: ("int64", 64),
    25: ("int4", 4),
    31: ("uint8", 8),
    32: ("uint16", 16),
    33: ("uint32", 32),
    34: ("uint64", 64),
    35: ("uint4", 4),
    36: ("uint2", 2),
    37: ("uint1", 1),
    38: ("uint6", 6),
    39: ("uint3", 3),
    40: ("float8_e4m3fn", 8),
    41: ("float8_e5m2", 8),
}
"""Number formats of programs by their number, and their bits."""
_NETWORKS = {303: "neural network", 403: "neural network", 500: "neural network"}
_PIPELINES = (200, 201, 202)
_PROGRAM = 502
_RECURRENT = {"weight_ih": roles.KERNEL, "weight_hh": roles.RECURRENT_KERNEL, "bias": roles.BIAS}
_INPUTS = {
    "conv": {"weight": roles.KERNEL, "bias": roles.BIAS},
    "conv_transpose": {"weight": roles.KERNEL, "bias": roles.BIAS},
    "linear": {"weight": roles.KERNEL, "bias": roles.BIAS},
    "matmul": {"x": roles.KERNEL, "y": roles.KERNEL},
    "batch_norm": {
        "gamma": roles.SCALE,
        "beta": roles.OFFSET,
        "mean": roles.RUNNING_MEAN,
        "variance": roles.RUNNING_VARIANCE,
    },
    "layer_norm": {"gamma": roles.SCALE, "beta": roles.OFFSET},
    "instance_norm": {"gamma": roles.SCALE, "beta": roles.OFFSET},
    "prelu": {"alpha": roles.SLOPE},
    "lstm": _RECURRENT,
    "gru": _RECURRENT,
    "rnn": _RECURRENT,
}
_PACKED = {"quantized_data", "indices", "nonzero_data", "data", "source_val"}
_BESIDE = {
    "scale": roles.QUANTISATION_SCALE,
    "lut": roles.QUANTISATION_SCALE,
    "zero_point": roles.ZERO_POINT,
    "offset": roles.ZERO_POINT,
    "mask": roles.MASK,
}
_TOLD = 20


def recognises(head: bytes, name: str) -> bool:
    """Return whether a file of this name can be a Core ML model: the format has no magic number."""
    return name.lower().endswith(SUFFIXES) and head[:1] == b"\x08"


def recognises_folder(path: str | os.PathLike[str]) -> bool:
    """Return whether a folder is a Core ML package."""
    return os.path.isfile(os.path.join(path, MODEL))


def read(source: Source) -> Account:
    """Return the account of a Core ML model.

    Raises:
        FormatError: it is not what the format promises, or goes beyond a limit.
    """
    return _Model(source).account()


def read_folder(path: str | os.PathLike[str], limits: Limits | None = None) -> Account:
    """Return the account of a package's model; raises as `read`."""
    with opened(os.path.join(path, MODEL), limits) as source:
        account = read(source)
    account.name = os.fsdecode(path)
    return account


class _Array(NamedTuple):
    """What a Value of a program is: its shape and format, and where it lies if that is in another file."""

    shape: tuple[int, ...]
    dtype: str
    bytes: int
    place: tuple[str, int] | None


class _Model:
    """A model while it is read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.wire = Wire(source)
        self.arrays: list[Stored] = []
        self.kinds: list[str] = []
        self._constants: dict[str, _Array] = {}
        self._roles: dict[str, tuple[str, str]] = {}
        self._shapes: dict[str, tuple[tuple[int, ...], str]] = {}
        self._refused = 0
        self._outside = 0

    def account(self) -> Account:
        self._read_models()
        if not self.kinds:
            raise FormatError(f"{self.source.name}: there is no neural network and no program in it.")
        account = Account.stored(self.source.name, self.arrays, "coreml", self.source.receipt)
        account.config = {"kinds": self.kinds}
        if self._outside:
            self.source.receipt.notes.append(f"{self._outside:,} arrays lie in other files, which were not opened.")
        return account

    def _read_models(self) -> None:
        waiting = [(0, self.source.size, "", 0)]
        while waiting:
            start, end, prefix, depth = waiting.pop()
            self.source.check(depth, "depth", "the nesting of models")
            for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
                if kind != BYTES:
                    continue
                if number in _PIPELINES:
                    # a pipeline of a classifier wraps the pipeline itself
                    for inner in self.wire.messages(1, at, at + value):
                        wraps = [inner] if number == 202 else self.wire.messages(1, *inner)
                        waiting += [(*one, f"{prefix}model {len(waiting)}/", depth + 1) for one in wraps]
                elif number in _NETWORKS:
                    self.kinds.append(_NETWORKS[number])
                    for layer in self.wire.messages(1, at, at + value):
                        self._read_layer(*layer, prefix)
                elif number == _PROGRAM:
                    self.kinds.append("program")
                    self._read_program(at, at + value, prefix)

    # Layers

    def _read_layer(self, start: int, end: int, prefix: str) -> None:
        name, found = "", []
        for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
            if (number, kind) == (1, BYTES):
                name = self.wire.text(value, at, "a layer's name")
            elif number in LAYERS and kind == BYTES:
                found.append((number, at, at + value))
        for number, at, stop in found:
            type_, parts = LAYERS[number]
            self._read_parts(f"{prefix}{name}", type_, parts, at, stop, Numbers())

    def _read_parts(
        self, name: str, type_: str, parts: dict[int, Part], start: int, end: int, numbers: Numbers
    ) -> None:
        weights: list[tuple[int, int, int]] = []
        for found in self.wire.fields(start, end, piecewise=True):
            number, kind, value, at = found
            if kind == BYTES and number in parts:
                weights.append((number, at, at + value))
            elif number in numbers.wanted and kind in (VARINT, BYTES):
                numbers.add(number, self.wire.sizes(found, quoted(name)))
                self.source.check(len(numbers.of(number)), "rank", f"a list of {quoted(name)}")
        directions = 0
        for number, at, stop in weights:
            part = parts[number]
            if part.inner is not None:
                label = name if not directions else f"{name}/backward"
                directions += 1
                self._read_parts(label, type_, part.inner, at, stop, numbers)
            else:
                self._read_weights(name, type_, part, numbers, at, stop)

    def _read_weights(self, name: str, type_: str, part: Part, numbers: Numbers, start: int, end: int) -> None:
        """Keep the WeightParams in a range."""
        dtype, size, count, bits, updatable = "", 0, 0, 0, False
        tables: list[tuple[str, str, int]] = []
        for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
            match number, kind:
                case 1, 2:
                    dtype, size, count = "float32", size + value, count + value // 4
                case 1, 5:
                    dtype, size, count = "float32", size + 4, count + 1
                case 2, 2:
                    dtype, size, count = "float16", value, value // 2
                case 30, 2:
                    dtype, size = "uint", value
                case 31, 2:
                    dtype, size, count = "int8", value, value
                case 40, 2:
                    bits, tables = self._quantisation(at, at + value)
                case 50, 0:
                    updatable = bool(value)
        if not dtype or not size:
            return
        path = f"{name}/{part.name}"
        shape = part.shape(numbers)
        if dtype == "uint":
            if not 0 < bits <= 8:
                raise FormatError(f"{self.source.name}: {quoted(path)} is quantised to {bits} bits.")
            dtype, count = f"uint{bits}", size * 8 // bits
            fits = -(-prod(shape) * bits // 8) == size
        else:
            fits = prod(shape) == count
        if not fits or any(length < 0 for length in shape):
            raise FormatError(
                f"{self.source.name}: {quoted(path)} is {list(shape)} of {dtype}, and has {size:,} bytes."
            )
        self.arrays.append(
            Stored(
                path,
                shape,
                dtype,
                bytes=size,
                trainable=True if updatable else None,
                role=part.role,
                evidence="declared",
                layer=name,
                layer_type=type_,
            )
        )
        for label, role, length in tables:
            self.arrays.append(
                Stored(f"{path}/{label}", (length // 4,), "float32", bytes=length, role=role, evidence="declared")
            )

    def _quantisation(self, start: int, end: int) -> tuple[int, list[tuple[str, str, int]]]:
        bits, tables = 0, []
        labels = {1: ("scale", roles.QUANTISATION_SCALE), 2: ("bias", roles.ZERO_POINT)}
        for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
            if (number, kind) == (1, VARINT):
                bits = value
            elif number in (101, 102) and kind == BYTES:
                for of, sort, length, _ in self.wire.fields(at, at + value, piecewise=True):
                    if of in labels and sort == BYTES:
                        label, role = labels[of] if number == 101 else ("lookup_table", roles.QUANTISATION_SCALE)
                        tables.append((label, role, length))
        return bits, tables

    # Programs

    def _read_program(self, start: int, end: int, prefix: str) -> None:
        for function in self.wire.messages(2, start, end):
            name, place = self.wire.entry(*function)
            self._constants, self._roles, self._shapes = {}, {}, {}
            waiting = [(*self.wire.entry(*block)[1], 0) for block in self.wire.messages(3, *place)]
            while waiting:
                at, stop, depth = waiting.pop()
                self.source.check(depth, "depth", "the nesting of blocks")
                for operation in self.wire.messages(3, at, stop):
                    inner = self._read_operation(*operation)
                    waiting += [(*block, depth + 1) for block in inner]
            self._keep_constants(prefix if name == "main" else f"{prefix}{name}/")

    def _read_operation(self, start: int, end: int) -> list[tuple[int, int]]:
        """Read an operation; return the blocks inside it."""
        type_, outputs = "", []
        inputs: list[tuple[int, int]] = []
        attributes: list[tuple[int, int]] = []
        blocks: list[tuple[int, int]] = []
        lists = {2: inputs, 4: blocks, 5: attributes}
        for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
            if kind != BYTES:
                continue
            if number == 1:
                type_ = self.wire.text(value, at, "an operation's type")
            elif number == 3:
                outputs.append(self._named(at, at + value))
            elif number in lists:
                lists[number].append((at, at + value))
        output, shape = outputs[0] if outputs else ("", ())
        for attribute in attributes:
            key, place = self.wire.entry(*attribute)
            if type_ == "const" and key == "val":
                self._keep(output, self._value(*place, output))
            elif type_.startswith("constexpr_"):
                array = self._value(*place, f"{output}/{key}")
                if key in _PACKED:
                    self._constants[output] = array
                    self._shapes[output] = shape, type_
                elif key in _BESIDE:
                    self._keep(f"{output}/{key}", array)
                    self._roles[f"{output}/{key}"] = _BESIDE[key], f"attribute {key} of {type_} {output}"
        known = _INPUTS.get(type_, {})
        for entry in inputs:
            key, place = self.wire.entry(*entry)
            role = _BESIDE.get(key, "") if type_.startswith("constexpr_") else known.get(key, "")
            for argument in self.wire.messages(1, *place):
                for at, stop in self.wire.messages(1, *argument):
                    name = self.wire.text(stop - at, at, "a name")
                    if role or (name in self._constants and self._constants[name].place is None):
                        self._roles.setdefault(name, (role or roles.ARGUMENT, f"input {key} of {type_} {output}"))
        return blocks

    def _keep(self, name: str, array: _Array) -> None:
        if name in self._constants:
            raise FormatError(f"{self.source.name}: two arrays are named {quoted(name)}.")
        self._constants[name] = array

    def _keep_constants(self, prefix: str) -> None:
        for name, array in self._constants.items():
            if array.dtype == "string":
                continue
            role, evidence = self._roles.get(name, ("", ""))
            shape, packing, elements = array.shape, "", None
            if name in self._shapes:
                shape, type_ = self._shapes[name]
                if type_ != "constexpr_cast" and shape != array.shape:
                    packing, elements = f"unpacked by {type_}", prod(array.shape)
            self.arrays.append(
                Stored(
                    prefix + name,
                    shape,
                    array.dtype,
                    bytes=array.bytes,
                    elements=elements,
                    role=role,
                    evidence=evidence,
                    packing=packing,
                    key=array.place,
                )
            )

    def _named(self, start: int, end: int) -> tuple[str, tuple[int, ...]]:
        """Return a NamedValueType: a name, and the shape of the tensor that it is."""
        name, shape = "", tuple[int, ...]()
        for number, kind, value, at in self.wire.fields(start, end):
            if (number, kind) == (1, BYTES):
                name = self.wire.text(value, at, "a name")
            elif (number, kind) == (2, BYTES):
                shape = self._type(at, at + value, name)[0]
        return name, shape

    def _type(self, start: int, end: int, name: str) -> tuple[tuple[int, ...], str, int]:
        """Return shape, number format and bits of a ValueType; what is no tensor is a scalar of text."""
        shape: list[int] = []
        dtype, bits = "string", 0
        for at, stop in self.wire.messages(1, start, end):
            for number, kind, value, place in self.wire.fields(at, stop):
                if (number, kind) == (1, VARINT):
                    if value not in TYPES:
                        raise FormatError(
                            f"{self.source.name}: {quoted(name)} is of the number format {value}, not known."
                        )
                    dtype, bits = TYPES[value]
                elif (number, kind) == (3, BYTES):
                    shape.append(self._dimension(place, place + value))
        self.source.check(len(shape), "rank", f"the number of axes of {quoted(name)}")
        return tuple(shape), dtype, bits

    def _dimension(self, start: int, end: int) -> int:
        size = 0
        for at, stop in self.wire.messages(1, start, end):
            for number, kind, value, _ in self.wire.fields(at, stop):
                if (number, kind) == (1, VARINT):
                    size = signed(value)
        if size < 0:
            raise FormatError(f"{self.source.name}: a size at byte {start:,} is {size}: no size is negative.")
        return size

    def _value(self, start: int, end: int, name: str) -> _Array:
        """Return a Value; of what stands in the model only the length is read."""
        shape: tuple[int, ...] = ()
        dtype, bits, held = "string", 0, None
        place: tuple[str, int] | None = None
        outside = False
        for number, kind, value, at in self.wire.fields(start, end, piecewise=True):
            if kind != BYTES:
                continue
            if number == 2:
                shape, dtype, bits = self._type(at, at + value, name)
            elif number == 3:
                held = value
            elif number == 5:
                outside, place = True, self._place(at, at + value, name)
        count = prod(shape)
        size = -(-count * bits // 8)
        if bits and not outside and count > 8 * (held or 0):
            raise FormatError(
                f"{self.source.name}: {quoted(name)} is {list(shape)} of {dtype}, in {held or 0:,} bytes."
            )
        return _Array(shape, dtype, size, place if outside else None)

    def _place(self, start: int, end: int, name: str) -> tuple[str, int] | None:
        file, offset = "", 0
        for number, kind, value, at in self.wire.fields(start, end):
            if (number, kind) == (1, BYTES):
                file = self.wire.text(value, at, "a file's name")
            elif (number, kind) == (2, VARINT):
                offset = value
        parts = file.replace("\\", "/").split("/")
        if parts[0] != "@model_path" or ".." in parts or "\0" in file:
            self._refused += 1
            if self._refused <= _TOLD:
                self.source.receipt.refused.append(
                    f"{quoted(name)} names the file {quoted(file)}, which leads out of the package; it was not opened."
                )
            return None
        self._outside += 1
        return file, offset
