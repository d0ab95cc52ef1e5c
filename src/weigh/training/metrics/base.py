"""What every metric is: accumulators, what a batch adds to them, and the number that comes out.

A metric is written as in Keras, with `update_state` and `result` acting on its variables. The pure form, which the
compiled step runs, is derived from that by binding values to the variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from weigh.account import roles
from weigh.compute.lazy import numpy
from weigh.compute.values import Array, Variable, bind
from weigh.declare import dtypes, naming, tree
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, StateError


class Metric:
    """A number about predictions that is accumulated over batches.

    A subclass declares its accumulators with `add_variable` in `__init__`, adds a batch to them in ``update_state
    (y_true, y_pred, sample_weight=None)`` and returns the number in `result`.

    Args:
        name: automatic where none is given.
        dtype: what it computes in.
    """

    keras_module: ClassVar[str] = "keras.metrics"

    _direction: str | None = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or naming.automatic(type(self).__name__)
        self.dtype = dtypes.policy_of(dtype or dtypes.floatx()).compute_dtype
        self._added: list[Variable] = []

    # As Keras has it: state in variables ------------------------------------------------------------------------

    def add_variable(
        self, shape: Any, initializer: Any = None, dtype: Any = None, aggregation: str = "sum", name: str | None = None
    ) -> Variable:
        """Declare an accumulator and return it.

        Args:
            shape: sizes of its axes.
            initializer: how it begins; zeros where none is given.
            dtype: float32 where this, or by default the default float format, is narrower.
            aggregation: accepted for compatibility: one program runs on one device and on many.
            name: its name inside the metric.

        Raises:
            StateError: the metric's constructor was not called first.
        """
        if not hasattr(self, "_added"):
            raise StateError(f"{type(self).__name__}: call `super().__init__()` before declaring variables.")
        if initializer is not None and (isinstance(initializer, type) or not callable(initializer)):
            from weigh.parts import initializers

            initializer = initializers.get(initializer)
        with naming.scope(self.name.replace("/", ">"), self):
            variable = Variable(
                shape,
                initializer,
                _accumulated_in(dtypes.standardize(dtype)),
                role=roles.METRIC,
                trainable=False,
                name=name,
                autocast=False,
            )
        self._added.append(variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """Declare an accumulator: the older name of `add_variable`."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def build(self, y_true_shape: Shape, y_pred_shape: Shape) -> None:
        """Declare what depends on the shapes of labels and predictions; most metrics have nothing to do."""

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Add a batch to the accumulators."""
        raise NotImplementedError(f"Metric {self.name!r} of type {type(self).__name__} has no `update_state` method.")

    def result(self) -> Any:
        """Return the number as of now."""
        raise NotImplementedError(f"Metric {self.name!r} of type {type(self).__name__} has no `result` method.")

    def reset_state(self) -> None:
        """Set the accumulators to zero."""
        for variable in self.variables:
            variable.assign(numpy.zeros(variable.shape, variable.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch and return the number as of now."""
        self.update_state(*args, **kwargs)
        return self.result()

    @property
    def variables(self) -> list[Variable]:
        """Its accumulators, then those of the metrics that it holds."""
        return list(self._named().values())

    @property
    def direction(self) -> str | None:
        """``"up"`` where more is better, ``"down"`` where less is, ``None`` where nobody said."""
        return self._direction

    # Pure: values in, values out --------------------------------------------------------------------------------

    def initial(self) -> dict[str, Array]:
        """Return the values that an epoch begins with, by name: those after `reset_state`."""
        return dict(zip(self._named(), self.stateless_reset_state(), strict=True))

    def update(self, values: dict[str, Array], *args: Any, **kwargs: Any) -> dict[str, Array]:
        """Return `values` with a batch added; takes the arguments of `update_state` and changes nothing."""
        named = self._named()
        updated = self.stateless_update_state([values[name] for name in named], *args, **kwargs)
        return dict(zip(named, updated, strict=True))

    def result_of(self, values: dict[str, Array]) -> Any:
        """Return the number that these accumulated `values` give."""
        return self.stateless_result([values[name] for name in self._named()])

    def stateless_update_state(self, metric_variables: Iterable[Array], *args: Any, **kwargs: Any) -> list[Array]:
        """Return the values of `variables` after a batch, given those before."""
        variables = self.variables
        with bind(variables, self._checked(metric_variables)) as binding:
            self.update_state(*args, **kwargs)
        return binding.values(variables)

    def stateless_result(self, metric_variables: Iterable[Array]) -> Any:
        """Return the number that these values of `variables` give."""
        with bind(self.variables, self._checked(metric_variables)):
            return self.result()

    def stateless_reset_state(self) -> list[Array]:
        """Return the values of `variables` after a reset."""
        variables = self.variables
        with bind(variables, [variable.raw for variable in variables]) as binding:
            self.reset_state()
        return binding.values(variables)

    # ------------------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal metric."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a metric from what `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"

    def _named(self) -> dict[str, Variable]:
        """Return the variables by names that are unique inside this metric."""
        named: dict[str, Variable] = {}
        for name, variable in self._walk():
            if variable not in named.values():
                number = sum(known.split(":")[0] == name for known in named)
                named[f"{name}:{number}" if number else name] = variable
        return named

    def _walk(self) -> Iterator[tuple[str, Variable]]:
        held = [part for value in vars(self).values() if value is not self._added for part in tree.leaves(value)]
        for variable in (*self._added, *held):
            if isinstance(variable, Variable):
                yield variable.name, variable
        for metric in held:
            if isinstance(metric, Metric):
                for name, variable in metric._walk():
                    yield f"{metric.name}/{name}", variable

    def _checked(self, values: Iterable[Array]) -> list[Array]:
        values, variables = list(values), self.variables
        if len(values) != len(variables):
            raise ArgumentError(
                f"Metric {self.name!r} has {len(variables)} variables "
                f"({', '.join(variable.name for variable in variables)}), but {len(values)} values came."
            )
        return values


def _accumulated_in(dtype: str) -> str:
    return "float32" if dtypes.is_float(dtype) and dtypes.BITS[dtype] < 32 else dtype
