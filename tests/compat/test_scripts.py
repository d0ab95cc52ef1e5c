"""Scripts as people wrote them for older Keras train and predict, and print what the real Keras printed.

Data are small and random, one epoch: what is compared are the tables, and shapes and names of what comes out.
"""

import warnings
from pathlib import Path

import pytest

import weigh
from weigh.compat.script import run

FIXTURES = Path(__file__).parent.parent / "fixtures"
SCRIPTS = sorted(FIXTURES.glob("keras[12]/scripts/*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_an_old_script_runs_to_its_end(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Layer 'merge_1'")  # its masks end at a Dense, as then
        try:
            assert run(str(path), [], version=int(path.parts[-3][-1])) == 0
        finally:
            weigh.config.set_image_data_format("channels_last")
    assert capsys.readouterr().out == path.with_suffix(".txt").read_text()
