"""Declaring on trial: what would it be if an argument were another? Nothing else of the process notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weigh.declare import naming, seed

if TYPE_CHECKING:
    from weigh.declare.layer import Layer


def redeclared(layer: Layer, **arguments: Any) -> Layer:
    """Return a built layer like `layer` with some arguments changed, built for the same shapes.

    Automatic names and seeds go on afterwards as if it had never been made.
    """
    config = {**layer.get_config(), **arguments}
    with naming.unchanged(), seed.unchanged():
        other: Layer = type(layer).from_config(config)
        other.build_from_config(layer.get_build_config() or {})
    return other
