"""The networks of Keras 1: ours, with the arguments and the summary of that Keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from weigh.compat.door import Door
from weigh.declare import naming
from weigh.models import functional
from weigh.models import model as models

if TYPE_CHECKING:
    from weigh.training.callbacks import History


class Network(models.Model):
    """A network with the name and the methods that it had in Keras 1."""

    @classmethod
    def _automatic_name(cls) -> str:
        return naming.unique({"Functional": "model"}.get(cls.__name__, cls.__name__.lower()), first=1)

    @property
    def trainable(self) -> bool:
        """Whether the gradient may change its weights.

        Setting it does not tell the layers inside, as in Keras 1, whose summary asks these alone.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for layer in self._flatten_layers(include_self=False):
            for weight in layer.own_weights:
                weight.trainable = weight.learnable and layer.trainable and value

    def summary(  # type: ignore[override]  # as it was
        self,
        line_length: int = 100,
        positions: Sequence[float] | None = None,
        print_fn: Callable[..., Any] | None = None,
        style: str = "keras1",
    ) -> None:
        """Print a table of the layers."""
        super().summary(line_length, positions, print_fn, style=style)

    def compile(  # type: ignore[override]  # as it was
        self, optimizer: Any, loss: Any, metrics: Any = None, loss_weights: Any = None, **options: Any
    ) -> None:
        """Say how the network is trained and judged."""
        from weigh.compat.keras1 import optimizers

        super().compile(optimizers.get(optimizer), loss, loss_weights, _metrics(metrics), **options)

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        nb_epoch: int = 10,
        verbose: int = 1,
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
    ) -> History:
        """Train."""
        return super().fit(
            x,
            y,
            batch_size=batch_size,
            epochs=nb_epoch,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
        )

    def evaluate(self, x: Any, y: Any, batch_size: int = 32, verbose: int = 1, sample_weight: Any = None) -> Any:
        """Return the loss and metrics over data."""
        return super().evaluate(x, y, batch_size=batch_size, verbose=verbose, sample_weight=sample_weight)

    def predict(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """Return the outputs for data."""
        return super().predict(x, batch_size=batch_size, verbose=verbose)


def _metrics(metrics: Any) -> Any:
    """Return metrics with accuracy under the name that Keras 1 gave it in what it reported."""
    if isinstance(metrics, dict):
        return {output: _metrics(one) for output, one in metrics.items()}
    if isinstance(metrics, (list, tuple)):
        return [_metrics(one) for one in metrics]
    return "acc" if metrics == "accuracy" else metrics


class Functional(Network, functional.Functional):
    """What ``Model(input=…, output=…)`` makes."""


class _ModelDoor(Door):
    ours = functional.Functional
    layer_class = Functional


Model = _ModelDoor(Network, "Model", ("input:inputs", "output:outputs", "name"), {}, {})
