"""Inception V3: each module looks at the image through several kernels side by side; large ones are made of small ones.

Source: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna 2015, table 1 and figures 5 to 7 and 10.
"""

from __future__ import annotations

from weigh.applications.frame import Frame, standard
from weigh.applications.imagenet_utils import decode_predictions
from weigh.applications.inception import Branch, branch, convolved, joined, stem
from weigh.applications.preparing import tf as preprocess_input
from weigh.declare.graph import Tensor

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]


def _module_35(pooled: int) -> tuple[Branch, ...]:
    """Figure 5: a 5 × 5 and two 3 × 3 kernels beside a 1 × 1, at 35 × 35."""
    return ((64, 1),), ((48, 1), (64, 5)), ((64, 1), (96, 3), (96, 3)), ("average", (pooled, 1))


def _module_17(narrow: int) -> tuple[Branch, ...]:
    """Figure 6: 7 × 7 kernels as rows of 7 and columns of 7, at 17 × 17."""
    row, column = (1, 7), (7, 1)
    return (
        ((192, 1),),
        ((narrow, 1), (narrow, row), (192, column)),
        ((narrow, 1), (narrow, column), (narrow, row), (narrow, column), (192, row)),
        ("average", (192, 1)),
    )


MODULES: tuple[tuple[Branch, ...], ...] = (
    _module_35(32),
    _module_35(64),
    _module_35(64),
    (((384, 3, 2),), ((64, 1), (96, 3), (96, 3, 2)), ("max",)),
    _module_17(128),
    _module_17(160),
    _module_17(160),
    _module_17(192),
    (((192, 1), (320, 3, 2)), ((192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)), ("max",)),
)
"""The branches of ``mixed0`` to ``mixed8``."""


def _split(x: Tensor, name: str | None = None) -> Tensor:
    """Figure 7: a 3 × 3 kernel as a row and a column side by side."""
    return joined([convolved(x, 384, (1, 3)), convolved(x, 384, (3, 1))], name)


def _inception_v3(frame: Frame) -> Tensor:
    """A stem of convolutions, eleven modules of parallel branches, mean, classifier."""
    x = stem(frame.image)
    for number, branches in enumerate(MODULES):
        x = joined([branch(x, steps) for steps in branches], f"mixed{number}")
    for number in range(2):
        point = convolved(x, 320, 1)
        middle = _split(convolved(x, 384, 1), f"mixed9_{number}")
        deep = _split(branch(x, ((448, 1), (384, 3))))
        x = joined([point, middle, deep, branch(x, ("average", (192, 1)))], f"mixed{9 + number}")
    return frame.end(x)


InceptionV3 = standard("InceptionV3", "inception_v3", _inception_v3, size=299, least=75)
