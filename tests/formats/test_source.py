"""Bytes are read where they are and nowhere else, counted, and bounded by limits that can be set."""

import io
import os
import stat

import pytest

from weigh.errors import FormatError
from weigh.formats.source import Limits, Source, opened


def test_what_is_read_is_counted() -> None:
    source = Source(io.BytesIO(b"\x01\x02\x03\x04rest"), "a file")
    assert source.number(0, 4, "a number") == 0x04030201
    assert source.read(4, 2, "two") == b"re"
    assert source.receipt.to_dict()["bytes_read"] == 6
    assert source.receipt.bytes_present == source.size == 8


@pytest.mark.parametrize(("offset", "count"), [(0, 9), (8, 1), (-1, 2), (2**64, 1), (1, 2**64), (0, -1)])
def test_what_is_not_there_is_not_read(offset: int, count: int) -> None:
    with pytest.raises(FormatError, match=r"a file: a header should be .* but the file has 8"):
        Source(io.BytesIO(bytes(8)), "a file").read(offset, count, "a header")


def test_a_limit_is_named_and_can_be_set() -> None:
    with pytest.raises(FormatError, match="`entries` is 10"):
        Source(io.BytesIO(), "a file", Limits(entries=10)).check(11, "entries", "the number of tensors")
    assert Source(io.BytesIO(), "a file", Limits(entries=11)).check(11, "entries", "the number of tensors") == 11
    with pytest.raises(TypeError, match="entrys"):
        Limits(entrys=1)


def test_folders_devices_and_pipes_are_no_files(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero", tmp_path / "missing"):
        with pytest.raises(FormatError, match=r"cannot be read|a device or a pipe"), opened(path):
            pass


def test_a_file_is_opened_and_closed(tmp_path) -> None:
    (tmp_path / "some.bin").write_bytes(b"abc")
    with opened(tmp_path / "some.bin") as source:
        assert source.read(0, 3, "all") == b"abc"
    assert source.file.closed
