"""Examples of the activation layers."""

from tests.layers.example import Bad, Example

import weigh
from weigh import layers
from weigh.errors import ArgumentError, ShapeError


def masked_softmax(mask):
    import numpy

    return layers.Softmax()(numpy.zeros((2, 4), "float32"), mask=numpy.ones(mask, bool))


EXAMPLES = [
    Example("Activation", {"activation": "relu"}, (4,)),
    Example("ReLU", {"max_value": 6.0, "negative_slope": 0.25, "threshold": 0.5}, (4,)),
    Example("LeakyReLU", {}, (4,)),
    Example("ELU", {"alpha": 0.5}, (4,)),
    Example("PReLU", {"shared_axes": [1, 2]}, (4, 5, 3)),
    Example("Softmax", {}, (4, 3)),
]

BAD = [
    *(
        Bad(
            f"ReLU: {argument} below 0",
            lambda argument=argument: layers.ReLU(**{argument: -1.0}),
            ArgumentError,
            rf"'re_lu'.*`{argument}`.*at least 0, not -1\.0",
        )
        for argument in ("max_value", "negative_slope", "threshold")
    ),
    Bad("ReLU: no slope", lambda: layers.ReLU(negative_slope=None), ArgumentError, "`negative_slope`.*not None"),
    Bad("LeakyReLU: a slope below 0", lambda: layers.LeakyReLU(-0.1), ArgumentError, "'leaky_re_lu'.*at least 0"),
    Bad("ELU: alpha in words", lambda: layers.ELU("one"), ArgumentError, "'elu'.*`alpha`.*'one'"),
    Bad(
        "PReLU: the batch's axis shared", lambda: layers.PReLU(shared_axes=[0]), ArgumentError, r"`shared_axes`.*\[0\]"
    ),
    Bad(
        "PReLU: an axis shared that is not there",
        lambda: layers.PReLU(shared_axes=[1, 3])(weigh.Input((4, 3))),
        ShapeError,
        r"'p_re_lu'.*axes \[1, 3\].*axes 1 to 2",
    ),
    Bad(
        "PReLU: an unknown size that is not shared",
        lambda: layers.PReLU()(weigh.Input((None, 3))),
        ShapeError,
        "'p_re_lu'.*axis 1",
    ),
    Bad("Softmax: an axis in words", lambda: layers.Softmax("last"), ArgumentError, "'softmax'.*`axis`.*'last'"),
    Bad(
        "Softmax: no such axis",
        lambda: layers.Softmax((1, 3))(weigh.Input((4, 3))),
        ShapeError,
        "'softmax'.*axes -3 to 2",
    ),
    Bad(
        "Softmax: a mask of another size",
        lambda: masked_softmax((2, 3)),
        ShapeError,
        r"'softmax'.*mask of shape \(2, 3\).*\(2, 4\)",
    ),
    Bad(
        "Softmax: a mask of more axes",
        lambda: masked_softmax((1, 2, 4)),
        ShapeError,
        r"'softmax'.*mask of shape \(1, 2, 4\)",
    ),
]
