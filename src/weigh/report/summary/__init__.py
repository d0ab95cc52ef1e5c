"""A network as a table of its layers, byte for byte as each Keras prints it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from weigh.declare.layer import Layer
from weigh.errors import UnknownNameError
from weigh.report.summary.network import Wanted

STYLES = ("keras1", "keras2", "keras3")


def summary(
    model: Layer,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[..., Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    style: str | None = None,
) -> None:
    """Print a table of the layers of `model`.

    Args:
        model: a network.
        line_length: width in characters; by default as the style has it.
        positions: where columns end, as shares of the width; Keras 1 and 2 also take characters.
        print_fn: called with what would be printed: Keras 3 gives it the whole text, Keras 1 and 2 each line.
        expand_nested: whether the layers of networks inside are shown.
        show_trainable: whether a column says what is trained.
        layer_range: names of the first and last layer to show, or patterns of them.
        style: ``"keras3"`` (3.15, the default), ``"keras2"`` (2.15) or ``"keras1"`` (1.2).

    Raises:
        UnknownNameError: no style has that name, or no layer one of `layer_range`.
        ArgumentError: the columns have no room, or the style has no such option.
        NotBuiltError: the style cannot show a network that is not built.
    """
    style = style or "keras3"
    if style not in STYLES:
        raise UnknownNameError.of("summary style", style, STYLES)
    wanted = Wanted(line_length, positions, expand_nested, show_trainable, layer_range)
    if style == "keras3":
        from weigh.report.summary import keras3
        from weigh.report.summary.terminal import Terminal

        (print_fn or _write)(keras3.text(model, wanted, Terminal.of(sys.stdout, plain=print_fn is not None)))
        return
    if style == "keras2":
        from weigh.report.summary.keras2 import lines
    else:
        from weigh.report.summary.keras1 import lines
    printed = list(lines(model, wanted))  # nothing is printed where an error comes on the way
    if print_fn is None:
        _write("".join(f"{line}\n" for line in printed))
        return
    for line in printed:
        print_fn(line)


def _write(text: str) -> None:
    """Print to standard output; what its encoding does not have becomes a question mark."""
    if sys.stdout is None:  # a process may have none
        return
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


__all__ = ["STYLES", "summary"]
