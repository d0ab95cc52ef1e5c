"""Whatever holds a network, read to an account: a file, a folder, an open file or standard input.

What a file is, its first bytes tell, and where they do not, its name. Readers are imported when they are asked, one by
one, so that a file of the first few formats costs no import of the others.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, cast

from weigh.account.account import Account
from weigh.account.receipt import Receipt
from weigh.errors import FormatError
from weigh.formats.source import Limits, Source, opened

FILES = {
    "gguf": "GGUF",
    "safetensors": "safetensors",
    "numpy_file": "NumPy",
    "tflite": "TensorFlow Lite",
    "keras_h5": "Keras HDF5",
    "keras_file": "Keras 3",
    "torch_file": "PyTorch",
    "savedmodel": "TensorFlow SavedModel",
    "coreml": "Core ML",
    "msgpack": "Flax msgpack",
    "onnx_file": "ONNX",
}
"""Modules that read a file, and what people call the format; those of a telling first byte sequence come first."""

FOLDERS = ("huggingface", "savedmodel", "coreml", "orbax")
"""Modules that read a folder as one network."""

BEGINNINGS = {".onnx": ("onnx_file", b"\x08")}
"""For an ending, who is asked first if the file also begins so; no telling first bytes of another format do."""

STANDARD_INPUT = "-"
_HEAD = 512  # bytes that tell what a file is: a tar file's magic stands at 257
_SPOOL = 1 << 36  # bytes of a stream that are kept in a temporary file at most
_BLOCK = 1 << 20
_INDEX = ".index.json"


def read(path: str | os.PathLike[str] | IO[bytes], limits: Limits | None = None, *, spool: int = _SPOOL) -> Account:
    """Return the account of the network in a file or folder.

    Args:
        path: of a file or a folder, an open binary file, or ``"-"`` for standard input.
        limits: what readers take at most.
        spool: bytes at most that go to a temporary file where what is open cannot be read at any place.

    Raises:
        FormatError: it is of no format that is understood here, or not what its format promises.
        UnsafeFileError: reading it would mean to run code that it carries.
    """
    with _without_collecting():
        if not isinstance(path, str | os.PathLike):
            return _read_open(cast(BinaryIO, path), str(getattr(path, "name", "an open file")), limits, spool)
        name = os.fsdecode(path)
        if name == STANDARD_INPUT:
            return _read_open(sys.stdin.buffer, "standard input", limits, spool)
        if os.path.isdir(name):
            return _read_folder(name, limits, 0)
        if name.endswith(_INDEX):
            return cast(Account, _module("huggingface").read_index(name, limits))
        with opened(name, limits) as source:
            return read_source(source)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep the garbage collector still: of a million tensors nothing is garbage, and looking doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_source(source: Source) -> Account:
    """Return the account of an open file, by the first reader that recognises it.

    Raises:
        FormatError: none does; the message lists what is understood.
    """
    found = _reader(source)
    if found is None:
        known = ", ".join(f"{FILES[name]} ({' '.join(module.SUFFIXES)})" for name, module in _readers())
        raise FormatError(
            f"{source.name}: neither its first bytes nor its name tell of a format that is understood here. Files: "
            f"{known}. Folders: of Hugging Face libraries, TensorFlow SavedModel, Core ML packages, or of such files."
        )
    return cast(Account, _module(found).read(source))


def is_of(source: Source, module: str) -> bool:
    """Return whether a file is one that a module of this floor reads."""
    return _reader(source) == module


def _reader(source: Source) -> str | None:
    """Return the module that reads a file: the first that knows its beginning, else the first that knows its name."""
    source.file.seek(0)
    head = source.file.read(_HEAD)  # which the reader reads again, and counts
    name = os.path.basename(source.name)
    likely, first = BEGINNINGS.get(os.path.splitext(name.lower())[1], ("", b""))
    if likely and head.startswith(first) and _module(likely).recognises(head, name):
        return likely
    for known_as in ("", name):
        for found, module in _readers():
            if module.recognises(head, known_as):
                return found
    return None


def _readers() -> Iterator[tuple[str, Any]]:
    """Yield the modules that read files, each imported when its turn comes."""
    for name in FILES:
        module = _module(name, needed=False)
        if hasattr(module, "recognises") and hasattr(module, "read"):
            yield name, module


def _module(name: str, needed: bool = True) -> Any:
    whole = f"{__package__}.{name}"
    if not needed and whole not in sys.modules and importlib.util.find_spec(whole) is None:
        return None
    return importlib.import_module(whole)


def _read_open(file: BinaryIO, name: str, limits: Limits | None, spool: int) -> Account:
    """Read what is open, from a temporary file where it cannot be read at any place."""
    if _is_seekable(file):
        return read_source(Source(file, name, limits))
    import tempfile

    with tempfile.TemporaryFile() as whole:
        size = 0
        while block := file.read(_BLOCK):
            size += len(block)
            if size > spool:
                raise FormatError(f"{name}: more than {spool:,} bytes came, which is the limit `spool`.")
            whole.write(block)
        return read_source(Source(cast(BinaryIO, whole), name, limits))


def _is_seekable(file: BinaryIO) -> bool:
    try:
        return file.seekable() and file.seek(0) == 0
    except (OSError, AttributeError):
        return False


def _read_folder(folder: str, limits: Limits | None, depth: int) -> Account:
    """Read a folder that is of a format, else every file and folder in it as a part of its own."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise FormatError(f"{folder}: cannot be read: {error.strerror or error}.") from error
    for name in FOLDERS:
        module = _module(name, needed=False)
        if hasattr(module, "recognises_folder") and module.recognises_folder(folder):
            return cast(Account, module.read_folder(folder, limits))
    limits = limits or Limits()
    if depth > limits.depth:
        raise FormatError(f"{folder}: folders are nested deeper than the limit `depth`, {limits.depth}.")
    return _read_parts(folder, entries, limits, depth)


def _read_parts(folder: str, entries: list[os.DirEntry[str]], limits: Limits, depth: int) -> Account:
    from weigh.formats import parts

    receipt = Receipt(folder, 0, limits.to_dict())
    if len(entries) > limits.entries:
        raise FormatError(f"{folder}: {len(entries):,} entries are more than the limit `entries`, {limits.entries:,}.")
    found: list[tuple[str, Account]] = []
    others: list[str] = []
    for entry in entries:
        try:
            if entry.name.startswith("."):
                others.append(entry.name)
            elif entry.is_dir(follow_symlinks=False):  # a link may lead back here
                found.append((entry.name, _read_folder(entry.path, limits, depth + 1)))
            elif entry.is_file() and (part := _read_part(entry.path, limits)) is not None:
                found.append((entry.name, part))
            else:
                others.append(entry.name)
        except _NothingError:
            others.append(entry.name)
        except FormatError as error:
            receipt.refused.append(str(error))
    if not found:
        if receipt.refused:
            raise FormatError(f"{folder}: none of its files can be read. {receipt.refused[0]}")
        raise _NothingError(
            f"{folder}: there is no file in this folder, or in those inside, of a format understood here."
        )
    if others:
        shown = f"{', '.join(map(ascii, others[:10]))}{f' and {len(others) - 10:,} more' if len(others) > 10 else ''}"
        receipt.notes.append(f"{folder}: no network is in {shown}.")
    receipt.notes += parts.missing(name for name, _ in found)
    return parts.joined(os.path.basename(os.path.abspath(folder)), found, receipt)


def _read_part(path: str, limits: Limits) -> Account | None:
    """Return the account of a file of a folder; ``None`` if it is of no format that is understood here."""
    with opened(path, limits) as source:
        return None if _reader(source) is None else read_source(source)


class _NothingError(FormatError):
    """There is no network in a folder, which is no fault of it where it stands in another."""
