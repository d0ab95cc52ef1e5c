"""A script runs as `python` runs it."""

import sys
from pathlib import Path

import pytest

from weigh.compat.script import run


def test_a_script_is_main_with_its_arguments_and_the_modules_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "beside.py").write_text("word = 'found'")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, beside, keras\n"
        "assert __name__ == '__main__' and sys.modules['__main__'].beside is beside\n"
        "print(beside.word, __file__, sys.argv, keras.__version__)\n"
    )
    before = list(sys.argv), list(sys.path), sys.modules["__main__"]
    try:
        assert run(str(script), ["--epochs", "3"], 2) == 0
    finally:
        sys.modules.pop("beside", None)
    assert (list(sys.argv), list(sys.path), sys.modules["__main__"]) == before
    assert capsys.readouterr().out == f"found {script} {[str(script), '--epochs', '3']} 2.15.0\n"


def test_a_traceback_begins_in_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.py"
    script.write_text("import keras\ndef build():\n    return keras.layers.Dense(0)\nbuild()\n")
    assert run(str(script), [], 1) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == ["Traceback (most recent call last):", f'  File "{script}", line 4, in <module>', "    build()"]
    assert lines[-1].startswith("weigh.errors.ArgumentError: ")


def test_a_script_that_is_no_python_is_told_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.py"
    script.write_text("x = 1\nx ==== 2\n")
    assert run(str(script), [], 3) == 1
    error = capsys.readouterr().err
    assert error.startswith(f'  File "{script}", line 2\n')
    assert "SyntaxError" in error


def test_an_exit_of_the_script_passes(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("raise SystemExit(5)")
    with pytest.raises(SystemExit, match=r"^5$"):
        run(str(script), [], 3)


def test_an_interrupted_script_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.py"
    script.write_text("raise KeyboardInterrupt")
    assert run(str(script), [], 3) == 130
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_a_script_does_not_inherit_what_is_set_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.py"
    script.write_text("def f(x: 1 + 1): ...\nprint(f.__annotations__)")
    assert run(str(script), [], 3) == 0
    assert capsys.readouterr().out == "{'x': 2}\n"
