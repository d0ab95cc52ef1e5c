import os
import random
import resource
import signal
import stat
import subprocess
import sys

import pytest

from weigh.errors import SaveError
from weigh.formats.atomic import replacing

OLD, NEW = b"old" * 1000, b"new" * 50_000

# Saves again and again; each file is one byte, many times, so that a mixture is seen.
SAVING_CHILD = """
import itertools, sys
from weigh.formats.atomic import replacing
for round in itertools.count():
    with replacing(sys.argv[1]) as file:
        for _ in range(40):
            file.write(bytes([round % 256]) * 10_000)
    print("saved", flush=True)
"""


def write(path, content, **options):
    with replacing(str(path), **options) as file:
        file.write(content)


def write_half(path, error):
    with replacing(str(path)) as file:
        file.write(NEW)
        raise error


def test_a_new_file_is_written_and_nothing_else_is_left(tmp_path):
    write(tmp_path / "file", NEW)
    assert (tmp_path / "file").read_bytes() == NEW
    assert os.listdir(tmp_path) == ["file"]


def test_until_the_block_ends_the_old_file_is_there(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(OLD)
    with replacing(str(path)) as file:
        file.write(NEW)
        file.flush()
        assert path.read_bytes() == OLD
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("error", [ValueError("one"), KeyboardInterrupt(), OSError(5, "Input/output error")])
def test_an_error_in_the_block_leaves_the_old_file_and_no_litter(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(OLD)
    with pytest.raises(SaveError if isinstance(error, OSError) else type(error)) as raised:
        write_half(path, error)
    assert path.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["file"]
    if isinstance(error, OSError):
        assert raised.value.__cause__ is error
        assert "Input/output error" in str(raised.value)


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(OLD)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(NEW) // 2, limits[1]))
    try:
        with pytest.raises(SaveError, match="untouched"):
            write(path, NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["file"]


def test_a_process_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    path = tmp_path / "file"
    moments = random.Random(0)
    for _ in range(12):
        child = subprocess.Popen([sys.executable, "-c", SAVING_CHILD, str(path)], stdout=subprocess.PIPE)
        child.stdout.readline()
        for _ in range(moments.randrange(100)):
            assert len(path.read_bytes()) == 400_000
        child.send_signal(signal.SIGKILL)
        child.communicate()
        content = path.read_bytes()
        assert len(content) == 400_000
        assert len(set(content)) == 1


def test_a_file_keeps_its_permissions_and_a_new_one_obeys_the_umask(tmp_path):
    path = tmp_path / "file"
    before = os.umask(0o027)
    try:
        write(path, OLD)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    write(path, NEW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "file")
    write(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere" / "file").read_bytes() == NEW


def test_what_cannot_be_a_file_is_said(tmp_path):
    with pytest.raises(SaveError, match="folder"):
        write(tmp_path, NEW)
    with pytest.raises(SaveError, match="No such file or directory"):
        write(tmp_path / "missing" / "file", NEW)
    with pytest.raises(SaveError, match="not a plain file"):
        write("/dev/null", NEW)


def test_a_file_is_not_overwritten_unless_told(tmp_path):
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(SaveError, match="exists"):
        write(tmp_path / "file", NEW, overwrite=False)
    assert (tmp_path / "file").read_bytes() == OLD
