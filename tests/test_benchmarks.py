"""What the benchmarks do around the measuring; nothing is timed here."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy
import pytest
from benchmarks import __main__ as command
from benchmarks import measure, network, step
from benchmarks.measure import Line, Usage, each, paired
from hypothesis import given
from hypothesis import strategies as st

import weigh

ROOT = Path(__file__).parent.parent
positive = st.floats(1e-6, 1e6)
pairs_of_seconds = st.lists(st.tuples(positive, positive), min_size=1, max_size=60)


def line(pairs: list[tuple[float, float]], target: float | None = None, unit: str = "s") -> Line:
    return Line("what", "weigh", "peer", pairs, target, unit)


@given(pairs_of_seconds)
def test_the_ratio_is_between_its_bounds_and_they_between_the_extremes(pairs: list[tuple[float, float]]) -> None:
    found = line(pairs)
    low, high = found.interval
    assert min(found.ratios) <= low <= found.ratio <= high <= max(found.ratios)


@given(pairs_of_seconds, positive)
def test_a_target_is_met_exactly_if_the_median_ratio_reaches_it(
    pairs: list[tuple[float, float]], target: float
) -> None:
    found = line(pairs, target)
    assert (found.verdict == "met") == (found.ratio <= target)


def test_the_ratio_is_taken_pair_by_pair() -> None:
    slow_machine_in_the_middle = [(1.0, 2.0), (10.0, 20.0), (1.0, 2.0)]
    assert line(slow_machine_in_the_middle).ratio == 0.5


def test_a_target_is_missed_only_where_the_pairs_can_tell() -> None:
    assert line([(1.03, 1.0)] * 100, target=1.0).verdict == "MISSED"
    assert line([(0.9, 1.0)] * 49 + [(1.1, 1.0)] * 51, target=1.0).verdict == "close"
    assert line([(0.9, 1.0)] * 51 + [(1.1, 1.0)] * 49, target=1.0).verdict == "met"
    assert line([(9.0, 1.0)]).verdict == ""


def test_ninety_five_in_a_hundred_intervals_hold_the_true_median() -> None:
    generator = numpy.random.default_rng(0)
    held = 0
    for _ in range(400):
        low, high = line([(ratio, 1.0) for ratio in generator.lognormal(size=40)]).interval
        held += low <= 1.0 <= high
    assert held / 400 > 0.92


def test_pairs_take_turns_in_going_first_after_an_unmeasured_call_each() -> None:
    calls = []

    def called(name: str) -> int:
        calls.append(name)
        return len(calls)

    pairs = paired(lambda: called("a"), lambda: called("b"), 3)
    assert calls == ["a", "b", "a", "b", "b", "a", "a", "b"]
    assert pairs == [(3, 4), (6, 5), (7, 8)]


def test_a_clock_divides_by_what_it_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([10.0, 14.0])
    monkeypatch.setattr(measure.time, "perf_counter", lambda: next(ticks))
    done = []
    assert measure.clocked(lambda: done.append("work"), times=8)() == 0.5
    assert done == ["work"]


def test_the_numbers_of_processes_are_taken_apart() -> None:
    pairs = [(Usage(1.0, 2.0, 3), Usage(4.0, 5.0, 6))]
    assert each(pairs, "wall") == [(1.0, 4.0)]
    assert each(pairs, "peak") == [(3, 6)]


def test_a_process_is_charged_with_its_own_memory_and_not_with_that_of_who_started_it() -> None:
    kept_here = numpy.ones(200 << 20, "uint8")
    small = measure.python("pass")().peak
    large = measure.python("kept = b'x' * (100 << 20)")().peak
    assert small < 50 << 20 < kept_here.nbytes
    assert large - small > 90 << 20


def test_a_process_that_fails_is_not_measured() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measure.python("raise SystemExit(3)")()


def test_what_is_measured_on_a_terminal_sees_a_terminal(tmp_path: Path) -> None:
    with measure.terminal() as file:
        assert file.isatty()
        assert os.get_terminal_size(file.fileno()).columns == 80
        seen = tmp_path / "seen"
        script = f"import sys; open({str(seen)!r}, 'w').write(str(sys.stdout.isatty()))"
        measure.python(script, os.ttyname(file.fileno()))()
        assert seen.read_text() == "True"
        file.write("more than a terminal holds\n" * 10_000)  # would block if nobody read it


def test_a_script_for_a_new_process_prints_the_summary_of_the_seed() -> None:
    script = network.script("weigh", "seed_network(keras).summary()", network.seed_network)
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "2,140,752" in process.stdout


def test_the_deep_network_has_a_thousand_layers_and_a_hundred_billion_parameters() -> None:
    account = network.deep_network(weigh).account()
    assert account.total == 1000 * (10_000 * 10_000 + 10_000)


def test_the_steps_that_are_compared_do_the_same_arithmetic() -> None:
    batches = step.batches_of(*network.examples(16), 8)
    model, model_of_keras = network.compiled(weigh), step.trained(keras, batches)
    by_hand = step.by_hand(model)
    first = model.train_on_batch(*batches[0])
    second = step.ours(model).run(batches[1:])
    assert by_hand.run(batches[:1]) == pytest.approx(first, rel=1e-5)
    assert by_hand.run(batches[1:]) == pytest.approx(second, rel=1e-3)  # optax adds Adam's ε in another place
    mean = step.of_keras(model_of_keras).run(batches[1:])  # Keras' step returns the mean loss so far
    assert mean == pytest.approx((first + second) / 2, rel=1e-5)


def test_the_table_is_printed_line_by_line_and_kept_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(questions: object) -> Iterator[Line]:
        yield line([(0.5e-3, 1e-3)] * 3, target=1.0)
        assert "0.5 ms" in capsys.readouterr().out
        yield line([(3 << 20, 1 << 20)] * 3, unit="B")

    monkeypatch.setattr(command, "_asked", asked)
    monkeypatch.setattr(command, "RESULTS", tmp_path / "RESULTS.md")
    assert command.main(["--write"]) == 0
    text = (tmp_path / "RESULTS.md").read_text()
    assert "| what | weigh: 0.5 ms | peer: 1 ms | 0.50 × | 0.50–0.50 | 0.50–0.50 | ≤ 1.00 × | met |" in text
    assert "| what | weigh: 3.0 MiB | peer: 1.0 MiB | 3.00 × | 3.00–3.00 | 3.00–3.00 |  |  |" in text
    assert "cores; Python 3." in text


def test_a_missed_target_is_told_to_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_asked", lambda questions: iter([line([(2.0, 1.0)] * 9, target=1.0)]))
    assert command.main(["step"]) == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["step", "--write"]])
def test_what_cannot_be_asked_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        command.main(arguments)
    assert exit.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize("question", command.QUESTIONS)
def test_every_question_is_a_file_that_answers_in_lines(question: str) -> None:
    script = f"from benchmarks import {question}; {question}.lines"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    assert (ROOT / "benchmarks" / f"{question}.py").exists()
