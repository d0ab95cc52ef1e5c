"""Random numbers as in ``keras.random``: from one seed, the same numbers that Keras draws on JAX.

`seed` is a whole number, which gives the same numbers every time; a `SeedGenerator`, which steps on; or ``None`` for
the process' own generator, which starts from `weigh.utils.set_random_seed`.
"""

from __future__ import annotations

from typing import Any

from weigh.compute import randomness
from weigh.compute.lazy import jax
from weigh.compute.randomness import SeedGenerator
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.declare import seed as seeds
from weigh.errors import ArgumentError
from weigh.ops.arrays import array

_own: dict[object, SeedGenerator] = {}
"""The process' generator, by the stream of seeds that it began with."""


def _key(seed: Any) -> Array:
    """Return the key that a seed stands for, uint32 of shape (2,)."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, int):
        return jax.numpy.array([seed & 0xFFFFFFFF, 0], dtype="uint32")
    if seed is None:
        stream = seeds.stream()
        if stream not in _own:
            _own.clear()
            _own[stream] = SeedGenerator()
        return _own[stream].next(ordered=False)
    if hasattr(seed, "dtype"):
        return seed
    raise ArgumentError(f"`seed` must be a whole number, a SeedGenerator or None, not {seed!r}.")


def _sizes(shape: Any) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Return normally distributed numbers."""
    return jax.random.normal(_key(seed), _sizes(shape), dtypes.standardize(dtype)) * stddev + mean


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Return normally distributed numbers, none of them two `stddev` or more from `mean`."""
    numbers = jax.random.truncated_normal(_key(seed), -2.0, 2.0, _sizes(shape), dtypes.standardize(dtype))
    return numbers * stddev + mean


def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Return numbers drawn evenly from [minval, maxval)."""
    kind = dtypes.standardize(dtype)
    if not dtypes.is_float(kind):
        raise ArgumentError(f"`uniform` draws floating-point numbers: `dtype` cannot be {kind!r}; see `randint`.")
    return jax.random.uniform(_key(seed), _sizes(shape), kind, minval, maxval)


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Array:
    """Return whole numbers drawn evenly from `minval` to before `maxval`."""
    kind = dtypes.standardize(dtype)
    if dtypes.is_inexact(kind):
        raise ArgumentError(f"`randint` draws whole numbers: `dtype` cannot be {kind!r}.")
    return jax.random.randint(_key(seed), _sizes(shape), minval, maxval, kind)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Return for each row of logits (batch, classes) so many classes, drawn with the probabilities of its softmax."""
    logits = array(logits)
    shape = (logits.shape[0], num_samples, *logits.shape[2:])
    drawn = jax.random.categorical(_key(seed), logits[..., None], axis=1, shape=shape)
    return drawn.astype(dtypes.standardize(dtype))


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Array:
    """Return numbers of the beta distribution."""
    return jax.random.beta(_key(seed), array(alpha), array(beta), _sizes(shape), dtypes.standardize(dtype))


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Array:
    """Return numbers of the gamma distribution with scale 1."""
    return jax.random.gamma(_key(seed), array(alpha), _sizes(shape), dtypes.standardize(dtype))


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Array:
    """Return how many of so many trials succeed with some probability."""
    return jax.random.binomial(
        _key(seed), array(counts), array(probabilities), _sizes(shape), dtypes.standardize(dtype)
    )


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Array:
    """Return x with its elements along an axis in random order, in each line of the others another one."""
    return jax.random.permutation(_key(seed), array(x), axis, independent=True)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Array:
    """Return inputs with a random share `rate` set to 0 and the others divided by 1 − `rate`.

    Args:
        inputs: any shape.
        rate: share to drop, in [0, 1].
        noise_shape: shape of what is drawn, broadcast against `inputs`; ``None`` is their size.
        seed: where the numbers come from.
    """
    inputs = array(inputs)
    if rate == 0:
        return inputs
    if rate == 1:
        return jax.numpy.zeros_like(inputs)
    return randomness.dropout(inputs, rate, noise_shape, _key(seed))


__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
