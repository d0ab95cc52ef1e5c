"""A name of an older Keras: called, subclassed and asked about as the class was, and giving a layer of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, wraps
from typing import Any, ClassVar

from weigh import layers
from weigh.declare import config
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError, UnknownNameError
from weigh.layers.base import Layer

WEIGHTS = "weights"
"""The argument that held values to begin with, in every layer of Keras 1 and 2."""

IGNORED = ""
"""Our name for an argument that only said how something is computed, which nobody has to say now."""

Values = Mapping[str, Callable[[Any], Any]]
"""How values are translated: by our name of the argument, or by its last word, such as ``"initializer"``."""

COMMON = ("name", "trainable", "dtype", "weights", "input_shape", "batch_input_shape", "input_dim", "input_dtype")
"""What every layer of Keras 1 and 2 could be given by name."""


def table(words: Iterable[str], vocabulary: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """Return our names by the old ones, and how many of them may be given by place.

    Args:
        words: the old names in their order. One as ``"alpha:negative_slope"`` says our name; another has that of
            the vocabulary, else keeps its own. What follows a ``"*"`` is given by name only.
        vocabulary: our names of what has one name in all layers.
    """
    listed = list(words)
    places = listed.index("*") if "*" in listed else len(listed)
    pairs = (word.partition(":") for word in listed if word != "*")
    return {old: ours if colon else vocabulary.get(old, old) for old, colon, ours in pairs}, places


class Spelling:
    """How a call was written: its arguments in their old order, each with our name for it.

    Args:
        what: what was called, for messages.
        names: our names by the old ones: `IGNORED` for what has none, ``"kernel_size[0]"`` for a part of a tuple,
            ``"depthwise_initializer&pointwise_initializer"`` for two arguments that one value is for.
        values: how values are translated.
        places: how many arguments may be given by place; by default all.
        defaults: old values, or values of ours that did not exist then, where nothing is said and ours differ.
        known: says whether a name that is none of `names` is one of ours; by default each is.

    Attributes:
        places: the old names of what may be given by place.
    """

    def __init__(
        self,
        what: str,
        names: Mapping[str, str],
        values: Values,
        places: int | None = None,
        defaults: Mapping[str, Any] | None = None,
        known: Callable[[str], bool] = lambda name: True,
    ) -> None:
        self._what = what
        self._names = names
        self._values = values
        self.places = list(names)[:places]
        self._defaults = defaults or {}
        self._known = known

    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return what was given under our names.

        Raises:
            ArgumentTypeError: there are too many arguments, one is given twice, or a part of one is missing.
            UnknownNameError: an argument is neither of that Keras nor of ours.
        """
        if len(args) > len(self.places):
            raise ArgumentTypeError(
                f"{self._what} takes at most {len(self.places)} arguments without their names, "
                f"{', '.join(self.places)}; got {len(args)}."
            )
        translated: dict[str, Any] = {}
        for old, value in [*zip(self.places, args, strict=False), *kwargs.items()]:
            if old not in self._names and not self._known(old):
                raise UnknownNameError.of(f"argument of {self._what}", old, [*self._names, *COMMON])
            if self._names.get(old) == IGNORED:
                self._values.get(old, bool)(value)  # which may refuse what cannot be ignored
                continue
            for name in self._names.get(old, old).split("&"):
                if name in translated:
                    raise ArgumentTypeError(f"{self._what} got {old!r} twice, or under an old and a new name.")
                translated[name] = self._value(name, value)
        for old, value in self._defaults.items():
            name = self._names.get(old, old)
            translated.setdefault(name, self._value(name, value))
        return self._joined(translated)

    def _value(self, name: str, value: Any) -> Any:
        translate = self._values.get(name) or self._values.get(name.rpartition("_")[2])
        return value if translate is None or value is None else translate(value)

    def _joined(self, translated: dict[str, Any]) -> dict[str, Any]:
        """Return arguments with parts put together; where one came whole, or no part that has to, they are left out."""
        parts = {name: old for old, name in self._names.items() if name.endswith("]")}
        wholes = {name.partition("[")[0] for name in parts}
        result = {name: value for name, value in translated.items() if name not in parts}
        for whole in wholes - result.keys():
            wanted = sorted(name for name in parts if name.partition("[")[0] == whole)
            needed = [name for name in wanted if parts[name] not in self._defaults]
            missing = [parts[name] for name in needed if name not in translated]
            if needed and len(missing) == len(needed):
                continue
            if missing:
                raise ArgumentTypeError(f"{self._what} needs {', '.join(map(repr, missing))} as well.")
            result[whole] = tuple(translated[name] for name in wanted)
        return result


class Door:
    """A class of an older Keras that stands for one of our layers.

    Args:
        asked: what a layer could be asked in that Keras and ours cannot: a class to inherit from.
        layer: name of ours in `weigh.layers`.
        words: its arguments, as of `table`; ``None`` for our own names and order.
        vocabulary: as of `table`.
        values: how values are translated.
        called: what the layer was called, if not as ours.
        defaults: as of `Spelling`.
        everywhere: what every layer could be given by name, as of `table`.

    Attributes:
        later: our names of what the layer is given when it is constructed.
    """

    later: ClassVar[tuple[str, ...]] = (WEIGHTS,)

    def __init__(
        self,
        asked: type,
        layer: str,
        words: Sequence[str] | None,
        vocabulary: Mapping[str, str],
        values: Values,
        called: str | None = None,
        defaults: Mapping[str, Any] | None = None,
        everywhere: Sequence[str] = (),
    ) -> None:
        self.__name__ = called or layer
        self._layer = layer
        self._asked = asked
        self._words = words
        self._vocabulary = vocabulary
        self._values = values
        self._defaults = defaults
        self._everywhere = everywhere

    @cached_property
    def ours(self) -> Any:
        """Our layer."""
        return getattr(layers, self._layer)

    @cached_property
    def spelling(self) -> Spelling:
        """How it is called."""
        words = config.parameters(self.ours.__init__) if self._words is None else self._words
        names, places = table([*words, "*", *self._everywhere], self._vocabulary)
        return Spelling(self.__name__, names, self._values, places, self._defaults, self._is_ours)

    def _is_ours(self, name: str) -> bool:
        constructors = (vars(base).get("__init__") for base in self.layer_class.__mro__)
        return name in COMMON or any(
            name in config.parameters(constructor) for constructor in constructors if hasattr(constructor, "__code__")
        )

    @cached_property
    def layer_class(self) -> Any:
        """Our layer, with our spelling, that can also be asked what could be asked then."""
        members = {"__module__": self._asked.__module__, "keras_name": getattr(self.ours, "keras_name", self._layer)}
        return type(self.__name__, (self._asked, self.ours), members)

    @cached_property
    def _base(self) -> Any:
        """What a user's class inherits from: `layer_class`, whose constructor takes the old spelling."""
        door = self

        def construct(self: Any, *args: Any, **kwargs: Any) -> None:
            arguments, later = door._split(args, kwargs)
            super(door._base, self).__init__(**arguments)
            door.complete(self, later)

        return type(self.__name__, (self.layer_class,), {"__module__": self._asked.__module__, "__init__": construct})

    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return what a call gives, under our names."""
        return self.spelling.translate(args, kwargs)

    def _split(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        arguments = self.translate(args, kwargs)
        return arguments, {name: arguments.pop(name) for name in self.later if name in arguments}

    def complete(self, layer: Any, later: dict[str, Any]) -> None:
        """Let a layer that was constructed have what our constructor does not take.

        Args:
            layer: of `layer_class`.
            later: what was given of it.
        """
        begin_with(layer, later.get(WEIGHTS))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return a layer of ours."""
        arguments, later = self._split(args, kwargs)
        layer = self.layer_class(**arguments)
        self.complete(layer, later)
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
        return f"<{self._asked.__module__}.{self.__name__}, a spelling of weigh.layers.{self._layer}>"


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


class _answer:  # noqa: N801 - stands where `property` would
    """A property that an attribute of that name hides: Lambda has an argument `output_shape`."""

    def __init__(self, ask: Callable[[Any], Any]) -> None:
        self._ask = ask
        self.__doc__ = ask.__doc__

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        return self if layer is None else self._ask(layer)


class Asked:
    """What a layer of Keras 1 and 2 could be asked about its calls, and one of Keras 3 cannot."""

    inbound_nodes: list[Any]

    @_answer
    def input_shape(self) -> Any:
        """The shape, or the list of several, that every call read."""
        return self._common(self.get_input_shape_at)

    @_answer
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
