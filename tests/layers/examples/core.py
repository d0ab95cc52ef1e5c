"""Examples of the core layers."""

from tests.layers.example import Example

EXAMPLES = [
    Example("Dense", {"units": 5}, (7,)),
]
