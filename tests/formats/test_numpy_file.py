"""NumPy's files are read as NumPy writes them, by their headers, and nothing in them is evaluated or unpickled."""

import contextlib
import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weigh.account.account import Account
from weigh.errors import FormatError, UnsafeFileError
from weigh.formats import numpy_file
from weigh.formats.numpy_file import Literal
from weigh.formats.source import Limits, Source

DTYPES = [
    "?",
    "i1",
    "u1",
    "i2",
    "u2",
    "i4",
    "u4",
    "i8",
    "u8",
    "f2",
    "f4",
    "f8",
    "c8",
    "c16",
    ">f4",
    ">i8",
    "S3",
    "U5",
    "V7",
    "M8[ns]",
    "m8[D]",
]


def read(data: bytes, **limits: int) -> Account:
    return numpy_file.read(Source(io.BytesIO(data), "a file", Limits(**limits)))


def saved(array: np.ndarray, version: tuple[int, int] | None = None, **options: bool) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version, **options)
    return file.getvalue()


def header(text: str | bytes, version: int = 1, content: int = 0) -> bytes:
    data = text.encode("latin-1") if isinstance(text, str) else text
    length = struct.pack("<H" if version == 1 else "<I", len(data))
    return b"\x93NUMPY" + bytes([version, 0]) + length + data + bytes(content)


def described(descr: str = "'<f4'", shape: str = "(2,)", order: str = "False", content: int = 8) -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}\n", content=content)


class Watched(io.BytesIO):
    """A file that refuses to be read beyond a place."""

    def __init__(self, data: bytes, last: int) -> None:
        super().__init__(data)
        self.last = last

    def read(self, count: int | None = -1) -> bytes:
        data = super().read(count)
        assert self.tell() <= self.last
        return data


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_an_array_is_what_numpy_saved(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.zeros(shape, dtype)
    row = read(saved(array)).rows[0]
    names = {"S": "bytes", "U": "string", "V": "void", "M": "datetime64", "m": "timedelta64"}
    assert (row.shape, row.bytes) == (shape, array.nbytes)
    assert row.dtype == names.get(array.dtype.kind, array.dtype.name)


@given(st.sampled_from([(1, 0), (2, 0), (3, 0)]), hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(max_side=3)))
def test_any_array_in_any_version_is_read(version: tuple[int, int], array: np.ndarray) -> None:
    if array.dtype.kind in "fc" and array.dtype.itemsize > 16:
        array = array.astype("f8")
    row = read(saved(np.asfortranarray(array), version)).rows[0]
    assert (row.shape, row.bytes) == (array.shape, array.nbytes)


@pytest.mark.parametrize(
    "dtype",
    [
        [("x", "f4"), ("y", "i2", (3, 2)), ("z", [("inner", "U3")])],
        [("größe", "f8"), ("it's", "i1"), ('"', "i1"), ("\\", "i1")],
        np.dtype([("a", "i1"), ("b", "f8")], align=True),
        [(("a title", "name"), "f4")],
    ],
)
@pytest.mark.filterwarnings("ignore:Stored array in format")
def test_records_are_as_long_as_numpy_says(dtype: object) -> None:
    array = np.zeros(3, dtype)
    row = read(saved(array)).rows[0]
    assert (row.dtype, row.bytes) == ("record", array.nbytes)


def test_no_byte_of_an_array_is_read() -> None:
    data = saved(np.zeros(100))
    account = numpy_file.read(Source(Watched(data, len(data) - 800), "an array"))
    assert account.receipt.bytes_read <= len(data) - 800 + 12 + 6


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_is_read_by_the_heads_of_its_members(save: object) -> None:
    file = io.BytesIO()
    arrays = {"b": np.zeros((400, 500)), "a/kernel": np.zeros((2, 3), "f2")}
    save(file, **arrays)
    account = read(file.getvalue())
    assert {row.path: (row.shape, row.bytes) for row in account.rows} == {
        path: (array.shape, array.nbytes) for path, array in arrays.items()
    }
    assert account.format == "npz"
    assert account.receipt.bytes_read < 60_000


def test_a_long_header_in_an_archive_is_read_whole() -> None:
    file = io.BytesIO()
    array = np.zeros(2, [(f"a name that is long {number}", "f4") for number in range(300)])
    np.savez(file, array=array)
    assert read(file.getvalue()).rows[0].bytes == array.nbytes


def test_objects_are_never_unpickled() -> None:
    # CVE-2019-6446: loading arrays of objects runs code
    objects = np.array([print, None], dtype=object)
    with pytest.raises(UnsafeFileError, match="pickle, which is not loaded"):
        read(saved(objects))
    for descr in ("'|O'", "'O'", "[('a', '|O')]", "[('a', [('b', '<f4'), ('c', 'O')])]"):
        with pytest.raises(UnsafeFileError):
            read(described(descr))
    file = io.BytesIO()
    np.savez(file, objects=objects, numbers=np.zeros(3))
    account = read(file.getvalue())
    assert [row.path for row in account.rows] == ["numbers"]
    assert "'objects.npy' is an array of Python objects" in account.receipt.refused[0]


def test_what_else_an_archive_holds_is_told() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("w.npy", saved(np.zeros(3)))
        archive.writestr("note.txt", "hello")
    assert read(file.getvalue()).receipt.notes == ["a file: 'note.txt' is no array."]


def test_what_follows_the_first_array_is_told() -> None:
    assert read(described(content=11)).receipt.notes == [
        "a file: 3 bytes follow the array; only the first array is counted."
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(1, 2L)", (1, 2)),
        ("(1)", 1),
        ("(1,)", (1,)),
        ("()", ()),
        ("[ ]", []),
        ("{}", {}),
        (" {'a' : [(True, None), -3,], } ", {"a": [(True, None), -3]}),
        (r"'it\'s'", "it's"),
        ('u"x"', "x"),
    ],
)
def test_literals_are_what_python_reads(text: str, value: object) -> None:
    assert Literal(text, "a header", 9).value() == value


HOSTILE = {
    "an empty file": b"",
    "half a magic": b"\x93NUM",
    "no version": b"\x93NUMPY",
    "version 4": header("{}", 4),
    "version 1.1": b"\x93NUMPY\1\1\0\0",
    "a header of 4 GiB": b"\x93NUMPY\3\0\xff\xff\xff\xff",
    "a header beyond the file": b"\x93NUMPY\1\0\xff\xff{",
    "no literal": header("hello"),
    "code": header("{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (1,)}"),
    "an expression": described(shape="(1+1,)"),
    "a power": described(shape="(9**9**9,)"),
    "a call": described(shape="tuple([2])"),
    "nesting of 10,000": header("(" * 10_000),
    "nesting of 10,000 that ends": described(shape="(" * 10_000 + ")" * 10_000),
    "a key twice": header("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", content=8),
    "a key too many": header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", content=8),
    "a key too few": header("{'descr': '<f4', 'shape': (1,)}", content=8),
    "something behind": header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} 1", content=8),
    "no UTF-8": header(b"{'\xff': 1}", 3),
    "a list as shape": described(shape="[2]"),
    "a size that is true": described(shape="(True,)"),
    "a negative size": described(shape="(-1,)"),
    "a size of 50 digits": described(shape=f"({'9' * 50},)"),
    "sizes whose product wraps": described(shape="(4294967296, 4294967296)"),
    "65 axes": described(shape=f"({'1,' * 65})"),
    "more bytes than there are": described(shape="(3,)"),
    "an unknown type": described("'<q4'"),
    "a type of no width": described("'<f'"),
    "a type of 3 bytes": described("'<f3'"),
    "a type that is a number": described("7"),
    "a field that is a number": described("[7]"),
    "an order that is a number": described(order="1"),
    "an open text": header("{'descr"),
    "an open list": header("{'descr': ["),
    "no comma": described(shape="(1 2)"),
    "no colon": header("{'descr' '<f4'}"),
    "a zip file cut": b"PK\x03\x04" + bytes(40),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_contradicts_itself_is_refused_in_one_sentence(case: str) -> None:
    with pytest.raises(FormatError, match=r"^a file") as caught:
        read(HOSTILE[case])
    assert len(str(caught.value)) < 1000


def archived() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, a=np.zeros((2, 3)), b=np.ones(4, "f4"))
    return file.getvalue()


FILES = [saved(np.zeros((2, 3))), saved(np.zeros(2, [("x", "f4"), ("y", "i2", (3,))])), archived()]


@pytest.mark.parametrize("data", FILES, ids=["npy", "record", "npz"])
def test_a_file_cut_anywhere_is_refused(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(FormatError):
            read(data[:length])


@given(st.sampled_from(FILES), st.data())
@settings(max_examples=settings().max_examples * 4)
def test_a_changed_file_is_read_or_refused(whole: bytes, data: st.DataObject) -> None:
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        if not changed:
            break
    with contextlib.suppress(FormatError):
        assert read(bytes(changed)).total >= 0


def test_it_is_recognised_by_its_beginning_or_its_name() -> None:
    assert all(numpy_file.recognises(data[:512], "") for data in FILES)
    assert numpy_file.recognises(b"", "x.NPZ")
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", "")
        assert not numpy_file.recognises(file.getvalue(), "model.pt")
