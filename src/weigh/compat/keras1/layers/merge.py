"""``Merge`` and ``merge`` of Keras 1: one layer for eight ways to make one tensor of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from weigh.compat.door import Door
from weigh.compat.keras1.layers.topology import DrawingLayer, OfFunction, door
from weigh.declare.graph import Tensor
from weigh.errors import UnknownNameError
from weigh.layers.base import Layer as OurLayer

__all__ = ["Merge", "merge"]

_MODES: dict[str, Door] = {
    mode: door(layer, *arguments, called="Merge")
    for mode, layer, *arguments in (
        ("sum", "Add"),
        ("mul", "Multiply"),
        ("ave", "Average"),
        ("max", "Maximum"),
        ("concat", "Concatenate", "concat_axis:axis"),
        ("dot", "Dot", "dot_axes:axes"),
        ("cos", "Dot", "dot_axes:axes"),
    )
}
_BY_FUNCTION = door(
    "Lambda",
    "mode:function",
    "output_shape",
    "output_mask:mask",
    "arguments",
    called="Merge",
    asked=DrawingLayer,
    kind=OfFunction,
)


def Merge(  # noqa: N802 - its name
    layers: Any = None,
    mode: str | Callable[..., Any] = "sum",
    concat_axis: int = -1,
    dot_axes: int | Sequence[int] = -1,
    output_shape: Any = None,
    output_mask: Any = None,
    arguments: dict[str, Any] | None = None,
    node_indices: Sequence[int] | None = None,
    tensor_indices: Sequence[int] | None = None,
    name: str | None = None,
) -> OurLayer:
    """Return a layer that makes one tensor of several.

    Args:
        layers: if given, their outputs are what it merges: layers that were called, or networks.
        mode: ``"sum"``, ``"mul"``, ``"ave"``, ``"max"``, ``"concat"``, ``"dot"``, ``"cos"``, or a function of the list
            of tensors. What ``"cos"`` gives has the shape that Keras 1 declared, which had one axis less than what it
            computed.
        concat_axis: along which ``"concat"`` puts them.
        dot_axes: along which ``"dot"`` and ``"cos"`` add up: one axis, or one for each tensor.
        output_shape: of a function: of one example, or a function of the inputs' shapes.
        output_mask: of a function: a function of the inputs and their masks.
        arguments: of a function: what else it gets.
        node_indices: which call of each layer is meant; by default the first.
        tensor_indices: which output of that call; by default the first.
        name: automatic where none is given.

    Raises:
        UnknownNameError: there is no such mode.
    """
    if callable(mode):
        layer = _BY_FUNCTION(mode, output_shape, output_mask, arguments, name=name)
    elif mode in _MODES:
        own: dict[str, dict[str, Any]] = {
            "concat": {"concat_axis": concat_axis},
            "dot": {"dot_axes": dot_axes},
            "cos": {"dot_axes": dot_axes, "normalize": True},
        }
        layer = _MODES[mode](name=name, **own.get(mode, {}))
    else:
        raise UnknownNameError.of("mode of Merge", mode, _MODES)
    if layers is not None:
        calls = node_indices or [0] * len(layers)
        places = tensor_indices or [0] * len(layers)
        layer([_output(one, call, place) for one, call, place in zip(layers, calls, places, strict=True)])
    made: OurLayer = layer
    return made


def _output(layer: Any, call: int, place: int) -> Tensor:
    outputs = layer.outputs if layer.is_network else layer.get_output_at(call)
    output: Tensor = outputs[place] if isinstance(outputs, (list, tuple)) else outputs
    return output


def merge(
    inputs: list[Tensor],
    mode: str | Callable[..., Any] = "sum",
    concat_axis: int = -1,
    dot_axes: int | Sequence[int] = -1,
    output_shape: Any = None,
    output_mask: Any = None,
    arguments: dict[str, Any] | None = None,
    name: str | None = None,
) -> Any:
    """Return one tensor of several; see `Merge`."""
    return Merge(None, mode, concat_axis, dot_axes, output_shape, output_mask, arguments, name=name)(inputs)
