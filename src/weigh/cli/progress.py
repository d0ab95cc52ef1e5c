"""A line that says that something is being read, for who waits at a terminal."""

from __future__ import annotations

from typing import Any, TextIO

from weigh.report.shown import escaped

_MOMENT = 0.7  # seconds until there is anything to see
_FRAME = 0.15
_BAR = "▁▂▃▄▅▆▇█▇▆▅▄▃▂"


class Waiting:
    """Shows a line on a terminal while what it is around takes longer than a moment; takes it away at the end.

    Args:
        stream: where; nothing is shown if it is no terminal.
        name: of what is read.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = escaped(name, 60)
        self._thread: Any = None

    def __enter__(self) -> Waiting:
        if self._stream.isatty():
            import threading

            self._done = threading.Event()
            self._thread = threading.Thread(target=self._show, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._thread is not None:
            self._done.set()
            self._thread.join()

    def _show(self) -> None:
        seconds = _MOMENT
        frame = 0
        if self._done.wait(_MOMENT):
            return
        while True:
            self._stream.write(f"\r\x1b[K{self.line(frame, seconds)}")
            self._stream.flush()
            if self._done.wait(_FRAME):
                break
            frame, seconds = frame + 1, seconds + _FRAME
        self._stream.write("\r\x1b[K")
        self._stream.flush()

    def line(self, frame: int, seconds: float) -> str:
        """Return what is shown after so many frames and seconds."""
        bar = "".join(_BAR[(frame + place) % len(_BAR)] for place in range(8))
        return f"{bar} reading {self._name}, {seconds:.0f} s"
