"""Nested structures of lists, tuples and dicts: flatten, map, rebuild. ``None`` and everything else is a leaf.

Dictionaries are walked in the order of their sorted keys, as Keras and JAX do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def is_nested(value: Any) -> bool:
    """Return whether `value` is a list, tuple or dict."""
    return isinstance(value, (list, tuple, dict))


def leaves(structure: Any) -> Iterator[Any]:
    """Yield the leaves of `structure`, depth first."""
    if isinstance(structure, dict):
        for key in sorted(structure):
            yield from leaves(structure[key])
    elif isinstance(structure, (list, tuple)):
        for item in structure:
            yield from leaves(item)
    else:
        yield structure


def flatten(structure: Any) -> list[Any]:
    """Return the leaves of `structure` as a list."""
    return list(leaves(structure))


def map_leaves(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """Return `structure` with each leaf replaced by ``function(leaf, *leaves_of_others)``."""
    if isinstance(structure, dict):
        return {key: map_leaves(function, value, *(o[key] for o in others)) for key, value in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(map_leaves(function, *items) for items in zip(structure, *others, strict=True)))
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_leaves(function, *items) for items in zip(structure, *others, strict=True))
    return function(structure, *others)


def pack(structure: Any, values: Iterable[Any]) -> Any:
    """Return `values` in the shape of `structure`; the inverse of :func:`flatten`."""
    rest = iter(values)

    def take(part: Any) -> Any:
        if isinstance(part, dict):
            taken = {key: take(part[key]) for key in sorted(part)}
            return {key: taken[key] for key in part}
        if isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*(take(item) for item in part))
        if isinstance(part, (list, tuple)):
            return type(part)(take(item) for item in part)
        return next(rest)

    return take(structure)


def is_shape(value: Any) -> bool:
    """Return whether `value` is one shape (a list or tuple of sizes) rather than a structure of shapes."""
    return isinstance(value, (list, tuple)) and all(size is None or isinstance(size, int) for size in value)


def map_shapes(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return the structure of shapes with each shape replaced by ``function(shape)``."""
    if is_shape(structure):
        return function(tuple(structure))
    if isinstance(structure, dict):
        return {key: map_shapes(function, value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_shapes(function, value) for value in structure)
    return structure
