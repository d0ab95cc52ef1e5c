"""Tensors of ONNX models: what they say of themselves, held against the bytes that are there.

Source: onnx.proto of release 1.23 (`TensorProto`, `SparseTensorProto`, "External tensor data").
"""

from __future__ import annotations

from math import prod

from weigh.errors import FormatError
from weigh.formats.protobuf import BYTES, Field, Wire
from weigh.formats.source import quoted

TOLD = 20  # files or refusals of one sort that are told one by one
TYPES = {
    1: ("float32", 32),
    2: ("uint8", 8),
    3: ("int8", 8),
    4: ("uint16", 16),
    5: ("int16", 16),
    6: ("int32", 32),
    7: ("int64", 64),
    8: ("string", 0),
    9: ("bool", 8),
    10: ("float16", 16),
    11: ("float64", 64),
    12: ("uint32", 32),
    13: ("uint64", 64),
    14: ("complex64", 64),
    15: ("complex128", 128),
    16: ("bfloat16", 16),
    17: ("float8_e4m3fn", 8),
    18: ("float8_e4m3fnuz", 8),
    19: ("float8_e5m2", 8),
    20: ("float8_e5m2fnuz", 8),
    21: ("uint4", 4),
    22: ("int4", 4),
    23: ("float4_e2m1fn", 4),
    24: ("float8_e8m0fnu", 8),
    25: ("uint2", 2),
    26: ("int2", 2),
}
"""Number formats by their number in the file, and their bits; a string has no fixed number."""
_EXTERNAL = 1
_TYPED = {4: "float_data", 5: "int32_data", 7: "int64_data", 10: "double_data", 11: "uint64_data"}
_FIXED_WIDTH = {4: 4, 10: 8}
_TYPES_OF = {4: {1, 14}, 7: {7}, 10: {11, 15}, 11: {12, 13}}
_TYPES_OF[5] = set(TYPES) - {8} - set().union(*_TYPES_OF.values())
_EXTERNAL_KEYS = {"location", "offset", "length", "checksum", "basepath"}


class Tensor:
    """A tensor as it is accounted for; its path is its name until it is kept."""

    __slots__ = ("bytes", "dtype", "elements", "evidence", "key", "packing", "path", "role", "shape")

    def __init__(
        self,
        path: str,
        shape: tuple[int, ...],
        dtype: str,
        bytes: int,
        elements: int | None = None,
        packing: str = "",
    ) -> None:
        self.path = path
        self.shape = shape
        self.dtype = dtype
        self.bytes = bytes
        self.elements = elements
        self.packing = packing
        self.key: tuple[str, int, int] | None = None
        self.role = ""
        self.evidence = ""


class _Claims:
    """What a TensorProto says, before it was checked."""

    def __init__(self) -> None:
        self.dims: list[int] = []
        self.type = 0
        self.name = ""
        self.raw: int | None = None
        self.counts: dict[int, tuple[int, int]] = {}
        self.strings = 0
        self.string_bytes = 0
        self.external: dict[str, str] = {}
        self.location = 0


class Tensors:
    """The tensors of a model, each where it is asked for.

    Args:
        wire: of the model.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.source = wire.source
        self.name = wire.source.name
        self._files: dict[str, int] = {}
        self._refused = 0

    def read(self, start: int, end: int) -> Tensor:
        """Return the TensorProto in a range.

        Raises:
            FormatError: its shape, its number format and its data do not fit together.
        """
        return self._checked(self._claims(start, end))

    def tell(self) -> None:
        """Add to the receipt which files are named, and what more was refused."""
        for location, count in list(self._files.items())[:TOLD]:
            self.source.receipt.notes.append(
                f"{count:,} of the weights lie in {quoted(location)}, which was not opened."
            )
        if len(self._files) > TOLD:
            self.source.receipt.notes.append(f"{len(self._files) - TOLD:,} more files are named, and were not opened.")
        if self._refused > TOLD:
            self.source.receipt.refused.append(f"{self._refused - TOLD:,} more of the like.")

    def _claims(self, start: int, end: int) -> _Claims:
        claims = _Claims()
        for found in self.wire.fields(start, end, piecewise=True):
            number, kind, value, at = found
            match number, kind:
                case 1, (0 | 2):
                    claims.dims += self.wire.sizes(found, "a tensor")
                    self.source.check(len(claims.dims), "rank", f"the number of axes of the tensor at byte {start:,}")
                case 2, 0:
                    claims.type = value
                case 3, 2:
                    raise FormatError(f"{self.name}: at byte {at:,}: a tensor in segments is not read.")
                case ((4 | 5 | 7 | 10 | 11), _):
                    low, high = claims.counts.get(number, (0, 0))
                    fewest, most = self._count(found)
                    claims.counts[number] = low + fewest, high + most
                case 6, 2:
                    claims.strings += 1
                    claims.string_bytes += value
                case 8, 2:
                    claims.name = self.wire.text(value, at, "a tensor's name")
                case 9, 2:
                    claims.raw = value
                case 13, 2:
                    key, text = self.wire.pair(at, at + value)
                    if key in claims.external:
                        raise FormatError(f"{self.name}: at byte {at:,}: external data names {quoted(key)} twice.")
                    claims.external[key] = text
                case 14, 0:
                    claims.location = value
        return claims

    def _count(self, found: Field) -> tuple[int, int]:
        """Return how many numbers at least and at most a field of data holds, by its length alone."""
        number, kind, value, _ = found
        if kind != BYTES:
            return 1, 1
        width = _FIXED_WIDTH.get(number)
        return (value // width, value // width) if width else (-(-value // 10), value)

    def _checked(self, claims: _Claims) -> Tensor:
        named = f"{self.name}: the tensor {quoted(claims.name)}"
        if claims.type not in TYPES:
            raise FormatError(f"{named} is of the number format {claims.type}, which is not known.")
        if any(dim < 0 for dim in claims.dims):
            raise FormatError(f"{named} has the shape {claims.dims}: no size is negative.")
        dtype, bits = TYPES[claims.type]
        count = prod(claims.dims)
        tensor = Tensor(claims.name, tuple(claims.dims), dtype, -(-count * bits // 8))
        forms = [claims.raw is not None, bool(claims.counts), claims.strings > 0, claims.location == _EXTERNAL]
        if sum(forms) > 1 or len(claims.counts) > 1:
            raise FormatError(f"{named} holds its data in more than one way.")
        if claims.location == _EXTERNAL:
            tensor.key = self._outside(claims, tensor.bytes, named)
        elif claims.raw is not None:
            if bits and claims.raw != tensor.bytes:
                raise FormatError(
                    f"{named} is {claims.dims} of {dtype}, {tensor.bytes:,} bytes, and has {claims.raw:,}."
                )
        elif dtype == "string":
            tensor.bytes = claims.string_bytes
            if claims.strings != count:
                raise FormatError(f"{named} is {claims.dims} of strings, and has {claims.strings:,}.")
        else:
            self._check_typed(claims, count, named)
        return tensor

    def _check_typed(self, claims: _Claims, count: int, named: str) -> None:
        dtype, bits = TYPES[claims.type]
        held, (low, high) = next(iter(claims.counts.items()), (0, (0, 0)))
        if held and claims.type not in _TYPES_OF[held]:
            raise FormatError(f"{named} is of {dtype}, and its data of another format ({_TYPED[held]}).")
        needed = 2 * count if dtype.startswith("complex") else -(-count * bits // 8) if bits < 8 else count
        if not low <= needed <= high:
            has = f"{low:,}" if low == high else f"between {low:,} and {high:,}"
            raise FormatError(f"{named} is {claims.dims} of {dtype}, {needed:,} numbers, and has {has}.")

    def _outside(self, claims: _Claims, size: int, named: str) -> tuple[str, int, int] | None:
        """Return where a tensor says that its data lie; nothing is opened."""
        location = claims.external.get("location", "")
        numbers = {}
        for key in ("offset", "length"):
            text = claims.external.get(key, "")
            if text and not (text.isascii() and text.isdecimal() and len(text) <= 20):
                raise FormatError(f"{named} lies in another file, and its {key} {text[:40]!r} is no number.")
            numbers[key] = int(text or 0)
        if claims.external.get("length") and numbers["length"] != size:
            raise FormatError(f"{named} should be {size:,} bytes, and claims {numbers['length']:,} in another file.")
        for key in claims.external.keys() - _EXTERNAL_KEYS:
            self._refuse(
                f"external data of {quoted(claims.name)} sets {quoted(key)}, which is not of the format; "
                "it was not used."
            )
        parts = location.replace("\\", "/").split("/")
        if not location or not parts[0] or ".." in parts or ":" in parts[0] or "\0" in location or parts[0] == "*":
            self._refuse(
                f"{quoted(claims.name)} names the file {quoted(location)}, which leads out of the folder; "
                "it was not opened."
            )
            return None
        self._files[location] = self._files.get(location, 0) + 1
        return location, numbers["offset"], size

    def _refuse(self, sentence: str) -> None:
        self._refused += 1
        if self._refused <= TOLD:
            self.source.receipt.refused.append(sentence)

    def sparse(self, start: int, end: int) -> Tensor:
        """Return the SparseTensorProto in a range; raises as `read`."""
        values = indices = None
        dims: list[int] = []
        for found in self.wire.fields(start, end, piecewise=True):
            number, kind, value, at = found
            if (number, kind) == (1, BYTES):
                values = self.read(at, at + value)
            elif (number, kind) == (2, BYTES):
                indices = self.read(at, at + value)
            elif number == 3:
                dims += self.wire.sizes(found, "a sparse tensor")
                self.source.check(len(dims), "rank", "the number of axes of a sparse tensor")
        if values is None or indices is None:
            raise FormatError(f"{self.name}: at byte {start:,}: a sparse tensor has no values or no places.")
        stored = prod(values.shape)
        if any(dim < 0 for dim in dims) or stored > prod(dims):
            raise FormatError(f"{self.name}: {quoted(values.path)} is {dims}, and {stored:,} of it are stored.")
        return Tensor(
            values.path,
            tuple(dims),
            values.dtype,
            values.bytes + indices.bytes,
            stored,
            "sparse: only what is not zero is stored, with its places",
        )
