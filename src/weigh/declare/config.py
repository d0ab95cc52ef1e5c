"""Declarations as plain data and back, in the form that Keras 3 writes (``{"module", "class_name", "config", …}``).

Reading never imports what a file names: a name is looked up among our own classes and among those that the user
registered or passed, and everything else is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import CodeType
from typing import Any

from weigh.declare.dtypes import DTypePolicy
from weigh.errors import ArgumentError, FormatError, UnknownNameError, UnsafeFileError

_registered: dict[str, Any] = {}
_names: dict[int, str] = {}
_scopes: list[dict[str, Any]] = []
_sharing: list[_Shared] = []
_revived: list[dict[int, Any]] = []

Resolve = Callable[[str, str], Any]
"""Called with a module (``"keras.layers"``) and a class name; returns our class, or ``None``."""


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Return a decorator that makes a class or function known under ``package>name`` when files are read.

    Raises:
        ArgumentError: the decorated class has no `get_config`.
    """

    def decorate(thing: Any) -> Any:
        key = f"{package}>{name or thing.__name__}"
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ArgumentError(f"Cannot register {key}: a class that is saved must have a `get_config` method.")
        _registered[key] = thing
        _names[id(thing)] = key
        return thing

    return decorate


def registered_name(thing: Any) -> str:
    """Return the name that `thing` was registered under, else its own name."""
    return _names.get(id(thing)) or str(thing.__name__)


def get_registered_object(
    name: str, custom_objects: dict[str, Any] | None = None, module_objects: dict[str, Any] | None = None
) -> Any:
    """Return what is known as `name`: in the open scopes, the registry, `custom_objects`, `module_objects`."""
    for known in (*reversed(_scopes), _registered, custom_objects or {}, module_objects or {}):
        if name in known:
            return known[name]
    return None


def get_custom_objects() -> dict[str, Any]:
    """Return the registry itself: what is put into it is known when files are read."""
    return _registered


@contextmanager
def custom_object_scope(*custom_objects: dict[str, Any]) -> Iterator[None]:
    """Make names known while the block runs, as ``keras.saving.custom_object_scope``."""
    _scopes.extend(custom_objects)
    try:
        yield
    finally:
        del _scopes[len(_scopes) - len(custom_objects) :]


def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arguments that `function` declares, without ``self`` and without ``*`` and ``**``."""
    function = getattr(function, "__wrapped__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        import inspect

        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        found = inspect.signature(function).parameters.values()
        return tuple(parameter.name for parameter in found if parameter.kind not in kinds)
    return _declared(code)


@cache
def _declared(code: CodeType) -> tuple[str, ...]:
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return tuple(name for name in names if name not in ("self", "cls"))


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the default values of a Python function's positional parameters."""
    values = getattr(function, "__defaults__", None) or ()
    names = parameters(function)
    code = getattr(function, "__code__", None)
    positional = names[: len(names) - code.co_kwonlyargcount] if code is not None else names
    return dict(zip(positional[len(positional) - len(values) :], values, strict=True))


def serialize(value: Any) -> Any:
    """Return `value` as plain data.

    Raises:
        ArgumentError: `value` cannot be written down: it is neither plain data nor an object with `get_config`.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, dict):
        return {str(key): serialize(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(serialize(item) for item in value)
    if isinstance(value, list):
        return [serialize(item) for item in value]
    if hasattr(value, "get_config"):
        return serialize_object(value)
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        if type(value).__module__.partition(".")[0] == "numpy" and not value.ndim:
            return value.item()
        return _special("numpy" if type(value).__module__ == "numpy" else "tensor", value.tolist(), str(value.dtype))
    if isinstance(value, bytes):
        return _special("bytes", value.decode())
    if isinstance(value, slice):
        bounds = {"start": value.start, "stop": value.stop, "step": value.step}
        return {"class_name": "__slice__", "config": {name: serialize(bound) for name, bound in bounds.items()}}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if callable(value) and hasattr(value, "__name__"):
        return serialize_function(value)
    raise ArgumentError(
        f"Cannot write {value!r} of type {type(value).__name__} into a configuration: "
        "use plain data, or a class with `get_config` and `from_config`."
    )


def _special(kind: str, value: Any, dtype: str | None = None) -> dict[str, Any]:
    return {"class_name": f"__{kind}__", "config": {"value": value} | ({"dtype": dtype} if dtype else {})}


def serialize_object(thing: Any) -> dict[str, Any]:
    """Return an object with `get_config` as ``{"module", "class_name", "config", "registered_name"}``."""
    cls = type(thing)
    house = getattr(cls, "keras_module", None) if cls.__module__.startswith("weigh.") else None
    name = registered_name(cls)
    record: dict[str, Any] = {
        "module": house or cls.__module__,
        "class_name": getattr(cls, "keras_name", cls.__name__) if house else cls.__name__,
        "config": {key: serialize(item) for key, item in thing.get_config().items()},
        "registered_name": None if house and not house.startswith("keras.src.") else name,
    }
    if isinstance(thing, DTypePolicy):
        record |= {"module": "keras", "registered_name": None}
    build_config = getattr(thing, "get_build_config", None)
    if build_config is not None:
        shapes = build_config()
        if shapes is not None:
            record["build_config"] = serialize(shapes)
    compile_config = getattr(thing, "get_compile_config", None)
    if compile_config is not None:
        record["compile_config"] = serialize(compile_config() or {})
    if _sharing:
        _sharing[-1].mark(thing, record)
    return record


class _Shared:
    """The objects met while a whole is serialised, and numbers for those that were met more than once."""

    def __init__(self, numbers: dict[int, int] | None = None) -> None:
        self._numbers = numbers or {}
        self._met: dict[int, tuple[Any, int]] = {}  # holds the objects, so that no two of them have one id

    def mark(self, thing: Any, record: dict[str, Any]) -> None:
        _, times = self._met.get(id(thing), (thing, 0))
        self._met[id(thing)] = (thing, times + 1)
        if id(thing) in self._numbers:
            record["shared_object_id"] = self._numbers[id(thing)]

    def numbers(self) -> dict[int, int]:
        repeated = (identity for identity, (_, times) in self._met.items() if times > 1)
        return {identity: number for number, identity in enumerate(repeated, 1)}


def serialize_whole(thing: Any) -> Any:
    """Return `thing` as plain data in which an object that occurs twice is marked as one.

    Goes over it twice: who occurs again is known at the end only, and by then the first record may have been copied.
    """
    first = _Shared()
    _sharing.append(first)
    try:
        serialize(thing)
        _sharing[-1] = _Shared(first.numbers())
        return serialize(thing)
    finally:
        _sharing.pop()


@contextmanager
def reviving() -> Iterator[None]:
    """Make one object of all records marked as the same while the block runs."""
    _revived.append({})
    try:
        yield
    finally:
        _revived.pop()


def is_reviving() -> bool:
    """Return whether objects are being made of records that were read."""
    return bool(_revived)


def serialize_function(function: Callable[..., Any]) -> Any:
    """Return a function of ours by its name, a user's as the record that Keras writes, with its registered name."""
    if function.__name__ == "<lambda>":
        raise ArgumentError(
            "A lambda cannot be written into a configuration: it has no name to be found again by. "
            "Define a function and register it with `weigh.saving.register_keras_serializable()`."
        )
    if function.__module__.startswith("weigh.") and id(function) not in _names:
        return function.__name__
    return {
        "module": "builtins",
        "class_name": "function",
        "config": registered_name(function),
        "registered_name": "function",
    }


def deserialize(
    record: Any, resolve: Resolve, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """Return what `serialize` described.

    Args:
        record: plain data.
        resolve: finds our own classes and functions.
        custom_objects: names that the caller vouches for.
        safe_mode: whether code that the record carries is refused; it is never run either way unless this is off.

    Raises:
        FormatError: the record names a class that is neither ours nor registered; nothing is imported.
    """
    if isinstance(record, (list, tuple)):
        return type(record)(deserialize(item, resolve, custom_objects, safe_mode) for item in record)
    if not isinstance(record, dict):
        return record
    if not isinstance(record.get("class_name"), str) or "config" not in record:
        return {key: deserialize(item, resolve, custom_objects, safe_mode) for key, item in record.items()}
    if record["class_name"] in special:
        return special[record["class_name"]](record["config"])
    if record["class_name"] == "__lambda__":
        raise UnsafeFileError("The record holds a lambda as marshalled code. Code from a file is not run.")
    cls = find(record, resolve, custom_objects)
    if record["class_name"] == "function":
        return cls
    shared = record.get("shared_object_id")
    if _revived and isinstance(shared, int) and shared in _revived[-1]:
        return _revived[-1][shared]
    thing = _make(cls, record, resolve, custom_objects, safe_mode)
    if _revived and isinstance(shared, int):
        _revived[-1][shared] = thing
    return thing


special: dict[str, Callable[[dict[str, Any]], Any]] = {
    "__bytes__": lambda config: config["value"].encode(),
    "__slice__": lambda config: slice(config["start"], config["stop"], config["step"]),
    "__ellipsis__": lambda config: Ellipsis,
}
"""What reads values that JSON does not have. Floors above add theirs: this one knows no arrays."""


def _make(
    cls: Any, record: dict[str, Any], resolve: Resolve, custom_objects: dict[str, Any] | None, safe_mode: bool
) -> Any:
    """Return a new `cls` as its record describes it: configured, built and compiled."""
    settings = record["config"]
    if not isinstance(settings, dict):
        raise FormatError(f"The configuration of {record['class_name']!r} must be a dictionary, not {settings!r}.")
    if cls.__module__.startswith("weigh."):
        # Keras writes arguments that we do not have; what is None asks for nothing.
        known = _accepted(cls)
        settings = {name: value for name, value in settings.items() if value is not None or name in known}
    names = parameters(getattr(cls.from_config, "__func__", cls.from_config))
    extra = {"custom_objects": custom_objects, "safe_mode": safe_mode, "resolve": resolve}
    thing = cls.from_config(settings, **{name: value for name, value in extra.items() if name in names})
    build_config = record.get("build_config")
    if build_config and hasattr(thing, "build_from_config") and not thing.built:
        thing.build_from_config(build_config)
    compile_config = record.get("compile_config")
    if compile_config and hasattr(thing, "compile_from_config"):
        thing.compile_from_config(compile_config)
    return thing


def _accepted(cls: type) -> set[str]:
    """Return the names of the arguments that a class' constructor takes, those that it passes on included."""
    names: set[str] = set()
    for base in cls.__mro__:
        constructor = vars(base).get("__init__")
        code = getattr(constructor, "__code__", None)
        if code is not None and constructor is not None:
            names.update(parameters(constructor))
            if not code.co_flags & 0x08:  # it has no **kwargs
                break
    return names


def find(record: dict[str, Any], resolve: Resolve, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the class or function that a record names.

    Raises:
        FormatError: it is neither ours nor registered nor passed.
    """
    module = record.get("module")
    name = record["config"] if record["class_name"] == "function" else record["class_name"]
    registered = record.get("registered_name")
    for key in (registered, name):
        found = get_registered_object(key, custom_objects) if isinstance(key, str) else None
        if found is not None:
            return found
    found = resolve(module if isinstance(module, str) else "", name) if isinstance(name, str) else None
    if found is None:
        raise FormatError(
            f"The file names {name!r} of module {module!r} (registered as {registered!r}), which is not one of weigh's "
            "and was not registered. Nothing was imported. If it is yours, decorate it with "
            "`weigh.saving.register_keras_serializable()` or pass it in `custom_objects`."
        )
    return found


def get(identifier: Any, what: str, known: Callable[[str], Any], names: Callable[[], list[str]]) -> Any:
    """Return the object that an argument such as ``kernel_initializer="zeros"`` means.

    Args:
        identifier: ``None``, a name, a record, a class, or the object itself.
        what: what is looked for, for the message: ``"initializer"``.
        known: finds one of ours by name, else returns ``None``.
        names: lists ours.

    Raises:
        UnknownNameError: the name is not known; the message has the nearest ones.
        ArgumentError: it is none of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict) and "class_name" in identifier:
        return deserialize(identifier, lambda _, name: known(name))
    if isinstance(identifier, str):
        found = get_registered_object(identifier) or known(identifier)
        if found is None:
            raise UnknownNameError.of(what, identifier, names())
        identifier = found
    if isinstance(identifier, type):
        identifier = identifier()
    if callable(identifier):
        return identifier
    raise ArgumentError(f"Cannot take {identifier!r} as {what}: give a name, an object, a callable, or None.")
