import contextlib
import io
import os
import zlib

import h5py
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.errors import FormatError, SaveError, UnsafeFileError
from weigh.formats import weights_file
from weigh.formats.weights_file import Group

KERNEL = np.arange(12, dtype="float32").reshape(3, 4)
GROUPS = [
    Group("", "network", {}),
    Group("layers/dense", "dense_7", {"0": KERNEL, "1": np.zeros(4, "float32")}),
    Group("optimizer", "adam", {"0": np.array(3, "int32")}),
]


def dataset(path, make):
    """Write a weights file whose one array `make(group)` makes, and read it."""
    with h5py.File(path, "w") as file:
        make(file.create_group("layers/dense/vars"))
    with weights_file.opened(str(path)) as weights:
        return weights.array("layers/dense", "0")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.weights.h5"


def test_groups_come_back(path):
    weights_file.save(str(path), GROUPS)
    with weights_file.opened(str(path)) as weights:
        for group in GROUPS:
            assert sorted(weights.keys(group.path)) == sorted(group.values)
            for key, value in group.values.items():
                assert weights.shape(group.path, key) == value.shape
                np.testing.assert_array_equal(weights.array(group.path, key), value)
        assert weights.keys("layers/other") == []


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint32", "int64", "float16", "float32", "float64", "complex64"])
def test_every_number_format_comes_back(path, dtype):
    value = np.array([[0, 1], [2, 3]]).astype(dtype)
    weights_file.save(str(path), [Group("a", "a", {"0": value})])
    with weights_file.opened(str(path)) as weights:
        back = weights.array("a", "0")
    assert back.dtype == value.dtype
    np.testing.assert_array_equal(back, value)


def test_bfloat16_is_written_as_keras_writes_it(path):
    value = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    weights_file.save(str(path), [Group("a", "a", {"0": value})])
    with h5py.File(path) as file:
        assert file["a/vars/0"].attrs["dtype"] == "bfloat16"
    with weights_file.opened(str(path)) as weights:
        np.testing.assert_array_equal(weights.array("a", "0"), value)


@pytest.mark.parametrize(
    "options",
    [{"compression": "gzip"}, {"compression": "lzf"}, {"compression": "gzip", "shuffle": True, "fletcher32": True}],
)
def test_arrays_packed_by_the_usual_filters_are_read(path, options):
    value = np.zeros((50, 40), "float32")
    value[3] = 7
    np.testing.assert_array_equal(dataset(path, lambda group: group.create_dataset("0", data=value, **options)), value)


def external_link(group):
    group["0"] = h5py.ExternalLink("/etc/passwd", "/x")


def link_to_a_group_elsewhere(group):
    del group.file["layers/dense/vars"]
    group.file["layers/dense/vars"] = h5py.ExternalLink("other.h5", "/")


def soft_link(group):
    group["0"] = h5py.SoftLink("/layers/dense/vars/1")


def soft_link_to_itself(group):
    group["0"] = h5py.SoftLink("/layers/dense/vars/0")


def external_storage(group):
    group.create_dataset("0", (4,), "uint8", external=[("/etc/hostname", 0, 4)])


def virtual_dataset(group):
    layout = h5py.VirtualLayout(shape=(4,), dtype="float32")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    group.create_virtual_dataset("0", layout)


def claimed_shape(group):
    group.create_dataset("0", (1 << 20, 1 << 20), "float32", chunks=(1 << 10, 1 << 10), compression="gzip")


def never_written(group):
    group.create_dataset("0", (1 << 10,), "float32")


def a_chunk_larger_than_the_dataset(group):
    made = group.create_dataset("0", (8,), "float32", maxshape=(None,), chunks=(1 << 24,), compression="gzip")
    made.id.write_direct_chunk((0,), zlib.compress(bytes(32)))


def deflate_bomb(group):
    made = group.create_dataset("0", (1 << 10,), "float32", chunks=(1 << 10,), compression="gzip")
    made.id.write_direct_chunk((0,), zlib.compress(b"\0" * (1 << 22)))


def strings(group):
    group["0"] = ["text", "more"]


def records(group):
    group["0"] = np.zeros(3, [("a", "f4"), ("b", "i4")])


def references(group):
    group.create_dataset("0", (1,), dtype=h5py.ref_dtype)


def other_filter(group):
    group.create_dataset("0", (64,), "float32", chunks=(64,), scaleoffset=2)[:] = 1


def a_group(group):
    group.create_group("0")


def a_cycle_of_groups(group):
    group["0"] = group


def nothing(group):
    pass


def no_shape(group):
    group["0"] = h5py.Empty("f4")


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (external_link, UnsafeFileError, "another file, '/etc/passwd'"),
        (link_to_a_group_elsewhere, UnsafeFileError, "another file"),
        (external_storage, UnsafeFileError, "other files, \\['/etc/hostname'\\]"),
        (virtual_dataset, UnsafeFileError, "virtual"),
        (deflate_bomb, UnsafeFileError, "more than its 4,096 bytes"),
        (a_chunk_larger_than_the_dataset, UnsafeFileError, "bomb"),
        (soft_link, FormatError, "SoftLink, which is not followed"),
        (soft_link_to_itself, FormatError, "SoftLink, which is not followed"),
        (claimed_shape, FormatError, "claims 4,398,046,511,104 bytes"),
        (never_written, FormatError, "claims 4,096 bytes.*holds 0"),
        (strings, FormatError, "array of numbers"),
        (records, FormatError, "array of numbers"),
        (references, FormatError, "array of numbers"),
        (no_shape, FormatError, "array of numbers"),
        (other_filter, FormatError, "filter 6"),
        (a_group, FormatError, "no dataset"),
        (a_cycle_of_groups, FormatError, "no dataset"),
        (nothing, FormatError, "no dataset"),
    ],
)
def test_what_is_no_plain_array_in_the_file_is_refused(path, make, error, says):
    with pytest.raises(error, match=says) as raised:
        dataset(path, make)
    assert "layers/dense/vars" in str(raised.value)
    assert str(path) in str(raised.value)


def test_datasets_that_claim_the_same_bytes_are_refused(path):
    value = np.zeros(5000, "float32")
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = value
        file["layers/dense/vars/1"] = file["layers/dense/vars/0"]
    with weights_file.opened(str(path)) as weights:
        weights.array("layers/dense", "0")
        with pytest.raises(FormatError, match="claimed already"):
            weights.array("layers/dense", "1")


def test_a_shape_that_lies_is_refused(path):
    with h5py.File(path, "w", libver="earliest") as file:
        file["layers/dense/vars/0"] = np.zeros((1234, 7), "float32")
    data = path.read_bytes()
    for large in (1235, 1 << 31, 1 << 62, (1 << 64) - 1):
        path.write_bytes(data.replace((1234).to_bytes(8, "little"), large.to_bytes(8, "little")))
        with pytest.raises(FormatError), weights_file.opened(str(path)) as weights:
            weights.array("layers/dense", "0")


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04" + bytes(100), b"\x89HDF\r\n\x1a\n"]
)
def test_a_foreign_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(FormatError, match=str(path)), weights_file.opened(str(path)):
        pass


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(FormatError, match="No such file"), weights_file.opened(str(tmp_path / "missing.weights.h5")):
        pass
    with pytest.raises(FormatError, match="folder"), weights_file.opened(str(tmp_path)):
        pass


def written():
    file = io.BytesIO()
    weights_file.write(file, GROUPS)
    return file.getvalue()


def read_all(data):
    weights = weights_file.Weights(io.BytesIO(data), "file")
    try:
        return {
            group.path: {key: weights.array(group.path, key) for key in weights.keys(group.path)} for group in GROUPS
        }
    finally:
        weights.close()


def test_a_file_cut_anywhere_is_refused():
    data = written()
    for length in range(0, len(data), 7):
        with pytest.raises(FormatError):
            read_all(data[:length])


@given(st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_gives_arrays_or_one_error(place, bit):
    data = bytearray(written())
    data[place % len(data)] ^= 1 << bit
    with contextlib.suppress(FormatError):
        assert sum(array.nbytes for group in read_all(bytes(data)).values() for array in group.values()) <= len(data)


def test_an_array_that_cannot_be_made_leaves_the_old_file(path):
    weights_file.save(str(path), GROUPS)
    before = path.read_bytes()

    def groups():
        yield GROUPS[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(SaveError, match="No space left"):
        weights_file.save(str(path), groups())
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]
