"""What the command is told to look at: a file, a folder, standard input, or an object of a module."""

from __future__ import annotations

import copy
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.entry import Entry
from weigh.account.stored import Stored
from weigh.declare.layer import Layer
from weigh.errors import ArgumentError, FormatError, WeighError

if TYPE_CHECKING:
    from weigh.formats.source import Limits

STANDARD_INPUT = "-"

_OBJECT = re.compile(r"(?P<module>[^\W\d]\w*(?:\.\w+)*):(?P<object>[^\W\d]\w*(?:\.\w+)*)")


def read(text: str, limits: Limits | None = None) -> Account | Layer:
    """Return the network or layer of ours that is meant, else the account of what is.

    Args:
        text: a path, ``-``, or ``module:object``.
        limits: what readers take at most.

    Raises:
        WeighError: there is none.
    """
    match = _OBJECT.fullmatch(text)
    if match is not None and not os.path.lexists(text):
        return _object(match["module"], match["object"])
    if text.lower().endswith(".keras") and not os.path.isdir(text):
        return _network(text, limits)
    return told(_file(text, limits))


def told(account: Account) -> Account:
    """Return an account with the roles that names and shapes tell, where nothing declares them."""
    from weigh.account import guess

    rows = [*account.rows, *account.beside]
    arrays = []
    for row in rows:
        array = row.weight
        if not isinstance(array, Stored):
            return account
        if array.path != row.path:  # it stands in a part of a whole
            array = copy.copy(array)
            array.path = row.path
        arrays.append(array)
    account.rows, account.beside = [], []
    for row, array in zip(rows, guess.told(arrays), strict=True):
        filled = Entry(array, row.path, row.layer, row.layer_type, array.trainable)
        filled.users = row.users
        (account.beside if filled.kind in roles.BESIDE else account.rows).append(filled)
    return account


def _file(text: str, limits: Limits | None) -> Account:
    from weigh.cli.progress import Waiting
    from weigh.formats import detect

    with Waiting(sys.stderr, "standard input" if text == STANDARD_INPUT else text):
        return detect.read(text, limits)


def _network(text: str, limits: Limits | None) -> Account | Layer:
    """Return the network in a ``.keras`` file; if its layers are not ours, the account of the arrays in it."""
    from weigh.models import saving

    try:
        network: Layer = saving.declare_model(text)
    except FormatError as error:
        try:
            account = _file(text, limits)
        except (WeighError, OSError):
            raise error from None
        if account.receipt is not None:
            account.receipt.refused.append(f"its layers are not declared, only its arrays are told: {error}")
        return told(account)
    return network


def _object(module: str, path: str) -> Account | Layer:
    import importlib

    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)  # as `python -c` would
    try:
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except Exception as error:  # whatever the module of the user raises
        raise ArgumentError(f"{module}:{path} cannot be had: {type(error).__name__}: {error}") from error
    if isinstance(found, (Account, Layer)):
        return found
    objects = importlib.import_module("weigh.objects")
    if not hasattr(objects, "read"):
        raise ArgumentError(
            f"{module}:{path} is a {type(found).__name__}, which is no network that is understood here."
        )
    account: Account = objects.read(found)
    return told(account)
