"""All networks that Keras has, layer by layer, and what one of each family computes; the fixture is Keras' own word."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from weigh import applications

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "networks.json").read_text())
NETWORKS, CASES, OUTPUTS = FIXTURE["networks"], FIXTURE["cases"], FIXTURE["outputs"]


def test_there_are_the_networks_of_keras_and_no_others():
    assert {name for name in dir(applications) if name[0].isupper()} == set(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_that_of_keras_layer_by_layer(name, declared, make, own_lines):
    model = declared(name)
    lines = own_lines(model)
    known = dict(NETWORKS[name])
    assert lines == known.pop("lines", lines)
    assert make.described(model, lines) == known
    account = model.account()
    assert (account.total, account.trainable) == (known["total"], known["trainable"])


@pytest.mark.parametrize("case", CASES)
def test_other_arguments_make_what_they_make_in_keras(case, declared, make, own_lines):
    name, arguments = make.CASES[case]
    model = declared(name, **arguments)
    assert make.described(model, own_lines(model)) | {"name": model.name} == CASES[case]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", [name for name in OUTPUTS if NETWORKS[name]["layers"] < 300])
def test_a_whole_network_is_explained_and_summarised(name, lang, declared):
    model, said = declared(name), []
    model.explain(lang=lang, print_fn=said.append)
    model.summary(print_fn=said.append)
    assert all(f"{NETWORKS[name]['total']:,}" in text for text in said)
    assert all(f"{layer.name} " in said[0] or f"{layer.name}（" in said[0] for layer in model.layers)


SLOW = ("NASNetMobile", "InceptionResNetV2", "DenseNet121")  # a third of the time of all fourteen


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] * (name in SLOW)) for name in OUTPUTS])
def test_a_network_computes_what_that_of_keras_computes(name, declared, make):
    model = declared(name, **make.arguments_of(name))
    for weight, value in zip(model.weights, make.values(model.weights), strict=True):
        weight.assign(value)
    apply, state = model.functional()
    outputs = make.computed(lambda state, images: apply(state, images)[0], state, make.images(name))
    known = np.array(OUTPUTS[name])
    assert known.std() > 1e-3
    assert_allclose(np.asarray(outputs), known, atol=2e-5 * abs(known).max())


@pytest.mark.long
@pytest.mark.parametrize("name", NETWORKS)
def test_the_fixture_says_of_a_network_what_keras_makes(name, make):
    model = make.keras_network(name)
    lines = make.keras_lines(model)
    assert make.described(model, lines) | ({"lines": lines} if name in make.WHOLE else {}) == NETWORKS[name]


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_the_fixture_says_of_other_arguments_what_keras_makes(case, make):
    name, arguments = make.CASES[case]
    model = make.keras_network(name, **arguments)
    assert make.described(model, make.keras_lines(model)) | {"name": model.name} == CASES[case]


@pytest.mark.long
@pytest.mark.parametrize("name", OUTPUTS)
def test_the_fixture_says_what_keras_computes(name, declared, make):
    peer = make.keras_network(name, **make.arguments_of(name))
    model = declared(name, **make.arguments_of(name))
    assert [weight.path for weight in model.weights] == [weight.path for weight in peer.weights]
    known = np.array(OUTPUTS[name])
    assert_allclose(np.asarray(make.keras_outputs(name)), known, atol=2e-5 * abs(known).max())
