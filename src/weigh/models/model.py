"""A network: layers with inputs and outputs, that can be accounted for, trained and saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from weigh.account.account import Account
from weigh.compute import values
from weigh.compute.lazy import numpy
from weigh.declare import config as configuration
from weigh.declare import layer as declared
from weigh.declare import tree
from weigh.declare.graph import Graph, Tensor, unrecorded
from weigh.declare.spec import InputSpec
from weigh.errors import ArgumentError, GraphError, NotBuiltError, StateError, UnknownNameError
from weigh.layers.base import Layer
from weigh.layers.core.inputs import Input, InputLayer

if TYPE_CHECKING:
    from weigh.compute.state import State
    from weigh.models.host import Split
    from weigh.training.callbacks import History
    from weigh.training.predict import Forward
    from weigh.training.trainer import Trainer


class Model(Layer):
    """A network.

    ``Model(inputs, outputs)`` is the network of layers between symbolic tensors. A subclass that writes `call` is a
    network too; its weights are declared when it is first called or built.

    Args:
        inputs: the symbolic tensors that are given, in any structure of lists, tuples and dicts.
        outputs: the symbolic tensors to compute from them, in any structure.
        name, trainable, dtype: as of a layer.

    Raises:
        ArgumentTypeError: an input or output is not a symbolic tensor.
        GraphError: the outputs do not depend on the inputs alone, or two layers share a name.
    """

    is_network: ClassVar[bool] = True
    keras_module: ClassVar[str] = "keras"
    graph: Graph | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make a `Functional` of ``Model(inputs, outputs)``."""
        if cls is Model and (len(args) >= 2 or "outputs" in kwargs):
            from weigh.models.functional import Functional

            return super().__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, inputs: Any = None, outputs: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._trainer: Trainer | None = None
        self.forward: Forward | None = None
        self.split: Split | None = None
        if inputs is not None and outputs is not None:
            self._connect(inputs, outputs)
        elif inputs is not None or outputs is not None:
            raise ArgumentError(f"Model {self.name!r} needs both `inputs` and `outputs`, or neither.")

    # Its graph --------------------------------------------------------------------------------------------------

    def _connect(self, inputs: Any, outputs: Any) -> None:
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            for leaf in tree.leaves(structure):
                if not isinstance(leaf, Tensor):
                    raise ArgumentError(
                        f"Model {self.name!r}: `{what}` must be symbolic tensors, as `weigh.Input` and layers called "
                        f"on them return, but holds {leaf!r} of type {type(leaf).__name__}."
                    )
        if not tree.flatten(inputs) or not tree.flatten(outputs):
            raise GraphError(f"Model {self.name!r} needs at least one input and one output.")
        graph = Graph(tree.flatten(inputs), tree.flatten(outputs))
        if any(not isinstance(tensor.layer, InputLayer) for tensor in graph.inputs):
            inputs, outputs = _on_own_inputs(graph, inputs, outputs)
            graph = Graph(tree.flatten(inputs), tree.flatten(outputs))
        self.graph = graph
        self.input_structure = inputs
        self.output_structure = outputs
        self.built = True

    @property
    def input_spec(self) -> Any:
        """What the inputs must look like: as the graph's, with a batch of any size and a last axis of 1 optional."""
        if self.graph is None:
            return None
        return [
            InputSpec(shape=(None, *tensor.shape[1:]), allow_last_axis_squeeze=True, name=tensor.name)
            for tensor in self.graph.inputs
        ]

    @property
    def inputs(self) -> list[Tensor]:
        """The symbolic tensors that are given, in a flat list."""
        return self._graph_or_error().inputs

    @property
    def outputs(self) -> list[Tensor]:
        """The symbolic tensors that are computed, in a flat list."""
        return self._graph_or_error().outputs

    @property
    def input(self) -> Any:
        """The symbolic tensors that are given, in the structure in which they were."""
        self._graph_or_error()
        return _single(self.input_structure)

    @property
    def output(self) -> Any:
        """The symbolic tensors that are computed, in the structure in which they were."""
        self._graph_or_error()
        return _single(self.output_structure)

    @property
    def input_shape(self) -> Any:
        """The shape of the input, or the structure of shapes of several."""
        return _single(tree.map_leaves(lambda tensor: tensor.shape, self.input))

    @property
    def output_shape(self) -> Any:
        """The shape of the output, or the structure of shapes of several."""
        return _single(tree.map_leaves(lambda tensor: tensor.shape, self.output))

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs."""
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """Names of the layers that the outputs come from."""
        return [tensor.layer.name for tensor in self.outputs if tensor.layer is not None]

    def _graph_or_error(self) -> Graph:
        if self.graph is None:
            raise NotBuiltError(
                f"Model {self.name!r} ({type(self).__name__}) has no symbolic inputs and outputs: "
                "it computes in `call`, or is not built yet."
            )
        return self.graph

    @property
    def sublayers(self) -> list[declared.Layer]:
        """The graph's layers in Keras' order, then those among its attributes."""
        own = self.graph.layers if self.graph is not None else []
        return list(dict.fromkeys([*own, *super().sublayers]))

    @property
    def layers(self) -> list[Any]:
        """Its layers, in order."""
        return list(self.sublayers)

    @property
    def operations(self) -> list[Any]:
        """What its graph calls, in order: its layers, and operations such as additions."""
        return list(self._graph_or_error().operations)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Return a layer by name or by place.

        Raises:
            UnknownNameError: no layer has that name; the message has the nearest names.
            ArgumentError: neither or both are given, or there are fewer layers.
        """
        if (name is None) == (index is None):
            raise ArgumentError("`get_layer` takes a `name` or an `index`.")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ArgumentError(f"Model {self.name!r} has {len(layers)} layers; there is none at {index}.")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise UnknownNameError.of(f"layer of model {self.name!r}", name, [layer.name for layer in layers])

    # Shapes and computing ---------------------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Declare the weights of the layers inside for inputs of `input_shape`; a graph's are declared already."""
        if self.graph is None and type(self).call is not Model.call:
            tensors = tree.map_shapes(lambda shape: self.tensor_type(shape, self.compute_dtype), input_shape)
            with unrecorded():
                self._trace_output((tensors,), {})

    def build_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.graph is not None and args:
            from weigh.models.functional import ordered

            args = (ordered(self, args[0]), *args[1:])
        super().build_for(args, kwargs)

    def _as_input(self, leaf: Any) -> Any:
        if self.graph is not None and isinstance(leaf, numpy.ndarray) and leaf.dtype in ("int64", "uint64"):
            return leaf  # JAX would cut it to 32 bits before a lookup on the host sees it
        return super()._as_input(leaf)

    def compute_output_shape(self, input_shape: Any) -> Any:
        tensors = tree.map_shapes(lambda shape: self.tensor_type(shape, self.compute_dtype), input_shape)
        return tree.map_leaves(lambda tensor: tensor.shape, self.compute_output_spec(tensors))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if self.graph is None:
            return self._trace_output(args, kwargs)
        given = [tensor.shape for tensor in tree.leaves(args[0])]
        if given == [tensor.shape for tensor in self.graph.inputs]:
            return tree.map_leaves(lambda tensor: self.tensor_type(tensor.shape, tensor.dtype), self.output)
        with unrecorded():
            return self.call(*args, **kwargs)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        from weigh.models.functional import run

        if self.graph is None:
            raise NotImplementedError(
                f"Model {self.name!r} ({type(self).__name__}) has neither a graph nor a `call` method."
            )
        return run(self, inputs, mask)

    def functional(self) -> tuple[Callable[..., Any], State]:
        """Return the network as a pure function and its state.

        Returns:
            ``apply`` and ``state`` with ``outputs, state = apply(state, inputs, training=False)``. `state` is a pytree;
            nothing outside it is read or written, so JAX's transformations apply.
        """
        from weigh.compute.state import State, pure

        values.materialise(self.variables)
        return pure(self), State.of(self)

    # Account ----------------------------------------------------------------------------------------------------

    def account(self) -> Account:
        """Return every weight with its working; optimizer slots stand beside.

        Raises:
            NotBuiltError: the weights are not declared yet.
        """
        optimizer = self.optimizer
        return Account.of(self, slots=optimizer.slots if optimizer is not None else ())

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[..., Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
        style: str | None = None,
    ) -> None:
        """Print a table of the layers.

        Args:
            line_length: width in characters; by default as the style has it.
            positions: where columns end, as shares of the width or in characters.
            print_fn: called with the text instead of printing it.
            expand_nested: whether the layers of models inside are shown.
            show_trainable: whether a column says what is trained.
            layer_range: names of the first and last layer to show, or patterns of them.
            style: ``"keras3"`` (default), ``"keras2"`` or ``"keras1"``: byte for byte what that Keras prints.

        Raises:
            NotBuiltError: the style cannot show a model that is not built.
            UnknownNameError: no style has that name.
        """
        from weigh.report.summary import summary

        summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range, style)

    def explain(
        self,
        layer: str | None = None,
        *,
        totals: bool = False,
        lang: str | None = None,
        print_fn: Callable[[str], Any] | None = None,
    ) -> None:
        """Print where every number comes from: of the whole network, of one layer, or of the totals.

        Args:
            layer: name of a layer, ``outer/inner`` for one inside another.
            totals: whether only the totals are explained, as several tools count them.
            lang: ``"en"`` or ``"zh"``; by default that of the environment variable ``WEIGH_LANG``, else English.
            print_fn: called with the text instead of printing it.

        Raises:
            NotBuiltError: the weights are not declared yet.
            UnknownNameError: there is no such layer or language.
        """
        from weigh.report.explain import explain

        explain(self, layer, totals=totals, lang=lang, print_fn=print_fn)

    # Training ---------------------------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the network is trained and judged; arguments as of Keras' ``Model.compile``."""
        from weigh.training.trainer import Trainer

        self._trainer = Trainer(
            self,
            optimizer=optimizer,
            loss=loss,
            loss_weights=loss_weights,
            metrics=metrics,
            weighted_metrics=weighted_metrics,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss,
        )

    @property
    def trainer(self) -> Trainer:
        """What `compile` made.

        Raises:
            StateError: `compile` was not called.
        """
        if self._trainer is None:
            raise StateError(f"Model {self.name!r} is not compiled: call `compile(optimizer, loss)` first.")
        return self._trainer

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self._trainer is not None

    @property
    def optimizer(self) -> Any:
        """The optimizer that `compile` got; ``None`` before."""
        return self._trainer.optimizer if self._trainer is not None else None

    @property
    def loss(self) -> Any:
        """The loss that `compile` got; ``None`` before."""
        return self._trainer.loss if self._trainer is not None else None

    @property
    def metrics(self) -> list[Any]:
        """The metrics of training, the mean loss first; empty before `compile`."""
        return self._trainer.metrics if self._trainer is not None else []

    @property
    def metrics_names(self) -> list[str]:
        """Names of `metrics`."""
        return [metric.name for metric in self.metrics]

    def fit(self, *args: Any, **options: Any) -> History:
        """Train; arguments as of :meth:`weigh.training.trainer.Trainer.fit`. Returns the History."""
        return self.trainer.fit(*args, **options)

    def evaluate(self, *args: Any, **options: Any) -> Any:
        """Return the loss and metrics over data; arguments as of `Trainer.evaluate`."""
        return self.trainer.evaluate(*args, **options)

    def compiled_part(self, x: Any) -> tuple[Any, Any]:
        """Return what of the network is compiled, and its inputs for data `x`: text is turned into numbers before."""
        from weigh.models.host import compiled_part

        return compiled_part(self, x)

    def predict(self, x: Any, *args: Any, **options: Any) -> Any:
        """Return the outputs for data as NumPy arrays; arguments as of `weigh.training.predict.predict`."""
        from weigh.training.predict import predict

        return predict(self, x, *args, **options)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch as NumPy arrays."""
        from weigh.training.predict import predict_on_batch

        return predict_on_batch(self, x)

    def train_on_batch(self, *args: Any, **options: Any) -> Any:
        """Take one training step; arguments as of `Trainer.train_on_batch`."""
        return self.trainer.train_on_batch(*args, **options)

    def test_on_batch(self, *args: Any, **options: Any) -> Any:
        """Return loss and metrics over one batch; arguments as of `Trainer.test_on_batch`."""
        return self.trainer.test_on_batch(*args, **options)

    def reset_metrics(self) -> None:
        """Let all metrics start anew."""
        for metric in self.metrics:
            metric.reset_state()

    def reset_states(self) -> None:
        """Let the layers that carry states from batch to batch begin with states of 0."""
        for layer in self._flatten_layers(include_self=False):
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
                layer.reset_state()

    # Files ------------------------------------------------------------------------------------------------------

    def save(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        """Write architecture, weights and training state to a ``.keras`` file; whole or not at all."""
        from weigh.models.saving import save_model

        save_model(self, filepath, overwrite=overwrite, **options)

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Write the weights to a ``.weights.h5`` file; whole or not at all."""
        from weigh.models.saving import save_weights

        save_weights(self, filepath, overwrite=overwrite)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False) -> None:
        """Read the weights from a ``.weights.h5`` or ``.keras`` file; all or none, unless mismatches are skipped."""
        from weigh.models.saving import load_weights

        load_weights(self, filepath, skip_mismatch=skip_mismatch)

    def to_json(self, **options: Any) -> str:
        """Return the architecture as JSON, as Keras 3 writes it."""
        from weigh.models.saving import to_json

        return to_json(self, **options)

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal network, as plain data: its graph, or a subclass' constructor arguments."""
        if type(self).__init__ is not Model.__init__:
            return super().get_config()
        if self.graph is not None:
            from weigh.models.functional import graph_config

            return graph_config(self)
        return {"name": self.name, "trainable": self.trainable, "dtype": configuration.serialize(self.dtype_policy)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Make a network from what `get_config` returned, here or in Keras 3.

        Raises:
            FormatError: a layer is unknown or cannot be made, or the connections contradict each other.
        """
        if not {"layers", "input_layers", "output_layers"} <= config.keys():
            return cls(**config)
        from weigh.models.functional import from_graph_config

        inputs, outputs = from_graph_config(config, custom_objects)
        return cls(inputs, outputs, name=config.get("name"), trainable=config.get("trainable", True))

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return the arguments of `compile` as plain data; ``None`` before."""
        return self._trainer.get_config() if self._trainer is not None else None

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Call `compile` with the arguments that `get_compile_config` returned, and declare the optimizer's slots."""
        from weigh.training.trainer import arguments

        self.compile(**arguments(config))
        if self.built and self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)


def _on_own_inputs(graph: Graph, inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Return inputs and outputs of the same calls made anew on Inputs, for a network that begins between layers."""
    from weigh.models.functional import replay

    fresh = [
        tensor
        if isinstance(tensor.layer, InputLayer)
        else Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"{tensor.name}CLONE")
        for tensor in graph.inputs
    ]
    return tree.pack(inputs, fresh), tree.pack(outputs, replay(graph, fresh))


def _single(structure: Any) -> Any:
    return structure[0] if isinstance(structure, list) and len(structure) == 1 else structure


__all__ = ["Model"]
