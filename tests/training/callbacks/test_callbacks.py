"""Callbacks: the hooks of Keras in their order, and what the ready-made ones do."""

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, ArgumentTypeError, SaveError
from weigh.training.callbacks import Callback, CallbackList, CSVLogger, EarlyStopping, History, ModelCheckpoint

keras = pytest.importorskip("keras")

HOOKS = [name for name in dir(Callback) if name.startswith("on_")]


def recorder(base, into, hooks):
    """A callback that notes its calls, of weigh or of Keras."""

    def note(hook):
        def called(self, *args, logs=None):
            number = args[:1] if args and isinstance(args[0], int) else ()
            told = args[-1] if args and not isinstance(args[-1], int) else logs
            into.append((hook, *number, sorted(told or {})))

        return called

    return type("Recorder", (base,), {hook: note(hook) for hook in hooks})()


def test_hooks_come_in_keras_order_with_keras_logs(network, examples):
    x, y = examples(20)
    told = {}
    hooks = [hook for hook in HOOKS if hook not in ("on_batch_begin", "on_batch_end")]
    for library in (keras, weigh):
        told[library] = []
        model = network(library)
        model.compile("sgd", "mse", metrics=["mae"])
        callback = recorder(library.callbacks.Callback, told[library], hooks)
        model.fit(x, y, batch_size=8, epochs=2, validation_data=(x, y), callbacks=[callback], verbose=0)
        model.evaluate(x, y, callbacks=[callback], verbose=0)
        model.predict(x, callbacks=[callback], verbose=0)
    assert told[weigh] == told[keras]


def test_the_older_batch_hooks_are_called_in_training():
    seen = []
    calls = CallbackList([recorder(Callback, seen, ["on_batch_begin", "on_batch_end"])])
    calls.on_train_batch_begin(3)
    calls.on_train_batch_end(3, {"loss": 1.0})
    assert seen == [("on_batch_begin", 3, []), ("on_batch_end", 3, ["loss"])]


def test_every_hook_reaches_every_callback():
    seen = []
    calls = CallbackList([recorder(Callback, seen, HOOKS)])
    calls.append(recorder(Callback, seen, HOOKS))
    for hook in HOOKS:
        arguments = (0,) if "batch" in hook or "epoch" in hook else ()
        getattr(calls, hook)(*arguments)
    assert [call[0] for call in seen] == [hook for hook in HOOKS for _ in range(2)]


def test_what_is_not_a_callback_is_refused():
    with pytest.raises(ArgumentTypeError, match="EarlyStopping"):
        CallbackList([EarlyStopping])


def test_logs_of_a_batch_are_those_of_its_step_whenever_they_are_read(compiled, examples):
    x, y = examples(40)
    kept, read = [], []

    class Keep(Callback):
        def on_train_batch_end(self, batch, logs=None):
            kept.append(logs)
            read.append(float(self.model.metrics[0].result()))

    compiled().fit(x, y, batch_size=8, verbose=0, callbacks=[Keep()])
    assert [logs["loss"] for logs in kept] == read
    assert [dict(logs) for logs in kept] == [{**logs} for logs in kept]


def test_a_callback_may_change_weights_between_steps(compiled, examples):
    x, y = examples(40)

    class Zero(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.layers[1].kernel.assign(np.zeros((24, 16)))
            self.model.optimizer.learning_rate = 0.0

    model = compiled("sgd")
    model.fit(x, y, batch_size=8, verbose=0, callbacks=[Zero()])
    assert not np.asarray(model.layers[1].kernel).any()


class Script(Callback):
    """Plays numbers to the callbacks behind it."""

    def __init__(self, numbers):
        super().__init__()
        self.numbers = numbers

    def play(self, library, callback):
        model = library.Sequential([library.layers.Input((1,)), library.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.stop_training = False
        callback.set_model(model)
        callback.on_train_begin()
        seen = []
        for epoch, number in enumerate(self.numbers):
            model.set_weights([np.full((1, 1), epoch), np.zeros(1)])
            callback.on_epoch_end(epoch, {"val_loss": number})
            seen.append((callback.wait, callback.best))
            if model.stop_training:
                break
        callback.on_train_end()
        return seen, callback.stopped_epoch, callback.best_epoch, float(np.asarray(model.get_weights()[0]).item())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 2},
        {"patience": 2, "min_delta": 0.5},
        {"mode": "max"},
        {"patience": 1, "baseline": 2.5},
        {"patience": 2, "restore_best_weights": True},
        {"start_from_epoch": 3},
        {"patience": 3, "baseline": 0.1, "restore_best_weights": True},
    ],
)
@pytest.mark.parametrize(
    "numbers", [[5, 4, 3, 3.2, 3.1, 2.9, 2.8, 2.9, 3, 4], [1, 2, 3, 4, 5], [3, float("nan"), 1, 2, 2]]
)
def test_early_stopping_stops_where_keras_does(options, numbers):
    script = Script(numbers)
    ours, theirs = (
        script.play(weigh, EarlyStopping(**options)),
        script.play(keras, keras.callbacks.EarlyStopping(**options)),
    )
    np.testing.assert_equal(ours, theirs)


def test_early_stopping_ends_a_fit_and_gives_the_best_weights_back(compiled, examples):
    x, y = examples(64)
    model = compiled("sgd")
    stop = EarlyStopping("loss", mode="max", patience=1, restore_best_weights=True)
    history = model.fit(x, y, epochs=50, verbose=0, callbacks=[stop])
    assert len(history.epoch) == 2
    assert stop.best_epoch == 0


def test_a_number_that_is_not_there_is_warned_about():
    stop = EarlyStopping("val_acc")
    with pytest.warns(UserWarning, match="val_acc"):
        stop.on_epoch_end(0, {"loss": 1.0})
    with pytest.warns(UserWarning, match="'auto'"):
        EarlyStopping(mode="best")


def test_the_metric_says_whether_more_is_better(compiled, examples):
    x, y = examples(16)
    model = compiled(metrics=["accuracy", "auc", "mae"])
    model.fit(x, y, verbose=0)
    for name, better in (("val_accuracy", (2, 1)), ("auc", (2, 1)), ("mae", (1, 2)), ("val_loss", (1, 2))):
        stop = EarlyStopping(name)
        stop.set_model(model)
        assert stop._is_improvement(*better)
        assert not stop._is_improvement(*better[::-1])
    stop = EarlyStopping("shininess")
    stop.set_model(model)
    with pytest.raises(ArgumentError, match="mode='max'"):
        stop.on_epoch_end(0, {"shininess": 1.0})


def test_the_csv_file_is_keras(tmp_path):
    epochs = [{"loss": 0.5, "mae": 1.0}, {"loss": 0.25, "mae": 0.5, "val_loss": 2.0, "val_mae": 3.0}]
    files = []
    for library in (keras, weigh):
        path = tmp_path / f"{library.__name__}.csv"
        for append in (False, True):
            logger = library.callbacks.CSVLogger(str(path), separator=";", append=append)
            logger.on_train_begin()
            for epoch, logs in enumerate(epochs):
                logger.on_epoch_end(epoch, logs)
            logger.on_train_end()
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_a_row_is_written_before_the_next_epoch(tmp_path):
    path = tmp_path / "log.csv"
    logger = CSVLogger(path)
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": np.float32(1.5)})
    assert path.read_text().splitlines() == ["epoch,loss,val_loss", "0,1.5,NA"]
    logger.on_train_end()


class Saved:
    """Stands for a model and notes what is saved where."""

    def __init__(self):
        self.saved = []
        self.metrics = []

    def save(self, path, overwrite):
        self.saved.append(path)

    save_weights = save


@pytest.mark.parametrize(
    ("options", "numbers", "saved"),
    [
        ({"filepath": "{epoch:02d}-{val_loss:.1f}.keras"}, [3, 2], ["01-3.0.keras", "02-2.0.keras"]),
        ({"filepath": "{epoch}.keras", "save_best_only": True}, [3, 4, 2, 2], ["1.keras", "3.keras"]),
        ({"filepath": "{epoch}.keras", "save_best_only": True, "mode": "max"}, [3, 4, 2], ["1.keras", "2.keras"]),
        ({"filepath": "{epoch}.keras", "save_best_only": True, "initial_value_threshold": 2.5}, [3, 2], ["2.keras"]),
        ({"filepath": "{epoch}.weights.h5", "save_weights_only": True}, [3], ["1.weights.h5"]),
    ],
)
def test_checkpoints_are_saved_when_and_where_asked(options, numbers, saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint = ModelCheckpoint(**options)
    model = Saved()
    checkpoint.set_model(model)
    for epoch, number in enumerate(numbers):
        checkpoint.on_epoch_begin(epoch)
        checkpoint.on_train_batch_end(0, {"loss": 1.0})
        checkpoint.on_epoch_end(epoch, {"val_loss": number})
    assert model.saved == saved


def test_checkpoints_can_come_after_a_number_of_batches(tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "new" / "{epoch}-{batch}.keras", save_freq=3)
    model = Saved()
    checkpoint.set_model(model)
    for epoch in range(2):
        checkpoint.on_epoch_begin(epoch)
        for batch in range(4):
            checkpoint.on_train_batch_end(batch, {"loss": 1.0})
        checkpoint.on_epoch_end(epoch, {"loss": 1.0})
    assert [path.rsplit("/", 1)[1] for path in model.saved] == ["1-3.keras", "2-2.keras"]
    assert (tmp_path / "new").is_dir()


def test_a_checkpoint_says_what_it_does(capsys, tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "best.keras", verbose=1, save_best_only=True)
    checkpoint.set_model(Saved())
    for epoch, number in enumerate([2.0, 3.0, 1.0]):
        checkpoint.on_epoch_end(epoch, {"val_loss": number})
    path = tmp_path / "best.keras"
    assert capsys.readouterr().out.replace(str(path), "FILE").split("\n") == [
        "",
        "Epoch 1: val_loss improved from None to 2.00000, saving model to FILE",
        "",
        "Epoch 1: finished saving model to FILE",
        "",
        "Epoch 2: val_loss did not improve from 2.00000",
        "",
        "Epoch 3: val_loss improved from 2.00000 to 1.00000, saving model to FILE",
        "",
        "Epoch 3: finished saving model to FILE",
        "",
    ]


def test_checkpoints_that_cannot_work_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"must end in \.weights\.h5"):
        ModelCheckpoint("a.keras", save_weights_only=True)
    with pytest.raises(ArgumentError, match=r"must end in \.keras"):
        ModelCheckpoint("a.onnx")
    with pytest.raises(ArgumentError, match="save_freq"):
        ModelCheckpoint("a.keras", save_freq="often")
    checkpoint = ModelCheckpoint("{val_f1}.keras")
    checkpoint.set_model(Saved())
    with pytest.raises(ArgumentError, match=r"'val_f1'.*epoch, loss"):
        checkpoint.on_epoch_end(0, {"loss": 1.0})
    (tmp_path / "folder.keras").mkdir()
    checkpoint = ModelCheckpoint(tmp_path / "folder.keras")
    checkpoint.set_model(Saved())
    with pytest.raises(SaveError, match="is a folder"):
        checkpoint.on_epoch_end(0, {"loss": 1.0})
    best = ModelCheckpoint(tmp_path / "a.keras", save_best_only=True)
    best.set_model(Saved())
    with pytest.warns(UserWarning, match="val_loss"):
        best.on_epoch_end(0, {"loss": 1.0})


def test_a_checkpoint_of_a_real_fit_can_be_read(compiled, examples, tmp_path):
    x, y = examples(16)
    model = compiled()
    path = tmp_path / "a.weights.h5"
    model.fit(x, y, epochs=2, verbose=0, callbacks=[ModelCheckpoint(path, save_weights_only=True)])
    other = compiled()
    other.load_weights(path)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_history_that_is_passed_is_the_one_that_comes_back(compiled, examples):
    history = History()
    model = compiled()
    assert model.fit(*examples(8), verbose=0, callbacks=[history]) is history
    assert model.history is history
