"""Text as numbers."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from math import prod
from typing import Any

from weigh.compute.lazy import numpy
from weigh.compute.values import Array
from weigh.declare import config as configuration
from weigh.declare import dtypes
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.layers import checks
from weigh.layers.preprocessing.base import HostPreprocessor, as_array, batches
from weigh.layers.preprocessing.hashing import strings
from weigh.layers.preprocessing.lookup import StringLookup

_LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}
_BARE: dict[int, Any] = dict.fromkeys(map(ord, string.punctuation))
_STANDARDS: dict[str, dict[int, Any]] = {
    "lower_and_strip_punctuation": _LOWER | _BARE,
    "lower": _LOWER,
    "strip_punctuation": _BARE,
}
_WORDS = re.compile("[^ \t\n\v\f\r]+")


class TextVectorization(HostPreprocessor):
    """Writes each text as the numbers of its words, or as one vector over the vocabulary.

    Input shape: (batch,) or (batch, 1), of strings, on the host; without `split` also (…, words). Output shape:
    (batch, words) for ``"int"``, filled up with 0 to the longest text or cut to `output_sequence_length`; (batch,
    vocabulary) otherwise.

    Args:
        max_tokens: the most numbers that there are, special ones included; ``None`` for any.
        standardize: ``"lower_and_strip_punctuation"``, ``"lower"``, ``"strip_punctuation"``, ``None``, or a function
            from an array of strings to one. As in Keras, the first three know ASCII letters and signs only.
        split: ``"whitespace"``, ``"character"``, ``None``, or a function from an array of strings to the list of words
            of each.
        ngrams: a number n, for all runs of 1 to n words as words too; several, for runs of those lengths; ``None``.
        output_mode: ``"int"``: the words' numbers; ``"multi_hot"``, ``"count"``, ``"tf_idf"``: a vector over the
            vocabulary with a 1 for each word that occurs, how often it does, or that weighted.
        output_sequence_length: words of each text, for ``"int"``.
        pad_to_max_tokens: whether vectors have `max_tokens` places even if there are fewer words.
        vocabulary: the words, or the path of a file with one a line; else `adapt` finds them.
        idf_weights: for ``"tf_idf"``: the inverse document frequency of each word.
        sparse, ragged: must be false.
        encoding: of texts given as bytes.

    Raises:
        ArgumentError: an argument has a value that cannot work.
        StateError: it is used before it has a vocabulary.
        ShapeError: there is more than one text a row.

    The vocabulary is a table beside the network and no weight: nothing trains it.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        *,
        vocabulary_size: int | None = None,
        has_input_vocabulary: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.sparse = self._refuse_sparse(sparse)
        if ragged:
            raise self._wrong("`ragged` must be False: JAX has no ragged arrays. Texts are filled up with 0 instead.")
        self.ragged = False
        self.standardize = self._one_or_function("standardize", standardize, tuple(_STANDARDS))
        self.split = self._one_or_function("split", split, ("whitespace", "character"))
        self.ngrams = tuple(ngrams) if isinstance(ngrams, list) else ngrams
        self._widths = self._checked_widths()
        if output_mode == "one_hot" and split is not None:
            raise self._wrong("output_mode='one_hot' needs `split=None`; 'multi_hot' gives one vector for all words.")
        if output_sequence_length is not None and output_mode == "int":
            checks.positive(self, "output_sequence_length", output_sequence_length)
        elif output_sequence_length is not None:
            raise self._wrong(f"`output_sequence_length` is for output_mode='int', not for {output_mode!r}.")
        self.output_sequence_length = output_sequence_length
        self.encoding = encoding
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="",
            output_mode=output_mode,
            encoding=encoding,
            vocabulary_size=vocabulary_size,
            has_input_vocabulary=has_input_vocabulary,
        )
        self._lookup_layer.name = self.name  # in messages
        self.output_mode = self._lookup_layer.output_mode

    def _wrong(self, what: str) -> ArgumentError:
        return ArgumentError(f"Layer {self.name!r} (TextVectorization): {what}")

    def _one_or_function(self, argument: str, value: Any, options: tuple[str, ...]) -> Any:
        return value if value is None or callable(value) else checks.one_of(self, argument, value, options)

    def _checked_widths(self) -> tuple[int, ...] | None:
        widths = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
        if widths is None:
            return None
        if not isinstance(widths, (tuple, range)) or not widths or not all(isinstance(one, int) for one in widths):
            raise self._wrong(f"`ngrams` must be None, a whole number above 0, or several, not {self.ngrams!r}.")
        if min(widths) < 1:
            raise self._wrong(f"`ngrams` must be above 0, not {self.ngrams!r}.")
        return tuple(widths)

    @property
    def sublayers(self) -> list[Any]:
        """None: the lookup inside is how it works, and no layer of the network."""
        return []

    @property
    def max_tokens(self) -> int | None:
        """The most numbers that there are."""
        return self._lookup_layer.max_tokens

    @property
    def pad_to_max_tokens(self) -> bool:
        """Whether vectors have `max_tokens` places."""
        return self._lookup_layer.pad_to_max_tokens

    # Its vocabulary ---------------------------------------------------------------------------------------------

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Take the words of data as vocabulary: the most frequent first, and of equally frequent the greater first.

        Args:
            data: texts: an array, a list, or an iterable of batches.
            batch_size: accepted for compatibility.
            steps: number of batches to take; all by default.

        Raises:
            ArgumentError: the vocabulary was given.
        """
        self.reset_state()
        for batch in batches(data, steps, whole=(list, tuple)):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Take a batch of texts into account."""
        self._lookup_layer._count(self._documents(as_array(self, data))[0])

    def finalize_state(self) -> None:
        """Make the vocabulary of the texts seen so far."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget the texts seen so far."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the words, by default each at the place of its number, special ones at the head."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Return how many numbers there are, those of special tokens included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Take a vocabulary as it is; as of :meth:`StringLookup.set_vocabulary`."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    # Vectors ----------------------------------------------------------------------------------------------------

    def _outer(self, input_shape: Any) -> Any:
        """Return the axes of the input that are no words of one text."""
        return tuple(input_shape[:-1]) if len(input_shape) > 1 else tuple(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        outer = self._outer(input_shape)
        if self.output_mode == "one_hot":
            last = input_shape[-1] if len(input_shape) > 1 and self._widths is None else None
            return (*outer, last, self._lookup_layer._depth) if last != 1 else (*outer, self._lookup_layer._depth)
        if self.output_mode != "int":
            return self._lookup_layer.compute_output_shape((*outer, None))
        if self.output_sequence_length is not None:
            return (*outer, self.dim("output_sequence_length"))
        whole = self.split is None and self._widths is None
        return (*outer, (input_shape[-1] if len(input_shape) > 1 else 1) if whole else None)

    def compute_output_spec(self, inputs: Any) -> Tensor:
        dtype = "int64" if self.output_mode == "int" else dtypes.floatx()
        return self.tensor_type(self.compute_output_shape(inputs.shape), dtype)

    def compute_cost(self, input_shape: Shape) -> Cost | None:
        return None  # how many words there are to look up, only the texts say

    def call(self, inputs: Any) -> Array:
        documents, outer = self._documents(inputs)
        lookup = self._lookup_layer
        found = [lookup.numbers_of(document) for document in documents]
        longest = max(map(len, found), default=0)
        if self.output_mode == "int":
            length, filler = self.output_sequence_length or longest, 0
        else:  # a power of two, so that texts of many lengths are not as many computations to compile
            length, filler = 1 << max(longest - 1, 0).bit_length(), -1
            length = longest if self.output_mode == "one_hot" else length
        rows = numpy.full((len(found), length), filler, "int32")
        for row, document in zip(rows, found, strict=True):
            row[: len(document)] = document[:length]
        return lookup._encoded(rows.reshape(*outer, length))

    def _documents(self, inputs: Any) -> tuple[list[list[str]], Any]:
        """Return the words of each text, and the axes over which the texts are spread."""
        if callable(self.standardize):
            texts = numpy.asarray(self.standardize(self._decoded(inputs)))
        else:
            table = _STANDARDS[self.standardize] if self.standardize else {}
            plain = strings(self, inputs, self.encoding)
            texts = numpy.array([text.translate(table) for text in plain] if table else plain, object)
        texts = texts.reshape(inputs.shape)
        outer = self._outer(texts.shape)
        if self.split is None:
            words = texts.reshape(prod(outer), -1).tolist()
        else:
            if texts.ndim > 1 and texts.shape[-1] != 1:
                raise ShapeError(
                    f"Layer {self.name!r} (TextVectorization) splits texts and takes one a row, of shape (batch,) or "
                    f"(batch, 1), but got {texts.shape}."
                )
            words = self._split(texts.reshape(-1))
        if self._widths is None:
            return words, outer
        return [[*self._runs(document)] for document in words], outer

    def _decoded(self, inputs: Any) -> Any:
        return numpy.array(strings(self, inputs, self.encoding), str).reshape(inputs.shape)

    def _split(self, texts: Any) -> list[list[str]]:
        if self.split == "whitespace":
            return [_WORDS.findall(text) for text in texts.tolist()]
        if self.split == "character":
            return [list(text) for text in texts.tolist()]
        split: Callable[[Any], Any] = self.split
        words = [[str(word) for word in document] for document in split(texts.astype(str))]
        if len(words) != len(texts):
            raise ArgumentTypeError(
                f"Layer {self.name!r} (TextVectorization): `split` must return the words of each of the {len(texts)} "
                f"texts that it got, but returned {len(words)} lists."
            )
        return words

    def _runs(self, words: list[str]) -> list[str]:
        widths = self._widths or ()
        return [" ".join(words[at : at + width]) for width in widths for at in range(len(words) - width + 1)]

    # Files and configuration ------------------------------------------------------------------------------------

    def save_own_variables(self, store: dict[str, Any]) -> None:
        """Put what is kept beside the vocabulary into the weights file; as Keras, also under the layer's own path."""
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: dict[str, Any]) -> None:
        """Take it from there."""
        self._lookup_layer.load_own_variables(store)

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder, unless the configuration has it."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary from a folder, unless the configuration has it."""
        self._lookup_layer.load_assets(dir_path)

    def get_config(self) -> dict[str, Any]:
        lookup = self._lookup_layer.get_config()
        names = ("standardize", "split", "ngrams", "output_mode", "output_sequence_length", "ragged", "encoding")
        shared = ("max_tokens", "pad_to_max_tokens", "sparse", "vocabulary", "idf_weights")
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": configuration.serialize(self.dtype_policy),
            **{name: configuration.serialize(getattr(self, name)) for name in names},
            **{name: lookup[name] for name in shared},
            "vocabulary_size": self.vocabulary_size(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> TextVectorization:
        """Make a layer; functions must be registered, or be in `custom_objects`."""
        functions = {
            name: configuration.deserialize(config[name], lambda module, name: None, custom_objects)
            for name in ("standardize", "split")
            if isinstance(config.get(name), dict)
        }
        return cls(**{**config, **functions})
