"""The progress display: Keras' text, on a terminal and elsewhere."""

import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.training.callbacks import progress
from weigh.training.callbacks.progress import Bar

keras = pytest.importorskip("keras")


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@given(
    target=st.integers(1, 2000),
    steps=st.lists(st.tuples(st.integers(1, 2000), st.floats(0.0, 5000.0), st.floats(-3, 3)), min_size=1, max_size=4),
    verbose=st.sampled_from([1, 2]),
)
def test_lines_are_keras_for_the_same_times(target, steps, verbose):
    clock, out = Clock(), Terminal()
    stdout, time = sys.stdout, keras.src.utils.progbar.time.time
    sys.stdout, keras.src.utils.progbar.time.time = out, clock
    try:
        theirs = keras.utils.Progbar(target, verbose=verbose, interval=0, stateless_metrics=set())
        ours = Bar(target, clock)
        for current, seconds, value in sorted(steps):
            current = min(current, target)
            clock.now += seconds
            out.truncate(0)
            theirs.update(current, [("loss", value)])
            final = current >= target
            if verbose == 1:
                line = ours.line(current, {"loss": value}, final, colored=True)
            else:
                line = ours.summary(current, {"loss": value}) if final else ""
            shown = out.getvalue().replace("\x00", "").replace("\b", "").replace("\r", "").rstrip(" \n")
            assert line.rstrip() == shown
    finally:
        sys.stdout, keras.src.utils.progbar.time.time = stdout, time


def run(compiled, examples, monkeypatch, out, verbose, epochs=2):
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    x, y = examples(20)
    model = compiled()
    model.fit(x, y, batch_size=8, epochs=epochs, verbose=verbose, validation_data=(x, y))
    model.evaluate(x, y, verbose=verbose)
    model.predict(x, verbose=verbose)
    return re.sub(r"\d+(us|ms|s)\b|\d\.\d{4}(e-\d\d)?", "N", out.getvalue())


BAR = "━" * 20
EPOCH = " - loss: N - val_loss: N"


def test_on_a_terminal_a_line_is_rewritten_in_place(compiled, examples, monkeypatch):
    text = re.sub("\33\\[[0-9]*m", "", run(compiled, examples, monkeypatch, Terminal(), "auto"))
    shown = [line.split("\r")[-1].rstrip() for line in text.split("\n")]
    epochs = [part for epoch in (1, 2) for part in (f"Epoch {epoch}/2", f"3/3 {BAR} N N/step{EPOCH}")]
    assert shown == [*epochs, f"1/1 {BAR} N N/step - loss: N", f"1/1 {BAR} N N/step", ""]
    assert "\r1/3" in text


def test_a_rewritten_line_covers_the_one_before(monkeypatch):
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    logger = progress.ProgbarLogger()
    logger._rewrite("\33[1mlong line\33[0m")
    logger._rewrite("short", "\n")
    assert out.getvalue() == "\r\33[1mlong line\33[0m\rshort    \n"


def test_where_the_output_is_no_terminal_auto_prints_a_line_an_epoch(compiled, examples, monkeypatch):
    text = run(compiled, examples, monkeypatch, io.StringIO(), "auto")
    assert text == "".join(f"Epoch {epoch}/2 - 3/3 - N - N/step{EPOCH}\n" for epoch in (1, 2))


def test_where_the_output_is_no_terminal_the_bar_is_printed_once_when_asked_for(compiled, examples, monkeypatch):
    text = run(compiled, examples, monkeypatch, io.StringIO(), 1, epochs=1)
    assert text == f"3/3 {BAR} N N/step{EPOCH}\n1/1 {BAR} N N/step - loss: N\n1/1 {BAR} N N/step\n"


def test_two_is_one_line_an_epoch_as_in_keras(compiled, examples, monkeypatch):
    text = run(compiled, examples, monkeypatch, Terminal(), 2)
    epochs = "".join(f"Epoch {epoch}/2\n3/3 - N - N/step{EPOCH}\n" for epoch in (1, 2))
    assert text == f"{epochs}1/1 - N - N/step - loss: N\n1/1 - N - N/step\n"


def test_zero_is_silent(compiled, examples, monkeypatch):
    assert run(compiled, examples, monkeypatch, Terminal(), 0) == ""


def test_an_output_without_the_bars_characters_gets_others(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    progress._write("1/1 ━━\n")
    assert out.buffer.getvalue() == b"1/1 ==\n"


class Slow:
    """Numbers that are not there until they are let go."""

    ndim = 0

    def __init__(self):
        self.done = False

    def is_ready(self):
        return self.done

    def __float__(self):
        assert self.done, "the display waited"
        return 1.0


def test_the_display_never_waits_for_a_number(monkeypatch):
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    logger = weigh.callbacks.ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 1, "steps": 9})
    logger.on_epoch_begin(0)
    slow = Slow()
    from weigh.training.callbacks.base import LazyLogs

    for batch in range(3):
        logger.on_train_batch_end(batch, LazyLogs(lambda: {"loss": slow}))
    assert out.getvalue() == ""
    slow.done = True
    logger.on_train_batch_end(3, LazyLogs(lambda: {"loss": slow}))
    assert "1/9" in out.getvalue()
    assert "loss: 1.0000" in out.getvalue()
