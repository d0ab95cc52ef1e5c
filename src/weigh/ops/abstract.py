"""What comes out of a computation, asked of JAX without computing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute import values
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import tree
from weigh.declare.graph import Tensor
from weigh.ops.tensor import KerasTensor


def abstract_output(compute: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return symbolic tensors like those that `compute` gives, from two abstract runs with different unknown sizes.

    A size of the output that differs between the runs depends on an unknown size, and is unknown itself.
    """

    def run(unknown: int) -> Any:
        leaves = [leaf for leaf in tree.leaves([args, kwargs]) if isinstance(leaf, Tensor)]
        structs = [
            jax.ShapeDtypeStruct(tuple(unknown if size is None else int(size) for size in leaf.shape), leaf.dtype)
            for leaf in leaves
        ]

        def traced(arrays: list[Array]) -> Any:
            rest = iter(arrays)
            filled = tree.map_leaves(lambda leaf: next(rest) if isinstance(leaf, Tensor) else leaf, [args, kwargs])
            with values.abstract():
                return compute(tuple(filled[0]), filled[1])

        return jax.eval_shape(traced, structs)

    first, second = run(83), run(89)
    return tree.map_leaves(
        lambda one, other: KerasTensor(
            (size if size == again else None for size, again in zip(one.shape, other.shape, strict=True)), one.dtype
        ),
        first,
        second,
    )
