"""Examples of the reshaping layers."""

from tests.layers.example import Bad, Example

import weigh
from weigh import layers
from weigh.errors import ArgumentError, ShapeError

EXAMPLES = [
    Example("Flatten", {}, (4, 3)),
    Example("Reshape", {"target_shape": (2, 6)}, (4, 3)),
    Example("Permute", {"dims": (3, 1, 2)}, (2, 3, 4)),
    Example("RepeatVector", {"n": 4}, (3,)),
    Example("ZeroPadding1D", {"padding": (1, 2)}, (4, 3)),
    Example("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}, (4, 5, 3)),
    Example("ZeroPadding3D", {}, (2, 3, 4, 2)),
    Example("Cropping1D", {}, (4, 3)),
    Example("Cropping2D", {"cropping": ((1, 0), (2, 1))}, (4, 5, 3)),
    Example("Cropping3D", {}, (3, 4, 5, 2)),
    Example("UpSampling1D", {"size": 3}, (4, 3)),
    Example("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, (4, 5, 3)),
    Example("UpSampling3D", {}, (2, 3, 2, 2)),
]

maps, steps = (4, 5, 3), (4, 3)

BAD = [
    Bad("Permute: an axis twice", lambda: layers.Permute((1, 1)), ArgumentError, r"'permute'.*once.*\(1, 1\)"),
    Bad("Permute: the batch's axis", lambda: layers.Permute((0, 1)), ArgumentError, r"counted from 1.*\(0, 1\)"),
    Bad("Permute: no axes", lambda: layers.Permute("ab"), ArgumentError, "'permute'.*'ab'"),
    Bad(
        "Permute: another number of axes",
        lambda: layers.Permute((2, 1))(weigh.Input(maps)),
        ShapeError,
        "'permute' takes an input of 3 axes, but got one of 4",
    ),
    Bad("RepeatVector: never", lambda: layers.RepeatVector(0), ArgumentError, "'repeat_vector'.*`n`.*above 0"),
    Bad(
        "RepeatVector: a sequence",
        lambda: layers.RepeatVector(2)(weigh.Input(steps)),
        ShapeError,
        "2 axes.*got one of 3",
    ),
    Bad("ZeroPadding1D: too many", lambda: layers.ZeroPadding1D((1, 2, 3)), ArgumentError, r"`padding`.*\(1, 2, 3\)"),
    Bad("ZeroPadding2D: less than 0", lambda: layers.ZeroPadding2D(-1), ArgumentError, "`padding`.*at least 0.*-1"),
    Bad("ZeroPadding2D: a pair of three", lambda: layers.ZeroPadding2D((1, (1, 2, 3))), ArgumentError, "pairs"),
    Bad("ZeroPadding2D: a word", lambda: layers.ZeroPadding2D("same"), ArgumentError, "'same'"),
    Bad("ZeroPadding3D: two", lambda: layers.ZeroPadding3D((1, 2)), ArgumentError, r"`padding`.*3 of them.*\(1, 2\)"),
    Bad("ZeroPadding2D: no maps", lambda: layers.ZeroPadding2D()(weigh.Input(steps)), ShapeError, "takes.*4 axes"),
    Bad("Cropping1D: a half", lambda: layers.Cropping1D(0.5), ArgumentError, "`cropping`.*0.5"),
    Bad(
        "Cropping1D: all that there is",
        lambda: layers.Cropping1D((2, 2))(weigh.Input(steps)),
        ShapeError,
        "'cropping1d'.*2 and 2 off axis 1.*size 4.*at least 1",
    ),
    Bad(
        "Cropping2D: more than there is",
        lambda: layers.Cropping2D((0, 3), data_format="channels_first")(weigh.Input(maps)),
        ShapeError,
        "'cropping2d'.*3 and 3 off axis 3.*size 3",
    ),
    Bad("Cropping2D: less than 0", lambda: layers.Cropping2D(((0, -1), 0)), ArgumentError, "at least 0"),
    Bad("UpSampling1D: 0 times", lambda: layers.UpSampling1D(0), ArgumentError, "`size`.*above 0"),
    Bad("UpSampling2D: 0 times", lambda: layers.UpSampling2D((2, 0)), ArgumentError, r"`size`.*\(2, 0\)"),
    Bad(
        "UpSampling2D: an unknown interpolation",
        lambda: layers.UpSampling2D(interpolation="area"),
        ArgumentError,
        "`interpolation`.*'bilinear'.*not 'area'",
    ),
]
