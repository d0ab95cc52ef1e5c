"""Core ML models are read to what was put into them, without a weight, and whatever a file claims."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import coreml
from weigh.formats.source import Limits, Source

FIXTURES = Path(__file__).parent / "fixtures" / "coreml"
FILES = {
    "layers": FIXTURES / "layers.mlmodel",
    "program": FIXTURES / "program.mlpackage" / coreml.MODEL,
    "quantised": FIXTURES / "quantised.mlpackage" / coreml.MODEL,
}


def read(data: bytes, **limits: int) -> Account:
    return coreml.read(Source(io.BytesIO(data), "a model", Limits(**limits)))


def every(account: Account) -> dict:
    return {row.path: row for row in (*account.rows, *account.beside)}


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value % (1 << 64))


def block(field: int, content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(data)) + data


def network(field: int, layer: bytes) -> bytes:
    return number(1, 4) + block(500, block(1, block(1, "layer") + block(field, layer)))


def dense(inputs: int, outputs: int, weights: bytes, more: bytes = b"") -> bytes:
    return network(140, number(1, inputs) + number(2, outputs) + block(20, weights) + more)


def tensor_type(type_: int, *shape: int) -> bytes:
    return block(1, number(1, type_) + b"".join(block(3, block(1, number(1, size))) for size in shape))


def constant(name: str, value: bytes) -> bytes:
    return block(3, block(1, "const") + block(3, block(1, name)) + block(5, block(1, "val") + block(2, value)))


def program(*operations: bytes) -> bytes:
    body = block(1, "CoreML7") + block(2, b"".join(operations))
    return number(1, 8) + block(502, block(2, block(1, "main") + block(2, block(3, body))))


def outside(file: str, *shape: int, type_: int = 11) -> bytes:
    value = block(2, tensor_type(type_, *shape)) + block(5, block(1, file) + number(2, 64))
    return program(constant("w", value))


# Against what was put into them


def test_layers_have_the_weights_that_they_were_given() -> None:
    account = read(FILES["layers"].read_bytes())
    expected = json.loads((FIXTURES / "layers.json").read_text())
    assert {path: list(row.shape) for path, row in every(account).items()} == expected
    assert account.by_kind()["running statistic"] == 8
    assert account["lstm/input_gate/recurrent"].role == roles.RECURRENT_KERNEL
    assert (account["conv/weights"].layer, account["conv/weights"].layer_type) == ("conv", "convolution")
    assert account.to_dict()["trainable"] is None


def test_a_programs_constants_are_told_from_the_inputs_that_take_them() -> None:
    account = coreml.read_folder(FIXTURES / "program.mlpackage")
    assert account.by_role() == {
        roles.KERNEL: 16 * 3 * 3 * 3 + 5 * 576,
        roles.BIAS: 16 + 5,
        roles.RUNNING_MEAN: 16,
        roles.RUNNING_VARIANCE: 16,
        roles.SCALE: 16,
        roles.OFFSET: 16,
    }
    assert account["dense_weight_0"].evidence == "input weight of linear dense"
    assert {row.role for row in account.beside} == {roles.ARGUMENT}


def test_a_quantised_programs_scales_stand_beside() -> None:
    plain = coreml.read_folder(FIXTURES / "program.mlpackage")
    account = coreml.read_folder(FIXTURES / "quantised.mlpackage")
    assert account.total == plain.total
    assert account["dense_weight_0_quantized"].dtype == "int8"
    scales = {row.path: row.count for row in account.beside if row.role == roles.QUANTISATION_SCALE}
    assert scales == {"conv_weight_0_quantized/scale": 16, "dense_weight_0_quantized/scale": 5}


def test_not_one_byte_of_a_weight_is_read() -> None:
    data = dense(30, 20, block(1, b"\xa5" * 2400), block(21, block(2, b"\xa5" * 40)))
    account = read(data)
    assert account.total == 620
    assert account.receipt is not None
    assert account.receipt.bytes_read < 100


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_quantised_layers_are_counted_by_what_they_mean(bits: int) -> None:
    scales = block(101, block(1, bytes(80)) + block(2, bytes(80)))
    account = read(dense(8, 20, block(30, bytes(20 * bits)) + block(40, number(1, bits) + scales)))
    assert (account.total, account.bytes, account.rows[0].dtype) == (160, 20 * bits, f"uint{bits}")
    assert [(row.path, row.count) for row in account.beside] == [
        ("layer/weights/scale", 20),
        ("layer/weights/bias", 20),
    ]


def test_what_can_be_updated_is_trained() -> None:
    account = read(dense(1, 1, block(1, bytes(4)) + number(50, 1)))
    assert account.rows[0].trainable is True


@given(st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_what_is_written_comes_back(inputs: int, outputs: int, half: bool) -> None:
    size = inputs * outputs * (2 if half else 4)
    (row,) = read(dense(inputs, outputs, block(2 if half else 1, bytes(size))))
    assert (row.shape, row.bytes) == ((outputs, inputs), size)


def nested(depth: int) -> bytes:
    content = number(1, 4) + block(500, b"")
    for _ in range(depth):
        content = block(202, block(1, content))
    return content


def blocks(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = block(3, block(1, "cond") + block(4, content))
    return program(content)


HOSTILE = {
    "empty": (b"", "no neural network"),
    "text": (b"hello, this is no model", "claims|group|no neural|wire type"),
    "too little": (dense(2, 3, block(1, bytes(20))), "has 20 bytes"),
    "product that wraps": (dense(1 << 32, 1 << 32, block(1, bytes(4))), "has 4 bytes"),
    "negative sizes": (dense(-1, -1, block(1, bytes(4))), "has 4 bytes"),
    "no bits": (dense(1, 1, block(30, b"a") + block(40, number(1, 0))), "0 bits"),
    "bits without end": (dense(1, 1, block(30, b"a") + block(40, number(1, 1 << 63))), "bits"),
    "unknown format": (outside("@model_path/w", 1, type_=77), "not known"),
    "negative axis": (outside("@model_path/w", -4), "negative"),
    "rank": (outside("@model_path/w", *[1] * 65), "`rank`"),
    "claims without data": (
        program(constant("w", block(2, tensor_type(11, 1 << 40)) + block(3, bytes([8, 1])))),
        "in 2 bytes",
    ),
    "name twice": (program(*[constant("w", block(2, tensor_type(11)) + block(3, bytes([8, 1])))] * 2), "two arrays"),
    "models in models": (nested(200), "`depth`"),  # CVE-2025-4565, CVE-2026-0994
    "blocks in blocks": (blocks(200), "`depth`"),
    "group": (b"\x0b" * 10_000, "begins a group"),
    "varint of eleven bytes": (b"\x08" + b"\x80" * 10 + b"\x01", "ten bytes"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile(what: str) -> None:
    data, message = HOSTILE[what]
    with pytest.raises(FormatError, match=message):
        read(data)


@pytest.mark.parametrize("file", ["/etc/passwd", "@model_path/../../secret", "weights.bin", "", "@model_path\\..\\x"])
def test_a_path_that_leads_out_is_refused_and_never_opened(file: str) -> None:
    account = read(outside(file, 2, 3))
    assert account.total == 6
    assert account.receipt is not None
    assert account.receipt.refused == [
        f"'w' names the file {file!r}, which leads out of the package; it was not opened."
    ]


def test_one_place_of_another_file_is_counted_once() -> None:
    value = block(2, tensor_type(11, 2, 3)) + block(5, block(1, "@model_path/weights/weight.bin") + number(2, 64))
    account = read(program(constant("w", value), constant("again", value)))
    assert (account.total, account.aliases) == (6, {"again": "w"})


def attempt(data: bytes) -> None:
    try:
        account = read(data)
    except FormatError:
        return
    account.to_dict()


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_anywhere_is_told(name: str) -> None:
    data = FILES[name].read_bytes()
    for end in range(0, len(data), 7):
        attempt(data[:end])


@given(st.sampled_from(list(FILES)), st.lists(st.tuples(st.integers(0, 2**13), st.integers(0, 255)), max_size=8))
@settings(max_examples=settings().max_examples * 3)
def test_whatever_the_bytes_an_account_or_a_format_error(name: str, changes: list) -> None:
    content = bytearray(FILES[name].read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    attempt(bytes(content))


@given(st.binary(max_size=200))
def test_noise_is_an_account_or_a_format_error(data: bytes) -> None:
    attempt(data)
    attempt(network(140, data))
    attempt(program(data, block(3, data)))


def test_models_are_recognised() -> None:
    assert coreml.recognises(FILES["layers"].read_bytes()[:16], "layers.mlmodel")
    assert not coreml.recognises(FILES["layers"].read_bytes()[:16], "layers.onnx")
    assert coreml.recognises_folder(FIXTURES / "program.mlpackage")
    assert not coreml.recognises_folder(FIXTURES)
