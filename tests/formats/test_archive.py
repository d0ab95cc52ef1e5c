import contextlib
import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.errors import FormatError, UnsafeFileError
from weigh.formats import archive
from weigh.formats.archive import Archive

CONTENT = {"one.txt": b"first" * 40, "folder/two.bin": bytes(range(256)), "empty": b""}


def zipped(content=CONTENT, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zip_file:
        for name, data in content.items():
            zip_file.writestr(name, data)
    return file.getvalue()


def read(data, names=CONTENT, limit=1 << 20):
    opened = Archive(io.BytesIO(data), "file.zip")
    found = {name: opened.read(name, limit) for name in names}
    for name in names:
        with opened.open(name) as member:
            assert member.read() == found[name]
            member.seek(0)
            assert member.read(3) == found[name][:3]
    return found


def directory_field(data, name, offset, layout, value):
    """Change a field of a member's entry in the directory."""
    at = data.index(b"PK\x01\x02")
    while data[at + 46 :][: len(name)] != name.encode():
        at = data.index(b"PK\x01\x02", at + 4)
    changed = bytearray(data)
    struct.pack_into(layout, changed, at + offset, value)
    return bytes(changed)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_come_back(method):
    assert read(zipped(method=method)) == CONTENT


def test_a_member_written_as_a_stream_comes_back():
    class Unseekable(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, block):
            self.data += bytes(block)
            return len(block)

    file = Unseekable()
    with zipfile.ZipFile(file, "w") as zip_file:
        zip_file.writestr("one.txt", CONTENT["one.txt"])
    assert read(file.data, ["one.txt"]) == {"one.txt": CONTENT["one.txt"]}


@pytest.mark.parametrize("name", ["../up", "/root", "a/../../b", "..\\up", "C:/x", "a/.."])
def test_a_name_that_leads_out_of_a_folder_is_refused(name):
    with pytest.raises(UnsafeFileError, match="leads out"):
        read(zipped({**CONTENT, name: b"x"}))


def test_two_members_of_one_name_are_refused():
    data = zipped({"one.txt": b"a", "two.txt": b"b"}).replace(b"two.txt", b"one.txt")
    with pytest.raises(FormatError, match="twice"):
        read(data, ["one.txt"])


def test_overlapping_members_are_refused():
    data = zipped({"one.txt": b"a" * 100, "two.txt": b"b" * 100})
    inside = data.index(b"two.txt") - 40
    with pytest.raises(FormatError, match=r"overlaps|not where"):
        read(directory_field(data, "two.txt", 42, "<I", inside), ["one.txt"])
    both = data.replace(b"two.txt", b"one.txt")
    with pytest.raises(FormatError, match=r"twice|overlaps"):
        read(directory_field(both, "one.txt", 42, "<I", 0), ["one.txt"])


def test_a_member_that_is_described_otherwise_at_its_place_is_refused():
    data = zipped({"one.txt": b"a" * 100})
    place = data.index(b"one.txt")
    with pytest.raises(FormatError, match="not described alike"):
        read(data[:place] + b"two.txt" + data[place + 7 :], ["one.txt"])
    with pytest.raises(FormatError, match="not described alike"):
        read(directory_field(data, "one.txt", 16, "<I", 7), ["one.txt"])


def test_something_before_the_first_member_is_refused():
    with pytest.raises(FormatError, match="not a zip file"):
        read(b"#!/bin/sh\n" + zipped())
    with pytest.raises(FormatError, match="overlaps"):
        read(zipped({"hidden": b"x"})[:40] + zipped(), CONTENT)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(archive, "FLOOR", 1 << 10)
    with pytest.raises(UnsafeFileError, match="bomb"):
        read(zipped({"one.txt": b"\0" * (1 << 18)}, zipfile.ZIP_DEFLATED), ["one.txt"])


def test_a_claimed_size_alone_makes_a_bomb():
    data = zipped({"one.txt": b"\0" * 1000}, zipfile.ZIP_DEFLATED)
    with pytest.raises(UnsafeFileError, match="bomb"):
        read(directory_field(data, "one.txt", 24, "<I", 0xFFFFFFF0), ["one.txt"])


def test_a_stored_member_cannot_claim_more_than_it_has():
    with pytest.raises(FormatError, match="claims 9,999 bytes"):
        read(directory_field(zipped(), "one.txt", 24, "<I", 9999))


def test_a_member_longer_than_makes_sense_is_refused():
    with pytest.raises(FormatError, match="at most 100"):
        read(zipped(), limit=100)


def test_a_missing_member_is_named_beside_those_that_are_there():
    with pytest.raises(FormatError, match=r"no 'three'.*empty, folder/two.bin, one.txt"):
        read(zipped(), ["three"])


def test_an_encrypted_or_strangely_packed_member_is_refused():
    with pytest.raises(FormatError, match="encrypted"):
        read(directory_field(zipped(), "one.txt", 8, "<H", 1))
    with pytest.raises(FormatError, match="method 14"):
        read(zipped(method=zipfile.ZIP_LZMA))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_file_cut_anywhere_is_refused(method):
    data = zipped(method=method)
    for length in range(len(data)):
        with pytest.raises(FormatError):
            read(data[:length])


@given(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_is_noticed_or_changes_nothing(method, place, bit):
    data = bytearray(zipped(method=method))
    data[place % len(data)] ^= 1 << bit
    with contextlib.suppress(FormatError):
        assert read(bytes(data)) == CONTENT
