"""What holds for the whole repository, whatever is built in it."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "weigh"
MADE = {"__pycache__", "build", "dist", "out"}  # by git ignored, with everything that begins with a dot

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MODULES = sorted(PACKAGE.rglob("*.py"))
FLOORS = sorted({module.parent for module in MODULES} - {PACKAGE})

SEED = """
import weigh as keras
x = keras.layers.Input(batch_shape=(None, 4096))
hidden = keras.layers.Dense(512, activation="relu")(x)
hidden = keras.layers.BatchNormalization()(hidden)
hidden = keras.layers.Dropout(0.5)(hidden)
predictions = keras.layers.Dense(80, activation="sigmoid")(hidden)
model = keras.models.Model(inputs=[x], outputs=[predictions])
"""
SEED_OF_KERAS_1 = (
    SEED.replace("weigh as", "weigh.compat.keras1 as").replace("inputs=", "input=").replace("outputs=", "output=")
)
LIBRARIES = {"click", "h5py", "jax", "jaxlib", "matplotlib", "numpy", "optax", "rich"}


def imported_by(script: str) -> set[str]:
    """Which of the libraries a new process has imported once it has run the script; warnings are errors there too."""
    script += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    process = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return LIBRARIES & set(process.stderr.split())


@pytest.mark.parametrize("network", [SEED, SEED_OF_KERAS_1], ids=["keras3", "keras1"])
def test_a_network_is_declared_and_summarised_without_any_library(network: str) -> None:
    assert imported_by(f"{network}\nmodel.summary()") == set()


@pytest.mark.parametrize("network", [SEED, SEED_OF_KERAS_1], ids=["keras3", "keras1"])
def test_a_network_is_accounted_for_and_explained_without_arrays(network: str) -> None:
    assert imported_by(f"{network}\nassert model.account().total == 2_140_752\nmodel.explain()") <= {"rich"}


def files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE and (name == ".ci" or not name.startswith("."))]
        yield from (Path(folder, name) for name in names if Path(name).suffix != ".pyc")


def test_no_file_holds_the_address_of_a_registry_or_a_path_of_someones_machine() -> None:
    private = re.compile(
        rb"https?://[^ )]*/(?:simple|registry)/|pypi[.]org|pythonhosted[.]org"
        rb"|(?<![\w-])(?:--)?(?:extra-)?(?:index[-_]url|find[-_]links)[ =]+\S"
        rb"|(?<![\w.~\-/])/(?:work|root|tmp|home/\w+|Users/\w+)/\w"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in files()
        for match in private.finditer(path.read_bytes())
    ]
    assert found == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text())), f"{module.relative_to(ROOT)} has no docstring"


@pytest.mark.parametrize("floor", FLOORS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_folder_of_the_package_has_its_tests_in_the_mirrored_folder_or_file(floor: Path) -> None:
    mirror = ROOT / "tests" / floor.relative_to(PACKAGE)
    one_file = mirror.with_name(f"test_{mirror.name}.py")
    assert one_file.exists() or list(mirror.glob("test_*.py")), f"{mirror.relative_to(ROOT)} holds no test"


def test_what_everybody_installs_is_kept_small() -> None:
    names = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    assert names == {"jax", "optax", "numpy", "h5py", "rich", "click", "lazy_loader"}


def test_the_lock_pins_with_hashes_what_the_project_asks_for() -> None:
    text = (ROOT / "requirements" / "test.txt").read_text().replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert all("--hash=sha256:" in entry for entry in entries)
    pinned = {}
    for entry in entries:
        requirement = Requirement(entry.partition(" --hash")[0])
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        pinned[canonicalize_name(requirement.name)] = pin.version

    extras = PROJECT["project"]["optional-dependencies"]
    groups = PROJECT["dependency-groups"]
    for line in [*PROJECT["project"]["dependencies"], *extras["plot"], *extras["test"], *groups["build"]]:
        wanted = Requirement(line)
        version = pinned.get(canonicalize_name(wanted.name))
        assert version is not None, f"{line} is not in requirements/test.txt; run `make lock`"
        assert wanted.specifier.contains(version), f"{line}, but {version} is locked; run `make lock`"


def test_the_wheel_holds_the_whole_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("weigh/")}
    kept = {path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert packed == {path.relative_to(PACKAGE.parent).as_posix() for path in kept}
    assert "weigh/py.typed" in packed
