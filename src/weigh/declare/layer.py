"""What every layer is: it declares weights, says its output shape, and records its calls on symbolic tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ClassVar

from weigh.declare import config as configuration
from weigh.declare import dtypes, naming, spec, tree
from weigh.declare.cost import Cost
from weigh.declare.dim import Dim, Origin, Shape, met
from weigh.declare.graph import Node, Tensor, recording
from weigh.declare.operation import Operation
from weigh.declare.weight import Holder, Weight
from weigh.errors import ArgumentError, ArgumentTypeError, GraphError, NotBuiltError, StateError


class Layer(Operation):
    """A part of a network, as it is declared.

    A subclass writes `build(input_shape)`, which declares weights through `add_weight`; `compute_output_shape
    (input_shape)`; and `call(inputs)`, which computes. The constructor's arguments, kept as attributes of the same
    names, are its configuration.

    Args:
        name: automatic where none is given: the class name in snake case, numbered.
        trainable: whether the gradient may change its weights.
        dtype: a policy or dtype that it stores and computes in.
        autocast: whether floating-point inputs are converted to its compute dtype.

    Raises:
        ArgumentError: `trainable` is not a bool, or `name` holds a slash.

    Attributes:
        weight_type: the class of the weights that it declares.
        special: yes-or-no arguments for special cases, which are nothing to propose to whoever did not ask for them.
    """

    keras_module: ClassVar[str] = "keras.layers"
    weight_type: ClassVar[type[Weight]] = Weight
    special: ClassVar[frozenset[str]] = frozenset()
    input_spec: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _declaring(cls.__dict__["build"])  # type: ignore[method-assign]

    def __init__(
        self, *, name: str | None = None, trainable: bool = True, dtype: Any = None, autocast: bool = True
    ) -> None:
        if trainable not in (True, False):
            raise ArgumentError(f"{type(self).__name__}: `trainable` must be True or False, not {trainable!r}.")
        super().__init__(name)
        self._trainable = trainable
        self.dtype_policy = dtypes.policy_of(dtype)
        self.autocast = autocast
        self.built = False
        self._own_weights: list[Weight] = []
        self._build_shapes: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self._building = False
        self._path: str | None = None

    # What it declares -------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Declare the weights for inputs of `input_shape`; a layer without weights has nothing to do."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape that comes out for inputs of `input_shape`."""
        raise NotImplementedError(f"{type(self).__name__} does not say its output shape.")

    def compute_cost(self, input_shape: Any) -> Cost | None:
        """Return what one call takes at inference for inputs of `input_shape`; ``None`` where the layer does not say.

        Its arguments are those of `compute_output_shape`, with every size known. Where the sizes are Dims, so are the
        counts, which then know their working.
        """
        return None

    def dim(self, argument: str, index: int | None = None) -> Dim:
        """Return one of its constructor's arguments as a Dim that says so: ``512, units of dense``."""
        value = getattr(self, argument)
        label = argument if index is None else f"{argument}[{index}]"
        return Dim(value if index is None else value[index], Origin("argument", label, self.name))

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = None,
        dtype: Any = None,
        *,
        name: str | None = None,
        role: str = "",
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        autocast: bool = True,
        aggregation: str = "none",
    ) -> Any:
        """Declare a weight and return it.

        Args: as of `weigh.declare.weight.Weight`; `dtype` defaults to the layer's variable dtype. `aggregation` is
            accepted for compatibility: one program runs on one device and on many.

        Raises:
            StateError: the layer's constructor was not called first.
            GraphError: the layer has another weight of that name.
            ArgumentError: a size is unknown or negative.
        """
        self._check_constructed()
        with naming.scope(self.name, self):
            weight = self.weight_type(
                shape=shape,
                initializer=initializer,
                dtype=dtype or self.variable_dtype,
                role=role,
                trainable=trainable,
                name=name,
                regularizer=regularizer,
                constraint=constraint,
                autocast=autocast,
            )
        other = next((known for known in self._own_weights if known.name == weight.name), None)
        if other is not None:
            raise GraphError(
                f"Layer {self.name!r} declares two weights at the path {weight.path!r}: one of shape {other.shape} and "
                f"one of shape {weight.shape}. Give them different names."
            )
        weight.trainable = weight.learnable and self._trainable
        self._own_weights.append(weight)
        return weight

    def _check_constructed(self) -> None:
        if "_own_weights" not in self.__dict__:
            raise StateError(
                f"{type(self).__name__}: call `super().__init__()` first in `__init__`, before anything else."
            )

    # What it consists of ----------------------------------------------------------------------------------------

    def _parts(self, kind: Any) -> Iterator[Any]:
        """Yield the objects of `kind` among its attributes and in lists, tuples and dicts there, each once."""
        seen: set[int] = set()
        for attribute, value in self.__dict__.items():
            if type(value) in _PLAIN or attribute in _NOT_PARTS:  # most attributes, of thousands of layers, often asked
                continue
            for leaf in _held(value) if isinstance(value, (list, tuple, dict)) else (value,):
                if isinstance(leaf, kind) and id(leaf) not in seen:
                    seen.add(id(leaf))
                    yield leaf

    @property
    def sublayers(self) -> list[Layer]:
        """The layers that it holds itself, in the order in which it got them."""
        return [layer for layer in self._parts(Layer) if layer is not self]

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Layer]:
        found: dict[int, Layer] = {id(self): self} if include_self else {}
        for layer in self.sublayers:
            inner = layer._flatten_layers() if recursive else [layer]
            for one in inner:
                found.setdefault(id(one), one)
        return list(found.values())

    @property
    def own_weights(self) -> list[Any]:
        """The weights that it declared itself: trainable ones first, then the others, each in declared order."""
        weights = {id(weight): weight for weight in (*self._own_weights, *self._parts(Weight))}
        return sorted(weights.values(), key=lambda weight: not weight.learnable)

    @property
    def weights(self) -> list[Any]:
        """All weights, its own and those of the layers it holds, each once."""
        found = {id(weight): weight for weight in self.own_weights}
        for layer in self.sublayers:
            for weight in layer.weights:
                found.setdefault(id(weight), weight)
        return list(found.values())

    @property
    def own_random_states(self) -> list[Any]:
        """The states of the random generators that it holds itself."""
        return [state for holder in self._parts(Holder) for state in holder.holdings]

    @property
    def random_states(self) -> list[Any]:
        """The states of the random generators that it and the layers in it hold."""
        found = self.own_random_states
        for layer in self.sublayers:
            found.extend(layer.random_states)
        return list({id(state): state for state in found}.values())

    @property
    def variables(self) -> list[Any]:
        """Weights and random states."""
        return [*self.weights, *self.random_states]

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training changes by gradient."""
        return [weight for weight in self.weights if weight.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training does not change by gradient."""
        return [weight for weight in self.weights if not weight.trainable] if self.trainable else self.weights

    @property
    def trainable_variables(self) -> list[Any]:
        """The same as `trainable_weights`: random states are never trained."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Non-trainable weights and random states."""
        return [*self.non_trainable_weights, *self.random_states]

    @property
    def trainable(self) -> bool:
        """Whether the gradient may change its weights; setting it sets it for all layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for weight in self.own_weights:
            if weight.learnable:
                weight.trainable = self._trainable
        for layer in self.sublayers:
            layer.trainable = self._trainable

    def count_params(self) -> int:
        """Return the number of elements of its weights.

        Raises:
            NotBuiltError: its weights are not declared yet.
        """
        if not self.built:
            raise NotBuiltError(
                f"Layer {self.name!r} ({type(self).__name__}) is not built: its weights depend on the shape of its "
                "input. Call it on a tensor, or `build(input_shape)`, first."
            )
        return sum(weight.count for weight in self.weights)

    @property
    def path(self) -> str | None:
        """Scopes and name under which it was built; ``None`` before."""
        return self._path

    # Number formats ---------------------------------------------------------------------------------------------

    @property
    def dtype(self) -> str:
        """What its weights are stored in."""
        return self.dtype_policy.variable_dtype

    variable_dtype = dtype

    @property
    def compute_dtype(self) -> str:
        """What it computes in."""
        return self.dtype_policy.compute_dtype

    # Being called -----------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Record a call on symbolic tensors, or compute on arrays."""
        self._check_constructed()
        if not any(isinstance(leaf, Tensor) for leaf in tree.leaves([args, kwargs])):
            return self._compute(args, kwargs)
        self.build_for(args, kwargs)
        with naming.scope(self.name, self):
            outputs = self.compute_output_spec(*args, **kwargs)
        for index, leaf in enumerate(tree.leaves(outputs)):
            if not isinstance(leaf, Tensor):
                raise ArgumentTypeError(
                    f"Layer {self.name!r} was called on symbolic tensors and returned {leaf!r}, which is not a tensor."
                )
            leaf.made_by = (self, args, kwargs, index)
        if recording():
            Node(self, args, kwargs, outputs)
        return outputs

    def _compute(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        raise ArgumentTypeError(
            f"Layer {self.name!r} is a declaration only and was called on {args!r}: give it symbolic tensors."
        )

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return symbolic tensors like those that a call with these arguments gives."""
        if type(self).compute_output_shape is Layer.compute_output_shape:
            return self._trace_output(args, kwargs)
        positional, named = self._shapes_for(self.compute_output_shape, args, kwargs)
        shape = self.compute_output_shape(*positional, **named)
        return tree.map_shapes(lambda one: self.tensor_type(one, self.compute_dtype), shape)

    def _trace_output(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError(f"Layer {self.name!r} ({type(self).__name__}) does not say its output shape.")

    def build_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Check a call's inputs and, the first time, declare the weights for their shapes.

        Raises:
            ShapeError: an input does not fit.
        """
        positional, named = self._shapes_for(self.build, args, kwargs)
        self._check_input(positional, named)
        if not self.built and not self._building:
            self.build(*positional, **named)
            self._check_input(positional, named)

    def _check_input(self, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        if self.input_spec is not None:
            spec.check(self.input_spec, positional[0] if positional else next(iter(named.values())), self.name)

    def _shapes_for(
        self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the shapes of a call's tensors as the arguments of `build` or `compute_output_shape`.

        One tensor argument gives one shape. Of several, argument ``query`` gives ``query_shape`` where the method
        has such a parameter; a method with a single parameter gets the first argument's shape.
        """
        names = configuration.parameters(type(self).call)
        given = dict(zip((*names, *(f"argument_{i}" for i in range(len(args)))), args, strict=False))
        given.update(kwargs)
        shapes = {
            name: tree.map_leaves(lambda leaf: None if leaf is None else tuple(leaf.shape), value)
            for name, value in given.items()
            if name != "mask" and not name.endswith("_mask") and _holds_shapes(value)
        }
        accepted = configuration.parameters(method)
        named = {f"{name}_shape": shape for name, shape in shapes.items() if f"{name}_shape" in accepted}
        if len(shapes) <= 1 or len(accepted) <= 1 or not named:
            return tuple(list(shapes.values())[:1]), {}
        return (), named

    # Configuration ----------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, as plain data.

        They are the constructor's parameters, read from the attributes of the same names; where there is no such
        attribute, as the constructor got them.
        """
        config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype_policy}
        constructor = type(self).__init__
        names = configuration.parameters(constructor)
        args, kwargs = self._arguments
        got = {**dict(zip(names, args, strict=False)), **kwargs}
        for name in names:
            if name in config or hasattr(Layer, name):  # what every layer has of that name is no argument's value
                continue
            if hasattr(self, name):
                config[name] = getattr(self, name)
            elif name in got:
                config[name] = got[name]
        return {name: configuration.serialize(value) for name, value in config.items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` returned."""
        return cls(**config)

    def get_build_config(self) -> dict[str, Any] | None:
        """Return the shapes that it was built for, as plain data; ``None`` before."""
        if self._build_shapes is None:
            return None
        positional, named = self._build_shapes
        if positional:
            return {"input_shape": positional[0]}
        return {"shapes_dict": dict(named)} if len(named) > 1 else {"input_shape": next(iter(named.values()), None)}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Declare the weights for the shapes that `get_build_config` returned."""
        if "shapes_dict" in config:
            self.build(**{name: _as_shape(shape) for name, shape in config["shapes_dict"].items()})
        elif "input_shape" in config:
            self.build(_as_shape(config["input_shape"]))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


_PLAIN = frozenset({bool, float, int, str, type(None)})
_NOT_PARTS = frozenset({"_own_weights", "_arguments", "inbound_nodes", "outbound_nodes", "_build_shapes"})


def _held(value: Any) -> Iterator[Any]:
    """Yield what an attribute holds; of a dict in the order in which it was put in, as Keras tracks it."""
    if isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _held(item)
    else:
        yield value


def _holds_shapes(value: Any) -> bool:
    found = tree.flatten(value)
    return (
        bool(found)
        and all(leaf is None or hasattr(leaf, "shape") for leaf in found)
        and any(leaf is not None for leaf in found)
    )


def _as_shape(value: Any) -> Any:
    return tree.map_shapes(lambda shape: shape, value) if value is not None else None


def _declaring(build: Callable[..., None]) -> Callable[..., None]:
    """Wrap a class's `build`: name scopes, dimensions that know their axis, all or nothing, and once."""

    @wraps(build)
    def declare(self: Layer, *shapes: Any, **named: Any) -> None:
        if self._building:  # a subclass calls `super().build(…)`
            build(self, *shapes, **named)
            return
        self._check_constructed()
        if self._build_shapes is not None:
            if self._build_shapes == (shapes, named):
                return
            raise StateError(
                f"Layer {self.name!r} is built already, for {self._build_shapes}; it cannot be built again for "
                f"{(shapes, named)}. Make a new layer."
            )
        before = dict(self.__dict__)
        declared = len(self._own_weights)
        self._building = True
        try:
            with naming.scope(self.name, self):
                self._path = naming.current_path()
                marked = (tree.map_shapes(met, shape) for shape in shapes)
                build(self, *marked, **{name: tree.map_shapes(met, shape) for name, shape in named.items()})
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            del self._own_weights[declared:]
            raise
        finally:
            self._building = False
        self._build_shapes = (shapes, named)
        self.built = True

    return declare


Layer.build = _declaring(Layer.build)  # type: ignore[method-assign]

__all__ = ["Layer", "Shape"]
