"""Labels, sequences and batches as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, DataError


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Return class numbers as vectors with a 1 at the class.

    Args:
        x: whole numbers from 0, any shape; a last axis of size 1 is dropped.
        num_classes: length of the vectors; by default one more than the greatest number.

    Returns:
        (*shape of x, num_classes), float32; a JAX array for a JAX array, else a NumPy array.

    Raises:
        DataError: a number is negative or not below `num_classes`.
    """
    of_jax = type(x).__module__.partition(".")[0] in ("jax", "jaxlib")
    numbers = numpy.asarray(x).astype("int64")
    shape = numbers.shape[:-1] if numbers.ndim > 1 and numbers.shape[-1] == 1 else numbers.shape
    classes = num_classes or int(numbers.max(initial=-1)) + 1
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < classes):
        raise DataError(
            f"to_categorical: class numbers must be at least 0 and below `num_classes={classes}`, but lie between "
            f"{numbers.min()} and {numbers.max()}."
        )
    vectors = (numbers.reshape(*shape, 1) == numpy.arange(classes)).astype("float32")
    return jax.numpy.asarray(vectors) if of_jax else vectors


def normalize(x: Any, axis: int = -1, order: int = 2) -> Array:
    """Return `x` divided by its norms along an axis; what has norm 0 stays.

    Args:
        x: any shape.
        axis: along which norms are taken.
        order: of the norm: 1 for sums of absolute values, 2 for Euclid's.
    """
    array = numpy.asarray(x)
    norms = numpy.linalg.norm(array, order, axis, keepdims=True)
    return array / numpy.where(norms == 0, 1, norms)


def pad_sequences(
    sequences: Sequence[Sequence[Any]],
    maxlen: int | None = None,
    dtype: str = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Any:
    """Return sequences of different lengths as one array.

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)

    Args:
        sequences: of numbers, or of equally shaped arrays.
        maxlen: length of all; by default that of the longest.
        dtype: of the array.
        padding: ``"pre"`` or ``"post"``: where `value` fills short ones up.
        truncating: ``"pre"`` or ``"post"``: where long ones lose what is too much.
        value: what fills.

    Returns:
        (sequences, maxlen, …).

    Raises:
        ArgumentError: `padding` or `truncating` is neither, or a sequence has no length.
        DataError: the elements of two sequences differ in shape.
    """
    for argument, word in (("padding", padding), ("truncating", truncating)):
        if word not in ("pre", "post"):
            raise ArgumentError(f"pad_sequences: `{argument}` must be 'pre' or 'post', not {word!r}.")
    if not hasattr(sequences, "__len__") or not all(hasattr(one, "__len__") for one in sequences):
        raise ArgumentError("pad_sequences: `sequences` must be a list of lists or arrays.")
    longest = max(map(len, sequences), default=0) if maxlen is None else maxlen
    shape = next((numpy.shape(one)[1:] for one in sequences if len(one)), ())
    padded = numpy.full((len(sequences), longest, *shape), value, dtype=dtype)
    for row, one in zip(padded, sequences, strict=True):
        first = max(0, len(one) - longest) if truncating == "pre" else 0
        kept = numpy.asarray(one[first : first + longest], dtype=dtype)
        if len(kept) and kept.shape[1:] != shape:
            raise DataError(
                f"pad_sequences: the elements of one sequence have shape {kept.shape[1:]}, those of another {shape}."
            )
        start = longest - len(kept) if padding == "pre" else 0
        row[start : start + len(kept)] = kept.reshape(-1, *shape)
    return padded


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return inputs, targets and weights as the tuple that a batch of training data is."""
    if y is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Return inputs, targets and weights of a batch; what it does not have is ``None``.

    Raises:
        DataError: it is a tuple of more than three.
    """
    if not isinstance(data, (list, tuple)) or isinstance(data, list):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise DataError(f"A batch is (x,), (x, y) or (x, y, sample_weight), not a tuple of {len(data)}.")
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def is_keras_tensor(x: Any) -> bool:
    """Return whether `x` is a symbolic tensor."""
    return isinstance(x, Tensor)


def get_source_inputs(tensor: Tensor) -> list[Tensor]:
    """Return the inputs that a symbolic tensor is computed from, each once."""
    found: dict[int, Tensor] = {}
    waiting, met = [tensor], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in met:
            continue
        met.add(id(one))
        if one.node is None or not one.node.inputs:
            found[id(one)] = one
        else:
            waiting.extend(reversed(one.node.inputs))
    return list(found.values())
