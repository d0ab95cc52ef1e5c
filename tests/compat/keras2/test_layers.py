"""The families of Keras 2's layers: each module has the names that it had, and they are doors to ours."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

import weigh
from weigh.compat.keras2 import layers

FAMILIES = sorted(module.name for module in iter_modules(layers.__path__) if module.name != "topology")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_names_are_those_of_the_package_and_make_layers_of_ours(family):
    module = import_module(f"weigh.compat.keras2.layers.{family}")
    assert module.__all__
    for name in module.__all__:
        door = getattr(module, name)
        assert door is getattr(layers, name)
        ours = getattr(door, "ours", None)
        assert ours is None or issubclass(ours, weigh.Layer), name
