"""What holds for every layer, whichever family it is of."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from tests.layers.example import bad_inputs, examples

import weigh
from weigh import layers
from weigh.declare import tree
from weigh.declare.layer import Layer as Declared
from weigh.errors import WeighError
from weigh.layers.base import Layer
from weigh.report import wording
from weigh.report.explain import explanation
from weigh.report.text import columns_of

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = list(examples())
WITHOUT = {
    *("InputLayer", "Layer", "RNN", "Wrapper"),  # where data enter; what only others derive from
    *("JaxLayer", "FlaxLayer"),  # functions of others: to be declared, JAX has to be asked
}

every_layer = pytest.mark.parametrize("example", EXAMPLES, ids=str)

DECLARE_ALL = """
import sys
import weigh
from tests.layers.example import examples
for example in examples():
    model = example.model(weigh)
    assert model.account().total == model.count_params()
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"numpy", "jax", "h5py", "optax"}))
"""


def test_every_layer_has_an_example() -> None:
    named = [getattr(layers, name) for name in layers.__all__]
    ours = {cls.__name__ for cls in named if isinstance(cls, type) and issubclass(cls, Layer)}
    assert ours - WITHOUT - {example.name for example in EXAMPLES} == set()


def test_all_layers_are_declared_without_arrays() -> None:
    done = subprocess.run([sys.executable, "-c", DECLARE_ALL], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


@every_layer
def test_what_is_declared_is_what_is_made_and_computed(example) -> None:
    model = example.model(weigh)
    account = model.account()
    arrays = model.get_weights()
    assert account.total == sum(row.count for row in account) == sum(array.size for array in arrays)
    assert account.total == model.count_params() == sum(math.prod(weight.shape) for weight in model.weights)
    assert account.trainable == sum(weight.count for weight in model.trainable_weights)
    data = example.data()
    declared = [tensor.shape for tensor in tree.leaves(model.output)]
    computed = [numpy.shape(array) for array in tree.leaves(model(data))]
    assert len(declared) == len(computed)
    for shape, got in zip(declared, computed, strict=True):
        assert len(shape) == len(got)
        assert all(size is None or size == its for size, its in zip(shape, got, strict=True)), (shape, got)


@every_layer
def test_its_configuration_is_plain_and_makes_it_anew(example) -> None:
    layer = example.layer(weigh)
    record = json.loads(json.dumps(weigh.saving.serialize_keras_object(layer)))
    again = weigh.saving.deserialize_keras_object(record)
    assert type(again) is type(layer)
    assert json.loads(json.dumps(weigh.saving.serialize_keras_object(again))) == record


@pytest.mark.parametrize("lang", wording.languages())
@every_layer
def test_it_is_explained(example, lang: str) -> None:
    model = example.model(weigh)
    text = explanation(model, model.layers[-1].name, lang=lang, width=80)
    assert max(map(columns_of, text.splitlines())) <= 80
    assert not re.search(r"[{}]|\[(?!\d)", text)  # but `size[0]` of a layer is a source of sizes
    assert f"{model.count_params():,}" in text


@pytest.mark.parametrize("bad", list(bad_inputs()), ids=str)
def test_bad_input_gets_one_error_that_says_what_to_do(bad) -> None:
    with pytest.raises(bad.error, match=bad.message) as caught:
        bad.attempt()
    assert isinstance(caught.value, WeighError)


@every_layer
def test_it_says_what_it_costs(example) -> None:
    cls = getattr(layers, example.name)
    assert cls.compute_cost is not Declared.compute_cost
