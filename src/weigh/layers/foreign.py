"""Functions and modules of other JAX libraries as layers. Nothing of these libraries is imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from weigh.account import roles
from weigh.compute.lazy import jax, numpy
from weigh.compute.randomness import SeedGenerator
from weigh.compute.values import Array
from weigh.declare import config as configuration
from weigh.declare import dtypes, tree
from weigh.declare.dim import Dim, Origin
from weigh.declare.seed import Draw
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.layers import inner
from weigh.layers.base import Layer


class JaxLayer(Layer):
    """A function of JAX as a layer: its parameters are trained, and its state kept, like a layer's weights.

    Declaring it asks JAX for the shapes that `init_fn` makes; the values are made when they are first needed.

    Args:
        call_fn: takes ``inputs`` and, where they are among its arguments, ``params``, ``state``, ``rng`` (a key in
            training, else ``None``) and ``training``; returns the outputs and, if it takes ``state``, the new state.
        init_fn: takes ``inputs`` (ones of the input's shape, 1 for an unknown size) and perhaps ``rng`` and
            ``training``; returns the parameters and, if `call_fn` takes ``state``, the state.
        params: the parameters, instead of those of `init_fn`: arrays or numbers in dicts, lists, tuples or whatever
            JAX knows as a tree.
        state: the state, likewise.
        seed: where the random stream of ``rng`` starts.
        native_serialization_platforms: accepted because Keras writes it; it matters on TensorFlow alone.

    Raises:
        ArgumentError: a function has no argument ``inputs``, or one that nothing is given for; or there is nothing that
            parameters could come from.
        ArgumentTypeError: something in `params` or `state` is neither an array nor a number.
    """

    def __init__(
        self,
        call_fn: Callable[..., Any],
        init_fn: Callable[..., Any] | None = None,
        params: Any = None,
        state: Any = None,
        seed: int | None = None,
        native_serialization_platforms: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.call_fn = call_fn
        self.init_fn = init_fn
        self.seed = seed
        self.native_serialization_platforms = native_serialization_platforms
        self._call_arguments = self._checked("call_fn", call_fn, ("params", "state", "rng", "inputs", "training"))
        self._init_arguments = self._checked("init_fn", init_fn, ("rng", "inputs", "training")) if init_fn else ()
        needed = [name for name in ("params", "state") if name in self._call_arguments]
        if needed and init_fn is None and params is None and state is None:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `call_fn` takes {' and '.join(needed)}, but there is no "
                "`init_fn` to make them, and neither `params` nor `state` is given. Give one of the three."
            )
        self.seed_generator = SeedGenerator(seed) if "rng" in self._call_arguments else None
        self.params, self.state = self._given(params, True), self._given(state, False)

    def _checked(self, argument: str, function: Callable[..., Any], known: tuple[str, ...]) -> tuple[str, ...]:
        names = configuration.parameters(function)
        if "inputs" not in names or not set(names) <= set(known):
            others = ", ".join(name for name in known if name != "inputs")
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `{argument}` must take `inputs`, and may take {others}; "
                f"this one takes {', '.join(names) or 'nothing'}."
            )
        return names

    # Its weights ------------------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        needed = {"params", "state"} & set(self._call_arguments)
        if needed and self.params is None and self.state is None:
            start = Draw()
            made = _Made(lambda: self._initialised(input_shape, self._initial_key(int(start))))
            params, state = jax.eval_shape(lambda: self._initialised(input_shape, self._initial_key(0)))
            first = len(jax.tree.leaves(params))
            self.params = self._declared(params, True, "init_fn", lambda index: made.taker(index))
            self.state = self._declared(state, False, "init_fn", lambda index: made.taker(first + index))

    def _given(self, values: Any, trainable: bool) -> Any:
        def holder(value: Any) -> Callable[..., Any]:
            return lambda shape, dtype: numpy.asarray(value, dtype)

        leaves = [] if values is None else jax.tree.leaves(values)
        for value in leaves:
            if not hasattr(value, "dtype") and not isinstance(value, (bool, int, float)):
                raise ArgumentTypeError(
                    f"Layer {self.name!r} ({type(self).__name__}): `params` and `state` must hold arrays and numbers, "
                    f"not {value!r}."
                )
        return self._declared(
            values, trainable, "params" if trainable else "state", lambda index: holder(leaves[index])
        )

    def _declared(
        self, values: Any, trainable: bool, argument: str, initial: Callable[[int], Callable[..., Any]]
    ) -> Any:
        """Return a tree like `values`, which came from an argument, of weights like the arrays in it."""
        if values is None:
            return None
        paths, structure = jax.tree_util.tree_flatten_with_path(values)
        weights = []
        for index, (path, value) in enumerate(paths):
            name = jax.tree_util.keystr(path, simple=True, separator=".") or ("params" if trainable else "state")
            dtype = str(value.dtype) if hasattr(value, "dtype") else "float32" if isinstance(value, float) else "int32"
            weights.append(
                self.add_weight(
                    tuple(Dim(size, Origin("argument", argument, self.name)) for size in numpy.shape(value)),
                    initial(index),
                    None if dtypes.is_float(dtype) else dtype,
                    name=name,
                    role=roles.of("", name.rpartition(".")[2]),
                    trainable=trainable,
                )
            )
        return jax.tree.unflatten(structure, weights)

    def _initialised(self, input_shape: Any, key: Any) -> tuple[Any, Any]:
        """Return the parameters and the state that `init_fn` makes for inputs of a shape."""
        assert self.init_fn is not None, "checked when it was made"
        inputs = tree.map_shapes(
            lambda shape: jax.numpy.ones([1 if size is None else int(size) for size in shape]), input_shape
        )
        given = {"rng": key, "inputs": inputs, "training": True}
        made = self.init_fn(*(given[name] for name in self._init_arguments))
        return made if "state" in self._call_arguments else (made, None)

    def _initial_key(self, start: int) -> Any:
        """Return what `init_fn` gets as ``rng``."""
        return numpy.array([start, 0], "uint32")

    def _call_key(self, training: bool) -> Any:
        """Return what `call_fn` gets as ``rng``."""
        return self.seed_generator.next() if training and self.seed_generator is not None else None

    # Computing --------------------------------------------------------------------------------------------------

    def call(self, inputs: Any, training: bool = False) -> Any:
        given: dict[str, Callable[[], Any]] = {
            "params": lambda: _values(self.params),
            "state": lambda: _values(self.state),
            "rng": lambda: self._call_key(training),
            "inputs": lambda: inputs,
            "training": lambda: bool(training),
        }
        result = self.call_fn(*[given[name]() for name in self._call_arguments])
        if "state" not in self._call_arguments:
            return result
        outputs, state = result
        structure_of: Any = jax.tree.structure
        before, after = structure_of(self.state), structure_of(state)
        if before != after:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}): `call_fn` returned a state of the structure {after}; "
                f"that which it got has {before}."
            )
        for weight, value in zip(jax.tree.leaves(self.state), jax.tree.leaves(state), strict=True):
            weight.assign(value)
        return outputs

    # Configuration ----------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {name: value for name, value in config.items() if name not in ("params", "state", "seed")}

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict[str, Any] | None = None,
        resolve: configuration.Resolve | None = None,
    ) -> Any:
        return cls(**{name: inner.revived(value, custom_objects, resolve) for name, value in config.items()})


class _Made:
    """The arrays that a function makes all at once, for initializers that are asked for one after the other."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._left: dict[int, Array] = {}

    def taker(self, index: int) -> Callable[..., Array]:
        """Return the initializer that gives the array at `index`."""

        def take(shape: Any, dtype: Any) -> Array:
            if index not in self._left:
                self._left = dict(enumerate(jax.tree.leaves(self._make())))
            return self._left.pop(index).astype(dtype)

        return take


def _values(weights: Any) -> Any:
    return None if weights is None else jax.tree.map(lambda weight: weight.value, weights)


class FlaxLayer(JaxLayer):
    """A module of Flax (`flax.linen`) as a layer: the collection ``params`` is trained, other collections are state.

    It is anything with ``init(rngs, inputs, method=…)`` and ``apply(variables, inputs, rngs=…, method=…, mutable=…)``.

    Args:
        module: the module.
        method: of the module, or a function that takes it first; ``None`` for its ``__call__``. It takes ``inputs`` and
            perhaps ``training``.
        variables: what ``module.init`` returns, to start from; it is called when it is ``None``.

    Raises:
        ArgumentError: the module has no ``init`` and ``apply``.
    """

    def __init__(self, module: Any, method: Any = None, variables: Any = None, **kwargs: Any) -> None:
        if not hasattr(module, "init") or not hasattr(module, "apply"):
            raise ArgumentError(f"FlaxLayer: `module` must have `init` and `apply`, as Flax' modules do: {module!r}.")
        self.module = module
        self.method = method
        trains = "training" in configuration.parameters(method or type(module).__call__)

        def apply(params: Any, state: Any, rng: Any, inputs: Any, training: Any) -> Any:
            more = {"training": training} if trains else {}
            collections = {**(params or {}), **(state or {})}
            return module.apply(collections, inputs, rngs=rng, method=method, mutable=list(state or {}), **more)

        def initialise(rng: Any, inputs: Any) -> tuple[Any, Any]:
            more = {"training": True} if trains else {}
            return _parted(module.init(rng, inputs, method=method, **more))

        params, state = (None, None) if variables is None else _parted(variables)
        super().__init__(apply, initialise, params, state, **kwargs)

    def _initial_key(self, start: int) -> Any:
        return {"params": super()._initial_key(start), "dropout": super()._initial_key(start + 1)}

    def _call_key(self, training: bool) -> Any:
        key = super()._call_key(training)
        return {} if key is None else {"dropout": key}

    def get_config(self) -> dict[str, Any]:
        config = Layer.get_config(self)
        bound = getattr(self.method, "__self__", None) is self.module and self.method is not None
        return {
            **{name: value for name, value in config.items() if name != "variables"},
            "method": self.method.__name__ if bound else configuration.serialize(self.method),
        }

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict[str, Any] | None = None,
        resolve: configuration.Resolve | None = None,
    ) -> Any:
        made = {name: inner.revived(value, custom_objects, resolve) for name, value in config.items()}
        if isinstance(made.get("method"), str):
            made["method"] = getattr(made["module"], made["method"])
        return cls(**made)


def _parted(variables: Any) -> tuple[Any, Any]:
    """Return the parameters and the other collections of a module's variables."""
    return {"params": variables.get("params", {})}, {name: one for name, one in variables.items() if name != "params"}
