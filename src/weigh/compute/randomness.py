"""Random keys that are part of a network's declared state."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array, Variable
from weigh.declare import naming
from weigh.declare.seed import Draw
from weigh.declare.weight import Holder
from weigh.errors import ArgumentTypeError


class SeedGenerator(Holder):
    """A stream of random keys whose state is a declared array, shape (2,): the seed and how many were taken.

    The keys are those of Keras 3 on JAX for the same seed, so dropout drops the same units.

    Args:
        seed: where the stream starts; drawn from the process' seed where none is given.
        name: automatic where none is given.

    Raises:
        ArgumentTypeError: `seed` is not a whole number.
    """

    keras_module = "keras.random"

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        if seed is not None and not isinstance(seed, int):
            raise ArgumentTypeError(f"`seed` must be a whole number or None, not {seed!r}.")
        self.seed = seed
        self.name = name or naming.automatic(type(self).__name__)
        start = Draw() if seed is None else seed
        with naming.scope(self.name, self):
            self.state = Variable(
                (2,),
                lambda shape, dtype: numpy.array([int(start), 0], dtype=dtype),
                "uint32",
                role="random state",
                trainable=False,
                name="seed_generator_state",
            )
        self.holdings = [self.state]

    def next(self, ordered: bool = True) -> Array:
        """Return the next key, uint32 of shape (2,), and step on."""
        key = self.state.raw
        if ordered:
            self.state.assign(key + numpy.array([0, 1], dtype="uint32"))
        else:
            self.state.assign((key + 1) * 5387 % 933199)
        return key

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal generator."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """Make a generator from what `get_config` returned."""
        return cls(**config)


def dropout(x: Array, rate: float, noise_shape: tuple[int | None, ...] | None, key: Array) -> Array:
    """Return `x` with a random share `rate` of its elements set to 0 and the others divided by 1 − `rate`.

    Args:
        x: any shape.
        rate: share to drop, in [0, 1).
        noise_shape: shape of the mask that is drawn, broadcast against `x`; ``None`` (whole or one size of it) is
            that of `x`.
        key: uint32 of shape (2,).

    Source: Srivastava et al. 2014, section 10 (inverted: scaled in training instead of at inference).
    """
    keep = 1.0 - rate
    sizes = tuple(x.shape) if noise_shape is None else noise_shape
    shape = tuple(whole if size is None else size for size, whole in zip(sizes, x.shape, strict=True))
    kept = jax.random.bernoulli(key, p=keep, shape=shape)
    return jax.numpy.where(kept, x / keep, jax.numpy.zeros((), x.dtype))
