"""Arrays of any library, described by what they say of themselves: no element is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from weigh.declare import dtypes


def is_a(value: Any, packages: str, *names: str) -> bool:
    """Return whether a class of one of these names, from one of these packages, is among the value's classes.

    Args:
        value: any object.
        packages: that a class may come from, separated by blanks: ``"keras tensorflow.python.keras"``.
        names: of classes.
    """
    cls: Any = type(value)
    return _is(cls, packages, names)


@lru_cache(4096)  # a network asks the same of a few classes thousands of times
def _is(cls: Any, packages: str, names: tuple[str, ...]) -> bool:
    return any(base.__name__ in names and comes_from(base, packages) for base in cls.__mro__)


def comes_from(cls: type, packages: str) -> bool:
    """Return whether a class is defined in one of the packages, whose names are separated by blanks."""
    return f"{cls.__module__}.".startswith(tuple(f"{package}." for package in packages.split()))


def classes(value: Any) -> Sequence[type]:
    """Return the classes that a value is an instance of, nearest first."""
    return type(value).__mro__


def asked(value: Any, name: str, default: Any = None) -> Any:
    """Return an attribute; `default` where there is none or asking for it fails, as it may with foreign properties."""
    try:
        return getattr(value, name, default)
    except Exception:  # lazy parameters, fake tensors and proxies raise whatever they like
        return default


def is_array(value: Any) -> bool:
    """Return whether a value says shape and dtype, as every library's arrays and their stand-ins do."""
    if isinstance(value, type) or asked(value, "dtype") is None:
        return False
    return shape_of(value) is not None


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the sizes of an array; ``None`` where it has none or not all are known."""
    shape = asked(value, "shape")
    if shape is None or isinstance(shape, str | bytes):
        return None
    try:
        return tuple(int(size) for size in shape)
    except Exception:  # symbolic sizes, unknown ones, an unknown rank
        return None


def dtype_of(value: Any) -> str:
    """Return the number format of an array by the field's name: ``"float32"``, ``"bfloat16"``, ``"key<fry>"``."""
    dtype = value.dtype
    name = dtype if isinstance(dtype, str) else asked(dtype, "name") or asked(dtype, "__name__") or str(dtype)
    return str(name).rpartition(".")[2].removesuffix("_ref")


def bytes_of(value: Any, elements: int) -> int:
    """Return the bytes that so many elements of an array occupy."""
    name = dtype_of(value)
    if name in dtypes.BITS:
        return dtypes.size_in_bytes(name, elements)
    size = asked(value.dtype, "itemsize") or asked(value.dtype, "size")
    return elements * size if isinstance(size, int) else 0


class Place(NamedTuple):
    """Where the elements of an array stand in memory.

    Attributes:
        device: whose memory.
        first: address of the first byte.
        end: address behind the last one.
        elements: how many different ones there are: fewer than the shape has where an axis is repeated.
        key: equal for arrays of exactly the same elements.
    """

    device: str
    first: int
    end: int
    elements: int
    key: Any


def place_of(value: Any) -> Place | None:
    """Return where an array of PyTorch or NumPy stands; ``None`` where nobody can say or nothing stands anywhere."""
    try:
        device, address, sizes, strides = _memory(value)
    except Exception:  # no storage: meta, fake, sparse, wrapped, deleted
        return None
    if not address or 0 in sizes:
        return None
    item = bytes_of(value, 1)
    steps = [(abs(stride), size) for size, stride in zip(sizes, strides, strict=True) if size > 1 and stride]
    before = sum(stride * (size - 1) for size, stride in zip(sizes, strides, strict=True) if stride < 0)
    elements = 1
    for _, size in steps:
        elements *= size
    span = item + sum(stride * (size - 1) for stride, size in steps)
    first = address + before
    is_dense = span == elements * item  # then a transposed view has the same elements too
    key = (device, first, span, dtype_of(value), () if is_dense else (sizes, strides))
    return Place(device, first, first + span, elements, key)


def _memory(value: Any) -> tuple[str, int, tuple[int, ...], tuple[int, ...]]:
    if is_a(value, "torch", "Tensor"):
        device = str(value.device)
        if device.startswith("meta") or is_a(value, "torch", "FakeTensor"):
            return device, 0, (), ()
        item = bytes_of(value, 1)
        return device, value.data_ptr(), tuple(value.shape), tuple(stride * item for stride in value.stride())
    if is_a(value, "numpy", "ndarray"):
        return "host", value.__array_interface__["data"][0], tuple(value.shape), tuple(value.strides)
    return "", 0, (), ()


def overlaps(places: Sequence[tuple[str, Place]]) -> Iterator[tuple[str, str, int]]:
    """Yield the paths of arrays that have some bytes of memory in common, and how many bytes.

    Args:
        places: of arrays, by path; of those with one key, only one.
    """
    order = sorted(places, key=lambda found: (found[1].device, found[1].first))
    for (path, place), (after, following) in pairwise(order):
        if place.device == following.device and following.first < place.end:
            yield path, after, min(place.end, following.end) - following.first
