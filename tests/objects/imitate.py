"""Stand-ins for objects of frameworks that are not installed here, from what `fixtures/make.py` wrote of real ones."""

import dataclasses
import json
from collections import namedtuple
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"


def classes_of(bases: list[list[str]]) -> type:
    """A class whose classes have these modules and names, nearest first."""
    cls: type = object
    for module, name in reversed(bases):
        cls = type(name, (cls,), {"__module__": module})
    return cls


class Imitation:
    """What one fixture describes.

    Attributes:
        value: the object.
        optimizer: given beside it.
        account: of the real ones, as plain data.
    """

    def __init__(self, name: str) -> None:
        data = json.loads((FIXTURES / f"{name}.json").read_text())
        self._classes = {name: classes_of(bases) for name, bases in data["classes"].items()}
        self._objects = data["objects"]
        self._made: dict[int, Any] = {}
        self.account = data["account"]
        self.value, self.optimizer = map(self.of, data["roots"])

    def of(self, described: Any) -> Any:
        if not isinstance(described, dict):
            return described
        ((kind, content),) = described.items()
        match kind:
            case "list":
                return [self.of(child) for child in content]
            case "tuple":
                return tuple(self.of(child) for child in content)
            case "set":
                return set(content)
            case "dict":
                return {self.of(name): self.of(child) for name, child in content}
            case "opaque":
                return type(content, (), {})()
        if content not in self._made:
            self._made[content] = self._object(content, self._objects[str(content)])
        return self._made[content]

    def _object(self, number: int, described: dict[str, Any]) -> Any:
        cls = self._classes[described["class"]]
        if "attributes" not in described:
            return array(cls, described, number)
        attributes = {name: self.of(child) for name, child in described["attributes"].items()}
        if fields := attributes.pop("_fields", None):
            made = namedtuple(cls.__name__, fields)
            made.__module__ = cls.__module__
            return made(**attributes)
        if fields := attributes.pop("__fields__", None):
            static = [
                (name, Any, dataclasses.field(default=None, metadata={"static": is_static}))
                for name, is_static in fields.items()
            ]
            module = cls.__module__
            cls = dataclasses.make_dataclass(cls.__name__, static, bases=cls.__bases__)
            cls.__module__ = module
        if cls.__mro__[-2].__name__ == "Optimizer" and isinstance(attributes.get("state"), list):
            attributes["state"] = dict(attributes["state"])
        value = cls()
        vars(value).update(attributes)
        return value


def array(cls: type, said: dict[str, Any], number: int) -> Any:
    """An array that says what the real one said, and that holds nothing which could be touched."""
    dtype = type("dtype", (), {"itemsize": said["itemsize"], "__str__": lambda _: said["dtype"]})()
    if not said["dtype"].startswith("torch."):
        dtype.name = said["dtype"]
    value = cls()
    value.dtype = dtype
    if said["shape"] is not None:
        value.shape = tuple(said["shape"])
    if "device" in said:
        value.device, value.requires_grad = said["device"], said["requires_grad"]
        value.stride = lambda: tuple(said["strides"])
        value.data_ptr = lambda: (said["storage"] + 1) * 2**20 + said["offset"] * said["itemsize"]
    elif "strides" in said:
        value.strides = tuple(said["strides"])
        value.__array_interface__ = {"data": ((number + 1) * 2**20, False)}
    return value
