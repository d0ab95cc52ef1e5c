"""What is found in an object: arrays, what is said of them, and what a reader of the account should know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from weigh.account import roles
from weigh.account.stored import Stored
from weigh.declare.dim import Dim, Origin
from weigh.objects.arrays import Place, asked, bytes_of, classes, comes_from, dtype_of, overlaps, place_of, shape_of

DECLARED = "declared"
_NAMED = 5  # names that a note lists


class Said(NamedTuple):
    """What the things around an array say of it; see `weigh.account.stored.Stored`."""

    trainable: bool | None = None
    learnable: bool | None = None
    role: str = ""
    kind: str = ""
    evidence: str = ""


NOTHING = Said()
SLOT = Said(trainable=False, role=roles.SLOT, evidence=DECLARED)


class Found:
    """Arrays as they are met.

    Args:
        read: reads any object that is understood into this, at a path, and returns whether it is.

    Attributes:
        arrays: in order; those of one storage have one key.
        notes: in order.
        format: what the object is, in the framework's words; set by the first who knows.
        name: of the network.
    """

    def __init__(self, read: Callable[[Any, Found, str], bool]) -> None:
        self.arrays: list[Stored] = []
        self.format = ""
        self.name = ""
        self._read = read
        self._notes: dict[str, list[str]] = {}
        self._kept: list[Any] = []  # alive as long as their identities are compared
        self._places: dict[Any, tuple[str, Place]] = {}
        self._paths: dict[int, str] = {}

    def read(self, value: Any, path: str) -> bool:
        """Read an object inside of another one; returns whether it is understood."""
        return self._read(value, self, path)

    def knows(self, format: str, name: str) -> None:
        """Say what the whole object is; the outermost one is heard."""
        self.format = self.format or format
        self.name = self.name or name

    def add(
        self,
        path: str,
        value: Any,
        said: Said = NOTHING,
        *,
        layer: str | None = None,
        layer_type: str = "",
        sizes: Sequence[int | None] = (),
        identity: Any = None,
        logical: tuple[int, ...] | None = None,
        packing: str = "",
    ) -> None:
        """Add an array.

        Args:
            path: of it.
            value: the array.
            said: of it.
            layer: path of its owner.
            layer_type: class of its owner.
            sizes: what its owner's arguments make its shape, Dims; used as far as they agree with the shape it has.
            identity: of what it is the value, where that is another object.
            logical: its shape where several elements are packed into one.
            packing: how.
        """
        shape = shape_of(value)
        if shape is None:
            self.note("Arrays whose shape is not known, and that are not counted", path)
            return
        self._kept += (value, identity)
        place = place_of(value)
        key = ("object", id(value if identity is None else identity)) if place is None else place.key
        if place is not None:
            self._places.setdefault(key, (path, place))
        self._paths.setdefault(id(value if identity is None else identity), path)
        stored = 1
        for size in shape:
            stored *= size
        if place is not None and place.elements < stored and logical is None:
            stored, packing = place.elements, "an axis is repeated without being stored again"
        self.arrays.append(
            Stored(
                path,
                agreeing(shape if logical is None else logical, sizes),
                dtype_of(value),
                bytes=bytes_of(value, stored),
                elements=stored,
                packing=packing,
                key=key,
                layer=layer,
                layer_type=layer_type,
                **said._asdict(),
            )
        )

    def path_of(self, value: Any) -> str | None:
        """Return the path at which an object was met first."""
        return self._paths.get(id(value))

    def note(self, text: str, name: str = "") -> None:
        """Note something; names of what it is about are gathered."""
        names = self._notes.setdefault(text, [])
        if name and name not in names:
            names.append(name)

    @property
    def notes(self) -> list[str]:
        """What a reader of the account should know."""
        shared = [
            f"{path} and {other} are views of one storage with {count:,} bytes in common: both are counted."
            for path, other, count in overlaps(list(self._places.values()))
        ]
        return [*map(_sentence, self._notes, self._notes.values()), *shared]


def _sentence(text: str, names: list[str]) -> str:
    if not names:
        return f"{text}."
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{text}: {', '.join(names[:_NAMED])}{more}."


def agreeing(shape: tuple[int, ...], sizes: Sequence[int | None]) -> tuple[int, ...]:
    """Return a shape with the origins of sizes that agree with it."""
    if len(sizes) != len(shape):
        return shape
    return tuple(
        size if known is None or int(known) != size else known for size, known in zip(shape, sizes, strict=True)
    )


class Arguments:
    """The constructor's arguments that an object keeps as attributes, as Dims that know whose they are."""

    def __init__(self, value: Any, owner: str) -> None:
        self._value = value
        self._owner = owner

    def one(self, name: str, index: int | None = None) -> Dim | None:
        """Return an argument, or an element of it; ``None`` where it is no number."""
        given = asked(self._value, name)
        if index is not None:
            given = given[index] if isinstance(given, list | tuple) and -len(given) <= index < len(given) else None
        if isinstance(given, bool) or not isinstance(given, int):
            return None
        return Dim(given, Origin("argument", name if index is None else f"{name}[{index}]", self._owner))

    def all(self, name: str) -> tuple[Dim | None, ...]:
        """Return the elements of an argument, or the argument itself as the only one."""
        given = asked(self._value, name)
        if isinstance(given, list | tuple):
            return tuple(self.one(name, index) for index in range(len(given)))
        return (self.one(name),)

    def flag(self, name: str) -> bool:
        """Return whether an argument is true."""
        return bool(asked(self._value, name, False))

    def times(self, factor: int, name: str) -> Any:
        """Return a multiple of an argument."""
        given = self.one(name)
        return None if given is None else factor * given if factor != 1 else given

    def share(self, name: str, parts: str) -> Any:
        """Return an argument divided by another one."""
        given, among = self.one(name), self.one(parts)
        return given if given is None or among is None or among == 1 else given // among


Sizes = Callable[[Arguments], Mapping[str, Sequence[int | None]]]


class Known(NamedTuple):
    """What a framework's class declares.

    Attributes:
        roles: by the name of the array.
        sizes: what arguments make of shapes, by the name of the array.
    """

    roles: Mapping[str, str]
    sizes: Sizes = lambda _: {}


def known_as(value: Any, table: Mapping[str, Known], packages: str, also: str = "") -> Known | None:
    """Return what is known of the nearest class of a value that a table names and that one of the packages defines."""
    if also in table:
        return table[also]
    return next(
        (table[cls.__name__] for cls in classes(value) if cls.__name__ in table and comes_from(cls, packages)), None
    )
