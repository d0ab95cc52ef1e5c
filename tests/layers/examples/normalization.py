"""Examples of the normalization layers."""

from tests.layers.example import Example

EXAMPLES = [
    Example("BatchNormalization", {}, (4, 5)),
]
