"""Saving on the way through training."""

from __future__ import annotations

import os
from typing import Any

from weigh.errors import ArgumentError, SaveError
from weigh.training.callbacks.base import Logs
from weigh.training.callbacks.monitor import MonitorCallback, say


class ModelCheckpoint(MonitorCallback):
    """Saves the network, or its weights, after epochs or after a number of batches.

    Args:
        filepath: where to; ``{epoch}``, ``{batch}`` and the names of the numbers in it are filled in.
        monitor, mode: as of :class:`MonitorCallback`.
        verbose: 1 to say when it saves.
        save_best_only: whether it saves only what is better than all before.
        save_weights_only: whether weights alone are saved, to a ``.weights.h5`` file.
        save_freq: ``"epoch"``, or the number of batches between two files.
        initial_value_threshold: the number to be better than at first.

    Raises:
        ArgumentError: `filepath` has another ending, or `save_freq` is neither ``"epoch"`` nor a number.
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._epoch = 0
        self._unsaved = 0
        self._last_batch = -1
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ArgumentError(
                f"ModelCheckpoint: `save_freq` must be 'epoch' or a whole number of batches, not {save_freq!r}."
            )
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ArgumentError(
                f"ModelCheckpoint: with `save_weights_only={save_weights_only}`, `filepath` must end in "
                f"{' or '.join(endings)}, not be {self.filepath!r}."
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch
        self._last_batch = -1

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            return
        self._unsaved += batch - self._last_batch
        self._last_batch = batch
        if self._unsaved >= self.save_freq:
            self._unsaved = 0
            self._save(self._epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, dict(logs or {}))

    def _save(self, epoch: int, logs: dict[str, Any]) -> None:
        try:
            path = self.filepath.format(epoch=epoch + 1, **logs)
        except KeyError as error:
            raise ArgumentError(
                f"ModelCheckpoint: `filepath` {self.filepath!r} has {error} in it, but there are only epoch, "
                f"{', '.join(logs)}."
            ) from None
        if self.save_best_only and not self._is_best(epoch, logs, path):
            return
        if not self.save_best_only and self.verbose:
            say(f"\nEpoch {epoch + 1}: saving model to {path}")
        if os.path.isdir(path):
            raise SaveError(f"ModelCheckpoint: {path!r} is a folder; give `filepath` the name of a file.")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path, overwrite=True)
        if self.verbose:
            say(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _is_best(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        current = logs.get(self.monitor)
        if current is None or getattr(current, "ndim", None):
            import warnings

            warnings.warn(
                f"ModelCheckpoint can save the best only where {self.monitor!r} is one number, but it is {current!r}: "
                "saving this one.",
                stacklevel=2,
            )
            return True
        before = "None" if self.best is None else f"{self.best:.5f}"
        better = self._is_improvement(current, self.best)
        if better:
            self.best = current
        if self.verbose:
            change = f"improved from {before} to {current:.5f}, saving model to {path}"
            say(f"\nEpoch {epoch + 1}: {self.monitor} {change if better else f'did not improve from {before}'}")
        return better
