"""The account of whatever holds a network: ours, another framework's living object, or a file.

``weigh.account(x)`` is `account` here: the front door makes the module of that name callable, and
``import weigh.account.roles`` works as for any package.
"""

from __future__ import annotations

import os
from typing import Any

from weigh.account.account import Account
from weigh.account.guess import told
from weigh.account.receipt import Receipt
from weigh.account.stored import Stored
from weigh.declare.layer import Layer
from weigh.errors import ArgumentTypeError
from weigh.objects import equinox, flax, keras, sklearn, stages, torch, tree
from weigh.objects.arrays import asked
from weigh.objects.found import SLOT, Found

_READERS: tuple[Any, ...] = (torch, keras, flax, equinox, stages, sklearn, tree)

UNDERSTOOD = (
    "networks and layers of weigh, Keras 3, tf.keras and tf_keras; torch.nn.Module, state_dict and torch.optim; "
    "tf.Module; Flax NNX modules, Linen variables and TrainState; Equinox modules and states; Haiku parameters and any "
    "other mapping or sequence of arrays; optax states; fitted MLPs and linear models of scikit-learn; functions that "
    "JAX traced, lowered or compiled; arrays; paths of files and folders, and open binary files"
)


def account(x: Any, optimizer: Any = None, *, name: str | None = None) -> Account:
    """Return the account of whatever holds a network.

    Nothing is imported, called or computed of a framework, and no array is touched: what an object is, the names of its
    classes and its attributes tell.

    Args:
        x: a network or layer, of ours or of another framework; a container of arrays; a file's path, or a file that is
            open. In full: `UNDERSTOOD`.
        optimizer: what keeps slots for it, or a container of these: they stand beside, in no total.
        name: of the account; by default the network's.

    Raises:
        ArgumentTypeError: it is nothing that is understood, or holds no arrays; the message says what is understood.
        NotBuiltError: its weights are not made yet.
        FormatError: it is a file that is not what its format promises.
    """
    if isinstance(x, Account):
        found = x
    elif isinstance(x, Layer):
        found = _of_ours(x, optimizer)
    elif isinstance(x, str | os.PathLike) or _is_file(x):
        from weigh.formats import detect

        found = detect.read(x)
    else:
        found = _of_object(x, optimizer)
    if name is not None:
        found.name = name
    return found


def _is_file(x: Any) -> bool:
    return callable(asked(x, "read")) and (callable(asked(x, "readinto")) or callable(asked(x, "fileno")))


def _of_ours(network: Layer, optimizer: Any) -> Account:
    slots = asked(optimizer if optimizer is not None else asked(network, "optimizer"), "slots")
    return Account.of(network, slots or ())


def _of_object(x: Any, optimizer: Any) -> Account:
    found = Found(_read)
    if not _read(x, found, ""):
        raise ArgumentTypeError(f"There is no account of {type(x).__module__}.{type(x).__qualname__}. {_known()}")
    if optimizer is not None:
        _read_slots(optimizer, found)
    receipt = Receipt(f"{found.format}: {type(x).__module__}.{type(x).__qualname__}")
    receipt.notes = found.notes
    return Account.stored(found.name or type(x).__name__, told(found.arrays), found.format, receipt)


def _known() -> str:
    return f"Understood are: {UNDERSTOOD}."


def _read(value: Any, found: Found, path: str) -> bool:
    if isinstance(value, Layer):
        found.arrays += _stored(Account.of(value), path)
        return True
    for reader in _READERS:
        if reader.recognises(value):
            reader.read(value, found, path)
            return True
    return False


def _read_slots(optimizer: Any, found: Found) -> None:
    before = len(found.arrays)
    if torch.recognises(optimizer):
        torch.read_slots(optimizer, found, "optimizer")
    elif keras.is_optimizer(optimizer):
        keras.read_slots(optimizer, found, "optimizer")
    elif flax.is_optimizer(optimizer):
        flax.read(optimizer, found, "optimizer")
    else:
        tree.walk(getattr(optimizer, "slots", optimizer), found, "optimizer", SLOT)
    if len(found.arrays) == before:
        found.note(f"The {type(optimizer).__name__} holds no slots yet")


def _stored(account: Account, path: str) -> list[Stored]:
    """Return the rows of an account of ours as arrays at a path, for where it stands in a container."""
    return [
        Stored(
            f"{path}/{row.path}" if path else row.path,
            row.shape,
            row.dtype,
            bytes=row.bytes,
            trainable=row.trainable,
            learnable=row.weight.learnable,
            role=row.role,
            kind=row.kind,
            evidence=row.evidence,
            key=("object", id(row.weight)),
            layer=f"{path}/{row.layer}",
            layer_type=row.layer_type,
        )
        for row in (*account.rows, *account.beside)
    ]
