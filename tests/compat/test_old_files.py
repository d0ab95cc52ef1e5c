"""Networks in files of Keras 1 and 2, against what those predicted with them."""

import copy
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import weigh
from weigh.compat import keras1, keras2, old_files
from weigh.errors import FormatError, UnsafeFileError, WeighError

FIXTURES = Path(__file__).parent.parent / "fixtures"
WHOLE = [path for path in sorted(FIXTURES.glob("keras*/h5/*.h5")) if path.stem != "dense_rank_3"]
JSON = sorted(FIXTURES.glob("keras*/json/*.json"))
DOORS = {"keras1": keras1, "keras2": keras2}


def named(path):
    return f"{path.parts[-3]}-{path.stem}"


@pytest.mark.parametrize("path", WHOLE, ids=named)
def test_a_whole_network_predicts_as_the_keras_that_saved_it(path):
    model = weigh.models.load_model(path)
    with np.load(path.parent.parent / f"predictions/{path.stem}.npz") as kept:
        inputs, outputs = (
            [kept[name] for name in sorted(kept.files) if name.startswith(kind)] for kind in ("input_", "output_")
        )
    found = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    for ours, theirs in zip(found if isinstance(found, list) else [found], outputs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("path", JSON, ids=named)
def test_an_architecture_has_the_parameters_that_it_had(path):
    door = DOORS[path.parts[-3]]
    model = door.models.model_from_json(path.read_text())
    summary = (path.parent.parent / f"summaries/{path.stem}.txt").read_text()
    totals = [line for line in summary.splitlines() if line.startswith("Total params: ")]
    if model.built and totals:
        assert model.count_params() == int(totals[-1].split()[2].replace(",", ""))


def test_the_door_of_the_same_keras_gives_its_methods():
    for path in (FIXTURES / "keras1/h5/small_sequential.h5", FIXTURES / "keras2/h5/small_sequential.h5"):
        door = DOORS[path.parts[-3]]
        model = door.models.load_model(path)
        assert isinstance(model, door.models.Sequential)
        assert not model.compiled


def test_a_file_that_keras_3_wrote_in_the_old_layout_is_read(tmp_path):
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.BatchNormalization()(keras.layers.Dense(3, activation="relu")(x)))
    legacy_h5_format.save_model_to_hdf5(model, str(tmp_path / "model.h5"))
    data = np.random.default_rng(0).random((5, 4), dtype="float32")
    ours = weigh.models.load_model(tmp_path / "model.h5")
    np.testing.assert_allclose(ours.predict(data, verbose=0), model.predict(data, verbose=0), rtol=1e-5, atol=1e-6)


def test_weights_alone_are_no_network():
    with pytest.raises(FormatError, match="holds weights alone"):
        weigh.models.load_model(FIXTURES / "keras2/h5/dense_rank_3.h5")


def sequential(*layers):
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}, "keras_version": "2.15.0"}


def dense(**more):
    return {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 3], **more}}


def graph(*nodes, outputs=(("d", 0, 0),)):
    inputs = {"class_name": "InputLayer", "config": {"name": "i", "batch_input_shape": [None, 3]}, "name": "i"}
    layers = [{**inputs, "inbound_nodes": []}, {**dense(), "name": "d", "inbound_nodes": list(nodes)}]
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [list(output) for output in outputs]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}, "keras_version": "2.15.0"}


def test_the_small_records_of_these_tests_are_sound():
    assert old_files.declared(sequential(dense())).count_params() == 8
    assert old_files.declared(graph([["i", 0, 0, {}]])).count_params() == 8


def deep(depth):
    record = dense()
    for number in range(depth):
        record = {**sequential(record), "config": {"name": f"s{number}", "layers": [record]}}
    return record


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (sequential({"class_name": "Mine", "config": {}}), "no layer 'Mine' among those of Keras 2.15"),
        (sequential({"class_name": "open_to_imports", "config": {}}), "no layer 'open_to_imports'"),
        (sequential({"class_name": "__class__", "config": {}}), "no layer '__class__'"),
        (sequential({"class_name": "topology", "config": {}}), "no layer 'topology'"),
        (sequential({"class_name": "Dense", "config": []}), "should be a record, not a list"),
        (sequential(1), "should be a list of records"),
        ({"class_name": "Sequential", "config": {}, "keras_version": "2.1"}, "should be a list of records"),
        (sequential(dense(unit=1)), "cannot be made"),
        (sequential(dense(units="many")), "cannot be made"),
        (graph([["i", 5, 0, {}]]), "call 5 of 'i', which does not exist"),
        (graph([["x", 0, 0, {}]]), "takes the output of 'x', which is no layer"),
        (graph([["d", 0, 0, {}]]), "cycle|does not exist"),
        (graph({"args": []}), r"\[layer, call, output\]"),
        (graph([]), r"\[layer, call, output\]"),
        (graph([1]), r"\[layer, call, output\]"),
        (graph(1), r"\[layer, call, output\]"),
        (graph([["i", 0, 0]], outputs=[("d", 0)]), r"\[layer, call, output\]"),
        (deep(2000), "recursion"),
        ([], "should be described by a record"),
    ],
)
def test_a_record_that_makes_no_network_is_refused(record, words):
    with pytest.raises(FormatError, match=words):
        old_files.declared(record, "2.15.0")


@pytest.mark.parametrize("safe_mode", [True, False])
def test_code_in_an_old_file_is_refused_and_never_run(tmp_path, safe_mode):  # CVE-2025-9905
    code = {"class_name": "Lambda", "config": {"name": "l", "function": ["4wEAAAA=", None, None]}}
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.attrs["layer_names"] = []
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = json.dumps(sequential(code))
    with pytest.raises(UnsafeFileError, match="carries Python code"):
        weigh.models.load_model(tmp_path / "file.h5", safe_mode=safe_mode)
    merge = {"class_name": "Merge", "config": {"name": "m", "mode": "4wEAAAA=", "mode_type": "lambda"}}
    with pytest.raises(FormatError, match="function among its arguments"):
        old_files.declared(sequential(merge), "1.2.2")


def test_whatever_one_changes_in_a_record_is_a_network_or_an_error():
    generator = np.random.default_rng(0)
    values = [None, 1, -1, "x", [], {}, [["i", 0, 0]], {"class_name": "Dense", "config": {}}, {"name": "MaxNorm"}, True]
    records = [json.loads(path.read_text()) for path in (*JSON[::9], *JSON[4::11])]
    for _ in range(60):
        record = copy.deepcopy(records[generator.integers(len(records))])
        places = [(None, None)]
        waiting = [record]
        while waiting:
            value = waiting.pop()
            items = list(value.items() if isinstance(value, dict) else enumerate(value))
            places += [(value, key) for key, _ in items]
            waiting += [item for _, item in items if isinstance(item, dict | list)]
        container, key = places[1 + generator.integers(len(places) - 1)]
        container[key] = values[generator.integers(len(values))]
        try:
            old_files.declared(record)
        except WeighError:
            continue
