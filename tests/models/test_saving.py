import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.errors import ArgumentError, ArgumentTypeError, FormatError, NotBuiltError, SaveError, UnsafeFileError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 16)).astype("float32")
Y = RNG.integers(0, 2, (64, 4)).astype("float32")

OPTIMIZERS = [
    lambda K: K.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    lambda K: K.optimizers.Adam(0.01),
    lambda K: K.optimizers.RMSprop(0.01, momentum=0.5),
]

# Saves one of two models again and again until it is killed.
SAVING_CHILD = """
import itertools, sys
import numpy, weigh
model = weigh.Sequential([weigh.Input((64,)), weigh.layers.Dense(512)])
for round in itertools.count():
    model.set_weights([numpy.full(weight.shape, round) for weight in model.weights])
    model.save(sys.argv[1])
    print("saved", flush=True)
"""


def inputs_for(model):
    rng = np.random.default_rng(1)
    given = [rng.normal(size=(4, *map(int, tensor.shape[1:]))).astype("float32") for tensor in model.inputs]
    return given[0] if len(given) == 1 else given


def flat(outputs):
    if isinstance(outputs, dict):
        outputs = [outputs[key] for key in sorted(outputs)]
    return [np.asarray(one, "float32") for one in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]


def scrambled(model):
    """Give a network weights that no initializer gives, moving statistics among them."""
    rng = np.random.default_rng(2)
    model.set_weights([rng.uniform(0.5, 1.5, weight.shape).astype("float32") for weight in model.weights])
    return model


def assert_same_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(np.asarray(a, "float32"), np.asarray(b, "float32"))


def assert_same_network(one, other):
    assert_same_weights(one, other)
    x = inputs_for(one)
    for a, b in zip(flat(one(x)), flat(other(x)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def slots(model):
    optimizer = model.optimizer
    return optimizer.slots if hasattr(optimizer, "slots") else optimizer.variables


def assert_same_training(one, other):
    for a, b in zip(slots(one), slots(other), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    assert json.dumps(one.get_compile_config()) == json.dumps(other.get_compile_config())


def compiled(model, K, optimizer):
    model.compile(optimizer(K), "binary_crossentropy", metrics=["accuracy", K.metrics.AUC(name="auc")])
    return model


def small():
    return weigh.Sequential([weigh.Input((3,), name="x"), weigh.layers.Dense(2, name="d")], name="m")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.keras"


# Both directions ----------------------------------------------------------------------------------------------------

PAIRS = [(weigh, weigh), (weigh, keras), (keras, weigh)]


@pytest.mark.parametrize(("writer", "reader"), PAIRS, ids=["weigh-weigh", "weigh-keras", "keras-weigh"])
def test_a_network_that_was_saved_computes_the_same(network, writer, reader, path):
    model = scrambled(network(writer))
    model.save(path)
    assert_same_network(model, reader.saving.load_model(path))


@pytest.mark.parametrize(("writer", "reader"), PAIRS, ids=["weigh-weigh", "weigh-keras", "keras-weigh"])
def test_weights_alone_come_back(network, writer, reader, tmp_path):
    model, other = scrambled(network(writer)), network(reader)
    model.save_weights(tmp_path / "file.weights.h5")
    other.load_weights(tmp_path / "file.weights.h5")
    assert_same_weights(model, other)


@pytest.mark.parametrize(("writer", "reader"), PAIRS, ids=["weigh-weigh", "weigh-keras", "keras-weigh"])
def test_weights_are_also_read_out_of_a_whole_model(seed_network, writer, reader, path):
    model, other = scrambled(seed_network(writer)), seed_network(reader)
    model.save(path)
    other.load_weights(path)
    assert_same_weights(model, other)


@pytest.mark.parametrize(("writer", "reader"), PAIRS, ids=["weigh-weigh", "weigh-keras", "keras-weigh"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["sgd", "adam", "rmsprop"])
def test_the_optimizer_comes_back_with_its_slots(seed_network, writer, reader, optimizer, path):
    model = compiled(seed_network(writer), writer, optimizer)
    model.optimizer.build(model.trainable_variables)
    rng = np.random.default_rng(4)
    for slot in slots(model)[2:]:
        slot.assign(rng.uniform(size=slot.shape))
    slots(model)[0].assign(5)
    model.save(path)
    again = reader.saving.load_model(path)
    assert_same_weights(model, again)
    assert_same_training(model, again)


def test_five_epochs_and_five_more_after_a_file_equal_ten(seed_network, path):
    weigh.utils.set_random_seed(7)
    whole = compiled(seed_network(weigh), weigh, OPTIMIZERS[1])
    whole.fit(X, Y, epochs=10, batch_size=16, shuffle=False, verbose=0)
    weigh.utils.clear_session()
    weigh.utils.set_random_seed(7)
    half = compiled(seed_network(weigh), weigh, OPTIMIZERS[1])
    half.fit(X, Y, epochs=5, batch_size=16, shuffle=False, verbose=0)
    half.save(path)
    again = weigh.saving.load_model(path)
    again.fit(X, Y, epochs=10, initial_epoch=5, batch_size=16, shuffle=False, verbose=0)
    assert_same_network(whole, again)
    assert_same_training(whole, again)


def test_an_optimizer_that_keras_saved_before_its_first_step_begins_anew(seed_network, path):
    model = compiled(seed_network(keras), keras, OPTIMIZERS[1])
    model.save(path)
    assert [slot.shape for slot in slots(model)] == [(), ()]
    again = weigh.saving.load_model(path)
    again.fit(X, Y, batch_size=16, verbose=0)
    assert int(slots(again)[0]) == 4


def test_without_compile_a_network_is_not_compiled(seed_network, path):
    compiled(seed_network(weigh), weigh, OPTIMIZERS[0]).save(path)
    assert not weigh.saving.load_model(path, compile=False).compiled


def test_the_files_have_the_same_groups_and_arrays(network, tmp_path):
    def content(K):
        model = network(K)
        model.save_weights(tmp_path / "file.weights.h5")
        found = {}
        with h5py.File(tmp_path / "file.weights.h5") as file:
            file.visititems(
                lambda name, thing: found.__setitem__(
                    name, (thing.shape, thing.dtype) if hasattr(thing, "shape") else None
                )
            )
        return {name: shape for name, shape in found.items() if "seed_generator" not in name}

    assert content(weigh) == content(keras)


# Subclassed networks ------------------------------------------------------------------------------------------------


def subclassed(K):
    @K.saving.register_keras_serializable(package="tests")
    class Blocks(K.Model):
        def __init__(self, width=3, **kwargs):
            super().__init__(**kwargs)
            self.width = width
            self.zeta = K.layers.Dense(2)
            self.blocks = [K.layers.Dense(width), [K.layers.Dense(width), K.layers.BatchNormalization()]]
            self.named = {"z": K.layers.Dense(width), "a": K.layers.Dense(width)}
            self.again = self.zeta
            self._private = K.layers.Dense(2)

        def call(self, x):
            x = self.blocks[1][1](self.blocks[1][0](self.blocks[0](x)))
            return self._private(self.zeta(self.named["a"](self.named["z"](x))))

        def get_config(self):
            return {"width": self.width, "name": self.name}

    model = Blocks(4)
    model(np.zeros((1, 3), "float32"))
    return model


@pytest.mark.parametrize(("writer", "reader"), PAIRS, ids=["weigh-weigh", "weigh-keras", "keras-weigh"])
def test_the_weights_of_a_subclassed_network_are_found_by_its_attributes(writer, reader, tmp_path):
    model, other = subclassed(writer), subclassed(reader)
    rng = np.random.default_rng(3)
    model.set_weights([rng.uniform(size=weight.shape).astype("float32") for weight in model.weights])
    model.save_weights(tmp_path / "file.weights.h5")
    other.load_weights(tmp_path / "file.weights.h5")
    x = rng.normal(size=(5, 3)).astype("float32")
    np.testing.assert_allclose(np.asarray(model(x)), np.asarray(other(x)), rtol=1e-6, atol=1e-6)


def test_a_subclassed_network_comes_back_whole(path):
    model = subclassed(weigh)
    model.save(path)
    again = weigh.saving.load_model(path)
    x = RNG.normal(size=(5, 3)).astype("float32")
    assert again.width == 4
    np.testing.assert_array_equal(np.asarray(model(x)), np.asarray(again(x)))


def test_a_layer_may_say_itself_what_is_kept(tmp_path):
    class Counter(weigh.layers.Layer):
        def compute_output_shape(self, input_shape):
            return input_shape

        def call(self, inputs):
            return inputs

        def save_own_variables(self, store):
            store["seen"] = np.array(41)

        def load_own_variables(self, store):
            self.seen = int(store["seen"]) + 1

    model = weigh.Sequential([weigh.Input((2,)), Counter()])
    model.save_weights(tmp_path / "file.weights.h5")
    model.load_weights(tmp_path / "file.weights.h5")
    assert model.layers[0].seen == 42


# What does not fit --------------------------------------------------------------------------------------------------


def test_weights_that_do_not_fit_change_nothing(tmp_path):
    file = tmp_path / "file.weights.h5"
    weigh.Sequential([weigh.Input((3,)), weigh.layers.Dense(4), weigh.layers.Dense(5)]).save_weights(file)
    model = weigh.Sequential([weigh.Input((3,)), weigh.layers.Dense(4, name="a"), weigh.layers.Dense(6, name="b")])
    before = model.get_weights()
    with pytest.raises(
        FormatError, match=r"'b/kernel' has shape \(4, 6\).*dense_1/vars/0.*\(4, 5\).*No weight was"
    ) as raised:
        model.load_weights(file)
    assert str(file) in str(raised.value)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_mismatches_can_be_skipped_with_a_warning(tmp_path):
    file = tmp_path / "file.weights.h5"
    source = weigh.Sequential([weigh.Input((3,)), weigh.layers.Dense(4), weigh.layers.Dense(5)])
    source.save_weights(file)
    model = weigh.Sequential(
        [weigh.Input((3,)), weigh.layers.Dense(4), weigh.layers.Dense(6, use_bias=False, name="b")]
    )
    kept = model.get_weights()[-1]
    with pytest.warns(UserWarning, match="'b' has 1 variables, but the file has 2"):
        model.load_weights(file, skip_mismatch=True)
    np.testing.assert_array_equal(model.get_weights()[0], source.get_weights()[0])
    np.testing.assert_array_equal(model.get_weights()[-1], kept)


def test_an_array_that_cannot_be_read_changes_nothing(tmp_path):
    file = tmp_path / "file.weights.h5"
    model = weigh.Sequential([weigh.Input((3,)), weigh.layers.Dense(4), weigh.layers.Dense(5)])
    model.save_weights(file)
    with h5py.File(file, "a") as content:
        del content["layers/dense_1/vars/0"]
        content.create_dataset("layers/dense_1/vars/0", (4, 5), "float32")
    before = scrambled(model).get_weights()
    with pytest.raises(FormatError, match="holds 0"):
        model.load_weights(file)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_a_network_that_is_not_built_are_neither_saved_nor_loaded(tmp_path):
    model = weigh.Sequential([weigh.layers.Dense(2)])
    with pytest.raises(NotBuiltError, match="saved"):
        model.save_weights(tmp_path / "file.weights.h5")
    with pytest.raises(NotBuiltError, match="loaded"):
        model.load_weights(tmp_path / "file.weights.h5")


def test_a_network_that_is_not_built_comes_back_not_built(path):
    weigh.Sequential([weigh.layers.Dense(2)]).save(path)
    again = weigh.saving.load_model(path)
    assert not again.built
    assert again(np.zeros((1, 3), "float32")).shape == (1, 2)


def test_paths_end_as_their_format_does(tmp_path):
    model = small()
    with pytest.raises(ArgumentError, match=r"\.keras"):
        model.save(tmp_path / "file.h5")
    with pytest.raises(ArgumentError, match=r"\.weights\.h5"):
        model.save_weights(tmp_path / "file.h5")
    with pytest.raises(ArgumentError, match=r"\.weights\.h5"):
        model.load_weights(tmp_path / "file.npz")
    with pytest.raises(ArgumentError, match="zipped"):
        model.save(tmp_path / "folder.keras", zipped=False)
    with pytest.raises(ArgumentTypeError, match="path"):
        model.save(7)
    assert os.listdir(tmp_path) == []


# Files that nobody should trust -------------------------------------------------------------------------------------


def rewritten(path, change):
    """Save a small network with a changed configuration."""
    small().save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(50), b"{}", b"\x89HDF\r\n\x1a\n" + bytes(50), b"PK\x03\x04"]
)
def test_a_foreign_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(FormatError, match=str(path)):
        weigh.saving.load_model(path)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(FormatError, match="folder"):
        weigh.saving.load_model(tmp_path)
    with pytest.raises(FormatError, match="No such file"):
        weigh.saving.load_model(tmp_path / "missing.keras")


def test_a_zip_file_without_a_network_is_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(FormatError, match=r"no 'config\.json'.*readme\.txt"):
        weigh.saving.load_model(path)


def test_a_configuration_longer_than_any_network_is_refused(path, monkeypatch):
    monkeypatch.setattr("weigh.formats.keras_file.LONGEST_CONFIG", 1000)
    small().save(path)
    with pytest.raises(FormatError, match="at most 1,000"):
        weigh.saving.load_model(path)


def test_a_member_that_leads_out_of_the_folder_is_refused(path):
    small().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.py", "print('gotcha')")
    with pytest.raises(UnsafeFileError, match="evil"):
        weigh.saving.load_model(path)


def test_a_file_cut_anywhere_is_refused(tmp_path):
    small().save(tmp_path / "whole.keras")
    data = (tmp_path / "whole.keras").read_bytes()
    for length in itertools.chain(range(0, 200), range(200, len(data) - 400, 97), range(len(data) - 400, len(data))):
        (tmp_path / "cut.keras").write_bytes(data[:length])
        with pytest.raises(FormatError, match=r"cut\.keras"):
            weigh.saving.load_model(tmp_path / "cut.keras")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "whole.keras"
    model = small()
    model.save(path)
    return path.read_bytes(), model.to_json(), model.get_weights()


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed_or_changes_nothing(whole, tmp_path_factory, place, bit):
    content, json_text, weights = whole
    data = bytearray(content)
    data[place % len(data)] ^= 1 << bit
    path = tmp_path_factory.getbasetemp() / "flipped.keras"
    path.write_bytes(data)
    try:
        again = weigh.saving.load_model(path)
    except FormatError:
        return
    assert again.to_json() == json_text
    for a, b in zip(weights, again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("safe_mode", [True, False])
def test_a_class_that_is_not_ours_is_refused_and_never_imported(path, tmp_path, monkeypatch, safe_mode):
    (tmp_path / "evil_module.py").write_text("open(__file__ + '.ran', 'w').close()\nclass Evil: from_config = print")
    monkeypatch.syspath_prepend(tmp_path)
    rewritten(path, lambda config: config["config"]["layers"][1].update(module="evil_module", class_name="Evil"))
    with pytest.raises(FormatError, match=r"'Evil' of module 'evil_module'.*Nothing was imported"):
        weigh.saving.load_model(path, safe_mode=safe_mode)
    assert "evil_module" not in sys.modules
    assert not (tmp_path / "evil_module.py.ran").exists()


@pytest.mark.parametrize(
    ("module", "name"), [("os", "system"), ("builtins", "eval"), ("keras", "utils"), ("weigh", "saving")]
)
def test_a_function_of_the_system_is_refused(path, module, name):
    call = {"module": module, "class_name": name, "config": {"command": "touch gotcha"}, "registered_name": None}
    rewritten(path, lambda config: config["config"]["layers"].append(call))
    with pytest.raises(FormatError, match=f"'{name}' of module '{module}'"):
        weigh.saving.load_model(path)


def test_a_lambda_layer_that_keras_wrote_is_refused(path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1, name="evil")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    with pytest.raises(UnsafeFileError, match=r"'evil'.*safe_mode"):
        weigh.saving.load_model(path)
    with pytest.raises(UnsafeFileError, match="This version of weigh does not run code"):
        weigh.saving.load_model(path, safe_mode=False)


def test_a_file_compiled_with_something_unknown_opens_without_compiling(path):
    optimizer = {"module": "keras.optimizers", "class_name": "Nonesuch", "config": {}, "registered_name": None}
    rewritten(path, lambda config: config.update(compile_config={"optimizer": optimizer, "loss": "mse"}))
    with pytest.raises(FormatError, match=r"compile=False.*Nonesuch"):
        weigh.saving.load_model(path)
    assert weigh.saving.load_model(path, compile=False).name == "m"


def test_weights_that_the_file_does_not_have_are_refused(path):
    rewritten(path, lambda config: config["config"]["layers"][1]["config"].update(units=10**12))
    with pytest.raises(FormatError, match=r"1000000000000.*shape \(3, 2\)"):
        weigh.saving.load_model(path)


# Whole or not at all ------------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_old_file_and_no_litter(path):
    small().save(path)
    before = path.read_bytes()
    large = weigh.Sequential([weigh.Input((100,)), weigh.layers.Dense(1000)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (100, 3000, 100_000, 401_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
        try:
            with pytest.raises(SaveError, match="untouched"):
                large.save(path)
            with pytest.raises(SaveError, match="untouched"):
                large.save_weights(path.parent / "file.weights.h5")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.read_bytes() == before
        assert os.listdir(path.parent) == [path.name]


def test_a_network_that_cannot_be_written_down_leaves_the_old_file_and_no_litter(path):
    small().save(path)
    before = path.read_bytes()
    with pytest.raises(ArgumentError, match="lambda"):
        weigh.Sequential([weigh.Input((2,)), weigh.layers.Activation(lambda x: x)]).save(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_file_is_not_overwritten_unless_told(path):
    small().save(path)
    with pytest.raises(SaveError, match="exists"):
        small().save(path, overwrite=False)


def test_a_process_killed_while_saving_leaves_a_whole_file(path):
    moments = random.Random(0)
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", SAVING_CHILD, str(path)], stdout=subprocess.PIPE)
        child.stdout.readline()
        for _ in range(moments.randrange(20)):
            path.read_bytes()
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kernel, bias = weigh.saving.load_model(path).get_weights()
        assert len(np.unique(np.concatenate([kernel.ravel(), bias]))) == 1
