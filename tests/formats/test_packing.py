"""Packed weights are told as what they stand for, by names, shapes and configuration; what these leave open is not."""

import json
import struct

import pytest

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.formats import packing

BYTES = {"int32": 4, "uint32": 4, "float32": 4, "int64": 8, "float16": 2, "bfloat16": 2}


def stored(path: str, dtype: str, *shape: int) -> Stored:
    count = 1
    for size in shape:
        count *= size
    return Stored(path, shape, dtype, bytes=count * BYTES.get(dtype, 1))


def told(*arrays: Stored, config: dict | None = None, **contents: bytes) -> tuple[Account, list[str]]:
    notes: list[str] = []
    found = packing.unpacked(arrays, config, lambda path, most: contents.get(path.rpartition(".")[2]), notes)
    account = Account.stored("a network", found, "test")
    assert account.stored_bytes == sum(array.bytes for array in arrays)
    assert account.stored_elements == sum(array.count for array in arrays)
    assert [array.path for array in found] == [array.path for array in arrays]
    return account, notes


def gptq(inputs: int, outputs: int, bits: int, group: int = 32, index: bool = True) -> list[Stored]:
    arrays = [
        stored("layer.q_proj.qweight", "int32", inputs * bits // 32, outputs),
        stored("layer.q_proj.qzeros", "int32", inputs // group, outputs * bits // 32),
        stored("layer.q_proj.scales", "float16", inputs // group, outputs),
    ]
    return [*arrays, stored("layer.q_proj.g_idx", "int32", inputs)] if index else arrays


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("index", [True, False])
def test_gptq_packs_along_the_input(bits: int, index: bool) -> None:
    account, notes = told(*gptq(64, 96, bits, index=index))
    row = account["layer.q_proj.qweight"]
    assert (row.shape, row.dtype, notes) == ((64, 96), "int32", [])
    assert f"weights of {bits} bits in one int32; GPTQ, along the input" in row.packing
    assert account["layer.q_proj.scales"].role == roles.QUANTISATION_SCALE
    assert account["layer.q_proj.qzeros"].role == roles.ZERO_POINT
    assert account.total == 64 * 96


def test_gptq_whose_shapes_and_configuration_differ_is_left() -> None:
    config = {"quantization_config": {"quant_method": "gptq", "bits": 8}}
    account, notes = told(*gptq(64, 96, 4), config=config)
    assert account["layer.q_proj.qweight"].packing == ""
    assert account["layer.q_proj.qweight"].shape == (8, 96)
    assert "Nothing tells how many" in notes[0]


def test_a_configuration_tells_where_shapes_do_not() -> None:
    weight, _, scales = gptq(64, 96, 4, index=False)
    assert told(weight, scales)[1]
    account, notes = told(weight, scales, config={"quantization_config": {"bits": 4}})
    assert (account.total, notes) == (64 * 96, [])


def test_awq_packs_along_the_output() -> None:
    account, notes = told(
        stored("up.qweight", "int32", 64, 12),
        stored("up.qzeros", "int32", 2, 12),
        stored("up.scales", "float16", 2, 96),
    )
    assert (account["up.qweight"].shape, notes) == ((64, 96), [])
    assert "8 weights of 4 bits in one int32; AWQ" in account["up.qweight"].packing
    assert [row.path for row in account.beside] == ["up.qzeros", "up.scales"]


def test_four_bits_of_bitsandbytes_are_described_by_a_text() -> None:
    state = {"quant_type": "nf4", "blocksize": 64, "shape": [5, 7]}
    arrays = [
        stored("up.weight", "uint8", 18, 1),  # 35 weights, and half a byte over
        stored("up.weight.absmax", "uint8", 1),
        stored("up.weight.quant_map", "float32", 16),
        stored("up.weight.nested_absmax", "float32", 1),
        stored("up.weight.nested_quant_map", "float32", 256),
        stored("up.weight.quant_state.bitsandbytes__nf4", "uint8", 90),
    ]
    account, notes = told(*arrays, bitsandbytes__nf4=json.dumps(state).encode())
    assert (account["up.weight"].shape, account.total, notes) == ((5, 7), 35, [])
    assert {row.path: row.role for row in account.beside} == {
        "up.weight.absmax": roles.QUANTISATION_SCALE,
        "up.weight.quant_map": roles.QUANTISATION_INDEX,
        "up.weight.nested_absmax": roles.QUANTISATION_SCALE,
        "up.weight.nested_quant_map": roles.QUANTISATION_INDEX,
        "up.weight.quant_state.bitsandbytes__nf4": roles.QUANTISATION_INDEX,
    }
    assert {row.layer for row in account.beside} == {"up"}


@pytest.mark.parametrize(
    "state",
    [b"", b"[]", b"{", b"\xff", b"[" * 10**5, b'{"shape": [6, 7]}', b'{"shape": [true]}', b'{"shape": [-5, -7]}'],
)
def test_a_description_that_does_not_fit_is_left(state: bytes) -> None:
    arrays = [
        stored("up.weight", "uint8", 18, 1),
        stored("up.weight.absmax", "float32", 1),
        stored("up.weight.quant_state.bitsandbytes__fp4", "uint8", 90),
    ]
    account, notes = told(*arrays, bitsandbytes__fp4=state)
    assert (account["up.weight"].shape, len(notes)) == ((18, 1), 1)


def test_eight_bits_of_bitsandbytes_are_not_packed() -> None:
    account, notes = told(
        stored("up.weight", "int8", 5, 7), stored("up.SCB", "float32", 5), stored("up.weight_format", "uint8")
    )
    assert (account.total, account["up.weight"].packing, notes) == (35, "", [])
    assert {row.path for row in account.beside} == {"up.SCB", "up.weight_format"}


def test_mxfp4_has_32_weights_in_a_block() -> None:
    account, _ = told(
        stored("mlp.experts.gate_up_proj_blocks", "uint8", 4, 10, 3, 16),
        stored("mlp.experts.gate_up_proj_scales", "uint8", 4, 10, 3),
        stored("mlp.experts.gate_up_proj_bias", "bfloat16", 4, 10),
    )
    row = account["mlp.experts.gate_up_proj_blocks"]
    assert (row.shape, row.layer) == ((4, 10, 96), "mlp.experts")
    assert account.total == 4 * 10 * 96 + 40
    assert [row.path for row in account.beside] == ["mlp.experts.gate_up_proj_scales"]


def compressed(inputs: int, outputs: int, bits: int) -> list[Stored]:
    words = -(-inputs // (32 // bits))
    return [
        stored("up.weight_packed", "int32", outputs, words),
        stored("up.weight_scale", "bfloat16", outputs, max(1, inputs // 32)),
        stored("up.weight_shape", "int64", 2),
    ]


@pytest.mark.parametrize(("inputs", "bits"), [(96, 4), (96, 8), (100, 4), (96, 3)])
def test_compressed_tensors_are_described_by_their_shape(inputs: int, bits: int) -> None:
    arrays = compressed(inputs, 5, bits)
    account, notes = told(*arrays, weight_shape=struct.pack("<2q", 5, inputs))
    assert (account["up.weight_packed"].shape, account.total, notes) == ((5, inputs), 5 * inputs, [])
    assert f"{32 // bits} weights of {bits} bits in one int32" in account["up.weight_packed"].packing
    assert {row.path for row in account.beside} == {"up.weight_scale", "up.weight_shape"}


def test_compressed_tensors_without_a_shape_need_a_configuration() -> None:
    arrays = compressed(96, 5, 4)[:2]
    assert told(*arrays)[1]
    config = {"quantization_config": {"config_groups": {"a": {"weights": {"num_bits": 4, "group_size": 32}}}}}
    account, notes = told(*arrays, config=config)
    assert (account.total, notes) == (5 * 96, [])


@pytest.mark.parametrize("shape", [b"", bytes(16), struct.pack("<2q", 5, 10**9), struct.pack("<2q", -5, -96)])
def test_a_shape_that_does_not_fit_is_left(shape: bytes) -> None:
    account, notes = told(*compressed(96, 5, 4), weight_shape=shape)
    assert (account["up.weight_packed"].shape, len(notes)) == ((5, 12), 1)


@pytest.mark.parametrize("name", ["weight", "weight_packed"])
def test_nvfp4_has_16_weights_for_a_scale(name: str) -> None:
    account, notes = told(
        stored(f"up.{name}", "uint8", 5, 32),
        stored("up.weight_scale", "float8_e4m3fn", 5, 4),
        stored("up.weight_scale_2", "float32"),
        stored("up.input_scale", "float32"),
    )
    assert (account.total, account[f"up.{name}"].shape, notes) == (5 * 64, (5, 64), [])
    assert len(account.beside) == 3


def test_fp4_in_bytes_is_told_from_fp8_by_its_scales() -> None:
    fours = [stored("e.weight", "int8", 5, 32), stored("e.scale", "float8_e8m0fnu", 5, 2)]
    eights = [stored("e.weight", "int8", 5, 64), stored("e.scale", "float8_e8m0fnu", 5, 2)]
    assert told(*fours)[0].total == 5 * 64
    assert told(*eights)[0].total == 5 * 64
    assert told(*eights)[0]["e.weight"].packing == ""
    assert told(*eights)[0]["e.scale"].role == roles.QUANTISATION_SCALE


def test_scales_of_eight_bits_stand_beside() -> None:
    account, notes = told(
        stored("up.weight", "float8_e4m3fn", 256, 256),
        stored("up.weight_scale_inv", "float32", 2, 2),
        stored("norm.weight", "bfloat16", 256),
        stored("norm.scale", "bfloat16", 256),
    )
    assert (account.total, [row.path for row in account.beside], notes) == (
        256 * 257 + 256,
        ["up.weight_scale_inv"],
        [],
    )


def mlx(words: int, groups: int, dtype: str = "float16") -> list[Stored]:
    weight, scales = stored("up.weight", "uint32", 5, words), stored("up.scales", dtype, 5, groups)
    return [weight, scales] if dtype == "uint8" else [weight, scales, stored("up.biases", dtype, 5, groups)]


def test_mlx_is_told_by_its_configuration() -> None:
    config = {"quantization": {"group_size": 64, "bits": 4, "down": {"group_size": 32, "bits": 8}}}
    account, notes = told(*mlx(16, 2), config=config)
    assert (account["up.weight"].shape, account.total, notes) == ((5, 128), 640, [])
    assert {row.path: row.role for row in account.beside} == {
        "up.scales": roles.QUANTISATION_SCALE,
        "up.biases": roles.ZERO_POINT,
    }
    own = {"quantization": {"group_size": 64, "bits": 4, "up": {"group_size": 32, "bits": 8}}}
    assert told(*mlx(16, 2), config=own)[0].total == 5 * 64


def test_mlx_without_a_configuration_is_told_where_one_answer_fits() -> None:
    account, notes = told(*mlx(16, 2))  # 4 bits in groups of 64, or 8 in groups of 32, or 2 in groups of 128
    assert (account.total, account["up.weight"].packing) == (5 * 16, "")
    assert notes == ["Nothing tells how many weights stand in one stored number (MLX): 'up.weight', counted as stored."]
    assert told(*mlx(20, 2))[0]["up.weight"].shape == (5, 128)  # only 5 bits in groups of 64
    assert told(*mlx(8, 2, "uint8"))[0]["up.weight"].shape == (5, 64)  # mxfp4


def test_what_only_has_a_name_of_a_scheme_is_left_alone() -> None:
    arrays = [
        stored("a.qweight", "float32", 4, 4),
        stored("b.weight_packed", "int32", 7),
        stored("c_blocks", "uint8", 3, 16),
        stored("d.x_blocks", "uint8", 3, 15),
        stored("d.x_scales", "uint8", 3),
        stored("e.weight", "uint32", 4),
        stored("f.qweight", "int32", 4, 4),
        stored("f.scales", "float16", 4, 0),
        stored("weight", "uint8"),
        stored("g.weight", "uint8"),
        stored("g.weight_scale", "float8_e4m3fn"),
    ]
    account, _ = told(*arrays)
    assert not any(row.packing for row in account.rows)


def test_what_is_told_already_is_not_told_anew() -> None:
    once = packing.unpacked(gptq(64, 96, 4))
    twice = packing.unpacked(once)
    assert [(array.shape, array.packing) for array in twice] == [(array.shape, array.packing) for array in once]
