"""``weigh.tree``: nested structures of lists, tuples and dicts; the names of ``keras.tree``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from weigh.declare.tree import flatten, is_nested, is_shape, map_leaves, pack
from weigh.errors import ArgumentError

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]


class MAP_TO_NONE:  # noqa: N801 - its name
    """What a function of `traverse` returns to put ``None`` where it was called; ``None`` itself means *go on*."""


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Call `func` on each part of a structure, whole ones included.

    Args:
        func: what it returns takes the part's place; ``None`` leaves the part, and then what is inside is visited.
        structure: what is walked.
        top_down: whether a part comes before what is inside.
    """
    if top_down:
        replaced = func(structure)
        if replaced is not None:
            return None if replaced is MAP_TO_NONE else replaced
    inside = _rebuilt(structure, lambda part: traverse(func, part, top_down)) if is_nested(structure) else structure
    if top_down:
        return inside
    replaced = func(inside)
    if replaced is None:
        return inside
    return None if replaced is MAP_TO_NONE else replaced


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Return each leaf with the keys and numbers that lead to it.

    >>> flatten_with_path({"a": [1, 2]})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    return list(_paths(structure, ()))


def _paths(structure: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(structure, dict):
        for key in sorted(structure):
            yield from _paths(structure[key], (*path, key))
    elif isinstance(structure, (list, tuple)):
        for number, item in enumerate(structure):
            yield from _paths(item, (*path, number))
    else:
        yield path, structure


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Return a structure like the first, of what `func` gives for the leaves at each place.

    >>> map_structure(lambda x, y: x * y, [1, (2, 3)], [4, (5, 6)])
    [4, (10, 18)]

    Args:
        func: called with as many leaves as there are structures.
        structures: of the same form.
        none_is_leaf: whether `func` is called on ``None`` too, which otherwise stays.

    Raises:
        ArgumentError: there is no structure, or they are of different form.
    """
    if not structures:
        raise ArgumentError("`map_structure` needs at least one structure.")
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    if none_is_leaf:
        return map_leaves(func, *structures)
    return map_leaves(lambda *leaves: None if all(leaf is None for leaf in leaves) else func(*leaves), *structures)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """Return a structure like `shallow_structure`, of what `func` gives for what others have at its leaves.

    >>> map_structure_up_to([None, None], len, [[1, 1], [2, 2, 2]])
    [2, 3]
    """
    return map_leaves(lambda _, *parts: func(*parts), shallow_structure, *structures)


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Raise unless two structures have the same form.

    Raises:
        ArgumentError: they do not; the message has both.
    """
    if is_nested(a) != is_nested(b) or (is_nested(a) and not _alike(a, b)):
        raise ArgumentError(f"The structures {a!r} and {b!r} are of different form.")
    for left, right in zip(_items(a), _items(b), strict=True):
        assert_same_structure(left, right)


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise unless the leaves of two structures are reached by the same keys and numbers.

    Raises:
        ArgumentError: they are not; the message has what one has and the other has not.
    """
    left, right = ({path for path, _ in flatten_with_path(one)} for one in (a, b))
    if left != right:
        raise ArgumentError(f"Only the first has {sorted(left - right)}, only the second {sorted(right - left)}.")


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """Return leaves in the form of `structure`; the inverse of `flatten`.

    Raises:
        ArgumentError: there are too few or too many leaves.
    """
    wanted = len(flatten(structure))
    if wanted != len(flat_sequence):
        raise ArgumentError(f"The structure has {wanted} leaves, but {len(flat_sequence)} were given.")
    return pack(structure, flat_sequence)


def lists_to_tuples(structure: Any) -> Any:
    """Return a structure with its lists as tuples."""
    if isinstance(structure, list):
        return tuple(lists_to_tuples(item) for item in structure)
    return _rebuilt(structure, lists_to_tuples) if is_nested(structure) else structure


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """Return a structure of shapes with each shape replaced by what `func` gives for it.

    Raises:
        ArgumentError: what is neither nested nor a shape comes.
    """
    if is_shape(structure):
        return func(tuple(structure))
    if not is_nested(structure):
        raise ArgumentError(f"{structure!r} is neither a shape nor a structure of shapes.")
    return _rebuilt(structure, lambda part: map_shape_structure(func, part))


def _items(structure: Any) -> list[Any]:
    if isinstance(structure, dict):
        return [structure[key] for key in sorted(structure)]
    return list(structure) if is_nested(structure) else []


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, dict) or isinstance(b, dict):
        return isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys()
    return type(a) is type(b) and len(a) == len(b)


def _rebuilt(structure: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(structure, dict):
        made = {key: function(structure[key]) for key in sorted(structure)}
        return {key: made[key] for key in structure}
    items = [function(item) for item in structure]
    return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)
