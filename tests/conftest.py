"""What tests share: golden files, and which files hold tests at all."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"

Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the golden files, to be reviewed as a diff")
    parser.addoption("--long", action="store_true", help="run the tests marked `long` too, which take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it is asked for."""
    if not config.getoption("long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Scripts that wrote a fixture lie beside it and may import what is not installed here."""
    if collection_path.suffix == ".py" and not collection_path.name.startswith("test_"):
        return True
    return None


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with the file of that name under `tests/golden`, in the folder that mirrors the test's own.

    `golden("batch_normalization.txt", text)` in `tests/report/test_explain.py` reads
    `tests/golden/report/batch_normalization.txt`. With `--update` the file is rewritten instead.
    """
    folder = GOLDEN / request.path.parent.relative_to(TESTS)

    def compare(name: str, text: str) -> None:
        path = folder / name
        shown = path.relative_to(TESTS.parent)
        known = path.read_bytes().decode() if path.exists() else None
        if known == text:
            return
        if request.config.getoption("update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            request.node.user_properties.append(("golden", str(shown)))
        elif known is None:
            pytest.fail(f"{shown} does not exist; run this test with --update, then read the new file", pytrace=False)
        else:
            pytest.fail(f"{shown} differs; if the new text is right, run with --update\n{diff(known, text)}", False)

    return compare


def diff(known: str, text: str) -> str:
    """A unified diff that also shows a missing line end."""
    lines = difflib.unified_diff(
        known.splitlines(keepends=True), text.splitlines(keepends=True), "known", "now", n=3, lineterm="\n"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ no line end\n" for line in lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    properties = [entry for report in reports for entry in getattr(report, "user_properties", ())]
    for path in sorted({path for name, path in properties if name == "golden"}):
        terminalreporter.write_line(f"rewritten: {path}")
