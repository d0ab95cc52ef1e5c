"""``keras.preprocessing.text`` of Keras 2: words and their numbers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import log
from typing import Any

from weigh.compute.lazy import numpy
from weigh.errors import ArgumentError, StateError

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")


def text_to_word_sequence(text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """Return the words of a text.

    Args:
        text: to be split.
        filters: characters that stand between words as `split` does.
        lower: whether letters are made small.
        split: stands between words.
    """
    text = text.lower() if lower else text
    return [word for word in text.translate({ord(character): split for character in filters}).split(split) if word]


def one_hot(text: str, n: int, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[int]:
    """Return a number from 1 to n − 1 for each word, by Python's own hash: another in each process."""
    return hashing_trick(text, n, hash, filters, lower, split)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
) -> list[int]:
    """Return a number from 1 to n − 1 for each word; different words may have the same.

    Args:
        text: to be split.
        n: one above the largest number.
        hash_function: of a word; ``"md5"`` for one that is the same in each process, ``None`` for Python's own.
        filters: as of `text_to_word_sequence`.
        lower: as there.
        split: as there.
    """
    of: Callable[[str], int] = _md5 if hash_function == "md5" else hash_function or hash
    return [of(word) % (n - 1) + 1 for word in text_to_word_sequence(text, filters, lower, split)]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Numbers words by how frequent they are, 1 the most frequent; 0 is no word.

    Args:
        num_words: numbers below this one are used, so one word less; ``None`` for all.
        filters, lower, split: as of `text_to_word_sequence`.
        char_level: whether each character is a word.
        oov_token: stands for words without a number, and has the number 1; ``None`` leaves these out.
        document_count: how many texts were seen.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        document_count: int = 0,
    ) -> None:
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.document_count = document_count
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: defaultdict[str, int] = defaultdict(int)
        self.index_docs: defaultdict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: str | Sequence[str]) -> Sequence[str]:
        if isinstance(text, str) and not self.char_level:
            return text_to_word_sequence(text, self.filters, self.lower, self.split)
        return [word.lower() for word in text] if self.lower else list(text)

    def fit_on_texts(self, texts: Iterable[str | Sequence[str]]) -> None:
        """Count the words of texts, each a string or a list of words, and number them anew."""
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        ranked = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        known = ranked if self.oov_token is None else [self.oov_token, *ranked]
        self.word_index = {word: number for number, word in enumerate(known, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Iterable[Sequence[int]]) -> None:
        """Count in how many sequences each number is: what ``mode="tfidf"`` needs where no text was seen."""
        for sequence in sequences:
            self.document_count += 1
            for number in set(sequence):
                self.index_docs[number] += 1

    def _numbers(self, text: str | Sequence[str]) -> list[int]:
        unknown = None if self.oov_token is None else self.word_index.get(self.oov_token)
        numbers = (self.word_index.get(word) for word in self._words(text))
        used = (number if number is not None and self._is_used(number) else unknown for number in numbers)
        return [number for number in used if number is not None]

    def _is_used(self, number: int) -> bool:
        return not self.num_words or number < self.num_words

    def texts_to_sequences(self, texts: Iterable[str | Sequence[str]]) -> list[list[int]]:
        """Return the numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[str | Sequence[str]]) -> Iterator[list[int]]:
        """Yield the numbers of the words of each text."""
        yield from map(self._numbers, texts)

    def sequences_to_texts(self, sequences: Iterable[Sequence[int]]) -> list[str]:
        """Return the words of each sequence of numbers, with spaces between."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Sequence[int]]) -> Iterator[str]:
        """Yield the words of each sequence of numbers, with spaces between."""
        for sequence in sequences:
            words = (self.index_word.get(number) if self._is_used(number) else None for number in sequence)
            yield " ".join(word or self.oov_token or "" for word in words if word or self.oov_token)

    def texts_to_matrix(self, texts: Iterable[str | Sequence[str]], mode: str = "binary") -> Any:
        """Return a row for each text; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Sequence[Sequence[int]], mode: str = "binary") -> Any:
        """Return a row for each sequence, with a column for each number that is used.

        Args:
            sequences: of numbers.
            mode: what stands there: ``"binary"`` whether the number occurs, ``"count"`` how often, ``"freq"`` its
                share, or ``"tfidf"``: (1 + log count) · log(1 + texts ÷ (1 + texts that have it)).

        Returns:
            (sequences, numbers), float64.

        Raises:
            ArgumentError: there is no such mode.
            StateError: no text was seen, and it is not said how many numbers there are.
        """
        if mode not in _MODES:
            raise ArgumentError(f"Tokenizer: `mode` must be one of {', '.join(map(repr, _MODES))}, not {mode!r}.")
        columns = self.num_words or (len(self.word_index) + 1 if self.word_index else None)
        if columns is None or (mode == "tfidf" and not self.document_count):
            raise StateError("Tokenizer: call `fit_on_texts` first, or give `num_words` and call `fit_on_sequences`.")
        matrix = numpy.zeros((len(sequences), columns))
        for row, sequence in zip(matrix, sequences, strict=True):
            for number, count in Counter(number for number in sequence if number < columns).items():
                row[number] = self._weighed(mode, number, count, len(sequence))
        return matrix

    def _weighed(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "binary":
            return 1
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        return (1 + log(count)) * log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments and what was counted, the tables as JSON."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        tables = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {name: getattr(self, name) for name in plain} | {
            name: json.dumps(getattr(self, name)) for name in tables
        }

    def to_json(self, **kwargs: Any) -> str:
        """Return it as JSON; `kwargs` go to `json.dumps`."""
        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Return the tokenizer that `to_json` described, here or in Keras 2."""
    config = json.loads(json_string)["config"]
    tables = {
        name: json.loads(config.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    }
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts = OrderedDict(tables["word_counts"])
    tokenizer.word_docs.update(tables["word_docs"])
    tokenizer.index_docs.update({int(number): count for number, count in tables["index_docs"].items()})
    tokenizer.word_index = tables["word_index"]
    tokenizer.index_word = {int(number): word for number, word in tables["index_word"].items()}
    return tokenizer
