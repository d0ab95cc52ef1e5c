"""Sequential as it was in Keras 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compat.keras1.layers import InputLayer
from weigh.compat.keras1.networks import Network
from weigh.declare import naming
from weigh.declare.graph import Node, Tensor
from weigh.errors import ArgumentError
from weigh.models import sequential


class Sequential(Network, sequential.Sequential):
    """One layer after another, perhaps behind a Merge of others."""

    def __init__(self, layers: Sequence[Any] | None = None, name: str | None = None, trainable: bool = True) -> None:
        super().__init__(layers, trainable, name)

    def _append(self, layer: Any) -> None:
        if not self._stack:
            self._shows_input = isinstance(layer, InputLayer.layer_class)  # not one that a file had at the head
        if not self._stack and getattr(layer, "first_input_shape", None) is not None:
            name = naming.unique(f"{type(layer).__name__.lower()}_input", first=1)
            dtype = getattr(layer, "first_input_dtype", None)
            super()._append(InputLayer(batch_shape=layer.first_input_shape, dtype=dtype, name=name))
        super()._append(layer)

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: int = 1) -> Any:
        """Return the outputs for data."""
        return self.predict(x, batch_size, verbose)

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: int = 1) -> Any:
        """Return the class of each example: the largest output's place, or whether a single output is above 0.5."""
        outputs = self.predict(x, batch_size, verbose)
        return outputs.argmax(-1) if outputs.shape[-1] > 1 else (outputs > 0.5).astype("int32")

    # Behind a Merge of others, it has their layers and inputs -----------------------------------------------------

    def _merge(self) -> Any:
        head = self._stack[0] if self._stack else None
        if head is None or head.is_network or not head.inbound_nodes:
            return None
        return head if len(head.inbound_nodes[0].inputs) > 1 else None

    def _rebuild(self) -> None:
        merge = self._merge()
        if merge is None:
            super()._rebuild()
            return
        tensor = merge.inbound_nodes[0].outputs[0]
        for layer in self._stack[1:]:
            call = next((node for node in layer.inbound_nodes if tensor in node.inputs), None)
            tensor = call.outputs[0] if call is not None else layer(tensor)
        self._connect([node.outputs[0] for node in _calls(tensor) if not node.inputs], tensor)

    @property
    def sublayers(self) -> list[Any]:
        """The layers, those that are merged among them."""
        if self._merge() is None:
            return super().sublayers
        return [node.layer for node in _calls(self.outputs[0]) if node.inputs]

    @property
    def layers(self) -> list[Any]:
        """The layers in order: an InputLayer that was added is among them, a Merge at the head is not."""
        shown = self._stack[:1] if self._stack and self._shows_input else []
        return [*shown, *(layer for layer in super().layers if layer is not self._merge())]

    def get_config(self) -> dict[str, Any]:
        """Return the layers as plain data.

        Raises:
            ArgumentError: it begins with a Merge.
        """
        if self._merge() is not None:
            raise ArgumentError(
                f"Sequential {self.name!r} begins with a Merge, for which files of Keras 3 have no word: "
                "make it with `Model(input=…, output=…)` to save it."
            )
        return super().get_config()


def _calls(tensor: Tensor) -> list[Node]:
    """Return the calls that `tensor` depends on, each once and after those before it."""
    found: dict[Node, None] = {}
    waiting = [tensor.node]
    while waiting:
        node = waiting[-1]
        new = [parent for parent in node.parents if parent not in found] if node is not None else []
        if new:
            waiting.append(new[0])
        else:
            waiting.pop()
            if node is not None:
                found.setdefault(node)
    return list(found)
