"""The command `weigh`: what it prints, and how it ends."""

import io
import json
import math
import os
import pty
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

import weigh
from weigh.cli import main
from weigh.cli.progress import Waiting

Answer = tuple[int, str, str]
NETWORKS = Path(__file__).parent / "fixtures"


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs the command in this process and returns its exit code, output and errors."""

    def run(*arguments: object) -> Answer:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The network of the question, and one within."""
    x = weigh.Input((16,), name="pixels")
    hidden = weigh.layers.Dense(8, activation="relu")(x)
    hidden = weigh.layers.BatchNormalization()(hidden)
    head = weigh.Sequential([weigh.Input((8,)), weigh.layers.Dense(4), weigh.layers.Activation("softmax")], name="head")
    model = weigh.Model(x, head(weigh.layers.Dropout(0.5)(hidden)), name="small")
    model.layers[1].trainable = False
    model.compile("adam", "mse")
    model.save(tmp_path / "small.keras")
    weigh.utils.clear_session()
    return tmp_path / "small.keras"


@pytest.mark.parametrize(
    "arguments",
    [
        "summary",
        "summary --style keras2 --expand-nested --show-trainable --line-length 90",
        "summary --style keras1",
        "summary --json",
        "explain",
        "explain batch_normalization",
        "explain head/dense_1 --lang zh",
        "explain --totals",
        "explain head --json",
        "account",
        "account --sort count --where trainable=no",
        "summary --depth 1 --lang zh",
    ],
)
def test_what_is_printed_is_as_reviewed(
    arguments: str, file: Path, command: Callable[..., Answer], golden: Callable[[str, str], None]
) -> None:
    name, *options = arguments.split()
    code, out, err = command(name, file, *options)
    assert (code, err) == (0, "")
    golden(f"cli/{arguments.replace('--', '').replace('/', ' ').replace(' ', '_')}.txt", out)


@pytest.mark.parametrize("arguments", ["", "account", "summary", "explain", "run", "completion"])
def test_help_is_as_reviewed_and_has_an_example(
    arguments: str, command: Callable[..., Answer], golden: Callable[[str, str], None]
) -> None:
    code, out, err = command(*arguments.split(), "--help")
    assert (code, err) == (0, "")
    assert f"Example: weigh {arguments}" in out
    golden(f"cli/help_{arguments or 'weigh'}.txt", out)
    assert command(*arguments.split(), "-h") == (0, out, "")


def test_without_a_command_it_helps(command: Callable[..., Answer]) -> None:
    assert command() == command("--help")


def test_the_version_is_that_of_the_package(command: Callable[..., Answer]) -> None:
    assert command("--version") == (0, f"weigh {weigh.__version__}\n", "")


def test_a_file_gives_what_the_model_in_it_gives(file: Path, command: Callable[..., Answer]) -> None:
    model = weigh.saving.load_model(file, compile=False)
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert command("summary", file)[1].rstrip() == "\n".join(lines).rstrip()
    assert json.loads(command("summary", file, "--json")[1]) == json.loads(json.dumps(model.account().to_dict()))
    assert command("explain", file, "--json") == command("summary", file, "--json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("bogus", "No such command 'bogus'."),
        ("summary", "Missing argument 'X'."),
        ("summary {file} --style keras4", "Invalid value for '--style'"),
        ("summary {file} --line-length 0", "Invalid value for '--line-length'"),
        ("summary {file} --line-length 9", "line_length"),
        ("summary {file} --style keras1 --expand-nested", "Keras 1's summary has no `expand_nested`"),
        ("summary {folder}/none.keras", "none.keras' cannot be read"),
        ("summary {empty}", "there is no file in this folder"),
        ("summary {text}", "neither its first bytes nor its name tell"),
        ("summary {text} --where 'count >> 3'", "At character 8 of the condition: expected what to compare with"),
        ("summary {text} --limit depth", "'depth' is not like depth=1e6"),
        ("summary {text} --limit deep=3", "'deep' is no limit. Limits: header,"),
        ("summary {array} --style keras2", "--style is for the table of a .keras file"),
        ("summary {array} --limit rank=1", "the limit `rank`"),
        ("explain {array} nothing", "Unknown layer or array of ones.npy: 'nothing'"),
        ("account no.such.module:thing", "no.such.module:thing cannot be had: ModuleNotFoundError"),
        ("completion csh", "Invalid value for '{bash|zsh|fish}'"),
        ("explain {file} batch_normalisation", "Did you mean 'batch_normalization'"),
        ("explain {file} batch_normalisation --json", "Did you mean 'batch_normalization'"),
        ("explain {file} --lang tlh", "tlh"),
        ("run {folder}/none.py", "none.py"),
        ("run --keras 4 {text}", "Invalid value for '--keras'"),
    ],
)
def test_trouble_is_one_line_and_exit_code_2(
    arguments: str, message: str, file: Path, command: Callable[..., Answer]
) -> None:
    text = file.parent / "notes.txt"
    text.write_text("no network")
    empty = file.parent / "empty"
    empty.mkdir()
    numpy.save(file.parent / "ones.npy", numpy.ones((3, 4), "float32"))
    names = {"file": file, "folder": file.parent, "text": text, "empty": empty, "array": file.parent / "ones.npy"}
    code, out, err = command(*(word.format(**names) for word in shlex.split(arguments)))
    assert (code, out) == (2, "")
    assert err.startswith("weigh: error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_script_of_another_keras_runs(version: str, command: Callable[..., Answer]) -> None:
    folder = NETWORKS / f"keras{version}"
    code, out, err = command("run", "--keras", version, folder / "networks" / "seed.py")
    assert (code, out.encode(), err) == (0, (folder / "summaries" / "seed.txt").read_bytes(), "")


def test_a_script_of_keras_3_runs_with_its_own_arguments(tmp_path: Path, command: Callable[..., Answer]) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys, keras\nprint(keras.layers.Dense(3).name, sys.argv[1:])")
    assert command("run", script, "--keras", "9", "-h") == (0, "dense ['--keras', '9', '-h']\n", "")


@pytest.mark.parametrize(
    ("code", "expected"), [("raise SystemExit(7)", 7), ("import sys; sys.exit()", None), ("1/0", 1)]
)
def test_the_exit_code_of_a_script_is_that_of_the_command(
    code: str, expected: int | None, tmp_path: Path, command: Callable[..., Answer]
) -> None:
    script = tmp_path / "script.py"
    script.write_text(code)
    assert command("run", script)[0] == expected


def test_an_error_of_ours_in_a_script_is_the_scripts(tmp_path: Path, command: Callable[..., Answer]) -> None:
    script = tmp_path / "script.py"
    script.write_text("import keras\nkeras.layers.Dense(-1)")
    code, _, err = command("run", script)
    assert code == 1
    assert err.startswith("Traceback")


def test_a_reader_who_has_read_enough_is_no_trouble(file: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "weigh", "explain", file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 0)
    process.stderr.close()


def test_a_file_is_looked_into_without_arrays(file: Path) -> None:
    script = (
        "import sys\nfrom weigh.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as ended:\n    assert ended.code == 0\n"
        "print({'numpy', 'jax', 'h5py', 'rich'} & sys.modules.keys(), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, "explain", file], capture_output=True, text=True, check=True
    )
    assert process.stderr == "set()\n"
    assert "\x1b" not in process.stdout


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Two blocks and a head, as a safetensors file has them."""
    arrays = {
        **{f"model.layers.{n}.{name}.weight": (8, 8) for n in range(2) for name in ("q_proj", "k_proj")},
        **{f"model.layers.{n}.norm.weight": (8,) for n in range(2)},
        "model.norm.weight": (8,),
        "lm_head.weight": (16, 8),
    }
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(arrays))
    return path


def safetensors(arrays: dict[str, tuple[int, ...]]) -> bytes:
    header, end = {}, 0
    for name, shape in arrays.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end := end + 4 * math.prod(shape)]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(end)


@pytest.mark.parametrize(
    "arguments",
    [
        "summary",
        "summary --lang zh --receipt",
        "summary --depth 1 --sort count",
        "account --sort path",
        "account --where 'layer~layers.1 and count>10'",
        "explain",
        "explain model.layers.0.norm",
        "explain lm_head.weight --lang zh",
        "explain --totals",
        "account --json --where rank=1",
    ],
)
def test_what_is_printed_of_another_file_is_as_reviewed(
    arguments: str, foreign: Path, command: Callable[..., Answer], golden: Callable[[str, str], None]
) -> None:
    name, *options = shlex.split(arguments)
    code, out, err = command(name, foreign, *options)
    assert (code, err) == (0, "")
    shown = "".join(sign for sign in arguments if sign not in "-'><=").replace(" ", "_")
    golden(f"cli/foreign_{shown}.txt", out.replace(str(foreign), "model.safetensors"))


def test_the_json_of_a_file_has_every_array_once_and_null_for_what_is_not_known(
    foreign: Path, command: Callable[..., Answer]
) -> None:
    data = json.loads(command("summary", foreign, "--json")[1])
    assert (data["schema"], data["format"], data["total"]) == ("weigh.account/1", "safetensors", 408)
    assert (data["trainable"], data["non_trainable"], data["beside"]) == (None, None, [])
    assert [row["path"] for row in data["weights"]][-1] == "lm_head.weight"
    assert {row["trainable"] for row in data["weights"]} == {None}
    assert data["receipt"]["executed"] is False
    assert command("summary", foreign, "--json") == command("account", foreign, "--json")


def test_standard_input_is_read_as_a_file_is(foreign: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-W", "error", "-m", "weigh", "summary", "-"],
        input=foreign.read_bytes(),
        capture_output=True,
        check=True,
    )
    assert process.stdout.startswith(b"standard input (safetensors): 408 parameters")


def test_an_object_of_a_module_is_looked_at(
    tmp_path: Path, command: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module_with_a_network.py").write_text(
        "import weigh\nclass Made:\n    layer = weigh.layers.Dense(2, name='d')\n"
        "    network = weigh.Sequential([weigh.Input((3,)), layer])\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    code, out, _ = command("account", "module_with_a_network:Made.network")
    assert code == 0
    assert "d/kernel" in out
    assert command("explain", "module_with_a_network:Made.network", "d")[1].startswith("d (Dense): 8 = 3 × 2 + 2")


def test_a_file_is_summarised_by_a_new_process_without_any_library(foreign: Path) -> None:
    script = (
        "import sys\nfrom weigh.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as ended:\n    assert ended.code == 0\n"
        "print({'numpy', 'jax', 'h5py', 'rich', 'optax'} & sys.modules.keys(), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, "summary", foreign], capture_output=True, text=True, check=True
    )
    assert process.stderr == "set()\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str, command: Callable[..., Answer]) -> None:
    code, out, err = command("completion", shell)
    assert (code, err) == (0, "")
    assert "_WEIGH_COMPLETE" in out


@pytest.mark.parametrize(("words", "expected"), [("weigh acc", "account"), ("weigh explain {file} lm", "lm_head")])
def test_a_shell_is_told_what_could_come_next(
    words: str, expected: str, foreign: Path, command: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = words.format(file=foreign)
    monkeypatch.setenv("_WEIGH_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert command() == (0, f"plain,{expected}\n", "")


class Terminal(io.StringIO):
    """Where a line was shown, and when."""

    shown = threading.Event()

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        self.shown.set()


def test_who_waits_at_a_terminal_sees_it_and_nothing_is_left_of_it() -> None:
    terminal = Terminal()
    with Waiting(terminal, "a\x1bb"):
        assert terminal.shown.wait(10)
    assert "reading a\\x1bb, 1 s" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_who_does_not_wait_or_has_no_terminal_sees_nothing() -> None:
    for stream in (Terminal(), io.StringIO()):
        with Waiting(stream, "model"):
            pass
        assert stream.getvalue() == ""


def test_an_interrupt_ends_with_130(
    file: Path, command: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("weigh.models.saving.declare_model", interrupted)
    assert command("summary", file) == (130, "", "")


@pytest.mark.parametrize(("environment", "is_red"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(environment: dict[str, str], is_red: bool) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "weigh", "summary", "none.keras"]
    subprocess.run(command, stderr=theirs, env=os.environ | environment, check=False)
    os.close(theirs)
    shown = os.read(ours, 1000).decode()
    os.close(ours)
    assert shown.startswith("\x1b[31mweigh: error:\x1b[0m " if is_red else "weigh: error: ")
