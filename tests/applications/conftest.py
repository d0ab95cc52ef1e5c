"""Networks of weigh and of Keras described alike, by the script that wrote the fixture."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import weigh


@pytest.fixture(scope="session")
def make():
    """The script that wrote the fixture; pytest does not collect it."""
    spec = spec_from_file_location("make", Path(__file__).parent / "fixtures" / "make.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def declared():
    """Declare a network of weigh, untrained, its layers named as in a new process."""

    def declare(network, /, **arguments):
        weigh.utils.clear_session()
        return getattr(weigh.applications, network)(**{"weights": None, **arguments})

    return declare


@pytest.fixture
def own_lines(make):
    """The lines of a network of weigh, as the fixture has them."""

    def lines(model):
        def inputs(operation):
            (node,) = operation.inbound_nodes
            return [tensor.node.layer.name for tensor in node.inputs]

        return make.lines(model, model.graph.operations, inputs)

    return lines
