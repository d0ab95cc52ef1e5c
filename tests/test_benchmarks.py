"""The benchmarks reckon as they say; nothing here is timed."""

import pytest
from benchmarks.__main__ import QUESTIONS, document, main
from benchmarks.measure import Line, clocked, paired


def line(ratios, target):
    return Line("a step", "ours", "theirs", [(ratio, 1.0) for ratio in ratios], target)


def test_the_two_take_turns_in_going_first_after_a_call_that_does_not_count():
    calls = []

    def named(name):
        return lambda: calls.append(name) or name

    assert paired(named("ours"), named("theirs"), 2) == [("ours", "theirs")] * 2
    assert calls == ["ours", "theirs", "ours", "theirs", "theirs", "ours"]


@pytest.mark.parametrize(
    ("ratios", "target", "verdict"),
    [
        ([0.9] * 9, 1.0, "met"),
        ([1.1] * 9, 1.0, "MISSED"),
        ([0.8, 0.9, 0.95, 1.0, 1.01, 1.02, 1.1, 1.2, 1.3], 1.0, "close"),
        ([7.0] * 9, None, ""),
    ],
)
def test_a_target_is_missed_only_where_the_pairs_can_tell(ratios, target, verdict):
    assert line(ratios, target).verdict == verdict


def test_the_ratio_is_the_median_of_pairs_and_not_of_sums():
    assert line([1.0, 1.0, 100.0], 1.0).ratio == 1.0


def test_one_of_several_times_is_what_is_clocked():
    done = []
    assert clocked(lambda: done.append(1), times=4)() >= 0
    assert done == [1]


def test_the_table_has_every_line_and_says_on_what_it_was_measured():
    text = document([line([0.5] * 5, 1.0)])
    assert "| a step | ours: 500 ms | theirs: 1.00 s | 0.50 × | 0.50–0.50 | 0.50–0.50 | ≤ 1.00 × | met |" in text
    assert "jax 0." in text


def test_an_unknown_question_is_answered_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["how_many"])
    told = capsys.readouterr().err
    assert all(question in told for question in QUESTIONS)
