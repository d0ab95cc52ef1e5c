"""Scripts written for older Keras, run unchanged, print what the real Keras of their day printed."""

from pathlib import Path

import pytest

from weigh.compat.script import run

FIXTURES = Path(__file__).parent.parent / "fixtures"
NETWORKS = sorted(FIXTURES.glob("keras[12]/networks/*.py"))
SAYING_WHAT_IS_WRONG = {"keras2/layer_range": 3, "keras2/sequential_deferred": 1}


def key(path: Path) -> str:
    return f"{path.parts[-3]}/{path.stem}"


def printed(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(str(path), [], version=int(path.parts[-3][-1])) == 0
    return capsys.readouterr().out


def known(path: Path) -> str:
    return (path.parent.parent / "summaries" / f"{path.stem}.txt").read_bytes().decode()


@pytest.mark.parametrize("path", [path for path in NETWORKS if key(path) not in SAYING_WHAT_IS_WRONG], ids=key)
def test_an_old_script_prints_its_summaries_byte_for_byte(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(path, capsys) == known(path)


@pytest.mark.parametrize("path", [path for path in NETWORKS if key(path) in SAYING_WHAT_IS_WRONG], ids=key)
def test_what_is_wrong_is_said_in_our_words_and_the_tables_are_the_same(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = printed(path, capsys).splitlines(), known(path).splitlines()
    assert len(ours) == len(theirs)
    assert sum(one != other for one, other in zip(ours, theirs, strict=True)) == SAYING_WHAT_IS_WRONG[key(path)]


def test_the_code_of_the_question_prints_the_table_of_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    code = (FIXTURES / "keras1" / "networks" / "seed.py").read_text()
    exec(code.replace("import keras", "import weigh.compat.keras1 as keras"), {})
    assert capsys.readouterr().out == (FIXTURES / "keras1" / "summaries" / "seed.txt").read_bytes().decode()
