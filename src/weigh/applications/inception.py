"""The small language of the Inception families: branches of convolutions side by side, given as data.

A step of a branch is ``(filters, kernel)``, a convolution of stride 1, its kernel a number or (rows, columns);
``(filters, kernel, 2)``, an unpadded one of stride 2; ``"average"``, the mean of 3 × 3; or ``"max"``, the largest of 3
× 3 at stride 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weigh.applications.frame import channel_axis
from weigh.declare.graph import Tensor
from weigh.layers import Activation, AveragePooling2D, BatchNormalization, Concatenate, Conv2D, MaxPooling2D

Step = str | tuple[Any, ...]
Branch = tuple[Step, ...]


def convolved(
    x: Tensor,
    filters: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    padding: str = "same",
    names: tuple[str | None, str | None, str | None] = (None, None, None),
) -> Tensor:
    """Return `x` after a convolution without bias, BatchNormalization without γ, and ReLU, which have these `names`."""
    convolution, normalization, activation = names
    x = Conv2D(filters, kernel, strides=stride, padding=padding, use_bias=False, name=convolution)(x)
    x = BatchNormalization(axis=channel_axis(), scale=False, name=normalization)(x)
    return Activation("relu", name=activation)(x)


def branch(x: Tensor, steps: Branch) -> Tensor:
    """Return `x` after the steps of a branch."""
    for step in steps:
        if isinstance(step, str):
            average = step == "average"
            x = (AveragePooling2D(3, strides=1, padding="same") if average else MaxPooling2D(3, strides=2))(x)
        else:
            filters, kernel, *stride = step
            x = convolved(x, filters, kernel, *((2, "valid") if stride else ()))
    return x


def joined(tensors: Iterable[Tensor], name: str | None = None) -> Tensor:
    """Return the channels of several tensors side by side."""
    return Concatenate(axis=channel_axis(), name=name)(list(tensors))


def stem(x: Tensor) -> Tensor:
    """Return what both families begin with: from 299 × 299 to 35 × 35, 192 channels."""
    x = convolved(x, 32, 3, 2, "valid")
    x = convolved(x, 32, 3, 1, "valid")
    x = convolved(x, 64, 3)
    x = MaxPooling2D(3, strides=2)(x)
    x = convolved(x, 80, 1, 1, "valid")
    x = convolved(x, 192, 3, 1, "valid")
    return MaxPooling2D(3, strides=2)(x)
