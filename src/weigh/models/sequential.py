"""Networks that are one layer after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from weigh.declare import config as configuration
from weigh.declare import layer as declared
from weigh.declare import naming, tree
from weigh.declare.graph import Tensor, recorded
from weigh.errors import ArgumentError, ArgumentTypeError, FormatError, GraphError
from weigh.layers.base import Layer
from weigh.layers.core.inputs import InputLayer
from weigh.models.catalogue import revive
from weigh.models.functional import run
from weigh.models.model import Model


class Sequential(Model):
    """A stack of layers, each with one input and one output.

    Without an Input at its head the weights are declared when it is first called, built or fitted.

    Args:
        layers: the layers, first to last; an Input may stand at the head.
        name, trainable: as of a layer.

    Raises:
        ArgumentTypeError: what is added is not a layer.
        GraphError: two layers share a name.
    """

    keras_module: ClassVar[str] = "keras"

    def __init__(self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(trainable=trainable, name=name)
        self._stack: list[Layer] = []
        for layer in layers or ():
            self._append(layer)
        self._rebuild()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer at the end."""
        self._append(layer)
        if rebuild:
            self._rebuild()

    def pop(self, rebuild: bool = True) -> Any:
        """Take the last layer off and return it."""
        if not self.layers:
            raise ArgumentError(f"Sequential {self.name!r} has no layer to take off.")
        layer = self._stack.pop()
        if rebuild:
            self._rebuild()
        return layer

    def _append(self, layer: Any) -> None:
        if isinstance(layer, Tensor) and isinstance(layer.layer, InputLayer):
            layer = layer.layer  # `Input(…)` gives the tensor; its layer is meant
        if not isinstance(layer, Layer):
            raise ArgumentTypeError(
                f"Sequential {self.name!r} takes layers, not {layer!r} of type {type(layer).__name__}."
            )
        if any(other.name == layer.name for other in self._stack):
            raise GraphError(
                f"Sequential {self.name!r} has a layer named {layer.name!r} already: names must differ. "
                "Pass another `name`."
            )
        if isinstance(layer, InputLayer) and self._stack:
            raise ArgumentError(
                f"Sequential {self.name!r}: an Input stands at the head, but {layer.name!r} comes after "
                f"{self._stack[-1].name!r}."
            )
        if not self._stack and layer.first_input_shape is not None:
            self._stack.append(InputLayer(batch_shape=layer.first_input_shape))
        elif not self._stack and isinstance(layer, Model) and layer.graph is not None and len(layer.inputs) == 1:
            head = layer.inputs[0]
            self._stack.append(InputLayer(batch_shape=head.shape, dtype=head.dtype))
        self._stack.append(layer)

    def _rebuild(self) -> None:
        former = set(self.graph.nodes) if self.graph is not None else set()
        self.graph = None
        self.built = False
        if len(self._stack) > 1 and isinstance(self._stack[0], InputLayer):
            tensor = self._stack[0].output
            for layer in self._stack[1:]:
                layer.inbound_nodes = [node for node in layer.inbound_nodes if node not in former]
                tensor = layer(tensor)
                if tree.is_nested(tensor):
                    raise ArgumentError(
                        f"Sequential {self.name!r}: layer {layer.name!r} has several outputs; use a functional model."
                    )
            naming.automatic("Functional")  # Keras makes a network of that name inside, so the next one gets another
            self._connect(self._stack[0].output, tensor)

    @property
    def sublayers(self) -> list[declared.Layer]:
        """The layers without the Input at the head."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    def build(self, input_shape: Any = None) -> None:
        """Declare the weights for inputs of `input_shape`, the batch's axis included.

        Raises:
            ArgumentError: there is no layer.
        """
        if self.graph is not None or input_shape is None:
            return
        if not self._stack:
            raise ArgumentError(f"Sequential {self.name!r} has no layers: add one before it is built.")
        self._stack.insert(0, InputLayer(batch_shape=input_shape))
        try:
            with recorded():
                self._rebuild()
        except Exception:
            del self._stack[0]
            raise

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        return run(self, inputs, mask)

    def get_config(self) -> dict[str, Any]:
        """Return the layers, the Input at the head among them, as plain data in the form that Keras 3 writes."""
        shape = {"build_input_shape": list(self.inputs[0].shape)} if self.graph is not None else {}
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype_policy,
            "layers": self._stack,
            **shape,
        }
        return {name: configuration.serialize(value) for name, value in config.items()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Make a stack from what `get_config` returned, here or in Keras 3.

        Raises:
            FormatError: a layer is unknown or cannot be made.
        """
        records = config.get("layers")
        if not isinstance(records, list):
            raise FormatError(f"Sequential {config.get('name')!r}: `layers` should be a list of records.")
        shape = config.get("build_input_shape")
        layers = [revive(record, custom_objects, connected=bool(shape)) for record in records]
        model = cls(layers, trainable=config.get("trainable", True), name=config.get("name"))
        if shape and model.graph is None:
            model.build(tuple(shape))
        return model

    def get_build_config(self) -> dict[str, Any] | None:
        """Return the shape of the input, as plain data; ``None`` before it is known."""
        return {"input_shape": list(self.inputs[0].shape)} if self.graph is not None else None
