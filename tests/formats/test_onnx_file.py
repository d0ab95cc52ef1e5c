"""ONNX models are read as the format's own library reads them, without a weight, and whatever a file claims."""

import builtins
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import onnx_file
from weigh.formats.onnx_tensor import TYPES
from weigh.formats.source import Limits, Source

FIXTURES = Path(__file__).parent / "fixtures" / "onnx"
NAMES = ["network", "formats", "quantised", "inside", "outside"]
PEER = {  # what ONNX calls a number format, where that is not our name in capitals
    "FLOAT": "float32",
    "DOUBLE": "float64",
    "FLOAT8E4M3FN": "float8_e4m3fn",
    "FLOAT8E4M3FNUZ": "float8_e4m3fnuz",
    "FLOAT8E5M2": "float8_e5m2",
    "FLOAT8E5M2FNUZ": "float8_e5m2fnuz",
    "FLOAT4E2M1": "float4_e2m1fn",
}


def read(data: bytes, **limits: int) -> Account:
    return onnx_file.read(Source(io.BytesIO(data), "a model", Limits(**limits)))


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.onnx").read_bytes()


def every(account: Account) -> dict:
    return {row.path: row for row in (*account.rows, *account.beside)}


# A writer of the wire, small enough to write what no library would


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


def tensor(name: str, dims: list[int], type: int, raw: bytes | None = None, more: bytes = b"") -> bytes:
    shape = b"".join(number(1, size) for size in dims)
    return shape + number(2, type) + block(8, name) + (b"" if raw is None else block(9, raw)) + more


def node(type: str, inputs: list[str], outputs: list[str], more: bytes = b"") -> bytes:
    names = b"".join(block(1, name) for name in inputs) + b"".join(block(2, name) for name in outputs)
    return names + block(4, type) + more


def model(*graph: bytes, more: bytes = b"") -> bytes:
    return number(1, 10) + block(7, b"".join(graph)) + more


def with_tensor(data: bytes) -> bytes:
    return model(block(5, data))


# Against the library


@pytest.mark.parametrize("name", NAMES)
def test_tensors_and_nodes_are_those_of_the_library(name: str) -> None:
    account, said = read(fixture(name)), json.loads((FIXTURES / f"{name}.json").read_text())
    rows = every(account)
    for path, tensor in said["tensors"].items():
        row = rows[account.aliases.get(path, path)]
        dtype = PEER.get(tensor["type"], tensor["type"].lower())
        assert (row.dtype, tensor["bytes"] or row.bytes) == (dtype, row.bytes), path
        assert not row.packing or row.packing.startswith(("2 weights in a byte", "sparse"))
        if not row.packing:
            assert list(row.shape) == tensor["shape"], path
    graph = account.graph
    assert graph is not None
    assert [[op.type, list(op.inputs), list(op.outputs)] for op in graph.operations] == said["nodes"]
    assert account.config["opsets"] == said["opsets"]
    assert account.to_dict()["trainable"] is None


def test_roles_are_told_from_the_position_at_which_an_operator_takes_them() -> None:
    account = read(fixture("network"))
    assert {path: (row.role, row.evidence) for path, row in every(account).items()} == {
        "conv1.weight": ("kernel", "input 1 of Conv /conv1/Conv"),
        "conv1.bias": ("bias", "input 2 of Conv /conv1/Conv"),
        "bn.weight": ("scale", "input 1 of BatchNormalization /bn"),
        "bn.bias": ("offset", "input 2 of BatchNormalization /bn"),
        "bn.mean": ("running mean", "input 3 of BatchNormalization /bn"),
        "bn.var": ("running variance", "input 4 of BatchNormalization /bn"),
        "slope": ("slope", "input 1 of PRelu /act"),
        "/Constant_output_0": ("argument", "input 1 of Reshape /Reshape"),
        "fc.weight": ("kernel", "input 1 of MatMul /fc/MatMul, through Transpose /Transpose"),
        "fc.bias": ("bias", "added to the output of MatMul /fc/MatMul"),
        "lstm.W": ("kernel", "input 1 of LSTM /lstm"),
        "lstm.R": ("recurrent kernel", "input 2 of LSTM /lstm"),
        "lstm.B": ("bias", "input 3 of LSTM /lstm"),
        "embed.weight": ("embedding", "input 0 of Gather /embed"),
        "mystery": ("weight", ""),
    }
    assert account.by_kind() == {"not known": account.total - 8, "running statistic": 8}
    assert [row.path for row in account.beside] == ["/Constant_output_0"]


def test_the_graph_is_kept_with_its_sizes_and_numbers() -> None:
    graph = read(fixture("network")).graph
    assert graph is not None
    assert [(value.name, value.dtype, value.shape) for value in graph.inputs] == [
        ("x", "float32", ("N", 3, 8, 8)),
        ("seq", "float32", (6, None, 3)),
        ("ids", "int64", ("N", 2)),
    ]
    assert graph.operations[0].attributes == {"kernel_shape": [3, 3]}
    assert graph.operations[1].attributes["epsilon"] == pytest.approx(1e-5)
    assert graph.operations[9].attributes == {"direction": "forward", "hidden_size": 2}


def test_quantised_weights_are_told_from_their_scales() -> None:
    rows = every(read(fixture("quantised")))
    assert rows["w_q"].evidence == "input 1 of Conv /conv, through DequantizeLinear /dq"
    of = {path: row.role for path, row in rows.items()}
    scales = {"w_scale", "xs", "bs", "ys", "packed_s", "noted_scale"}
    assert {path for path, role in of.items() if role == roles.QUANTISATION_SCALE} == scales
    assert {path for path, role in of.items() if role == roles.ZERO_POINT} == {"w_zero", "xz", "bz", "yz", "packed_z"}
    packed = rows["packed"]
    assert (packed.shape, packed.stored_elements, packed.bytes) == ((6, 33), 192, 192)
    assert packed.packing == "2 weights in a byte: N, K and bits of MatMulNBits /nbits"


def test_graphs_inside_are_read_and_see_the_arrays_outside() -> None:
    account = read(fixture("inside"))
    rows = every(account)
    assert rows["outer"].evidence == "input 1 of MatMul deep"
    assert rows["choose.then_branch/inner"].shape == (2, 2)
    assert rows["local.scaled/k"].shape == (3,)
    assert rows["training_info.algorithm/momentum"].shape == (2, 2)
    assert (rows["thin"].shape, rows["thin"].stored_elements, rows["thin"].bytes) == ((4, 5), 3, 3 * 4 + 3 * 8)
    assert rows["thin2"].packing.startswith("sparse")
    assert [rows[name].shape for name in ("float", "floats", "int", "ints")] == [(), (3,), (), (2,)]
    assert rows["fill.value"].role == roles.ARGUMENT
    graph = account.graph
    assert graph is not None
    assert graph.operations[0].graphs == ("loop.body",)
    assert [(inner.name, inner.parent) for inner in graph.inner] == [
        ("local.scaled", None),
        ("training_info.algorithm", graph.name),
        ("loop.body", graph.name),
        ("choose.else_branch", "loop.body"),
        ("choose.then_branch", "loop.body"),
    ]
    assert account.receipt is not None
    assert account.receipt.notes == ["The model says how it is trained: each step updates 1 arrays."]


# What is read


class Counting(io.BytesIO):
    """A file that keeps the places it was read at."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.touched: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        start = self.tell()
        data = super().read(size)
        self.touched.update(range(start, start + len(data)))
        return data


def test_not_one_byte_of_a_tensor_is_read() -> None:
    content = b"\xa5" * 5000
    constant = node("Constant", [], ["c"], block(5, block(1, "value") + block(5, tensor("", [5000], 2, content))))
    data = model(
        block(5, tensor("w", [50, 100], 3, content)), block(1, constant), block(5, tensor("b", [3], 3, b"\xa5" * 3))
    )
    file = Counting(data)
    account = onnx_file.read(Source(file, "a model"))
    assert account.total == 10_003
    assert not any(data[place] == 0xA5 for place in file.touched)
    assert account.receipt is not None
    assert account.receipt.bytes_read < 200


# Properties


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 5), max_size=4),
            st.sampled_from([number for number, (_, bits) in TYPES.items() if bits]),
        ),
        max_size=6,
    )
)
def test_what_is_written_comes_back(arrays: list[tuple[list[int], int]]) -> None:
    blocks, expected = [], []
    for index, (dims, type_) in enumerate(arrays):
        count = 1
        for size in dims:
            count *= size
        raw = bytes(-(-count * TYPES[type_][1] // 8))
        blocks.append(block(5, tensor(f"w{index}", dims, type_, raw)))
        expected.append((f"w{index}", tuple(dims), TYPES[type_][0], len(raw)))
    assert [(row.path, row.shape, row.dtype, row.bytes) for row in read(model(*blocks))] == expected


def test_shapes_may_be_packed_and_data_typed() -> None:
    packed = block(1, varint(3) + varint(2)) + number(2, 1) + block(8, "w")
    assert read(with_tensor(packed + block(4, bytes(24)))).total == 6
    assert read(with_tensor(packed + b"\x25\0\0\0\0" * 6)).total == 6


# What a file may claim


def external(*pairs: tuple[str, str]) -> bytes:
    entries = b"".join(block(13, block(1, key) + block(2, value)) for key, value in pairs)
    return with_tensor(tensor("w", [4], 1, more=entries + number(14, 1)))


@pytest.fixture
def nothing_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    for module, name in ((builtins, "open"), (io, "open"), (os, "open"), (os, "stat"), (os, "readlink")):
        monkeypatch.setattr(module, name, refuse)


@pytest.mark.usefixtures("nothing_opens")
@pytest.mark.parametrize(
    "location",
    [
        "../../etc/passwd",  # CVE-2022-25882: a path that leads out of the model's folder was read
        "sub/../../../etc/passwd",  # CVE-2024-27318: the check for the one above was passed round
        "/etc/passwd",
        "C:\\secret",
        "..\\secret",
        "a\0b",
        "",
        "http://example.org/weights",  # CVE-2024-5187: what was fetched wrote where its names said
        "*/_ORT_MEM_ADDR_/*",  # a place in memory, as another program's own
    ],
)
def test_a_path_that_leads_out_is_refused_and_never_opened(location: str) -> None:
    account = read(external(("location", location), ("offset", "0"), ("length", "16")))
    assert account.total == 4
    assert account.receipt is not None
    assert account.receipt.refused == [
        f"'w' names the file {location!r}, which leads out of the folder; it was not opened."
    ]


@pytest.mark.usefixtures("nothing_opens")
@pytest.mark.parametrize(
    "location",
    [
        "link.bin",  # CVE-2026-27489: a symbolic link beside the model led to any file
        "hard.bin",  # CVE-2026-34446: so did a hard link
        "out.bin",  # CVE-2025-51480: saving wrote through the name
    ],
)
def test_a_file_beside_the_model_is_told_and_never_opened(location: str) -> None:
    account = read(external(("location", location)))
    assert account.receipt is not None
    assert account.receipt.notes == [f"1 of the weights lie in {location!r}, which was not opened."]


def test_keys_of_external_data_set_nothing() -> None:
    """CVE-2026-34445: each key became an attribute of an object, `__class__` included."""
    account = read(external(("location", "w.bin"), ("__class__", "x"), ("raw_data", "y")))
    assert account.receipt is not None
    assert sorted(account.receipt.refused) == [
        f"external data of 'w' sets {key!r}, which is not of the format; it was not used."
        for key in ("__class__", "raw_data")
    ]


def test_nothing_is_taken_from_a_hub() -> None:
    """CVE-2026-28500: `silent=True` left out the question of trust; here there is no hub, and nothing runs."""
    account = read(fixture("network"))
    assert account.receipt is not None
    assert account.receipt.executed is False


@pytest.mark.parametrize("entry", [("offset", "-1"), ("length", "1e3"), ("offset", "９"), ("length", "9" * 40)])
def test_a_place_in_another_file_is_a_number(entry: tuple[str, str]) -> None:
    with pytest.raises(FormatError, match="no number"):
        read(external(("location", "w.bin"), entry))


def test_one_place_of_another_file_is_counted_once() -> None:
    account = read(fixture("outside"))
    assert account.aliases == {"w_again": "w"}
    assert account.total == 12 + 2


HUGE = 1 << 62
HOSTILE = {
    "empty": (b"", "no graph"),
    "zeros": (bytes(64), "number 0"),
    "text": (b"hello, this is no model", "claims|wire type|group|no graph|cut off"),
    "no graph": (number(1, 10), "no graph"),
    "two graphs": (model() + block(7, b""), "second graph"),
    "a graph beyond the file": (number(1, 10) + varint(7 << 3 | 2) + varint(HUGE), "claims"),
    "negative size": (with_tensor(tensor("w", [-1], 1, b"")), "negative"),
    "two negative sizes": (with_tensor(tensor("w", [-2, -2], 1, bytes(16))), "negative"),
    "product that wraps": (with_tensor(tensor("w", [1 << 32, 1 << 32], 1, b"")), "bytes, and has 0"),
    "product that wraps typed": (with_tensor(tensor("w", [1 << 32, 1 << 32], 1)), "numbers, and has 0"),
    "claims without data": (with_tensor(tensor("w", [HUGE], 1)), "has 0"),
    "too little": (with_tensor(tensor("w", [5], 1, bytes(19))), "20 bytes, and has 19"),
    "unknown format": (with_tensor(tensor("w", [1], 99, b"\0")), "not known"),
    "no format": (with_tensor(tensor("w", [1], 0, b"\0")), "not known"),
    "data twice": (with_tensor(tensor("w", [1], 1, bytes(4), block(4, bytes(4)))), "more than one way"),
    "data here and there": (with_tensor(tensor("w", [1], 1, bytes(4), number(14, 1))), "more than one way"),
    "data of another format": (with_tensor(tensor("w", [1], 1, more=block(7, b"\0"))), "another format"),
    "strings short": (with_tensor(tensor("w", [2], 8, more=block(6, "a"))), "strings, and has 1"),
    "segment": (with_tensor(tensor("w", [1], 1, more=block(3, b""))), "segments"),
    "name twice": (model(block(5, tensor("w", [1], 3, b"a")), block(5, tensor("w", [2], 3, b"ab"))), "two arrays"),
    "rank packed": (with_tensor(block(1, b"\1" * 100_000) + number(2, 3) + block(9, b"a")), "`rank`"),
    "rank": (with_tensor(tensor("w", [1] * 65, 3, b"a")), "`rank`"),
    "place twice": (external(("location", "a"), ("location", "b")), "twice"),
    "length that lies": (external(("location", "a"), ("length", "17")), "claims 17"),
    "sparse without values": (model(block(15, block(2, tensor("i", [1], 7, bytes(8))))), "no values"),
    "sparse beyond its shape": (
        model(
            block(15, block(1, tensor("s", [3], 3, b"abc")) + block(2, tensor("", [3], 7, bytes(24))) + number(3, 2))
        ),
        "3 of it are stored",
    ),
    "node of nothing": (model(block(1, b"")), "no operator"),
    "varint of eleven bytes": (b"\x08" + b"\x80" * 10 + b"\x01", "ten bytes"),
    "varint without end": (b"\x08" + b"\xff" * 5000, "ten bytes"),
    "varint beyond 64 bits": (b"\x08" + b"\xff" * 9 + b"\x7f", "64 bits"),
    "varint cut off": (b"\x08\x80", "cut off"),
    "field zero": (b"\x00\x01", "number 0"),
    "group": (b"\x0b" * 100_000, "begins a group"),  # CVE-2025-4565: groups nested without end
    "end of a group": (b"\x0c", "ends a group"),
    "wire type 7": (b"\x0f", "wire type 7"),
    "fixed cut off": (b"\x0d\x00", "reaches beyond"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile(what: str) -> None:
    data, message = HOSTILE[what]
    with pytest.raises(FormatError, match=message):
        read(data)


def nested(depth: int) -> bytes:
    """Return a model with an If in an If in an If …, written from the inside."""
    content, parts = b"", []
    for _ in range(depth):
        inner = len(content) + sum(map(len, parts))
        attribute = block(1, "g") + varint(6 << 3 | 2) + varint(inner)
        head = block(4, "If") + varint(5 << 3 | 2) + varint(len(attribute) + inner) + attribute
        parts.append(varint(1 << 3 | 2) + varint(len(head) + inner) + head)
    return model(b"".join(reversed(parts)))


def test_graphs_are_nested_as_deep_as_the_limit_and_no_deeper() -> None:
    """CVE-2025-4565 and CVE-2026-0994: as deep as a message said, so deep its reader called itself."""
    account = read(nested(100))
    assert account.graph is not None
    assert len(account.graph.inner) == 100
    for depth in (129, 2_000):
        with pytest.raises(FormatError, match="`depth`"):
            read(nested(depth))


def test_types_nested_deep_are_not_followed() -> None:
    """CVE-2025-4565: a sequence of a sequence of a sequence …, 30,000 deep."""
    parts: list[bytes] = []
    size = 0
    for _ in range(30_000):
        head = varint(4 << 3 | 2) + varint(size)
        inner = varint(1 << 3 | 2) + varint(len(head) + size)
        parts += [head, inner]
        size += len(head) + len(inner)
    content = block(1, "x") + block(2, b"".join(reversed(parts)))
    account = read(model(block(11, content)))
    assert account.graph is not None
    assert account.graph.inputs[0].shape is None


def test_limits_hold() -> None:
    with pytest.raises(FormatError, match="`name`"):
        read(with_tensor(tensor("w" * 100, [1], 3, b"a")), name=50)
    with pytest.raises(FormatError, match="`text`"):
        read(fixture("network"), text=100)
    with pytest.raises(FormatError, match="`entries`"):
        read(fixture("network"), entries=100)


def test_a_name_that_goes_on_and_on_is_cut_in_messages() -> None:
    with pytest.raises(FormatError) as told:
        read(with_tensor(tensor("w" * 60_000, [5], 3, b"a")))
    assert len(str(told.value)) < 250


def test_names_keep_their_control_characters_and_broken_ones_are_escaped() -> None:
    (row,) = read(with_tensor(tensor("a\x1b[31m\n", [1], 3, b"a")))
    assert row.path == "a\x1b[31m\n"
    (row,) = read(with_tensor(number(2, 3) + block(8, b"\xff\xfe") + block(9, b"a")))
    assert row.path == "\\xff\\xfe"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_off_anywhere_is_told(name: str) -> None:
    data = fixture(name)
    for end in range(0, len(data), 1 if len(data) < 1500 else 3):
        try:
            read(data[:end])
        except FormatError:
            continue
        assert end > 0  # what stands behind the graph may be missing


def attempt(data: bytes) -> None:
    try:
        account = read(data)
    except FormatError:
        return
    account.to_dict()


@given(st.sampled_from(NAMES), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6), st.data())
@settings(max_examples=settings().max_examples * 4)
def test_whatever_the_bytes_an_account_or_a_format_error(name: str, changes: list, data: st.DataObject) -> None:
    content = bytearray(fixture(name))
    for place, value in changes:
        content[place % len(content)] = value
    start = data.draw(st.integers(0, len(content)))
    content[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    attempt(bytes(content))


@given(st.binary(max_size=200))
def test_noise_is_an_account_or_a_format_error(data: bytes) -> None:
    attempt(data)
    attempt(model(data))
    attempt(model(block(5, data), block(1, data), block(11, data), block(15, data)))


def test_models_are_recognised() -> None:
    head = fixture("network")[:64]
    assert onnx_file.recognises(head, "network.onnx")
    assert onnx_file.recognises(b"\x08\x07\x12\x07pytorch\x1a\x031.9", "model.onnx")
    assert not onnx_file.recognises(b"GGUF\x03\x00\x00\x00", "model.onnx")
    assert not onnx_file.recognises(b"\x08\x05\x12\x02\x0a\x00", "model.mlmodel")
