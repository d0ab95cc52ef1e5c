"""safetensors files are read as the format's own library reads them, from the header alone, whatever it claims."""

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
from weigh.formats import safetensors
from weigh.formats.safetensors import DTYPES
from weigh.formats.source import Limits, Source

FIXTURES = Path(__file__).parent / "fixtures" / "safetensors"
NAMES = ["formats", "shapes", "small", "tied", "names"]


def read(data: bytes, **limits: int) -> Account:
    return safetensors.read(Source(io.BytesIO(data), "a file", Limits(**limits)))


def packed(header: object, content: int = 0) -> bytes:
    """A file of a header, given as a text or as what to write in JSON, and of so many bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(content)


def entry(dtype: object = "F32", shape: object = (2,), begin: object = 0, end: object = 8) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


class Watched(io.BytesIO):
    """A file that refuses to be read from some place on."""

    def __init__(self, data: bytes, forbidden: int) -> None:
        super().__init__(data)
        self.forbidden = forbidden

    def read(self, count: int | None = -1) -> bytes:
        data = super().read(count)
        assert self.tell() <= self.forbidden
        return data


@pytest.mark.parametrize("name", NAMES)
def test_tensors_are_those_that_the_library_reads(name: str) -> None:
    account = read((FIXTURES / f"{name}.safetensors").read_bytes())
    told = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert {row.path for row in account.rows} == set(told)
    for row in account.rows:
        dtype, _ = DTYPES[told[row.path]["dtype"]]
        assert (row.dtype, list(row.shape), row.bytes) == (dtype, told[row.path]["shape"], told[row.path]["bytes"])


@pytest.mark.parametrize("name", NAMES)
def test_no_byte_of_a_tensor_is_read(name: str) -> None:
    data = (FIXTURES / f"{name}.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    account = safetensors.read(Source(Watched(data, start), name))
    assert account.receipt.bytes_read == start


def test_a_file_tells_nothing_of_training() -> None:
    account = read(packed({"w": entry()}, 8))
    assert account.to_dict()["trainable"] is None
    assert account["w"].kind == "not known"


def test_a_tie_that_the_metadata_keeps_is_an_alias() -> None:
    account = read((FIXTURES / "tied.safetensors").read_bytes())
    assert account.aliases == {"lm_head.weight": "model.embed_tokens.weight"}
    assert account.total == 7 * 4 + 4
    assert account.config["__metadata__"]["format"] == "pt"


def test_tensors_stand_in_the_order_of_the_header() -> None:
    account = read(packed({"b": entry(begin=8, end=16), "a": entry()}, 16))
    assert [row.path for row in account.rows] == ["b", "a"]


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=5).filter(lambda name: name != "__metadata__"),
        st.tuples(st.sampled_from(sorted(DTYPES)), st.lists(st.integers(0, 4), max_size=3)),
        max_size=5,
    )
)
def test_what_is_written_is_read(tensors: dict[str, tuple[str, list[int]]]) -> None:
    header, end, wanted = {}, 0, {}
    for name, (dtype, shape) in tensors.items():
        shape = [8, *shape]  # whole bytes
        size = DTYPES[dtype][1]
        for axis in shape:
            size *= axis
        header[name] = entry(dtype, shape, end, end + size // 8)
        end += size // 8
        wanted[name] = (DTYPES[dtype][0], tuple(shape), size // 8)
    account = read(packed(header, end))
    assert {row.path: (row.dtype, row.shape, row.bytes) for row in account.rows} == wanted


HOSTILE = {
    "an empty file": b"",
    "half a length": b"\0\0\0",
    # fastllm#712, PR 713: a length near 2^64
    "a length near 2^64": struct.pack("<Q", 2**64 - 1) + b"{}",
    # modelaudit PR 1667: a stub of eight bytes that claims 8 GiB
    "a stub that claims 8 GiB": struct.pack("<Q", 1 << 33),
    "a length beyond the file": struct.pack("<Q", 100) + b"{}",
    "no JSON": packed(b"{nothing}"),
    "no UTF-8": packed(b'{"\xff": 1}'),
    "a list": packed([]),
    "a number": packed(b"7"),
    "nesting of 100,000": packed(b'{"a":' * 100_000),
    "lists of 100,000": packed(
        b'{"w":{"dtype":"F32","data_offsets":[0,0],"shape":' + b"[" * 10**5 + b"]" * 10**5 + b"}}"
    ),
    "lists of 400": packed(b'{"w":{"dtype":"F32","data_offsets":[0,0],"shape":' + b"[" * 400 + b"]" * 400 + b"}}"),
    # openasr PR 73: of two keys the last would win
    "a tensor twice": packed(b'{"w":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"w":{}}', 4),
    "a field twice": packed(b'{"w":{"dtype":"F32","dtype":"F64","shape":[],"data_offsets":[0,4]}}', 4),
    "metadata twice": packed(b'{"__metadata__":{"a":"b","a":"c"}}'),
    # imp#1603: an unknown dtype skipped all checks
    "an unknown dtype": packed({"w": entry("F128")}, 8),
    "a dtype that is a list": packed({"w": entry(["F32"])}, 8),
    # LiteRT#9255, ferrox PR 56: a product that wraps to 0
    "sizes whose product wraps": packed({"w": entry(shape=[2**32, 2**32], end=0)}),
    "sizes of 64 axes": packed({"w": entry(shape=[2**63] * 64)}, 8),
    "65 axes": packed({"w": entry(shape=[1] * 65, end=4)}, 4),
    "a size of 5,000 digits": packed(b'{"w":{"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,8]}}', 8),
    "a size beyond 64 bits": packed({"w": entry(shape=[2**64], end=2**66)}, 8),
    "a negative size": packed({"w": entry(shape=[-2])}, 8),
    "a size that is true": packed({"w": entry(shape=[True], end=4)}, 4),
    "a size with a fraction": packed(b'{"w":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}', 8),
    "a size of 1e1": packed(b'{"w":{"dtype":"F32","shape":[1e1],"data_offsets":[0,40]}}', 40),
    "a size that is no number": packed(b'{"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', 8),
    "a shape that is a text": packed({"w": entry(shape="2")}, 8),
    "three offsets": packed({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4, 8]}}, 8),
    "an end before the begin": packed({"w": entry(begin=8, end=0)}, 8),
    "offsets beyond the file": packed({"w": entry(begin=8, end=16)}, 8),
    "a gap": packed({"v": entry(), "w": entry(begin=12, end=20)}, 20),
    "an overlap": packed({"v": entry(), "w": entry(begin=4, end=12)}, 12),
    "the same bytes twice": packed({"v": entry(), "w": entry()}, 8),
    "too few bytes": packed({"w": entry()}, 7),
    "too many bytes": packed({"w": entry()}, 9),
    "bytes of no tensor": packed({}, 1),
    "half a byte": packed({"w": entry("F4", [3], 0, 1)}, 1),
    "a field too many": packed({"w": {**entry(), "more": 1}}, 8),
    "a field too few": packed({"w": {"dtype": "F32", "shape": [2]}}, 8),
    "a tensor that is a number": packed({"w": 1}),
    "metadata that is a list": packed({"__metadata__": []}),
    "metadata that is no text": packed({"__metadata__": {"a": 1}}),
    "half a character": packed(b'{"\\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8),
    "a name of 100,000": packed({"w" * 100_000: entry()}, 8),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_contradicts_itself_is_refused_in_one_sentence(case: str) -> None:
    with pytest.raises(FormatError, match=r"^a file: ") as caught:
        read(HOSTILE[case])
    assert len(str(caught.value)) < 1000


def test_limits_are_options() -> None:
    data = packed({f"w{number}": entry("U8", [], number, number + 1) for number in range(5)}, 5)
    for limits in ({"header": 10}, {"entries": 4}, {"name": 1}):
        with pytest.raises(FormatError, match=f"`{next(iter(limits))}`"):
            read(data, **limits)
    assert read(data, entries=5).total == 5


def test_names_may_hold_anything_that_is_text() -> None:
    account = read(packed({"\x1b[31m\n\0": entry()}, 8))
    assert account.rows[0].path == "\x1b[31m\n\0"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_anywhere_is_refused(name: str) -> None:
    data = (FIXTURES / f"{name}.safetensors").read_bytes()
    for length in range(len(data)):
        with pytest.raises(FormatError):
            read(data[:length])


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=settings().max_examples * 4)
def test_a_changed_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    changed = bytearray((FIXTURES / f"{name}.safetensors").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not changed:
            break
    with contextlib.suppress(FormatError):
        assert read(bytes(changed)).total >= 0


def test_it_is_recognised_by_its_beginning_or_its_name() -> None:
    assert safetensors.recognises((FIXTURES / "formats.safetensors").read_bytes()[:64], "")
    assert safetensors.recognises(b"", "Model.SafeTensors")
    assert not safetensors.recognises(b"GGUF\3\0\0\0", "model.gguf")
