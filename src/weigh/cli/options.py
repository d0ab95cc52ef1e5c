"""What the command's options mean, those that several of its commands have."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

from weigh.account.account import Account
from weigh.account.where import Where, number
from weigh.cli import things
from weigh.errors import ArgumentError, WeighError

if TYPE_CHECKING:
    from weigh.formats.source import Limits
    from weigh.report.found import View

    _Type = click.ParamType[Any, Any]
else:
    _Type = click.ParamType  # generic for type checkers only, before click 8.3

Command = TypeVar("Command", bound=Callable[..., Any])

_SORTS = ("path", "count", "bytes")


class Lazy:
    """What the command is about, read when it is first looked at, after all options are known to be right."""

    def __init__(self, text: str, limits: Limits | None) -> None:
        self._text = text
        self._limits = limits

    @cached_property
    def _thing(self) -> Any:
        return things.read(self._text, self._limits)

    @property
    def is_declared(self) -> bool:
        """Whether it is a network or a layer of ours rather than what a file holds."""
        return not isinstance(self._thing, Account)

    @property
    def is_network(self) -> bool:
        """Whether it is a network of ours."""
        return self.is_declared and bool(self._thing.is_network)

    @property
    def network(self) -> Any:
        """The network or layer of ours."""
        return self._thing

    @cached_property
    def account(self) -> Account:
        """The account of it."""
        if isinstance(self._thing, Account):
            return self._thing
        found: Account = self._thing.account() if self.is_network else Account.of(self._thing)
        return found

    def account_of(self, layer: str) -> Account:
        """Return the account of one layer, with its rows as they stand in that of the whole."""
        if self.is_network:
            from weigh.report.place import find, places

            found = find(self.network, places(self.network, self.account), layer)
            return Account(found.path, found.rows, found.beside)
        from weigh.report.found import within

        return within(self.account, layer)


def view(**options: Any) -> View:
    """Return what of an account is shown, by the command's options; paths are whole where no person reads."""
    from weigh.report.found import View

    return View(**options, wide=not sys.stdout.isatty())


def is_asked(options: dict[str, Any]) -> bool:
    """Return whether an option of `VIEW` is given."""
    return any(value is not None and value is not False for value in options.values())


def print_json(account: Account, view: View | None = None) -> None:
    """Print an account as JSON; with a condition or an order the arrays that are meant, in that order."""
    data = account.to_dict()
    if view is not None and (view.where is not None or view.sort is not None):
        every = [*account.rows, *account.beside]
        said = dict(zip(map(id, every), [*data["weights"], *data["beside"]], strict=True))
        inside = len(data["weights"])
        chosen = view.chosen(every[:inside])
        data["weights"] = [said[id(row)] for row in chosen]
        data["beside"] = [said[id(row)] for row in view.chosen(every[inside:])]
        if view.where is not None:
            count = sum(row["count"] for row in data["weights"] if row["counted"])
            data["where"] = {"condition": view.where.text, "weights": len(chosen), "count": count}
    click.echo(json.dumps(data, indent=2))


def complete_layer(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the paths of layers that begin so, for the shell."""
    try:
        thing = Lazy(context.params.get("thing") or "", None)
        paths = dict.fromkeys(row.layer for row in thing.account)
    except (WeighError, OSError):
        return []
    return [path for path in paths if path.startswith(incomplete) and path.isprintable()]


class _Given(_Type):
    """A file, a folder, standard input or ``module:object``."""

    name = "thing"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        return value

    def shell_complete(self, context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


class _Condition(_Type):
    name = "condition"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        try:
            return Where(value)
        except ArgumentError as error:
            self.fail(str(error), parameter, context)


class _Limit(_Type):
    name = "limit"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        from weigh.formats.source import Limits

        known = Limits().to_dict()
        name, sign, size = value.partition("=")
        most = number(size)
        if name not in known:
            self.fail(f"{name!r} is no limit. Limits: {', '.join(known)}.", parameter, context)
        if not sign or most is None:
            self.fail(f"{value!r} is not like {name}=1e6 or {name}=64Mi.", parameter, context)
        return name, most


def THING(command: Command) -> Command:  # noqa: N802
    """Add X to a command, which is called with a `Lazy`."""
    return click.argument("thing", metavar="X", type=_Given())(command)


def VIEW(command: Command) -> Command:  # noqa: N802
    """Add to a command what of an account is shown."""
    for option in (
        click.option("--receipt", is_flag=True, help="Show what was read and refused in full, with the limits."),
        click.option("--where", type=_Condition(), metavar="CONDITION", help="Show those arrays alone."),
        click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Levels of layers to show."),
        click.option("--sort", type=click.Choice(_SORTS), help="Order; as they stand by default."),
    ):
        command = option(command)
    return command


JSON = click.option("--json", "as_json", is_flag=True, help="Print the account as JSON; null is what is not known.")


def READING(command: Command) -> Command:  # noqa: N802
    """Add to a command how a file is read and in which language it is told; `thing` comes as a `Lazy`."""
    from functools import wraps

    @wraps(command)
    def reading(thing: str, limit: tuple[tuple[str, int], ...], **options: Any) -> Any:
        limits = None
        if limit:
            from weigh.formats.source import Limits

            limits = Limits(**dict(limit))
        return command(thing=Lazy(thing, limits), **options)

    language = click.option("--lang", metavar="en|zh", help="Language; that of WEIGH_LANG by default, else English.")
    limit = click.option(
        "--limit", type=_Limit(), multiple=True, metavar="NAME=SIZE", help="What a reader takes at most: header=1Gi, …"
    )
    return limit(language(reading))  # type: ignore[return-value]
