"""The ``.keras`` file of Keras 3: ``config.json``, ``metadata.json``, ``model.weights.h5``, ``assets``, zipped.

Source: Keras 3.15, ``keras/src/saving/saving_lib.py``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import weights_file
from weigh.formats.archive import LOCAL_HEADER, Archive
from weigh.formats.atomic import replacing
from weigh.formats.source import Source
from weigh.formats.weights_file import Group, Weights, existing

SUFFIXES = (".keras",)
KERAS_VERSION = "3.15.1"  # whose format is written
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
ASSETS = "assets"  # a folder with what parts keep beside their weights, such as vocabularies
LONGEST_ASSET = 1 << 30
LONGEST_CONFIG = 1 << 27  # bytes; a network of 1,000 layers has about two million


def recognises(head: bytes, name: str) -> bool:
    """Return whether this is a ``.keras`` file: a zip file whose first member is one of its three, else by its name."""
    if head.startswith(LOCAL_HEADER) and len(head) >= 30:
        first = head[30 : 30 + int.from_bytes(head[26:28], "little")]
        if first in (member.encode() for member in (CONFIG, METADATA, WEIGHTS)):
            return True
    return name.lower().endswith(SUFFIXES)


def read(source: Source) -> Account:
    """Return the account of a ``.keras`` file; what else is in the archive is named and not read.

    Raises:
        FormatError: it is no such file, is damaged, or its configuration is no JSON.
        UnsafeFileError: a member's name leads out of a folder, or a member is a decompression bomb.
    """
    from weigh.formats import keras_account, keras_config

    archive = Archive(source.as_file(), source.name)
    source.check(len(archive.sizes), "entries", "the number of members")
    limit = min(LONGEST_CONFIG, source.limits.header)
    said = {keras_account.MODEL: keras_config.parsed(archive.read(CONFIG, limit), source, repr(CONFIG))}
    if METADATA in archive:
        metadata = keras_config.parsed(archive.read(METADATA, limit), source, repr(METADATA))
        version = metadata.get("keras_version") if isinstance(metadata, dict) else None
        if isinstance(version, str):
            said[keras_account.VERSION] = version
    others = [member for member in archive.sizes if member not in (CONFIG, METADATA, WEIGHTS)]
    if others:
        source.receipt.notes.append(
            f"{source.name}: {len(others):,} files beside the weights were not read: "
            f"{', '.join(ascii(member) for member in others[:10])}."
        )
    with archive.open(WEIGHTS, checked=False) as file:
        weights = Source(file, f"{source.name}: {WEIGHTS!r}", source.limits)
        account = keras_account.read_hdf5(weights, said, "keras")
    account.name, account.receipt = source.name, source.receipt
    source.receipt.refused += weights.receipt.refused
    source.receipt.notes += weights.receipt.notes
    return account


def save(
    path: str,
    config: dict[str, Any],
    groups: Iterable[Group],
    overwrite: bool = True,
    assets: Iterable[tuple[str, str, bytes]] = (),
) -> None:
    """Write a ``.keras`` file, whole or not at all.

    Args:
        path: the file to be.
        config: the network as plain data.
        groups: the values of its parts.
        overwrite: whether a file may be there already.
        assets: of each file that a part keeps the part's path, the file's name and its content.

    Raises:
        SaveError: it cannot be written; what was there before is untouched.
    """
    import shutil
    import tempfile
    import zipfile
    from datetime import datetime

    metadata = {"keras_version": KERAS_VERSION, "date_saved": datetime.now().strftime("%Y-%m-%d@%H:%M:%S")}
    with replacing(path, overwrite) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(METADATA, json.dumps(metadata))
        archive.writestr(CONFIG, json.dumps(config))
        # HDF5 goes back and forth in what it writes, which a member of a zip file does not allow.
        with tempfile.TemporaryFile(dir=os.path.dirname(os.path.realpath(path))) as scratch:
            weights_file.write(scratch, groups)
            size = scratch.seek(0, os.SEEK_END)
            scratch.seek(0)
            with archive.open(WEIGHTS, "w", force_zip64=size > 1 << 30) as member:
                shutil.copyfileobj(scratch, member, 1 << 20)
        for part, name, content in assets:
            archive.writestr(f"{ASSETS}/{part}/{name}", content)


class KerasFile:
    """An open ``.keras`` file.

    Attributes:
        config: the network as plain data, with every class and module as mere text.
        version: of the Keras that wrote it, as it says; empty where it does not.
    """

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self._name = name
        self.config = self._json(CONFIG)
        version = self._json(METADATA).get("keras_version") if METADATA in archive else None
        self.version = version if isinstance(version, str) else ""

    def _json(self, member: str) -> dict[str, Any]:
        text = self._archive.read(member, LONGEST_CONFIG)
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{self._name}: {member!r} is not JSON, or nested too deeply: {error}.") from error
        if not isinstance(content, dict):
            raise FormatError(f"{self._name}: {member!r} should hold an object, but holds a {type(content).__name__}.")
        return content

    def assets(self, part: str) -> dict[str, bytes]:
        """Return the files that the part at a path keeps beside its weights, by name."""
        folder = f"{ASSETS}/{part}"
        return {name: self._archive.read(f"{folder}/{name}", LONGEST_ASSET) for name in self._archive.in_folder(folder)}

    @contextmanager
    def weights(self) -> Iterator[Weights]:
        """Yield the weights.

        Raises:
            FormatError: there are none, or they are damaged.
        """
        with self._archive.open(WEIGHTS) as file:
            weights = Weights(file, f"{self._name}: {WEIGHTS!r}")
            try:
                yield weights
            finally:
                weights.close()


@contextmanager
def opened(path: str) -> Iterator[KerasFile]:
    """Yield the ``.keras`` file at `path`, open for reading.

    Raises:
        FormatError: there is no such file, or it is no ``.keras`` file, or is damaged.
        UnsafeFileError: it asks for something that reading must not do.
    """
    with existing(path) as file:
        yield KerasFile(Archive(file, path), path)
