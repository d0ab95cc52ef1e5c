"""Shape rules are NumPy's, for any shapes; a size that is unknown only makes sizes unknown, never other ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as shaped

from weigh.errors import ShapeError
from weigh.ops import shapes

SHAPES = shaped.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def fits(found, computed):
    """Whether a shape that may have unknown sizes says nothing wrong about the computed one."""
    return len(found) == len(computed) and all(one in (None, size) for one, size in zip(found, computed, strict=True))


def hidden(shape, data):
    return tuple(None if data.draw(st.booleans()) else size for size in shape)


@given(shaped.mutually_broadcastable_shapes(num_shapes=3, max_dims=4), st.data())
def test_broadcasting(drawn, data):
    assert shapes.broadcast(*drawn.input_shapes) == drawn.result_shape
    assert fits(shapes.broadcast(*(hidden(shape, data) for shape in drawn.input_shapes)), drawn.result_shape)


@given(SHAPES, SHAPES)
def test_shapes_broadcast_where_numpy_broadcasts_them(first, second):
    try:
        expected = np.broadcast_shapes(first, second)
    except ValueError:
        with pytest.raises(ShapeError, match="broadcast"):
            shapes.broadcast(first, second)
        return
    assert shapes.broadcast(first, second) == expected


@given(shaped.array_shapes(max_dims=4, max_side=5), st.data())
def test_indexing(shape, data):
    key = data.draw(shaped.basic_indices(shape, allow_newaxis=True))
    assert shapes.get_item(shape, key) == np.zeros(shape)[key].shape
    assert fits(shapes.get_item(hidden(shape, data), key), np.zeros(shape)[key].shape)


@given(shaped.array_shapes(min_dims=2, max_dims=4, max_side=5), st.data())
def test_indexing_by_arrays(shape, data):
    arrays = data.draw(shaped.integer_array_indices(shape[:1], result_shape=shaped.array_shapes(max_dims=2)))
    rest = data.draw(shaped.basic_indices(shape[1:], allow_newaxis=False, allow_ellipsis=False))
    key = (*arrays, *(rest if isinstance(rest, tuple) else (rest,)))
    assert shapes.get_item(shape, key) == np.zeros(shape)[key].shape
    mixed = (slice(None), *(0 for _ in shape[2:]), arrays[0] % shape[-1])
    assert shapes.get_item(shape, mixed) == np.zeros(shape)[mixed].shape


@given(SHAPES, st.data())
def test_reshaping(shape, data):
    total = int(np.prod(shape))
    target = []
    while total > 1 and data.draw(st.booleans()):
        target.append(data.draw(st.sampled_from([size for size in range(1, total + 1) if total % size == 0])))
        total //= target[-1]
    target = data.draw(st.permutations([*target, data.draw(st.sampled_from([-1, total]))]))
    if -1 in target and 0 in shape:
        return  # nothing says what is left of nothing
    assert shapes.reshaped(shape, target) == np.zeros(shape).reshape(target).shape
    assert fits(shapes.reshaped(hidden(shape, data), target), np.zeros(shape).reshape(target).shape)


@given(st.data())
def test_einsum(data):
    sizes = dict(zip("abcde", data.draw(st.lists(st.integers(1, 3), min_size=5, max_size=5)), strict=True))
    terms = data.draw(
        st.lists(st.text("abcde", max_size=4).filter(lambda t: len(set(t)) == len(t)), min_size=1, max_size=3)
    )
    labels = sorted(set("".join(terms)))
    output = "".join(data.draw(st.permutations(labels))[: data.draw(st.integers(0, len(labels)))])
    wide = data.draw(st.sampled_from(["", "..."]))
    subscripts = ",".join(wide + term for term in terms) + data.draw(st.sampled_from(["", f"->{wide}{output}"]))
    extra = (2, 3) if wide else ()
    given_shapes = [(*extra, *(sizes[label] for label in term)) for term in terms]
    expected = np.einsum(subscripts, *map(np.zeros, given_shapes)).shape
    assert shapes.einsum(subscripts, given_shapes) == expected
    assert fits(shapes.einsum(subscripts, [hidden(shape, data) for shape in given_shapes]), expected)


@given(SHAPES, SHAPES)
def test_matrix_products(left, right):
    try:
        expected = np.matmul(np.zeros(left), np.zeros(right)).shape
    except ValueError:
        with pytest.raises(ShapeError):
            shapes.matmul(left, right)
        return
    assert shapes.matmul(left, right) == expected


@given(shaped.array_shapes(max_dims=4), st.data())
def test_reductions_moves_and_repetitions(shape, data):
    x, rank = np.zeros(shape), len(shape)
    axes = data.draw(st.none() | shaped.valid_tuple_axes(rank))
    assert shapes.reduced(shape, axes) == np.sum(x, axis=axes).shape
    assert shapes.reduced(shape, axes, True) == np.sum(x, axis=axes, keepdims=True).shape
    order = data.draw(st.permutations(range(rank)))
    assert shapes.transposed(shape, order) == np.transpose(x, order).shape
    source = data.draw(shaped.valid_tuple_axes(rank))
    target = data.draw(st.permutations(source))
    assert shapes.moved(shape, source, target) == np.moveaxis(x, source, target).shape
    axis, times = data.draw(st.integers(-rank, rank - 1)), data.draw(st.integers(0, 3))
    assert shapes.repeated(shape, times, axis) == np.repeat(x, times, axis).shape
    repeats = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=5))
    assert shapes.tiled(shape, repeats) == np.tile(x, repeats).shape
    widths = data.draw(st.lists(st.tuples(*(st.integers(0, 2),) * 2), min_size=rank, max_size=rank))
    assert shapes.padded(shape, widths) == np.pad(x, widths).shape
    assert shapes.expanded(shape, axis) == np.expand_dims(x, axis).shape
