"""What explanations of any account share: kinds and why, other tools' totals, what stands beside, shares and sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.compare import Reckoning, reckonings
from weigh.account.entry import Entry
from weigh.report import wording
from weigh.report.explanation import Joined, Part, Said, Section, Table


def kinds(rows: list[Entry]) -> Table:
    """Return a table of what is trained and what is not, with shares and reasons."""
    total = sum(row.count for row in rows)
    return Table(
        "lrrl",
        (
            [kind_said(kind, "name"), count, share(count, total), kind_said(kind, "how")]
            for kind, count in by_kind(rows).items()
        ),
    )


def by_kind(rows: Iterable[Entry]) -> dict[str, int]:
    """Return the number of elements by kind, what is trained first."""
    counts: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: not row.trainable):
        counts[row.kind] = counts.get(row.kind, 0) + row.count
    return counts


def elsewhere(account: Account) -> Section:
    """Return the totals as other tools count them."""
    return Section(
        Said("section.elsewhere"),
        [
            Table(
                "lrl",
                (
                    [
                        Said(f"tools.{one.tool}.name"),
                        Said("found.unknown") if one.total is None else one.total,
                        _reason(one),
                    ]
                    for one in reckonings(account)
                ),
            )
        ],
    )


def _reason(reckoning: Reckoning) -> Said:
    said = "unknown" if reckoning.total is None else "reason" if reckoning.difference else "same"
    return Said(
        f"tools.{reckoning.tool}.{said}", difference=abs(reckoning.difference), items=reckoning.items, n=reckoning.items
    )


def beside(rows: list[Entry], trained: int = 0) -> Iterator[Section]:
    """Yield the state that stands beside a network of so many trained parameters, in no total of it."""
    if not rows:
        return
    body: list[Part] = []
    for kind, count in by_kind(rows).items():
        some = [row for row in rows if row.kind == kind]
        body.append(
            Said(
                "beside.kind",
                kind=kind_said(kind, "name"),
                count=count,
                working=_multiple(some, trained) if kind == roles.SLOT else None,
                arrays=len(some),
                bytes=size(sum(row.bytes for row in some)),
                n=len(some),
            )
        )
        layers = dict.fromkeys(row.layer for row in some if row.layer)
        body.append(Said(f"kinds.{key(kind)}.why", layers=Joined(layers) if layers else None))
    yield Section(Said("section.beside"), body)


def _multiple(slots: list[Entry], trained: int) -> Joined | None:
    """Return what an optimizer keeps as so many numbers a trained parameter and single ones: ``2 × 512 + 2``."""
    single = sum(row.count for row in slots if not row.shape)
    times, rest = divmod(sum(row.count for row in slots) - single, max(trained, 1))
    if rest or not times or not trained:
        return None
    return Joined([Joined([times, trained], "×"), *([single] if single else [])], "+")


def role(row: Entry) -> Any:
    """Return what a weight is for: in words, or as somebody's own layer calls it."""
    words = f"roles.{key(row.role)}"
    return Said(words) if wording.known(words) else row.role


def kind_said(kind: str, what: str) -> Said:
    """Return one of the texts on a kind: its ``name``, ``how`` it changes, ``why``."""
    return Said(f"kinds.{key(kind)}.{what}")


def key(name: str) -> str:
    """Return how a role or kind is written in the words' keys."""
    return name.replace(" ", "_")


def share(part: int, whole: int) -> str:
    """Return a part of a whole in per cent."""
    percent = 100 * part / whole if whole else 100.0
    return f"{percent:.2f} %" if percent >= 0.01 or not part else "< 0.01 %"


def size(count: int) -> str:
    """Return so many bytes in a unit that is easy to read."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:,.2f} {unit}"
