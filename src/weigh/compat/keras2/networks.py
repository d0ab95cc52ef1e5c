"""The networks of Keras 2: ours, with the arguments and the summary of that Keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from weigh.declare import naming
from weigh.models import functional
from weigh.models import model as models

if TYPE_CHECKING:
    from weigh.training.callbacks import History


class Model(models.Model):
    """A network: of layers between tensors, or a subclass that writes `call`."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make a `Functional` of ``Model(inputs, outputs)``."""
        made = Functional if cls is Model and (len(args) >= 2 or "outputs" in kwargs) else cls
        return super().__new__(made, *args, **kwargs)

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[..., Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
        style: str | None = "keras2",
    ) -> None:
        """Print a table of the layers."""
        super().summary(line_length, positions, print_fn, expand_nested, show_trainable, layer_range, style)

    def compile(  # type: ignore[override]  # as it was
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool | None = None,
        steps_per_execution: int | None = None,
        jit_compile: bool | None = None,
    ) -> None:
        """Say how the network is trained and judged."""
        super().compile(
            optimizer,
            loss,
            loss_weights,
            metrics,
            weighted_metrics,
            bool(run_eagerly),
            steps_per_execution or 1,
            "auto" if jit_compile is None else jit_compile,
        )

    def fit(self, *args: Any, **options: Any) -> History:
        """Train; arguments as of `weigh.training.trainer.Trainer.fit`, and those of Keras 2 about queues."""
        return super().fit(*args, **_without_queues(options))

    def evaluate(self, *args: Any, **options: Any) -> Any:
        """Return the loss and metrics over data; arguments as of `Trainer.evaluate`."""
        return super().evaluate(*args, **_without_queues(options))

    def predict(self, x: Any, *args: Any, **options: Any) -> Any:
        """Return the outputs for data; arguments as of `weigh.training.predict.predict`."""
        return super().predict(x, *args, **_without_queues(options))


class Functional(Model, functional.Functional):
    """What ``Model(inputs, outputs)`` makes."""

    @classmethod
    def _automatic_name(cls) -> str:
        return naming.unique("model")


def _without_queues(options: dict[str, Any]) -> dict[str, Any]:
    """Return a call's arguments without those about how batches are queued, which nobody has to say now."""
    return {
        name: value
        for name, value in options.items()
        if name not in ("max_queue_size", "workers", "use_multiprocessing")
    }
