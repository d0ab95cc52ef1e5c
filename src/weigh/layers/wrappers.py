"""Layers that hold another layer and change how it is applied."""

from __future__ import annotations

from typing import Any

from weigh.declare.config import Resolve
from weigh.layers.base import Layer
from weigh.layers.inner import held, revived


class Wrapper(Layer):
    """The base of layers that hold another layer, which has all the weights unless a subclass adds some.

    Args:
        layer: the layer inside.

    Raises:
        ArgumentTypeError: `layer` is not a layer.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = held(self, "layer", layer)

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, resolve: Resolve | None = None
    ) -> Any:
        return cls(**{**config, "layer": revived(config["layer"], custom_objects, resolve)})
