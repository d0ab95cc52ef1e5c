"""An example of each layer: made of a library with Keras' names, called on symbolic tensors, given data to compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any


class Example:
    """A layer and what it is called on.

    Args:
        name: of the class in `weigh.layers`.
        arguments: of its constructor.
        shape: of one example of the input; a list of shapes for a layer that takes a list of tensors, a dictionary for
            one whose call takes several arguments.
        dtype: of the input.
        make: called with the library, returns the layer, where an argument is a layer itself.
        below: integers of the input are below this number.
        peer: whether Keras 3 has the layer.
    """

    def __init__(
        self,
        name: str,
        arguments: dict[str, Any],
        shape: Any,
        dtype: str = "float32",
        *,
        make: Callable[[Any], Any] | None = None,
        below: int = 2,
        peer: bool = True,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.shape = shape
        self.dtype = dtype
        self.below = below
        self.peer = peer
        self._make = make

    def layer(self, library: Any) -> Any:
        """Return the layer of `library`, not yet called."""
        if self._make is not None:
            return self._make(library)
        return getattr(library.layers, self.name)(**self.arguments)

    def symbols(self, library: Any) -> Any:
        """Return the symbolic input of `library`."""
        if isinstance(self.shape, dict):
            return {name: library.Input(shape, dtype=self.dtype) for name, shape in self.shape.items()}
        if isinstance(self.shape, list):
            return [library.Input(shape, dtype=self.dtype) for shape in self.shape]
        return library.Input(self.shape, dtype=self.dtype)

    def model(self, library: Any) -> Any:
        """Return a network of the layer alone."""
        inputs = self.symbols(library)
        if isinstance(inputs, dict):
            return library.Model(list(inputs.values()), self.layer(library)(**inputs))
        return library.Model(inputs, self.layer(library)(inputs))

    def data(self, batch: int = 2) -> Any:
        """Return an input of so many examples."""
        import numpy

        generator = numpy.random.default_rng(0)

        def drawn(shape: tuple[int, ...]) -> Any:
            if self.dtype == "string":
                return generator.choice(numpy.array(["a", "b b", "c"]), (batch, *shape))
            if "int" in self.dtype:
                return generator.integers(0, self.below, (batch, *shape)).astype(self.dtype)
            return generator.random((batch, *shape)).astype(self.dtype)

        shapes = list(self.shape.values()) if isinstance(self.shape, dict) else self.shape
        return [drawn(shape) for shape in shapes] if isinstance(shapes, list) else drawn(shapes)

    def __repr__(self) -> str:
        return self.name


class Bad:
    """Something that cannot work.

    Args:
        what: in a few words, with the layer's name first: ``"Conv2D: a kernel larger than the padded input"``.
        attempt: does it.
        error: what it raises.
        message: a pattern of what the error says: the layer's name, what came, what would fit.
    """

    def __init__(self, what: str, attempt: Callable[[], Any], error: type[Exception], message: str) -> None:
        self.what = what
        self.attempt = attempt
        self.error = error
        self.message = message

    def __repr__(self) -> str:
        return self.what


def examples() -> Iterator[Example]:
    """Yield the examples of all families."""
    for family in _families():
        yield from family.EXAMPLES


def bad_inputs() -> Iterator[Bad]:
    """Yield what cannot work, of all families."""
    for family in _families():
        yield from getattr(family, "BAD", ())


def _families() -> Iterator[Any]:
    for file in sorted(Path(__file__).with_name("examples").glob("*.py")):
        yield import_module(f"tests.layers.examples.{file.stem}")
