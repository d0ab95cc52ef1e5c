"""Orbax checkpoints, against what Orbax wrote and against what attackers claim."""

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weigh.account import roles
from weigh.errors import FormatError
from weigh.formats import detect, orbax
from weigh.formats.source import Limits

FIXTURES = Path(__file__).parent / "fixtures/orbax"
EXPECTED = json.loads((FIXTURES / "tree.json").read_text())


def told(account):
    return {row.path: [list(row.shape), row.dtype] for row in (*account.rows, *account.beside)}


@pytest.mark.parametrize("name", ["zarr2", "zarr3"])
def test_arrays_in_folders_of_their_own_are_told_as_orbax_reads_them(name):
    account = detect.read(FIXTURES / name)
    assert told(account) == EXPECTED
    assert account.format == "orbax"
    assert account["params/dense/bias"].bytes == 8
    assert account.config["checkpoint"]["metrics"] == {}
    assert account.receipt.notes == account.receipt.refused == []


def test_inside_ocdbt_shapes_are_told_and_number_formats_are_not():
    account = detect.read(FIXTURES / "ocdbt")
    expected = {path: [shape, "unknown"] for path, (shape, _) in EXPECTED.items() if path != "numpy"}
    assert told(account) == expected
    assert account.bytes == 0
    unpacked, untold = account.receipt.notes
    assert "6 arrays are inside OCDBT" in unpacked
    assert "of 1 arrays inside OCDBT nothing tells the shape" in untold
    assert "'numpy'" in untold


def test_names_tell_slots_and_counters():
    beside = detect.read(FIXTURES / "zarr2").beside
    assert {row.path: row.kind for row in beside} == {"opt_state/0/count": roles.SLOT, "step": roles.COUNTER}


def test_a_step_of_a_manager_is_told_with_its_trees():
    for path, before in ((FIXTURES / "steps/5", ""), (FIXTURES / "steps", "5/")):
        paths = [row.path for row in detect.read(path)]
        assert paths == [f"{before}state/params/{name}" for name in ("dense/bias", "dense/kernel", "norm/scale")]
    assert set(detect.read(FIXTURES / "steps/5").config["checkpoint"]["item_handlers"]) == {"extra", "state"}


def test_only_metadata_are_read():
    receipt = detect.read(FIXTURES / "zarr2").receipt
    files = [path for path in (FIXTURES / "zarr2").rglob("*") if path.is_file()]
    assert receipt.bytes_present == sum(path.stat().st_size for path in files)
    metadata = {".zarray", "_METADATA", "_CHECKPOINT_METADATA", "_sharding", "process_0"}
    assert receipt.bytes_read <= sum(path.stat().st_size for path in files if path.name in metadata)


def test_arrays_without_a_tree_have_the_names_of_their_folders(tmp_path):
    shutil.copytree(FIXTURES / "zarr2", tmp_path / "old")
    (tmp_path / "old/_METADATA").unlink()
    expected = {path.replace(".", "/"): it for path, it in EXPECTED.items()}
    assert told(orbax.read_folder(tmp_path / "old")) == expected


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(FIXTURES / "zarr2", tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def leaf(keys=("a",), **value):
    return {"key_metadata": [{"key": key} for key in keys], "value_metadata": {"value_type": "jax.Array", **value}}


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("_METADATA", "[" * 100_000, "nested too deeply"),
        ("_METADATA", "no JSON", "is not JSON"),
        ("_METADATA", '{"a": 1, "a": 2}', "names 'a' twice"),
        ("_METADATA", {"tree_metadata": {"a": {}}}, "keys of every leaf"),
        ("_METADATA", {"tree_metadata": {"a": {"key_metadata": [{"key": [1]}]}}}, "keys of every leaf"),
        ("_METADATA", {"tree_metadata": {"a": leaf(["k"] * 200)}}, "the limit `depth`"),
        ("_CHECKPOINT_METADATA", "{", "is not JSON"),
        ("_sharding", "{", "is not JSON"),
        ("array_metadatas/process_0", "{", "is not JSON"),
        ("step/.zarray", {"shape": [-1], "dtype": "<f4"}, "should have a shape"),
        ("step/.zarray", {"shape": [True], "dtype": "<f4"}, "should have a shape"),
        ("step/.zarray", {"shape": [1.5], "dtype": "<f4"}, "should have a shape"),
        ("step/.zarray", {"shape": [2**63], "dtype": "<f4"}, "should have a shape"),
        ("step/.zarray", {"shape": [1], "dtype": "|O"}, "should have a shape and a number format"),
        ("step/.zarray", {"shape": [1], "dtype": [["a", "<f4"]]}, "should have a shape and a number format"),
        ("step/.zarray", {"shape": [1] * 65, "dtype": "<f4"}, "the limit `rank`"),
    ],
)
def test_what_contradicts_the_format_is_refused(copy, file, content, words):
    (copy / file).write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(FormatError, match=words):
        orbax.read_folder(copy)


def test_a_name_in_the_tree_opens_nothing(copy):
    os.makedirs(copy.parent / "elsewhere")
    (copy.parent / "elsewhere/.zarray").write_text('{"shape": [5], "dtype": "<f4"}')
    tree = {"tree_metadata": {"a": leaf(["../elsewhere"]), "b": leaf([str(copy.parent / "elsewhere")])}}
    (copy / "_METADATA").write_text(json.dumps(tree))
    account = orbax.read_folder(copy)
    assert account.rows == []
    assert "of 2 arrays" in account.receipt.notes[0]


def test_links_are_not_followed(copy):
    (copy.parent / "secret.json").write_text('{"shape": [5], "dtype": "<f4"}')
    (copy / "step/.zarray").unlink()
    (copy / "step/.zarray").symlink_to(copy.parent / "secret.json")
    with pytest.raises(FormatError, match="is not followed"):
        orbax.read_folder(copy)
    shutil.rmtree(copy / "step")
    (copy / "step").symlink_to(FIXTURES / "zarr2/step", target_is_directory=True)
    (copy / "loop").symlink_to(copy, target_is_directory=True)
    assert "step" in told(orbax.read_folder(copy))
    assert told(orbax.read_folder(copy))["step"] == [[], "unknown"]


@pytest.mark.parametrize(("limit", "most"), [("entries", 3), ("header", 10), ("text", 5)])
def test_sizes_are_bounded(copy, limit, most):
    with pytest.raises(FormatError, match=f"`{limit}`"):
        orbax.read_folder(copy, Limits(**{limit: most}))


def test_a_checkpoint_without_a_tree_says_so(tmp_path):
    (tmp_path / "_CHECKPOINT_METADATA").write_text("{}")
    with pytest.raises(FormatError, match="no tree was saved"):
        detect.read(tmp_path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["_METADATA", "_sharding", "array_metadatas/process_0", "_CHECKPOINT_METADATA"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_whatever_the_metadata_hold_is_an_account_or_a_format_error(tmp_path, file, changes):
    folder = tmp_path / "ocdbt"
    if not folder.exists():
        shutil.copytree(FIXTURES / "ocdbt", folder)
    original = (FIXTURES / "ocdbt" / file).read_bytes()
    data = bytearray(original)
    for place, value in changes:
        data[int(place * len(data))] = value
    (folder / file).write_bytes(data)
    try:
        json.dumps(orbax.read_folder(folder).to_dict())
    except FormatError:
        pass
    finally:
        (folder / file).write_bytes(original)
