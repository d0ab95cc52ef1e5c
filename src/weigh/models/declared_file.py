"""The account of a file, joined with what its architecture declares.

A file of weights tells shapes; a file with an architecture tells more, to whoever knows its classes. The network is
declared from the configuration, and where every weight that it declares is in the file with that shape and none is
left over, the account is that of the declaration: with roles, with what is trained, and with the origin of every size.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from weigh.account.account import Account
from weigh.account.entry import Entry
from weigh.errors import WeighError
from weigh.formats import detect, keras_account
from weigh.formats.source import Limits
from weigh.models import layout, ordered

_OLDER = "weigh.compat.old_files"  # which knows the spelling of older files, and stands above
_SHOWN = 300  # characters of an error in a note


def read(path: str | os.PathLike[str], limits: Limits | None = None) -> Account:
    """Return the account of the network in a file or folder; raises as `weigh.formats.detect.read`.

    No weight's value is read. Where the file holds an architecture of ours that fits, the rows are declared ones;
    otherwise they are what is stored, and a note of the receipt says why.
    """
    return joined(detect.read(path, limits))


def joined(account: Account) -> Account:
    """Return an account with the declarations of its own configuration, or as it is with a note where they do not fit.

    Args:
        account: of a file, from `weigh.formats.detect.read`.
    """
    config = account.config.get(keras_account.MODEL)
    if not isinstance(config, dict) or account.receipt is None:
        return account
    try:
        network = import_module(_OLDER).declared(
            {**config, "compile_config": None} if "module" in config else config,
            account.config.get(keras_account.VERSION),
        )
        problem = _difference(network, account)
    except (WeighError, RecursionError) as error:
        problem = str(error)
    if problem is not None:
        account.receipt.notes.append(f"{account.name}: rows are as stored; {problem[:_SHOWN]}")
        return account
    declared = Account.of(network)
    declared.format, declared.receipt, declared.config = account.format, account.receipt, account.config
    declared.beside = [*account.beside, *_not_stored(declared.beside, account)]
    return declared


def _not_stored(beside: list[Entry], account: Account) -> list[Entry]:
    """Return what is declared beside the weights, unless the file has it and it is told already."""
    stored = {(row.kind, row.shape) for row in account.beside}
    return [entry for entry in beside if (entry.kind, entry.shape) not in stored]


def _difference(network: Any, account: Account) -> str | None:
    """Return how the weights of a file and of its own network differ; ``None`` where they do not."""
    if not network.built:
        return "the configuration does not say the shape of the input, so that no weight is declared."
    by_place = _by_place(network) if not _is_listed(account) else None
    stored = {row.path: row for row in account}
    if by_place is None:
        layers = [ordered.in_file_order(layer) for layer in network.layers if layer.weights]
        weights = [weight for layer in layers for weight in layer]
        pairs = list(zip([*stored, *account.aliases], weights, strict=False))
        if len(stored) + len(account.aliases) != len(weights):
            return f"{len(weights)} weights are declared and {len(stored)} are stored."
    else:
        unknown = [path for path in stored if path not in by_place]
        missing = [path for path in by_place if path not in stored and path not in account.aliases]
        if unknown or missing:
            return f"{len(unknown)} stored weights are not declared and {len(missing)} declared ones are not stored."
        pairs = list(by_place.items())
    for path, weight in pairs:
        row = stored[account.aliases.get(path, path)]
        if tuple(row.shape) != tuple(weight.shape) or row.dtype != weight.dtype:
            return f"{path!a} is stored as {row.shape} of {row.dtype} and declared as {weight.shape} of {weight.dtype}."
    return None


def _is_listed(account: Account) -> bool:
    """Return whether weights are listed by the names of layers, as Keras 1 and 2 did, and not numbered."""
    return not any("vars/" in row.path for row in account)


def _by_place(network: Any) -> dict[str, Any]:
    """Return the weights of a network by the paths that they have in a weights file of Keras 3."""
    found: dict[str, Any] = {}
    own = set(network.weights)
    for path, part in layout.parts(network):
        for number, variable in enumerate(layout.variables(part)):
            if variable in own:
                found[f"{path}/vars/{number}" if path else f"vars/{number}"] = variable
    return found
