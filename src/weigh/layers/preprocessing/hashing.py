"""Categories put into a fixed number of bins by a hash of their text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compute import fingerprints
from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.layers.preprocessing.base import TEXT, HostPreprocessor, encode, encoded_shape, encoding_cost

_CROSSING_KEY = 0xDECAFCAFFE
"""TensorFlow's default key of crossed columns."""


class Hashing(HostPreprocessor):
    """Puts strings or whole numbers into bins by a hash of their text, the same on every machine and in Keras.

    Input shape: any, of strings or numbers; floating-point numbers lose their fraction. Output shape: that of the input
    for ``"int"``; vectors over the bins otherwise.

    Args:
        num_bins: number of bins, that of `mask_value` included.
        mask_value: what goes into bin 0, which is then kept for it; ``None`` keeps none.
        salt: a number, or two, that the hash depends on; then it is SipHash-2-4, else FarmHash's Fingerprint64.
        output_mode: ``"int"``: the bin's number; ``"one_hot"``: a vector for each value; ``"multi_hot"``: a vector for
            the values of the last axis together, with a 1 for each bin that occurs; ``"count"``: how often each does.
        sparse: must be false.

    Raises:
        ArgumentError: `num_bins` is not above 0, `salt` is no number or pair, or a value cannot work.

    Source: G. Pike, FarmHash 1.1; Aumasson and Bernstein 2012, SipHash.
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else dtypes.floatx()
        super().__init__(**kwargs)
        self.num_bins = checks.positive(self, "num_bins", num_bins)
        self.mask_value = mask_value
        self.output_mode = checks.one_of(self, "output_mode", output_mode, ("int", "one_hot", "multi_hot", "count"))
        self.sparse = self._refuse_sparse(sparse)
        self.salt = key_of(self, salt)
        if self.output_mode == "int" and self.dtype_policy.name not in ("int32", "int64"):
            raise ArgumentError(
                f"Layer {self.name!r} (Hashing): with output_mode='int' `dtype` must be 'int32' or 'int64', not "
                f"{self.dtype_policy.name!r}."
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.output_mode == "int":
            return tuple(input_shape)
        return encoded_shape(input_shape or (1,), self.output_mode, self.dim("num_bins"))

    def compute_cost(self, input_shape: Shape) -> Cost:
        return encoding_cost(input_shape, self.output_mode, self.num_bins)

    def call(self, inputs: Any) -> Array:
        bins, masked = self.num_bins, None
        if self.mask_value is not None and bins > 1:
            bins -= 1
            masked = inputs == self.mask_value
        indices = buckets(texts(self, inputs), bins, self.salt).reshape(inputs.shape)
        if masked is not None:
            indices = numpy.where(masked, 0, indices + 1)
        return encode(jax.numpy.asarray(indices, "int32"), self.output_mode, self.num_bins, _narrow(self.compute_dtype))


class HashedCrossing(HostPreprocessor):
    """Puts the combinations of several categories into bins by a hash, the same on every machine and in Keras.

    Input shape: a list of inputs, each (), (batch,) or (batch, 1), of strings or whole numbers. Output shape: that of
    an input for ``"int"``; (…, num_bins) for ``"one_hot"``.

    Args:
        num_bins: number of bins.
        output_mode: ``"int"``: the bin's number; ``"one_hot"``: a vector.
        sparse: must be false.

    Raises:
        ArgumentError: `num_bins` is not above 0, or `output_mode` is unknown.
        ShapeError: there are fewer than two inputs, or they are of different or other shapes.
        ArgumentTypeError: an input holds neither strings nor whole numbers.
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype="int64" if output_mode == "int" and dtype is None else dtype, **kwargs)
        self.num_bins = checks.positive(self, "num_bins", num_bins)
        self.output_mode = checks.one_of(self, "output_mode", output_mode, ("int", "one_hot"))
        self.sparse = self._refuse_sparse(sparse)

    def _given(self, value: Any) -> Any:
        several = isinstance(value, (list, tuple)) and all(
            isinstance(one, (list, tuple)) or hasattr(one, "shape") for one in value
        )
        return [super(HashedCrossing, self)._given(one) for one in value] if several else super()._given(value)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        shapes = list(input_shape) if not self._is_one(input_shape) else [input_shape]
        first: Shape = tuple(shapes[0])
        alike = all(len(shape) == len(first) and shape[1:] == first[1:] for shape in shapes)
        if len(shapes) < 2 or not alike or len(first) > 2 or (len(first) == 2 and first[1] != 1):
            raise ShapeError(
                f"Layer {self.name!r} (HashedCrossing) takes a list of at least two inputs, all of shape (), (batch,) "
                f"or (batch, 1), but got {input_shape}."
            )
        return encoded_shape(first, self.output_mode, self.dim("num_bins"))

    def _is_one(self, shape: Any) -> bool:
        return all(size is None or isinstance(size, int) for size in shape)

    def compute_cost(self, input_shape: Any) -> Cost:
        first = input_shape[0]
        joining = Cost(others=product(first) * 9 * len(input_shape))  # three products, three xors and shifts each
        return joining + encoding_cost(first, self.output_mode, self.num_bins)

    def call(self, inputs: Any) -> Array:
        shapes = [one.shape for one in inputs] if isinstance(inputs, (list, tuple)) else inputs.shape
        self.compute_output_shape(shapes)
        crossed = numpy.full(inputs[0].size, _CROSSING_KEY, numpy.uint64)
        for column in inputs:
            crossed = fingerprints.joined(crossed, self._fingerprints(column))
        indices = (crossed % numpy.uint64(self.num_bins)).astype("int64").reshape(inputs[0].shape)
        return encode(jax.numpy.asarray(indices, "int32"), self.output_mode, self.num_bins, _narrow(self.compute_dtype))

    def _fingerprints(self, column: Any) -> Any:
        if column.dtype.kind in "iu":
            return column.reshape(-1).astype(numpy.int64).astype(numpy.uint64)
        if column.dtype.kind in TEXT:
            return fingerprints.fingerprints(texts(self, column))
        raise ArgumentTypeError(
            f"Layer {self.name!r} (HashedCrossing) crosses strings and whole numbers, but got {column.dtype}."
        )

    def get_config(self) -> dict[str, Any]:
        names = ("num_bins", "output_mode", "sparse", "name", "dtype")
        return {name: getattr(self, name) for name in names}


def key_of(layer: Layer, salt: Any) -> list[int] | None:
    """Return the two words of a hash's key that `salt` gives, ``None`` for none.

    Raises:
        ArgumentError: it is neither a whole number nor two.
    """
    if salt is None:
        return None
    words = [salt, salt] if isinstance(salt, int) else list(salt) if isinstance(salt, (list, tuple)) else []
    if len(words) != 2 or not all(isinstance(word, int) for word in words):
        raise ArgumentError(
            f"Layer {layer.name!r} ({type(layer).__name__}): `salt` must be a whole number or two, not {salt!r}."
        )
    return words


def texts(layer: Layer, values: Any, encoding: str = "utf-8") -> list[bytes]:
    """Return the strings, or the numbers written in decimals, of an array as bytes, in a flat list.

    Raises:
        ArgumentTypeError: a value is neither.
    """
    if values.dtype.kind == "f":
        values = values.astype("int64")
    if values.dtype.kind in "iu":
        return [b"%d" % value for value in values.reshape(-1).tolist()]
    if values.dtype.kind == "b":
        return [b"true" if value else b"false" for value in values.reshape(-1).tolist()]
    return [
        value if isinstance(value, bytes) else _string(layer, values, value).encode(encoding)
        for value in values.reshape(-1).tolist()
    ]


def strings(layer: Layer, values: Any, encoding: str = "utf-8") -> list[str]:
    """Return the strings of an array in a flat list; bytes are decoded.

    Raises:
        ArgumentTypeError: a value is no string.
    """
    return [
        value.decode(encoding, "replace") if isinstance(value, bytes) else _string(layer, values, value)
        for value in values.reshape(-1).tolist()
    ]


def _string(layer: Layer, values: Any, value: Any) -> str:
    if not isinstance(value, str):
        raise ArgumentTypeError(
            f"Layer {layer.name!r} ({type(layer).__name__}) takes strings, but got {value!r} of type "
            f"{type(value).__name__} in an array of {values.dtype}."
        )
    return value


def buckets(given: Sequence[bytes], count: int, key: Sequence[int] | None) -> Any:
    """Return the bin of each string among `count`: by Fingerprint64, or with a key by SipHash-2-4."""
    words = fingerprints.fingerprints(given) if key is None else fingerprints.keyed(given, key)
    return (words % numpy.uint64(count)).astype("int64")


def _narrow(dtype: str) -> str:
    """Return the format that JAX has for `dtype`: whole numbers of 32 bits, unless it was told to have 64."""
    return str(jax.dtypes.canonicalize_dtype(dtype))
