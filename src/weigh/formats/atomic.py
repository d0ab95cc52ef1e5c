"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from weigh.errors import SaveError

if TYPE_CHECKING:
    from typing import BinaryIO


@contextmanager
def replacing(path: str, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Yield a file, for reading and writing, that takes the place of `path` when the block ends.

    It is a temporary file in the same folder, synced and then renamed, so at every moment `path` is the old file or the
    new one. An error in the block removes it and leaves `path` alone. A process that is killed may leave the temporary
    file behind, named like `path` with a dot before it and ``.tmp`` behind.

    Args:
        path: the file to be; a symbolic link stays one, and what it leads to is replaced.
        overwrite: whether a file may be there already; it keeps its permissions.

    Raises:
        SaveError: the file cannot be written; what was there before is untouched.
    """
    goal = os.path.realpath(path)
    try:
        mode = _mode_of(goal, overwrite)
        temporary = os.path.join(os.path.dirname(goal), f".{os.path.basename(goal)}.{os.urandom(4).hex()}.tmp")
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                yield file
                file.flush()
                if mode is not None:
                    os.chmod(temporary, mode)
                os.fsync(file.fileno())
            os.replace(temporary, goal)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except SaveError:
        raise
    except OSError as error:
        raise SaveError(
            f"Could not save {path!r}: {error.strerror or error}. What was there before is untouched."
        ) from error
    _sync_folder(os.path.dirname(goal))


def _mode_of(path: str, overwrite: bool) -> int | None:
    """Return the permissions of the file that is to be replaced, ``None`` where there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a plain file"
        raise SaveError(f"Could not save {path!r}: that is {kind}. Give the path of a file.")
    if not overwrite:
        raise SaveError(f"Could not save {path!r}: the file exists, and `overwrite` is False.")
    return stat.S_IMODE(found.st_mode)


def _sync_folder(folder: str) -> None:
    """Make the renaming last through a power failure, where the system can sync folders."""
    if os.name == "posix":
        with suppress(OSError):  # the file is in place and whole; some file systems refuse to sync a folder
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
