"""The arrays of an account as a tree of layers by their paths, with what repeats folded into one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from weigh.account.entry import Entry
from weigh.report.shown import escaped

_DEEPEST = 32  # names of a path; the rest of a longer one stays one name
_NUMBERED = re.compile(r"(.*?)(\d{1,18})", re.DOTALL)
_RANGES = 4  # of numbers that are written out


class Branch:
    """Layers of one name, or the whole: what stands under one prefix of the paths.

    Attributes:
        path: the prefix; empty for the whole.
        name: its last part.
        rows: arrays that stand directly in it.
        inside: branches by name, in order.
        count, bytes: of all that is in it.
        form: equal for branches that hold the same arrays under the same names.
    """

    __slots__ = ("bytes", "count", "form", "inside", "name", "path", "rows")

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name
        self.rows: list[Entry] = []
        self.inside: dict[str, Branch] = {}
        self.count = self.bytes = 0
        self.form = -1

    def add(self, row: Entry) -> None:
        """Count an array that is somewhere in it."""
        self.count += row.count
        self.bytes += row.bytes


class Fold:
    """Branches beside each other that hold the same arrays under the same names; a single one where none does.

    Attributes:
        branches: all of them.
        first: the one that stands for all.
        label: what they are called together: ``layers.0 … layers.31``.
        times: how many there are.
        paths: of all of them.
    """

    __slots__ = ("branches", "first", "label", "paths", "times")

    def __init__(self, branches: list[Branch], base: str) -> None:
        self.branches = branches
        self.first = branches[0]
        self.times = len(branches)
        self.paths = [branch.path for branch in branches]
        self.label = _label([path[len(base) :].lstrip("./") if base else path for path in self.paths])


def split(path: str) -> list[str]:
    """Return the parts of a path, each with the sign that stands before it: ``model``, ``.layers``, ``.0``."""
    parts = re.split(r"([./])", path, maxsplit=_DEEPEST - 1)
    return [parts[0], *(sign + name for sign, name in zip(parts[1::2], parts[2::2], strict=True))] if path else []


def tree(rows: Iterable[Entry]) -> Branch:
    """Return the branches of rows by the paths of their layers, in order of appearance."""
    whole = Branch("", "")
    for row in rows:
        branch = whole
        branch.add(row)
        for part in split(row.layer):
            inner = branch.inside.get(part)
            if inner is None:
                inner = branch.inside[part] = Branch(branch.path + part, part)
            branch = inner
            branch.add(row)
        branch.rows.append(row)
    _form(whole, {})
    return whole


def _form(branch: Branch, known: dict[Any, int]) -> None:
    for inner in branch.inside.values():
        _form(inner, known)
    own = tuple((row.name, tuple(map(int, row.shape)), row.dtype, row.role, row.kind) for row in branch.rows)
    key = own, tuple((name, inner.form) for name, inner in branch.inside.items())
    branch.form = known.setdefault(key, len(known))


def folded(branch: Branch, base: str | None = None) -> list[Fold]:
    """Return what is inside a branch; names with nothing but one branch in them are joined to that one."""
    base = branch.path if base is None else base
    groups: dict[Any, list[Branch]] = {}
    for inner in branch.inside.values():
        match = _NUMBERED.fullmatch(inner.name)
        groups.setdefault((match[1], inner.form) if match else inner.name, []).append(inner)
    found: list[Fold] = []
    for branches in groups.values():
        only = branches[0]
        if len(branches) == 1 and not only.rows and only.inside:
            deeper = folded(only, base)
            if len(deeper) == 1:
                found += deeper
                continue
        found.append(Fold(branches, base))
    return found


def levels(branch: Branch) -> int:
    """Return how many levels of folds there are in a branch."""
    return max((1 + levels(fold.first) for fold in folded(branch)), default=0)


def in_order(folds: list[Fold], sort: str | None) -> list[Fold]:
    """Return folds as they are to be read: the largest first, or by path, or as they stand."""
    if sort == "path":
        return sorted(folds, key=lambda fold: natural(fold.first.path))
    if sort is None:
        return folds
    size: Callable[[Fold], int] = lambda fold: fold.times * int(getattr(fold.first, sort))  # noqa: E731
    return sorted(folds, key=size, reverse=True)


def natural(path: str) -> list[tuple[int, int, str]]:
    """Return what paths are sorted by: numbers in them by their value."""
    parts = re.split(r"(\d{1,18})", path)
    return [(0, int(part), "") if index % 2 else (1, 0, part) for index, part in enumerate(parts)]


def _label(paths: list[str]) -> str:
    """Return one text for several paths that differ in their last number."""
    if len(paths) == 1:
        return escaped(paths[0])
    matches = [_NUMBERED.fullmatch(path) for path in paths]
    stem = _stem(paths[0])
    numbers = [int(match[0][len(stem) :]) for match in matches if match]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    if len(runs) == 1:
        return f"{escaped(paths[0])} … {escaped(paths[-1])}"
    shown = runs if len(runs) <= _RANGES else [*runs[: _RANGES - 1], runs[-1]]
    texts = [" … ".join(map(str, run)) for run in shown]
    if len(runs) > _RANGES:
        texts[-1] = f"…, {texts[-1]}"
    return (escaped(stem) if stem else "") + ", ".join(texts)


def _stem(path: str) -> str:
    return path.rstrip("0123456789")
