"""``keras.preprocessing.sequence`` of Keras 1 and 2."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from weigh.compute.lazy import numpy
from weigh.utils import pad_sequences

__all__ = ["make_sampling_table", "pad_sequences", "skipgrams"]

EULER = 0.577


def __getattr__(name: str) -> Any:
    if name == "TimeseriesGenerator":
        raise ImportError("weigh has no TimeseriesGenerator: stack the windows with `numpy.lib.stride_tricks`.")
    raise AttributeError(f"weigh's `keras.preprocessing.sequence` has no {name!r}; it has: {', '.join(__all__)}.")


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Any:
    """Return, for each rank of a word, the probability of keeping it: √(factor ÷ frequency), the frequency by Zipf.

    Args:
        size: number of ranks, the most frequent word first; rank 0 counts as 1.
        sampling_factor: a smaller one keeps fewer of the frequent words.

    Returns:
        (size,), float64.

    Source: Mikolov et al. 2013, "Distributed Representations of Words and Phrases", section 2.3.
    """
    ranks = numpy.maximum(numpy.arange(size), 1).astype("float64")
    once_in = ranks * (numpy.log(ranks) + EULER) + 0.5 - 1 / (12 * ranks)
    return numpy.minimum(1.0, numpy.sqrt(sampling_factor * once_in))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Return pairs of words that stand near each other, and pairs that were made up.

    Args:
        sequence: numbers of words; 0 is no word.
        vocabulary_size: one above the largest number.
        window_size: how far apart words of a pair are at most.
        negative_samples: made-up pairs for each true one.
        shuffle: whether pairs come in random order.
        categorical: whether labels are ``[0, 1]`` and ``[1, 0]`` instead of 1 and 0.
        sampling_table: probability of keeping each word.
        seed: of the order and of what is made up; by default drawn.

    Returns:
        The pairs, and for each 1 if it is true.
    """
    chance = random.Random(seed)
    true, made_up = ([0, 1], [1, 0]) if categorical else (1, 0)
    pairs = [
        [word, sequence[near]]
        for place, word in enumerate(sequence)
        if word and (sampling_table is None or sampling_table[word] >= chance.random())
        for near in range(max(0, place - window_size), min(len(sequence), place + window_size + 1))
        if near != place and sequence[near]
    ]
    words = [word for word, _ in pairs]
    chance.shuffle(words)
    count = int(len(pairs) * negative_samples)
    others = [[words[index % len(words)], chance.randint(1, vocabulary_size - 1)] for index in range(count)]
    labelled: list[tuple[list[int], Any]] = [(pair, true) for pair in pairs] + [(pair, made_up) for pair in others]
    if shuffle:
        chance.shuffle(labelled)
    return [pair for pair, _ in labelled], [label for _, label in labelled]
