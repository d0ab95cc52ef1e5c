"""Numbers put into bins."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, DataError, StateError
from weigh.layers import checks
from weigh.layers.preprocessing.base import Preprocessor, batches, encode, encoded_shape, encoding_cost, numbers


class Discretization(Preprocessor):
    """Says into which bin each number falls: bin i holds the numbers from boundary i − 1 up to, not with, boundary i.

    Input shape: any. Output shape: that of the input for ``"int"``; vectors over the bins otherwise.

    Args:
        bin_boundaries: the boundaries, in order; one bin more than there are of them.
        num_bins: number of bins whose boundaries `adapt` chooses, each to hold as many of the data.
        epsilon: share of the data by which a chosen boundary may be off.
        output_mode: ``"int"``: the bin's number; ``"one_hot"``: a vector for each number; ``"multi_hot"`` and
            ``"count"``: one vector for the second axis of the input together, with a 1 for each bin that occurs, or how
            often it does.
        sparse: must be false.

    Raises:
        ArgumentError: neither or both of `bin_boundaries` and `num_bins` are given, or a value cannot work.
        StateError: it is used before the boundaries are known.

    Its boundaries are no weight: they are part of the configuration.
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.sparse = self._refuse_sparse(sparse)
        self.output_mode = checks.one_of(self, "output_mode", output_mode, ("int", "one_hot", "multi_hot", "count"))
        if (num_bins is None) == (bin_boundaries is None):
            raise ArgumentError(
                f"Layer {self.name!r} (Discretization) takes either `bin_boundaries`, or `num_bins` and `adapt`; got "
                f"bin_boundaries={bin_boundaries!r} and num_bins={num_bins!r}."
            )
        self.num_bins = None if num_bins is None else checks.positive(self, "num_bins", num_bins)
        self.epsilon = epsilon
        if not 0 < epsilon < 1:
            raise ArgumentError(
                f"Layer {self.name!r} (Discretization): `epsilon` must be above 0 and below 1, not {epsilon!r}."
            )
        self.bin_boundaries: list[float] | None = None if bin_boundaries is None else self._checked(bin_boundaries)
        self._summary: Any = None

    def _checked(self, boundaries: Any) -> list[float]:
        values = boundaries.tolist() if hasattr(boundaries, "tolist") else boundaries
        if (
            not isinstance(values, (list, tuple))
            or not all(isinstance(one, (int, float)) for one in values)
            or not all(low <= high for low, high in pairwise(values))
        ):
            raise ArgumentError(
                f"Layer {self.name!r} (Discretization): `bin_boundaries` must be numbers in ascending order, not "
                f"{boundaries!r}."
            )
        return list(values)

    # Choosing the boundaries ------------------------------------------------------------------------------------

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Choose the boundaries so that each bin holds about as many of the data.

        Args:
            data: an array of numbers, or an iterable of batches.
            steps: number of batches to take; all by default.

        Raises:
            ArgumentError: the boundaries were given.
            DataError: there are no data.
        """
        if self.num_bins is None:
            raise ArgumentError(
                f"Layer {self.name!r} (Discretization) was given its `bin_boundaries`: there is nothing to adapt. "
                "Give it `num_bins` instead."
            )
        self.reset_state()
        for batch in batches(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget the data seen so far."""
        self._summary = None

    def update_state(self, data: Any) -> None:
        """Take a batch of data into account."""
        values = numpy.sort(numbers(self, data).astype("float32").reshape(-1))
        if values.size:
            step = max(values.size * self.epsilon, 1)
            kept = values[int(step - 1) :: int(step)]
            summary = numpy.stack([kept, numpy.full_like(kept, step)])
            known = [] if self._summary is None else [self._summary]
            both = numpy.concatenate([summary, *known], axis=1)
            self._summary = _compressed(both[:, numpy.argsort(both[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Choose the boundaries by the data seen so far."""
        if self.num_bins is None:
            return
        if self._summary is None:
            raise DataError(f"Layer {self.name!r} (Discretization): `adapt` got no numbers.")
        self.bin_boundaries = _compressed(self._summary, 1.0 / self.num_bins)[0, :-1].tolist()

    # Using them -------------------------------------------------------------------------------------------------

    @property
    def _depth(self) -> int:
        """Number of bins: `num_bins` until the boundaries are known, which may be fewer where data are few."""
        if self.bin_boundaries is not None:
            return len(self.bin_boundaries) + 1
        return self.num_bins or 0

    @property
    def _output_dtype(self) -> str:
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.output_mode in ("multi_hot", "count") and len(input_shape) > 2:
            return (input_shape[0], *input_shape[2:], self._depth)
        return encoded_shape(input_shape, self.output_mode, self._depth)

    def compute_output_spec(self, inputs: Any) -> Tensor:
        return self.tensor_type(self.compute_output_shape(inputs.shape), self._output_dtype)

    def compute_cost(self, input_shape: Shape) -> Cost:
        # a binary search among the boundaries
        found = Cost(others=product(input_shape) * (self._depth - 1).bit_length())
        return found + encoding_cost(input_shape, self.output_mode, self._depth)

    def call(self, inputs: Array) -> Array:
        if self.bin_boundaries is None:
            raise StateError(
                f"Layer {self.name!r} (Discretization) does not know its bins yet: call `adapt(data)` first, or give "
                "it `bin_boundaries`."
            )
        jnp = jax.numpy
        boundaries = jnp.asarray(self.bin_boundaries, "float32")
        bins = jnp.searchsorted(boundaries, jnp.asarray(inputs, "float32"), side="right")
        axis = 1 if bins.ndim > 1 else 0
        return encode(bins, self.output_mode, self._depth, self._output_dtype, axis=axis)

    # Configuration ----------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        names = ("bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse", "name", "dtype")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Discretization:
        """Make a layer; boundaries that `adapt` chose stand beside `num_bins`."""
        adapted = config.get("bin_boundaries") if config.get("num_bins") is not None else None
        layer = cls(**({**config, "bin_boundaries": None} if adapted is not None else config))
        if adapted is not None:
            layer.bin_boundaries = layer._checked(adapted)
        return layer


def _compressed(summary: Any, epsilon: float) -> Any:
    """Return a summary of about 1 / `epsilon` values.

    Args:
        summary: (2, values): numbers in ascending order, and how many of the data each stands for.
        epsilon: share of the data that each value of the result stands for.
    """
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + numpy.arange(0.0, 1.0, epsilon)
    up_to = summary[1].cumsum()
    values = numpy.interp(shares, up_to / up_to[-1], summary[0])
    reached = numpy.interp(shares, up_to / up_to[-1], up_to)
    return numpy.stack([values, numpy.diff(reached, prepend=0)]).astype("float32")
