"""A transformer as its configuration or its names tell it: the family, its count as a formula, what a token costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from weigh.account import names, roles
from weigh.account.account import Account
from weigh.account.guess import told
from weigh.account.stored import Stored
from weigh.account.transformers.config import NAME, Config, width
from weigh.account.transformers.decoders import DECODERS, declare
from weigh.account.transformers.formula import Formula, layered
from weigh.account.transformers.others import OTHERS
from weigh.account.transformers.plan import Cached, Plan
from weigh.account.transformers.signatures import ENCODERS, family_of
from weigh.errors import FormatError

FAMILIES = (*DECODERS, *OTHERS)
_PREFIXES = ("model.", "transformer.", "bert.", "roberta.", "vit.", "gpt_neox.", "module.", "language_model.")
_MOST_SAID = 10


def declared_from_config(config: Mapping[str, Any]) -> list[Stored]:
    """Return the weights of a network as its family declares them, from its ``config.json`` alone.

    Sizes are Dims whose origins are the configuration's keys. What a file may hold beside the main model (modules that
    predict further tokens) is left out.

    Raises:
        FormatError: the configuration names no known family, misses a number, or holds one that cannot be.
        ArgumentError: it is no dictionary.
    """
    return _planned(*_family(Config(config))).arrays


def account_from_config(config: Mapping[str, Any], name: str = NAME) -> Account:
    """Return the account of a network that its ``config.json`` alone declares."""
    return Account.stored(name, declared_from_config(config), NAME)


class Network:
    """What was told of a transformer.

    Attributes:
        family: the name of its line: ``"llama"``.
        evidence: what that was told from.
        account: of its weights: the stored ones where there are any, else those that the configuration declares.
        formula: the count of the configuration, else of the stored arrays.
        declared: total that the configuration declares; ``None`` without one.
        stored: total of the stored weights; ``None`` where none were given.
        reasons: where the two differ, by what, in words.
        active: parameters that one token meets; ``None`` where nothing tells how many experts it meets.
        cached: what attention keeps for each token; ``None`` for an encoder, and where nothing tells.
        cached_dtype: number format of that, if it is kept as the weights are.
        tied: whether the head is the embedding; ``None`` where there is no head or nothing tells.
        tied_evidence: what that was told from.
        extra: by name, elements that a file holds beside the main model.
        notes: what a reader should know.
    """

    def __init__(self, family: str, evidence: str, account: Account) -> None:
        self.family = family
        self.evidence = evidence
        self.account = account
        self.formula = Formula((), ())
        self.declared: int | None = None
        self.stored: int | None = None
        self.reasons: list[str] = []
        self.active: int | None = None
        self.cached: Cached | None = None
        self.cached_dtype = "bfloat16"
        self.tied: bool | None = None
        self.tied_evidence = ""
        self.extra: dict[str, int] = {}
        self.notes: list[str] = []

    @property
    def total(self) -> int:
        """Number of parameters: of the formula."""
        return self.formula.total

    @property
    def difference(self) -> int:
        """How many more are stored than the formula says."""
        return 0 if self.stored is None else self.stored - self.total - sum(self.extra.values())

    def cached_bytes(self, dtype: str = "") -> int | None:
        """Return the bytes that attention keeps for each token, in a number format or in that of the weights."""
        return None if self.cached is None else self.cached.elements * width(dtype or self.cached_dtype)

    @property
    def cached_working(self) -> str:
        """How those bytes come about: ``2 (k and v) × 32 layers × 8 key-value heads × 128 (a head) × 2 bytes``."""
        return f"{self.cached.text} × {width(self.cached_dtype)} bytes" if self.cached else ""

    def to_dict(self) -> dict[str, Any]:
        """Return all of it but the account as plain data."""
        return {
            "family": self.family,
            "evidence": self.evidence,
            "formula": self.formula.to_dict(),
            "total": self.total,
            "declared": self.declared,
            "stored": self.stored,
            "difference": self.difference,
            "reasons": list(self.reasons),
            "active": self.active,
            "cached_elements_per_token": None if self.cached is None else self.cached.elements,
            "cached_bytes_per_token": self.cached_bytes(),
            "cached_working": self.cached_working or None,
            "tied": self.tied,
            "tied_evidence": self.tied_evidence or None,
            "extra": dict(self.extra),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return f"<Network {self.family}: {self.total:,}>"


def recognised(config: Mapping[str, Any] | None = None, arrays: Iterable[Stored] | None = None) -> Network | None:
    """Return what a configuration, stored arrays, or both tell of a transformer; ``None`` for no known family.

    Raises:
        FormatError: the configuration names a known family, misses a number or holds one that cannot be, and names
            tell nothing either; where they do, the error is a note.
        ArgumentError: the configuration is no dictionary.
    """
    stored = None if arrays is None else told(arrays)
    read = None if config is None else Config(config)
    if read is None or (stored is not None and not any(key in read for key in _TELLING)):
        return None if stored is None else _from_names(stored)
    try:
        return _from_config(read, stored)
    except FormatError as error:
        found = None if stored is None else _from_names(stored)
        if found is not None:
            found.notes.append(str(error))
        elif not isinstance(error, UnknownFamilyError):
            raise
        return found


_TELLING = ("model_type", "architectures", "text_config")
"""What says of which family a network is: a file of weights alone holds settings of other kinds."""


class UnknownFamilyError(FormatError):
    """A configuration names no family that is known."""


def _family(config: Config, inside: bool = False) -> tuple[str, Config]:
    """Return the family that a configuration names, and the part of it that describes the language model."""
    model = config.word("model_type")
    if not model:
        architecture = config.architecture.lower()
        folded = {family.replace("_", ""): family for family in FAMILIES}
        fitting = [name for name in folded if architecture.startswith(name)]
        model = folded[max(fitting, key=len)] if fitting else ""
    if model not in FAMILIES and not inside and "text_config" in config:  # a language model among other parts
        return _family(config.inner("text_config"), inside=True)
    if model not in FAMILIES:
        raise UnknownFamilyError(
            f"{NAME}: model_type {names.short(model)!r} is of no family that is known. Known: {', '.join(FAMILIES)}."
        )
    return model, config


def _planned(family: str, config: Config) -> Plan:
    plan = Plan(family, config)
    if family in DECODERS:
        declare(family, config, plan)
    else:
        OTHERS[family](config, plan)
    return plan


def _from_config(config: Config, stored: list[Stored] | None) -> Network:
    family, inner = _family(config)
    plan = _planned(family, inner)
    own = Account.stored(family, plan.arrays, NAME)
    said = "model_type" if "model_type" in config else "architectures"
    network = Network(family, f"{said} of {NAME}", own)
    network.formula = Formula.of(_weights(own))
    network.declared = network.formula.total
    idle = sum(group.elements // group.experts * (group.experts - group.chosen) for group in plan.routed)
    network.active = network.declared - int(idle)
    if plan.cached:
        network.cached, network.cached_dtype = plan.cached[0], plan.dtype
    network.tied = plan.tied
    if plan.tied is not None:
        said = "" if "tie_word_embeddings" in inner else " does not say, and this is what the family does"
        network.tied_evidence = f"tie_word_embeddings of {NAME}{said}"
    network.notes = plan.notes
    if inner is not config:
        network.notes.append("Only the language model is told; other parts of the network are left out.")
    network.extra = {name: sum(array.count for array in arrays) for name, arrays in plan.extra.items()}
    if stored is not None:
        _compare(network, plan, stored)
    return network


def _compare(network: Network, plan: Plan, stored: list[Stored]) -> None:
    """Hold what is stored against what the configuration declares."""
    network.account = Account.stored(network.family, stored, network.evidence)
    network.stored = network.account.total
    there = {_base(row.path): row.count for row in network.account.rows}
    second = {_base(path) for path in network.account.aliases}
    declared: dict[str, int] = {}
    tied: set[str] = set()
    keys: set[Any] = set()
    for array in plan.arrays:
        if array.key is not None and array.key in keys:
            tied.add(_base(array.path))
            continue
        keys.add(array.key)
        declared[_base(array.path)] = array.count
    beside = {_base(array.path): name for name, arrays in plan.extra.items() for array in arrays}
    network.extra = dict.fromkeys(plan.extra, 0)
    more: dict[str, int] = {}
    for path, count in there.items():
        if path in beside:
            network.extra[beside[path]] += count
        elif path not in declared:
            more[path] = count
    if declared.keys().isdisjoint(there):
        network.reasons.append("No stored name is one that the family declares: only the totals can be compared.")
        return
    again = [path for path in more if path in tied]
    network.reasons += [f"{names.short(path)} is stored once more, although it is tied." for path in again]
    gone = [path for path in declared if path not in there and path not in second]
    other = [path for path, count in declared.items() if there.get(path, count) != count]
    for what, paths in (
        ("declared and not stored", gone),
        ("stored and not declared", [path for path in more if path not in tied]),
        ("stored with another number of elements than declared", other),
    ):
        if paths:
            shown = ", ".join(map(names.short, paths[:_MOST_SAID]))
            rest = f" and {len(paths) - _MOST_SAID:,} more" if len(paths) > _MOST_SAID else ""
            network.reasons.append(f"{len(paths):,} {what}: {shown}{rest}.")


def _base(path: str) -> str:
    """Return a name without what only says of which class it is a part, and as if it were not quantised."""
    for prefix in (*_PREFIXES, *_PREFIXES):  # one may stand in another, in either order
        path = path.removeprefix(prefix)
    for packed in (".qweight", ".weight_packed"):
        if path.endswith(packed):
            return f"{path[: -len(packed)]}.weight"
    return path


def _weights(account: Account) -> list[Stored]:
    return [row.weight for row in account.rows if isinstance(row.weight, Stored)]


def _from_names(stored: list[Stored]) -> Network | None:
    tails: set[str] = set()
    ends: set[str] = set()
    for array in stored:
        _, index, tail, _ = layered(array.path)
        if index:
            tails.add(tail.replace(".qweight", ".weight"))
        else:
            ends.add(".".join(tail.split(".")[-2:]))
    found = family_of(tails, ends)
    if found is None:
        return None
    family, evidence = found
    network = Network(family, evidence, Account.stored(family, stored, evidence))
    weights = _weights(network.account)
    network.formula = Formula.of(weights)
    network.stored = network.account.total
    if any("experts" in array.path or "_exps." in array.path for array in weights):
        network.notes.append(f"Names do not say how many experts a token meets: {NAME} does.")
    else:
        network.active = network.total
    if family not in _WITHOUT_CACHE:
        _cache(network, weights)
    heads = [array for array in weights if names.place(names.split(array.path)[:-1]) == names.HEAD]
    if family not in _WITHOUT_CACHE:
        network.tied = not heads
        network.tied_evidence = (
            f"{names.short(heads[0].path)} is stored" if heads else "no head is stored beside the embedding"
        )
    return network


_WITHOUT_CACHE = ENCODERS | {"bert/roberta"}


def _cache(network: Network, weights: list[Stored]) -> None:
    """Tell what attention keeps for each token from the shapes of its projections."""
    layers: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
    for array in weights:
        if len(array.shape) != 2 or "experts" in array.path:
            continue
        prefix, index, tail, _ = layered(array.path)
        owner = tail.split(".")[:-1]
        if not index or "encoder" in prefix.split(".") or "EncDecAttention" in owner or array.role != roles.KERNEL:
            continue
        place = "latent" if owner[-1:] in (["kv_a_proj_with_mqa"], ["attn_kv_a_mqa"]) else names.place(owner)
        layers.setdefault((prefix, index), {})[place] = array.shape
        network.cached_dtype = array.dtype if array.dtype in ("float32", "float16", "bfloat16") else "bfloat16"
    kept = [_kept(places) for places in layers.values()]
    if not kept or not all(kept):
        return
    if len(set(kept)) == 1:
        network.cached = Cached((len(kept), kept[0]), ("layer", "(k and v)"))
    else:
        network.cached = Cached((sum(kept),), ("(k and v of all layers)",))


def _kept(places: Mapping[str, tuple[int, ...]]) -> int:
    """Return how many numbers of keys and values one layer keeps for a token; 0 where its shapes do not say."""
    if "latent" in places:
        return places["latent"][0]
    if names.KEY in places and names.VALUE in places:
        return int(places[names.KEY][0]) + int(places[names.VALUE][0])
    if names.FUSED in places and names.OUTPUT in places:
        hidden, queries = places[names.OUTPUT]
        rows, columns = places[names.FUSED]
        all_three = columns if rows == hidden else rows
        return max(0, int(all_three) - int(queries))
    return 0
