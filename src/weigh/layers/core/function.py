"""A function as a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.values import Array
from weigh.declare import config, tree
from weigh.declare.cost import Cost
from weigh.errors import ArgumentTypeError, UnsafeFileError
from weigh.layers.base import Layer
from weigh.parts import activations


class Lambda(Layer):
    """Computes with a function of yours, which may also take `mask` and `training`.

    Input and output shapes: those of the function. Without `output_shape`, JAX is asked what comes out. To save a
    network with such a layer, name the function and register it with `weigh.saving.register_keras_serializable`: a
    lambda has no name to be found again by, and code from a file is never run, whatever `safe_mode` says.

    Args:
        function: called with the inputs.
        output_shape: shape of one example, or a function from the whole input shape to the whole output shape.
        mask: of the output: an array, or a function of inputs and their mask.
        arguments: further keyword arguments of `function`.

    Raises:
        ArgumentTypeError: `function` cannot be called.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise ArgumentTypeError(
                f"Layer {self.name!r} (Lambda): `function` must be a function of the inputs, not {function!r}."
            )
        self.function = function
        self.output_shape = output_shape
        self.mask = mask
        self.arguments = arguments or {}
        self.supports_masking = mask is not None
        self._takes = {"mask", "training"} & set(config.parameters(function))

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_shape is None:
            symbols = tree.map_shapes(lambda shape: self.tensor_type(shape, self.compute_dtype), input_shape)
            return tree.map_leaves(lambda tensor: tensor.shape, self._trace_output((symbols,), {}))
        if callable(self.output_shape):
            return self.output_shape(input_shape)
        batch = tree.flatten(input_shape)[0]
        return tree.map_shapes(lambda shape: (batch, *shape), self.output_shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if self.output_shape is None:
            return self._trace_output(args, kwargs)
        return super().compute_output_spec(*args, **kwargs)

    def compute_cost(self, input_shape: Any) -> Cost | None:
        return None  # nobody but the function knows

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Array:
        told = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{name: told[name] for name in self._takes})

    def get_config(self) -> dict[str, Any]:
        settings = super().get_config()
        unset = [name for name in ("output_shape", "mask") if settings[name] is None]
        return {name: value for name, value in settings.items() if name not in unset}

    @classmethod
    def from_config(
        cls, settings: dict[str, Any], custom_objects: dict[str, Any] | None = None, safe_mode: bool | None = None
    ) -> Lambda:
        """Make a layer from what `get_config` returned.

        Raises:
            UnsafeFileError: a function is given as code, as Keras writes a lambda.
            FormatError: a function is neither registered nor passed in `custom_objects`.
        """
        return cls(**{name: _revived(name, value, custom_objects) for name, value in settings.items()})


def _revived(argument: str, value: Any, custom_objects: dict[str, Any] | None) -> Any:
    if argument not in ("function", "output_shape", "mask", "arguments"):
        return value
    if isinstance(value, dict) and value.get("class_name") == "__lambda__":
        raise UnsafeFileError(
            f"The record of a Lambda layer holds its `{argument}` as marshalled code. Code from a file is not run: "
            "name the function, register it with `weigh.saving.register_keras_serializable()`, and save it anew."
        )
    if argument == "function" and isinstance(value, str):
        return activations.get(value)
    made = config.deserialize(value, lambda *_: None, custom_objects)
    return tuple(made) if argument == "output_shape" and tree.is_shape(made) else made
