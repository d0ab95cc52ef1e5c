"""Beginning anew: names and seeds."""

from __future__ import annotations

from weigh.declare import naming, seed


def clear_session(free_memory: bool = True) -> None:
    """Let automatic names start anew: the next Dense is ``dense`` again.

    Args:
        free_memory: accepted for compatibility; nothing of ours outlives its last use.
    """
    naming.reset()


def set_random_seed(value: int) -> None:
    """Seed everything random: our initializers and dropout, and Python's and NumPy's generators.

    The same seed gives the initial weights that Keras 3 on JAX gives.
    """
    import random

    import numpy

    random.seed(value)
    numpy.random.seed(value)
    seed.set_seed(value)
