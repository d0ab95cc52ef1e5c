"""All weights of a network as rows; every total is a sum of rows and is never counted any other way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from weigh.account import roles
from weigh.account.entry import Entry
from weigh.account.foreign import ForeignGraph
from weigh.account.receipt import Receipt
from weigh.account.stored import Stored
from weigh.declare.layer import Layer
from weigh.declare.weight import Weight
from weigh.errors import GraphError, NotBuiltError, UnknownNameError


class Account:
    """The weights of a network, each once, with totals.

    Attributes:
        name: of the network.
        rows: one entry a weight, in the order of the network's `weights`.
        beside: state that is no weight and in no total: random states, optimizer slots, scales of quantised weights.
        format: what it was read from: ``"safetensors"``, ``"torch.nn.Module"``; ``"weigh"`` for our own networks.
        receipt: what reading took; ``None`` where nothing was read.
        graph: what the file says is computed with them; ``None`` where it does not say or nobody read it.
        aliases: paths under which weights stand again, and the path of the row that counts them.
        config: what the source says of the network beside its weights (its architecture, its quantisation, the
            pairs of its header), as plain data; empty where it says nothing.
    """

    def __init__(self, name: str, rows: Iterable[Entry], beside: Iterable[Entry] = ()) -> None:
        self.name = name
        self.rows = list(rows)
        self.beside = list(beside)
        self.format = "weigh"
        self.receipt: Receipt | None = None
        self.graph: ForeignGraph | None = None
        self.aliases: dict[str, str] = {}
        self.config: dict[str, Any] = {}

    @classmethod
    def stored(cls, name: str, arrays: Iterable[Stored], format: str, receipt: Receipt | None = None) -> Account:
        """Return the account of arrays that were found in a file or an object.

        Arrays of one storage (equal `key`) are one row with several users; what is no weight stands beside.
        """
        first: dict[Any, Entry] = {}
        account = cls(name, ())
        account.format, account.receipt = format, receipt
        for array in arrays:
            known = first.get(array.key) if array.key is not None else None
            if known is not None:
                account.aliases[array.path] = known.path
                known.users.append(array.layer)
                continue
            entry = Entry.of(array)
            if array.key is not None:
                first[array.key] = entry
            (account.beside if entry.kind in roles.BESIDE else account.rows).append(entry)
        return account

    @classmethod
    def of(cls, network: Layer, slots: Iterable[Weight] = (), *, so_far: bool = False) -> Account:
        """Return the account of a layer or model.

        Args:
            network: built, so that its weights are declared.
            slots: what an optimizer keeps for it.
            so_far: whether a network that is not built is accounted for as far as its weights are declared.

        Raises:
            NotBuiltError: its weights are not declared yet.
            GraphError: two different weights have one path.
        """
        if not network.built and not so_far:
            raise NotBuiltError(
                f"{network.name!r} ({type(network).__name__}) is not built: its weights depend on the shape of its "
                "input. Call it on a tensor, or `build(input_shape)`, first."
            )
        trained = set(network.trainable_weights)
        rows = _Rows(trained)
        rows.add(network, "" if network.is_network else network.name)
        beside = [Entry(slot, slot.path, "optimizer", "optimizer", False) for slot in slots]
        return cls(network.name, rows.weights.values(), [*rows.states.values(), *beside])

    @property
    def total(self) -> int:
        """Number of elements of all weights."""
        return sum(row.count for row in self.rows)

    @property
    def is_known(self) -> bool:
        """Whether it is known of every weight if the gradient changes it: a file of values alone does not say."""
        return all(row.trainable is not None for row in self.rows)

    @property
    def trainable(self) -> int:
        """Number of elements that are known to be changed by the gradient."""
        return sum(row.count for row in self.rows if row.trainable)

    @property
    def non_trainable(self) -> int:
        """Number of elements that the gradient is known not to change; `by_kind` says why not."""
        return sum(row.count for row in self.rows if row.trainable is False)

    @property
    def stored_elements(self) -> int:
        """Number of elements that are stored, those beside the weights included."""
        return sum(row.stored_elements for row in (*self.rows, *self.beside))

    @property
    def stored_bytes(self) -> int:
        """Bytes that all values occupy, those beside the weights included."""
        return sum(row.bytes for row in (*self.rows, *self.beside))

    @property
    def bytes(self) -> int:
        """Bytes that the values of all weights occupy."""
        return sum(row.bytes for row in self.rows)

    def by_layer(self) -> dict[str, Account]:
        """Return the account of each layer, by path, in order; a shared weight stands with the first."""
        return {layer: Account(layer, rows) for layer, rows in self._grouped(lambda row: row.layer).items()}

    def by_role(self) -> dict[str, int]:
        """Return the number of elements by role, in order of appearance."""
        return self._counted(lambda row: row.role)

    def by_kind(self) -> dict[str, int]:
        """Return the number of elements by kind: trained, running statistic, frozen, …"""
        return self._counted(lambda row: row.kind)

    def _grouped(self, key: Callable[[Entry], str]) -> dict[str, list[Entry]]:
        groups: dict[str, list[Entry]] = {}
        for row in self.rows:
            groups.setdefault(key(row), []).append(row)
        return groups

    def _counted(self, key: Callable[[Entry], str]) -> dict[str, int]:
        return {name: sum(row.count for row in rows) for name, rows in self._grouped(key).items()}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, path: str) -> Entry:
        for row in (*self.rows, *self.beside):
            if row.path == path:
                return row
        raise UnknownNameError.of("weight", path, [row.path for row in (*self.rows, *self.beside)])

    def to_dict(self) -> dict[str, Any]:
        """Return the account as plain data, ready for JSON; what is not known is ``None``.

        Of a file or an object, `weights` holds every stored array once, also those that stand beside the network:
        `counted` says which are in the totals.
        """
        beside = [row.to_dict() | {"counted": False} for row in self.beside]
        weights = [row.to_dict() | {"counted": True} for row in self.rows]
        found = self.format != "weigh"
        return {
            "schema": "weigh.account/1",
            "name": self.name,
            "format": self.format,
            "total": self.total,
            "trainable": self.trainable if self.is_known else None,
            "non_trainable": self.non_trainable if self.is_known else None,
            "bytes": self.bytes,
            "by_kind": self.by_kind(),
            "stored_elements": self.stored_elements,
            "stored_bytes": self.stored_bytes,
            "weights": [*weights, *beside] if found else weights,
            "beside": [] if found else beside,
            "aliases": dict(self.aliases),
            "receipt": self.receipt.to_dict() if self.receipt is not None else None,
        }

    def __repr__(self) -> str:
        return (
            f"<Account of {self.name}: {len(self.rows)} weights, {self.total:,} = "
            f"{self.trainable:,} trained + {self.non_trainable:,} not>"
        )


class _Rows:
    """Rows as they are met on a walk; a weight met again gains a user instead of a row."""

    def __init__(self, trained: set[Weight]) -> None:
        self.trained = trained
        self.weights: dict[Weight, Entry] = {}
        self.states: dict[Weight, Entry] = {}
        self._paths: dict[str, Weight] = {}

    def add(self, layer: Layer, path: str) -> None:
        held = {id(value): name for name, value in vars(layer).items() if isinstance(value, Weight)}
        for weight in layer.own_weights:
            self._add(self.weights, weight, layer, path, held.get(id(weight), ""))
        for state in layer.own_random_states:
            self._add(self.states, state, layer, path)
        for inner in layer.sublayers:
            self.add(inner, f"{path}/{inner.name}" if path else inner.name)

    def _add(self, rows: dict[Weight, Entry], weight: Weight, layer: Layer, layer_path: str, held_as: str = "") -> None:
        if weight in rows:
            if layer_path not in rows[weight].users:
                rows[weight].users.append(layer_path)
            return
        path = f"{layer_path}/{weight.name}" if layer_path else weight.name
        other = self._paths.setdefault(path, weight)
        if other is not weight:
            raise GraphError(
                f"Two different weights claim the path {path!r}: one of shape {other.shape} and one of shape "
                f"{weight.shape}. Give one of the layers that declare them another name."
            )
        rows[weight] = Entry(
            weight, path, layer_path or layer.name, type(layer).__name__, weight in self.trained, held_as
        )


__all__ = ["Account", "Entry", "roles"]
