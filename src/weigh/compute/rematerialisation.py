"""Computing a layer again on the way back instead of keeping what it computed: memory for time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from weigh.compute import values
from weigh.compute.lazy import jax
from weigh.declare import tree
from weigh.declare.weight import Weight
from weigh.errors import ArgumentError

_MODES = ("full", "activations", "larger_than", "list_of_layers", None)
_scopes: list[RematScope] = []


class RematScope:
    """Layers that are made while the block runs are rematerialised when they are trained.

    Args:
        mode: ``"full"``: all of them; ``"activations"``: only their activation functions; ``"larger_than"``: those
            whose output has more elements an example than `output_size_threshold`; ``"list_of_layers"``: those named
            in `layer_names`; ``None``: none, inside of another scope.
        output_size_threshold: elements of an output, for ``"larger_than"``.
        layer_names: names, for ``"list_of_layers"``.

    Raises:
        ArgumentError: there is no such mode.

    Source: Chen et al. 2016, section 4.
    """

    def __init__(
        self, mode: str | None = "full", output_size_threshold: int = 1024, layer_names: Sequence[str] | None = None
    ) -> None:
        if mode not in _MODES:
            raise ArgumentError(f"RematScope: `mode` must be one of {', '.join(map(repr, _MODES))}, not {mode!r}.")
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = list(layer_names or ())

    def __enter__(self) -> RematScope:
        _scopes.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _scopes.pop()


def current() -> RematScope | None:
    """Return the innermost scope that is open, ``None`` where there is none or it turns rematerialising off."""
    scope = _scopes[-1] if _scopes else None
    return scope if scope is not None and scope.mode is not None else None


def remat(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` so that its derivative computes it again instead of keeping what it computed."""
    result: Callable[..., Any] = jax.checkpoint(function)
    return result


def rematerialised(call: Callable[..., Any], weights: Sequence[Weight]) -> Callable[..., Any]:
    """Return a layer's `call`, rematerialised, with the weights that it reads and assigns carried through.

    Args:
        call: what reads and assigns `weights`.
        weights: all those; what is assigned inside is assigned outside once it is computed.
    """

    def again(*args: Any, **kwargs: Any) -> Any:
        leaves = tree.flatten([args, kwargs])
        places = [place for place, leaf in enumerate(leaves) if hasattr(leaf, "dtype")]
        bound: list[values.Binding] = []

        def pure(state: list[Any], arrays: list[Any]) -> tuple[Any, list[Any], list[Any]]:
            filled = list(leaves)
            for place, array in zip(places, arrays, strict=True):
                filled[place] = array
            given_args, given_kwargs = tree.pack([args, kwargs], filled)
            with values.bind(weights, state) as binding:
                outputs = call(*given_args, **given_kwargs)
            bound.append(binding)
            return outputs, binding.values(weights), binding.losses

        state = [weight.raw for weight in weights]  # type: ignore[attr-defined]  # weights of this floor
        outputs, after, losses = remat(pure)(state, [leaves[place] for place in places])
        for weight, value in zip(weights, after, strict=True):
            if bound[-1].assigned(weight):
                weight.assign(value)  # type: ignore[attr-defined]
        around = values.current_binding()
        if around is not None:
            around.losses.extend(losses)
        return outputs

    return again
