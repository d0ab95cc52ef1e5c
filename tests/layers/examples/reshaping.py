"""Examples of the reshaping layers."""

from tests.layers.example import Example

EXAMPLES = [
    Example("Flatten", {}, (4, 3)),
    Example("Reshape", {"target_shape": (2, 6)}, (4, 3)),
]
