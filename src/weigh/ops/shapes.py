"""What shapes come out of operations on arrays: pure Python, with unknown sizes (``None``) and Dims kept.

Raises, throughout: ShapeError if shapes do not fit, without the operation's name, which who calls adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import index as whole
from typing import Any

from weigh.declare.dim import Dim, Origin, Shape, product, total
from weigh.declare.window import assembled, convolved_size
from weigh.errors import ArgumentError, ShapeError

Axes = int | Sequence[int] | None


def axis_of(axis: Any, rank: int) -> int:
    """Return `axis` counted from the front."""
    place = whole(axis)
    if not -rank <= place < rank:
        raise ShapeError(f"there is no axis {axis} among {rank}; it must be in [{-rank}, {rank}).")
    return place % rank


def axes_of(axis: Axes, rank: int) -> tuple[int, ...]:
    """Return the axes that `axis` means, counted from the front: one, several, or all for ``None``."""
    if axis is None:
        return tuple(range(rank))
    axes = tuple(axis_of(one, rank) for one in (axis if isinstance(axis, (list, tuple)) else (axis,)))
    if len(set(axes)) < len(axes):
        raise ShapeError(f"the axes {axis} of {rank} name one twice.")
    return axes


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape of arrays combined element by element."""
    rank = max(map(len, shapes), default=0)
    padded = [(*(1,) * (rank - len(shape)), *shape) for shape in shapes]
    return tuple(_broadcast_size(sizes, shapes) for sizes in zip(*padded, strict=True))


def _broadcast_size(sizes: tuple[int | None, ...], shapes: Sequence[Shape]) -> int | None:
    wide = [size for size in sizes if size is not None and size != 1]
    if len(set(wide)) > 1:
        raise ShapeError(
            f"the shapes {' and '.join(map(str, shapes))} do not broadcast: sizes {' and '.join(map(str, wide))} meet "
            "on one axis. They must be equal, or 1."
        )
    return wide[0] if wide else None if None in sizes else sizes[0]


def reduced(shape: Shape, axis: Axes = None, keepdims: bool = False) -> Shape:
    """Return the shape without the axes that are reduced, or with size 1 there."""
    axes = axes_of(axis, len(shape))
    if keepdims:
        return tuple(1 if place in axes else size for place, size in enumerate(shape))
    return tuple(size for place, size in enumerate(shape) if place not in axes)


def along(shape: Shape, axis: Any, size: int | None) -> Shape:
    """Return the shape with another size on one axis."""
    place = axis_of(axis, len(shape))
    return (*shape[:place], size, *shape[place + 1 :])


def count(shape: Shape) -> int | None:
    """Return the number of elements, ``None`` if a size is unknown."""
    return None if None in shape else product(shape)


# Other axes ---------------------------------------------------------------------------------------------------------


def reshaped(shape: Shape, newshape: Any) -> Shape:
    """Return the shape asked for, with its −1 or ``None`` worked out where it can be."""
    target = tuple(newshape) if isinstance(newshape, (list, tuple)) else (newshape,)
    sizes = [None if size is None or size == -1 else whole(size) for size in target]
    if target.count(-1) > 1:
        raise ShapeError(f"the new shape {target} leaves more than one size open.")
    given, fixed = count(shape), product(size for size in sizes if size is not None)
    if given is None or sizes.count(None) > 1:
        return tuple(sizes)
    if None not in sizes and given != fixed:
        raise ShapeError(
            f"an array of shape {shape}, {given:,} elements, cannot take the shape {target}, {fixed:,} elements."
        )
    if None in sizes and (not fixed or given % fixed):
        raise ShapeError(
            f"an array of shape {shape}, {given:,} elements, cannot take the shape {target}: "
            f"{given:,} is no multiple of {fixed:,}."
        )
    left = given if fixed == 1 else Dim(given // max(fixed, 1), Origin("arithmetic", "÷", parts=(given, fixed)))
    return tuple(left if size is None else size for size in sizes)


def transposed(shape: Shape, axes: Any = None) -> Shape:
    """Return the shape with its axes in another order; backwards for ``None``."""
    if axes is None:
        return tuple(reversed(shape))
    order = axes_of(tuple(axes), len(shape))
    if len(order) != len(shape):
        raise ShapeError(f"the axes {tuple(axes)} are no order of the {len(shape)} axes of shape {shape}.")
    return tuple(shape[axis] for axis in order)


def moved(shape: Shape, source: Any, destination: Any) -> Shape:
    """Return the shape with some axes moved to other places."""
    return transposed(shape, moved_order(len(shape), source, destination))


def moved_order(rank: int, source: Any, destination: Any) -> tuple[int, ...]:
    """Return the order of axes in which those of `source` stand at `destination`."""
    sources, destinations = axes_of(source, rank), axes_of(destination, rank)
    if len(sources) != len(destinations):
        raise ShapeError(f"{len(sources)} axes {source} cannot be moved to {len(destinations)} places {destination}.")
    order = [axis for axis in range(rank) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, axis)
    return tuple(order)


def expanded(shape: Shape, axis: Any) -> Shape:
    """Return the shape with new axes of size 1 at the places that they then have."""
    places = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    rank = len(shape) + len(places)
    new, rest = axes_of(places, rank), iter(shape)
    return tuple(1 if place in new else next(rest) for place in range(rank))


def squeezed(shape: Shape, axis: Axes = None) -> Shape:
    """Return the shape without axes of size 1: those of `axis`, or all."""
    if axis is None:
        return tuple(size for size in shape if size != 1)
    axes = axes_of(axis, len(shape))
    for place in axes:
        if shape[place] not in (1, None):
            raise ShapeError(f"axis {place} of shape {shape} cannot be squeezed: its size is {shape[place]}, not 1.")
    return tuple(size for place, size in enumerate(shape) if place not in axes)


# Several arrays -----------------------------------------------------------------------------------------------------


def concatenated(shapes: Sequence[Shape], axis: Any = 0) -> Shape:
    """Return the shape of arrays put side by side along an axis."""
    if not shapes:
        raise ShapeError("there is nothing to concatenate.")
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        raise ShapeError(f"arrays of one rank are put together, not of shapes {' and '.join(map(str, shapes))}.")
    place = axis_of(axis, rank)
    joined = [shape[place] for shape in shapes]
    return tuple(
        (None if None in joined else total(joined)) if other == place else _agreed(sizes, shapes)
        for other, sizes in enumerate(zip(*shapes, strict=True))
    )


def _agreed(sizes: Iterable[int | None], shapes: Sequence[Shape]) -> int | None:
    known = [size for size in sizes if size is not None]
    if len(set(known)) > 1:
        raise ShapeError(
            f"the shapes {' and '.join(map(str, shapes))} differ on an axis on which they must agree: "
            f"{' and '.join(map(str, known))}."
        )
    return known[0] if known else None


def stacked(shapes: Sequence[Shape], axis: Any = 0) -> Shape:
    """Return the shape of arrays of one shape, stacked along a new axis."""
    if not shapes:
        raise ShapeError("there is nothing to stack.")
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError(f"arrays of one shape are stacked, not {' and '.join(map(str, shapes))}.")
    shape = tuple(_agreed(sizes, shapes) for sizes in zip(*shapes, strict=True))
    place = axis_of(axis, len(shape) + 1)
    return (*shape[:place], len(shapes), *shape[place:])


def split(shape: Shape, indices_or_sections: Any, axis: Any = 0, uneven: bool = False) -> list[Shape]:
    """Return the shapes of the pieces: so many equal ones, or those between places."""
    place = axis_of(axis, len(shape))
    size = shape[place]
    if not isinstance(indices_or_sections, int):
        ends = [*map(whole, indices_or_sections), size]
        starts = [0, *ends[:-1]]
        pieces = [
            None if end is None else _extent(slice(start, end), size, int(end))
            for start, end in zip(starts, ends, strict=True)
        ]
        return [along(shape, place, piece) for piece in pieces]
    if size is None:
        return [along(shape, place, None)] * indices_or_sections
    if size % indices_or_sections and not uneven:
        raise ShapeError(
            f"axis {axis} of shape {shape}, size {size}, cannot be split into {indices_or_sections} equal parts."
        )
    least, more = divmod(int(size), indices_or_sections)
    return [along(shape, place, least + (piece < more)) for piece in range(indices_or_sections)]


def _extent(piece: slice, size: int | None, least: int) -> int:
    return len(range(*piece.indices(size if size is not None else least)))


# Products -----------------------------------------------------------------------------------------------------------


def matmul(left: Shape, right: Shape) -> Shape:
    """Return the shape of a matrix product, as ``@`` gives it: vectors, matrices, stacks of matrices."""
    if not left or not right:
        raise ShapeError(f"a scalar has no matrix product: shapes {left} and {right}.")
    rows, columns = left[-2:-1], right[-1:] if len(right) > 1 else ()
    meet(left, right, -1, -2 if len(right) > 1 else -1)
    return (*broadcast(left[:-2], right[:-2]), *rows, *columns)


def meet(left: Shape, right: Shape, of_left: int, of_right: int) -> None:
    """Check that two axes over which products are added up have one size."""
    sizes = left[of_left], right[of_right]
    if None not in sizes and sizes[0] != sizes[1]:
        raise ShapeError(
            f"the shapes {left} and {right} do not fit: axis {of_left} of the first has size {sizes[0]}, axis "
            f"{of_right} of the second {sizes[1]}, over which products are added up."
        )


def dot(left: Shape, right: Shape) -> Shape:
    """Return the shape of NumPy's `dot`: the last axis of the first meets the last but one of the second."""
    if not left or not right:
        return left or right
    place = -2 if len(right) > 1 else -1
    meet(left, right, -1, place)
    return (*left[:-1], *right[:-2], *(right[-1:] if len(right) > 1 else ()))


def tensordot_axes(left: Shape, right: Shape, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes of each that `axes` means: a number of last and first ones, or a pair of axes or lists."""
    if isinstance(axes, int):
        return tuple(range(len(left) - axes, len(left))), tuple(range(axes))
    first, second = axes
    return axes_of(first, len(left)), axes_of(second, len(right))


def tensordot(left: Shape, right: Shape, axes: Any = 2) -> Shape:
    """Return the shape of products added up over pairs of axes."""
    first, second = tensordot_axes(left, right, axes)
    if len(first) != len(second) or min(first, default=0) < 0 or max(second, default=-1) >= len(right):
        raise ShapeError(f"the axes {axes} do not pair axes of shapes {left} and {right}.")
    for one, other in zip(first, second, strict=True):
        meet(left, right, one, other)
    return (*reduced(left, first), *reduced(right, second)) if first else (*left, *right)


def einsum_labels(subscripts: str, shapes: Sequence[Shape]) -> tuple[list[str], str, dict[str, int | None]]:
    """Return the labels of each operand's axes and of the result's, an ellipsis spelled out, and each label's size.

    Source: numpy.einsum, "subscripts".
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(shapes):
        raise ShapeError(f"{subscripts!r} is about {len(terms)} arrays, but got {len(shapes)}: {list(shapes)}.")
    free = iter("0123456789")
    ranks = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)]
    widest = max((rank for rank, term in zip(ranks, terms, strict=True) if "..." in term), default=0)
    spelled = "".join(next(free) for _ in range(max(widest, 0)))
    sizes: dict[str, int | None] = {}
    labels = []
    for term, shape, rank in zip(terms, shapes, ranks, strict=True):
        if rank < 0 or (rank and "..." not in term):
            raise ShapeError(f"{subscripts!r} names {len(term.replace('...', ''))} axes for an array of shape {shape}.")
        term = term.replace("...", spelled[len(spelled) - rank :] if rank else "")
        labels.append(term)
        for label, size in zip(term, shape, strict=True):
            sizes[label] = _met_size(label, sizes.get(label, 1), size, subscripts, shapes)
    if not arrow:
        letters = "".join(terms).replace("...", "")
        output = "..." * bool(widest) + "".join(sorted(label for label in set(letters) if letters.count(label) == 1))
    output = output.replace("...", spelled)
    if any(label not in sizes for label in output) or len(set(output)) < len(output):
        raise ShapeError(f"{subscripts!r} asks for axes {output!r}, which are not those of the arrays, or one twice.")
    return labels, output, sizes


def _met_size(label: str, before: int | None, size: int | None, subscripts: str, shapes: Sequence[Shape]) -> int | None:
    if before == 1 or size == 1:
        return size if before == 1 else before
    if before is not None and size is not None and before != size:
        raise ShapeError(
            f"{subscripts!r} gives one label, {label!r}, to axes of sizes {before} and {size}: "
            f"shapes {' and '.join(map(str, shapes))}."
        )
    return size if before is None else before


def einsum(subscripts: str, shapes: Sequence[Shape]) -> Shape:
    """Return the shape of a sum of products in Einstein's notation."""
    _, output, sizes = einsum_labels(subscripts, shapes)
    return tuple(sizes[label] for label in output)


# Parts and repetitions ----------------------------------------------------------------------------------------------


def get_item(shape: Shape, key: Any) -> Shape:
    """Return the shape of ``x[key]``: whole numbers, slices, ``None``, ``...``, arrays of whole numbers or booleans.

    Source: NumPy, "Indexing on ndarrays".
    """
    keys = list(key) if isinstance(key, tuple) else [key]
    used = sum(_axes_used(one) for one in keys)
    if used > len(shape):
        raise ShapeError(f"{used} indices are too many for shape {shape}.")
    if not any(one is Ellipsis for one in keys):
        keys.append(Ellipsis)
    gap = next(place for place, one in enumerate(keys) if one is Ellipsis)
    if sum(one is Ellipsis for one in keys) > 1:
        raise ShapeError("an index holds `...` more than once.")
    keys[gap : gap + 1] = [slice(None)] * (len(shape) - used)
    rest = iter(shape)
    sizes: list[int | None] = []
    arrays: list[tuple[int, Any]] = []
    for one in keys:
        if one is None:
            sizes.append(1)
        elif isinstance(one, slice):
            sizes.append(_sliced(next(rest), one))
        elif _is_array(one):
            arrays.append((len(sizes), one))
            for _ in range(_axes_used(one)):
                next(rest)
        else:
            size, place = next(rest), whole(one)
            if size is not None and not -size <= place < size:
                raise ShapeError(f"index {place} is outside of an axis of size {size}: shape {shape}.")
            arrays.append((len(sizes), None))
    indexed = [(place, one) for place, one in arrays if one is not None]
    if not indexed:
        return tuple(sizes)
    gathered = broadcast(*(_index_shape(one) for _, one in indexed))
    places = [place for place, _ in arrays]
    together = max(places) == min(places) and _adjacent(keys)
    start = places[0] if together else 0
    return (*sizes[:start], *gathered, *sizes[start:])


def _is_array(key: Any) -> bool:
    return isinstance(key, list) or hasattr(key, "node") or (hasattr(key, "shape") and len(key.shape) > 0)


def _adjacent(keys: Sequence[Any]) -> bool:
    advanced = [place for place, one in enumerate(keys) if one is not None and not isinstance(one, slice)]
    return advanced[-1] - advanced[0] == len(advanced) - 1


def _axes_used(key: Any) -> int:
    if key is None or key is Ellipsis:
        return 0
    return len(key.shape) if "bool" in str(getattr(key, "dtype", "")) else 1


def _index_shape(key: Any) -> Shape:
    if isinstance(key, list):
        return (len(key), *_index_shape(key[0])) if key and isinstance(key[0], list) else (len(key),)
    return (None,) if "bool" in str(key.dtype) else tuple(key.shape)


def _sliced(size: int | None, piece: slice) -> int | None:
    if piece == slice(None):
        return size
    bounds = [None if bound is None else whole(bound) for bound in (piece.start, piece.stop, piece.step)]
    if size is not None:
        return len(range(*slice(*bounds).indices(int(size))))
    return None


def repeated(shape: Shape, repeats: Any, axis: Any = None) -> Shape:
    """Return the shape of an array whose elements come several times along an axis, or flat for ``None``."""
    sizes = tuple(shape) if axis is not None else (count(shape),)
    place = axis_of(axis or 0, len(sizes))
    size = sizes[place]
    each = list(repeats) if isinstance(repeats, (list, tuple)) else repeats
    if isinstance(each, list) and len(each) == 1:
        each = each[0]
    if isinstance(each, list):
        if size is not None and len(each) != size:
            raise ShapeError(f"{len(each)} repeats are given for {size} elements.")
        return along(sizes, place, sum(each))
    if getattr(each, "ndim", 0):
        return along(sizes, place, int(sum(each)))
    return along(sizes, place, None if size is None else size * int(each))


def tiled(shape: Shape, repeats: Any) -> Shape:
    """Return the shape of an array laid side by side so many times along each axis."""
    times = tuple(repeats) if isinstance(repeats, (list, tuple)) else (repeats,)
    rank = max(len(shape), len(times))
    sizes = (*(1,) * (rank - len(shape)), *shape)
    each = (*(1,) * (rank - len(times)), *times)
    return tuple(
        None if size is None else size * int(many) if many != 1 else size
        for size, many in zip(sizes, each, strict=True)
    )


def padded(shape: Shape, pad_width: Any) -> Shape:
    """Return the shape with so much put before and behind each axis."""
    widths = pairs(pad_width, len(shape))
    return tuple(
        size if size is None or before + after == 0 else size + (before + after)
        for size, (before, after) in zip(shape, widths, strict=True)
    )


def pairs(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    """Return how much goes before and behind each axis: of one number, one pair, or a pair for each axis."""
    if isinstance(pad_width, int):
        return [(pad_width, pad_width)] * rank
    width: list[Any] = [tuple(one) if isinstance(one, (list, tuple)) else one for one in pad_width]
    if len(width) in (1, 2) and all(isinstance(one, int) for one in width):
        return [(int(width[0]), int(width[-1]))] * rank
    if len(width) == 1:
        width = width * rank
    if len(width) != rank:
        raise ShapeError(f"`pad_width` {pad_width!r} is for {len(width)} axes, but there are {rank}.")
    return [(int(one[0]), int(one[-1])) for one in width]


def taken(shape: Shape, indices: Shape, axis: Any = None) -> Shape:
    """Return the shape of elements taken along an axis, or of the flat array for ``None``."""
    if axis is None:
        return indices
    place = axis_of(axis, len(shape))
    return (*shape[:place], *indices, *shape[place + 1 :])


def taken_along(shape: Shape, indices: Shape, axis: Any = None) -> Shape:
    """Return the shape of elements that are taken along an axis by an array of the same rank."""
    if axis is None:
        return (count(indices),)
    if len(shape) != len(indices):
        raise ShapeError(f"the indices must have as many axes as the array: shapes {indices} and {shape}.")
    place = axis_of(axis, len(shape))
    whole_shape = broadcast(along(shape, place, 1), along(indices, place, 1))
    return along(whole_shape, place, indices[place])


def diagonal(shape: Shape, offset: int = 0, axis1: Any = 0, axis2: Any = 1) -> Shape:
    """Return the shape of the diagonals over two axes, which come last."""
    if len(shape) < 2:
        raise ShapeError(f"a diagonal is of at least two axes, not of shape {shape}.")
    first, second = axes_of((axis1, axis2), len(shape))
    rows, columns = shape[first], shape[second]
    size = None
    if rows is not None and columns is not None:
        size = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    return (*reduced(shape, (first, second)), size)


# Windows ------------------------------------------------------------------------------------------------------------


def window_sizes(value: Any, rank: int, argument: str) -> tuple[int, ...]:
    """Return `value`, one number or one for each of `rank` axes, as a tuple."""
    sizes = tuple(value) if isinstance(value, (list, tuple)) else (value,) * rank
    if len(sizes) != rank:
        raise ArgumentError(f"`{argument}` must be a whole number or {rank} of them, not {value!r}.")
    return tuple(map(whole, sizes))


def windows(size: int | None, kernel: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """Return how many positions a window of `kernel` elements, `dilation` apart, takes on an axis."""
    taken = convolved_size(size, kernel, stride, padding, dilation)
    if taken is not None and taken <= 0:
        raise ShapeError(f"a window of {kernel} elements does not fit an axis of size {size}.")
    return taken


def image_parts(shape: Shape, data_format: str) -> tuple[int | None, Shape, int | None]:
    """Return batch size, the sizes over which windows move, and the number of channels."""
    if len(shape) < 3:
        raise ShapeError(f"batch, positions and channels are at least 3 axes, not shape {shape}.")
    first = data_format == "channels_first"
    return shape[0], shape[2:] if first else shape[1:-1], shape[1] if first else shape[-1]


def pooled(shape: Shape, pool_size: Any, strides: Any, padding: str, data_format: str) -> Shape:
    """Return the shape of an image whose windows are each made one number."""
    batch, positions, channels = image_parts(shape, data_format)
    kernel = window_sizes(pool_size, len(positions), "pool_size")
    steps = window_sizes(pool_size if strides is None else strides, len(positions), "strides")
    sizes = (windows(*one, padding) for one in zip(positions, kernel, steps, strict=True))
    return assembled(batch, tuple(sizes), channels, data_format)


def convolved(
    shape: Shape, kernel: Shape, filters: int | None, strides: Any, padding: str, data_format: str, dilation: Any
) -> Shape:
    """Return the shape of a convolution with a kernel (*positions*, …)."""
    batch, positions, _ = image_parts(shape, data_format)
    if len(kernel) != len(positions) + 2:
        raise ShapeError(f"a kernel of shape {kernel} moves over {len(kernel) - 2} axes; the input has shape {shape}.")
    steps, apart = (window_sizes(one, len(positions), "strides") for one in (strides, dilation))
    sizes = (
        None if width is None and padding == "valid" else windows(size, int(width or 1), step, padding, gap)
        for size, width, step, gap in zip(positions, kernel, steps, apart, strict=False)
    )
    return assembled(batch, tuple(sizes), filters, data_format)
