"""What Keras gives with TensorFlow, given without it. The fixtures come from `fixtures/write.py`."""

import json
from pathlib import Path

import numpy as np
import pytest

import weigh

FIXTURES = Path(__file__).parent / "fixtures"
WRITTEN = json.loads((FIXTURES / "tensorflow.json").read_text("utf-8"))
CASES = WRITTEN["cases"]
NOT_COMPARED = {"vocabulary_size"}  # a number that only Keras reads


def made(case):
    layer = getattr(weigh.layers, case["layer"])(**case["arguments"])
    if case["adapt"] is not None:
        layer.adapt(case["adapt"])
    return layer


@pytest.mark.parametrize("case", CASES, ids=[f"{one['layer']}-{place}" for place, one in enumerate(CASES)])
def test_it_gives_what_keras_gives_with_tensorflow(case):
    layer = made(case)
    if case["vocabulary"] is not None:
        assert layer.get_vocabulary() == case["vocabulary"]
    outputs = np.asarray(layer(case["inputs"]))
    if outputs.dtype.kind == "U":
        assert outputs.tolist() == case["outputs"]
    else:
        np.testing.assert_allclose(outputs, case["outputs"], rtol=1e-6)


@pytest.mark.parametrize("case", CASES[::3], ids=str)
def test_its_configuration_is_that_of_keras(case):
    layer = made(case)
    config = json.loads(json.dumps(layer.get_config()))
    assert {key: value for key, value in config.items() if key in case["config"].keys() - NOT_COMPARED} == {
        key: value for key, value in case["config"].items() if key not in NOT_COMPARED
    }
    assert set(config) - {"name", "dtype"} == set(case["config"])
    again = type(layer).from_config({**case["config"], "name": "again"})
    assert again.name == "again"


def test_a_network_that_reads_text_comes_from_a_file_of_keras():
    model = weigh.models.load_model(FIXTURES / "text.keras")
    texts = np.array([[text] for text in WRITTEN["texts"]])
    np.testing.assert_allclose(model.predict(texts, verbose=0), WRITTEN["network"], rtol=1e-5, atol=1e-6)


def test_a_feature_space_comes_from_a_file_of_keras_and_adapts_as_there():
    read = weigh.models.load_model(FIXTURES / "space.keras")
    np.testing.assert_allclose(read(WRITTEN["columns"]), WRITTEN["space"], rtol=1e-5, atol=1e-6)
    anew = type(read).from_config(read.get_config())
    anew.adapt(WRITTEN["columns"])
    np.testing.assert_allclose(anew(WRITTEN["columns"]), WRITTEN["space"], rtol=1e-5, atol=1e-6)
