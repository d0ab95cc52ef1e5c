"""TensorFlow Lite models are read as the schema's own reader has them, without a weight, and whatever a file claims."""

import io
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import tflite
from weigh.formats.source import Limits, Source

FIXTURES = Path(__file__).parent / "fixtures" / "tflite"
NAMES = ["float", "dynamic", "half", "full", "looping", "large"]
BITS = {name: bits for name, bits in tflite.TYPES if bits}


def read(data: bytes, **limits: int) -> Account:
    return tflite.read(Source(io.BytesIO(data), "a model", Limits(**limits)))


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.tflite").read_bytes()


def every(account: Account) -> dict:
    return {row.path: row for row in (*account.rows, *account.beside)}


# A writer of FlatBuffers from back to front, small enough to write what no library would


class Writer:
    """Bytes whose offsets are filled in when everything has its place."""

    def __init__(self) -> None:
        self.data = bytearray(b"\0\0\0\0TFL3")

    def table(self, **fields: bytes) -> int:
        """Write a table of `f<number>=value`, values in the order of their places."""
        numbers = {int(name[1:]): value for name, value in fields.items()}
        places, body = [0] * (max(numbers, default=-1) + 1), bytearray(4)
        at = len(self.data) + 4 + 2 * len(places)
        for number, value in numbers.items():
            places[number] = len(body)
            body += value
        body[:4] = struct.pack("<i", at - len(self.data))
        self.data += struct.pack(f"<HH{len(places)}H", 4 + 2 * len(places), len(body), *places) + body
        return at

    def vector(self, content: bytes, count: int) -> int:
        at = len(self.data)
        self.data += struct.pack("<I", count) + content
        return at

    def finish(self, root: int) -> bytes:
        self.data[:4] = struct.pack("<I", root)
        return bytes(self.data)


def written(
    tensors: list[tuple[list[int], int, int]], buffers: list[bytes], length: int | None = None, repeat: int = 1
) -> bytes:
    """Return a model of tensors (shape, number format, buffer) and buffers; offsets go forward, as they must."""
    writer = Writer()
    at = writer.table(f0=struct.pack("<I", 3), f2=b"\0\0\0\0", f4=b"\0\0\0\0")  # what it points to lies behind it

    def patch(table: int, index: int, target: int) -> None:
        place = table + 4 + 4 * index
        writer.data[place : place + 4] = struct.pack("<I", target - place)

    def pointed(table: int, index: int, count: int) -> int:
        """Write a vector of offsets that point nowhere yet; return where they begin."""
        patch(table, index, len(writer.data))
        return writer.vector(bytes(4 * count), count) + 4

    def point(places: int, count: int, target: int) -> None:
        for place in range(places, places + 4 * count, 4):
            writer.data[place : place + 4] = struct.pack("<I", target - place)

    graphs = pointed(at, 1, repeat)
    graph = writer.table(f0=b"\0\0\0\0")
    point(graphs, repeat, graph)
    places = pointed(graph, 0, len(tensors) * repeat)
    for index, (shape, type_, buffer) in enumerate(tensors):
        table = writer.table(f0=b"\0\0\0\0", f3=b"\0\0\0\0", f2=struct.pack("<I", buffer), f1=bytes([type_]))
        point(places + 4 * index * repeat, repeat, table)
        patch(table, 0, writer.vector(struct.pack(f"<{len(shape)}i", *shape), len(shape)))
        patch(table, 1, writer.vector(b"w%d" % index, 2))
    places = pointed(at, 2, len(buffers))
    for index, content in enumerate(buffers):
        table = writer.table(f0=b"\0\0\0\0")
        point(places + 4 * index, 1, table)
        patch(table, 0, writer.vector(content, length if content and length else len(content)))
    return writer.finish(at)


# Against the library


@pytest.mark.parametrize("name", NAMES)
def test_tensors_and_operators_are_those_of_the_schemas_reader(name: str) -> None:
    account, said = read(fixture(name)), json.loads((FIXTURES / f"{name}.json").read_text())
    rows = [row for row in (*account.rows, *account.beside) if "/quantization/" not in row.path]
    found = sorted((row.path.rpartition("while_")[2], list(row.shape), row.dtype.upper(), row.bytes) for row in rows)
    wanted = [(tensor["name"], tensor["shape"], tensor["type"], tensor["bytes"]) for tensor in said["tensors"]]
    assert sorted((shape, dtype, size) for _, shape, dtype, size in found) == sorted(entry[1:] for entry in wanted)
    if name != "looping":
        assert found == sorted(wanted)
    scales = {tensor["name"]: tensor["scales"] for tensor in said["tensors"] if tensor["scales"]}
    beside = {row.path.removesuffix("/quantization/scale"): row.count for row in account.beside if row.name == "scale"}
    assert beside == scales
    graph = account.graph
    assert graph is not None
    assert [[op.type for op in part.operations] for part in (graph, *graph.inner)] == said["operators"]
    assert account.to_dict()["trainable"] is None


def test_roles_are_told_from_the_position_at_which_an_operator_takes_them() -> None:
    for name in ("float", "dynamic", "half", "full", "large"):
        account = read(fixture(name))
        assert account.by_role() == {
            roles.BIAS: 8,
            roles.DEPTHWISE_KERNEL: 36,
            roles.KERNEL: 72 + 64 * 40,
            roles.EMBEDDING: 280,
        }
        (shape,) = (row for row in account.beside if row.role == roles.ARGUMENT)
        assert shape.evidence == "input 1 of RESHAPE Reshape"
    half = {row.evidence for row in read(fixture("half"))}
    assert "input 1 of FULLY_CONNECTED matmul3, through DEQUANTIZE matmul2" in half


def test_the_graph_is_kept_with_its_sizes() -> None:
    graph = read(fixture("float")).graph
    assert graph is not None
    assert sorted((value.dtype, value.shape) for value in graph.inputs) == [
        ("float32", (1, 4, 4, 2)),
        ("int32", (1,)),
    ]
    assert graph.values[graph.operations[-1].outputs[0]].shape == (1, 40)


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
    data = written([([50, 100], 9, 1)], [b"", b"\xa5" * 5000])
    file = Counting(data)
    assert tflite.read(Source(file, "a model")).total == 5000
    assert not any(data[place] == 0xA5 for place in file.touched)


# Properties


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(1, 5), max_size=4),
            st.sampled_from([number for number, (_, bits) in enumerate(tflite.TYPES) if bits]),
        ),
        max_size=5,
    )
)
def test_what_is_written_comes_back(arrays: list[tuple[list[int], int]]) -> None:
    tensors, buffers, expected = [], [b""], []
    for index, (shape, type_) in enumerate(arrays):
        count = 1
        for size in shape:
            count *= size
        dtype, bits = tflite.TYPES[type_]
        tensors.append((shape, type_, index + 1))
        buffers.append(bytes(-(-count * bits // 8)))
        expected.append((f"w{index}", tuple(shape), dtype, len(buffers[-1])))
    account = read(written(tensors, buffers))
    assert [(row.path, row.shape, row.dtype, row.bytes) for row in account] == expected


def test_a_buffer_of_several_tensors_is_counted_once() -> None:
    account = read(written([([4], 9, 1), ([2, 2], 9, 1)], [b"", b"abcd"]))
    assert (account.total, account.aliases) == (4, {"w1": "w0"})


# What a file may claim


def outside(offset: int, size: int) -> bytes:
    """Return a model whose only buffer lies behind the FlatBuffer, as it claims."""
    data = bytearray(fixture("large"))
    (place,) = (
        at
        for at in range(len(data) - 16)
        if struct.unpack_from("<Q", data, at)[0] == 64 * 40 * 4 and data[at + 10 : at + 16] == bytes(6)
    )
    data[place : place + 16] = struct.pack("<QQ", size, offset)
    return bytes(data)


HOSTILE = {
    "empty": (b"", "identifier"),
    # tensorflow/tensorflow#115308: eight bytes, the identifier right, crashed the interpreter
    "eight bytes": (b"\x04\0\0\0TFL3", "the root"),
    "root beyond the file": (b"\xff\xff\xff\xffTFL3", "the root"),
    "root at itself": (b"\0\0\0\0TFL3", "the list of its fields"),
    "another identifier": (b"\x10\0\0\0TFL2" + bytes(64), "TFL3"),
    "no subgraph": (Writer().finish(8) + struct.pack("<HHi", 4, 4, 4), "the fields of the root|no subgraph"),
    # tensorflow/tensorflow#111458, google-ai-edge/LiteRT#9255: a product of 32 bits wrapped
    "product that wraps": (written([([1 << 16, 1 << 16], 0, 1)], [b"", b"abcd"]), "has 4 bytes"),
    "product that wraps to nothing": (written([([1 << 30] * 4, 9, 1)], [b"", b"a"]), "has 1 bytes"),
    "negative size": (written([([-4], 9, 1)], [b"", b"abcd"]), "negative"),
    "two negative sizes": (written([([-2, -2], 9, 1)], [b"", b"abcd"]), "negative"),
    "too little": (written([([5], 0, 1)], [b"", bytes(19)]), "has 19 bytes"),
    "unknown format": (written([([4], 77, 1)], [b"", b"abcd"]), "not known"),
    "buffer that is not there": (written([([4], 9, 7)], [b"", b"abcd"]), "buffer 7"),
    "buffer beyond the file": (written([([4], 9, 1)], [b"", b"abcd"], length=1 << 31), "content of a buffer"),
    "rank": (written([([1] * 65, 9, 1)], [b"", b"a"]), "`rank`"),
    # tensorflow/tensorflow#116632: offset and size were added in 64 bits
    "buffer whose end wraps": (outside((1 << 64) - 8, 64 * 40 * 4), "but the file"),
    "buffer behind the end": (outside(1 << 40, 64 * 40 * 4), "but the file"),
    # dvidelabs/flatcc#63: a file of 40 kB with 25,000,000 tensors
    "everything shared": (written([([4], 9, 1)], [b"", b"abcd"], repeat=5000), "more than 8 times over"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile(what: str) -> None:
    data, message = HOSTILE[what]
    with pytest.raises(FormatError, match=message):
        read(data)


def test_what_is_shared_a_little_is_read() -> None:
    assert read(written([([4], 9, 1)], [b"", b"abcd"], repeat=2)).total == 4


def test_a_vector_at_an_odd_place_is_read_as_it_is() -> None:
    """tensorflow/tensorflow#121217: a vector that is not aligned was read by aligned instructions."""
    data = written([([3], 9, 1), ([5], 9, 2), ([2], 0, 3)], [b"", b"abc", b"abcde", bytes(8)])
    assert [row.count for row in read(data)] == [3, 5, 2]


@pytest.mark.parametrize("width", [0, 1, 3, 5])
def test_the_list_of_a_tables_fields_must_have_a_possible_length(width: int) -> None:
    data = bytearray(written([([4], 9, 1)], [b"", b"abcd"]))
    (root,) = struct.unpack_from("<I", data)
    vtable = root - struct.unpack_from("<i", data, root)[0]
    data[vtable : vtable + 2] = struct.pack("<H", width)
    with pytest.raises(FormatError, match="the list of its fields"):
        read(bytes(data))


def test_a_field_beyond_the_file_is_not_followed() -> None:
    """google/flatbuffers#9040: even a verifier read a field's offset before it knew that the field was there."""
    data = bytearray(written([([4], 9, 1)], [b"", b"abcd"]))
    (root,) = struct.unpack_from("<I", data)
    vtable = root - struct.unpack_from("<i", data, root)[0]
    for field in (2, 4):  # subgraphs, buffers
        changed = bytearray(data)
        changed[vtable + 4 + 2 * field : vtable + 6 + 2 * field] = b"\xff\xff"
        with pytest.raises(FormatError, match="but the file has"):
            read(bytes(changed))


def test_limits_hold() -> None:
    with pytest.raises(FormatError, match="`name`"):
        read(fixture("float"), name=5)
    with pytest.raises(FormatError, match="`text`"):
        read(fixture("float"), text=50)
    with pytest.raises(FormatError, match="`entries`"):
        read(fixture("float"), entries=3)


@pytest.mark.parametrize("name", ["looping", "full"])
def test_a_file_cut_off_anywhere_is_told(name: str) -> None:
    data = fixture(name)
    for end in range(0, len(data), 1 if len(data) < 2500 else 17):
        attempt(data[:end])


def attempt(data: bytes) -> None:
    try:
        account = read(data)
    except FormatError:
        return
    account.to_dict()


@given(st.sampled_from(NAMES), st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=8), st.data())
@settings(max_examples=settings().max_examples * 3)
def test_whatever_the_bytes_an_account_or_a_format_error(name: str, changes: list, data: st.DataObject) -> None:
    content = bytearray(fixture(name))
    for place, value in changes:
        content[place % len(content)] = value
    word = data.draw(st.integers(0, len(content) // 4 - 1)) * 4
    content[word : word + 4] = struct.pack("<I", data.draw(st.sampled_from([0, 1, 4, 2**31, 2**32 - 1, 2**16])))
    attempt(bytes(content))


@given(st.binary(max_size=200))
def test_noise_is_an_account_or_a_format_error(data: bytes) -> None:
    attempt(data)
    attempt(b"\x08\0\0\0TFL3" + data)


def test_models_are_recognised() -> None:
    assert tflite.recognises(fixture("float")[:16], "anything")
    assert not tflite.recognises(b"\x08\x07\x12\x07pytorch", "model.tflite")
