"""The number of parameters of a network of repeated layers as the field writes it, as a sum that can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from weigh.account import names, roles
from weigh.account.stored import Stored

_WORDS = {
    names.EMBEDDING: "embeddings",
    names.HEAD: "head",
    names.QUERY: "q",
    names.KEY: "k",
    names.VALUE: "v",
    names.FUSED: "qkv",
    names.LATENT: "latent",
    names.OUTPUT: "o",
    names.FEED_FORWARD: "mlp",
    names.ROUTER: "router",
    names.PATCHES: "patches",
}
_OWN = {
    "q_a_proj": "q down",
    "q_b_proj": "q up",
    "kv_a_proj_with_mqa": "kv down",
    "kv_b_proj": "kv up",
    "attn_q_a": "q down",
    "attn_q_b": "q up",
    "attn_kv_a_mqa": "kv down",
    "attn_kv_b": "kv up",
}
_ORDER = (
    ("patches", "embeddings", "head"),
    ("q", "q down", "q up", "k", "v", "qkv", "kv down", "kv up", "latent", "o"),
    ("mlp",),
    ("experts",),
    ("shared experts",),
    ("router",),
    ("biases",),
    ("norms",),
)
_PLACE = {word: (group, place) for group, words in enumerate(_ORDER) for place, word in enumerate(words)}
_LAST = (len(_ORDER), 0)
_ONE = {"biases": "bias", "norms": "norm", "embeddings": "embedding"}
_ROLES = {roles.SCALE: "norms", roles.OFFSET: "norms", roles.BIAS: "biases"}
_LAYERS = frozenset({"layers", "layer", "h", "block", "blocks", "blk"})
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


_Parts = dict[tuple[int, str, tuple[int, ...], str], int]
"""How often arrays stand in a layer: by whether experts have them, word, shape, and an expert's name of them."""


class Term(NamedTuple):
    """Arrays of as many elements each: ``3 × 4,096 × 14,336 mlp``.

    Attributes:
        experts: how many experts have them; 1 where none do.
        times: how many there are.
        factors: sizes of one.
        words: what they are.
    """

    experts: int
    times: int
    factors: tuple[int, ...]
    words: tuple[str, ...]

    @property
    def value(self) -> int:
        """Number of elements."""
        value = self.experts * self.times
        for size in self.factors:
            value *= int(size)
        return value

    def text(self, worded: bool = True) -> str:
        """Return it as people write it, with its words or without."""
        counts = [f"{count:,}" for count in (self.experts, self.times) if count != 1]
        powers = [(size, len(list(same))) for size, same in groupby(int(size) for size in self.factors if size != 1)]
        sizes = [f"{size:,}" + (str(power).translate(_RAISED) if power > 1 else "") for size, power in powers]
        product = " × ".join([*counts, *sizes]) or "1"
        return f"{product} {', '.join(self.words)}" if worded else product


class Section(NamedTuple):
    """Layers with the same arrays."""

    times: int
    word: str
    terms: tuple[Term, ...]

    @property
    def value(self) -> int:
        """Number of elements in all of them."""
        return self.times * sum(term.value for term in self.terms)

    def text(self) -> str:
        """Return it as people write it."""
        return f"{self.times:,} {self.word}{'s' if self.times != 1 else ''} × ({_sum(self.terms)})"


class Formula:
    """A sum over layers and over what stands outside of them.

    Attributes:
        sections: layers, those with equal arrays together.
        terms: what stands outside.
    """

    def __init__(self, sections: Sequence[Section], terms: Sequence[Term]) -> None:
        self.sections = list(sections)
        self.terms = list(terms)

    @classmethod
    def of(cls, arrays: Iterable[Stored]) -> Formula:
        """Return the formula of arrays with roles, each of which counts."""
        outside: _Parts = {}
        found: dict[str, dict[str, _Parts]] = {}
        words: dict[tuple[str, str], tuple[int, str]] = {}
        for array in arrays:
            prefix, index, tail, expert = layered(array.path)
            asked = (tail, array.role)
            told = words.get(asked)
            if told is None:
                told = words[asked] = (expert, word(tail, array.role, bool(expert)))
            one = (*told, array.shape, tail if expert else "")
            parts = found.setdefault(prefix, {}).setdefault(index, {}) if index else outside
            parts[one] = parts.get(one, 0) + 1
        sections = []
        for prefix, layers in found.items():
            alike: dict[frozenset[Any], list[dict[Any, int]]] = {}
            for parts in layers.values():
                alike.setdefault(frozenset(parts.items()), []).append(parts)
            called = _called(prefix, len(found) > 1)
            sections += [Section(len(same), called, _terms(same[0])) for same in alike.values()]
        return cls(sections, _terms(outside))

    @property
    def total(self) -> int:
        """Number of elements."""
        return sum(section.value for section in self.sections) + sum(term.value for term in self.terms)

    @property
    def text(self) -> str:
        """The sum as people write it."""
        parts = [section.text() for section in self.sections]
        return " + ".join([*parts, *([_sum(self.terms)] if self.terms else [])]) or "0"

    def to_dict(self) -> dict[str, Any]:
        """Return the sum as plain data."""
        return {
            "text": self.text,
            "total": self.total,
            "layers": [
                {
                    "times": section.times,
                    "word": section.word,
                    "value": section.value,
                    "terms": list(map(_plain, section.terms)),
                }
                for section in self.sections
            ],
            "outside": list(map(_plain, self.terms)),
        }

    def __repr__(self) -> str:
        return f"<Formula {self.text} = {self.total:,}>"


def layered(path: str) -> tuple[str, str, str, int]:
    """Return what stands before a layer's number, the number, what follows, and whether that is an expert's (1 or 0).

    >>> layered("model.layers.3.mlp.experts.17.w1.weight")
    ('model.layers', '3', 'mlp.experts.#.w1.weight', 1)
    >>> layered("model.norm.weight")
    ('', '', 'model.norm.weight', 0)
    """
    before, experts, after = path.partition(".experts.")
    number, _, rest = after.partition(".")
    if experts and number.isdigit():
        prefix, index, head = _before(before)
        return prefix, index, f"{head}.experts.#.{rest}", 1
    return *_before(path), 0


@lru_cache(maxsize=1024)  # what stands before experts is the same for hundreds of them
def _before(path: str) -> tuple[str, str, str]:
    segments = names.split(path)
    at = next((at for at, segment in enumerate(segments) if at and segment.isdigit()), 0)
    if not at:
        return "", "", ".".join(segments)
    return ".".join(segments[:at]), segments[at], ".".join(segments[at + 1 :])


def word(tail: str, role: str, expert: bool) -> str:
    """Return what a formula calls an array, by what its name says after the layer's number."""
    segments = tail.split(".")
    owner = segments[:-1] or segments
    if role in _ROLES:
        return _ROLES[role]
    if expert or owner[-1].endswith("_exps"):
        return "experts"
    if any(segment.startswith("shared_expert") for segment in owner[:-1]) or owner[-1].endswith("_shexp"):
        return "shared experts"
    if role == roles.EMBEDDING:
        return "embeddings"
    place = names.place(owner) or names.place(segments)
    own = owner[-2] if owner[-1] == "dense" and len(owner) > 1 else owner[-1]
    return _OWN.get(own) or _WORDS.get(place, "") or names.short(own)


def _terms(parts: _Parts) -> tuple[Term, ...]:
    terms: list[tuple[Any, Term]] = []
    for (expert, said, shape, _), count in sorted(parts.items(), key=lambda item: _PLACE.get(item[0][1], _LAST)):
        experts = count if expert else 1
        alike = (experts, _PLACE.get(said, (_LAST, said))[0], sorted(shape))
        if terms and terms[-1][0] == alike:
            before = terms[-1][1]
            words = before.words if said in before.words else (*before.words, said)
            terms[-1] = (alike, before._replace(times=before.times + count // experts, words=words))
        else:
            terms.append((alike, Term(experts, count // experts, shape, (said,))))
    return tuple(term for _, term in terms)


def _sum(terms: Sequence[Term]) -> str:
    """Return terms with a plus between them, the word only after the last of those that share it."""
    texts = []
    for index, term in enumerate(terms):
        alone = index == 0 or terms[index - 1].words != term.words
        last = index + 1 == len(terms) or terms[index + 1].words != term.words
        if last and alone and term.times == term.experts == 1 and len(term.words) == 1:
            term = term._replace(words=(_ONE.get(term.words[0], term.words[0]),))
        texts.append(term.text(worded=last))
    return " + ".join(texts)


def _called(prefix: str, several: bool) -> str:
    """Return what one layer under a prefix is called: ``encoder layer`` where there are others."""
    segments = prefix.split(".")
    name = "layer" if segments[-1] in _LAYERS else names.short(segments[-1])
    side = next((segment for segment in reversed(segments[:-1]) if segment not in _LAYERS), "") if several else ""
    return f"{names.short(side)} {name}".strip() if side else name


def _plain(term: Term) -> dict[str, Any]:
    return {
        "experts": int(term.experts),
        "times": int(term.times),
        "factors": [int(size) for size in term.factors],
        "words": list(term.words),
        "value": term.value,
    }
