"""Number formats and the policy that says which of them a layer stores and computes in."""

from __future__ import annotations

from functools import cache
from typing import Any

from weigh.errors import ArgumentError, UnknownNameError

BITS: dict[str, int] = {
    "bool": 8,
    "int4": 4,
    "uint4": 4,
    "int8": 8,
    "uint8": 8,
    "int16": 16,
    "uint16": 16,
    "int32": 32,
    "uint32": 32,
    "int64": 64,
    "uint64": 64,
    "float8_e4m3fn": 8,
    "float8_e5m2": 8,
    "bfloat16": 16,
    "float16": 16,
    "float32": 32,
    "float64": 64,
    "complex64": 64,
    "complex128": 128,
    "string": 8,
}
"""Bits that one element occupies."""

_PYTHON = {bool: "bool", int: "int32", float: "float32", str: "string", complex: "complex64"}
_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


def standardize(dtype: Any) -> str:
    """Return the name of `dtype`, given as a name, a Python type, or a NumPy or JAX dtype; ``None`` is floatx.

    Raises:
        UnknownNameError: no format has that name.
    """
    if dtype is None:
        return floatx()
    if isinstance(dtype, type) and dtype in _PYTHON:
        return floatx() if dtype is float else _PYTHON[dtype]
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", str(dtype))
    if name not in BITS:
        raise UnknownNameError.of("dtype", name, BITS)
    return str(name)


def is_float(dtype: str) -> bool:
    """Return whether `dtype` names a floating-point format."""
    return "float" in dtype


def is_inexact(dtype: str) -> bool:
    """Return whether `dtype` names a floating-point or complex format."""
    return is_float(dtype) or dtype.startswith("complex")


def size_in_bytes(dtype: str, count: int) -> int:
    """Return the bytes that `count` elements of `dtype` occupy, rounded up to whole bytes."""
    return (int(count) * BITS[dtype] + 7) // 8


_ABOVE: dict[str, tuple[str, ...]] = {
    "bool": ("int",),
    "int": ("uint8", "int8", "complex64"),
    "uint8": ("uint16", "int16"),
    "uint16": ("uint32", "int32"),
    "uint32": ("uint64", "int64"),
    "uint64": ("float",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}
"""The formats next above each, that hold its numbers; ``int`` and ``float`` are Python's numbers, which have none.

Source: JAX, "Type promotion semantics", whose lattice Keras has too.
"""
_IN_32_BITS = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


@cache
def _bounds(kind: str) -> frozenset[str]:
    """Return the formats that hold the numbers of `kind`, itself among them."""
    return frozenset({kind}).union(*(_bounds(above) for above in _ABOVE[kind]))


def result_type(*kinds: Any) -> str:
    """Return the format that an operation on such numbers gives, at most 32 bits a number as JAX has it by default.

    Args:
        kinds: formats; ``int`` and ``float`` for Python's numbers, which take the format of what they meet; ``None``
            for floatx.

    Raises:
        ArgumentError: they have no common format.
    """
    names = tuple(kind.__name__ if kind in (int, float) else standardize(kind) for kind in kinds)
    return _result_type(names, floatx())


@cache
def _result_type(names: tuple[str, ...], floating: str) -> str:
    weak = {"int": f"int{floating[-2:]}", "float": f"float{floating[-2:]}"}
    if set(names) <= {"int", "float"}:  # numbers alone: as their formats would
        names = tuple(weak[name] for name in names) or (floating,)
        least = "float" if any("float" in name for name in names) else "int"
        return _IN_32_BITS.get(weak[least] if len(names) > 1 else names[0], weak[least])
    if len(set(names)) > 1:
        if not set(names) <= _ABOVE.keys():
            raise ArgumentError(f"The formats {', '.join(names)} have no common one: convert with `cast`.")
        common = frozenset.intersection(*map(_bounds, names))
        names = (next(name for name in common if common <= _bounds(name)),)
    elif names[0].startswith("float8"):
        raise ArgumentError(f"{names[0]} has no common format with others: convert with `cast`.")
    found = weak.get(names[0], names[0])
    return _IN_32_BITS.get(found, found)


class DTypePolicy:
    """What a layer stores its weights in and what it computes in.

    Args:
        name: a dtype (``"float32"``: both), ``"mixed_bfloat16"`` or ``"mixed_float16"`` (float32 weights).

    Raises:
        UnknownNameError: neither a dtype nor a mixed policy.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = floatx() if name is None else name
        if self.name not in _MIXED and self.name not in BITS:
            raise UnknownNameError.of("dtype policy", self.name, [*BITS, *_MIXED])
        self.compute_dtype = _MIXED.get(self.name, self.name)
        self.variable_dtype = "float32" if self.name in _MIXED else self.name

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal policy."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """Make a policy from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


_floatx = "float32"
_policy: DTypePolicy | None = None


def floatx() -> str:
    """Return the default floating-point format."""
    return _floatx


def set_floatx(dtype: str) -> None:
    """Set the default floating-point format: ``"bfloat16"``, ``"float16"``, ``"float32"`` or ``"float64"``."""
    global _floatx
    if dtype not in ("bfloat16", "float16", "float32", "float64"):
        raise ArgumentError(f"floatx must be bfloat16, float16, float32 or float64, not {dtype!r}.")
    _floatx = dtype


def dtype_policy() -> DTypePolicy:
    """Return the policy of layers that name none."""
    return _policy if _policy is not None else DTypePolicy()


def set_dtype_policy(policy: Any) -> None:
    """Set the policy of layers that name none; ``None`` returns to floatx."""
    global _policy
    _policy = None if policy is None else policy_of(policy)


def policy_of(value: Any) -> DTypePolicy:
    """Return the policy that `value` means: a policy, its name, its serialised form, or a dtype."""
    if value is None:
        return dtype_policy()
    if isinstance(value, DTypePolicy):
        return value
    if isinstance(value, dict):
        return DTypePolicy(**value.get("config", value))
    if isinstance(value, str):
        return DTypePolicy(value)
    return DTypePolicy(standardize(value))
