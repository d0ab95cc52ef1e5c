"""Examples of the regularization layers."""

from tests.layers.example import Bad, Example

import weigh
from weigh import layers
from weigh.errors import ArgumentError, ShapeError

EXAMPLES = [
    Example("Dropout", {"rate": 0.5}, (4,)),
    Example("SpatialDropout1D", {"rate": 0.25}, (4, 3)),
    Example("SpatialDropout2D", {"rate": 0.25, "data_format": "channels_first"}, (3, 4, 5)),
    Example("SpatialDropout3D", {"rate": 0.25}, (2, 3, 4, 3)),
    Example("AlphaDropout", {"rate": 0.1, "noise_shape": (None, 1)}, (4,)),
    Example("GaussianDropout", {"rate": 0.2}, (4,)),
    Example("GaussianNoise", {"stddev": 0.1}, (4,)),
    Example("ActivityRegularization", {"l1": 0.01, "l2": 0.001}, (4,)),
]

DROPPING = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout")

BAD = [
    *(
        Bad(
            f"{name}: a rate of {rate}",
            lambda name=name, rate=rate: getattr(layers, name)(rate, name="layer"),
            ArgumentError,
            rf"'layer' \({name}\): `rate`.*below 1, not",
        )
        for name in DROPPING
        for rate in (-0.1, 1.0, "half", None)
    ),
    *(
        Bad(
            f"{name}: a noise shape {shape!r}",
            lambda name=name, shape=shape: getattr(layers, name)(0.5, noise_shape=shape),
            ArgumentError,
            "`noise_shape` must hold whole numbers above 0 and None",
        )
        for name in ("Dropout", "AlphaDropout")
        for shape in ("wide", (2.5,), (0,))
    ),
    Bad(
        "Dropout: a noise shape of another rank",
        lambda: layers.Dropout(0.5, noise_shape=(None, 1))(weigh.Input((4, 3))),
        ShapeError,
        r"'dropout'.*\(None, 4, 3\).*\(None, 1\)",
    ),
    Bad(
        "AlphaDropout: a noise shape that does not broadcast",
        lambda: layers.AlphaDropout(0.5, noise_shape=(None, 2))(weigh.Input((4,))),
        ShapeError,
        r"'alpha_dropout'.*\(None, 4\).*\(None, 2\)",
    ),
    Bad(
        "SpatialDropout2D: a sequence",
        lambda: layers.SpatialDropout2D(0.5)(weigh.Input((4, 3))),
        ShapeError,
        "'spatial_dropout2d'.*4 axes",
    ),
    Bad("GaussianNoise: less than none", lambda: layers.GaussianNoise(-1.0), ArgumentError, "`stddev`.*at least 0"),
    Bad("ActivityRegularization: less than 0", lambda: layers.ActivityRegularization(l1=-1.0), ArgumentError, "l1"),
]
