"""The command ``weigh``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

import weigh
from weigh.account.account import Account
from weigh.errors import WeighError

OK, TROUBLE, INTERRUPTED = 0, 2, 130

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 the answer is no or the script failed, 2 trouble, 130 interrupted."""
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    try:
        with command.make_context("weigh", list(arguments)) as context:
            code = command.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except BrokenPipeError:  # whoever reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except click.ClickException as error:
        return _trouble(error.format_message())
    except (WeighError, OSError) as error:
        return _trouble(str(error))
    return code or OK


def _trouble(message: str) -> int:
    prefix = "weigh: error:"
    if not os.environ.get("NO_COLOR"):
        prefix = click.style(prefix, fg="red")  # on a terminal; elsewhere `echo` takes colours out
    click.echo(f"{prefix} {' '.join(message.split())}", err=True)
    return TROUBLE


@click.group(
    context_settings=_HELP, invoke_without_command=True, epilog="Example: weigh explain model.keras batch_normalization"
)
@click.version_option(weigh.__version__, prog_name="weigh", message="%(prog)s %(version)s")
@click.pass_context
def command(context: click.Context) -> None:
    """What is in a neural network, and why its numbers are what they are."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


_FILE = click.argument("file", metavar="FILE.keras")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the account of the weights as JSON.")


@command.command(epilog="Example: weigh summary model.keras --style keras2")
@_FILE
@click.option("--style", type=click.Choice(["keras1", "keras2", "keras3"]), help="Whose table; keras3 by default.")
@click.option("--line-length", type=click.IntRange(min=1), metavar="N", help="Width of the table in characters.")
@click.option("--expand-nested", is_flag=True, help="Show the layers of networks inside.")
@click.option("--show-trainable", is_flag=True, help="Show which layers are trained.")
@_JSON
def summary(file: str, as_json: bool, **options: Any) -> None:
    """Print the layers of a network as a table.

    The table is byte for byte that of Keras 3, 2 or 1. The weights in the file are not read.
    """
    model = _declared(file)
    if as_json:
        _print_json(model.account())
    else:
        model.summary(**options)


@command.command(epilog="Example: weigh explain model.keras batch_normalization --lang zh")
@_FILE
@click.argument("layer", required=False)
@click.option("--totals", is_flag=True, help="Explain the totals alone, as several tools count them.")
@click.option("--lang", metavar="en|zh", help="Language; that of WEIGH_LANG by default, else English.")
@_JSON
def explain(file: str, layer: str | None, totals: bool, lang: str | None, as_json: bool) -> None:
    """Say where every number of a network comes from.

    With LAYER, of one layer: its name, or outer/inner for one inside another. The weights in the file are not read.
    """
    model = _declared(file)
    if as_json:
        _print_json(model.account() if layer is None else _account_of(model, layer))
    else:
        model.explain(layer, totals=totals, lang=lang)


@command.command(
    epilog="Example: weigh run --keras 1 train.py --epochs 10", context_settings={"allow_interspersed_args": False}
)
@click.option(
    "--keras",
    "version",
    type=click.Choice(["1", "2", "3"]),
    default="3",
    show_default=True,
    help="The Keras that the script is written for.",
)
@click.argument("script", metavar="SCRIPT.py")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS]...")
def run(version: str, script: str, arguments: tuple[str, ...]) -> int:
    """Run a script with weigh in the place of Keras.

    Its `import keras`, `tf_keras` or `tensorflow.keras` is weigh's; nothing else is changed. Options
    before SCRIPT.py are weigh's, what follows it is the script's own.
    """
    from weigh.compat import script as scripts

    return scripts.run(script, arguments, int(version))


def _declared(file: str) -> Any:
    from weigh.models.saving import declare_model

    return declare_model(file)


def _account_of(model: Any, layer: str) -> Account:
    """Return the account of one layer, with its rows as they stand in that of the model."""
    from weigh.report.place import find, places

    account = model.account()
    found = find(model, places(model, account), layer)
    return Account(found.path, found.rows, found.beside)


def _print_json(account: Account) -> None:
    import json

    click.echo(json.dumps(account.to_dict(), indent=2))
