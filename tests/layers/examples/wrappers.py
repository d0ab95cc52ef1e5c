"""Examples of the wrappers."""

from tests.layers.example import Bad, Example

import weigh
from weigh.compute.lazy import numpy  # examples are declared without it
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError, StateError
from weigh.layers import GRU, LSTM, Bidirectional, Dense, TimeDistributed, Wrapper

EXAMPLES = [
    Example(
        "TimeDistributed", {}, (4, 2), make=lambda library: library.layers.TimeDistributed(library.layers.Dense(3))
    ),
    Example(
        "Bidirectional",
        {},
        (4, 2),
        make=lambda library: library.layers.Bidirectional(library.layers.LSTM(3, return_sequences=True)),
    ),
]

BAD = [
    Bad(
        "Wrapper: no layer", lambda: Wrapper("dense"), ArgumentTypeError, "'wrapper'.*`layer` must be a layer.*'dense'"
    ),
    Bad(
        "TimeDistributed: a rank that is too small",
        lambda: TimeDistributed(Dense(3))(weigh.Input((5,))),
        ShapeError,
        r"'time_distributed'.*at least 3 axes.*\(None, 5\)",
    ),
    Bad(
        "TimeDistributed: a mask of another length",
        lambda: TimeDistributed(Dense(3))(numpy.zeros((2, 4, 2), "float32"), mask=numpy.ones((2, 3), bool)),
        ShapeError,
        r"'time_distributed'.*mask of shape \(2, 3\).*\(2, 4\)",
    ),
    Bad(
        "Bidirectional: not a recurrent layer",
        lambda: Bidirectional(Dense(3)),
        ArgumentError,
        "'bidirectional'.*recurrent layer.*no `go_backwards`",
    ),
    Bad("Bidirectional: no layer", lambda: Bidirectional(3), ArgumentTypeError, "'bidirectional'.*must be a layer"),
    Bad(
        "Bidirectional: another way to merge",
        lambda: Bidirectional(LSTM(3), merge_mode="max"),
        ArgumentError,
        "'bidirectional'.*`merge_mode`.*'concat'.*'max'",
    ),
    Bad(
        "Bidirectional: both layers the same way",
        lambda: Bidirectional(LSTM(3), backward_layer=LSTM(3)),
        ArgumentError,
        "'bidirectional'.*`go_backwards=True`.*both",
    ),
    Bad(
        "Bidirectional: layers that return different things",
        lambda: Bidirectional(LSTM(3), backward_layer=GRU(3, go_backwards=True, return_sequences=True)),
        ArgumentError,
        "'bidirectional'.*the same `return_sequences`.*False.*True",
    ),
    Bad(
        "Bidirectional: an odd number of initial states",
        lambda: Bidirectional(GRU(3))(weigh.Input((4, 2)), initial_state=[weigh.Input((3,))]),
        ShapeError,
        "'bidirectional'.*list of initial states",
    ),
    Bad(
        "Bidirectional: states reset that there are none of",
        lambda: Bidirectional(GRU(3)).reset_state(),
        StateError,
        "'bidirectional'.*not stateful",
    ),
]
