"""The documents tell the truth: their Python runs, prints what they say it prints, and their links lead somewhere.

In a document, a block fenced as `python` is run, all blocks of one document one after the other in one namespace. A
block fenced as `text` that follows it directly is what it must print; `>>>` examples are checked as doctest does. A
block fenced as `sh` before a `text` is a command `weigh`, at the root of the repository.
"""

import contextlib
import doctest
import importlib
import io
import re
import shlex
from pathlib import Path

import pytest

from weigh.cli import main
from weigh.formats import detect

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(path for folder in ("docs", "benchmarks") for path in ROOT.glob(f"{folder}/**/*.md"))]
)

FENCED = re.compile(r"^(```+)[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```python\n(?P<code>.*?)^```$(?:\n+```text\n(?P<output>.*?)^```$)?", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(
    r"^```sh\n(?P<command>weigh [^\n]*)\n```\n+```text\n(?P<output>.*?)^```$", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\]\((?!\w+:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


@every_document
def test_the_python_of_a_document_runs_and_prints_what_the_document_says(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = document.read_text()
    namespace: dict[str, object] = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for example in EXAMPLE.finditer(text):
        above = text.count("\n", 0, example.start("code"))
        code, printed = example["code"], io.StringIO()
        if ">>> " in code:
            session = doctest.DocTestParser().get_doctest(code, {}, document.name, str(document), above)
            session.globs = namespace
            runner.run(session, out=printed.write, clear_globs=False)
            assert runner.failures == 0, printed.getvalue()
            continue
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * above + code, document, "exec"), namespace)
        if example["output"] is not None:
            assert lines(printed.getvalue()) == lines(example["output"])


@every_document
def test_the_commands_of_a_document_print_what_it_says(
    document: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    for example in COMMAND.finditer(document.read_text()):
        with pytest.raises(SystemExit):
            main(shlex.split(example["command"])[1:])
        assert lines(capsys.readouterr().out) == lines(example["output"])


@every_document
def test_the_links_of_a_document_lead_somewhere(document: Path) -> None:
    for link in LINK.finditer(FENCED.sub("", document.read_text())):
        target = document.parent / link["path"] if link["path"] else document
        assert target.exists(), f"{link[0]} leads nowhere"
        if link["anchor"]:
            headings = HEADING.findall(FENCED.sub("", target.read_text()))
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert link["anchor"] in slugs, f"{link[0]} names no heading of {target.name}"


@pytest.mark.parametrize("reader", [*detect.FILES, *detect.FOLDERS])
def test_every_reader_has_its_row_with_the_endings_that_it_knows(reader: str) -> None:
    table = (ROOT / "docs" / "formats.md").read_text().splitlines()
    rows = [line for line in table if f"(../src/weigh/formats/{reader}.py)" in line]
    assert len(rows) == 1
    module = importlib.import_module(f"weigh.formats.{reader}")
    assert all(f"`{ending}`" in rows[0] for ending in getattr(module, "SUFFIXES", ()))
