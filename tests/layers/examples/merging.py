"""Examples of the merging layers."""

from tests.layers.example import Example

EXAMPLES = [
    Example("Add", {}, [(3,), (3,)]),
    Example("Concatenate", {}, [(3,), (5,)]),
]
