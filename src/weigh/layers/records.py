"""The names of ``keras.layers`` that are no layers: conditions on inputs, and layers as plain data and back."""

from __future__ import annotations

from typing import Any

from weigh.declare import config as configuration
from weigh.declare.layer import Layer
from weigh.declare.spec import InputSpec
from weigh.errors import FormatError
from weigh.layers.inner import layer_named

__all__ = ["InputSpec", "deserialize", "serialize"]


def serialize(layer: Layer) -> Any:
    """Return a layer as plain data, as Keras 3 writes it."""
    return configuration.serialize(layer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the layer that `serialize` described.

    Raises:
        FormatError: it names a class that is neither ours nor registered, or no layer; nothing is imported.
    """
    with configuration.custom_object_scope(custom_objects or {}):
        layer = configuration.deserialize(config, layer_named, custom_objects)
    if not isinstance(layer, Layer):
        raise FormatError(f"The configuration describes {str(layer)[:80]!r}, not a layer.")
    return layer
