"""The totals that other tools print for the same network, from the same rows, and why they differ."""

from __future__ import annotations

from weigh.account import roles
from weigh.account.account import Account


class Reckoning:
    """A total as another tool counts it.

    Attributes:
        tool: whose total it is: a key of the words' section ``[tools]``, which also says the reason.
        total: number of elements; ``None`` where that hangs on something that nothing tells.
        difference: what it has more (or less, if negative) than the account's total.
        items: how many things make the difference: statistics left out, counters added.
    """

    __slots__ = ("difference", "items", "tool", "total")

    def __init__(self, tool: str, total: int | None, difference: int, items: int) -> None:
        self.tool = tool
        self.total = total
        self.difference = difference
        self.items = items


def reckonings(account: Account) -> list[Reckoning]:
    """Return the totals of Keras, PyTorch (`parameters()`, `state_dict()`) and Flax NNX for the same network.

    PyTorch keeps statistics as buffers, outside `parameters()`; its `state_dict()` has them and one step counter
    (``num_batches_tracked``) for each batch normalization. Flax's `nnx.tabulate` adds a key and a counter for each
    module that draws random numbers.
    """
    unknown = sum(row.weight.learnable is None for row in account)
    buffers = [row for row in account if not row.weight.learnable]
    in_buffers = sum(row.count for row in buffers)
    normalizations = sum(row.role == roles.RUNNING_MEAN for row in account)
    generators = sum(row.role == roles.RANDOM_STATE for row in account.beside)
    total = account.total
    return [
        Reckoning("keras", total, 0, 0),
        Reckoning("torch_parameters", None, 0, unknown)
        if unknown
        else Reckoning("torch_parameters", total - in_buffers, -in_buffers, len(buffers)),
        Reckoning("torch_state_dict", total + normalizations, normalizations, normalizations),
        Reckoning("flax_nnx", total + 2 * generators, 2 * generators, generators),
    ]
