"""Numbers of each epoch as rows of a file."""

from __future__ import annotations

import os
from typing import IO, Any

from weigh.training.callbacks.base import Callback, Logs


class CSVLogger(Callback):
    """Writes the numbers of each epoch as a row of a CSV file.

    Args:
        filename: where to.
        separator: what stands between two numbers.
        append: whether rows are added to a file that is there; its header is kept.
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.sep = separator
        self.filename = os.fspath(filename)
        self.append = append
        self.keys: list[str] | None = None
        self.csv_file: IO[str] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        self.on_train_end()
        self.keys = None
        self.csv_file = open(self.filename, "a" if self.append else "w", encoding="utf-8", newline="")  # noqa: SIM115

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        import csv

        if self.csv_file is None:
            return
        logs = logs or {}
        writer = csv.writer(self.csv_file, delimiter=self.sep)
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]  # an evaluation may come in a later epoch
            if not self.csv_file.tell():
                writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        self.csv_file.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
            self.csv_file = None


def _cell(value: Any) -> Any:
    several = hasattr(value, "__iter__") and not isinstance(value, str) and bool(getattr(value, "ndim", True))
    return f'"[{", ".join(map(str, value))}]"' if several else value
