"""GGUF files are read as the format's own library reads them, without a block, whatever they claim."""

import contextlib
import io
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import gguf
from weigh.formats.gguf import TYPES
from weigh.formats.source import Limits, Source

FIXTURES = Path(__file__).parent / "fixtures" / "gguf"
NAMES = ["little", "big", "aligned"]
PLAIN = {"F32": "float32", "F16": "float16", "F64": "float64", "BF16": "bfloat16"}
PLAIN |= {f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)}


def read(data: bytes, **limits: int) -> Account:
    return gguf.read(Source(io.BytesIO(data), "a file", Limits(**limits)))


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.gguf").read_bytes()


class Writer:
    """Writes any version in any order of bytes, and what no library would."""

    def __init__(self, version: int = 3, order: str = "<") -> None:
        self.order = order
        self.version = version
        self.wide = "I" if version == 1 else "Q"

    def pack(self, codes: str, *values: object) -> bytes:
        return struct.pack(self.order + codes, *values)

    def text(self, text: str | bytes) -> bytes:
        data = text.encode() if isinstance(text, str) else text
        return self.pack(self.wide, len(data)) + data

    def pair(self, key: str, kind: int, value: bytes) -> bytes:
        return self.text(key) + self.pack("I", kind) + value

    def tensor(self, name: str, sizes: list[int], kind: int = 0, offset: int = 0) -> bytes:
        return self.text(name) + self.pack(f"I{len(sizes)}{self.wide}IQ", len(sizes), *sizes, kind, offset)

    def file(self, pairs: list[bytes], tensors: list[bytes], content: int = 0, alignment: int = 32) -> bytes:
        counts = self.pack(f"I2{self.wide}", self.version, len(tensors), len(pairs))
        head = b"GGUF" + counts + b"".join(pairs) + b"".join(tensors)
        return head + bytes(-len(head) % alignment + content)


W = Writer()


@pytest.mark.parametrize("name", NAMES)
def test_tensors_are_those_that_the_library_reads(name: str) -> None:
    account = read(fixture(name))
    told = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert [row.path for row in account.rows] == list(told["tensors"])
    for row in account.rows:
        peer = told["tensors"][row.path]
        assert row.dtype == PLAIN.get(peer["type"], peer["type"])
        assert (list(reversed(row.shape)), row.count, row.bytes) == (peer["sizes"], peer["elements"], peer["bytes"])


@pytest.mark.parametrize("name", NAMES)
def test_pairs_are_those_that_the_library_reads(name: str) -> None:
    pairs = read(fixture(name)).config
    told = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))["pairs"]
    assert {key: value for key, value in pairs.items() if not key.startswith("tokenizer.")} == told
    assert pairs["tokenizer.ggml.tokens"] == {"array of": "string", "count": 300}
    assert pairs["tokenizer.ggml.merges"] == {"array of": "string", "count": 2}
    assert pairs["tokenizer.ggml.token_type"] == {"array of": "int32", "count": 300}


class Watched(io.BytesIO):
    """A file that refuses to be read beyond a place."""

    def __init__(self, data: bytes, last: int) -> None:
        super().__init__(data)
        self.last = last

    def read(self, count: int | None = -1) -> bytes:
        data = super().read(count)
        assert self.tell() <= self.last
        return data


@pytest.mark.parametrize("name", NAMES)
def test_no_byte_of_a_tensor_is_read(name: str) -> None:
    data = fixture(name)
    name_at = data.rindex(b"blk.1.experts")
    header = name_at + len("blk.1.experts") + 4 + 4 * 8 + 4 + 8
    account = gguf.read(Source(Watched(data, header), name))
    assert account.receipt.bytes_read <= header


def test_bits_of_a_weight_are_told() -> None:
    account = read(fixture("little"))
    assert account["blk.0.Q4_K.weight"].packing == "blocks of 256 weights in 144 bytes, 4.5 bits a weight"
    assert account["blk.0.F16.weight"].packing == ""


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_a_whole_number_of_bits_in_a_block(kind: int) -> None:
    name, block, size = TYPES[kind]
    row = read(W.file([], [W.tensor("w", [block * 2, 3], kind)], size * 6)).rows[0]
    assert (row.dtype, row.shape, row.bytes) == (name, (3, block * 2), size * 6)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_version_in_every_order_of_bytes_is_read(version: int, order: str) -> None:
    w = Writer(version, order)
    pairs = [
        w.pair("n", 4, w.pack("I", 7)),
        w.pair("tokenizer.x", 9, w.pack(f"I{w.wide}", 8, 2) + w.text("a") + w.text("")),
        w.pair("list", 9, w.pack(f"I{w.wide}h", 3, 1, -5)),
    ]
    account = read(w.file(pairs, [w.tensor("a", [2, 3]), w.tensor("b", [], 1, 32)], 34))
    assert account.config == {"n": 7, "tokenizer.x": {"array of": "string", "count": 2}, "list": [-5]}
    assert [(row.path, row.shape, row.bytes) for row in account.rows] == [("a", (3, 2), 24), ("b", (), 2)]


@given(
    st.sampled_from([1, 2, 3]),
    st.dictionaries(st.text(max_size=4), st.integers(0, 2**32 - 1), max_size=4),
    st.dictionaries(st.text(max_size=4), st.tuples(st.sampled_from(sorted(TYPES)), st.integers(0, 3)), max_size=5),
)
def test_what_is_written_is_read(version: int, numbers: dict, tensors: dict) -> None:
    w = Writer(version)
    numbers.pop("general.alignment", None)
    offset, entries, wanted = 0, [], {}
    for name, (kind, rows) in tensors.items():
        dtype, block, size = TYPES[kind]
        entries.append(w.tensor(name, [block, rows], kind, offset))
        offset += -(-size * rows // 32) * 32
        wanted[name] = (dtype, (rows, block), size * rows)
    account = read(w.file([w.pair(key, 4, w.pack("I", value)) for key, value in numbers.items()], entries, offset))
    assert account.config == numbers
    assert {row.path: (row.dtype, row.shape, row.bytes) for row in account.rows} == wanted


LONG = "x" * 70_000
HOSTILE = {
    "an empty file": b"",
    "another magic": b"GGML" + bytes(40),
    "version 0": b"GGUF" + bytes(20),
    "version 4": Writer(4).file([], []),
    "nothing behind the version": b"GGUF\3\0\0\0",
    # CVE-2024-21825, CVE-2024-23496 and CVE-2024-21802: counts and lengths that overflow an allocation
    "2^64 - 1 tensors": b"GGUF" + struct.pack("<IQQ", 3, 2**64 - 1, 0),
    "2^64 - 1 pairs": b"GGUF" + struct.pack("<IQQ", 3, 0, 2**64 - 1),
    "a million tensors that are not there": b"GGUF" + struct.pack("<IQQ", 3, 10**6, 0),
    # CVE-2024-21836, CVE-2024-23605: a key's length
    "a key of 2^64 - 1": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**64 - 1) + b"key",
    "a key beyond the limit": W.file([W.pair(LONG, 4, W.pack("I", 1))], []),
    "a text of 2^64 - 1": W.file([W.pair("k", 8, W.pack("Q", 2**64 - 1))], []),
    "a text beyond the file": W.file([W.pair("k", 8, W.pack("Q", 10**6))], []),
    "a text that is no UTF-8": W.file([W.pair("k", 8, W.text(b"\xff"))], []),
    "a pair of an unknown type": W.file([W.pair("k", 13, bytes(8))], []),
    "a bool of 2": W.file([W.pair("k", 7, b"\2")], []),
    "a key twice": W.file([W.pair("k", 4, bytes(4)), W.pair("k", 4, bytes(4))], []),
    "arrays in arrays": W.file([W.pair("k", 9, W.pack("IQ", 9, 1) + W.pack("IQ", 9, 1) * 10**4)], []),
    "an array of an unknown type": W.file([W.pair("k", 9, W.pack("IQ", 99, 1))], []),
    "an array of 2^64 - 1": W.file([W.pair("k", 9, W.pack("IQ", 0, 2**64 - 1))], []),
    "numbers beyond the file": W.file([W.pair("k", 9, W.pack("IQ", 10, 10**7))], []),
    "texts beyond the file": W.file([W.pair("k", 9, W.pack("IQ", 8, 10**7))], []),
    "a text of 2^64 - 1 in a vocabulary": W.file([W.pair("tokenizer.k", 9, W.pack("IQQ", 8, 2, 2**64 - 1))], []),
    "alignment 0": W.file([W.pair("general.alignment", 4, bytes(4))], []),
    "alignment 24": W.file([W.pair("general.alignment", 4, W.pack("I", 24))], []),
    "alignment that is a text": W.file([W.pair("general.alignment", 8, W.text("32"))], []),
    "alignment of 2^31": W.file([W.pair("general.alignment", 4, W.pack("I", 1 << 31))], [W.tensor("w", [1])], 4),
    # llama.cpp#25378, gguf-tools#25: rank without bound
    "5 axes": W.file([], [W.tensor("w", [1] * 5)], 4),
    "2^32 - 1 axes": W.file([], [W.text("w") + W.pack("I", 2**32 - 1)], 4),
    "an unknown type": W.file([], [W.tensor("w", [32], 99)], 4),
    "a type that was never written": W.file([], [W.tensor("w", [32], 4)], 99),
    "rows that are no whole blocks": W.file([], [W.tensor("w", [33], 2)], 99),
    # CVE-2025-53630, CVE-2026-27940, CVE-2026-33298: sizes and their sum wrap
    "sizes whose product wraps": W.file([], [W.tensor("w", [2**32, 2**32], 0)], 4),
    "bytes that wrap": W.file([], [W.tensor("w", [2**62], 0)], 4),
    "a sum that wraps": W.file([], [W.tensor("v", [2**61], 0), W.tensor("w", [8], 0, 2**63)], 32),
    # CVE-2026-7482: sizes that lie
    "more bytes than there are": W.file([], [W.tensor("w", [100])], 32),
    # gguf-parser-go#20: an offset that is negative as a signed number
    "an offset of 2^64 - 32": W.file([], [W.tensor("w", [1], 0, 2**64 - 32)], 4),
    "an offset that is not aligned": W.file([], [W.tensor("w", [1], 0, 4)], 8),
    "an overlap": W.file([], [W.tensor("v", [9]), W.tensor("w", [1], 0, 32)], 64),
    "the same bytes twice": W.file([], [W.tensor("v", [8]), W.tensor("w", [8])], 32),
    "a tensor twice": W.file([], [W.tensor("w", [8]), W.tensor("w", [8], 0, 32)], 64),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_contradicts_itself_is_refused_in_one_sentence(case: str) -> None:
    with pytest.raises(FormatError, match=r"^a file: ") as caught:
        read(HOSTILE[case])
    assert len(str(caught.value)) < 1000


def test_limits_are_options() -> None:
    data = W.file([W.pair("key", 8, W.text("x" * 50))], [W.tensor(name, [0]) for name in "ab"])
    for limits in ({"entries": 1}, {"name": 2}, {"text": 49}):
        with pytest.raises(FormatError, match=f"`{next(iter(limits))}`"):
            read(data, **limits)
    assert read(data, entries=2, name=3, text=55).config == {"key": "x" * 50}


def test_a_part_says_that_it_is_one() -> None:
    account = read(W.file([W.pair("split.count", 2, W.pack("H", 3))], []))
    assert account.receipt.notes == ["a file is one of 3 parts of a network: the others are not in it."]


@pytest.mark.parametrize("name", ["big", "little"])
def test_a_file_cut_anywhere_is_refused(name: str) -> None:
    data = fixture(name)
    for length in range(0, len(data) - 64, 7):  # padding may follow the last tensor
        with pytest.raises(FormatError):
            read(data[:length])


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=settings().max_examples * 3)
def test_a_changed_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    changed = bytearray(fixture(name))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    with contextlib.suppress(FormatError):
        assert read(bytes(changed)).total >= 0


def test_it_is_recognised_by_its_magic_or_its_name() -> None:
    assert gguf.recognises(b"GGUF\3\0\0\0", "")
    assert gguf.recognises(b"", "model.Q4_K_M.GGUF")
    assert not gguf.recognises(b"PK\3\4", "model.zip")
