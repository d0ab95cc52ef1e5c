"""Layers declared on trial, which nothing else of the process notices."""

from hypothesis import given
from hypothesis import strategies as st

from weigh.declare import naming
from weigh.declare.seed import Draw
from weigh.declare.trial import redeclared
from weigh.layers import BatchNormalization, Dense


@given(st.booleans(), st.booleans(), st.integers(1, 9), st.integers(1, 9))
def test_a_layer_redeclared_has_the_weights_of_one_made_so(
    before: bool, after: bool, features: int, units: int
) -> None:
    layer = Dense(units, use_bias=before)
    layer.build((None, features))
    other = redeclared(layer, use_bias=after)
    fresh = Dense(units, use_bias=after)
    fresh.build((None, features))
    assert [weight.shape for weight in other.weights] == [weight.shape for weight in fresh.weights]
    assert len(layer.weights) == 1 + before


def test_names_and_seeds_go_on_as_if_it_had_never_been_made() -> None:
    layer = BatchNormalization()
    layer.build((None, 8))
    names, before = dict(naming._counters), Draw()
    redeclared(layer, scale=False)
    assert Draw()._ticket == before._ticket + 1
    assert naming._counters == names
    assert BatchNormalization().name == "batch_normalization_1"
