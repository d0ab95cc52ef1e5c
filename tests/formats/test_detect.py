"""What a file is, its first bytes tell before its name does; folders and streams are read as well."""

import contextlib
import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.errors import FormatError
from weigh.formats import detect
from weigh.formats.source import Limits

FIXTURES = Path(__file__).parent / "fixtures"
SAFETENSORS = (FIXTURES / "safetensors" / "shapes.safetensors").read_bytes()
GGUF = (FIXTURES / "gguf" / "aligned.gguf").read_bytes()
FORMATS = {"safetensors": SAFETENSORS, "GGUF": GGUF}
with io.BytesIO() as _file:
    np.save(_file, np.zeros((2, 3)))
    FORMATS["npy"] = _file.getvalue()
with io.BytesIO() as _file:
    np.savez(_file, a=np.zeros(3))
    FORMATS["npz"] = _file.getvalue()


class Pipe(io.RawIOBase):
    """What cannot be read at any place."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, count: int = -1) -> bytes:
        return self.data.read(min(count, 1000))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["model", "model.bin", "model.onnx", "model.safetensors", "model.npy"])
def test_first_bytes_count_more_than_a_name(tmp_path, format: str, name: str) -> None:
    (tmp_path / name).write_bytes(FORMATS[format])
    account = detect.read(tmp_path / name)
    assert account.format == format
    assert account.receipt.bytes_read <= account.receipt.bytes_present + 1000


@pytest.mark.parametrize("format", FORMATS)
def test_open_files_and_streams_are_read(format: str) -> None:
    whole = detect.read(io.BytesIO(FORMATS[format]))
    streamed = detect.read(Pipe(FORMATS[format]))
    assert whole.to_dict()["weights"] == streamed.to_dict()["weights"]
    assert whole.format == streamed.format == format


@pytest.mark.parametrize("is_pipe", [True, False])
def test_standard_input_is_read(tmp_path, is_pipe: bool) -> None:
    (tmp_path / "file").write_bytes(SAFETENSORS)
    script = "from weigh.formats import detect; account = detect.read('-'); print(account.name, account.total)"
    with open(tmp_path / "file", "rb") as file:
        given = {"input": SAFETENSORS} if is_pipe else {"stdin": file}
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, **given)
    assert done.stdout.decode() == "standard input 2\n"


def test_a_stream_is_bounded() -> None:
    with pytest.raises(FormatError, match=r"more than 1,000 bytes came, which is the limit `spool`"):
        detect.read(Pipe(GGUF), spool=1000)


def test_what_is_not_understood_is_told_what_would_be(tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(FormatError, match=r"GGUF \(\.gguf\), safetensors \(\.safetensors\), NumPy \(\.npy \.npz\)"):
        detect.read(tmp_path / "notes.txt")


def test_what_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(FormatError, match="No such file"):
        detect.read(tmp_path / "missing.gguf")
    with pytest.raises(FormatError, match="of a format understood here"):
        detect.read(tmp_path)


def folder_of_all(folder: Path) -> None:
    (folder / "inner" / "deep").mkdir(parents=True)
    (folder / "a.gguf").write_bytes(GGUF)
    (folder / "inner" / "b.safetensors").write_bytes(SAFETENSORS)
    (folder / "inner" / "deep" / "c.npz").write_bytes(FORMATS["npz"])
    (folder / "notes.txt").write_text("hello")
    (folder / ".cache").write_bytes(SAFETENSORS)
    os.symlink(folder, folder / "inner" / "again")


def test_a_folder_is_the_sum_of_its_files(tmp_path) -> None:
    folder_of_all(tmp_path)
    account = detect.read(tmp_path)
    assert account.format == "GGUF + safetensors + npz"
    assert account["inner/deep/c.npz/a"].count == 3
    assert account["inner/b.safetensors/deep"].layer == "inner/b.safetensors"
    assert account["a.gguf/blk.1.experts"].layer == "a.gguf/blk.1"
    assert account.total == sum(detect.read(io.BytesIO(FORMATS[of])).total for of in ("GGUF", "safetensors", "npz"))
    assert account.config["a.gguf"]["general.architecture"] == "llama"
    assert "no network is in '.cache', 'notes.txt'" in account.receipt.notes[0]


def test_what_is_broken_in_a_folder_is_refused_and_told(tmp_path) -> None:
    (tmp_path / "a.gguf").write_bytes(GGUF[:100])
    with pytest.raises(FormatError, match=r"none of its files can be read.*a\.gguf"):
        detect.read(tmp_path)
    (tmp_path / "b.safetensors").write_bytes(SAFETENSORS)
    account = detect.read(tmp_path)
    assert {row.layer for row in account.rows} == {"b.safetensors"}
    assert "a.gguf" in account.receipt.refused[0]


def test_shards_missing_in_a_folder_are_told(tmp_path) -> None:
    for number in (1, 3):
        (tmp_path / f"m-0000{number}-of-00003.gguf").write_bytes(GGUF)
    assert "Not all of the 3 shards of 'm.gguf' are here; missing: 2." in detect.read(tmp_path).receipt.notes


def test_folders_nest_up_to_a_limit(tmp_path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c" / "w.npy").write_bytes(FORMATS["npy"])
    assert detect.read(tmp_path, Limits(depth=3)).total == 6
    with pytest.raises(FormatError, match="`depth`, 2"):
        detect.read(tmp_path, Limits(depth=2))


def test_pipes_and_devices_in_a_folder_are_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    (tmp_path / "w.npy").write_bytes(FORMATS["npy"])
    assert detect.read(tmp_path).total == 6


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        assert detect.read(io.BytesIO(data)).total >= 0


def test_a_file_of_a_telling_beginning_costs_no_array_library_and_no_other_reader() -> None:
    path = FIXTURES / "safetensors" / "formats.safetensors"
    script = (
        "import sys; from weigh.formats import detect; detect.read(sys.argv[1]); "
        "print(sorted({'numpy', 'jax', 'h5py', 'rich', 'zipfile', 'weigh.formats.numpy_file'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=True)
    assert done.stdout == b"[]\n"


def test_a_large_file_costs_as_much_as_its_header(tmp_path) -> None:
    header = b'{"w":{"dtype":"F32","shape":[2500,1000000],"data_offsets":[0,10000000000]}}'
    with open(tmp_path / "large", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 10**10)  # a hole, which takes no room
    account = detect.read(tmp_path / "large")
    assert (account.total, account.receipt.bytes_read) == (2_500_000_000, 8 + len(header))
