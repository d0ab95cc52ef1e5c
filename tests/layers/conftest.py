"""One check for any layer: what it computes, learns, masks, costs and writes down is what Keras' of that name does."""

import pytest
from tests.layers.peer import agree as _agree


@pytest.fixture
def agree():
    """The check, as a fixture: see `tests/layers/peer.py`."""
    return _agree
