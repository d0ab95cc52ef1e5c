"""Where sizes came from, and how counts come about, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weigh.account.entry import Entry
from weigh.declare.dim import Dim, Origin, Shape
from weigh.declare.graph import Tensor
from weigh.report.explanation import Joined, Said
from weigh.report.place import Place, attributes


def working(rows: list[Entry]) -> Joined:
    """Return how the counts of weights add up: ``4,096 × 512 + 512``; equal terms as one: ``4 × 512``."""
    terms: dict[str, int] = {}
    for row in rows:
        terms[row.working] = terms.get(row.working, 0) + 1
    return Joined((term if times == 1 else _times(times, term) for term, times in terms.items()), "+")


def _times(times: int, term: str) -> Joined | int:
    return times if term == "1" else Joined([times, *term.split(" × ")], "×")


def of_weights(place: Place) -> Iterator[Said]:
    """Yield where each size of a layer's own weights came from, each once."""
    told = set()
    for row in place.own:
        for size in row.shape:
            key = (int(size), getattr(size, "origin", None), getattr(size, "axis", None))
            if key not in told:
                told.add(key)
                yield _of_size(size, place)


def of_outputs(place: Place) -> Iterator[Said]:
    """Yield how the sizes that a layer works out of others came about: ``25,088 = 7 × 7 × 512``."""
    met = {size.origin for shape in place.input_shapes for size in shape if isinstance(size, Dim)}
    for shape in place.output_shapes:
        for size in shape:
            origin = getattr(size, "origin", None)
            if size is not None and origin is not None and origin.kind == "arithmetic" and origin not in met:
                yield Said("source.made", size=size, working=_working(origin), parts=_parts(origin, place))


def _argument_of_that_value(size: int, place: Place) -> str | None:
    """Return the one argument of a user's layer that is as large as a size that it declared as a plain number."""
    if type(place.layer).__module__.startswith("weigh."):
        return None  # ours say where a size comes from
    alike = [name for name, value in attributes(place.layer).items() if value == size and value is not True]
    return alike[0] if len(alike) == 1 else None


def _of_size(size: int, place: Place) -> Said:
    """Return the sentence about one size of a weight."""
    origin: Origin | None = getattr(size, "origin", None)
    axis: int | None = getattr(size, "axis", None)
    if axis is None:
        if origin is None:
            argument = _argument_of_that_value(size, place)
            return Said("source.unsaid", size=size, type=type(place.layer).__name__, argument=argument)
        arithmetic = _working(origin) if origin.kind == "arithmetic" else None
        return Said("source.own", size=size, working=arithmetic, origin=_named(origin, place))
    tensor = _input_with(size, axis, place)
    shape = next(iter(place.input_shapes), None) if tensor is None else tensor.shape
    giver = tensor.layer.name if tensor is not None and tensor.layer is not None else None
    declared = origin is not None and origin.kind == "input" and origin.owner == giver
    return Said(
        "source.axis",
        size=size,
        axis=axis,
        shape=shape,
        declared=declared,
        giver=giver if origin is None or origin.owner != giver or declared else None,
        working=_working(origin) if origin and origin.kind == "arithmetic" else None,
        origin=_named(origin, place) if origin and not declared else None,
    )


def _input_with(size: int, axis: int, place: Place) -> Tensor | None:
    for tensor in place.inputs:
        if -tensor.ndim <= axis < tensor.ndim and tensor.shape[axis] == size:
            return tensor
    return None


def _named(origin: Origin, place: Place) -> Any:
    """Return an origin in words: an argument, an axis of an input, or what arithmetic was done with such."""
    if origin.kind == "argument":
        own = origin.owner == place.layer.name
        return Said("origin.own_argument" if own else "origin.argument", name=origin.name, owner=origin.owner)
    if origin.kind == "input":
        return Said("origin.input", axis=int(origin.name), owner=origin.owner)
    return _parts(origin, place)


def _parts(origin: Origin, place: Place) -> Joined | None:
    """Return the operands by their origins, ``None`` where no operand has one."""
    origins = [getattr(part, "origin", None) for part in origin.parts]
    if not any(origins):
        return None
    return Joined((_part(part, inner, place) for part, inner in zip(origin.parts, origins, strict=True)), origin.name)


def _part(size: int, origin: Origin | None, place: Place) -> Any:
    if origin is None:
        return int(size)
    named = _named(origin, place)
    return Said("origin.bracketed", inner=named or _working(origin)) if origin.kind == "arithmetic" else named


def _working(origin: Origin) -> Joined:
    return Joined(map(int, origin.parts), origin.name)


def shapes(place: Place) -> list[Said]:
    """Return the shapes of a layer's inputs, outputs and weights, those of one shape together."""
    groups: dict[Shape, list[str]] = {}
    inputs, outputs = place.input_shapes, place.output_shapes
    weights = [row for row in place.own if row.symbol]
    symbols = (*numbered("x", len(inputs)), *numbered("y", len(outputs)), *(row.symbol for row in weights))
    for symbol, shape in zip(symbols, (*inputs, *outputs, *(row.shape for row in weights)), strict=True):
        groups.setdefault(shape, []).append(symbol)
    return [Said("formula.shape", symbols=Joined(alike, ","), shape=shape) for shape, alike in groups.items()]


def numbered(symbol: str, count: int) -> list[str]:
    """Return a symbol for each of several things: ``x₁``, ``x₂``, …; plain ``x`` for a single one."""
    return [symbol] if count == 1 else [symbol + str(number).translate(_LOWERED) for number in range(1, count + 1)]


_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
