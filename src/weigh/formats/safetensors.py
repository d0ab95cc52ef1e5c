"""safetensors: eight bytes, a JSON header, and the numbers of the tensors one after the other.

Only the header is read. It is held to what the specification promises: every tensor's span is what its shape and
number format need, and the spans cover the rest of the file without gap or overlap. Descriptions that quantising
libraries store *as* tensors (a few bytes that say a packed weight's shape) are read where nothing else tells it.

Source: safetensors README, sections "Format" and "Notes"; ``safetensors/src/tensor.rs`` 0.8 (``Metadata::validate``,
``Dtype``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats import packing, plain_json
from weigh.formats.source import Source

SUFFIXES = (".safetensors",)

DTYPES: dict[str, tuple[str, int]] = {
    "BOOL": ("bool", 8),
    "F4": ("float4_e2m1fn", 4),
    "F6_E2M3": ("float6_e2m3fn", 6),
    "F6_E3M2": ("float6_e3m2fn", 6),
    "U8": ("uint8", 8),
    "I8": ("int8", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "I16": ("int16", 16),
    "U16": ("uint16", 16),
    "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "I32": ("int32", 32),
    "U32": ("uint32", 32),
    "F32": ("float32", 32),
    "C64": ("complex64", 64),
    "F64": ("float64", 64),
    "I64": ("int64", 64),
    "U64": ("uint64", 64),
}
"""What the format calls a number format: the field's name for it, and bits of an element."""

_PREFIX = 8  # bytes of the header's length
_METADATA = "__metadata__"
_OPENINGS = (b'{"', b"{}", b"{ ", b"{\n")


def recognises(head: bytes, name: str) -> bool:
    """Return whether this is a safetensors file: by a header's length that fits and its brace, else by its name."""
    if int.from_bytes(head[:_PREFIX], "little") < 1 << 40 and head[_PREFIX : _PREFIX + 2] in _OPENINGS:
        return True
    return name.lower().endswith(SUFFIXES)


def read(source: Source) -> Account:
    """Return the account of a safetensors file, from its header alone.

    Raises:
        FormatError: it is none, or its header contradicts itself or the file's length.
    """
    header = Header(source)
    arrays = packing.unpacked(header.arrays(), content=header.content, notes=source.receipt.notes)
    account = Account.stored(source.name, arrays, "safetensors", source.receipt)
    if header.metadata:
        account.config[_METADATA] = header.metadata
    return account


class Header:
    """What a header says, held to the file's length.

    Args:
        source: the file.

    Attributes:
        metadata: texts under names, which whoever wrote the file put in.

    Raises:
        FormatError: it contradicts itself or the file's length, or is none.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        length = source.check(source.number(0, _PREFIX, "the header's length"), "header", "the header's length")
        self._start = _PREFIX + length
        fields = _parsed(source, source.read(_PREFIX, length, "the header"))
        self.metadata = _metadata(source, fields.pop(_METADATA, None))
        source.check(len(fields), "entries", "the number of tensors")
        self._tensors = {name: _Tensor(source, name, said) for name, said in fields.items()}
        _check_spans(source, self._tensors.values(), source.size - self._start)

    def arrays(self) -> list[Stored]:
        """Return the tensors in the header's order, and behind them those that share the storage of one of them."""
        arrays = {name: tensor.stored() for name, tensor in self._tensors.items()}
        return [*arrays.values(), *_tied(arrays, self.metadata)]

    def place(self, path: str) -> tuple[int, int] | None:
        """Return where in the file a tensor begins, and how many bytes it has; ``None`` if there is none."""
        tensor = self._tensors.get(path)
        return (self._start + tensor.begin, tensor.end - tensor.begin) if tensor else None

    def content(self, path: str, most: int) -> bytes | None:
        """Return the bytes of a tensor of at most so many bytes, which describes another; ``None`` if it has more."""
        place = self.place(path)
        if place is None or place[1] > most:
            return None
        return self._source.read(*place, f"tensor {path!a}")


class _Tensor:
    """An entry of the header that makes sense in itself."""

    __slots__ = ("begin", "bits", "dtype", "end", "name", "shape")

    def __init__(self, source: Source, name: str, fields: Any) -> None:
        where = f"{source.name}: tensor {name!r}"
        if not isinstance(fields, dict) or fields.keys() != {"dtype", "shape", "data_offsets"}:
            raise FormatError(f"{where} should be described by dtype, shape and data_offsets, not by {_shown(fields)}.")
        self.name = name
        if not isinstance(fields["dtype"], str) or fields["dtype"] not in DTYPES:
            raise FormatError(f"{where} is of an unknown dtype, {_shown(fields['dtype'])}. Known: {', '.join(DTYPES)}.")
        self.dtype, self.bits = DTYPES[fields["dtype"]]
        shape, offsets = fields["shape"], fields["data_offsets"]
        if not _are_sizes(shape):
            raise FormatError(f"{where} has {_shown(shape)} as its shape, which should be a list of sizes.")
        if not _are_sizes(offsets) or len(offsets) != 2:
            raise FormatError(f"{where} has {_shown(offsets)} as its offsets, which should be its begin and end.")
        source.check(len(shape), "rank", f"the rank of tensor {name!r}")
        self.shape: list[int] = shape
        self.begin, self.end = offsets
        bits = self.bits
        for size in shape:
            bits *= size
        if bits % 8 or bits // 8 != self.end - self.begin:
            raise FormatError(
                f"{where} spans {self.end - self.begin:,} bytes, from {self.begin:,} to {self.end:,}, but "
                f"{fields['dtype']} of shape {_shown(shape)} needs "
                f"{f'{bits:,} bits' if bits < 1 << 80 else 'more bits than any file has'}."
            )

    def stored(self) -> Stored:
        return Stored(self.name, self.shape, self.dtype, bytes=self.end - self.begin)


def _parsed(source: Source, header: bytes) -> dict[str, Any]:
    """Return the header as an object of names that are text, are no longer than they may be, and differ."""
    fields, most = plain_json.parsed(header, f"{source.name}: the header", whole=True), source.limits.name
    if not isinstance(fields, dict):
        raise FormatError(f"{source.name}: the header should be a JSON object, not {_shown(fields)}.")
    for name in fields:
        if len(name) > most:
            source.check(len(name), "name", "the length of a tensor's name")
    return fields


def _check_spans(source: Source, tensors: Iterable[_Tensor], size: int) -> None:
    """Raise a FormatError unless the tensors cover the rest of the file, each byte once."""
    end, last = 0, "the header"
    for tensor in sorted(tensors, key=lambda tensor: (tensor.begin, tensor.end)):
        if tensor.begin != end:
            relation = "overlaps" if tensor.begin < end else "leaves a gap after"
            raise FormatError(
                f"{source.name}: tensor {tensor.name!r} begins at {tensor.begin:,} and {relation} {last!r}, which ends "
                f"at {end:,} of the data."
            )
        end, last = tensor.end, tensor.name
    if end != size:
        fate = "the file is truncated" if end > size else "something else is in the file"
        raise FormatError(f"{source.name}: the tensors need {end:,} bytes and {size:,} follow the header: {fate}.")


def _metadata(source: Source, metadata: Any) -> dict[str, str]:
    if metadata is None:
        return {}
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise FormatError(f"{source.name}: {_METADATA} should hold texts under names, not {_shown(metadata)}.")
    return dict(metadata)


def _tied(arrays: dict[str, Stored], said: dict[str, str]) -> list[Stored]:
    """Return tensors that were left out when saving since they share another's storage, which the metadata tells."""
    tied = []
    for path, of in said.items():
        kept = arrays.get(of)
        if kept is None or path in arrays or path == "format":
            continue
        kept.key = kept.path
        tied.append(Stored(path, kept.shape, kept.dtype, bytes=kept.bytes, key=kept.key))
    return tied


def _are_sizes(value: Any) -> bool:
    """Whether it is a list of whole numbers of 64 bits that are not negative; a bool is no number here."""
    return type(value) is list and all(type(size) is int and 0 <= size < 1 << 64 for size in value)


def _shown(value: Any) -> str:
    """What was found, in a length that fits a message: a value may be as long as the file."""
    if isinstance(value, dict):
        return f"an object of {len(value):,} names"
    if isinstance(value, list):
        is_plain = len(value) <= 8 and not any(isinstance(item, list | dict) for item in value)
        return f"[{', '.join(map(_shown, value))}]" if is_plain else f"a list of {len(value):,}"
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length():,} bits"
    return ascii(value[:60] if isinstance(value, str) else value)
