"""Scripts that were written for Keras, run with ours."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

from weigh.compat.hook import importing

INTERRUPTED = 130


def run(path: str, arguments: Sequence[str], version: int) -> int:
    """Run a script as ``python`` does, but for what it gets where it imports Keras.

    Args:
        path: the script.
        arguments: what follows its name in ``sys.argv``.
        version: the Keras whose spelling it is written in: 1, 2 or 3.

    Returns:
        0, or 1 if it ended in an exception, or 130 if it was interrupted; a `SystemExit` of the script passes.

    Raises:
        OSError: the script cannot be read.
    """
    with io.open_code(os.path.abspath(path)) as file:
        source = file.read()
    with importing(version), _as_main(path, arguments) as main:
        try:
            exec(compile(source, path, "exec", dont_inherit=True), vars(main))
        except SystemExit:
            raise
        except BaseException as error:
            _show(error, path)
            return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


@contextmanager
def _as_main(path: str, arguments: Sequence[str]) -> Iterator[ModuleType]:
    """Yield the module ``__main__`` of a script, with ``sys.argv`` and ``sys.path`` as it finds them."""
    main = ModuleType("__main__")
    main.__file__ = path
    before = sys.argv, sys.path, sys.modules["__main__"]
    sys.argv = [path, *arguments]
    sys.path = sys.path if sys.flags.safe_path else [os.path.dirname(os.path.abspath(path)), *sys.path[1:]]
    sys.modules["__main__"] = main
    try:
        yield main
    finally:
        sys.argv, sys.path, sys.modules["__main__"] = before


def _show(error: BaseException, path: str) -> None:
    """Print a traceback that begins in the script."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != path:
        frames = frames.tb_next
    sys.excepthook(type(error), error.with_traceback(frames), frames)
