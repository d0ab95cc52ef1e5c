"""Number formats and the policy that says which of them a layer stores and computes in."""

from __future__ import annotations

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

_PYTHON = {bool: "bool", int: "int32", float: "float32", str: "string"}
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


def size_in_bytes(dtype: str, count: int) -> int:
    """Return the bytes that `count` elements of `dtype` occupy, rounded up to whole bytes."""
    return (int(count) * BITS[dtype] + 7) // 8


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
