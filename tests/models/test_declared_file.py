"""Accounts of files with an architecture of ours: those of the declaration, where the file fits it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import weigh
from weigh.account import roles
from weigh.models import declared_file

FIXTURES = Path(__file__).parent.parent / "fixtures"
WHOLE = [path for path in sorted(FIXTURES.glob("keras*/h5/*.h5")) if path.stem != "dense_rank_3"]
ARCHIVES = sorted(FIXTURES.glob("keras2/keras/*.keras"))


@pytest.mark.parametrize("path", [*WHOLE, *ARCHIVES], ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_file_with_an_architecture_is_told_as_declared(path):
    account = declared_file.read(path)
    if path.stem == "sequential_deferred" and not account.is_known:
        assert "does not say the shape" in account.receipt.notes[0]
        return
    model = weigh.models.load_model(path, **({} if path.suffix == ".h5" else {"compile": False}))
    assert [(row.path, row.shape, row.role) for row in account] == [
        (row.path, row.shape, row.role) for row in model.account()
    ]
    assert account.is_known
    assert account.receipt.bytes_read
    assert account.receipt.notes == []


def test_slots_of_the_file_stand_beside_the_declared_weights():
    account = declared_file.read(FIXTURES / "keras2/h5/sequential_input_layer.h5")
    assert {row.kind for row in account.beside} >= {roles.SLOT}
    assert any(account["dense/kernel"].sources)
    assert account["batch_normalization/moving_mean"].kind == roles.STATISTIC


def test_what_is_not_ours_is_told_as_stored_with_the_reason(tmp_path):
    record = {
        "class_name": "Sequential",
        "config": {"layers": [{"class_name": "Mine", "config": {"name": "mine", "trainable": False}}]},
    }
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(record), "2.15.0"
        file.attrs["layer_names"] = ["mine"]
        file.create_group("mine").attrs["weight_names"] = ["mine/w:0"]
        file["mine/mine/w:0"] = np.zeros((2, 3), "float32")
    account = declared_file.read(tmp_path / "file.h5")
    (row,) = account
    assert (row.path, row.kind, row.layer_type) == ("mine/mine/w:0", roles.FROZEN, "Mine")
    assert "no layer 'Mine'" in account.receipt.notes[0]


def test_a_file_that_contradicts_its_architecture_is_told_as_stored(tmp_path):
    model = weigh.Sequential([weigh.Input((3,)), weigh.layers.Dense(2)])
    model.save(tmp_path / "good.keras")
    model.save_weights(tmp_path / "file.weights.h5")
    with h5py.File(tmp_path / "file.weights.h5", "a") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = np.zeros((5, 2), "float32")
    with zipfile.ZipFile(tmp_path / "good.keras") as good, zipfile.ZipFile(tmp_path / "bad.keras", "w") as bad:
        bad.writestr("config.json", good.read("config.json"))
        bad.write(tmp_path / "file.weights.h5", "model.weights.h5")
    assert declared_file.read(tmp_path / "good.keras").total == 8
    account = declared_file.read(tmp_path / "bad.keras")
    assert account.total == 12
    assert "is stored as (5, 2) of float32 and declared as (3, 2)" in account.receipt.notes[0]


def test_declaring_from_the_configuration_alone_needs_no_hdf5(tmp_path):
    path = tmp_path / "model.keras"
    weigh.Sequential([weigh.Input((3,)), weigh.layers.Dense(2)]).save(path)
    code = (
        "import sys; from weigh.models.saving import declare_model; "
        f"assert declare_model({str(path)!r}).account().total == 8; assert 'h5py' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
