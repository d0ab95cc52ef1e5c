"""What the count would be if arguments were others: by declaring the layer anew, and counting that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weigh.account.account import Account
from weigh.declare.layer import Layer
from weigh.declare.trial import redeclared
from weigh.errors import WeighError
from weigh.report import sources
from weigh.report.explanation import Joined, Said, Section, Table
from weigh.report.place import Place, attributes


def otherwise(place: Place) -> Iterator[Section]:
    """Yield what the count would be if the yes-or-no arguments that change it were the other way round."""
    same = _accounted(place.layer)
    if same is None or same.total != place.total:  # its `build` alone does not declare all that it holds
        return
    told = attributes(place.layer).items()
    flags = {name: not value for name, value in told if isinstance(value, bool) and name not in place.layer.special}
    found = [({name: value}, _accounted(place.layer, **{name: value})) for name, value in flags.items()]
    changes = [
        (arguments, account) for arguments, account in found if account is not None and account.total != place.total
    ]
    if len(changes) > 1:
        together = {name: value for arguments, _ in changes for name, value in arguments.items()}
        account = _accounted(place.layer, **together)
        changes += [(together, account)] if account is not None else []
    if changes:
        rows = (_difference(place, arguments, account) for arguments, account in changes)
        yield Section(Said("section.otherwise"), [Table("lrl", rows)])


def _accounted(layer: Layer, **arguments: bool) -> Account | None:
    """Return the account of the same layer with some arguments changed; ``None`` if it cannot be made so."""
    try:
        return Account.of(redeclared(layer, **arguments))
    except (WeighError, AttributeError, LookupError, TypeError, ValueError):
        return None  # a user's layer need not be makeable from its configuration, and then there is nothing to say


def _difference(place: Place, arguments: dict[str, bool], account: Account) -> list[Any]:
    """Return arguments, count, working, and which weights went and came."""
    before, after = [row.name for row in place.rows], [row.name for row in account]
    gone = dict.fromkeys(name for name in before if name not in after)
    come = dict.fromkeys(name for name in after if name not in before)
    return [
        ", ".join(f"{name}={value}" for name, value in arguments.items()),
        account.total,
        Said(
            "otherwise.difference",
            working=sources.working(account.rows) if account.rows else None,
            differs=bool(account.rows and (gone or come)),
            gone=Joined(gone) if gone else None,
            come=Joined(come) if come else None,
        ),
    ]
