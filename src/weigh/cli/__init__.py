"""The command ``weigh``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

import weigh
from weigh.cli import options
from weigh.errors import WeighError
from weigh.report.shown import visible

OK, TROUBLE, INTERRUPTED = 0, 2, 130

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_COMPLETE = "_WEIGH_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 the answer is no or the script failed, 2 trouble, 130 interrupted."""
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    if _COMPLETE in os.environ:  # the shell asks what could come next
        from click.shell_completion import shell_complete

        return shell_complete(command, {}, "weigh", _COMPLETE, os.environ[_COMPLETE])
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
    click.echo(f"{prefix} {visible(' '.join(message.split()))}", err=True)
    return TROUBLE


@click.group(context_settings=_HELP, invoke_without_command=True, epilog="Example: weigh summary model.safetensors")
@click.version_option(weigh.__version__, prog_name="weigh", message="%(prog)s %(version)s")
@click.pass_context
def command(context: click.Context) -> None:
    """What is in a neural network, and why its numbers are what they are.

    X is a .keras file; any other file or folder with a network in it (safetensors, GGUF, PyTorch, ONNX, NumPy, …), of
    which the headers are read and nothing is executed; - for standard input; or module:object, an object in Python,
    for which that module is imported: this alone runs code.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command(epilog="Example: weigh account model.safetensors --where 'role=kernel and count>1e6' --sort count")
@options.THING
@options.VIEW
@options.JSON
@options.READING
def account(thing: options.Lazy, as_json: bool, lang: str | None, **view: Any) -> None:
    """Print every array of a network, one a row.

    A row has path, shape, number format, count, and what the array is for. An asterisk marks what was told from names
    and shapes, not declared. What nothing tells is said to be not known. With --depth, layers have rows instead.

    Conditions compare path, layer, name, role, kind, dtype, count, bytes, rank, trainable and shape, by = != < <= > >=
    and ~ (is in), joined by and, or, not and brackets.
    """
    _print(thing, options.view(every=True, **view), as_json, lang)


@command.command(epilog="Example: weigh summary model.gguf --depth 2 --sort count")
@options.THING
@click.option(
    "--style",
    type=click.Choice(["keras1", "keras2", "keras3"]),
    help="Whose table, of a .keras file; keras3 by default.",
)
@click.option("--line-length", type=click.IntRange(min=1), metavar="N", help="Width of that table in characters.")
@click.option("--expand-nested", is_flag=True, help="Show the layers of networks inside.")
@click.option("--show-trainable", is_flag=True, help="Show which layers are trained.")
@options.VIEW
@options.JSON
@options.READING
def summary(
    thing: options.Lazy,
    as_json: bool,
    lang: str | None,
    style: str | None,
    line_length: int | None,
    expand_nested: bool,
    show_trainable: bool,
    **view: Any,
) -> None:
    """Print the layers of a network as a table.

    Of a .keras file, and of an object that is a network of weigh, the table is byte for byte that of Keras 3, 2 or 1.
    Of anything else it is by the paths of its arrays, with layers that repeat folded into one row. The weights in the
    file are not read.
    """
    table = {
        "style": style,
        "line_length": line_length,
        "expand_nested": expand_nested,
        "show_trainable": show_trainable,
    }
    given = [f"--{name.replace('_', '-')}" for name, value in table.items() if value]
    if thing.is_network and not as_json and not options.is_asked(view):
        thing.network.summary(**table)
        return
    if given:
        raise click.UsageError(f"{given[0]} is for the table of a .keras file, and without --sort, --depth, --where.")
    _print(thing, options.view(**view), as_json, lang)


@command.command(epilog="Example: weigh explain model.keras batch_normalization --lang zh")
@options.THING
@click.argument("layer", required=False, shell_complete=options.complete_layer)
@click.option("--totals", is_flag=True, help="Explain the totals alone, as several tools count them.")
@click.option("--receipt", is_flag=True, help="Show what was read and refused in full, with the limits.")
@options.JSON
@options.READING
def explain(
    thing: options.Lazy, layer: str | None, totals: bool, receipt: bool, lang: str | None, as_json: bool
) -> None:
    """Say where every number of a network comes from.

    With LAYER, of one layer: its name, or outer/inner for one inside another; in other files its path, or that of an
    array. The weights in the file are not read.
    """
    if as_json:
        options.print_json(thing.account if layer is None else thing.account_of(layer))
    elif thing.is_declared:
        from weigh.report.explain import explain as explain_layer

        explain_layer(thing.network, layer, totals=totals, lang=lang)
    else:
        from weigh.report import found, text

        if layer is not None:
            click.echo(found.explanation(thing.account, layer, lang=lang, width=text.room()))
        elif totals:
            click.echo(found.totals(thing.account, lang=lang, width=text.room()))
        else:
            _print(thing, found.View(why=True, receipt=receipt), False, lang)


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


@command.command(epilog='Example: weigh completion bash >> ~/.bashrc, or eval "$(weigh completion zsh)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what a shell needs to complete words.

    These are commands, options, files, and paths of layers.
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    complete = found(command, {}, "weigh", _COMPLETE)
    click.echo(complete.source_template % complete.source_vars())


def _print(thing: options.Lazy, view: Any, as_json: bool, lang: str | None) -> None:
    if as_json:
        options.print_json(thing.account, view)
        return
    from weigh.report import found, text

    click.echo(found.shown(thing.account, view, lang=lang, width=text.room()))
