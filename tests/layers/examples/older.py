"""Examples of the layers of older Keras."""

from tests.layers.example import Bad, Example

import weigh
from weigh import layers
from weigh.errors import ArgumentError, ShapeError

EXAMPLES = [
    Example("MaxoutDense", {"units": 5, "pieces": 3}, (7,), peer=False),
    Example("Highway", {"activation": "tanh"}, (6,), peer=False),
    Example("ThresholdedReLU", {"theta": 0.5}, (4,), peer=False),
    Example("ParametricSoftplus", {}, (4, 3), peer=False),
    Example("SReLU", {"shared_axes": [1, 2]}, (4, 5, 3), peer=False),
]

BAD = [
    Bad("MaxoutDense: no pieces", lambda: layers.MaxoutDense(3, 0), ArgumentError, "'maxout_dense'.*`pieces`.*above 0"),
    Bad(
        "MaxoutDense: a sequence",
        lambda: layers.MaxoutDense(3)(weigh.Input((4, 3))),
        ShapeError,
        "2 axes.*got one of 3",
    ),
    Bad("Highway: an unknown width", lambda: layers.Highway()(weigh.Input((None,))), ShapeError, "'highway'.*axis -1"),
    Bad("ThresholdedReLU: below 0", lambda: layers.ThresholdedReLU(-1), ArgumentError, "`theta`.*at least 0, not -1"),
    Bad(
        "SReLU: an axis shared that is not there",
        lambda: layers.SReLU(shared_axes=[3])(weigh.Input((4, 3))),
        ShapeError,
        r"'s_re_lu'.*axes \[3\].*axes 1 to 2",
    ),
    Bad(
        "ParametricSoftplus: the batch's axis shared",
        lambda: layers.ParametricSoftplus(shared_axes=0),
        ArgumentError,
        "`shared_axes`.*not 0",
    ),
]
