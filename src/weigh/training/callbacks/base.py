"""The hooks of training, evaluation and prediction, and the list that calls them."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from weigh.compute.values import Array
from weigh.declare import tree
from weigh.errors import ArgumentTypeError

Logs = Mapping[str, Any] | None
"""Numbers by name, such as ``{"accuracy": 0.7, "loss": 0.2}``."""


class LazyLogs(UserDict[str, Any]):
    """What the metrics say as of a step, worked out when somebody looks.

    Args:
        compute: returns the numbers as arrays, without waiting for them; asked at most once, and before the next step.
    """

    def __init__(self, compute: Callable[[], dict[str, Array]]) -> None:
        self._compute = compute

    @cached_property
    def _arrays(self) -> dict[str, Array]:
        return self._compute()

    def start(self) -> None:
        """Let the numbers be worked out; nothing is waited for."""
        _ = self._arrays

    @property
    def ready(self) -> bool:
        """Whether looking would not wait."""
        return all(not hasattr(value, "is_ready") or value.is_ready() for value in self._arrays.values())

    @cached_property
    def data(self) -> dict[str, Any]:  # type: ignore[override]
        """The numbers, sorted by name as Keras gives them."""
        return {name: _number(value) for name, value in sorted(self._arrays.items())}


def _number(value: Any) -> Any:
    return float(value) if getattr(value, "ndim", 0) == 0 else value


class Callback:
    """Something that is called on the way; a subclass writes the hooks that it wants.

    Attributes:
        params: what `fit` was called with: ``verbose``, ``epochs``, ``steps``.
        model: the network.
    """

    looks_later = False
    """Whether a batch's logs may be given before their numbers are asked for."""

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Tell what `fit` was called with."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Tell the network."""
        self._model = model

    @property
    def model(self) -> Any:
        """The network."""
        return self._model

    def on_train_begin(self, logs: Logs = None) -> None:
        """Training begins."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Training ended as planned; `logs` are those of the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """An epoch of training begins; the first is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """An epoch of training ended; `logs` hold its metrics, those of its evaluation as ``val_…``."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """A step of training begins: the older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """A step of training ended: the older name of `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """A step of training begins; with `steps_per_execution`, several."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """A step of training is under way or done; `logs` are the metrics of the epoch up to it.

        Looking at `logs` waits for the step.
        """
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """An evaluation begins."""

    def on_test_end(self, logs: Logs = None) -> None:
        """An evaluation ended; `logs` hold its metrics."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """A step of an evaluation begins."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """A step of an evaluation is under way or done."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """A prediction begins."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """A prediction ended."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """A step of a prediction begins."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """A step of a prediction is under way or done; ``logs["outputs"]`` are its outputs."""


class History(Callback):
    """What the metrics said after each epoch.

    Attributes:
        history: a list of numbers by name.
        epoch: numbers of the epochs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self


class CallbackList(Callback):
    """Several callbacks as one.

    Hooks that nobody wrote are not called, so that a step costs nothing for callbacks that do not look at it.

    Args:
        callbacks: callbacks, in any structure.
        add_history: whether a `History` is added where there is none.
        add_progbar: whether a progress display is added where there is none.
        model: the network.
        **params: what each callback is told as `params`.

    Raises:
        ArgumentTypeError: one is not a callback.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = [one for one in tree.leaves(callbacks) if one is not None]
        for callback in self.callbacks:
            if isinstance(callback, type) or not hasattr(callback, "on_epoch_end"):
                raise ArgumentTypeError(f"`callbacks` must be callbacks such as `EarlyStopping()`, not {callback!r}.")
        self._wanted: dict[str, list[Any]] = {}
        self._history = self._first(History) or (self._added(History()) if add_history else None)
        if add_progbar:
            from weigh.training.callbacks.progress import ProgbarLogger

            if self._first(ProgbarLogger) is None:
                self._added(ProgbarLogger())
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    @classmethod
    def of(
        cls, callbacks: Any, model: Any, *, verbose: Any, epochs: int, steps: int | None, add_history: bool = False
    ) -> CallbackList:
        """Return the callbacks of one call of `fit`, `evaluate` or `predict`; a list that is one already stays."""
        if isinstance(callbacks, CallbackList):
            return callbacks
        return cls(callbacks, add_history, verbose != 0, model, verbose=verbose, epochs=epochs, steps=steps)

    def _first(self, kind: type[Callback]) -> Any:
        return next((callback for callback in self.callbacks if isinstance(callback, kind)), None)

    def _added(self, callback: Any) -> Any:
        self.callbacks.append(callback)
        return callback

    @property
    def history(self) -> History:
        """What the metrics said after each epoch."""
        return self._history if self._history is not None else History()

    def append(self, callback: Any) -> None:
        """Add a callback."""
        self.callbacks.append(callback)
        self._wanted.clear()

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def _call(self, hook: str, *arguments: Any, logs: Logs) -> None:
        """Call a hook of those who wrote it; numbers come sorted by name, as in Keras."""
        if hook not in self._wanted:
            self._wanted[hook] = [callback for callback in self.callbacks if _wrote(callback, hook)]
        if not self._wanted[hook]:
            return
        if not isinstance(logs, LazyLogs):
            logs = dict(sorted(logs.items())) if logs else {}
        for callback in self._wanted[hook]:
            if isinstance(logs, LazyLogs) and not getattr(callback, "looks_later", False):
                logs.start()
            getattr(callback, hook)(*arguments, logs)

    def on_train_begin(self, logs: Logs = None) -> None:
        self._call("on_train_begin", logs=logs)

    def on_train_end(self, logs: Logs = None) -> None:
        self._call("on_train_end", logs=logs)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_train_batch_begin", batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_train_batch_end", batch, logs=logs)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._call("on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._call("on_epoch_end", epoch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_batch_begin", batch, logs=logs)

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_batch_end", batch, logs=logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        self._call("on_test_begin", logs=logs)

    def on_test_end(self, logs: Logs = None) -> None:
        self._call("on_test_end", logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_test_batch_begin", batch, logs=logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_test_batch_end", batch, logs=logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._call("on_predict_begin", logs=logs)

    def on_predict_end(self, logs: Logs = None) -> None:
        self._call("on_predict_end", logs=logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_predict_batch_begin", batch, logs=logs)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_predict_batch_end", batch, logs=logs)


_OLDER = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


def _wrote(callback: Any, hook: str) -> bool:
    """Return whether a callback has a hook of its own, or the older one that it calls."""
    own = hook in vars(callback) or getattr(type(callback), hook, None) is not getattr(Callback, hook)
    return own or (hook in _OLDER and _wrote(callback, _OLDER[hook]))
