"""What training is judged by: which loss and which metrics `compile` meant for which output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from weigh.compute import calling
from weigh.compute.lazy import jax
from weigh.compute.values import Array, Variable
from weigh.declare import tree
from weigh.errors import ArgumentError, DataError, UnknownNameError
from weigh.training import losses
from weigh.training import metrics as metrics_of
from weigh.training.losses import Loss
from weigh.training.metrics import Mean, Metric


class Goal:
    """What one output is judged by.

    Attributes:
        name: the output's name; ``None`` for the only output, or where nobody named it.
        loss: ``None`` where the output has none.
        weight: what the loss is multiplied by in the sum over outputs.
        tracker: the mean of the loss; ``None`` where there is only one loss.
        metrics, weighted_metrics: without and with the sample weights.
    """

    def __init__(
        self, name: str | None, loss: Loss | None, weight: float | None, plain: list[Metric], weighted: list[Metric]
    ) -> None:
        self.name = name
        self.loss = loss
        self.weight = weight
        self.tracker: Mean | None = None
        self.metrics = plain
        self.weighted_metrics = weighted


class Objective:
    """Losses and metrics of a network.

    The arguments are those of Keras' ``compile``. Names are looked up at once; what a name such as ``"accuracy"``
    means is settled by `resolve`, when the shapes of labels and outputs are known.

    Args:
        loss: one for all outputs, or a list or dict with one an output.
        loss_weights: what each loss is multiplied by, likewise.
        metrics, weighted_metrics: a list for the only output; a list or dict of lists for several.
        output_names: names of the outputs, in their order; ``None`` where the network does not say.

    Raises:
        UnknownNameError: no loss or metric has such a name.
        ArgumentError: an argument has a form that fits no network.

    Attributes:
        total: the mean loss.
        goals: one an output; empty before `resolve`.
    """

    def __init__(
        self,
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        output_names: Sequence[str] | None = None,
    ) -> None:
        self._loss = _checked(loss, losses.get, ("crossentropy", "ce"))
        self._loss_weights = loss_weights
        if loss_weights is not None and not isinstance(loss_weights, (int, float, list, tuple, dict)):
            raise ArgumentError(f"`loss_weights` must be a number, a list or a dict, not {loss_weights!r}.")
        for what, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given is not None and not isinstance(given, (list, tuple, dict)):
                raise ArgumentError(f"`{what}` must be a list or a dict of lists, not {given!r}.")
        chosen_by_shape = ("accuracy", "acc", "crossentropy", "ce")
        self._metrics = _checked(metrics, metrics_of.get, chosen_by_shape)
        self._weighted_metrics = _checked(weighted_metrics, metrics_of.get, chosen_by_shape)
        self._output_names = list(output_names) if output_names else None
        self.total = Mean(name="loss")
        self.goals: list[Goal] = []
        self.resolved = False
        self._structure: Any = None

    # Settling what was meant ------------------------------------------------------------------------------------

    def resolve(self, y: Any, y_pred: Any) -> None:
        """Settle losses and metrics for labels and outputs like these symbolic tensors.

        Raises:
            ArgumentError: the losses or metrics do not fit the outputs.
            DataError: the labels do not fit the outputs.
        """
        if self.resolved:
            return
        names = self._names(y_pred)
        self._structure = y_pred
        chosen = self._spread("loss", self._loss, y_pred, names, deep=False)
        weights = self._spread("loss_weights", self._loss_weights, y_pred, names, deep=False)
        plain = self._spread("metrics", self._metrics, y_pred, names, deep=True)
        weighted = self._spread("weighted_metrics", self._weighted_metrics, y_pred, names, deep=True)
        predictions = tree.flatten(y_pred)
        labels = self._matched(y, y_pred, chosen)
        goals = []
        for index, (name, true, pred) in enumerate(zip(names, labels, predictions, strict=True)):
            needs = chosen[index], plain[index], weighted[index]
            if true is None and any(thing not in (None, [], ()) for thing in needs):
                raise _unlabelled(name)
            loss = None if chosen[index] is None else losses.resolve(chosen[index], true.shape, pred.shape)
            found = [
                [_built(one, true, pred) for one in tree.leaves(group) if one is not None]
                for group in (plain[index], weighted[index])
            ]
            goals.append(Goal(name if len(names) > 1 else None, loss, weights[index], *found))
        if sum(goal.loss is not None for goal in goals) > 1:
            for goal in goals:
                if goal.loss is not None:
                    goal.tracker = Mean(name=f"{goal.name or goal.loss.name}_loss")
        self.goals = goals
        self.resolved = True

    def _names(self, y_pred: Any) -> list[str | None]:
        """Return a name for each output, in the order of the flattened outputs."""
        count = len(tree.flatten(y_pred))
        paths = ["/".join(path) for path in _paths(y_pred)]
        if isinstance(y_pred, dict) and all("/" not in path for path in paths):
            return list(paths)
        if self._output_names is not None and len(self._output_names) == count:
            return list(self._output_names)
        return [None] * count

    def _spread(self, what: str, given: Any, y_pred: Any, names: list[str | None], deep: bool) -> list[Any]:
        """Return what an argument of `compile` gives each output; `deep` says that each may get a list."""
        count = len(names)
        if given is None or not tree.is_nested(given):
            return [given] * count
        if isinstance(given, dict):
            unknown = [key for key in given if key not in names]
            if not unknown:
                return [given.get(name) for name in names]
            if count == 1 and len(given) == 1 and deep:
                return list(given.values())
            if tree.is_nested(y_pred) and len(tree.flatten(given)) == count:
                return tree.flatten(given)
            raise UnknownNameError.of(f"output in `{what}`", unknown[0], [name for name in names if name])
        if deep and count == 1:
            return [tree.flatten(given)]
        if len(given) == count and (deep or not any(map(tree.is_nested, given))):
            return list(given)
        if len(tree.flatten(given)) == count and not deep:
            return tree.flatten(given)
        raise ArgumentError(
            f"`{what}` must have one entry for each of the {count} outputs{_listed(names)}, but got {given!r}."
        )

    def _matched(self, y: Any, y_pred: Any, chosen: list[Any]) -> list[Any]:
        """Return the part of labels or sample weights for each output, in the order of the flattened outputs.

        Raises:
            DataError: there are too few or too many.
        """
        names = self._names(y_pred)
        if isinstance(y, dict) and not isinstance(y_pred, dict) and set(y) <= {name for name in names if name}:
            return [y.get(name) if name else None for name in names]
        flat = tree.flatten(y)
        if len(flat) == len(names):
            return flat
        if flat == [None]:
            return [None] * len(names)
        wanted = [index for index, loss in enumerate(chosen) if loss is not None]
        if len(flat) == len(wanted):
            given = dict(zip(wanted, flat, strict=True))
            return [given.get(index) for index in range(len(names))]
        raise DataError(
            f"The network has {len(names)} outputs{_listed(names)}, but the labels `y` hold {len(flat)} arrays."
        )

    # Computing --------------------------------------------------------------------------------------------------

    def losses(self, y: Any, y_pred: Any, sample_weight: Any) -> list[Array]:
        """Return the loss of each goal that has one, before `Goal.weight`.

        Each is computed from the logits where the output came out of the sigmoid or softmax that the loss undoes.
        """
        return [
            _loss_of(goal.loss, *parts)
            for goal, *parts in self._aligned(y, y_pred, sample_weight)
            if goal.loss is not None
        ]

    def weighted(self, parts: Sequence[Array]) -> list[Array]:
        """Return the terms that the goals' losses add to the total."""
        goals = [goal for goal in self.goals if goal.loss is not None]
        return [part if goal.weight is None else part * goal.weight for goal, part in zip(goals, parts, strict=True)]

    def update(
        self, total: Array, parts: Sequence[Array], examples: int, y: Any, y_pred: Any, sample_weight: Any
    ) -> None:
        """Add a batch to all metrics, whose variables must be bound."""
        self.total.update_state(total, sample_weight=examples)
        rest = iter(parts)
        for goal, true, pred, weight in self._aligned(y, y_pred, sample_weight):
            if goal.loss is not None:
                part = next(rest)
                if goal.tracker is not None:
                    goal.tracker.update_state(part, sample_weight=pred.shape[0])
            for metric in goal.metrics:
                metric.update_state(true, pred)
            for metric in goal.weighted_metrics:
                metric.update_state(true, pred, sample_weight=weight)

    def _aligned(self, y: Any, y_pred: Any, sample_weight: Any) -> Iterable[tuple[Goal, Any, Any, Any]]:
        predictions = tree.flatten(y_pred)
        chosen = [goal.loss for goal in self.goals]
        labels = self._matched(y, y_pred, chosen)
        weights = self._matched(sample_weight, y_pred, chosen) if tree.is_nested(sample_weight) else [sample_weight]
        if len(weights) < len(predictions):
            weights = [weights[0]] * len(predictions)
        return zip(self.goals, labels, predictions, weights, strict=True)

    def check_labels(self, y: Any) -> None:
        """Look once through labels in memory.

        Raises:
            DataError: there are none where they are needed, or one of a binary cross-entropy is outside [0, 1].
        """
        labels = self._matched(y, self._structure, [goal.loss for goal in self.goals])
        for goal, true in zip(self.goals, labels, strict=True):
            loss = goal.loss
            if true is None and (loss is not None or goal.metrics or goal.weighted_metrics):
                raise _unlabelled(goal.name)
            if true is None or loss is None or getattr(loss, "fn", None) is not losses.binary_crossentropy:
                continue
            low, high = true.min(), true.max()
            if not (low >= 0 and high <= 1):  # also where one of them is not a number
                raise DataError(
                    f"{_output(goal.name)} is trained with the loss {loss.name!r}, whose labels are between 0 and "
                    f"1, but `y` goes from {low} to {high}. For class numbers use 'sparse_categorical_crossentropy', "
                    "for other numbers a loss such as 'mse'."
                )

    # Results ----------------------------------------------------------------------------------------------------

    @property
    def metrics(self) -> list[Metric]:
        """All metrics: the mean loss, those of `compile`, then the mean loss of each output."""
        plain = [metric for goal in self.goals for metric in goal.metrics]
        weighted = [metric for goal in self.goals for metric in goal.weighted_metrics]
        return [self.total, *plain, *weighted, *(goal.tracker for goal in self.goals if goal.tracker is not None)]

    @property
    def variables(self) -> list[Variable]:
        """The accumulators of all metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def results(self) -> dict[str, Array]:
        """Return the number of each metric under the name that Keras reports it by, `loss` first."""
        found: dict[str, Any] = {"loss": self.total.result()}
        seen: dict[str, int] = {}
        for goal in self.goals:
            for metric in goal.metrics:
                _put(found, _numbered(_prefixed(goal, metric.name), seen), metric.result())
        for goal in self.goals:
            for metric in goal.weighted_metrics:
                name = _prefixed(goal, metric.name)
                if name in seen:
                    name = _prefixed(goal, f"weighted_{metric.name}")
                _put(found, _numbered(name, seen), metric.result())
        for goal in self.goals:
            if goal.tracker is not None:
                found[goal.tracker.name] = goal.tracker.result()
        return found

    def in_order(self, logs: dict[str, float]) -> Any:
        """Return results as Keras' `evaluate` lists them: one a metric by its name, then others, sorted."""
        names = [metric.name for metric in self.metrics]
        listed = [logs[name] for name in names if name in logs]
        listed += [logs[name] for name in sorted(logs) if name not in names]
        return listed[0] if len(listed) == 1 else listed


def _loss_of(loss: Loss, y: Any, y_pred: Array, sample_weight: Any) -> Array:
    activation, logits = calling.logits.get(y_pred) or (None, None)
    if activation is not None and activation == loss.matching_activation:
        value = loss.with_logits(y, logits, sample_weight, calling.masks.get(y_pred))
    else:
        value = loss(y, y_pred, sample_weight)
    return jax.numpy.asarray(value, "float32") if value.dtype.itemsize < 4 else value


def _built(identifier: Any, true: Any, pred: Any) -> Metric:
    metric = metrics_of.resolve(identifier, true.shape, pred.shape)
    metric.build(true.shape, pred.shape)
    return metric


def _checked(given: Any, find: Any, chosen_by_shape: Sequence[str]) -> Any:
    """Return `given` with every name and configuration looked up, so that a wrong one fails in `compile`."""
    if isinstance(given, dict) and "class_name" in given:
        return find(given)
    if tree.is_nested(given):
        items = given.items() if isinstance(given, dict) else enumerate(given)
        checked = {key: _checked(item, find, chosen_by_shape) for key, item in items}
        return checked if isinstance(given, dict) else list(checked.values())
    if isinstance(given, str) and given.lower() not in chosen_by_shape:
        find(given)
    return given


def _paths(structure: Any, head: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(structure, dict):
        return [path for key in sorted(structure) for path in _paths(structure[key], (*head, str(key)))]
    if isinstance(structure, (list, tuple)):
        return [path for number, item in enumerate(structure) for path in _paths(item, (*head, str(number)))]
    return [head]


def _prefixed(goal: Goal, name: str) -> str:
    return f"{goal.name}_{name}" if goal.name else name


def _numbered(name: str, seen: dict[str, int]) -> str:
    number = seen.get(name, 0)
    seen[name] = number + 1
    return f"{name}_{number}" if number else name


def _put(found: dict[str, Any], name: str, result: Any) -> None:
    """Add a result; a metric with several numbers adds each under its own name."""
    found.update(result if isinstance(result, dict) else {name: result})


def _unlabelled(name: str | None) -> DataError:
    return DataError(f"{_output(name)} has a loss or metrics, but there are no labels `y` for it.")


def _output(name: str | None) -> str:
    return f"Output {name!r}" if name else "The output"


def _listed(names: list[str | None]) -> str:
    known = [name for name in names if name]
    return f" {known}" if known else ""


__all__ = ["Goal", "Objective"]
