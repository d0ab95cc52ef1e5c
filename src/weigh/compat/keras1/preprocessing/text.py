"""``keras.preprocessing.text`` of Keras 1."""

from __future__ import annotations

from weigh.compat.preprocessing import text
from weigh.compat.preprocessing.text import FILTERS, hashing_trick, one_hot, text_to_word_sequence

__all__ = ["Tokenizer", "base_filter", "hashing_trick", "one_hot", "text_to_word_sequence"]


def base_filter() -> str:
    """Return the characters that stand between words."""
    return FILTERS


class Tokenizer(text.Tokenizer):
    """Numbers words by how frequent they are; see `weigh.compat.preprocessing.text.Tokenizer`.

    Args:
        nb_words: numbers below this one are used; ``None`` for all.
        filters, lower, split, char_level: as there.
    """

    def __init__(
        self,
        nb_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
    ) -> None:
        super().__init__(nb_words, filters, lower, split, char_level)

    @property
    def nb_words(self) -> int | None:
        """One above the largest number that is used."""
        return self.num_words
