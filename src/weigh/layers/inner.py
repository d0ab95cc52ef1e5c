"""Layers as arguments of layers: checked, and made from the records that configurations have for them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from weigh.declare import config as configuration
from weigh.declare.layer import Layer
from weigh.errors import ArgumentTypeError


def held(holder: Layer, argument: str, layer: Any) -> Any:
    """Return `layer`, which an argument of `holder` must be.

    Raises:
        ArgumentTypeError: it is no layer.
    """
    if not isinstance(layer, Layer):
        raise ArgumentTypeError(
            f"Layer {holder.name!r} ({type(holder).__name__}): `{argument}` must be a layer, such as Dense(8), "
            f"not {layer!r}."
        )
    return layer


def revived(record: Any, custom_objects: dict[str, Any] | None, resolve: configuration.Resolve | None) -> Any:
    """Return what `record`, an argument in a configuration, describes; what is made already comes back as it is.

    It is not built, even if its record says for which shapes: the layer around it builds it, under its own name and
    with sizes that know where they come from.

    Args:
        record: of a layer, or a list of such.
        custom_objects: names that the caller vouches for.
        resolve: finds classes of ours; by default among the layers.
    """
    return configuration.deserialize(_unbuilt(record), resolve or layer_named, custom_objects)


def _unbuilt(record: Any) -> Any:
    if isinstance(record, (list, tuple)):
        return [_unbuilt(one) for one in record]
    return (
        {key: value for key, value in record.items() if key != "build_config"} if isinstance(record, dict) else record
    )


def layer_named(module: str, name: str) -> Any:
    """Return our layer that Keras knows as ``module.name``, ``None`` where there is none."""
    layers = import_module("weigh.layers")
    return getattr(layers, name) if module == "keras.layers" and name in layers.__all__ else None
