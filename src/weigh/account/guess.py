"""What stored arrays are for, told from names and shapes where the format says nothing: with evidence, or not at all.

A name alone says little (``weight`` is γ in one layer and a matrix in the next), so names are read together with those
that stand beside them under one prefix, and with shapes. What a source declares is left as it is; what cannot be told
stays empty.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from weigh.account import conventions, names, roles
from weigh.account.account import Account
from weigh.account.entry import Entry
from weigh.account.stored import Stored
from weigh.declare.weight import Weight


def told(arrays: Iterable[Stored]) -> list[Stored]:
    """Return the arrays with role, kind and evidence filled in where they are empty and names and shapes tell them.

    >>> found = [Stored(f"bn.{name}", (8,), "float32", bytes=32) for name in ("weight", "running_mean", "running_var")]
    >>> variance = told(found)[2]
    >>> variance.role, variance.evidence
    ('running variance', 'named running_var beside running_mean and weight of the same length')
    """
    arrays = list(arrays)
    guesses = _Reading(arrays).guesses
    return [_filled(array, guesses[index]) if index in guesses else array for index, array in enumerate(arrays)]


class LayerGuess:
    """The arrays under one prefix.

    Attributes:
        path: the prefix.
        type: what kind of layer it is: the class where the source declares it, else a guess in the field's words;
            ``""`` where nothing tells.
        evidence: ``"declared"``, or what the type was told from.
        rows: of the account, in its order, those beside the weights included.
    """

    __slots__ = ("evidence", "path", "rows", "type")

    def __init__(self, path: str) -> None:
        self.path = path
        self.type = ""
        self.evidence = ""
        self.rows: list[Entry] = []

    @property
    def total(self) -> int:
        """Number of elements of all its arrays."""
        return sum(row.count for row in self.rows)

    def __repr__(self) -> str:
        return f"<{self.path}: {self.type or 'layer'}, {len(self.rows)} arrays>"


def layers(account: Account) -> list[LayerGuess]:
    """Return the arrays of an account by the layer that they belong to, each with its type as far as that is told."""
    rows = [*account.rows, *account.beside]
    reading = _Reading([row.weight for row in rows], [row.path for row in rows])
    found: dict[str, LayerGuess] = {}
    for index, row in enumerate(rows):
        guess = found.setdefault(reading.keys[index], LayerGuess(row.layer))
        guess.rows.append(row)
        if row.layer_type:
            guess.type, guess.evidence = row.layer_type, "declared"
        elif not guess.type:
            guess.type, guess.evidence = reading.types.get(reading.keys[index], ("", ""))
    return list(found.values())


class Guess(NamedTuple):
    """What was told of one array."""

    role: str
    evidence: str
    kind: str = ""


def _filled(array: Stored, guess: Guess) -> Stored:
    role = guess.role if not array.role else ""
    kind = guess.kind if not array.kind else ""
    if not role and not kind and array.evidence:
        return array
    if array.role and not kind:
        return array
    filled = copy.copy(array)
    filled.role, filled.kind = array.role or role, array.kind or kind
    filled.evidence = "; ".join(filter(None, (array.evidence, guess.evidence)))
    return filled


class _Group:
    """The arrays under one prefix, by name."""

    __slots__ = ("members", "owner")

    def __init__(self, owner: list[str]) -> None:
        self.owner = owner
        self.members: dict[str, int] = {}


class _Reading:
    """What all names and shapes together tell: guesses by index, and types of layers by key of their group."""

    def __init__(self, arrays: Sequence[Stored | Weight], paths: Sequence[str] | None = None) -> None:
        self.arrays = arrays
        self.guesses: dict[int, Guess] = {}
        self.types: dict[str, tuple[str, str]] = {}
        self.keys: list[str] = []
        self._groups: dict[str, _Group] = {}
        self._adapted: dict[str, dict[str, int]] = {}
        self._undecided: dict[int, str] = {}  # convolutions whose layout nothing told yet, with their groups' keys
        self._before: int | None = None  # the last of them, if no other group came after it
        self._orders = [0, 0]  # convolutions whose filters stand on the first axis, and on the last
        self._joined: dict[str, int] | None = None
        self._paths = paths or [array.path for array in arrays]
        self._segments = [names.split(path) for path in self._paths]
        for index, segments in enumerate(self._segments):
            self._place(index, segments)
        for key, group in self._groups.items():
            self._read(key, group)
        for key, pair in self._adapted.items():
            self._read_adapter(key, pair)
        self._decide()
        self._read_shadows()
        del self._segments

    def _shape(self, index: int) -> tuple[int | None, ...]:
        return self.arrays[index].shape

    def _tell(self, index: int, role: str, evidence: str, kind: str = "") -> None:
        self.guesses[index] = Guess(role, evidence, kind)

    # Which array belongs to which group, and which belongs to none

    def _place(self, index: int, segments: list[str]) -> None:
        if not conventions.ASIDE.isdisjoint(segments) and self._is_aside(index, segments):
            self.keys.append(".".join(segments[:-1]))
            return
        if segments[0] in conventions.MOMENTS or segments[-1] in conventions.MOMENTS:
            rest = segments[1:] if segments[0] in conventions.MOMENTS else segments[:-1]
            twin = self._twin("".join(rest), index)
            if twin is not None:
                moment = segments[0] if segments[0] in conventions.MOMENTS else segments[-1]
                evidence = f"named {moment} beside {names.short(self.arrays[twin].path)} of the same shape"
                self._tell(index, roles.SLOT, evidence)
                self.keys.append(".".join(segments[:-1]))
                return
        owner = segments[:-1]
        if not names.COLLECTIONS.isdisjoint(owner[:2]):
            owner = [part for part in owner[:2] if part not in names.COLLECTIONS] + owner[2:]
        if "lora" in self._paths[index] and self._is_adapter(index, segments):
            return
        key = ".".join(owner)
        self.keys.append(key)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(owner)
        group.members.setdefault(segments[-1], index)

    def _is_adapter(self, index: int, segments: list[str]) -> bool:
        for at, segment in enumerate(segments):
            end, half = at, segment
            if segment.endswith("_lora") and at + 1 < len(segments):
                end, half = at + 1, conventions.LORA_HALVES.get(segments[at + 1], "")
            if half in conventions.ADAPTERS:
                key = ".".join(segments[:end])
                self._adapted.setdefault(key, {})[half] = index
                self.keys.append(key)
                return True
        return False

    def _is_aside(self, index: int, segments: list[str]) -> bool:
        """Tell what an optimizer, a random generator and the like keep."""
        if "seed_generator" in segments:
            self._tell(index, roles.RANDOM_STATE, "under seed_generator")
            return True
        kept = next((segment for segment in segments if segment in conventions.SLOTS), None)
        if kept is None:
            return False
        where = f"named {kept}" if kept == segments[-1] else f"under {kept}"
        scalar = not self._shape(index)
        if scalar and segments[-1] in conventions.COUNTERS:
            self._tell(index, roles.COUNTER, f"{where}, and a single number named {segments[-1]}")
        else:
            self._tell(index, roles.SLOT, where)
        return True

    def _twin(self, joined: str, index: int) -> int | None:
        """Return another array of the same shape with those characters as its name, or after its first segment."""
        if self._joined is None:
            self._joined = {}
            for other, segments in enumerate(self._segments):
                if conventions.SHADOWS.isdisjoint(segments) and not (
                    segments[0] in conventions.MOMENTS and len(segments) > 1
                ):
                    whole = "".join(segments)
                    self._joined.setdefault(whole[len(segments[0]) :], other)
                    self._joined[whole] = other
        twin = self._joined.get(joined)
        if twin is None or twin == index or self._shape(twin) != self._shape(index):
            return None
        return twin

    # What groups say

    def _read(self, key: str, group: _Group) -> None:
        members = group.members
        rest = dict(members)
        if group.owner and group.owner[-1] == "vars":
            self._read_numbered(key, group)
            return
        self._read_tables(group, rest)
        if self._read_vectors(key, group, rest) or self._read_recurrent(key, rest):
            return
        self._read_quantisation(group, rest)
        place = names.place(group.owner)
        for name in conventions.MATRICES:
            if name in rest:
                self._read_matrix(key, group, rest, name, place)
        for name, index in rest.items():
            if name in conventions.BIASES and index not in self.guesses and len(self._shape(index)) in (1, 2):
                self._tell(index, roles.BIAS, f"named {name}")
            elif name in conventions.NAMED and index not in self.guesses and self._shape(index):
                self._tell(index, conventions.NAMED[name], f"named {name}")
            elif index not in self.guesses:
                own = names.place([*group.owner, name])  # an array that stands under no name of its own
                if own in (names.FEED_FORWARD, names.FUSED) and len(self._shape(index)) >= 2 and name != "bias":
                    self._tell(index, roles.KERNEL, f"named {name}{_under(group.owner)}: {own}")
        if key not in self.types and place:
            self.types[key] = (place, f"named {names.short(group.owner[-1])}{_under(group.owner[:-1])}")

    def _read_tables(self, group: _Group, rest: dict[str, int]) -> None:
        last = group.owner[-1] if group.owner else ""
        for name in [
            name for name in rest if name in conventions.TABLES or name in conventions.ALWAYS_COUNT or name == "bias"
        ]:
            index, shape = rest[name], self._shape(rest[name])
            if name in conventions.ALWAYS_COUNT:
                if len(rest) == 1 or name != "num_batches_tracked":
                    self._tell(rest.pop(name), roles.COUNTER, f"named {name}")
            elif name in conventions.TABLES:
                role, what = conventions.TABLES[name]
                self._tell(rest.pop(name), role, f"named {name}: {what}")
            elif (
                len(shape) >= 2
                and shape[-1] == shape[-2]
                and all(size == 1 for size in shape[:-2])
                and (len(shape) == 4 or self.arrays[index].dtype in ("bool", "uint8"))
            ):
                self._tell(rest.pop(name), roles.MASK, "named bias, a square over positions: a causal mask")
        if last in conventions.TABLES and "weight" in rest:
            role, what = conventions.TABLES[last]
            self._tell(rest.pop("weight"), role, f"named {last}: {what}")

    def _read_vectors(self, key: str, group: _Group, rest: dict[str, int]) -> bool:
        before, self._before = self._before, None
        if not any(len(self._shape(index)) == 1 for index in rest.values()):
            return False
        for rule in conventions.VECTORS:
            if not all(name in rest for name in rule.needs):
                continue
            there = {name: rest[name] for name in rule.roles if name in rest}
            lengths = {self._shape(index) for name, index in there.items() if rule.roles[name] != roles.COUNTER}
            if len(lengths) != 1 or len(next(iter(lengths))) != 1 or (rule.alone and len(there) < len(rest)):
                continue
            hint = names.speaks_of_normalization(group.owner)
            if rule.named and not hint:
                continue
            if rule.type == conventions.SLOPES:
                hint = (
                    group.owner[-1] if group.owner and "prelu" in group.owner[-1][: names.LONGEST_WORD].lower() else ""
                )
                if not hint:
                    continue
            for name, index in there.items():
                others = [other for other in (*rule.needs, *rule.roles) if other in there and other != name]
                self._tell(index, rule.roles[name], _beside(name, list(dict.fromkeys(others)), hint))
            self.types[key] = (
                rule.type,
                f"{_listed(list(there))} of one length" if len(there) > 1 else f"named {hint}",
            )
            if before is not None:
                self._neighbour(before, key, next(iter(lengths))[0])
            return True
        return False

    def _read_recurrent(self, key: str, rest: dict[str, int]) -> bool:
        found = False
        for name, index in rest.items():
            if name[:9] in conventions.RECURRENT or name[:7] in conventions.RECURRENT:
                start = name[:9] if name[:9] in conventions.RECURRENT else name[:7]
                self._tell(
                    index, conventions.RECURRENT[start], f"named {names.short(name)}, as PyTorch's recurrent layers are"
                )
                found = True
                shape = self._shape(index)
                if start == "weight_hh" and len(shape) == 2 and shape[1] and shape[0] is not None:
                    gates = shape[0] // shape[1]
                    if shape[0] == gates * shape[1] and gates in conventions.GATES:
                        self.types[key] = (
                            conventions.GATES[gates],
                            f"{names.short(name)} has {gates} × {shape[1]:,} rows",
                        )
        if "recurrent_kernel" in rest and "kernel" in rest:
            shape = self._shape(rest["recurrent_kernel"])
            gates = shape[1] // shape[0] if len(shape) == 2 and shape[0] and shape[1] else 0
            if gates in conventions.GATES:
                self.types[key] = (conventions.GATES[gates], f"recurrent_kernel has {gates} × {shape[0]:,} columns")
            for name in ("kernel", "recurrent_kernel"):
                other = "kernel" if name != "kernel" else "recurrent_kernel"
                self._tell(rest[name], conventions.NAMED[name], f"named {name} beside {other}")
            if "bias" in rest:
                self._tell(rest["bias"], roles.BIAS, "named bias beside kernel and recurrent_kernel")
            found = True
        return found

    def _read_quantisation(self, group: _Group, rest: dict[str, int]) -> None:
        quantised = next((name for name in conventions.QUANTISED if name in rest), None)
        if quantised is None:
            return
        for name in [name for name in rest if name in conventions.QUANTISATION]:
            self._tell(rest.pop(name), conventions.QUANTISATION[name], f"named {name} beside {quantised}")

    def _read_matrix(self, key: str, group: _Group, rest: dict[str, int], name: str, place: str) -> None:
        index = rest[name]
        shape = self._shape(index)
        bias = next((other for other in conventions.BIASES if other in rest), None)
        length = self._shape(rest[bias]) if bias else ()
        called = f"named {name}{_under(group.owner)}"
        if place == names.EMBEDDING or (not place and _embeds(group.owner)):
            if len(shape) == 2 and bias is None:
                self._tell(index, roles.EMBEDDING, called)
                self.types[key] = (names.EMBEDDING, called)
            return
        if place and len(shape) in (2, 3) and place != names.PATCHES:
            layout = f", {_dense_layout(shape, length)}" if bias and len(shape) == 2 else ""
            self._tell(index, roles.KERNEL, f"{called}: {place}{layout}")
            if bias:
                self._tell(rest[bias], roles.BIAS, f"named {bias} beside {name}: {place}")
            return
        if len(shape) == 3 and not conventions.STACKED.isdisjoint(group.owner):
            self._tell(index, roles.KERNEL, f"{called}: one matrix for each expert")
            return
        if len(shape) == 2 and bias and len(length) == 1 and length[0] in shape:
            layout = _dense_layout(shape, length)
            self._tell(index, roles.KERNEL, f"named {name}, a matrix beside {bias}: {layout}")
            self._tell(rest[bias], roles.BIAS, f"named {bias} beside {name}, as long as one of its axes")
            self.types.setdefault(key, ("dense", f"a matrix and {bias}: {layout}"))
        elif len(shape) == 2 and (name == "kernel" or _projects(group.owner)):
            self._tell(index, roles.KERNEL, called)
            self.types.setdefault(key, ("dense", called))
        elif len(shape) in conventions.ORDERS and (
            len(shape) > 3 or name == "kernel" or (bias and length and length[0] in shape)
        ):
            self._read_convolution(key, index, name, bias, length)
            if bias and len(length) == 1:
                self._tell(rest[bias], roles.BIAS, f"named {bias} beside {name}")

    def _read_convolution(
        self, key: str, index: int, name: str, bias: str | None, length: tuple[int | None, ...]
    ) -> None:
        shape = self._shape(index)
        first, last = conventions.ORDERS[len(shape)]
        what = f"named {name}, {len(shape)} axes"
        out = length[0] if len(length) == 1 else None
        if name == "kernel":
            self._tell(index, roles.KERNEL, f"{what}: {last}, as Keras, Flax and TensorFlow name and store it")
            self.types.setdefault(key, ("convolution", f"a kernel of {len(shape)} axes: {last}"))
            return
        if out is not None and (out == shape[0]) != (out == shape[-1]):
            order = first if out == shape[0] else last
            self._orders[order is last] += 1
            self._convolution(
                key, index, f"{what}: {order}, because {bias} has the length of its {_END[order is last]} axis"
            )
        elif out is not None and out == shape[1] and out not in (shape[0], shape[-1]):
            self._tell(index, roles.KERNEL, f"{what}: transposed, {bias} has the length of its second axis")
            self.types.setdefault(key, ("transposed convolution", f"{bias} has the length of the second axis"))
        else:
            self._tell(index, roles.KERNEL, what)
            self.types.setdefault(key, ("convolution", f"{name} of {len(shape)} axes"))
            self._undecided[index] = key
            self._before = index

    def _neighbour(self, before: int, key: str, length: int | None) -> None:
        """Let a normalization of so many features decide the layout of the convolution right before it."""
        shape = self._shape(before)
        last = length != shape[0]
        if last != (length == shape[-1]):
            return  # both of its ends are as long, or neither
        order = conventions.ORDERS[len(shape)][last]
        self._orders[last] += 1
        evidence = f"{order}, because {names.short(key)} after it has the length of its {_END[last]} axis"
        self._convolution(self._undecided.pop(before), before, f"{self.guesses[before].evidence}: {evidence}")

    def _convolution(self, key: str, index: int, evidence: str) -> None:
        shape = self._shape(index)
        depthwise = shape[1] == 1 and (shape[0] or 0) > 1 and ": OI" in evidence
        self._tell(index, roles.DEPTHWISE_KERNEL if depthwise else roles.KERNEL, evidence)
        self.types[key] = ("depthwise convolution" if depthwise else "convolution", evidence)

    def _decide(self) -> None:
        """Read the convolutions that nothing beside them decides as all the others of the file."""
        ahead = self._orders[1] > 0
        if all(self._orders) or not any(self._orders):
            return
        for index, key in self._undecided.items():
            order = conventions.ORDERS[len(self._shape(index))][ahead]
            evidence = f"{self.guesses[index].evidence}: {order}, as all others here ({self._orders[ahead]:,})"
            self._convolution(key, index, evidence)

    def _read_numbered(self, key: str, group: _Group) -> None:
        """Tell what Keras 3 stores as ``vars/0``, ``vars/1``, …, where shapes and the layer's name leave no doubt."""
        members = group.members
        there = [members[name] for name in conventions.VARS if name in members]
        shapes = [self._shape(index) for index in there]
        if len(there) != len(members) or not there:
            return
        layer = group.owner[-2][: names.LONGEST_WORD].lower() if len(group.owner) > 1 else ""
        ranks = tuple(map(len, shapes))
        told: tuple[str, ...] = ()
        kind = ""
        if ranks == (1, 1, 1, 1) and len(set(shapes)) == 1 and "norm" in layer:
            told, kind = conventions.STATISTICS, conventions.BATCH
        elif ranks == (1, 1) and len(set(shapes)) == 1 and "norm" in layer:
            told, kind = conventions.STATISTICS[:2], conventions.LAYER
        elif ranks == (2,) and "embed" in layer:
            told, kind = (roles.EMBEDDING,), names.EMBEDDING
        elif len(ranks) == 2 and ranks[1] == 1 and 2 <= ranks[0] <= 5 and shapes[0][-1] == shapes[1][0]:
            told, kind = (roles.KERNEL, roles.BIAS), "dense" if ranks[0] == 2 else "convolution"
        elif (
            ranks[:2] == (2, 2)
            and shapes[0][1] == shapes[1][1]
            and any(word in layer for word in ("lstm", "gru", "rnn", "cell"))
        ):
            told = (roles.KERNEL, roles.RECURRENT_KERNEL, roles.BIAS)[: len(ranks)]
            kind = conventions.GATES.get((shapes[1][1] or 0) // (shapes[1][0] or 1), "recurrent layer")
        evidence = f"the shapes of {len(there)} numbered arrays under {names.short(layer)}, as Keras stores them"
        for index, role in zip(there, told, strict=False):
            self._tell(index, role, evidence)
        if kind:
            self.types[key] = (kind, evidence)

    # What stands beside weights

    def _read_adapter(self, key: str, pair: dict[str, int]) -> None:
        for name, index in pair.items():
            partner = conventions.PARTNERS[name]
            evidence = f"named {name}"
            if partner in pair:
                rank = _rank(*(self._shape(pair[one]) for one in conventions.PARTNERS if one in (name, partner)))
                evidence += f" beside {partner}" + (f": a low-rank adapter of rank {rank:,}" if rank else "")
            self._tell(index, conventions.ADAPTERS[name], evidence)
        self.types[key] = ("low-rank adapter", f"named {_listed(list(pair))}")
        for base in (f"{key}.base_layer", key):
            group = self._groups.get(base)
            if group is None:
                continue
            for name, index in group.members.items():
                if name == "alpha" and not self._shape(index):
                    self._tell(
                        index, roles.ARGUMENT, "named alpha beside a low-rank adapter: what its product is scaled by"
                    )
                elif name in (*conventions.MATRICES, *conventions.BIASES):
                    guess = self.guesses.get(index)
                    if guess is None and len(self._shape(index)) == 2:
                        guess = Guess(roles.KERNEL, f"named {name}")
                    if guess is not None:
                        self._tell(index, guess.role, f"{guess.evidence}; the base of a low-rank adapter", guess.kind)

    def _read_shadows(self) -> None:
        for index, segments in enumerate(self._segments):
            if conventions.SHADOWS.isdisjoint(segments):
                continue
            at, shadow = next((at, segment) for at, segment in enumerate(segments) if segment in conventions.SHADOWS)
            guess = self.guesses.get(index, Guess("", ""))
            if guess.role in (roles.SLOT, roles.COUNTER):
                continue
            twin = self._twin("".join(segments[:at] + segments[at + 1 :]), index)
            if twin is not None:
                note = f"under {shadow}: a moving average of {names.short(self.arrays[twin].path)}"
                role = guess.role or (self.guesses[twin].role if twin in self.guesses else "")
                self._tell(index, role, "; ".join(filter(None, (guess.evidence, note))), roles.SHADOW)
            elif guess.role:
                note = f"under {shadow}: a moving average, of weights that are not here"
                self._tell(index, guess.role, f"{guess.evidence}; {note}")


_END = ("first", "last")


def _rank(a: tuple[int | None, ...], b: tuple[int | None, ...]) -> int:
    """Return the rank of the product of two factors, in PyTorch's order or in Keras'; 0 where they don't fit."""
    if len(a) < 2 or len(b) < 2:
        return 0
    return (a[0] or 0) if a[0] == b[1] else (a[-1] or 0) if a[-1] == b[0] else 0


def _dense_layout(shape: tuple[int | None, ...], length: tuple[int | None, ...]) -> str:
    rows, columns = shape
    if len(length) != 1 or length[0] not in shape:
        return "layout not told"
    if rows == columns:
        return "square, so its layout cannot be told"
    if length[0] == rows:
        return "units × features, as in PyTorch"
    return "features × units, as in Keras"


def _embeds(owner: Sequence[str]) -> bool:
    last = owner[-1][: names.LONGEST_WORD].lower() if owner else ""
    return last.startswith("embed") or last.endswith(("embed", "embedding", "embeddings", "embd"))


_PROJECTING = ("proj", "linear", "fc", "dense", "head", "classifier", "pooler", "decoder")


def _projects(owner: Sequence[str]) -> bool:
    last = owner[-1][: names.LONGEST_WORD].lower() if owner else ""
    return any(word in last for word in _PROJECTING)


def _under(owner: Sequence[str]) -> str:
    """The words for where an array stands: the nearest name that is no number."""
    name = next((segment for segment in reversed(owner) if not segment.isdigit()), "")
    return f" under {names.short(name)}" if name else ""


def _beside(name: str, others: list[str], hint: str) -> str:
    if others:
        return f"named {name} beside {_listed(others)} of the same length"
    return f"named {name}, a vector alone under {names.short(hint)}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
