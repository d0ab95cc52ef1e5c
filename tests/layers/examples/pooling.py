"""Examples of the pooling layers."""

from tests.layers.example import Bad, Example

import weigh
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import AdaptiveMaxPooling2D, AveragePooling1D, GlobalMaxPooling2D, MaxPooling2D

_SHAPES = {1: (5, 3), 2: (5, 6, 3), 3: (5, 6, 4, 3)}

EXAMPLES = [
    *(
        Example(f"{kind}Pooling{rank}D", arguments, shape)
        for rank, shape in _SHAPES.items()
        for kind, arguments in [
            ("Max", {"pool_size": 2}),
            ("Average", {"pool_size": 3, "strides": 2, "padding": "same"}),
            ("GlobalMax", {}),
            ("GlobalAverage", {"keepdims": True}),
            ("AdaptiveMax", {"output_size": 2}),
            ("AdaptiveAverage", {"output_size": 3}),
        ]
    )
]

BAD = [
    Bad(
        "MaxPooling2D: a window that is larger than the input",
        lambda: MaxPooling2D(3)(weigh.Input((2, None, 3))),
        ShapeError,
        r"'max_pooling2d'.*windows of 3 × 3.*input of 2 × \?.*`pool_size` smaller",
    ),
    Bad(
        "MaxPooling2D: an input of another rank",
        lambda: MaxPooling2D()(weigh.Input((2, 3))),
        ShapeError,
        "'max_pooling2d'.*4 axes",
    ),
    Bad("MaxPooling2D: a window of 0", lambda: MaxPooling2D(0), ArgumentError, "'max_pooling2d'.*`pool_size`.*not 0"),
    Bad(
        "AveragePooling1D: an unknown padding",
        lambda: AveragePooling1D(padding="causal"),
        ArgumentError,
        "'average_pooling1d'.*'valid', 'same'.*'causal'",
    ),
    Bad(
        "AveragePooling1D: strides of 0",
        lambda: AveragePooling1D(strides=0),
        ArgumentError,
        "'average_pooling1d'.*`strides`.*not 0",
    ),
    Bad(
        "GlobalMaxPooling2D: an input of another rank",
        lambda: GlobalMaxPooling2D()(weigh.Input((2, 3))),
        ShapeError,
        "'global_max_pooling2d'.*4 axes",
    ),
    Bad(
        "AdaptiveMaxPooling2D: sizes for another rank",
        lambda: AdaptiveMaxPooling2D((1, 2, 3)),
        ArgumentError,
        r"'adaptive_max_pooling2d'.*`output_size`.*\(1, 2, 3\)",
    ),
]
