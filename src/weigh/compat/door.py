"""A name of an older Keras: called, subclassed and asked about as the class was, and giving a layer of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from typing import Any

from weigh import layers
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.layers.base import Layer

WEIGHTS = "weights"
"""The argument that held values to begin with, in every layer of Keras 1 and 2."""

Values = Mapping[str, Callable[[Any], Any]]
"""How values are translated: by our name of the argument, or by its last word, such as ``"initializer"``."""


class Spelling:
    """How a call was written: its arguments in their old order, each with our name for it.

    Args:
        what: what was called, for messages.
        names: our names by the old ones.
        values: how values are translated.
    """

    def __init__(self, what: str, names: Mapping[str, str], values: Values) -> None:
        self._what = what
        self._names = names
        self._values = values

    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return what was given under our names; names that the spelling does not know stay.

        Raises:
            ArgumentTypeError: there are too many arguments, or one is given twice.
        """
        if len(args) > len(self._names):
            raise ArgumentTypeError(
                f"{self._what} takes at most {len(self._names)} arguments without their names, "
                f"{', '.join(self._names)}; got {len(args)}."
            )
        translated: dict[str, Any] = {}
        for old, value in [*zip(self._names, args, strict=False), *kwargs.items()]:
            name = self._names.get(old, old)
            if name in translated:
                raise ArgumentTypeError(f"{self._what} got {old!r} twice, or under an old and a new name.")
            translated[name] = self._value(name, value)
        return translated

    def _value(self, name: str, value: Any) -> Any:
        translate = self._values.get(name) or self._values.get(name.rpartition("_")[2])
        return value if translate is None or value is None else translate(value)


class Door:
    """A class of an older Keras that stands for one of our layers.

    Args:
        asked: what a layer could be asked in that Keras and ours cannot: a class to inherit from.
        layer: name of ours in `weigh.layers`.
        names: our argument names by the old ones, in the old order.
        values: how values are translated.
    """

    def __init__(self, asked: type, layer: str, names: Mapping[str, str], values: Values) -> None:
        self.__name__ = layer
        self._asked = asked
        self._spelling = Spelling(layer, names, values)

    @cached_property
    def ours(self) -> Any:
        """Our layer."""
        return getattr(layers, self.__name__)

    @cached_property
    def layer_class(self) -> Any:
        """Our layer, with our spelling, that can also be asked what could be asked then."""
        return type(self.__name__, (self._asked, self.ours), {"__module__": self._asked.__module__})

    @cached_property
    def _base(self) -> Any:
        """What a user's class inherits from: `layer_class`, whose constructor takes the old spelling."""
        door = self

        def construct(self: Any, *args: Any, **kwargs: Any) -> None:
            arguments, weights = door.translate(args, kwargs)
            super(door._base, self).__init__(**arguments)
            begin_with(self, weights)

        return type(self.__name__, (self.layer_class,), {"__module__": self._asked.__module__, "__init__": construct})

    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return our arguments for the old ones, and the values that the weights are to begin with."""
        arguments = self._spelling.translate(args, kwargs)
        return arguments, arguments.pop(WEIGHTS, None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return a layer of ours."""
        arguments, weights = self.translate(args, kwargs)
        layer = self.layer_class(**arguments)
        begin_with(layer, weights)
        return layer

    def __getattr__(self, name: str) -> Any:
        """Return what a class of ours has under that name: ``from_config``, say."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.layer_class, name)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._base,)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self.ours)

    def __subclasscheck__(self, cls: Any) -> bool:
        return issubclass(cls.ours if isinstance(cls, Door) else cls, self.ours)

    def __repr__(self) -> str:
        return f"<{self._asked.__module__}.{self.__name__}, a spelling of weigh.layers.{self.__name__}>"


def begin_with(layer: Layer, values: Any) -> None:
    """Let the weights of a layer that is not built yet begin with these values, if there are any."""
    if values is None:
        return
    declare = layer.build

    @wraps(declare)
    def build(*shapes: Any, **named: Any) -> None:
        declare(*shapes, **named)
        wanted = [weight.shape for weight in layer.weights]
        given = [tuple(getattr(value, "shape", ())) for value in values]
        if given != wanted:
            raise ShapeError(f"Layer {layer.name!r} has weights of shapes {wanted}; its `weights` have {given}.")
        for weight, value in zip(layer.weights, values, strict=True):
            weight.initializer = _Given(value)

    layer.build = build  # type: ignore[method-assign]


class _Given:
    """Stands for a value that is known."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        from weigh.compute.lazy import numpy

        return numpy.asarray(self._value, dtype)


class Asked:
    """What a layer of Keras 1 and 2 could be asked about its calls, and one of Keras 3 cannot."""

    inbound_nodes: list[Any]

    @property
    def input_shape(self) -> Any:
        """The shape, or the list of several, that every call read."""
        return self._common(self.get_input_shape_at)

    @property
    def output_shape(self) -> Any:
        """The shape, or the list of several, that every call gave."""
        return self._common(self.get_output_shape_at)

    def get_input_at(self, node_index: int) -> Any:
        """Return the tensor, or the list of several, that a call read."""
        return _single(self._call(node_index).inputs)

    def get_output_at(self, node_index: int) -> Any:
        """Return the tensor, or the list of several, that a call gave."""
        return _single(self._call(node_index).outputs)

    def get_input_shape_at(self, node_index: int) -> Any:
        """Return the shape, or the list of several, that a call read."""
        return _single([tensor.shape for tensor in self._call(node_index).inputs])

    def get_output_shape_at(self, node_index: int) -> Any:
        """Return the shape, or the list of several, that a call gave."""
        return _single([tensor.shape for tensor in self._call(node_index).outputs])

    def _common(self, shape_at: Callable[[int], Any]) -> Any:
        first, *others = (shape_at(index) for index in range(max(1, len(self.inbound_nodes))))
        if any(other != first for other in others):
            raise ArgumentError(f"{self!r} was called with several shapes: ask `{shape_at.__name__}(call)`.")
        return first

    def _call(self, node_index: int) -> Any:
        calls = self.inbound_nodes
        if not 0 <= node_index < len(calls):
            raise ArgumentError(f"{self!r} was called {len(calls)} times; there is no call {node_index}.")
        return calls[node_index]


def _single(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
