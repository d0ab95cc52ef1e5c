"""Examples of the core layers."""

from tests.layers.example import Bad, Example

import weigh
from weigh.errors import ShapeError
from weigh.layers import Dense

EXAMPLES = [
    Example("Dense", {"units": 5}, (7,)),
]

BAD = [
    Bad("Dense: a rank that is too small", lambda: Dense(3)(weigh.Input(())), ShapeError, "'dense'.*at least 2 axes"),
    Bad("Dense: a width that is unknown", lambda: Dense(3)(weigh.Input((None,))), ShapeError, "'dense'.*axis -1"),
]
