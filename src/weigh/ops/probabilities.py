"""How far predicted probabilities are from what is so, and sequences read out of them."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.declare.settings import epsilon
from weigh.errors import ArgumentError, ShapeError
from weigh.ops import shapes
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import made, own, shape_of

MODULE = "keras.src.ops.nn"


def _alike(target: Any, output: Any) -> None:
    if shape_of(target) != shape_of(output):
        raise ShapeError(f"target and output must have one shape, not {shape_of(target)} and {shape_of(output)}.")


def _of_each(target: Any, output: Any, from_logits: bool = False) -> Any:
    _alike(target, output)
    return made(shape_of(output), own(output))


def _cost(target: Any, output: Any, *_: Any, **__: Any) -> Cost:
    return Cost(others=6 * product(shape_of(output)))


@operation("BinaryCrossentropy", ("from_logits",), _of_each, _cost, MODULE)
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Array:
    """Return −target · log(output) − (1 − target) · log(1 − output) of each element."""
    jnp, target, output = jax.numpy, array(target), array(output)
    _alike(target, output)
    if from_logits:
        return -target * jax.nn.log_sigmoid(output) - (1.0 - target) * jax.nn.log_sigmoid(-output)
    output = jnp.clip(output, epsilon(), 1.0 - epsilon())
    return -target * jnp.log(output) - (1.0 - target) * jnp.log(1.0 - output)


def _logarithms(output: Array, from_logits: bool, axis: int) -> Array:
    """Return the logarithms of probabilities along `axis`, which are brought to the sum 1 first."""
    if from_logits:
        return jax.nn.log_softmax(output, axis)
    output = output / jax.numpy.sum(output, axis, keepdims=True)
    return jax.numpy.log(jax.numpy.clip(output, epsilon(), 1.0 - epsilon()))


def _of_rows(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    _alike(target, output)
    return made(shapes.reduced(shape_of(output), axis), own(output))


@operation("CategoricalCrossentropy", ("from_logits", "axis"), _of_rows, _cost, MODULE)
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Array:
    """Return −Σ target · log(output) along `axis`."""
    target, output = array(target), array(output)
    _alike(target, output)
    return -jax.numpy.sum(target * _logarithms(output, from_logits, axis), axis)


def _labels(target: Any, output: Any, axis: int) -> Shape:
    """Return the shape of the labels, without a last axis of 1."""
    labels, rows = shape_of(target), shapes.reduced(shape_of(output), axis)
    labels = labels[:-1] if len(labels) == len(rows) + 1 and labels[-1] == 1 else labels
    if len(labels) != len(rows) or any(
        None not in pair and pair[0] != pair[1] for pair in zip(labels, rows, strict=True)
    ):
        raise ShapeError(f"target must be one label a row of output, {rows}, not {shape_of(target)}.")
    return rows


def _of_labels(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    return made(_labels(target, output, axis), own(output))


@operation("SparseCategoricalCrossentropy", ("from_logits", "axis"), _of_labels, _cost, MODULE)
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Array:
    """Return −log of the probability along `axis` that output gives to the target, a whole number."""
    output = array(output)
    target = array(target).astype("int32").reshape(_labels(target, output, axis))
    classes = jax.nn.one_hot(target, output.shape[axis], axis=axis)
    return -jax.numpy.sum(classes * _logarithms(output, from_logits, axis), axis)


# Sequences ----------------------------------------------------------------------------------------------------------


def _ctc(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Any:
    batches = [shape_of(one)[0] for one in (target, output, target_length, output_length)]
    if len({size for size in batches if size is not None}) > 1:
        raise ShapeError(f"targets, outputs and their lengths are of one batch, not of {batches} examples.")
    return made((batches[0],), dtypes.result_type(own(output), "float32"))


@operation("CTCLoss", ("mask_index",), _ctc, None, MODULE)
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Array:
    """Return −log of the probability that the outputs read, blanks and repetitions left out, as the target.

    Args:
        target: (batch, labels).
        output: (batch, steps, classes), logits.
        target_length: (batch,), how many labels count.
        output_length: (batch,), how many steps count.
        mask_index: the class that stands for a blank.

    Source: Graves et al. 2006.
    """
    import optax

    output = array(output)
    output = output.astype(dtypes.result_type(output.dtype, "float32"))
    target = array(target).astype("int32")

    def beyond(lengths: Any, steps: int) -> Array:
        return (jax.numpy.arange(steps) >= array(lengths)[:, None]).astype(output.dtype)

    loss: Array = optax.ctc_loss(
        output,
        beyond(output_length, output.shape[1]),
        target,
        beyond(target_length, target.shape[1]),
        blank_id=mask_index,
    )
    return loss


def _decoded(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> Any:
    batch, steps, _ = shape_of(inputs)
    paths = 1 if strategy == "greedy" else top_paths
    return (
        made((paths, batch, steps), "int32"),
        made((batch, paths), dtypes.result_type(own(inputs), "float32")),
    )


@operation("CTCDecode", ("strategy", "beam_width", "top_paths", "merge_repeated", "mask_index"), _decoded, None, MODULE)
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Array, Array]:
    """Return the labels that outputs read as, (paths, batch, steps), −1 behind the last, and scores (batch, paths).

    Args:
        inputs: (batch, steps, classes), logits.
        sequence_lengths: (batch,), how many steps count.
        strategy: ``"greedy"`` takes the likeliest class of each step; its score is minus the sum of their logits.
            ``"beam_search"`` adds up the probabilities of all ways to read the same labels; scores are logarithms.
        beam_width: how many beginnings are kept after each step.
        top_paths: how many sequences are returned.
        merge_repeated: whether ``"greedy"`` takes repetitions for one label.
        mask_index: the class that stands for a blank.
    """
    inputs = array(inputs)
    inputs = inputs.astype(dtypes.result_type(inputs.dtype, "float32"))
    lengths = array(sequence_lengths).astype("int32")
    if strategy == "greedy":
        return _greedy(inputs, lengths, merge_repeated, mask_index)
    if strategy != "beam_search":
        raise ArgumentError(f"`strategy` must be 'greedy' or 'beam_search', not {strategy!r}.")
    paths, scores = jax.vmap(lambda x, length: _beams(jax.nn.log_softmax(x), length, beam_width, mask_index))(
        inputs, lengths
    )
    return jax.numpy.moveaxis(paths[:, :top_paths], 0, 1), scores[:, :top_paths]


def _greedy(inputs: Array, lengths: Array, merge_repeated: bool, blank: int) -> tuple[Array, Array]:
    jnp = jax.numpy
    steps = inputs.shape[1]
    beyond = jnp.arange(steps) >= lengths[:, None]
    labels = jnp.where(beyond, blank, jnp.argmax(inputs, -1))
    scores = -jnp.sum(jnp.where(beyond, 0.0, jnp.max(inputs, -1)), 1, keepdims=True)
    dropped = labels == blank
    if merge_repeated:
        dropped |= jnp.pad(labels[:, 1:] == labels[:, :-1], ((0, 0), (1, 0)))
    order = jnp.argsort(dropped, axis=-1, stable=True)
    return jnp.take_along_axis(jnp.where(dropped, -1, labels), order, -1)[None].astype("int32"), scores


def _beams(x: Array, length: Array, width: int, blank: int) -> tuple[Array, Array]:
    """Return the likeliest label sequences of one example, (width, steps), and the logarithms of their probabilities.

    Each beginning keeps the probability of having ended in a blank and that of having ended in its last label, since
    only behind a blank the same label comes again as another one.

    Args:
        x: (steps, classes), logarithms of probabilities.
        length: how many steps count.
        width: how many beginnings are kept.
        blank: the class that is none.

    Source: Graves and Jaitly 2014, algorithm 1 (without a language model).
    """
    jnp = jax.numpy
    steps, classes = x.shape
    never = jnp.asarray(-jnp.inf, x.dtype)

    def step(state: Any, given: Any) -> Any:
        scores, index = given
        after = extended(state, scores)
        return jax.tree.map(lambda new, old: jnp.where(index < length, new, old), after, state), None

    def extended(state: Any, scores: Array) -> Any:
        paths, sizes, in_blank, in_label = state
        last = jnp.where(sizes > 0, paths[jnp.arange(width), jnp.maximum(sizes - 1, 0)], -1)
        whole = jnp.logaddexp(in_blank, in_label)
        new = jnp.arange(classes)
        grown = jnp.where(new == last[:, None], in_blank[:, None], whole[:, None]) + scores
        grown = jnp.where(new == blank, never, grown)
        stay_blank = whole + scores[blank]
        stay_label = jnp.where(sizes > 0, in_label + scores[last], never)
        # a beginning that grows into another one that is kept adds to it
        places = jnp.arange(steps)
        begins = jnp.all((paths[:, None] == paths[None]) | (places >= sizes[:, None, None]), -1)
        parent = begins & (sizes[None] == sizes[:, None] + 1) & (whole[:, None] > never) & (whole[None] > never)
        from_parent = jnp.where(parent, grown[:, last], never)
        stay_label = jnp.logaddexp(stay_label, jax.nn.logsumexp(from_parent, axis=0))
        taken = jnp.any(parent[:, :, None] & (new == last[:, None])[None], 1)
        grown = jnp.where(taken, never, grown)
        ends_blank = jnp.concatenate([stay_blank, jnp.full(width * classes, never)])
        ends_label = jnp.concatenate([stay_label, grown.reshape(-1)])
        _, best = jax.lax.top_k(jnp.logaddexp(ends_blank, ends_label), width)
        source = jnp.where(best < width, best, (best - width) // classes)
        label = jnp.where(best < width, -1, (best - width) % classes)
        grows = best >= width
        put = grows[:, None] & (places == sizes[source][:, None])
        return (
            jnp.where(put, label[:, None], paths[source]),
            sizes[source] + grows,
            ends_blank[best],
            ends_label[best],
        )

    start = (
        jnp.full((width, steps), -1),
        jnp.zeros(width, "int32"),
        jnp.full(width, never).at[0].set(0.0),
        jnp.full(width, never),
    )
    (paths, _, in_blank, in_label), _ = jax.lax.scan(step, start, (x, jnp.arange(steps)))
    scores = jnp.logaddexp(in_blank, in_label)
    order = jnp.argsort(-scores)
    return jnp.where((scores > never)[:, None], paths, -1)[order].astype("int32"), scores[order]
