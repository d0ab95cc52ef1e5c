"""A network in several files: which of them belong together, and one account of all.

Sources: Hugging Face ``transformers/modeling_utils.py``, ``load_sharded_checkpoint`` (an index's ``weight_map``);
llama.cpp ``gguf-split`` (``-00001-of-00003``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from weigh.account.account import Account
from weigh.account.receipt import Receipt
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats import plain_json
from weigh.formats.source import Source

INDEX = ".index.json"

_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})(?P<suffix>\.[A-Za-z0-9]+)")


def shard(name: str) -> tuple[str, int, int] | None:
    """Return the set that a file belongs to by its name, its number in it and how many there are; ``None`` if none."""
    match = _SHARD.fullmatch(name)
    if match is None or not 1 <= int(match["number"]) <= int(match["count"]):
        return None
    return match["stem"] + match["suffix"], int(match["number"]), int(match["count"])


def sets(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the files that make up one network each: shards under their common name, others under their own."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        of = shard(name)
        found.setdefault(f"{of[0]} of {of[2]}" if of else name, []).append(name)
    return found


def missing(names: Iterable[str]) -> list[str]:
    """Return a sentence for each set of shards that is not whole."""
    sentences = []
    for members in sets(names).values():
        of = shard(members[0])
        if of is not None and len(members) < of[2]:
            there = {found[1] for found in map(shard, members) if found}
            absent = [number for number in range(1, of[2] + 1) if number not in there]
            numbers = f"{', '.join(map(str, absent[:10]))}{' …' if len(absent) > 10 else ''}"
            sentences.append(f"Not all of the {of[2]:,} shards of {of[0]!a} are here; missing: {numbers}.")
    return sentences


class Index:
    """Which shard each tensor is said to be in.

    Args:
        source: the index, a JSON file.

    Attributes:
        shards: names of files, plain ones that lead nowhere, and the tensors said to be in each.
        declared: what it says of the whole, such as ``total_size``.

    Raises:
        FormatError: it is no index, or names a file elsewhere.
    """

    def __init__(self, source: Source) -> None:
        source.check(source.size, "header", "the length of the index")
        said = plain_json.parsed(source.read(0, source.size, "the index"), f"{source.name}: the index")
        places = said.get("weight_map") if isinstance(said, dict) else None
        if not isinstance(places, dict) or not all(isinstance(file, str) for file in places.values()):
            raise FormatError(f"{source.name}: an index should hold a `weight_map` of tensors and files.")
        source.check(len(places), "entries", "the number of tensors")
        self.places: dict[str, str] = places
        self.shards: dict[str, set[str]] = {}
        for tensor, file in places.items():
            self.shards.setdefault(file, set()).add(tensor)
        for file in self.shards:
            if not file or file in (".", "..") or any(sign in file for sign in "/\\:\0"):
                raise FormatError(f"{source.name}: the index names {file[:200]!a}, which is no file beside it.")
        metadata = said.get("metadata")
        self.declared: dict[str, Any] = metadata if isinstance(metadata, dict) else {}

    def differences(self, found: dict[str, list[str]], total: int) -> list[str]:
        """Return sentences on what the index says and the files do not.

        Args:
            found: tensors of each file that was read.
            total: bytes of all of them.
        """
        sentences = []
        for file, tensors in self.shards.items():
            if file not in found:
                sentences.append(f"{file!a} is not here: of its tensors, {_some(tensors)}, none is in any total.")
                continue
            if absent := tensors.difference(found[file]):
                sentences.append(f"{file!a} lacks what the index places in it: {_some(absent)}.")
            if unsaid := set(found[file]) - tensors:
                sentences.append(f"{file!a} holds what the index does not place in it: {_some(unsaid)}.")
        size = self.declared.get("total_size")
        if isinstance(size, int | float) and size != total and len(found) == len(self.shards):
            sentences.append(f"The index declares {size:,} bytes of tensors; {total:,} are stored.")
        return sentences


def _some(names: set[str]) -> str:
    """The first name, and how many there are beside it."""
    return f"{min(names)[:200]!a}{f' and {len(names) - 1:,} more' if len(names) > 1 else ''}"


def arrays(account: Account, of: str) -> list[Stored]:
    """Return the arrays of an account, so that they can stand in the account of a whole; `of` is the file's name."""
    found = []
    for row in (*account.rows, *account.beside):
        array = row.weight
        if isinstance(array, Stored):
            if array.key is not None:
                array.key = (of, array.key)  # storages are numbered file by file
            found.append(array)
    shared = {array.path: array for array in found}
    for alias, path in account.aliases.items():
        kept = shared[path]
        tied = Stored(alias, kept.shape, kept.dtype, bytes=kept.bytes, elements=kept.stored_elements, key=kept.key)
        found.append(tied)
    return found


def joined(name: str, parts: Iterable[tuple[str, Account]], receipt: Receipt) -> Account:
    """Return one account of several, every path behind the name of its part."""
    whole = Account(name, ())
    formats: list[str] = []
    for prefix, part in parts:
        for row in (*part.rows, *part.beside):
            row.path = f"{prefix}/{row.path}".rstrip("/")
            row.layer = f"{prefix}/{row.layer}".rstrip("/")
            row.users = [f"{prefix}/{user}".rstrip("/") for user in row.users]
        whole.rows += part.rows
        whole.beside += part.beside
        whole.aliases.update({f"{prefix}/{alias}": f"{prefix}/{path}" for alias, path in part.aliases.items()})
        if part.config:
            whole.config[prefix] = part.config
        if part.format not in formats:
            formats.append(part.format)
        if part.receipt is not None:
            receipt.add(part.receipt)
    whole.format, whole.receipt = " + ".join(formats), receipt
    return whole
