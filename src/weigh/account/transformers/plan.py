"""What a family declares: its weights in order, what it keeps for each token, and which experts a token meets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from weigh.account import roles
from weigh.account.stored import Stored
from weigh.account.transformers.config import NAME, Config, width
from weigh.declare.dim import product
from weigh.errors import FormatError

_MOST_ARRAYS = 1 << 20  # of one network


class Cached(NamedTuple):
    """What attention keeps for each token: so many numbers, as a product with a word for each factor.

    Attributes:
        factors: of the product.
        words: what one of each is; in brackets where it is no thing that can be counted.
    """

    factors: tuple[int, ...]
    words: tuple[str, ...]

    @property
    def elements(self) -> int:
        """How many numbers."""
        return int(product(self.factors))

    @property
    def text(self) -> str:
        """The product as people write it: ``2 (k and v) × 32 layers × 8 key-value heads × 128 (a head)``."""
        counted = zip(self.factors, self.words, strict=True)
        return " × ".join(f"{size:,} {word}{'s' if size != 1 and word[0] != '(' else ''}" for size, word in counted)


class Routed(NamedTuple):
    """Experts of which a token meets only some, in one or more layers alike."""

    elements: int
    experts: int
    chosen: int


class Plan:
    """The weights of a network as a family declares them from a configuration.

    Attributes:
        arrays: in the family's order; tied ones again under their second name, with the same key.
        extra: by name, what a file holds beside the main model.
        cached: what attention keeps for each token.
        routed: groups of experts.
        tied: whether the head is the embedding once more; ``None`` where there is no head.
        notes: what a reader should know.
    """

    def __init__(self, family: str, config: Config) -> None:
        self.dtype = config.dtype
        self.arrays: list[Stored] = []
        self.extra: dict[str, list[Stored]] = {}
        self.cached: list[Cached] = []
        self.routed: list[Routed] = []
        self.tied: bool | None = None
        self.notes: list[str] = []
        self._evidence = f"family {family} with the sizes of {NAME}"
        self._width = width(self.dtype)
        self._left = _MOST_ARRAYS

    def reserve(self, arrays: int, of: str) -> None:
        """Refuse a network of more arrays than any has, before they are made."""
        self._left -= arrays
        if self._left < 0:
            raise FormatError(f"{NAME}: {of} make more than {_MOST_ARRAYS:,} arrays; no network has so many.")

    def weight(
        self, path: str, shape: Sequence[int], role: str = roles.KERNEL, *, key: str = "", trained: bool = True
    ) -> None:
        """Declare one weight."""
        self.reserve(1, "its numbers")
        count = 1
        for size in shape:
            count *= int(size)
        self.arrays.append(self._stored(path, tuple(shape), role, count, key or None, trained))

    def matrix(self, path: str, units: int, features: int, bias: bool = False) -> None:
        """Declare a dense layer: units × features, as PyTorch stores it."""
        self.weight(f"{path}.weight", (units, features))
        if bias:
            self.weight(f"{path}.bias", (units,), roles.BIAS)

    def turned(self, path: str, features: int, units: int) -> None:
        """Declare a dense layer with a bias: features × units, as Keras stores it, and GPT-2."""
        self.weight(f"{path}.weight", (features, units))
        self.weight(f"{path}.bias", (units,), roles.BIAS)

    def norm(self, path: str, size: int, offset: bool = False) -> None:
        """Declare a normalization: a scale, and an offset unless it only scales."""
        self.weight(f"{path}.weight", (size,), roles.SCALE)
        if offset:
            self.weight(f"{path}.bias", (size,), roles.OFFSET)

    def embedding(self, path: str, rows: int, size: int, key: str = "") -> None:
        """Declare a table with one row for each token, position or type."""
        self.weight(f"{path}.weight", (rows, size), roles.EMBEDDING, key=key)

    def head(self, path: str, rows: int, size: int, tied: bool, bias: bool = False) -> None:
        """Declare what turns states into scores of tokens: the embedding once more where it is tied."""
        self.tied = tied
        if tied:
            self.weight(f"{path}.weight", (rows, size), roles.EMBEDDING, key="embedding")
        else:
            self.weight(f"{path}.weight", (rows, size))
        if bias:
            self.weight(f"{path}.bias", (rows,), roles.BIAS)

    def experts(self, prefix: str, count: int, chosen: int, members: Sequence[tuple[str, int, int]]) -> None:
        """Declare `count` experts with the same matrices, of which a token meets `chosen`."""
        if chosen > count:
            raise FormatError(f"{NAME}: a token cannot meet {int(chosen)} of {int(count)} experts.")
        self.reserve(count * len(members), "its experts")
        matrices = [
            (f".{name}.weight", (units, features), int(units) * int(features)) for name, units, features in members
        ]
        add, stored = self.arrays.append, self._stored
        for expert in range(count):
            path = f"{prefix}.{expert}"
            for name, shape, elements in matrices:
                add(stored(path + name, shape, roles.KERNEL, elements, None, True))
        self.routed.append(Routed(count * sum(elements for _, _, elements in matrices), count, chosen))

    def aside(self, name: str, begin: int, routed: int) -> None:
        """Take what was declared since `begin` out of the main model."""
        self.extra[name] = self.arrays[begin:]
        del self.arrays[begin:]
        del self.routed[routed:]

    def cache(self, *factors: tuple[int, str]) -> None:
        """Declare what attention keeps for each token, as a product."""
        self.cached.append(Cached(tuple(size for size, _ in factors), tuple(word for _, word in factors)))

    def _stored(
        self, path: str, shape: tuple[int, ...], role: str, count: int, key: str | None, trained: bool
    ) -> Stored:
        return Stored(
            path,
            shape,
            self.dtype,
            bytes=count * self._width,
            elements=count,
            trainable=trained,
            role=role,
            evidence=self._evidence,
            key=key,
        )
