"""Training: the numbers of Keras in process, resuming, and what a person does wrong."""

import signal
import threading

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, DataError, ShapeError, StateError, WeighError

keras = pytest.importorskip("keras")


def losses_of(library, into):
    class Note(library.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            into.append((batch, dict(logs)))

    return Note()


# The numbers of Keras -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [("SGD", {"learning_rate": 0.05, "momentum": 0.9}), ("Adam", {}), ("RMSprop", {})],
)
def test_two_hundred_steps_give_keras_losses_weights_statistics_and_slots(network, examples, name, options):
    x, y = examples(1600)
    told = {}
    models = {}
    for library in (keras, weigh):
        models[library] = network(library)
        models[library].compile(getattr(library.optimizers, name)(**options), "binary_crossentropy", metrics=["mae"])
    theirs, ours = models[keras], models[weigh]
    ours.set_weights(theirs.get_weights())
    for library, model in models.items():
        told[library] = []
        library.utils.set_random_seed(7)
        model.fit(x, y, batch_size=32, epochs=4, verbose=0, callbacks=[losses_of(library, told[library])])
    assert len(told[weigh]) == 200
    for (number, logs), (other_number, other_logs) in zip(told[weigh], told[keras], strict=True):
        assert (number, list(logs)) == (other_number, list(other_logs))
        np.testing.assert_allclose(logs["loss"], other_logs["loss"], rtol=1e-5)
        np.testing.assert_allclose(logs["mae"], other_logs["mae"], rtol=1e-5)
    pairs = zip([*ours.weights, *ours.optimizer.variables], [*theirs.weights, *theirs.optimizer.variables], strict=True)
    for one, other in pairs:
        assert one.path == other.path
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-5, err_msg=one.path)


def test_fit_reports_what_keras_reports(network, examples):
    x, y = examples(50)
    weights = np.linspace(0.5, 2, 50).astype("float32")
    histories = {}
    start = None
    for library in (keras, weigh):
        model = network(library)
        start = start or model.get_weights()
        model.set_weights(start)
        model.compile("sgd", "mse", metrics=["mae", "accuracy"], weighted_metrics=["mae"])
        library.utils.set_random_seed(1)
        histories[library] = model.fit(
            x, y, 8, 4, sample_weight=weights, validation_data=(x[:11], y[:11]), validation_freq=2, verbose=0
        )
        numbers = model.evaluate(x, y, sample_weight=weights, batch_size=7, verbose=0)
        named = model.evaluate(x, y, sample_weight=weights, batch_size=7, verbose=0, return_dict=True)
        histories[library].history["evaluate"] = [*numbers, *named.values()]
        histories[library].history["names"] = list(named)
        histories[library].history["on batch"] = [
            *model.test_on_batch(x[:5], y[:5]),
            *model.train_on_batch(x[:5], y[:5], sample_weight=weights[:5]),
            *model.train_on_batch(x[:5], y[:5], class_weight={1: 3.0}, return_dict=True).values(),
        ]
    ours, theirs = histories[weigh], histories[keras]
    assert (ours.epoch, ours.params) == (theirs.epoch, theirs.params)
    assert list(ours.history) == list(theirs.history)
    for name, numbers in theirs.history.items():
        if name == "names":
            assert ours.history[name] == numbers
        else:
            np.testing.assert_allclose(ours.history[name], numbers, rtol=1e-5, err_msg=name)


def several_outputs(library, as_dict=False):
    x = library.layers.Input((5,), name="x")
    other = library.layers.Input((3,), name="other")
    both = library.layers.Concatenate()([x, other])
    first = library.layers.Dense(2, name="first", activation="softmax")(both)
    second = library.layers.Dense(1, name="second", kernel_regularizer="l2")(both)
    return library.models.Model([x, other], {"first": first, "second": second} if as_dict else [first, second])


LISTS = {"loss": ["sparse_categorical_crossentropy", "mse"], "metrics": ["accuracy", ["mae", "mse"]]}
NAMED = {
    "loss": {"first": "sparse_categorical_crossentropy", "second": "mse"},
    "metrics": {"second": ["mae"]},
    "weighted_metrics": {"first": ["accuracy"], "second": ["mae"]},
    "loss_weights": {"first": 0.25, "second": 3.0},
}


@pytest.mark.parametrize(
    ("options", "as_dict"),
    [
        (LISTS, False),
        (LISTS | {"loss_weights": [0.25, 3.0]}, False),
        (NAMED, False),
        (NAMED, True),
        ({"loss": "mse"}, True),
        ({"loss": [None, "mse"], "metrics": [None, ["mae"]]}, False),
    ],
)
def test_several_outputs_are_judged_as_in_keras(options, as_dict):
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(40, 5)).astype("float32"), rng.normal(size=(40, 3)).astype("float32")]
    simple = options["loss"] == "mse"
    first = rng.normal(size=(40, 2)).astype("float32") if simple else rng.integers(0, 2, 40)
    y = [first, rng.normal(size=(40, 1)).astype("float32")]
    if as_dict:
        y = dict(zip(("first", "second"), y, strict=True))
    weight = rng.random(40).astype("float32")
    told = {}
    start = None
    for library in (keras, weigh):
        model = several_outputs(library, as_dict)
        start = start or model.get_weights()
        model.set_weights(start)
        model.compile("sgd", **options)
        library.utils.set_random_seed(2)
        history = model.fit(x, y, 16, 2, sample_weight=weight, verbose=0).history
        evaluated = model.evaluate(x, y, sample_weight=weight, verbose=0)
        told[library] = (history, evaluated, model.predict(x, verbose=0))
    (ours, our_list, our_outputs), (theirs, their_list, their_outputs) = told[weigh], told[keras]
    assert list(ours) == list(theirs)
    for name, numbers in theirs.items():
        np.testing.assert_allclose(ours[name], numbers, rtol=2e-5, err_msg=name)
    np.testing.assert_allclose(our_list, their_list, rtol=2e-5)
    for key in their_outputs if as_dict else (0, 1):
        np.testing.assert_allclose(our_outputs[key], their_outputs[key], rtol=2e-5, atol=1e-6)


def test_dropout_drops_other_units_each_step_and_the_same_ones_for_the_same_seed(compiled, examples):
    x, y = examples(64)
    runs = []
    for _ in range(2):
        weigh.utils.set_random_seed(3)
        runs.append(compiled(rate=0.5).fit(x, y, epochs=3, verbose=0).history["loss"])
    assert runs[0] == runs[1]
    model = compiled(rate=0.5)
    model.optimizer.learning_rate = 0.0
    assert model.train_on_batch(x, y) != model.train_on_batch(x, y)


# Going on -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_five_and_five_epochs_are_ten_bit_for_bit(compiled, examples, values, optimizer):
    x, y = examples(70)
    ends = []
    for stops in ((10,), (5, 10)):
        weigh.utils.set_random_seed(4)
        model = compiled(optimizer, rate=0.3)
        begin = 0
        for stop in stops:
            model.fit(x, y, epochs=stop, initial_epoch=begin, verbose=0)
            begin = stop
        ends.append(values(model))
    for one, other in zip(*ends, strict=True):
        np.testing.assert_array_equal(one, other)


def test_five_epochs_a_file_and_five_are_ten_bit_for_bit(compiled, examples, values, tmp_path):
    x, y = examples(70)
    ends = []
    for stops in ((10,), (5, 10)):
        weigh.utils.set_random_seed(4)
        model = compiled(rate=0.3, metrics=["mae"])
        begin = 0
        for stop in stops:
            model.fit(x, y, epochs=stop, initial_epoch=begin, verbose=0)
            model.save(tmp_path / "model.keras")
            model = weigh.models.load_model(tmp_path / "model.keras")
            begin = stop
        ends.append(values(model))
    for one, other in zip(*ends, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_given_values_and_slots_of_another_goes_on_as_that_one(compiled, examples, values):
    x, y = examples(70)
    first, second = compiled(rate=0.3), compiled(rate=0.3)
    first.fit(x, y, epochs=2, verbose=0)
    second.compile_from_config(first.get_compile_config())
    for mine, its in zip([*second.variables, *second.optimizer.variables], values(first), strict=True):
        mine.assign(its)
    for model in (first, second):
        np.random.seed(9)
        model.fit(x, y, epochs=2, verbose=0)
    for one, other in zip(values(first), values(second), strict=True):
        np.testing.assert_array_equal(one, other)


def test_compile_configuration_is_keras_and_comes_back(network):
    arguments = {"loss": "mse", "metrics": ["mae"], "loss_weights": [2.0], "steps_per_execution": 3}
    theirs, ours = network(keras), network(weigh)
    theirs.compile(keras.optimizers.Adam(0.01), **arguments)
    ours.compile(weigh.optimizers.Adam(0.01), **arguments)
    config = ours.get_compile_config()
    assert config == theirs.get_compile_config()
    again = network(weigh)
    again.compile_from_config(theirs.get_compile_config())
    assert again.get_compile_config() == config
    assert len(again.optimizer.slots) == 2 + 2 * len(again.trainable_variables)
    theirs.compile("sgd", keras.losses.BinaryCrossentropy(label_smoothing=0.1), metrics=[keras.metrics.AUC(name="a")])
    again.compile_from_config(theirs.get_compile_config())
    assert again.get_compile_config() == theirs.get_compile_config()


def test_a_frozen_layer_is_not_trained(compiled, examples):
    x, y = examples(32)
    model = compiled()
    model.layers[1].trainable = False
    model.layers[2].trainable = False
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    changed = [not np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True)]
    assert changed == [False] * 6 + [True, True]


def test_changing_trainable_without_compiling_anew_is_refused(compiled, examples, values):
    x, y = examples(32)
    model = compiled()
    model.fit(x, y, verbose=0)
    before = values(model)
    model.layers[1].trainable = False
    with pytest.raises(ArgumentError, match="call `compile` again"):
        model.fit(x, y, verbose=0)
    for one, other in zip(before, values(model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_compilation_the_numbers_are_the_same(compiled, examples):
    x, y = examples(20)
    runs = []
    for options in ({}, {"run_eagerly": True}, {"steps_per_execution": 2}):
        weigh.utils.set_random_seed(6)
        runs.append(compiled("sgd", rate=0.2, metrics=["mae"], **options).fit(x, y, 10, 2, verbose=0).history)
    for run in runs[1:]:
        for name, numbers in runs[0].items():
            np.testing.assert_allclose(run[name], numbers, rtol=1e-5)


def test_batch_hooks_come_once_for_several_steps_together(compiled, examples):
    x, y = examples(40)
    seen = []
    compiled(steps_per_execution=2).fit(x, y, 8, verbose=0, callbacks=[losses_of(weigh, seen)])
    assert [number for number, _ in seen] == [1, 3, 5]


def test_steps_per_epoch_goes_on_in_the_data_and_warns_where_they_end(compiled, examples):
    x, y = examples(48)
    model = compiled()
    with pytest.warns(UserWarning, match="run out"):
        history = model.fit(x, y, batch_size=16, steps_per_epoch=2, epochs=3, verbose=0)
    assert len(history.epoch) == 3
    assert int(model.optimizer.iterations) == 5


def test_a_subclassed_and_a_deferred_network_train(examples):
    class Own(weigh.Model):
        def __init__(self):
            super().__init__()
            self.first = weigh.layers.Dense(4, activation="tanh")
            self.last = weigh.layers.Dense(6, activation="sigmoid")

        def call(self, x, training=False):
            self.add_loss(1e-3 * (x**2).mean())
            return self.last(self.first(x))

    x, y = examples(64)
    for model in (Own(), weigh.Sequential([weigh.layers.Dense(6, activation="sigmoid")])):
        model.compile("adam", "bce", metrics=["accuracy"])
        losses = model.fit(x, y, epochs=8, verbose=0).history["loss"]
        assert losses[-1] < losses[0]
        assert model.predict(x, verbose=0).shape == (64, 6)


def test_what_a_layer_keeps_of_a_batch_is_its_own(examples):
    class Keeping(weigh.layers.Layer):
        def build(self, input_shape):
            self.kept = self.add_weight((4, input_shape[-1]), name="kept", initializer="zeros", trainable=False)

        def call(self, x):
            self.kept.assign(x)
            return x

        def compute_output_shape(self, input_shape):
            return input_shape

    x, y = examples(40)
    layer = Keeping()
    model = weigh.Sequential([weigh.layers.Input((24,)), layer, weigh.layers.Dense(6)])
    model.compile("sgd", "mse")
    held = []

    class Hold(weigh.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            held.append((np.array(layer.kept), layer.kept.numpy()))

    model.fit(x, y, batch_size=4, verbose=0, shuffle=False, callbacks=[Hold()])
    for number, (kept, _) in enumerate(held):
        np.testing.assert_array_equal(kept, x[4 * number : 4 * number + 4])
    np.testing.assert_array_equal(layer.kept, x[-4:])


def test_only_the_step_and_what_is_looked_at_are_compiled(compiled, examples, caplog):
    import logging

    import jax

    x, y = examples(64)
    model = compiled(rate=0.5)
    model.predict(x[:1], verbose=0)  # the values are made
    with jax.log_compiles(), caplog.at_level(logging.WARNING, "jax"):
        model.fit(x, y, epochs=3, verbose=0)
    names = [
        record.getMessage().split(" ")[1] for record in caplog.records if record.getMessage().startswith("Compiling")
    ]
    assert names == ["jit(step)", "jit(compute)"]


@pytest.fixture(scope="module")
def trained():
    """One network for all that goes wrong, for each must leave it as it was."""
    x = weigh.layers.Input((24,))
    hidden = weigh.layers.BatchNormalization()(weigh.layers.Dense(16)(x))
    model = weigh.Model(x, weigh.layers.Dense(6, activation="sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy")
    model.fit(np.ones((20, 24)), np.ones((20, 6)), verbose=0)
    return model


# What goes wrong ----------------------------------------------------------------------------------------------------


def test_fit_before_compile_says_to_compile(network, examples):
    with pytest.raises(StateError, match="compile"):
        network(weigh).fit(*examples(8))


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        (lambda x, y: (x[:0], y[:0]), {}, DataError, "0 examples"),
        (lambda x, y: (x[:5], y), {}, DataError, "lengths differ"),
        (lambda x, y: (x, None), {}, DataError, "no labels"),
        (lambda x, y: (x[:, :7], y), {}, ShapeError, r"24.*\(None, 7\)"),
        (lambda x, y: (x, y[:, :3]), {}, ShapeError, r"binary_crossentropy.*3\).*6\)"),
        (lambda x, y: (x, y * 2), {}, DataError, r"between 0 and 1, but `y` goes from 0.0 to 2.0"),
        (lambda x, y: (x, y - 1), {}, DataError, "from -1.0 to 0.0"),
        (lambda x, y: (x, np.where(y > 0, np.nan, y)), {}, DataError, "from nan to nan"),
        (lambda x, y: (x, [y, y]), {}, DataError, "hold 2 arrays"),
        (lambda x, y: (x, y), {"validation_data": (np.zeros((3, 5), "float32"), None)}, ShapeError, "5"),
        (lambda x, y: (x, y), {"validation_split": 1.5}, ArgumentError, "validation_split"),
        (lambda x, y: (x, y), {"batch_size": 0}, ArgumentError, "batch_size"),
        (lambda x, y: (x, y), {"validation_freq": "often"}, ArgumentError, "validation_freq"),
        (lambda x, y: (x, y), {"class_weight": {0: 1.0}, "sample_weight": np.ones(20)}, ArgumentError, "same time"),
    ],
)
def test_data_that_do_not_fit_change_nothing(trained, examples, values, change, options, error, message):
    x, y = examples(20)
    model = trained
    before = values(model)
    with pytest.raises(error, match=f"(?s){message}") as caught:
        model.fit(*change(x, y), verbose=0, **options)
    assert isinstance(caught.value, WeighError)
    assert isinstance(caught.value, ValueError)
    for one, other in zip(before, values(model), strict=True):
        np.testing.assert_array_equal(one, other)
    model.fit(x, y, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"optimizer": "adma"}, "Did you mean 'Adam'"),
        ({"loss": "binary_crossentrpy"}, "binary_crossentropy"),
        ({"metrics": ["acuracy"]}, "accuracy"),
        ({"metrics": "accuracy"}, "must be a list"),
        ({"loss_weights": "heavy"}, "loss_weights"),
        ({"steps_per_execution": 0}, "steps_per_execution"),
    ],
)
def test_a_wrong_compile_leaves_the_last_one(compiled, arguments, message):
    model = compiled()
    optimizer = model.optimizer
    with pytest.raises(ValueError, match=message) as caught:
        model.compile(**arguments)
    assert isinstance(caught.value, WeighError)
    assert model.optimizer is optimizer


def test_there_must_be_something_to_train_on(compiled, examples):
    x, y = examples(8)
    with pytest.raises(ArgumentError, match="nothing to train"):
        compiled(loss=None).fit(x, y, verbose=0)
    with pytest.raises(StateError, match="without an optimizer"):
        compiled(optimizer=None).fit(x, y, verbose=0)
    assert compiled(optimizer=None).evaluate(x, y, verbose=0) > 0


def test_a_loss_that_is_no_number_is_told_once_with_the_step_and_the_layer(compiled, examples):
    x, y = examples(96)
    x[70] = np.inf
    model = compiled("sgd")
    with pytest.warns(RuntimeWarning, match=r"is nan since step 3 \(epoch 1\)") as told:
        model.fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0)
    assert len(told) == 1
    assert model.trainer.first_non_finite(np.ones((2, 24))) == "dense"


def test_finding_the_first_layer_that_is_not_finite_changes_nothing(compiled, examples, values):
    x, y = examples(8)
    model = compiled(rate=0.5)
    model.fit(x, y, verbose=0)
    before = values(model)
    assert model.trainer.first_non_finite(x, training=True) is None
    model.layers[2].gamma.assign(np.full(16, np.nan, "float32"))
    assert model.trainer.first_non_finite(x) == "batch_normalization"
    model.layers[2].gamma.assign(before[2])
    for one, other in zip(before, values(model), strict=True):
        np.testing.assert_array_equal(one, other)


class StopError(Exception):
    pass


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_epoch_end"])
def test_a_callback_that_raises_leaves_a_network_that_goes_on(compiled, examples, hook):
    x, y = examples(40)
    model = compiled()

    def fail(number, logs=None):
        if number == 1:
            raise StopError

    callback = weigh.callbacks.Callback()
    setattr(callback, hook, fail)
    with pytest.raises(StopError):
        model.fit(x, y, batch_size=8, epochs=3, callbacks=[callback], verbose=0)
    assert np.isfinite(model.evaluate(x, y, verbose=0))
    model.fit(x, y, verbose=0)


def test_ctrl_c_at_any_moment_leaves_a_network_that_goes_on(compiled, examples):
    x, y = examples(64)
    model = compiled()
    model.fit(x, y, batch_size=8, verbose=0)
    handler = signal.getsignal(signal.SIGINT)
    main = threading.main_thread().ident
    for delay in np.linspace(0.001, 0.05, 20):
        timer = threading.Timer(delay, signal.pthread_kill, (main, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            model.fit(x, y, batch_size=8, epochs=10**6, verbose=0)
        assert np.isfinite(np.concatenate([np.ravel(value) for value in model.get_weights()])).all()
        assert signal.getsignal(signal.SIGINT) is handler
    model.fit(x, y, verbose=0)


def test_training_works_outside_of_the_main_thread(compiled, examples):
    x, y = examples(16)
    model = compiled()
    thread = threading.Thread(target=lambda: model.fit(x, y, verbose=0))
    thread.start()
    thread.join()
    assert int(model.optimizer.iterations) == 1
