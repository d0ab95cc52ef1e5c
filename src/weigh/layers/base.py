"""What every layer is, whole: the declaring half of `weigh.declare.layer` and the computing half here."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, ClassVar

from weigh.compute import calling, rematerialisation, values
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare import config, dtypes, naming, tree
from weigh.declare import layer as declared
from weigh.declare.graph import Tensor, unrecorded
from weigh.declare.weight import Weight
from weigh.errors import ArgumentError, ArgumentTypeError, NotBuiltError, ShapeError, WeighError
from weigh.ops.abstract import abstract_output
from weigh.ops.tensor import KerasTensor
from weigh.parts import constraints, initializers, regularizers
from weigh.parts.variable import Variable


class Layer(declared.Layer):
    """A layer of a network.

    A subclass writes `build(input_shape)`, which declares weights through `add_weight`; `compute_output_shape
    (input_shape)`; and `call(inputs)`, which computes with JAX or `weigh.ops`. `call` may take `training` and `mask`.

    Args:
        activity_regularizer: called with the output; what it returns, per example, is added to the loss.
        trainable: whether the gradient may change its weights.
        dtype: a policy or dtype that it stores and computes in.
        autocast: whether floating-point inputs are converted to its compute dtype.
        name: automatic where none is given.

    Raises:
        ArgumentError: an argument is unknown or has a value that cannot work.
    """

    weight_type: ClassVar[type[Weight]] = Variable
    tensor_type: ClassVar[type[Tensor]] = KerasTensor
    supports_masking = False
    on_host: bool = False  # whether it computes outside of compiled functions, as all that reads text must

    def __init__(self, *, activity_regularizer: Any = None, **kwargs: Any) -> None:
        shape = kwargs.pop("input_shape", None)
        if "input_dim" in kwargs:
            shape = (kwargs.pop("input_dim"),)
        batch_shape = kwargs.pop("batch_input_shape", None)
        unknown = sorted(set(kwargs) - {"name", "trainable", "dtype", "autocast"})
        if unknown:
            known = (*config.parameters(type(self).__init__), "name", "trainable", "dtype", "activity_regularizer")
            raise ArgumentError(
                f"{type(self).__name__} has no argument {', '.join(map(repr, unknown))}. It takes: {', '.join(known)}."
            )
        super().__init__(**kwargs)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.first_input_shape = tuple(batch_shape) if batch_shape else (None, *shape) if shape is not None else None
        self._added_losses: list[Array] = []
        self._remat = rematerialisation.current()
        if type(self).compute_mask is not Layer.compute_mask:
            self.supports_masking = True  # who computes masks passes them on

    # Declaring --------------------------------------------------------------------------------------------------

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = None,
        dtype: Any = None,
        *,
        regularizer: Any = None,
        constraint: Any = None,
        **options: Any,
    ) -> Any:
        """Declare a weight and return it; as `weigh.declare.layer.Layer.add_weight`, with parts also by name.

        `initializer` defaults to ``"glorot_uniform"`` for floating-point weights and to ``"zeros"`` for others.

        Raises:
            UnknownNameError: no initializer, regularizer or constraint has that name.
        """
        self._check_constructed()
        dtype = dtypes.standardize(dtype or self.variable_dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(dtype) else "zeros"
        return super().add_weight(
            shape,
            initializers.get(initializer),
            dtype,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
            **options,
        )

    add_variable = add_weight

    def _trace_output(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the output's shape: by running `call` on the symbolic tensors, else by asking JAX."""
        names = config.parameters(type(self).call)
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        kwargs, _ = self._with_masks(names, given, kwargs, args[0] if args else next(iter(given.values()), None))
        compute_dtype = self.compute_dtype if self.autocast else None

        def as_read(leaf: Any) -> Any:
            if compute_dtype and isinstance(leaf, Tensor) and dtypes.is_float(leaf.dtype):
                return self.tensor_type(leaf.shape, compute_dtype)
            return leaf

        try:
            with unrecorded(), values.symbolic(), values.autocast(compute_dtype):
                outputs = self.call(*tree.map_leaves(as_read, args), **tree.map_leaves(as_read, kwargs))
            return tree.map_leaves(lambda tensor: self.tensor_type(tensor.shape, tensor.dtype), outputs)
        except ArgumentTypeError:
            pass  # `call` computes with the tensors themselves, so JAX has to say what comes out
        except WeighError:
            raise
        except Exception:  # what is raised by JAX, or by what a tensor of JAX's has and a symbolic one has not
            pass
        return abstract_output(self._compute, args, kwargs)

    def symbolic_mask(self, args: tuple[Any, ...], kwargs: dict[str, Any], index: int) -> Any:
        """Return the symbolic mask of what comes out of a call at a place, ``None`` where there is none."""
        if not self.supports_masking:
            return None
        inputs = args[0] if args else next(iter(kwargs.values()), None)
        given = kwargs.get("mask")
        previous = given if given is not None else tree.map_leaves(calling.masks.get, inputs)
        if type(self).compute_mask is Layer.compute_mask:
            mask = previous
        else:
            try:
                with unrecorded(), values.symbolic():
                    mask = self.compute_mask(inputs, previous)
            except Exception:  # it computes with JAX itself
                mask = abstract_output(lambda given, _: self.compute_mask(*given), (inputs, previous), {})
        flat = tree.flatten(mask)
        return flat[index] if index < len(flat) else None

    # Computing --------------------------------------------------------------------------------------------------

    def _compute(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        args, kwargs = tree.map_leaves(self._as_input, args), tree.map_leaves(self._as_input, kwargs)
        with naming.scope(self.name, self):
            self.build_for(args, kwargs)
        names = config.parameters(type(self).call)
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        training = given.get("training")
        if training is None:
            training = calling.training()
        if "training" in names and given.get("training") is None and training is not None:
            kwargs = {**kwargs, "training": training}
        elif "training" not in names:
            kwargs = {name: value for name, value in kwargs.items() if name != "training"}
        inputs = args[0] if args else next(iter(given.values()), None)
        kwargs, previous_mask = self._with_masks(names, given, kwargs, inputs)
        with (
            naming.scope(self.name, self),
            calling.call(training) as outermost,
            values.autocast(self.compute_dtype if self.autocast else None),
            jax.named_scope(self.name),
        ):
            if outermost:
                self._clear_losses()
                values.ensure(self.variables)
            call = self.call if self._remat is None else self._rematerialised(self._remat, args, kwargs)
            outputs = call(*args, **kwargs)
            self._regularize_activity(outputs)
        self.built = True
        self._pass_mask(inputs, outputs, previous_mask)
        return outputs

    def _rematerialised(
        self, scope: rematerialisation.RematScope, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Callable[..., Any]:
        """Return `call`, rematerialised if the scope that the layer was made in asks for it."""
        if scope.mode == "activations":
            return calling.rematerialising_activations(self.call)
        if scope.mode == "list_of_layers" and self.name not in scope.layer_names:
            return self.call
        if scope.mode == "larger_than":
            given = tree.map_leaves(lambda leaf: Tensor(leaf.shape) if hasattr(leaf, "shape") else leaf, [args, kwargs])
            with unrecorded():
                outputs = tree.flatten(self.compute_output_spec(*given[0], **given[1]))
            if sum(prod(size or 1 for size in output.shape[1:]) for output in outputs) <= scope.output_size_threshold:
                return self.call
        return rematerialisation.rematerialised(self.call, self.variables)

    def _as_input(self, leaf: Any) -> Any:
        """Return an argument as an array, floating-point ones in the compute dtype; other things as they are."""
        if isinstance(leaf, values.Variable):
            leaf = leaf.value
        if isinstance(leaf, (bool, int, float, str)) or not hasattr(leaf, "dtype"):
            return leaf
        if getattr(leaf.dtype, "kind", None) in ("O", "S", "T", "U"):
            return self._as_text(leaf)
        array = jax.numpy.asarray(leaf)
        if (
            self.autocast
            and array.dtype != self.compute_dtype
            and jax.numpy.issubdtype(array.dtype, jax.numpy.floating)
        ):
            return array.astype(self.compute_dtype)
        return array

    def _as_text(self, array: Any) -> Any:
        """Return an array of strings as it is, for a layer that reads text or holds one that may."""
        if not self.on_host and not self.sublayers:
            raise ArgumentTypeError(
                f"Layer {self.name!r} ({type(self).__name__}) computes with numbers, but got an array of "
                f"{array.dtype}: turn text into numbers first, with StringLookup, Hashing or TextVectorization."
            )
        return array

    def _with_masks(
        self, names: tuple[str, ...], given: dict[str, Any], kwargs: dict[str, Any], inputs: Any
    ) -> tuple[dict[str, Any], Any]:
        """Return `kwargs` with the masks that came attached to inputs, and the mask of the first input."""
        attached = {
            argument: given[of]
            for argument, of in [("mask", names[0] if names else ""), *((f"{name}_mask", name) for name in names)]
            if argument in names and given.get(argument) is None and of in given
        }
        for argument, tensors in attached.items():
            mask = tree.map_leaves(calling.masks.get, tensors)
            if any(one is not None for one in tree.leaves(mask)):
                kwargs = {**kwargs, argument: mask}
        previous = kwargs["mask"] if kwargs.get("mask") is not None else tree.map_leaves(calling.masks.get, inputs)
        return kwargs, previous

    def _pass_mask(self, inputs: Any, outputs: Any, previous_mask: Any) -> None:
        if all(mask is None for mask in tree.leaves(previous_mask)) and not self._makes_masks():
            return
        if not self.supports_masking:
            import warnings

            warnings.warn(
                f"Layer {self.name!r} ({type(self).__name__}) was given a masked input and does not support masks: "
                "the layers behind it will not see the mask.",
                stacklevel=3,
            )
            return
        mask = self.compute_mask(inputs, previous_mask)
        for output, one in zip(tree.leaves(outputs), tree.leaves(mask), strict=False):
            if one is not None and calling.masks.get(output) is None:
                calling.masks.set(output, one)

    def _makes_masks(self) -> bool:
        return type(self).compute_mask is not Layer.compute_mask and self.supports_masking

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return the mask of the outputs: that of the inputs, unless the layer says otherwise."""
        return previous_mask

    # Losses -----------------------------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Add scalars to the loss of the training step that runs this `call`."""
        binding = values.current_binding()
        (self._added_losses if binding is None else binding.losses).extend(tree.leaves(loss))

    def _regularize_activity(self, outputs: Any) -> None:
        if self.activity_regularizer is not None:
            for output in tree.leaves(outputs):
                examples = output.shape[0] if output.ndim else 1
                self.add_loss(self.activity_regularizer(output) / max(examples, 1))

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            if isinstance(layer, Layer):
                layer._added_losses.clear()

    @property
    def losses(self) -> list[Array]:
        """Scalars that this layer and those inside add to the loss: from `add_loss` and from regularizers."""
        added = [loss for layer in self._flatten_layers() if isinstance(layer, Layer) for loss in layer._added_losses]
        return [*added, *regularization(self.trainable_weights)]

    # Values -----------------------------------------------------------------------------------------------------

    def get_weights(self) -> list[Any]:
        """Return the values of `weights` as NumPy arrays."""
        weights = self.weights
        values.materialise(weights)
        return [weight.numpy() for weight in weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Set the values of `weights`, all or none.

        Raises:
            NotBuiltError: its weights are not declared yet.
            ShapeError: there are too few or too many values, or one has another shape.
        """
        own = self.weights
        if len(own) != len(weights):
            if not self.built:
                raise NotBuiltError(f"Layer {self.name!r} is not built: it has no weights to set. Call it first.")
            raise ShapeError(
                f"Layer {self.name!r} has {len(own)} weights, {[weight.path for weight in own]}, "
                f"but `set_weights` got {len(weights)} values."
            )
        arrays = [numpy.asarray(value) for value in weights]
        for weight, array in zip(own, arrays, strict=True):
            if weight.shape != array.shape:
                raise ShapeError(
                    f"`set_weights` of layer {self.name!r} got a value of shape {array.shape} for weight "
                    f"{weight.path!r}, which has shape {weight.shape}. No weight was changed."
                )
        for weight, array in zip(own, arrays, strict=True):
            weight.assign(array)

    def stateless_call(
        self,
        trainable_variables: list[Array],
        non_trainable_variables: list[Array],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Compute from given values and change nothing.

        Returns:
            The outputs and the new values of `non_trainable_variables`; with `return_losses`, also the losses.
        """
        variables = [*self.trainable_variables, *self.non_trainable_variables]
        with values.bind(variables, [*trainable_variables, *non_trainable_variables]) as binding:
            outputs = self(*args, **kwargs)
            losses = [*binding.losses, *regularization(self.trainable_weights)] if return_losses else []
        after = binding.values(self.non_trainable_variables)
        return (outputs, after, losses) if return_losses else (outputs, after)


def regularization(weights: list[Any]) -> list[Array]:
    """Return what the regularizers of `weights` add to the loss, a scalar each."""
    return [weight.regularizer(weight.raw) for weight in weights if weight.regularizer is not None]
