"""A vocabulary: given, found in data, kept in files; what lookups share."""

from __future__ import annotations

import os
from collections import Counter
from math import log
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.declare import config as configuration
from weigh.declare import dtypes
from weigh.declare.cost import Cost
from weigh.declare.dim import Dim, Origin, Shape, product
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, ArgumentTypeError, DataError, FormatError, StateError, UnsafeFileError
from weigh.layers import checks
from weigh.layers.preprocessing.base import (
    HostPreprocessor,
    as_array,
    batches,
    encode,
    encoded_shape,
    encoding_cost,
    numbers,
)
from weigh.layers.preprocessing.hashing import key_of, strings

VOCABULARY_FILE = "vocabulary.txt"
_OLD_NAMES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


class IndexLookup(HostPreprocessor):
    """Gives each value of a vocabulary its number; what IntegerLookup and StringLookup share.

    Input shape: any. Output shape: that of the input for ``"int"``; else vectors over the vocabulary.

    The numbers go, in order, to `mask_token` (0, for ``"int"`` only), to values outside of the vocabulary
    (`num_oov_indices` numbers), and to the tokens.

    Args:
        max_tokens: the most numbers that there are, special ones included; ``None`` for any.
        num_oov_indices: how many numbers values outside of the vocabulary share, by a hash; with 0 they are an error.
        mask_token: stands for no value: 0 for ``"int"``, and nothing in vectors; ``None`` for none.
        oov_token: stands for a value outside of the vocabulary in `get_vocabulary`, and with `invert`.
        vocabulary_dtype: of the values.
        vocabulary: the tokens, or the path of a file with one a line; else `adapt` finds them.
        idf_weights: for ``"tf_idf"``: the inverse document frequency of each token.
        invert: whether it gives the values of numbers instead.
        output_mode: ``"int"``: the number; ``"one_hot"``: a vector for each value; ``"multi_hot"``: a vector for the
            values of the last axis together, with a 1 for each that occurs; ``"count"``: how often each does;
            ``"tf_idf"``: that times its inverse document frequency.
        sparse: must be false.
        pad_to_max_tokens: whether vectors have `max_tokens` places even if there are fewer tokens.
        oov_method: ``"floormod"``, or ``"farmhash"`` for whole numbers too.
        salt: a number or two that the hash depends on; then it is SipHash-2-4.

    Raises:
        ArgumentError: a value cannot work; the vocabulary is empty, too long, or holds a token twice or a special one.
        StateError: it is used before it has a vocabulary.

    The vocabulary is a table beside the network and no weight: nothing trains it.
    """

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary_dtype: str,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        name: str | None = None,
        salt: Any = None,
        *,
        vocabulary_size: int | None = None,
        has_input_vocabulary: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.vocabulary_dtype = vocabulary_dtype
        self.invert = bool(invert)
        self.output_mode = checks.one_of(
            self,
            "output_mode",
            _OLD_NAMES.get(output_mode, output_mode),
            ("int", "one_hot", "multi_hot", "count", "tf_idf"),
        )
        self.sparse = self._refuse_sparse(sparse)
        self.pad_to_max_tokens = pad_to_max_tokens
        self.oov_method = checks.one_of(self, "oov_method", oov_method, ("floormod", "farmhash"))
        self.salt = key_of(self, salt)
        self._check_arguments(idf_weights)
        self.has_input_vocabulary = vocabulary is not None if has_input_vocabulary is None else has_input_vocabulary
        self.input_vocabulary = None if isinstance(vocabulary, (str, os.PathLike)) else _listed(vocabulary)
        self.input_idf_weights = _listed(idf_weights)
        self._tokens: list[Any] | None = None
        self._idf: list[float] | None = None
        self._size = vocabulary_size  # of a saved layer, whose tokens come with its file
        self._size_in_use: int | None = None
        self._traced = False
        self._table: Any = None
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    def _check_arguments(self, idf_weights: Any) -> None:
        if self.max_tokens is not None and checks.positive(self, "max_tokens", self.max_tokens) < 2:
            raise self._wrong("`max_tokens` must be at least 2, or None for any number of tokens, not 1.")
        if isinstance(self.num_oov_indices, bool) or not hasattr(self.num_oov_indices, "__index__"):
            raise self._wrong(f"`num_oov_indices` must be a whole number, not {self.num_oov_indices!r}.")
        if self.num_oov_indices < 0:
            raise self._wrong(f"`num_oov_indices` must be at least 0, not {self.num_oov_indices}.")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise self._wrong("`pad_to_max_tokens` needs `max_tokens`.")
        if self.invert and self.output_mode != "int":
            raise self._wrong(f"`invert` needs output_mode='int', not {self.output_mode!r}.")
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise self._wrong(f"`idf_weights` are for output_mode='tf_idf', not for {self.output_mode!r}.")
        if self.salt is not None and not self._of_text and self.oov_method != "farmhash":
            raise self._wrong("`salt` needs oov_method='farmhash'.")

    def _wrong(self, what: str) -> ArgumentError:
        return ArgumentError(f"Layer {self.name!r} ({type(self).__name__}): {what}")

    @property
    def _of_text(self) -> bool:
        return self.vocabulary_dtype == "string"

    @property
    def _first_oov(self) -> int:
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _first_token(self) -> int:
        return self._first_oov + self.num_oov_indices

    @property
    def _special(self) -> list[Any]:
        return [self.mask_token] * self._first_oov + [self.oov_token] * self.num_oov_indices

    # Its vocabulary ---------------------------------------------------------------------------------------------

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Take a vocabulary as it is, in place of the one there is.

        Args:
            vocabulary: the tokens, special ones at the head or not; or the path of a file with one a line.
            idf_weights: for ``"tf_idf"``, of each token.

        Raises:
            ArgumentError: it is empty, too long, or holds a token twice or a special one; or weights are missing.
            StateError: vectors of another length were promised before.
        """
        if (idf_weights is None) == (self.output_mode == "tf_idf"):
            raise self._wrong(
                f"`idf_weights` must be given with a vocabulary for output_mode='tf_idf', and only then; it is "
                f"{self.output_mode!r}."
            )
        given = self._read(vocabulary) if isinstance(vocabulary, (str, os.PathLike)) else _listed(vocabulary)
        given = [self._token(one) for one in given]
        if not given:
            raise self._wrong("the vocabulary is empty.")
        special = self._special
        headed = given[: len(special)] == special
        tokens = given[len(special) :] if headed else given
        repeated = [token for token, times in Counter(tokens).items() if times > 1]
        if repeated:
            raise self._wrong(f"the vocabulary holds tokens more than once: {repeated[:10]}.")
        for what, token in (("mask", self.mask_token), ("oov", self.oov_token if self.invert else None)):
            if token is not None and token in tokens:
                raise self._wrong(
                    f"the vocabulary holds the {what} token {token!r} at place {given.index(token)}. Leave special "
                    f"tokens away, or put all of them at its head: {special}."
                )
        weights = None if idf_weights is None else [float(one) for one in _listed(idf_weights)]
        if weights is not None and len(weights) != len(given):
            raise self._wrong(f"there are {len(weights)} `idf_weights` for a vocabulary of {len(given)}.")
        if weights is not None and not headed:
            weights = [sum(weights) / len(weights)] * len(special) + weights
        self._accept(tokens, weights)

    def _read(self, path: Any) -> list[Any]:
        if configuration.is_reviving():
            raise UnsafeFileError(
                f"Layer {self.name!r} ({type(self).__name__}): the configuration names the file {os.fsdecode(path)!r} "
                "as its vocabulary. A configuration that was read does not get to read other files."
            )
        if self.output_mode == "tf_idf":
            raise self._wrong("for output_mode='tf_idf' the vocabulary must be a list, not a file.")
        if not os.path.isfile(path):
            raise self._wrong(f"there is no vocabulary file {os.fsdecode(path)!r}.")
        return self._tokens_in(path)

    def _tokens_in(self, path: Any) -> list[Any]:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        while lines and not lines[-1]:
            lines.pop()
        try:
            return lines if self._of_text else [int(line) for line in lines]
        except ValueError as error:
            raise FormatError(f"{os.fsdecode(path)}: a line of the vocabulary is no whole number: {error}.") from error

    def _token(self, value: Any) -> Any:
        """Return a token of a vocabulary as text or as a whole number."""
        if self._of_text:
            value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            fits = isinstance(value, str)
        else:
            fits = hasattr(value, "__index__") and not isinstance(value, bool)
        if not fits:
            wanted = "strings" if self._of_text else "whole numbers"
            raise ArgumentTypeError(
                f"Layer {self.name!r} ({type(self).__name__}): the vocabulary must hold {wanted}, but holds {value!r} "
                f"of type {type(value).__name__}."
            )
        return value if self._of_text else int(value)

    def _accept(self, tokens: list[Any], weights: list[float] | None) -> None:
        size = self._first_token + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise self._wrong(
                f"the vocabulary takes {size} numbers, special tokens included, more than max_tokens={self.max_tokens}."
            )
        fixed = self.output_mode != "int" and not self.pad_to_max_tokens
        if fixed and self._size_in_use not in (None, size):
            raise StateError(
                f"Layer {self.name!r} ({type(self).__name__}) gives vectors of length {self._size_in_use}, on which "
                f"other layers depend; a vocabulary of {size} does not fit. Make a new layer, or use "
                "`pad_to_max_tokens=True`."
            )
        if weights is not None and self.pad_to_max_tokens and self.max_tokens is not None:
            weights = weights + [0.0] * (self.max_tokens - len(weights))
        self._tokens, self._idf, self._size, self._table = tokens, weights, size, None
        if self._traced:
            jax.clear_caches()  # compiled functions hold the vocabulary that there was
            self._traced = False

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Return the tokens, by default each at the place of its number, special ones at the head."""
        return [*(self._special if include_special_tokens else ()), *(self._tokens or ())]

    def vocabulary_size(self) -> int:
        """Return how many numbers there are, those of special tokens included."""
        return self._first_token + len(self._tokens or ())

    # Finding it in data -----------------------------------------------------------------------------------------

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Take the values of data as vocabulary: the most frequent first, and of equally frequent the greater first.

        Args:
            data: an array or a list, one document a row; or an iterable of batches.
            steps: number of batches to take; all by default.

        Raises:
            ArgumentError: the vocabulary was given.
        """
        self.reset_state()
        for batch in batches(data, steps, whole=(list, tuple)):
            if batch is data:
                array = as_array(self, data)
                batch = array[:, None] if array.ndim == 1 else array
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget the data seen so far."""
        self._counts: Counter[Any] = Counter()
        self._in_documents: Counter[Any] = Counter()
        self._documents = 0

    def update_state(self, data: Any) -> None:
        """Take a batch of data into account: (documents, …), or the values of one document."""
        array = as_array(self, data)
        rows = array.reshape(1, -1) if array.ndim < 2 else array.reshape(len(array), -1)
        self._count(self._values(row) for row in rows)

    def _count(self, documents: Any) -> None:
        if self.has_input_vocabulary:
            raise self._wrong("its `vocabulary` was given: there is nothing to adapt.")
        for document in documents:
            self._counts.update(document)
            if self.output_mode == "tf_idf":
                self._in_documents.update(set(document))
                self._documents += 1

    def _values(self, array: Any) -> list[Any]:
        if self._of_text:
            return strings(self, array)
        values: list[Any] = numbers(self, array).astype("int64").reshape(-1).tolist()
        return values

    def finalize_state(self) -> None:
        """Make the vocabulary of the data seen so far; with none, what there was stays."""
        if self.has_input_vocabulary or not self._counts:
            return
        for special in (self.mask_token, self.oov_token):
            self._counts.pop(special, None)
        most = None if self.max_tokens is None else max(self.max_tokens - self._first_token, 0)
        ordered = sorted(self._counts, key=lambda token: (self._counts[token], token), reverse=True)[:most]
        weights = None
        if self.output_mode == "tf_idf":
            weights = [log(1 + self._documents / (1 + self._in_documents[token])) for token in ordered]
            weights = [sum(weights) / max(len(weights), 1)] * self._first_token + weights
        self._accept(ordered, weights)
        self.reset_state()

    # Looking up -------------------------------------------------------------------------------------------------

    @property
    def _depth(self) -> int:
        """Length of the vectors."""
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.dim("max_tokens")
        if self._size is None:
            raise self._unknown()
        return Dim(self._size, Origin("argument", "vocabulary", self.name))

    def _unknown(self) -> StateError:
        return StateError(
            f"Layer {self.name!r} ({type(self).__name__}) has no vocabulary yet: call `adapt(data)` or "
            "`set_vocabulary(tokens)` first, or give it `vocabulary`."
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.output_mode == "int":
            return tuple(input_shape)
        self._size_in_use = int(self._depth)
        return encoded_shape(tuple(input_shape) or (1,), self.output_mode, self._depth)

    def compute_output_spec(self, inputs: Any) -> Tensor:
        shape = self.compute_output_shape(inputs.shape)
        if self.output_mode != "int":
            return self.tensor_type(shape, dtypes.floatx())
        return self.tensor_type(shape, self.vocabulary_dtype if self.invert else "int64")

    def compute_cost(self, input_shape: Shape) -> Cost:
        # one comparison finds a token in a hash table, a binary search in a sorted one
        steps = 1 if self._of_text or self.invert else max(self.vocabulary_size().bit_length(), 1)
        found = Cost(others=product(input_shape) * steps)
        if self.output_mode == "int":
            return found
        weighted = Cost(others=product(self.compute_output_shape(input_shape)) * (self.output_mode == "tf_idf"))
        return found + encoding_cost(input_shape, self.output_mode, int(self._depth)) + weighted

    def call(self, inputs: Any) -> Any:
        if self._tokens is None:
            raise self._unknown()
        if self.invert:
            return self._tokens_of(inputs)
        return self._encoded(self._indices(inputs))

    def _encoded(self, indices: Any) -> Any:
        jnp = jax.numpy
        indices = jnp.asarray(indices, "int32")
        if self.output_mode == "int":
            return indices
        mode, depth = self.output_mode, int(self._depth)
        self._size_in_use = depth
        if mode != "tf_idf":
            return encode(indices, mode, depth, dtypes.floatx())
        return encode(indices, "count", depth, dtypes.floatx()) * jnp.asarray(self._idf, dtypes.floatx())

    @property
    def _masked(self) -> int:
        """What stands for a masked value: 0, or in vectors what is not counted."""
        return 0 if self.output_mode == "int" else -1

    def _indices(self, inputs: Any) -> Any:
        """Return the number of each value; below 0 for one that vectors do not count."""
        raise NotImplementedError

    def _tokens_of(self, indices: Any) -> Any:
        """Return the value of each number; the `oov_token` for numbers that none has."""
        if indices.dtype.kind not in "iu":
            raise ArgumentTypeError(
                f"Layer {self.name!r} ({type(self).__name__}) inverts a lookup and takes whole numbers, but got "
                f"{indices.dtype}."
            )
        if self._table is None:
            self._table = numpy.array([*self.get_vocabulary(), self.oov_token])
        last = len(self._table) - 1
        known = (indices >= 0) & (indices < last)
        return self._table[numpy.where(known, indices, last)]

    def _refuse_unknown(self, values: list[Any]) -> None:
        raise DataError(
            f"Layer {self.name!r} ({type(self).__name__}) has num_oov_indices=0, so all values must be in its "
            f"vocabulary, but it got {values[:5]}. Use num_oov_indices=1, or add them to the vocabulary."
        )

    # Files and configuration ------------------------------------------------------------------------------------

    def save_own_variables(self, store: dict[str, Any]) -> None:
        """Put what is kept beside the vocabulary into the weights file."""
        if self.output_mode == "tf_idf" and self._idf is not None:
            store["idf_weights"] = numpy.asarray(self._idf, dtypes.floatx())

    def load_own_variables(self, store: dict[str, Any]) -> None:
        """Take it from there."""
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self._idf = numpy.asarray(store["idf_weights"], "float64").tolist()

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder, unless the configuration has it."""
        if self.input_vocabulary is None and self._tokens is not None:
            if any("\n" in str(token) for token in self._tokens):
                raise self._wrong("a token holds a line break, which a file with one token a line cannot keep.")
            with open(os.path.join(dir_path, VOCABULARY_FILE), "w", encoding="utf-8", newline="\n") as file:
                file.write("\n".join(map(str, self.get_vocabulary())))

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary from a folder, unless the configuration has it."""
        path = os.path.join(dir_path, VOCABULARY_FILE)
        if self.input_vocabulary is None and os.path.isfile(path):
            tokens = self._tokens_in(path)
            self.set_vocabulary(tokens, None if self._idf is None else self._idf[: len(tokens)])

    def get_config(self) -> dict[str, Any]:
        base = {name: getattr(self, name) for name in ("name", "trainable")}
        names: tuple[str, ...] = (
            "invert",
            "max_tokens",
            "num_oov_indices",
            "oov_token",
            "mask_token",
            "output_mode",
            "sparse",
        )
        names += ("pad_to_max_tokens", "vocabulary_dtype")
        return {
            **base,
            "dtype": configuration.serialize(self.dtype_policy),
            **{name: getattr(self, name) for name in names},
            "idf_weights": self.input_idf_weights,
            "vocabulary": self.input_vocabulary,
            "vocabulary_size": self._size,
            "oov_method": self.oov_method,
            "salt": self.salt,
        }

    def get_build_config(self) -> dict[str, Any]:
        """Return nothing: no shape matters."""
        return {}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Do nothing: there is nothing to build."""


def _listed(values: Any) -> Any:
    """Return values as a list of Python's own, ``None`` as it is."""
    if values is None:
        return None
    return values.tolist() if hasattr(values, "tolist") else list(values)
