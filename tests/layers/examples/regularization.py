"""Examples of the regularization layers."""

from tests.layers.example import Example

EXAMPLES = [
    Example("Dropout", {"rate": 0.5}, (4,)),
]
