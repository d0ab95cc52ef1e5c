"""Which texts a layer is described by, and that what a family adds is about layers of that family."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

import weigh
from weigh import layers
from weigh.report import facts

FAMILIES = [module.name for module in iter_modules(facts.__path__)]


@pytest.mark.parametrize("family", FAMILIES)
def test_facts_are_about_layers_that_have_texts(family: str) -> None:
    for name in import_module(f"weigh.report.facts.{family}").FACTS:
        assert f"layers.{family}.{name}.formula" in facts.wording.load("en")


def test_a_class_of_a_users_has_no_section_even_if_it_is_called_as_ours() -> None:
    assert facts.section_of(layers.Dense) == "layers.core.Dense"
    assert facts.section_of(type("Dense", (weigh.Layer,), {})) is None
