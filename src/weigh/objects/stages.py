"""Functions that JAX has traced, lowered, compiled or exported: the arrays that they take.

Sources: JAX 0.10, ``jax/stages`` (`in_avals`, `args_info`), ``jax/export`` (`Exported.in_avals`),
``jax/core`` (`ClosedJaxpr.in_avals`, `consts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weigh.errors import ArgumentTypeError
from weigh.objects import tree
from weigh.objects.arrays import asked, is_a
from weigh.objects.found import Found, Said

_ARGUMENT = Said(evidence="an argument of the function: nothing tells which of them are weights")
_CONSTANT = Said(trainable=False, learnable=False, evidence="a constant that was traced into the function")


def recognises(value: Any) -> bool:
    """Return whether this is a function that JAX has something to do with."""
    return is_a(value, "jax", "Stage", "ClosedJaxpr", "Exported") or is_a(value, "jaxlib jax", "PjitFunction")


def read(value: Any, found: Found, path: str) -> None:
    """Add the arrays that a function takes, and constants inside of it.

    Raises:
        ArgumentTypeError: it is not traced yet, so that it has no arguments.
    """
    avals = asked(value, "in_avals")
    if avals is None:
        raise ArgumentTypeError(
            f"{asked(value, '__name__', 'This function')} is jitted and not traced, so what it takes is not known. "
            "Give `function.lower(*arguments)`: shapes as of `jax.eval_shape` are enough."
        )
    found.knows(f"jax {type(value).__name__}", str(asked(value, "fun_name") or type(value).__name__))
    if _is_arguments(avals):
        arguments, named = avals
        tree.walk(list(arguments), found, path or "arguments", _ARGUMENT)
        tree.walk(named, found, path, _ARGUMENT)
    else:
        tree.walk(list(avals), found, path or "arguments", _ARGUMENT)
    tree.walk(list(asked(value, "consts") or ()), found, "constants", _CONSTANT)


def _is_arguments(avals: Any) -> bool:
    return (
        isinstance(avals, tuple) and len(avals) == 2 and isinstance(avals[0], tuple) and isinstance(avals[1], Mapping)
    )
