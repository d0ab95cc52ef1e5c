"""Examples of the merging layers."""

from tests.layers.example import Bad, Example

import weigh
from weigh import layers
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError


def merged(layer, *shapes):
    return layer([weigh.Input(shape) for shape in shapes])


EXAMPLES = [
    Example("Add", {}, [(3,), (3,)]),
    Example("Subtract", {}, [(4, 3), (3,)]),
    Example("Multiply", {}, [(4, 4, 3), (1, 1, 3)]),
    Example("Average", {}, [(3,), (3,), (3,)]),
    Example("Maximum", {}, [(3,), (3,)]),
    Example("Minimum", {}, [(3,), (3,)]),
    Example("Concatenate", {}, [(3,), (5,)]),
    Example("Dot", {"axes": (2, 1), "normalize": True}, [(4, 3), (3, 5)]),
]

BAD = [
    *(
        Bad(
            f"{name}: one tensor alone",
            lambda name=name: getattr(layers, name)(*([1] if name == "Dot" else []))(weigh.Input((3,))),
            ShapeError,
            rf"'{name.lower()}'.*layer\(\[a, b\]\)",
        )
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
    ),
    *(
        Bad(
            f"{name}: shapes that do not broadcast",
            lambda name=name: merged(getattr(layers, name)(), (3,), (4,)),
            ShapeError,
            rf"'{name.lower()}'.*sizes \[3, 4\].*equal, or 1",
        )
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    ),
    *(
        Bad(
            f"{type(layer).__name__}: three inputs",
            lambda layer=layer: merged(layer, (3,), (3,), (3,)),
            ShapeError,
            "exactly two inputs.*got 3",
        )
        for layer in (layers.Subtract(name="layer"), layers.Dot(1, name="layer"))
    ),
    Bad("Concatenate: an axis in words", lambda: layers.Concatenate("last"), ArgumentError, "'concatenate'.*'last'"),
    Bad("Concatenate: no such axis", lambda: merged(layers.Concatenate(4), (3,), (3,)), ShapeError, "axis 4"),
    Bad(
        "Dot: axes of different sizes",
        lambda: merged(layers.Dot((2, 1)), (4, 3), (5, 4)),
        ShapeError,
        "'dot'.*axis 2 of the first.*axis 1 of the second.*are 3 and 5",
    ),
    Bad("Dot: the batch's axis", lambda: merged(layers.Dot(0), (3,), (3,)), ShapeError, "0 is no axis behind"),
    Bad("Dot: no such axis", lambda: merged(layers.Dot((1, 3)), (3,), (3,)), ShapeError, "3 is no axis behind"),
    Bad("Dot: three axes", lambda: layers.Dot((1, 2, 3)), ArgumentError, r"`axes`.*\(1, 2, 3\)"),
    Bad("Dot: no axes", lambda: layers.Dot(None), ArgumentTypeError, "`axes`.*None"),
]
