"""``weigh.config``, ``backend``, ``dtype_policies``: the names and answers of Keras'."""

import keras
import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, UnknownNameError, UnsafeFileError

LEFT_OUT = {
    "config": {
        "disable_interactive_logging",
        "enable_interactive_logging",
        "is_interactive_logging_enabled",
    },
    "dtype_policies": {
        "AWQDTypePolicy",
        "DTypePolicyMap",
        "GPTQDTypePolicy",
        "Int4DTypePolicy",
        "QuantizedDTypePolicy",
        "QuantizedFloat8DTypePolicy",
    },
    "backend": set(),
    "tree": set(),
    "saving": {"KerasFileEditor"},
}


@pytest.mark.parametrize("module", LEFT_OUT)
def test_every_name_of_keras_is_there(module):
    theirs = {name for name in dir(getattr(keras, module)) if not name.startswith("_")}
    ours = {name for name in dir(getattr(weigh, module)) if not name.startswith("_")}
    assert theirs - ours == LEFT_OUT[module]
    for name in theirs & ours:
        assert callable(getattr(getattr(weigh, module), name))


@pytest.fixture
def as_it_was():
    """What is set is set back."""
    yield
    weigh.config.set_floatx("float32")
    weigh.config.set_epsilon(1e-7)
    weigh.config.set_image_data_format("channels_last")
    weigh.config.set_dtype_policy(None)
    weigh.config.set_max_epochs(None)
    weigh.config.set_max_steps_per_epoch(None)


@pytest.mark.usefixtures("as_it_was")
def test_what_is_set_holds_for_what_is_made_afterwards():
    weigh.config.set_image_data_format("channels_first")
    assert weigh.layers.Flatten().data_format == "channels_first" == weigh.backend.image_data_format()
    weigh.config.set_floatx("float16")
    assert weigh.layers.Dense(2).dtype == "float16" == weigh.backend.floatx()
    weigh.config.set_dtype_policy("mixed_bfloat16")
    assert weigh.layers.Dense(2).compute_dtype == "bfloat16"
    assert weigh.config.dtype_policy() == weigh.DTypePolicy("mixed_bfloat16") == weigh.mixed_precision.global_policy()
    weigh.config.set_epsilon(1e-3)
    assert weigh.config.epsilon() == weigh.backend.epsilon() == 1e-3


@pytest.mark.usefixtures("as_it_was")
def test_epochs_and_steps_can_be_limited_to_try_a_script_out():
    model = weigh.Sequential([weigh.Input((3,)), weigh.layers.Dense(1)])
    model.compile("sgd", "mse")
    weigh.config.set_max_epochs(2)
    weigh.config.set_max_steps_per_epoch(3)
    history = model.fit(np.ones((32, 3)), np.ones((32, 1)), batch_size=4, epochs=10, verbose=0)
    assert len(history.history["loss"]) == 2
    assert int(model.optimizer.iterations.numpy()) == 6


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: weigh.config.set_backend("torch"), ArgumentError, "torch"),
        (lambda: weigh.config.set_image_data_format("first"), ArgumentError, "channels_first"),
        (lambda: weigh.config.set_floatx("int8"), ArgumentError, "int8"),
        (lambda: weigh.config.enable_unsafe_deserialization(), UnsafeFileError, "never run"),
        (lambda: weigh.dtype_policies.get("mixed_float61"), UnknownNameError, "mixed_float16"),
    ],
)
def test_what_cannot_be_set_is_refused(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()


@pytest.mark.parametrize("name", ["float32", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_policies_are_written_as_keras_writes_them(name):
    ours, theirs = weigh.dtype_policies.get(name), keras.dtype_policies.get(name)
    assert weigh.dtype_policies.serialize(ours) == keras.dtype_policies.serialize(theirs)
    assert weigh.dtype_policies.deserialize(keras.dtype_policies.serialize(theirs)) == ours
    assert (ours.compute_dtype, ours.variable_dtype) == (theirs.compute_dtype, theirs.variable_dtype)


def test_names_are_numbered_as_in_keras():
    keras.backend.clear_session()
    assert [weigh.backend.get_uid("a"), weigh.backend.get_uid("a"), weigh.backend.get_uid("b")] == [
        keras.backend.get_uid("a"),
        keras.backend.get_uid("a"),
        keras.backend.get_uid("b"),
    ]


def test_kinds_of_numbers_are_told_apart():
    for dtype in ("float16", "bfloat16", "int8", "uint32", "bool"):
        assert weigh.backend.is_float_dtype(dtype) == keras.backend.is_float_dtype(dtype)
        assert weigh.backend.is_int_dtype(dtype) == keras.backend.is_int_dtype(dtype)
    assert weigh.backend.is_keras_tensor(weigh.Input((2,)))
    assert not weigh.backend.is_keras_tensor(np.zeros(2))


def test_a_scope_goes_into_the_paths_of_what_is_declared_inside():
    with weigh.name_scope("encoder"):
        variable = weigh.Variable("zeros", (2,), name="w")
    assert variable.path == "encoder/w"
