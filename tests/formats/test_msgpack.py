"""Flax' msgpack files, against what Flax wrote and against what attackers claim."""

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
from weigh.formats import detect, jax_tree, msgpack
from weigh.formats.source import Limits, Source

FIXTURE = Path(__file__).parent / "fixtures/flax/state.msgpack"
STATE = FIXTURE.read_bytes()


def read(data, limits=None) -> Account:
    return msgpack.read(Source(io.BytesIO(data), "file.msgpack", limits))


# A writer, as small as can be -----------------------------------------------------------------------------------------


def text(value):
    data = value.encode()
    return b"\xd9" + bytes([len(data)]) + data if len(data) < 256 else b"\xdb" + struct.pack(">I", len(data)) + data


def number(value):
    return b"\xcf" + struct.pack(">Q", value)


def listed(items):
    return b"\xdc" + struct.pack(">H", len(items)) + b"".join(items)


def mapped(items):
    return b"\xde" + struct.pack(">H", len(items)) + b"".join(text(key) + value for key, value in items)


def extension(kind, content):
    return b"\xc9" + struct.pack(">Ib", len(content), kind) + content


def array(shape, dtype, content, kind=1):
    body = b"\x93" + listed([number(size) for size in shape]) + text(dtype)
    return extension(kind, body + b"\xc6" + struct.pack(">I", len(content)) + content)


def test_a_state_of_flax_is_told_as_flax_reads_it():
    account = detect.read(FIXTURE)
    expected = json.loads(FIXTURE.with_suffix(".json").read_text())
    found = {row.path: [list(row.shape), row.dtype] for row in (*account.rows, *account.beside)}
    assert {path: shape for path, (shape, _) in found.items()} == {path: shape for path, (shape, _) in expected.items()}
    del found["step"], expected["step"]  # a number of Python, without a number format
    assert found == expected
    assert account.config == {"more/complex": "a complex number", "more/note": "text"}
    assert account.format == "flax msgpack"


def test_names_tell_slots_counters_and_statistics():
    account = detect.read(FIXTURE)
    assert {row.kind for row in account.beside} == {roles.SLOT, roles.COUNTER}
    assert all(row.path == "step" or row.path.startswith("opt_state/") for row in account.beside)
    mean = account["batch_stats/norm/mean"]
    assert (mean.role, mean.kind, mean.evidence) == (
        roles.RUNNING_MEAN,
        roles.STATISTIC,
        "the name 'batch_stats' in the tree",
    )
    assert account["params/dense/kernel"].trainable is None


def test_no_number_of_an_array_is_read():
    account = read(mapped([("a", array([1 << 20], "uint8", bytes(1 << 20))), ("b", number(1))]))
    assert account.receipt.bytes_read < 100
    assert account.receipt.bytes_present > 1 << 20


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=9).filter(lambda name: name.encode("utf-8", "ignore").decode() == name),
        st.tuples(
            st.lists(st.integers(0, 3), max_size=4),
            st.sampled_from(["float32", "bfloat16", "int8", "bool", "complex64"]),
        ),
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(arrays):
    def content(shape, dtype):
        count = jax_tree.width(dtype)
        for size in shape:
            count *= size
        return bytes(count)

    account = read(mapped([("p", mapped([(name, array(*it, content(*it))) for name, it in arrays.items()]))]))
    found = {row.path: (list(row.shape), row.dtype) for row in (*account.rows, *account.beside)}
    assert found == {f"p/{name}": it for name, it in arrays.items()}


def chunks(shape, *held):
    tuples = [("shape", mapped(list(zip("012", map(number, shape), strict=False)))), ("chunks", mapped(list(held)))]
    return mapped([("w", mapped([("__msgpack_chunked_array__", b"\xc3"), *tuples]))])


def test_an_array_in_chunks_is_one():
    half = array([3], "int16", bytes(6))
    assert [row.shape for row in read(chunks([2, 3], ("0", half), ("1", half)))] == [(2, 3)]
    assert [row.shape for row in read(chunks([0, 3]))] == [(0, 3)]


HALF = array([3], "int16", bytes(6))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "should be 1 bytes"),
        (b"\x93\1\2\3", "should be a map"),
        (mapped([("a", b"\xc1")]), "0xc1 begins no value"),
        (b"\xdf\xff\xff\xff\xff", "4,294,967,295 values"),
        (b"\x81\xa1a\xdd\xff\xff\xff\xff", "4,294,967,295 values"),
        (b"\x81\xdb\xff\xff\xff\xff", "the limit `name`"),
        (b"\x81\xa1a\xc6\xff\xff\xff\xff", "binary data of 4,294,967,295 bytes"),
        (b"\x81\xa1a\xc9\xff\xff\xff\xff\1", "an extension of 4,294,967,295 bytes"),
        (mapped([("a", b"\1"), ("a", b"\1")]), "the key 'a' twice"),
        (b"\x82\xa11\1\1\1", "the key '1' twice"),
        (b"\x81\xc0\1", "a key that is neither"),
        (mapped([("a", array([2**32, 2**32], "float32", b""))]), "claims 73,786,976,294,838,206,464 bytes"),
        (mapped([("a", array([2], "float32", bytes(4)))]), "claims 8 bytes"),
        (mapped([("a", array([2], "float33x", bytes(8)))]), "'float33x', which is not known"),
        (mapped([("a", array([2], "object", bytes(8)))]), "'object', which is not known"),
        (mapped([("a", array([1] * 65, "int8", bytes(1)))]), "the limit `rank`"),
        (mapped([("a", extension(1, b"\x93" + listed([text("x")])))]), "no list of sizes"),
        (mapped([("a", extension(1, b"\x93" + listed([b"\xff"])))]), "no list of sizes"),
        (mapped([("a", extension(1, b"\x92"))]), "no list of three"),
        (mapped([("a", extension(1, b"\x93" + listed([]) + text("int8") + text("x")))]), "an array without bytes"),
        (b"\x81\xa1a" * 100_000 + b"\1", "the limit `depth`"),
        (b"\x81\xa1a" + b"\x91" * 100_000 + b"\1", "the limit `depth`"),
        (chunks([4], ("0", HALF)), "claims 8 bytes, \\(4,\\) of int16, and has 6"),
        (chunks([3], ("1", HALF)), "maps from 0, 1"),
        (chunks([3], ("0", text("x"))), "arrays of one number format"),
        (chunks([3], ("0", HALF), ("1", array([0], "int8", b""))), "arrays of one number format"),
    ],
)
def test_what_contradicts_itself_or_the_length_is_refused(data, words):
    with pytest.raises(FormatError, match=words):
        read(data)


def test_limits_can_be_set():
    deep = b"\x81\xa1a" * 200 + b"\1"
    assert read(deep, Limits(depth=300)).rows == []
    with pytest.raises(FormatError, match="nested too deeply"):
        read(b"\x81\xa1a" * 100_000 + b"\1", Limits(depth=1 << 20))
    with pytest.raises(FormatError, match="the limit `entries`"):
        read(STATE, Limits(entries=10))
    with pytest.raises(FormatError, match="the limit `text`"):
        read(STATE, Limits(text=100))


def test_control_characters_and_bytes_that_are_no_text_are_kept_as_names():
    data = b"\x82" + b"\xa1\x1b" + HALF + b"\xa1\xff" + HALF + b"tail"
    account = read(data)
    assert [row.path for row in account] == ["\x1b", "\\xff"]
    assert "4 bytes follow the tree" in account.receipt.notes[0]
    assert "type 9 is none of Flax" in read(b"\x81\xa1a" + extension(9, b"x")).receipt.notes[0]


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (STATE[:512], True),
        (b"\x80\x04\x95" + bytes(20), False),  # a pickle
        (b"\x81\xa6params\x81", True),
        (b"\xde\x00\x01\xa6params", True),
        (b"\x81\xa6par\0ms\x81", False),
        (b"PK\3\4" + bytes(40), False),
        (b"", False),
    ],
)
def test_a_tree_is_known_by_its_first_key(head, known):
    assert msgpack.recognises(head, "") is known
    assert msgpack.recognises(b"", "x.msgpack")


@pytest.mark.parametrize("length", range(0, len(STATE), 5))
def test_a_file_that_ends_anywhere_is_an_error(length):
    with pytest.raises(FormatError):
        read(STATE[:length])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(STATE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_whatever_a_file_holds_is_an_account_or_a_format_error(changes):
    data = bytearray(STATE)
    for place, value in changes:
        data[place] = value
    try:
        account = read(data)
    except FormatError:
        return
    json.dumps(account.to_dict())
