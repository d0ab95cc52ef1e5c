"""Tensors and storages as PyTorch describes them in a pickle, checked against each other.

Sources: PyTorch 2.13, ``torch/_utils.py`` (the functions ``_rebuild_…`` and their arguments),
``torch/serialization.py`` (`persistent_id`), ``torch/storage.py`` (names of storages); NumPy 2.4,
``numpy/_core/src/multiarray/methods.c`` (`array_reduce`, `array_setstate`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from weigh.errors import FormatError
from weigh.formats import pickles
from weigh.formats.pickles import Blob, Made, Reference, Token, as_pairs, as_plain, as_sequence
from weigh.formats.source import Source

BITS = {
    **{"bool": 8, "bits8": 8, "bits16": 16, "float16": 16, "bfloat16": 16, "float32": 32, "float64": 64},
    **{"complex32": 32, "complex64": 64, "complex128": 128, "qint8": 8, "quint8": 8, "qint32": 32},
    **{f"{sign}int{bits}": bits for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"{sign}int{bits}": 8 for sign in ("", "u") for bits in range(1, 8)},  # a byte each, whatever they are called
    **{f"float8_{kind}": 8 for kind in ("e4m3fn", "e4m3fnuz", "e5m2", "e5m2fnuz", "e8m0fnu")},
    **{"float4_e2m1fn_x2": 8, "quint4x2": 4, "quint2x4": 2, "bits4x2": 4, "bits2x4": 2, "bits1x8": 1},
}
"""Bits of an element, by number format."""

_STORAGES = {
    **{"Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Bool": "bool"},
    **{"Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8"},
    **{"ComplexFloat": "complex64", "ComplexDouble": "complex128", "QInt8": "qint8", "QUInt8": "quint8"},
    **{"QInt32": "qint32", "QUInt4x2": "quint4x2", "QUInt2x4": "quint2x4", "Untyped": "uint8"},
}
_ALIASES = {"float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32"}
_NUMPY = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_END = 1 << 63
_ASKED = 8
_WRAPPED = 16  # functions around a tensor, one in the other: a parameter of a subclass of a quantised tensor has three


class Storage:
    """Where elements are kept.

    Attributes:
        key: that the file knows it by.
        dtype: number format that its elements were claimed in.
        bytes: that it is claimed to have.
        start: byte of it that offsets count from.
    """

    __slots__ = ("bytes", "dtype", "key", "start")

    def __init__(self, key: str, dtype: str, bytes: int, start: int = 0) -> None:
        self.key = key
        self.dtype = dtype
        self.bytes = bytes
        self.start = start


class Tensor:
    """A tensor, as far as its pickle tells.

    Attributes:
        dtype: number format.
        shape: sizes of its axes.
        elements: that are stored for it: fewer than its shape says where it repeats some, or is sparse.
        bytes: that these occupy.
        requires_grad: the flag, as it was saved.
        is_parameter: whether it was saved as a parameter.
        packing: how its elements are packed, in words.
        key: what is equal for tensors that are the same elements.
        span: key of its storage, with the first byte in it and the one behind the last; ``None`` without one.
        parts: what belongs to it, by name: scales and zero points.
        note: what a reader of the account should know.
    """

    def __init__(self, dtype: str, shape: Sequence[int], elements: int, bytes: int) -> None:
        self.dtype = dtype
        self.shape = tuple(shape)
        self.elements = elements
        self.bytes = bytes
        self.requires_grad: bool | None = None
        self.is_parameter = False
        self.packing = ""
        self.key: Any = None
        self.span: tuple[str, int, int] | None = None
        self.parts: dict[str, Tensor] = {}
        self.note = ""


class Tensors:
    """Reads descriptions of tensors.

    Args:
        source: of the file, for its limits and its name.
        resolve: gives the Storage or the Tensor that a reference stands for; ``None`` for anything else.
        steps: that the pickle took, which bound how often tensors can be asked for.
    """

    def __init__(self, source: Source, resolve: Callable[[Reference], Storage | Tensor | None], steps: int = 0) -> None:
        self._source = source
        self._resolve = resolve
        self._questions = _ASKED * (steps + _ASKED)

    def of(self, value: Any, depth: int = 0) -> Tensor | None:
        """Return what a value describes, if that is a tensor or an array.

        Raises:
            FormatError: it describes one that cannot be.
        """
        self._questions -= 1
        if self._questions < 0:
            raise self.error("tensors are wrapped in each other more often than the file has room to say")
        if isinstance(value, Reference):
            found = self._resolve(value)
            return found if isinstance(found, Tensor) else None
        if not isinstance(value, Made):
            return None
        rebuild = _REBUILD.get(value.name)
        if rebuild is None:
            return None
        if depth > _WRAPPED:
            raise self.error("a tensor is wrapped in tensors without end")
        try:
            return rebuild(self, value, depth + 1)
        except IndexError as error:
            raise self.error(f"{value.name} has {len(value.arguments)} arguments, too few") from error

    def error(self, what: str) -> FormatError:
        return FormatError(f"{self._source.name}: {what}.")

    def storage(self, identifier: Any) -> Storage | None:
        """Return the storage that an identifier of a zip file or of stacked pickles describes, if it describes one."""
        if not isinstance(identifier, tuple) or not identifier or identifier[0] != "storage":
            return None
        if len(identifier) < 5:
            raise self.error(f"a storage has {len(identifier)} particulars, and should have five")
        kind, key, numel = identifier[1], identifier[2], self._whole(identifier[4], "the size of a storage")
        if not isinstance(key, str) or not isinstance(kind, Token):
            raise self.error("a storage is named by no string, or is of no kind")
        dtype = _STORAGES.get(kind.name.removesuffix("Storage").removeprefix("_"))
        if dtype is None or not kind.module.startswith("torch"):
            raise self.error(f"a storage is of the kind {kind}, which is not known")
        unit = max(1, BITS[dtype] // 8)  # formats of less than a byte are kept in bytes
        storage = Storage(key, dtype, numel * unit)
        if len(identifier) > 5 and identifier[5] is not None:
            view = identifier[5]
            if not isinstance(view, tuple) or len(view) != 3:
                raise self.error(f"storage {key!r} is a part of another, which is not said as it should be")
            storage.start = unit * self._whole(view[1], "where a part of a storage begins")
            if storage.start + unit * self._whole(view[2], "the size of a part of a storage") > storage.bytes:
                raise self.error(f"a part of storage {key!r} reaches beyond its end")
        return storage

    def laid(self, storage: Storage, dtype: str, offset: Any, size: Any, stride: Any) -> Tensor:
        """Return a tensor that lies in a storage, after checking that it does."""
        shape, strides = self._sizes(size, "sizes"), self._sizes(stride, "strides")
        if len(shape) != len(strides):
            raise self.error(f"a tensor has {len(shape)} sizes and {len(strides)} strides")
        begin, bits = self._whole(offset, "where a tensor begins in its storage"), BITS[dtype]
        extent = distinct = 1
        is_dense = True
        for step, length in sorted(zip(strides, shape, strict=True)):
            is_dense &= length == 1 or step == distinct
            extent += (length - 1) * step
            distinct *= length if step else 1
        count = self._count(shape)
        if not count:
            extent = distinct = 0
        first, last = storage.start + begin * bits // 8, storage.start + -(-(begin + extent) * bits // 8)
        if extent and last > storage.bytes:
            raise self.error(
                f"a tensor of shape {shape} reaches to byte {last:,} of storage {storage.key!r}, which has "
                f"{storage.bytes:,}"
            )
        stored = min(distinct, extent)
        tensor = _packed(Tensor(dtype, shape, stored, -(-stored * bits // 8)))
        if extent:
            tensor.span = storage.key, first, last
            tensor.key = (*tensor.span, dtype) if is_dense else (*tensor.span, dtype, shape, strides)
        if stored < count:
            tensor.note = f"stands for {count:,} elements, of which {stored:,} are stored: an axis is repeated"
        return tensor

    def _whole(self, value: Any, what: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _END:
            raise self.error(f"{what} should be a whole number of 0 or more that fits into 63 bits, and is not")
        return value

    def _sizes(self, value: Any, what: str) -> tuple[int, ...]:
        sizes = as_sequence(value)
        if sizes is None:
            raise self.error(f"the {what} of a tensor should be several numbers, and are a {type(value).__name__}")
        self._source.check(len(sizes), "rank", f"the number of {what} of a tensor")
        return tuple(self._whole(size, f"one of the {what} of a tensor") for size in sizes)

    def _count(self, shape: Sequence[int]) -> int:
        count = 1
        for size in shape:
            count *= size
        return self._whole(count, "the number of elements of a tensor")

    def _dtype(self, value: Any) -> str:
        name = value.name if isinstance(value, Token) and value.module == "torch" else ""
        name = _ALIASES.get(name, name)
        if name not in BITS:
            raise self.error(f"a tensor has the number format {as_plain(value)!s:.80}, which is not known")
        return name

    def _inner(self, value: Any, depth: int) -> Tensor:
        tensor = self.of(value, depth)
        if tensor is None:
            raise self.error("what a tensor is made of is no tensor")
        return tensor

    def _kept(self, value: Any) -> Storage:
        found = self._resolve(value) if isinstance(value, Reference) else None
        if not isinstance(found, Storage):
            raise self.error("a tensor lies in what is no storage of this file")
        return found

    def _rebuild(self, made: Made, depth: int) -> Tensor:
        given = made.arguments
        storage = self._kept(given[0])
        dtype = self._dtype(given[6]) if made.name.endswith("_v3") else storage.dtype
        tensor = self.laid(storage, dtype, given[1], given[2], given[3])
        if len(given) > 4:
            tensor.requires_grad = given[4] is True
        return tensor

    def _quantised(self, made: Made, depth: int) -> Tensor:
        given = made.arguments
        storage = self._kept(given[0])
        tensor = self.laid(storage, storage.dtype, given[1], given[2], given[3])
        tensor.requires_grad = given[5] is True
        quantiser = given[4] if isinstance(given[4], tuple) else ()
        for name, value in zip(("scale", "zero_point"), quantiser[1:3], strict=False):
            part = self.of(value, depth)
            if part is not None:
                tensor.parts[name] = part
        return tensor

    def _parameter(self, made: Made, depth: int) -> Tensor:
        tensor = self._inner(made.arguments[0], depth)
        tensor.is_parameter = True
        tensor.requires_grad = made.arguments[1] is True if len(made.arguments) > 1 else True
        return tensor

    def _of_a_type(self, made: Made, depth: int) -> Tensor:
        maker, arguments, state = made.arguments[0], made.arguments[2], made.arguments[3]
        inner = Made(maker, arguments if isinstance(arguments, tuple) else ())
        tensor = self._inner(inner, depth)
        if inner.name == "torch._utils._rebuild_wrapper_subclass":
            parts = (self.of(value, depth) for _, value in as_pairs(state) or ())
            for part in filter(None, parts):
                tensor.elements += part.elements
                tensor.bytes += part.bytes
        return tensor

    def _wrapper(self, made: Made, depth: int) -> Tensor:
        given = made.arguments
        tensor = Tensor(self._dtype(given[1]), self._sizes(given[2], "sizes"), 0, 0)
        tensor.requires_grad = given[7] is True if len(given) > 7 else None
        tensor.packing = f"a {str(given[0]) if isinstance(given[0], Token) else 'tensor'} of the tensors that it holds"
        return tensor

    def _without_values(self, made: Made, depth: int) -> Tensor:
        given = made.arguments
        tensor = Tensor(self._dtype(given[0]), self._sizes(given[1], "sizes"), 0, 0)
        tensor.requires_grad = given[3] is True
        tensor.note = "is described, and its values are not in the file"
        return tensor

    def _sparse(self, made: Made, depth: int) -> Tensor:
        layout, data = made.arguments[0], made.arguments[1]
        if not isinstance(data, tuple) or not 3 <= len(data) <= _WRAPPED:
            raise self.error("a sparse tensor should have indices, values and sizes")
        inner = [(part, self.of(part, depth)) for part in data]
        arrays = [tensor for _, tensor in inner if tensor is not None]
        sizes = next((part for part, tensor in inner if tensor is None and as_sequence(part) is not None), None)
        if not arrays:
            raise self.error("a sparse tensor has no values")
        values = arrays[-1]
        tensor = Tensor(
            values.dtype,
            self._sizes(sizes, "sizes"),
            sum(array.elements for array in arrays),
            sum(array.bytes for array in arrays),
        )
        tensor.packing = f"sparse ({as_plain(layout)!s:.40}): {values.elements:,} values, and where they stand"
        return tensor

    def _first(self, made: Made, depth: int) -> Tensor:
        tensor = self._inner(made.arguments[0], depth)
        tensor.requires_grad = made.arguments[3] is True if len(made.arguments) == 4 else tensor.requires_grad
        return tensor

    def _array(self, made: Made, depth: int) -> Tensor | None:
        state = made.state
        if not isinstance(state, tuple) or len(state) != 5:
            return None
        return self._numpy(made, state[2], state[1], state[4])

    def _array_of_buffer(self, made: Made, depth: int) -> Tensor | None:
        return self._numpy(made, made.arguments[1], made.arguments[2], made.arguments[0])

    def _numpy(self, made: Made, kind: Any, size: Any, data: Any) -> Tensor | None:
        dtype = _numpy_dtype(kind)
        if dtype is None:
            return None  # of objects or texts: no numbers
        shape, content = self._sizes(size, "sizes"), as_plain(data)
        length = len(content) if isinstance(content, str) else content.length if isinstance(content, Blob) else None
        count = self._count(shape)
        needed = count * BITS[dtype] // 8
        if length != needed:
            raise self.error(f"an array of shape {shape} should have {needed:,} bytes, and has {length}")
        tensor = Tensor(dtype, shape, count, needed)
        tensor.key = ("array", id(made)) if count else None
        return tensor


def _packed(tensor: Tensor) -> Tensor:
    per_byte = 8 // BITS[tensor.dtype] if BITS[tensor.dtype] < 8 else 1
    if tensor.dtype == "float4_e2m1fn_x2" and tensor.shape:
        tensor.shape = (*tensor.shape[:-1], 2 * tensor.shape[-1])
        tensor.packing = "2 values in a byte, as the number format says"
    elif per_byte > 1:
        tensor.elements = tensor.bytes
        tensor.packing = f"{per_byte} values in a byte, as the number format says"
    return tensor


def _numpy_dtype(kind: Any) -> str | None:
    code = kind.arguments[0] if isinstance(kind, Made) and kind.name == "numpy.dtype" and kind.arguments else None
    match = re.fullmatch(r"[<>=|]?([biufc])(\d{1,2})", code) if isinstance(code, str) else None
    if match is None:
        return None
    name = "bool" if match[1] == "b" else f"{_NUMPY[match[1]]}{8 * int(match[2])}"
    return name if name in BITS and 8 * int(match[2]) == BITS[name] else None


_REBUILD: dict[str, Callable[[Tensors, Made, int], Tensor | None]] = {
    "torch._utils._rebuild_tensor": Tensors._rebuild,
    "torch._utils._rebuild_tensor_v2": Tensors._rebuild,
    "torch._utils._rebuild_tensor_v3": Tensors._rebuild,
    "torch._utils._rebuild_qtensor": Tensors._quantised,
    "torch._utils._rebuild_parameter": Tensors._parameter,
    "torch._utils._rebuild_parameter_with_state": Tensors._parameter,
    "torch.nn.parameter.Parameter": Tensors._parameter,
    "torch.nn.parameter.Buffer": Tensors._first,
    "torch._tensor._rebuild_from_type": Tensors._of_a_type,
    "torch._tensor._rebuild_from_type_v2": Tensors._of_a_type,
    "torch._utils._rebuild_wrapper_subclass": Tensors._wrapper,
    "torch._utils._rebuild_meta_tensor_no_storage": Tensors._without_values,
    "torch._utils._rebuild_sparse_tensor": Tensors._sparse,
    "torch._utils._rebuild_sparse_csr_tensor": Tensors._sparse,
    "torch._utils._rebuild_nested_tensor": Tensors._first,
    "torch._utils._rebuild_device_tensor_from_numpy": Tensors._first,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": Tensors._first,
    "numpy.core.multiarray._reconstruct": Tensors._array,
    "numpy._core.multiarray._reconstruct": Tensors._array,
    "numpy.core.numeric._frombuffer": Tensors._array_of_buffer,
    "numpy._core.numeric._frombuffer": Tensors._array_of_buffer,
}


def is_understood(name: str) -> bool:
    """Return whether something that a pickle names stands for data that is understood here."""
    module, _, last = name.rpartition(".")
    storage = last.removesuffix("Storage").removeprefix("_") in _STORAGES and module.startswith("torch")
    return storage or name in _REBUILD or name in pickles.UNDERSTOOD or (module == "torch" and last in BITS)
