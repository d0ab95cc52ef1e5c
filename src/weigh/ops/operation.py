"""Functions of arrays that can also be called on symbolic tensors, where each call becomes part of a network."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import CodeType
from typing import Any, ClassVar, TypeVar, cast

from weigh.compute import values
from weigh.declare import config as configuration
from weigh.declare import operation as declared
from weigh.declare import tree
from weigh.declare.cost import Cost
from weigh.declare.graph import Node, Tensor, recording
from weigh.declare.weight import Weight
from weigh.errors import ArgumentTypeError, ShapeError
from weigh.ops.abstract import abstract_output
from weigh.ops.tensor import KerasTensor

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Operation(declared.Operation):
    """A function of tensors with settings of its own: what `weigh.ops` makes of each call on symbolic tensors.

    A subclass writes `call`, and `compute_output_spec` where JAX should not have to be asked what comes out.

    Args:
        name: automatic where none is given: the class name in snake case, numbered.
    """

    tensor_type: ClassVar[type[Tensor]] = KerasTensor

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Record a call on symbolic tensors, or compute on arrays."""
        if not _is_symbolic(args, kwargs):
            return self.call(*args, **kwargs)
        return self.symbolic_call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Return symbolic tensors for the outputs, and record the call."""
        try:
            outputs = self.compute_output_spec(*args, **kwargs)
        except ShapeError as error:
            raise ShapeError(f"Operation {self.name!r} ({type(self).__name__}): {error}") from None
        if recording():
            Node(self, args, kwargs, outputs)
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return symbolic tensors like those that a call with these arguments gives."""
        return abstract_output(lambda given, named: self.call(*given, **named), args, kwargs)

    def compute_cost(self, *args: Any, **kwargs: Any) -> Cost | None:
        """Return what a call with these arguments takes, tensors' shapes being known; ``None`` if nobody says."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal operation: the constructor's, read from attributes of their names."""
        names = configuration.parameters(type(self).__init__)
        args, kwargs = self._arguments
        got = {**configuration.defaults(type(self).__init__), **dict(zip(names, args, strict=False)), **kwargs}
        config = {name: getattr(self, name, got.get(name)) for name in names if name != "name"}
        return {name: configuration.serialize(value) for name, value in {"name": self.name, **config}.items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make an operation from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class FunctionOperation(Operation):
    """An operation of ours: a function, with those of its arguments that are settings kept.

    Attributes:
        function: what computes.
        parameters, defaults: names of its arguments, and the values that they have where none is given.
        settings: names of the arguments that are kept in the configuration; the others are given at each call.
        called_with: names of the others; empty where the function takes any number of tensors.
        specify: called with all arguments, tensors among them; returns tensors like those that come out.
        count: called as `specify`, returns the cost.
    """

    function: ClassVar[Callable[..., Any]]
    parameters: ClassVar[tuple[str, ...]]
    defaults: ClassVar[dict[str, Any]]
    settings: ClassVar[tuple[str, ...]]
    called_with: ClassVar[tuple[str, ...]]
    is_variadic: ClassVar[bool]
    specify: ClassVar[Callable[..., Any] | None]
    count: ClassVar[Callable[..., Any] | None]

    def __init__(self, *args: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name)
        defaults = self.defaults
        given = {**dict(zip(self.settings, args, strict=False)), **kwargs}
        unknown = sorted(set(given) - set(self.settings))
        missing = [setting for setting in self.settings if setting not in given and setting not in defaults]
        if unknown or missing or len(args) > len(self.settings):
            raise ArgumentTypeError(
                f"{type(self).__name__} takes {', '.join(self.settings) or 'no arguments'}; "
                f"unknown: {unknown}, missing: {missing}."
            )
        self.config = {setting: given.get(setting, defaults.get(setting)) for setting in self.settings}

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of the function for a call: settings and what the call gives."""
        if self.is_variadic:
            leading = [setting for setting in self.settings if setting not in _keyword_only(type(self).function)]
            rest = {setting: self.config[setting] for setting in self.settings if setting not in leading}
            return (*(self.config[setting] for setting in leading), *args), {**rest, **kwargs}
        if len(args) > len(self.called_with):
            raise ArgumentTypeError(
                f"Operation {self.name!r} ({type(self).__name__}) is called with {len(self.called_with)} arguments, "
                f"{', '.join(self.called_with)}, but got {len(args)}."
            )
        return (), {**dict(zip(self.called_with, args, strict=False)), **kwargs, **self.config}

    def call(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = self._bound(*_valued(args, kwargs))
        return type(self).function(*args, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        specify = type(self).specify
        if specify is None:
            return super().compute_output_spec(*args, **kwargs)
        args, kwargs = self._bound(args, kwargs)
        return specify(*args, **kwargs)

    def compute_cost(self, *args: Any, **kwargs: Any) -> Cost | None:
        count = type(self).count
        if count is None:
            return None
        args, kwargs = self._bound(args, kwargs)
        return cast(Cost, count(*args, **kwargs))

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            **{setting: configuration.serialize(value) for setting, value in self.config.items()},
        }


known: dict[tuple[str, str], type[FunctionOperation]] = {}
"""Our operations by the module and class name that Keras has them under."""


def operation(
    class_name: str,
    settings: tuple[str, ...] = (),
    spec: Callable[..., Any] | None = None,
    cost: Callable[..., Any] | None = None,
    module: str | None = None,
) -> Callable[[_Function], _Function]:
    """Return a decorator that lets a function of arrays be called on symbolic tensors too.

    Args:
        class_name: what Keras calls the operation.
        settings: the arguments that Keras keeps in the operation's configuration; the others belong to each call.
        spec: called with the function's arguments, tensors among them; returns tensors like those that come out.
            Without it JAX is asked.
        cost: called as `spec`; returns the cost.
        module: where Keras has the operation; by default where the function is here.
    """

    def decorate(function: _Function) -> _Function:
        house = module or function.__module__.replace("weigh.", "keras.src.", 1)
        names = configuration.parameters(function)
        variadic = bool(_code(function).co_flags & 0x04)
        members = {
            "__doc__": function.__doc__,
            "__module__": function.__module__,
            "keras_module": house,
            "function": staticmethod(function),
            "parameters": names,
            "defaults": _defaults(function),
            "settings": settings,
            "called_with": () if variadic else tuple(name for name in names if name not in settings),
            "is_variadic": variadic,
            "specify": staticmethod(spec) if spec else None,
            "count": staticmethod(cost) if cost else None,
        }
        made = cast(type[FunctionOperation], type(class_name, (FunctionOperation,), members))
        known[house, class_name] = made

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            for argument in args:
                if isinstance(argument, _UNUSUAL):
                    break
            else:
                if not kwargs:
                    return function(*args)
            leaves = tree.flatten([args, kwargs])
            if any(isinstance(leaf, Tensor) for leaf in leaves):
                return _recorded(made, args, kwargs)
            if any(isinstance(leaf, Weight) for leaf in leaves):
                args, kwargs = _valued(args, kwargs)
            return function(*args, **kwargs)

        called.operation = made  # type: ignore[attr-defined]
        return cast(_Function, called)

    return decorate


_UNUSUAL = (Tensor, Weight, list, tuple, dict)
"""What an argument may be that needs to be looked at or into."""


def _recorded(made: type[FunctionOperation], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return symbolic tensors for a call of a function, with the call recorded, or only its shapes if none are."""
    function = made.function
    if made.is_variadic:
        given = {setting: kwargs.pop(setting) for setting in made.settings if setting in kwargs}
        leading = [setting for setting in made.settings if setting not in {*given, *_keyword_only(function)}]
        given |= dict(zip(leading, args, strict=False))
        args = args[len(leading) :]
    else:
        names, defaults = made.parameters, made.defaults
        if len(args) > len(names):
            raise ArgumentTypeError(f"`{function.__name__}` takes {len(names)} arguments, but got {len(args)}.")
        every = {**dict(zip(names, args, strict=False)), **kwargs}
        unknown = sorted(set(every) - set(names))
        if unknown and not _code(function).co_flags & 0x08:
            raise ArgumentTypeError(f"`{function.__name__}` has no argument {', '.join(map(repr, unknown))}.")
        missing = [name for name in names if name not in every and name not in defaults]
        if missing:
            raise ArgumentTypeError(f"`{function.__name__}` needs {', '.join(map(repr, missing))}.")
        given = {setting: every[setting] for setting in made.settings if setting in every}
        args = tuple(every.get(name, defaults.get(name)) for name in made.called_with)
        kwargs = {name: every[name] for name in unknown}
    if recording():
        return made(**given).symbolic_call(*args, **kwargs)
    try:
        return _unnamed(made, given).compute_output_spec(*args, **kwargs)
    except ShapeError as error:
        raise ShapeError(f"Operation {made.__name__}: {error}") from None


def _unnamed(made: type[FunctionOperation], given: dict[str, Any]) -> FunctionOperation:
    """Return an operation that is asked for its output once and forgotten, so that no name is counted for it."""
    return made(**given, name=made.__name__)


def _is_symbolic(args: Any, kwargs: Any) -> bool:
    return any(isinstance(leaf, Tensor) for leaf in tree.leaves([args, kwargs]))


def _valued(args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Return the arguments with the values of weights for the weights."""
    return cast(tuple[Any, Any], tree.map_leaves(_value, (args, kwargs)))


def _value(leaf: Any) -> Any:
    return leaf.value if isinstance(leaf, values.Variable) else leaf


def _code(function: Any) -> CodeType:
    code: CodeType = getattr(function, "__wrapped__", function).__code__
    return code


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    plain = getattr(function, "__wrapped__", function)
    return {**configuration.defaults(plain), **(plain.__kwdefaults__ or {})}


def _keyword_only(function: Callable[..., Any]) -> tuple[str, ...]:
    code = _code(function)
    return code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]


__all__ = ["FunctionOperation", "Operation", "known", "operation"]
