"""Sequential as it was in Keras 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compat.keras2.layers import InputLayer
from weigh.compat.keras2.networks import Model
from weigh.models import sequential


class Sequential(Model, sequential.Sequential):
    """One layer after another."""

    def __init__(self, layers: Sequence[Any] | None = None, name: str | None = None, trainable: bool = True) -> None:
        super().__init__(layers, trainable, name)

    def _append(self, layer: Any) -> None:
        if not self._stack and getattr(layer, "first_input_shape", None) is not None:
            super()._append(InputLayer(batch_input_shape=layer.first_input_shape, name=f"{layer.name}_input"))
        super()._append(layer)
