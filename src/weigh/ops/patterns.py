"""Axes rearranged as a pattern says: ``"batch height width c -> batch (height width) c"``."""

from __future__ import annotations

from typing import Any

from weigh.compute.values import Array
from weigh.declare.dim import Shape, product
from weigh.errors import ArgumentError, ShapeError
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import free, made, own, shape_of

_Groups = list[list[str]]


def _groups(side: str) -> _Groups:
    """Return the names on one side of a pattern, those in brackets as one group."""
    groups: _Groups = []
    inside = False
    for word in side.replace("(", " ( ").replace(")", " ) ").split():
        if word in "()":
            if inside == (word == "("):
                raise ArgumentError(f"the brackets of {side!r} do not fit.")
            inside = word == "("
            if inside:
                groups.append([])
        elif inside:
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _sizes(shape: Shape, pattern: str, lengths: dict[str, int]) -> tuple[_Groups, _Groups, dict[str, int | None]]:
    """Return the groups of both sides and the size of each name."""
    left, arrow, right = pattern.partition("->")
    given, wanted = _groups(left), _groups(right)
    names, after = ([name for group in side for name in group] for side in (given, wanted))
    if not arrow or sorted(names) != sorted(after) or len(set(names)) < len(names):
        raise ArgumentError(f"`rearrange`: both sides of {pattern!r} must have the same names, each once.")
    if len(given) != len(shape):
        raise ShapeError(f"`rearrange`: {pattern!r} is about {len(given)} axes, but the array has shape {shape}.")
    sizes: dict[str, int | None] = dict(lengths)
    for group, size in zip(given, shape, strict=True):
        open_names = [name for name in group if name not in lengths]
        known = product(lengths[name] for name in group if name in lengths)
        if len(open_names) > 1:
            raise ArgumentError(f"`rearrange`: say all sizes but one of {', '.join(open_names)} in {pattern!r}.")
        if size is not None and (size % known if open_names else size != known):
            raise ShapeError(f"`rearrange`: an axis of size {size} is not {' × '.join(group)} with {lengths}.")
        for name in open_names:
            sizes[name] = None if size is None else size if known == 1 else size // known
    return given, wanted, sizes


def _whole(group: list[str], sizes: dict[str, int | None]) -> int | None:
    found = [sizes[name] for name in group]
    return None if None in found else found[0] if len(found) == 1 else product(found)


def _rearranged(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    _, wanted, sizes = _sizes(shape_of(tensor), pattern, axes_lengths)
    return made(tuple(_whole(group, sizes) for group in wanted), own(tensor))


@operation("Rearrange", (), _rearranged, free, "keras.src.ops.einops")
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Array:
    """Return an array with its axes split, exchanged and joined as a pattern says.

    Args:
        tensor: any shape.
        pattern: names of the axes before and after ``->``; those in brackets are parts of one axis.
        axes_lengths: sizes of parts; of each bracket on the left one may be left away.

    Source: Rogozhnikov 2022 (einops).
    """
    tensor = array(tensor)
    given, wanted, sizes = _sizes(tensor.shape, pattern, axes_lengths)
    names = [name for group in given for name in group]
    parts = tensor.reshape([sizes[name] for name in names])
    order = [names.index(name) for group in wanted for name in group]
    return parts.transpose(order).reshape([_whole(group, sizes) for group in wanted])
