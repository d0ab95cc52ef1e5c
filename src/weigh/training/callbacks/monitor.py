"""Callbacks that watch whether one of the numbers gets better."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from weigh.errors import ArgumentError
from weigh.training.callbacks.base import Callback, Logs


class MonitorCallback(Callback):
    """Watches a number.

    Args:
        monitor: name of the number, ``val_…`` for that of the evaluation after each epoch.
        mode: ``"min"`` where less is better, ``"max"`` where more is, ``"auto"`` as the metric says.
        baseline: the number to be better than at first.
        min_delta: by how much to be better.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            import warnings

            warnings.warn(
                f"{type(self).__name__}: `mode` must be 'auto', 'min' or 'max', not {mode!r}; taken as 'auto'.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Callable[[Any, Any], Any] | None = None

    def _is_improvement(self, value: Any, reference: Any) -> bool:
        """Return whether `value` is better than `reference`, as any is better than ``None``.

        Raises:
            ArgumentError: nobody says whether less or more is better.
        """
        if self.monitor_op is None:
            self.monitor_op = operator.gt if self._more_is_better() else operator.lt
        if reference is None:
            return True
        delta = self.min_delta if self.monitor_op is operator.gt else -self.min_delta
        return bool(self.monitor_op(value - delta, reference))

    def _more_is_better(self) -> bool:
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            return False
        for metric in getattr(self.model, "metrics", ()):
            named = name == metric.name or name.endswith(f"_{metric.name}")
            if named and (metric.direction is not None or name.endswith("loss")):
                return bool(metric.direction == "up")
        raise ArgumentError(
            f"{type(self).__name__} watches {self.monitor!r}, and it is not known whether less or more of it is "
            "better. Pass `mode='max'` or `mode='min'`."
        )


class EarlyStopping(MonitorCallback):
    """Stops training when a number no longer gets better.

    Args:
        monitor, min_delta, mode: as of :class:`MonitorCallback`.
        patience: epochs to wait for something better.
        verbose: 1 to say when it stops.
        baseline: the number that has to be reached within `patience`.
        restore_best_weights: whether the network gets back the weights of its best epoch.
        start_from_epoch: epochs that are not watched.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = 0
        self.stopped_epoch = 0
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self.stopped_epoch and self.verbose:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Logs) -> Any:
        """Return the number that is watched; warns where there is none."""
        logs = logs or {}
        if self.monitor not in logs:
            import warnings

            warnings.warn(
                f"EarlyStopping watches {self.monitor!r}, which is not there; there are: {', '.join(logs)}.",
                stacklevel=2,
            )
        return logs.get(self.monitor)


def say(message: str) -> None:
    """Print a line at once, also where the output is not a terminal."""
    print(message, flush=True)  # noqa: T201
