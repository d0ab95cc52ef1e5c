"""What the texts about recurrent layers use beside arguments and shapes."""

from __future__ import annotations

from math import prod
from typing import Any

from weigh.account import roles
from weigh.report.explanation import Joined
from weigh.report.facts import size
from weigh.report.place import Place, attributes


def _recurrent(place: Place) -> dict[str, Any]:
    """Return what is said about SimpleRNN, GRU, LSTM and the like: layers with a cell of their own, or that cell."""
    kernel, recurrent = (_row(place, role) for role in (roles.KERNEL, roles.RECURRENT_KERNEL))
    if kernel is None or recurrent is None:
        return {}
    bias = _row(place, roles.BIAS)
    *window, features, wide = map(int, kernel.shape)
    units = int(recurrent.shape[-2])
    gates = wide // units
    biases = 0 if bias is None else bias.count // wide
    area = prod(window)
    one = area * (features + units) * units + biases * units
    named = {name: attributes(place.layer).get(name) for name in ("activation", "recurrent_activation")}
    return {
        **named,
        **_sequence(place),
        "kernel": "W",
        "recurrent_kernel": "U",
        "bias": "b" if bias is not None else None,
        "features": features,
        "units": units,
        "gates": gates,
        "window": Joined(window, "×") if window else None,
        "each": one,
        "torch": gates * (one + units) if biases == 1 and not window else None,
        "total": gates * one,
        "two_biases": biases == 2,
        "dropped": _percent(place, "dropout"),
        "recurrent_dropped": _percent(place, "recurrent_dropout"),
    }


def _row(place: Place, role: str) -> Any:
    return next((row for row in place.rows if row.role == role), None)


def _percent(place: Place, name: str) -> str | None:
    rate = attributes(place.layer).get(name)
    return f"{rate:.12g}" if rate else None


def _sequence(place: Place) -> dict[str, Any]:
    """Return what is said about a layer over a sequence, (batch, steps, …)."""
    layer = place.layer
    shape = place.input_shapes[0] if place.input_shapes and hasattr(layer, "return_sequences") else ()
    return {
        "steps": size(shape[1]) if len(shape) > 2 else None,
        "whole": getattr(layer, "return_sequences", None) or None,
        "carried": getattr(layer, "stateful", None) or None,
        "backwards": getattr(layer, "go_backwards", None) or None,
    }


def _over_a_cell(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    return {**_sequence(place), "cell": type(layer.cell).__name__}


def _stacked(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    return {"cells": Joined(type(cell).__name__ for cell in layer.cells), "n": len(layer.cells)}


_WITH_WEIGHTS = ("SimpleRNN", "SimpleRNNCell", "GRU", "GRUCell", "LSTM", "LSTMCell", "ConvLSTM", "ConvLSTMCell")
FACTS = {**dict.fromkeys(_WITH_WEIGHTS, _recurrent), "RNN": _over_a_cell, "StackedRNNCells": _stacked}
