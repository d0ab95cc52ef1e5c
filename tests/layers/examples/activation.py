"""Examples of the activation layers."""

from tests.layers.example import Example

EXAMPLES = [
    Example("Activation", {"activation": "relu"}, (4,)),
]
