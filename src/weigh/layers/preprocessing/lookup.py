"""Values of a vocabulary as numbers, and back."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.errors import ArgumentError, ArgumentTypeError
from weigh.layers.preprocessing.hashing import buckets, strings, texts
from weigh.layers.preprocessing.index import IndexLookup

_INT32 = range(-(1 << 31), 1 << 31)


class IntegerLookup(IndexLookup):
    """Gives each whole number of a vocabulary its place there.

    Input shape: any, of whole numbers. Output shape, arguments, errors: as of the base class, with ``oov_token=-1``.

    It also runs inside of compiled functions, where numbers have 32 bits, unless that could not be right: with
    ``num_oov_indices=0``, with a hash, or with tokens of more bits it computes on the host.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if vocabulary_dtype != "int64":
            raise ArgumentError(f"IntegerLookup: `vocabulary_dtype` must be 'int64', not {vocabulary_dtype!r}.")
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary_dtype,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            oov_method,
            name,
            salt,
            **kwargs,
        )

    @property
    def on_host(self) -> bool:  # type: ignore[override]
        """Whether it computes outside of compiled functions."""
        hashed = self.num_oov_indices > 1 and self.oov_method == "farmhash"
        return self.num_oov_indices == 0 or hashed or any(token not in _INT32 for token in self._tokens or ())

    def _as_input(self, leaf: Any) -> Any:
        if isinstance(leaf, jax.core.Tracer) and not self.on_host:
            self._traced = True
            return leaf
        return super()._as_input(leaf)

    def _indices(self, inputs: Any) -> Any:
        if inputs.dtype.kind not in "iu":
            raise ArgumentTypeError(
                f"Layer {self.name!r} (IntegerLookup) takes whole numbers, but got {inputs.dtype}. Use StringLookup "
                "for strings, Discretization for other numbers."
            )
        np: Any = jax.numpy if isinstance(inputs, jax.core.Tracer) else numpy
        keys, places = (np.asarray(part) for part in self._sorted())
        if len(keys):
            at = np.minimum(np.searchsorted(keys, inputs), len(keys) - 1)
            found, indices = keys[at] == inputs, places[at] + self._first_token
        else:
            found, indices = np.zeros(inputs.shape, bool), np.zeros(inputs.shape, int)
        masked = np.zeros(inputs.shape, bool) if self.mask_token is None else inputs == self.mask_token
        indices = np.where(found, indices, self._first_oov + self._outside(np, inputs, found | masked))
        return np.where(masked, self._masked, indices)

    def _outside(self, np: Any, inputs: Any, known: Any) -> Any:
        """Return which of the numbers for values outside of the vocabulary each value would get."""
        if self.num_oov_indices == 0:
            if not known.all():
                self._refuse_unknown(inputs[~known].tolist())
            return 0
        if self.num_oov_indices == 1:
            return 0
        if self.oov_method == "farmhash":
            return buckets(texts(self, inputs), self.num_oov_indices, self.salt).reshape(inputs.shape)
        return np.mod(inputs, self.num_oov_indices)

    def _sorted(self) -> Any:
        """Return the tokens in ascending order, and the place of each in the vocabulary."""
        if self._table is None:
            tokens = numpy.asarray(self._tokens, "int64")
            order = numpy.argsort(tokens)
            narrow = all(token in _INT32 for token in self._tokens or ())
            self._table = tokens[order].astype("int32" if narrow else "int64"), order.astype("int32")
        return self._table


class StringLookup(IndexLookup):
    """Gives each string of a vocabulary its place there.

    Input shape: any, of strings, on the host. Output shape, arguments, errors: as of the base class, with
    ``oov_token="[UNK]"``; `encoding` is that of bytes.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: Any = None,
        oov_token: Any = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        self.encoding = encoding
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            "string",
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            name=name,
            salt=salt,
            **kwargs,
        )

    def _indices(self, inputs: Any) -> Any:
        found = self.numbers_of(strings(self, inputs, self.encoding))
        return numpy.asarray(found, "int32").reshape(inputs.shape)

    def numbers_of(self, values: list[str]) -> list[int]:
        """Return the number of each string; below 0 for one that vectors do not count."""
        if self._tokens is None:
            raise self._unknown()
        if self._table is None:
            self._table = {token: place for place, token in enumerate(self._tokens, self._first_token)}
            if self.mask_token is not None:
                self._table[self.mask_token] = self._masked
        table = self._table
        if self.num_oov_indices == 1:
            outside = self._first_oov
            return [table.get(value, outside) for value in values]
        unknown = [value for value in dict.fromkeys(values) if value not in table]
        if unknown and not self.num_oov_indices:
            self._refuse_unknown(unknown)
        if unknown:
            bins = buckets([value.encode() for value in unknown], self.num_oov_indices, self.salt) + self._first_oov
            table = {**table, **dict(zip(unknown, bins.tolist(), strict=True))}
        return [table[value] for value in values]

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "encoding": self.encoding}
        del config["vocabulary_dtype"]
        return config
