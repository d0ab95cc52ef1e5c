"""A folder of a network's files is one account: of the files that hold the network, and told what is not there."""

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import detect, huggingface
from weigh.formats.source import Limits

INDEX = "model.safetensors.index.json"


def write(path: Path, tensors: dict[str, tuple[str, list[int]]], contents: dict[str, bytes] | None = None) -> None:
    """Write a safetensors file of tensors that are zero, or have the given contents."""
    bits = {"F32": 32, "F16": 16, "I32": 32, "U8": 8, "I64": 64}
    header, data = {}, b""
    for name, (dtype, shape) in tensors.items():
        count = int(np.prod(shape, dtype=int)) * bits[dtype] // 8
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + count]}
        data += (contents or {}).get(name, bytes(count))
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def shards(folder: Path, *sets: dict[str, tuple[str, list[int]]], **declared: int) -> None:
    places = {}
    for number, tensors in enumerate(sets, start=1):
        name = f"model-{number:05}-of-{len(sets):05}.safetensors"
        write(folder / name, tensors)
        places |= dict.fromkeys(tensors, name)
    (folder / INDEX).write_text(json.dumps({"metadata": declared, "weight_map": places}))


def dump(folder: Path, name: str, data: object) -> None:
    (folder / name).write_text(data if isinstance(data, str) else json.dumps(data))


def paths(account: Account) -> list[str]:
    return [row.path for row in account.rows]


A, B = {"a.weight": ("F32", [2, 3])}, {"b.weight": ("F16", [5])}


def test_shards_are_one_network_beside_its_configuration(tmp_path) -> None:
    shards(tmp_path, A, B, total_size=34)
    dump(tmp_path, "config.json", {"model_type": "tiny", "hidden_size": 3})
    account = detect.read(tmp_path)
    assert (paths(account), account.total, account.format) == (["a.weight", "b.weight"], 11, "safetensors")
    assert account.config == {"model_type": "tiny", "hidden_size": 3}
    assert (account.name, account.receipt.notes) == (tmp_path.name, [])
    assert account.receipt.bytes_present == sum(file.stat().st_size for file in tmp_path.iterdir())


def test_an_index_is_read_like_its_folder(tmp_path) -> None:
    shards(tmp_path, A, B)
    assert paths(detect.read(tmp_path / INDEX)) == ["a.weight", "b.weight"]


def test_shards_that_are_missing_are_told(tmp_path) -> None:
    shards(tmp_path, A, B)
    os.remove(tmp_path / "model-00002-of-00002.safetensors")
    account = detect.read(tmp_path)
    assert paths(account) == ["a.weight"]
    assert account.receipt.notes == [
        "'model-00002-of-00002.safetensors' is not here: of its tensors, 'b.weight', none is in any total."
    ]
    os.remove(tmp_path / "model-00001-of-00002.safetensors")
    with pytest.raises(FormatError, match=r"of 2 shards that 'model\.safetensors\.index\.json' lists, none is here"):
        detect.read(tmp_path)


def test_what_an_index_says_otherwise_is_told(tmp_path) -> None:
    shards(tmp_path, A, B, total_size=7)
    write(tmp_path / "model-00002-of-00002.safetensors", {"c.weight": ("F16", [5])})
    assert detect.read(tmp_path).receipt.notes == [
        "'model-00002-of-00002.safetensors' lacks what the index places in it: 'b.weight'.",
        "'model-00002-of-00002.safetensors' holds what the index does not place in it: 'c.weight'.",
        "The index declares 7 bytes of tensors; 34 are stored.",
    ]


def test_a_tensor_in_two_shards_counts_where_the_index_places_it(tmp_path) -> None:
    shards(tmp_path, A, B)
    write(tmp_path / "model-00002-of-00002.safetensors", B | {"a.weight": ("F32", [100])})
    account = detect.read(tmp_path)
    assert (account.total, account["a.weight"].shape) == (11, (2, 3))
    assert "does not place in it" in account.receipt.notes[0]


@pytest.mark.parametrize(
    "name",
    ["../other.safetensors", "/etc/passwd", "inner/x.safetensors", "..", ".", "", "a\\b", "c:x.safetensors", "x\0y"],
)
def test_an_index_that_names_a_file_elsewhere_is_refused(tmp_path, name: str) -> None:
    write(tmp_path / "other.safetensors", A)
    folder = tmp_path / "network"
    write(folder / "inner" / "x.safetensors", A)
    dump(folder, INDEX, {"weight_map": {"a.weight": name}})
    with pytest.raises(FormatError, match="which is no file beside it"):
        detect.read(folder)


@pytest.mark.parametrize(
    "index", ["", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": 1}}', '{"a": 1, "a": 2}', "[" * 10**5]
)
def test_what_is_no_index_is_refused(tmp_path, index: str) -> None:
    dump(tmp_path, INDEX, index)
    with pytest.raises(FormatError, match="index"):
        detect.read(tmp_path)


@pytest.mark.parametrize(
    "config", ["", "[]", "{", '{"a": 1, "a": 2}', '{"a": ' + "[" * 200 + "]" * 200 + "}", "[" * 10**5]
)
def test_what_is_no_configuration_is_refused(tmp_path, config: str) -> None:
    write(tmp_path / "model.safetensors", A)
    dump(tmp_path, "config.json", config)
    with pytest.raises(FormatError, match=r"config\.json"):
        detect.read(tmp_path)


def test_a_network_in_two_formats_is_counted_once(tmp_path) -> None:
    dump(tmp_path, "config.json", {})
    for name in ("model.safetensors", "consolidated.safetensors", "model.fp16.safetensors"):
        write(tmp_path / name, A)
    for name in ("pytorch_model.bin", "tf_model.h5", "optimizer.pt", "README.md"):
        (tmp_path / name).write_bytes(b"not read")
    account = detect.read(tmp_path)
    assert account.total == 6
    assert account.receipt.notes == [
        "Not counted, since 'model.safetensors' holds the network: 'consolidated.safetensors', "
        "'model.fp16.safetensors', 'pytorch_model.bin', 'tf_model.h5'."
    ]


def test_a_network_of_unusual_name_is_read(tmp_path) -> None:
    dump(tmp_path, "config.json", {})
    write(tmp_path / "mine.safetensors", A)
    assert paths(detect.read(tmp_path)) == ["a.weight"]
    write(tmp_path / "other.safetensors", B)
    assert paths(detect.read(tmp_path)) == ["mine.safetensors/a.weight", "other.safetensors/b.weight"]


def test_shards_without_an_index_are_one_network(tmp_path) -> None:
    shards(tmp_path, A, B, {"c": ("F32", [1])})
    os.remove(tmp_path / INDEX)
    os.remove(tmp_path / "model-00002-of-00003.safetensors")
    dump(tmp_path, "config.json", {})
    account = detect.read(tmp_path)
    assert paths(account) == ["a.weight", "c"]
    assert account.receipt.notes == ["Not all of the 3 shards of 'model.safetensors' are here; missing: 2."]


def test_one_name_in_two_shards_without_an_index_is_refused(tmp_path) -> None:
    shards(tmp_path, A, A)
    os.remove(tmp_path / INDEX)
    dump(tmp_path, "config.json", {})
    with pytest.raises(FormatError, match=r"'a\.weight' stands in two of its files"):
        detect.read(tmp_path)


def test_a_folder_without_a_network_is_refused(tmp_path) -> None:
    dump(tmp_path, "config.json", {})
    with pytest.raises(FormatError, match="no file of a network beside its configuration"):
        detect.read(tmp_path)


def test_a_packed_weight_and_its_scales_may_stand_in_two_shards(tmp_path) -> None:
    shards(tmp_path, {"up.qweight": ("I32", [8, 96])}, {"up.scales": ("F16", [2, 96])})
    dump(tmp_path, "config.json", {})
    dump(tmp_path, "quantize_config.json", {"quant_method": "gptq", "bits": 4, "group_size": 32})
    account = detect.read(tmp_path)
    assert (account.total, [row.path for row in account.beside]) == (64 * 96, ["up.scales"])
    assert account.config["quantization_config"]["bits"] == 4
    assert account.receipt.notes == []


def test_a_shape_that_is_stored_as_a_tensor_is_read_from_its_shard(tmp_path) -> None:
    tensors = {"up.weight_packed": ("I32", [5, 13]), "up.weight_shape": ("I64", [2])}
    write(tmp_path / "model.safetensors", tensors, {"up.weight_shape": struct.pack("<2q", 5, 100)})
    dump(tmp_path, "config.json", {})
    account = detect.read(tmp_path)
    assert account["up.weight_packed"].shape == (5, 100)
    header = len((tmp_path / "model.safetensors").read_bytes()) - 5 * 13 * 4 - 16
    assert account.receipt.bytes_read == header + 16 + 2
    assert paths(detect.read(tmp_path / "model.safetensors")) == ["up.weight_packed"]


def test_an_adapter_and_parts_in_folders_are_read(tmp_path) -> None:
    dump(tmp_path, "model_index.json", {"_class_name": "Pipeline"})
    for part, name in (("unet", "diffusion_pytorch_model.safetensors"), ("vae", "diffusion_pytorch_model.safetensors")):
        write(tmp_path / part / name, A)
        dump(tmp_path / part, "config.json", {"part": part})
    write(tmp_path / "lora" / "adapter_model.safetensors", B)
    dump(tmp_path / "lora", "adapter_config.json", {"r": 8})
    account = detect.read(tmp_path)
    assert paths(account) == ["lora/b.weight", "unet/a.weight", "vae/a.weight"]
    assert account.config["unet"] == {"part": "unet"}
    assert account.config["lora"] == {"adapter_config": {"r": 8}}


def test_links_of_a_cache_are_followed(tmp_path) -> None:
    write(tmp_path / "blobs" / "0123", A)
    folder = tmp_path / "snapshot"
    folder.mkdir()
    os.symlink(tmp_path / "blobs" / "0123", folder / "model.safetensors")
    dump(folder, "config.json", {})
    assert huggingface.read_folder(folder).total == 6


def test_limits_hold_in_every_file(tmp_path) -> None:
    shards(tmp_path, A, B)
    with pytest.raises(FormatError, match="`header` is 20"):
        detect.read(tmp_path, Limits(header=20))
