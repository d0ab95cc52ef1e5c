"""``keras.layers.advanced_activations`` of Keras 1."""

from __future__ import annotations

from typing import Any

from weigh.compat.keras1.layers.topology import door

__all__ = ["ELU", "LeakyReLU", "PReLU", "ParametricSoftplus", "SReLU", "ThresholdedReLU"]


def _number(value: Any) -> Any:
    return value


LeakyReLU = door("LeakyReLU", "alpha:negative_slope")
PReLU = door("PReLU", "init:alpha_initializer", "weights", "shared_axes")
ELU = door("ELU", "alpha")
ParametricSoftplus = door(
    "ParametricSoftplus",
    *("alpha_init:alpha_initializer", "beta_init:beta_initializer", "weights", "shared_axes"),
    values={"alpha_initializer": _number, "beta_initializer": _number},
)
ThresholdedReLU = door("ThresholdedReLU", "theta")
SReLU = door(
    "SReLU",
    *("t_left_init:t_left_initializer", "a_left_init:a_left_initializer"),
    *("t_right_init:t_right_initializer", "a_right_init:a_right_initializer", "shared_axes"),
)
