"""From scores to shares: masks that say who may attend to whom, and the softmax over what is left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.layer import Layer
from weigh.errors import ShapeError

_NEVER = -1e30  # far below any score, and far from where float32 ends


def causal(targets: int, sources: int) -> Array:
    """Return where a position may attend if it sees none behind it: (targets, sources)."""
    return jax.numpy.tri(targets, sources, dtype=bool)


def near(targets: int, sources: int, window: int) -> Array:
    """Return where a position may attend if it sees those less than `window` steps away: (targets, sources)."""
    jnp = jax.numpy
    return jnp.abs(jnp.arange(targets)[:, None] - jnp.arange(sources)) < window


def joined(masks: Sequence[Array | None]) -> Array | None:
    """Return what all masks allow; ``None`` where there is none. They are broadcast from the right."""
    given = [mask.astype(bool) for mask in masks if mask is not None]
    return reduce(jax.numpy.logical_and, given) if given else None


def shares(scores: Array, mask: Array | None, axes: tuple[int, ...] = (-1,), nothing: bool = False) -> Array:
    """Return the softmax of scores over some axes, computed in float32 at least.

    Args:
        scores: any shape.
        mask: broadcast against `scores`; where it is False, the share is 0.
        axes: over which the shares add up to 1.
        nothing: what comes out where all is masked: 0 if true, else equal shares.
    """
    jnp = jax.numpy
    wide = scores.astype(jnp.promote_types(scores.dtype, "float32"))
    if mask is None:
        return jax.nn.softmax(wide, axes)
    found = jax.nn.softmax(jnp.where(mask, wide, _NEVER), axes)
    return jnp.where(mask, found, 0.0) if nothing else found


def check_mask(layer: Layer, mask: Any, scores: Sequence[int], what: str = "attention_mask") -> None:
    """Check that a mask broadcasts against scores.

    Raises:
        ShapeError: it does not.
    """
    shape = tuple(mask.shape)
    fits = len(shape) <= len(scores) and all(
        size in (1, wanted) for size, wanted in zip(shape[::-1], scores[::-1], strict=False)
    )
    if not fits:
        raise ShapeError(
            f"Layer {layer.name!r} ({type(layer).__name__}) got {what} of shape {shape} for scores of shape "
            f"{tuple(scores)}: it must have that shape, or 1 where it is the same for all."
        )
