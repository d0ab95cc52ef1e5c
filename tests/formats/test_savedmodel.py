"""SavedModels and checkpoints are read as TensorFlow reads them, without a number of their variables."""

import io
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import savedmodel
from weigh.formats.sorted_table import MAGIC
from weigh.formats.source import Limits, Source

FIXTURES = Path(__file__).parent / "fixtures" / "tensorflow"
NAMES = ["keras", "slots", "names"]
SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def read(data: bytes, **limits: int) -> Account:
    return savedmodel.read(Source(io.BytesIO(data), "a checkpoint", Limits(**limits)))


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.index").read_bytes()


def saved_model() -> bytes:
    return (FIXTURES / "saved" / "saved_model.pb").read_bytes()


def said(name: str) -> dict:
    entries = json.loads((FIXTURES / f"{name}.json").read_text())
    return {
        path.removesuffix(SUFFIX): (tuple(entry["shape"]), entry["dtype"])
        for path, entry in entries.items()
        if path != "_CHECKPOINTABLE_OBJECT_GRAPH"
    }


def every(account: Account) -> dict:
    return {row.path: row for row in (*account.rows, *account.beside)}


# A writer of tables and of the wire, small enough to write what no library would


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


def entry(shape: list[int], type: int, size: int, more: bytes = b"") -> bytes:
    dims = b"".join(block(2, number(1, length)) for length in shape)
    return number(1, type) + block(2, dims) + number(5, size) + more


def rows(pairs: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in pairs)
    return body + bytes(4) + (1).to_bytes(4, "little")


def table(*pairs: tuple[str, bytes], packed: int = 0, header: bytes | None = number(1, 1)) -> bytes:
    content = [(b"", header)] if header is not None else []
    data = rows([*content, *((key.encode(), value) for key, value in pairs)])
    return joined(data, packed, [(0, len(data))])


def joined(data: bytes, packed: int, handles: list[tuple[int, int]]) -> bytes:
    out = data + bytes([packed]) + bytes(4)
    index = rows([(b"k%d" % at, varint(offset) + varint(size)) for at, (offset, size) in enumerate(handles)])
    footer = varint(0) + varint(0) + varint(len(out)) + varint(len(index))
    return out + index + bytes(5) + footer.ljust(40, b"\0") + MAGIC


# Against the library


@pytest.mark.parametrize("name", NAMES)
def test_variables_are_those_that_tensorflow_reads(name: str) -> None:
    account = read(fixture(name))
    assert {path: (row.shape, row.dtype) for path, row in every(account).items()} == said(name)
    assert account.to_dict()["trainable"] is None


def test_a_saved_model_says_which_variables_are_trained(tmp_path: Path) -> None:
    account = savedmodel.read_folder(FIXTURES / "saved")
    weights = {path: row for path, row in every(account).items() if path in said("saved")}
    assert {path: (row.shape, row.dtype) for path, row in weights.items()} == said("saved")
    assert {path: row.trainable for path, row in weights.items()} == {
        "kernel": True,
        "bias": True,
        "half": True,
        "mean": False,
    }
    assert (weights["mean"].role, weights["mean"].evidence) == (roles.RUNNING_MEAN, "declared as moving_mean")
    assert account.config == {"tensorflow_version": "2.21.0", "tags": ["serve"]}
    shutil.copy(FIXTURES / "saved" / "saved_model.pb", tmp_path)
    alone = savedmodel.read_folder(tmp_path)
    assert (alone.total, alone.trainable, alone.bytes) == (account.total, account.trainable, account.bytes)


def test_slots_are_told_where_the_checkpoint_says_so() -> None:
    assert {row.path: row.evidence for row in read(fixture("slots")).beside} == {
        "net/w/.OPTIMIZER_SLOT/optimizer/m": ".OPTIMIZER_SLOT in its name",
        "net/w/.OPTIMIZER_SLOT/optimizer/v": ".OPTIMIZER_SLOT in its name",
    }
    assert sum(row.role == roles.SLOT for row in read(fixture("keras")).beside) == 8


def test_a_partitioned_variable_is_counted_once() -> None:
    account = read(fixture("names"))
    assert (account["big"].shape, account["big"].bytes) == ((6, 2), 48)
    assert account.receipt is not None
    assert account.receipt.notes == [
        "The numbers lie in 1 files of data, which were not opened.",
        "2 slices of variables are counted with the whole.",
    ]


def test_constants_of_a_frozen_graph_are_told() -> None:
    shape = block(2, block(2, number(1, 2)) + block(2, number(1, 3)))

    def constant(name: str, tensor: bytes, operation: str = "Const") -> bytes:
        value = block(5, block(1, "value") + block(2, block(8, tensor)))
        return block(1, block(1, name) + block(2, operation) + value)

    graph = constant("w", number(1, 1) + shape + block(4, bytes(24)))
    graph += constant("filled", number(1, 1) + shape + b"\x2d\0\0\0\0") + constant("one", number(1, 3) + number(7, 5))
    graph += constant("none", number(1, 1), "Placeholder")
    account = read(graph)
    found = every(account)
    assert list(found) == ["w", "filled", "one"]
    assert (found["w"].bytes, found["w"].stored_elements) == (24, 6)
    assert (found["filled"].count, found["filled"].stored_elements, found["filled"].bytes) == (6, 1, 4)
    assert found["one"].role == roles.ARGUMENT
    with pytest.raises(FormatError, match="has 23 bytes"):
        read(constant("w", number(1, 1) + shape + block(4, bytes(23))))


# Properties


@given(
    st.dictionaries(
        st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=9),
        st.tuples(st.lists(st.integers(0, 9), max_size=4), st.sampled_from([1, 2, 3, 4, 9, 10, 14, 19])),
        max_size=6,
    )
)
def test_what_is_written_comes_back(variables: dict) -> None:
    pairs, expected = [], {}
    for name, (shape, type_) in sorted(variables.items(), key=lambda pair: pair[0].encode()):
        size = {1: 4, 2: 8, 3: 4, 4: 1, 9: 8, 10: 1, 14: 2, 19: 2}[type_]
        for length in shape:
            size *= length
        pairs.append((name, entry(shape, type_, size)))
        expected[name] = (tuple(shape), savedmodel.TYPES[type_], size)
    account = read(table(*pairs))
    assert {path: (row.shape, row.dtype, row.bytes) for path, row in every(account).items()} == expected


# What a file may claim

GOOD = entry([2], 1, 8)
HOSTILE = {
    "empty": (b"", "empty"),
    "footer alone": (bytes(40) + MAGIC, "should be|no room"),
    "no header": (table(("w", GOOD), header=None), "no header"),
    "packed by Snappy": (table(("w", GOOD), packed=1), "is packed"),
    "negative size": (table(("w", entry([-2, -4], 1, 32))), "negative"),
    "product that wraps": (table(("w", entry([1 << 32, 1 << 32], 1, 0))), "has 0 bytes"),
    "bytes that lie": (table(("w", entry([2], 1, 9))), "has 9 bytes"),
    "bytes below zero": (table(("w", entry([2], 1, -8))), "has -8 bytes"),
    "unknown format": (table(("w", entry([2], 99, 8))), "not known"),
    "a file that is not there": (table(("w", entry([2], 1, 8, number(3, 7)))), "file 7 of 1"),
    "rank": (table(("w", entry([1] * 65, 1, 4))), "`rank`"),
    "key twice": (table(("w", GOOD), ("w", GOOD)), "not behind"),
    "keys out of order": (table(("w", GOOD), ("a", GOOD)), "not behind"),
    "a block twice": (joined(rows([(b"", number(1, 1))]), 0, [(0, 13), (0, 13)]), "overlaps"),
    "a block beyond the file": (joined(rows([(b"", number(1, 1))]), 0, [(1 << 40, 9)]), "should be"),
    "a huge block": (joined(b"", 0, [(0, 1 << 62)]), "`header`"),
    "more of a key than there was": (joined(b"\x05\x01\x00k" + bytes(4) + b"\1\0\0\0", 0, [(0, 12)]), "reaches beyond"),
    "restarts without end": (joined(b"\xff\xff\xff\xff", 0, [(0, 4)]), "no room"),
    "a number without end": (joined(b"\xff" * 30 + bytes(8), 0, [(0, 38)]), "does not end"),
    "value that is no message": (table(("w", b"\x0b")), "begins a group"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile(what: str) -> None:
    data, message = HOSTILE[what]
    with pytest.raises(FormatError, match=message):
        read(data)


def test_keys_that_share_their_beginnings_unfold_no_further_than_the_limit() -> None:
    body, key = varint(0) + varint(40_000) + varint(len(GOOD)) + b"k" * 40_000 + GOOD, 40_000
    for _ in range(500):
        body += varint(key) + varint(1) + varint(len(GOOD)) + b"k" + GOOD
        key += 1
    data = body + bytes(4) + (1).to_bytes(4, "little")
    with pytest.raises(FormatError, match="`text`"):
        read(joined(data, 0, [(0, len(data))]), text=1 << 20)


def test_objects_that_refer_in_circles_are_walked_by_the_name_alone() -> None:
    loop = block(1, number(1, 0) + block(2, "self"))
    graph = number(1, 1) + block(2, block(7, block(1, loop)))
    account = savedmodel._Graph(Source(io.BytesIO(graph), "a graph"))
    assert account.variable("/".join(["self"] * 5000)) is None


def attempt(data: bytes) -> None:
    try:
        account = read(data)
    except FormatError:
        return
    account.to_dict()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_off_anywhere_is_told(name: str) -> None:
    data = fixture(name)
    for end in range(0, len(data), 1 if len(data) < 2000 else 31):
        attempt(data[:end])
        attempt(data[end:])


@given(
    st.sampled_from([*NAMES, "saved"]),
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=8),
)
@settings(max_examples=settings().max_examples * 3)
def test_whatever_the_bytes_an_account_or_a_format_error(name: str, changes: list) -> None:
    content = bytearray(saved_model() if name == "saved" else fixture(name))
    for place, value in changes:
        content[place % len(content)] = value
    attempt(bytes(content))


@given(st.binary(max_size=200))
def test_noise_is_an_account_or_a_format_error(data: bytes) -> None:
    attempt(data)
    attempt(number(1, 1) + block(2, block(7, block(1, data)) + block(2, data)))
    attempt(table(("w", data)))
    attempt(joined(data, 0, [(0, len(data))]))


def test_files_are_recognised() -> None:
    assert savedmodel.recognises(fixture("keras")[:64], "model.index")
    assert savedmodel.recognises(saved_model()[:64], "saved_model.pb")
    assert not savedmodel.recognises(b"GGUF", "model.index")
    assert savedmodel.recognises_folder(FIXTURES / "saved")
    assert not savedmodel.recognises_folder(FIXTURES)
