"""Examples of the image layers."""

from tests.layers.example import Bad, Example

from weigh.errors import ArgumentError
from weigh.layers import Rescaling

EXAMPLES = [
    Example("Rescaling", {"scale": 1 / 127.5, "offset": -1.0}, (6, 5, 3)),
]

BAD = [
    Bad("Rescaling: a scale that is a word", lambda: Rescaling("half"), ArgumentError, "'rescaling'.*`scale`.*'half'"),
    Bad("Rescaling: no offset", lambda: Rescaling(2.0, None), ArgumentError, "'rescaling'.*`offset`.*None"),
    Bad("Rescaling: an empty scale", lambda: Rescaling([]), ArgumentError, "'rescaling'.*`scale`"),
]
