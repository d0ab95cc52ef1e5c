import json

import keras
import numpy as np
import pytest

import weigh
from weigh.errors import FormatError, UnsafeFileError
from weigh.models.saving import deserialize_keras_object, model_from_json, serialize_keras_object

WITHOUT_MEANING = {"shared_object_id", "renorm", "renorm_clipping", "renorm_momentum", "quantization_config"}


def plain(record):
    """A configuration without what weigh need not say: numbers of shared objects, Nones, and defaults of `call`."""
    if isinstance(record, list):
        return [plain(item) for item in record]
    if not isinstance(record, dict):
        return record
    kept = {key: plain(value) for key, value in record.items() if key not in WITHOUT_MEANING and value is not None}
    if "inbound_nodes" in kept:
        for call in kept["inbound_nodes"]:
            call["kwargs"].pop("training", None)
    if kept.get("class_name") in ("Dropout", "Flatten", "Activation", "Reshape"):
        kept.pop("build_config", None)  # weigh says it of layers without weights too
    return kept


def anonymous(config):
    """A network's configuration without its own automatic name: Keras counts models inside Sequential too."""
    config["config"].pop("name", None)
    return config


def as_json(thing):
    return json.loads(json.dumps(serialize_keras_object(thing)))


def test_a_network_is_written_as_keras_writes_it(network):
    ours, theirs = network(weigh), network(keras)
    assert anonymous(plain(json.loads(ours.to_json()))) == anonymous(plain(json.loads(theirs.to_json())))


def test_a_network_comes_back_as_it_was_written(network):
    written = network(weigh).to_json()
    assert model_from_json(written).to_json() == written


def test_keras_reads_what_weigh_writes(network):
    written = network(weigh).to_json()
    assert plain(json.loads(keras.models.model_from_json(written).to_json())) == plain(json.loads(written))


def test_weigh_reads_what_keras_writes(network):
    written = network(keras).to_json()
    assert plain(json.loads(model_from_json(written).to_json())) == plain(json.loads(written))


@pytest.mark.parametrize(
    ("kind", "name", "arguments"),
    [
        ("layers", "Dense", {"units": 3, "activation": "softmax", "kernel_initializer": "he_uniform"}),
        ("layers", "BatchNormalization", {"axis": 1, "center": False}),
        ("layers", "Dropout", {"rate": 0.5, "noise_shape": (None, 1), "seed": 1}),
        ("layers", "Activation", {"activation": "leaky_relu"}),
        ("layers", "Flatten", {"data_format": "channels_first"}),
        ("layers", "Reshape", {"target_shape": (2, -1)}),
        ("layers", "Add", {}),
        ("layers", "Concatenate", {"axis": 2}),
        ("layers", "InputLayer", {"shape": (None, 3), "dtype": "int32"}),
        ("initializers", "VarianceScaling", {"scale": 2.0, "mode": "fan_avg"}),
        ("initializers", "Constant", {"value": 3.0}),
        ("regularizers", "L1L2", {"l1": 0.1, "l2": 0.2}),
        ("constraints", "UnitNorm", {"axis": 1}),
        ("optimizers", "Adam", {"learning_rate": 0.01, "amsgrad": True}),
        ("losses", "BinaryCrossentropy", {"from_logits": True}),
        ("metrics", "AUC", {"num_thresholds": 10}),
    ],
)
def test_every_kind_of_part_is_written_as_keras_writes_it_and_both_read_both(kind, name, arguments):
    named = {"name": "part"} if kind in ("layers", "optimizers", "losses", "metrics") else {}
    ours = as_json(getattr(getattr(weigh, kind), name)(**arguments, **named))
    theirs = json.loads(
        json.dumps(keras.saving.serialize_keras_object(getattr(getattr(keras, kind), name)(**arguments, **named)))
    )
    assert plain(ours) == plain(theirs)
    assert plain(as_json(deserialize_keras_object(theirs))) == plain(theirs)
    again = keras.saving.serialize_keras_object(keras.saving.deserialize_keras_object(ours))
    assert plain(json.loads(json.dumps(again))) == plain(ours)


@pytest.mark.parametrize(
    "value", [None, True, 3, 2.5, "text", b"bytes", [1, [2]], {"a": {"b": 1}}, slice(1, None, 2), Ellipsis]
)
def test_plain_values_are_written_as_keras_writes_them_and_come_back(value):
    written = as_json(value)
    assert written == json.loads(json.dumps(keras.saving.serialize_keras_object(value)))
    assert deserialize_keras_object(written) == value


def test_arrays_are_written_as_keras_writes_them_and_come_back():
    for value in (np.arange(3, dtype="int16"), np.float32(2.5), np.int64(3)):
        written = as_json(value)
        assert written == json.loads(json.dumps(keras.saving.serialize_keras_object(value)))
        np.testing.assert_array_equal(deserialize_keras_object(written), value)


def test_dimensions_of_a_network_that_was_read_know_where_they_come_from():
    model = weigh.Sequential([weigh.Input((4,)), weigh.layers.Dense(3), weigh.layers.BatchNormalization()])
    again = model_from_json(model.to_json())
    assert [entry.to_dict() for entry in again.account()] == [entry.to_dict() for entry in model.account()]


def test_a_layer_in_two_nested_networks_is_one_layer_again():
    dense = weigh.layers.Dense(3)
    a, b = weigh.Input((3,), name="a"), weigh.Input((3,), name="b")
    one, two = weigh.Model(a, dense(a), name="one"), weigh.Model(b, dense(dense(b)), name="two")
    x = weigh.Input((3,), name="x")
    again = model_from_json(weigh.Model(x, two(one(x))).to_json())
    assert len(again.weights) == 2
    assert again.get_layer("one").layers[1] is again.get_layer("two").layers[1]


def test_a_call_that_fixes_the_mode_of_a_layer_fixes_it_again():
    x = weigh.Input((3,))
    model = weigh.Model(x, weigh.layers.BatchNormalization()(x, training=False))
    assert model_from_json(model.to_json()).layers[1].inbound_nodes[0].kwargs == {"training": False}


@weigh.saving.register_keras_serializable("tests")
class Scaled(weigh.layers.Layer):
    def __init__(self, factor=2.0, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def compute_output_shape(self, input_shape):
        return input_shape

    def call(self, inputs):
        return inputs * self.factor


class Unregistered(Scaled):
    pass


def test_a_registered_layer_comes_back():
    model = weigh.Sequential([weigh.Input((2,)), Scaled(3.0)])
    assert model_from_json(model.to_json()).layers[0].factor == 3.0


def test_an_unregistered_layer_comes_back_only_where_it_is_passed():
    text = weigh.Sequential([weigh.Input((2,)), Unregistered(3.0)]).to_json()
    with pytest.raises(FormatError, match=r"'Unregistered'.*Nothing was imported"):
        model_from_json(text)
    assert model_from_json(text, custom_objects={"Unregistered": Unregistered}).layers[0].factor == 3.0
    with weigh.saving.custom_object_scope({"Unregistered": Unregistered}):
        assert model_from_json(text).layers[0].factor == 3.0


def changed(change):
    """The configuration of a small network after a change."""
    x = weigh.Input((3,), name="x")
    record = json.loads(
        weigh.Model(x, weigh.layers.Dense(2, name="d")(weigh.layers.Dense(3, name="c")(x)), name="m").to_json()
    )
    change(record, record["config"], record["config"]["layers"])
    return json.dumps(record)


def tensor(name, call=0, output=0):
    config = {"shape": [None, 3], "dtype": "float32", "keras_history": [name, call, output]}
    return {"args": [{"class_name": "__keras_tensor__", "config": config}], "kwargs": {}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda r, c, layers: layers[1]["config"].update(colour="red"), "'c'.*no argument 'colour'"),
        (lambda r, c, layers: layers[1]["config"].update(units=-3), "'c'.*units"),
        (lambda r, c, layers: layers[1]["config"].update(units=None), "'c'.*units"),
        (lambda r, c, layers: layers[1]["config"].update(name="a/b"), "name"),
        (lambda r, c, layers: layers[1]["config"].update(activation={"class_name": "x", "config": []}), "'c'"),
        (lambda r, c, layers: layers[1].update(config=[]), "record with a `config`"),
        (lambda r, c, layers: layers[1].update(inbound_nodes=7), "`inbound_nodes` should be a list"),
        (lambda r, c, layers: layers[1].update(inbound_nodes=[tensor("d")]), r"cycle.*\['c', 'd'\]"),
        (lambda r, c, layers: layers[1].update(inbound_nodes=[tensor("y")]), "call 0 of 'y', which does not exist"),
        (lambda r, c, layers: layers[1].update(inbound_nodes=[tensor("x", 0, 5)]), "output 5 .* which does not exist"),
        (lambda r, c, layers: layers[1].update(inbound_nodes=[tensor("x", -1)]), "call -1 .* which does not exist"),
        (lambda r, c, layers: layers[1].update(inbound_nodes=[{"args": [], "kwargs": {}}]), "cannot be called"),
        (lambda r, c, layers: layers[1].update(inbound_nodes=[]), "call 0 of 'c', which does not exist"),
        (lambda r, c, layers: layers.append(layers[1]), "two layers named 'c'"),
        (lambda r, c, layers: layers.append(7), "`layers` should be a list of objects"),
        (lambda r, c, layers: c.update(layers={}), "`layers` should be a list of objects"),
        (lambda r, c, layers: c.update(input_layers=7), "Inputs and outputs should be given as"),
        (lambda r, c, layers: c.update(output_layers=["q", 0, 0]), "'q', which does not exist"),
        (lambda r, c, layers: c.update(output_layers=[]), "at least one"),
        (lambda r, c, layers: r.update(module="os", class_name="system"), "'system' of module 'os'"),
        (lambda r, c, layers: layers[1].update(module="os", class_name="system"), "'system' of module 'os'"),
        (lambda r, c, layers: layers[1].update(module="keras", class_name="Input"), "'Input' of module 'keras'"),
        (lambda r, c, layers: layers[1].update(module="keras.initializers", class_name="Zeros"), "'c'"),
        (lambda r, c, layers: layers[1].update(module="weigh.cli", class_name="main"), "'main' of module 'weigh.cli'"),
        (lambda r, c, layers: layers[1].update(registered_name="os>system", class_name="Nothing"), "'os>system'"),
        (lambda r, c, layers: r.update(layers[0]), "InputLayer, not a network"),
    ],
)
def test_a_configuration_that_makes_no_sense_gives_one_error_that_says_what(change, says):
    with pytest.raises(FormatError, match=says):
        model_from_json(changed(change))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "null", '"Dense"', "[" * 100_000, '{"class_name": 3, "config": {}}']
)
def test_a_text_that_is_no_configuration_gives_one_error(text):
    with pytest.raises(FormatError):
        model_from_json(text)


def test_a_deep_configuration_gives_one_error():
    def deepen(record, config, layers):
        call = layers[1]["inbound_nodes"][0]
        for _ in range(300):
            call["args"] = [call["args"]]

    with pytest.raises(FormatError):
        model_from_json(changed(deepen))


LAMBDA = {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}}


@pytest.mark.parametrize(
    "code",
    [
        {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "evil", "function": LAMBDA}},
        {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEAAAA=", None, None]}},
        {"module": "keras.layers", "class_name": "Dense", "config": {"name": "evil", "units": 2, "activation": LAMBDA}},
    ],
)
def test_code_is_refused_in_safe_mode_and_not_run_otherwise(code):
    text = changed(lambda r, c, layers: layers[1].update(code))
    with pytest.raises(UnsafeFileError, match=r"carries Python code.*safe_mode"):
        model_from_json(text)
    with pytest.raises(UnsafeFileError, match="does not run code"):
        deserialize_keras_object(json.loads(text), safe_mode=False)
