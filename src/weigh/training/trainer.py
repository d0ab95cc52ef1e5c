"""What `compile` makes: a network with its optimizer, losses and metrics, and the ways to train and judge it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare import config as configuration
from weigh.declare import settings
from weigh.declare.graph import unrecorded
from weigh.errors import ArgumentError, StateError
from weigh.training import data, losses, metrics, optimizers
from weigh.training import step as steps
from weigh.training.callbacks.base import CallbackList, History, LazyLogs
from weigh.training.data import Arrays, Feed
from weigh.training.finite import first_non_finite, warn_of_divergence
from weigh.training.loop import Runner, Seats, Walk, interruptible_between_steps
from weigh.training.objective import Objective


class Trainer:
    """Trains and judges a network.

    Args: as of Keras' ``Model.compile``.

    Raises:
        UnknownNameError: no optimizer, loss or metric has such a name.
        ArgumentError: an argument has a value that cannot work.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        if isinstance(steps_per_execution, bool) or steps_per_execution < 1:
            raise ArgumentError(f"`steps_per_execution` must be a whole number above 0, not {steps_per_execution!r}.")
        self.model = model
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        self.run_eagerly = run_eagerly
        self.jit_compile = not run_eagerly if jit_compile == "auto" else bool(jit_compile) and not run_eagerly
        self.steps_per_execution = int(steps_per_execution)
        self._arguments = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        names = model.output_names if model.graph is not None else None
        self._objective = Objective(loss, loss_weights, metrics, weighted_metrics, names)
        self._part = model  # what of it is compiled: all, unless it reads text
        self._walk: Walk | None = None
        self._fitting: set[Any] = set()
        self._compiled: dict[str, Callable[..., Any]] = {}
        self._warned = False

    @property
    def metrics(self) -> list[Any]:
        """The mean loss, the metrics of `compile`, and the mean loss of each of several outputs."""
        return self._objective.metrics

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `compile` as plain data, as Keras 3 writes them."""
        return {
            "optimizer": configuration.serialize(self.optimizer),
            **{name: configuration.serialize(value) for name, value in self._arguments.items()},
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": self.jit_compile,
        }

    # Training ---------------------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Train for some epochs; arguments as of Keras' ``Model.fit``.

        Args:
            x: inputs, an array or a structure of arrays, each ``(examples, …)``.
            y: labels, likewise.
            batch_size: examples a step; 32 where nothing is said.
            epochs: the epoch to stop before; counted from 0, not from `initial_epoch`.
            verbose: 0 silent, 1 a progress bar, 2 a line an epoch; ``"auto"`` is 1 on a terminal, else a line an epoch.
            callbacks: called on the way.
            validation_split: share of the examples, the last ones, that is kept to judge by after each epoch.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to judge by instead.
            shuffle: whether each epoch takes the examples in a new order, drawn from NumPy's global generator.
            class_weight: weights of the examples by class number.
            sample_weight: a weight for each example, or for each of its steps.
            initial_epoch: the first epoch.
            steps_per_epoch: steps an epoch; by default until the examples are used up.
            validation_steps: steps of an evaluation.
            validation_batch_size: examples a step of an evaluation.
            validation_freq: epochs between evaluations, or the epochs that one comes after.

        Returns:
            What the metrics said after each epoch.

        Raises:
            DataError: the data are empty, not arrays, of different lengths, or do not fit network and loss.
            ShapeError: the inputs or labels have shapes that do not fit.
            ArgumentError: an argument has a value that cannot work.
        """
        if self.optimizer is None:
            raise StateError(
                f"Model {self.model.name!r} is compiled without an optimizer: there is no way to train it."
            )
        x = self._taken(x)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = data.split(x, y, sample_weight, validation_split)
        if class_weight is not None:
            sample_weight = _class_weights(y, class_weight, sample_weight)
        epochs = min(epochs, settings.max_epochs() or epochs)
        source = Arrays(x, y, sample_weight, batch_size=batch_size, steps=steps_per_epoch, shuffle=shuffle)
        feed = Feed(source, steps_per_epoch)
        validation = None
        if validation_data is not None:
            held_out, *judged = data.unpacked(validation_data)
            validation = Feed(
                Arrays(
                    held_out if validation_split else self._taken(held_out),
                    *judged,
                    batch_size=validation_batch_size or batch_size,
                    steps=validation_steps,
                ),
                validation_steps,
            )
        judged_after = _judged_after(validation_freq)
        walk = self._prepare(source, *([validation.source] if validation else []), training=True)
        model = self.model
        calls = CallbackList.of(callbacks, model, add_history=True, verbose=verbose, epochs=epochs, steps=feed.steps)
        seats = self._seats(walk, training=True)
        runner, look = Runner(self._function("train"), seats), self._results()
        model.stop_training = False
        with interruptible_between_steps():
            calls.on_train_begin()
            logs: dict[str, float] = {}
            for epoch in range(initial_epoch, epochs):
                self.reset_metrics()
                calls.on_epoch_begin(epoch)
                self._pass(feed, runner, look, calls.on_train_batch_begin, calls.on_train_batch_end, "stop_training")
                logs = dict(LazyLogs(look))
                self._check_finite(logs, seats, epoch)
                if validation is not None and judged_after(epoch + 1):
                    logs |= {f"val_{name}": value for name, value in self._evaluated(walk, validation, calls).items()}
                calls.on_epoch_end(epoch, logs)
                if model.stop_training:
                    break
            calls.on_train_end(logs)
        return calls.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Return loss and metrics over data; arguments as of `fit`.

        Returns:
            The loss, a list of loss and metrics, or with `return_dict` a dict by name.
        """
        source = Arrays(self._taken(x), y, sample_weight, batch_size=batch_size, steps=steps)
        feed = Feed(source, steps)
        walk = self._prepare(source, training=False)
        calls = CallbackList.of(callbacks, self.model, verbose=verbose, epochs=1, steps=feed.steps)
        with interruptible_between_steps():
            logs = self._evaluated(walk, feed, calls)
        return logs if return_dict else self._objective.in_order(logs)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step on one batch and return loss and metrics of it, as `evaluate` does."""
        if self.optimizer is None:
            raise StateError(
                f"Model {self.model.name!r} is compiled without an optimizer: there is no way to train it."
            )
        if class_weight is not None:
            sample_weight = _class_weights(y, class_weight, sample_weight)
        return self._on_batch("train", x, y, sample_weight, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return loss and metrics of one batch, as `evaluate` does."""
        return self._on_batch("test", x, y, sample_weight, return_dict)

    def _on_batch(self, mode: str, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
        source = Arrays(self._taken(x), y, sample_weight)
        training = mode == "train"
        walk = self._prepare(source, training=training, first_order=False)
        seats = self._seats(walk, training)
        self.reset_metrics()
        with interruptible_between_steps():
            Runner(self._function(mode), seats).run(source.whole())
        logs = dict(LazyLogs(self._results()))
        return logs if return_dict else self._objective.in_order(logs)

    def first_non_finite(self, x: Any, training: bool = False) -> str | None:
        """Return the name of the first layer whose output for `x` is not finite; ``None`` where all are."""
        return first_non_finite(self.model, data.arrays("x", x), training)

    def reset_metrics(self) -> None:
        """Let all metrics start anew."""
        for metric in self.metrics:
            metric.reset_state()

    # How ----------------------------------------------------------------------------------------------------------

    def _prepare(self, source: Arrays, *more: Arrays, training: bool, first_order: bool = True) -> Walk:
        """Check data against the network, declare what depends on them, and return the network's weights.

        Raises: as `fit`; nothing was trained then.
        """
        fresh = not self._objective.resolved
        for one in (source, *more):
            if self._walk is None or one.signature not in self._fitting:
                self._fit_together(one)
        walk = Walk.of(self._part, self._walk)
        if walk is not self._walk:
            self._walk = walk
            self._compiled.clear()
            self._fitting.clear()
        for one in (source, *more):
            self._objective.check_labels(one.y)
            self._fitting.add(one.signature)
        if training:
            self.optimizer.build(walk.trained)
            self.optimizer.check_weights(walk.trained)
            if fresh and first_order and int(self.optimizer.iterations) == 0:
                source.draw_order()  # Keras draws one order to learn the shapes; the same seed gives the same next ones
        return walk

    def _taken(self, x: Any) -> Any:
        """Return the inputs of what is compiled of the network, for data `x`."""
        part, x = self.model.compiled_part(x)
        if part is not self._part:
            self._part, self._walk = part, None
        return x

    def _fit_together(self, source: Arrays) -> None:
        x, y = source.symbolic()
        with unrecorded():
            y_pred = self._part(x)
        self._objective.resolve(y, y_pred)

    def _seats(self, walk: Walk, training: bool) -> Seats:
        slots = self.optimizer.variables if training else ()
        seats = Seats(walk.trained, walk.tracked, slots, self._objective.variables)
        if training:
            seats.diverged = jax.device_put(numpy.int32(-1))
        return seats

    def _function(self, mode: str) -> Callable[..., Any]:
        """Return the step of a mode, compiled once for the same weights."""
        if mode not in self._compiled:
            if mode == "train":
                function: Callable[..., Any] = steps.training(self._part, self._objective, self.optimizer)
            elif mode == "test":
                function = steps.testing(self._part, self._objective)
            else:
                function = steps.results(self._objective)
            donated = (0,) if mode == "train" else ()  # a step takes over the memory of the state that it replaces
            self._compiled[mode] = jax.jit(function, donate_argnums=donated) if self.jit_compile else function
        return self._compiled[mode]

    def _pass(
        self,
        feed: Feed,
        runner: Runner,
        look: Callable[[], dict[str, Array]],
        begin: Callable[..., None],
        end: Callable[..., None],
        stop: str,
    ) -> None:
        """Run the steps of one epoch."""
        model, together = self.model, self.steps_per_execution
        if feed.runs_out():
            _warn_of_shortage(feed)
        first = -1
        for number, batch in enumerate(feed.epoch()):
            if number % together == 0:
                first = number
                begin(first)
            runner.run(batch)
            if number % together == together - 1 or number == feed.steps - 1:
                end(first + together - 1, LazyLogs(look))
                if getattr(model, stop):
                    break

    def _evaluated(self, walk: Walk, feed: Feed, calls: CallbackList) -> dict[str, float]:
        feed.restart()
        runner, look = Runner(self._function("test"), self._seats(walk, training=False)), self._results()
        self.model.stop_evaluating = False
        calls.on_test_begin()
        self.reset_metrics()
        self._pass(feed, runner, look, calls.on_test_batch_begin, calls.on_test_batch_end, "stop_evaluating")
        logs = dict(LazyLogs(look))
        calls.on_test_end(logs)
        return logs

    def _results(self) -> Callable[[], dict[str, Array]]:
        """Return what works out the numbers of the metrics as they are when it is called, without waiting for them."""
        function, variables = self._function("results"), self._objective.variables
        return lambda: function([variable.raw for variable in variables])

    def _check_finite(self, logs: dict[str, float], seats: Seats, epoch: int) -> None:
        if not self._warned and not numpy.isfinite(logs["loss"]):
            self._warned = True
            warn_of_divergence(self.model.name, logs["loss"], int(seats.diverged), epoch)


def arguments(config: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `compile` that `Trainer.get_config` wrote down, also as Keras 3 writes them.

    Raises:
        FormatError: an optimizer, loss or metric is neither ours nor registered.
    """
    read: dict[str, Callable[[Any], Any]] = {
        "optimizer": optimizers.deserialize,
        "loss": losses.deserialize,
        "metrics": metrics.deserialize,
        "weighted_metrics": metrics.deserialize,
    }

    def revive(value: Any, deserialize: Callable[[Any], Any]) -> Any:
        if isinstance(value, dict) and "class_name" in value:
            return deserialize(value)
        if isinstance(value, dict):
            return {name: revive(item, deserialize) for name, item in value.items()}
        return [revive(item, deserialize) for item in value] if isinstance(value, (list, tuple)) else value

    return {name: revive(value, read[name]) if name in read else value for name, value in config.items()}


def _class_weights(y: Any, class_weight: Any, sample_weight: Any) -> Array:
    if sample_weight is not None:
        raise ArgumentError("`class_weight` and `sample_weight` cannot be given at the same time.")
    return data.weights_of_classes(y, class_weight)


def _judged_after(frequency: Any) -> Callable[[int], bool]:
    """Return whether there is an evaluation after an epoch, counted from 1."""
    if isinstance(frequency, int) and frequency > 0:
        return lambda epoch: epoch % frequency == 0
    if isinstance(frequency, (list, tuple, set)):
        return lambda epoch: epoch in frequency
    raise ArgumentError(f"`validation_freq` must be a whole number above 0 or a list of epochs, not {frequency!r}.")


def _warn_of_shortage(feed: Feed) -> None:
    import warnings

    warnings.warn(
        f"The data run out before the epoch's {feed.steps} steps: there are {feed.source.batches} batches in them. "
        "The epoch is shorter.",
        stacklevel=4,
    )
