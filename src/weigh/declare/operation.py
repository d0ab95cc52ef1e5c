"""What can be called on symbolic tensors and stand in a graph: layers, and functions of arrays."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.declare import naming
from weigh.declare.graph import Node, Tensor
from weigh.errors import ArgumentError, GraphError, NotBuiltError


class Operation:
    """Something with a name whose calls on symbolic tensors are recorded.

    Args:
        name: automatic where none is given: the class name in snake case, numbered.

    Raises:
        ArgumentError: `name` holds a slash.

    Attributes:
        is_network: whether it is a whole network, whose name is not part of the paths inside.
        tensor_type: the class of the symbolic tensors that come out.
        inbound_nodes, outbound_nodes: its calls on symbolic tensors, and the calls that read what came out.
    """

    keras_module: ClassVar[str] = "keras"
    is_network: ClassVar[bool] = False
    tensor_type: ClassVar[type[Tensor]] = Tensor

    _arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        operation = super().__new__(cls)
        operation._arguments = (args, kwargs)
        return operation

    def __init__(self, name: str | None = None) -> None:
        if name is not None and "/" in str(name):
            raise ArgumentError(f"{type(self).__name__}: `name` must not hold a '/', as paths do, but is {name!r}.")
        self.name = str(name) if name else self._automatic_name()
        self.inbound_nodes: list[Node] = []
        self.outbound_nodes: list[Node] = []

    @classmethod
    def _automatic_name(cls) -> str:
        return naming.automatic(cls.__name__)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs."""
        raise NotImplementedError(f"{self.name!r} of type {type(self).__name__} has no `call` method.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Record a call on symbolic tensors, or compute on arrays."""
        raise NotImplementedError

    @property
    def sublayers(self) -> list[Any]:
        """The layers that it holds itself; an operation that is no layer holds none."""
        return []

    @property
    def input(self) -> Any:
        """The symbolic tensor that it was called on, or the structure of several.

        Raises:
            NotBuiltError: it was not called on symbolic tensors yet.
            GraphError: it was called more than once, so there are several.
        """
        node = self._only_call("input")
        given = node.args[0] if node.args else node.inputs
        return given if node.inputs else node.outputs[0]

    @property
    def output(self) -> Any:
        """The symbolic tensor that its call returned, or the list of several; raises as `input`."""
        outputs = self._only_call("output").outputs
        return outputs[0] if len(outputs) == 1 else outputs

    def _only_call(self, what: str) -> Node:
        if not self.inbound_nodes:
            raise NotBuiltError(
                f"{self.name!r} has no symbolic {what} yet: call it on a tensor, such as `weigh.Input` returns."
            )
        if len(self.inbound_nodes) > 1:
            raise GraphError(
                f"{self.name!r} was called {len(self.inbound_nodes)} times, so it has no single {what}; "
                "look at its `inbound_nodes`."
            )
        return self.inbound_nodes[0]
