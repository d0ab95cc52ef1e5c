"""Optimizers: what they declare, and the numbers of Keras in process."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.account import roles
from weigh.errors import ArgumentError, ShapeError, StateError, UnknownNameError, WeighError

keras = pytest.importorskip("keras")

CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "learning_rate": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "epsilon": 1e-3}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Adam", {"weight_decay": 0.1}),
    ("SGD", {"clipnorm": 0.5}),
    ("SGD", {"clipvalue": 0.1}),
    ("SGD", {"global_clipnorm": 0.7, "momentum": 0.5}),
    ("SGD", {"loss_scale_factor": 4.0}),
]
SHAPES = [(3, 2), (2,), ()]


def pair(name, options):
    """The optimizer in Keras and here, each built for weights of the same shapes and values."""
    rng = np.random.default_rng(0)
    starts = [rng.normal(size=shape).astype("float32") for shape in SHAPES]
    theirs = [keras.Variable(start, name=f"w{i}") for i, start in enumerate(starts)]
    ours = [weigh.Variable(start, name=f"w{i}") for i, start in enumerate(starts)]
    their, our = getattr(keras.optimizers, name)(**options), getattr(weigh.optimizers, name)(**options)
    their.build(theirs)
    our.build(ours)
    return their, theirs, our, ours


@pytest.mark.parametrize(("name", "options"), CASES)
def test_ten_steps_give_keras_weights_and_slots(name, options):
    their, theirs, our, ours = pair(name, options)
    rng = np.random.default_rng(1)
    for _ in range(10):
        gradients = [rng.normal(size=shape).astype("float32") for shape in SHAPES]
        their.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients])
        our.apply(gradients)
    for theirs_one, ours_one in zip([*theirs, *their.variables], [*ours, *our.variables], strict=True):
        np.testing.assert_allclose(np.asarray(ours_one), np.asarray(theirs_one), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_slots_are_declared_as_keras_has_them(name, options):
    their, _, our, _ = pair(name, options)
    told = [(slot.path, slot.name, tuple(slot.shape), slot.dtype) for slot in our.variables]
    assert told == [(slot.path, slot.name, tuple(slot.shape), slot.dtype) for slot in their.variables]
    assert all(slot.role == roles.SLOT and not slot.trainable for slot in our.slots)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_configuration_is_keras(name, options):
    their, _, our, _ = pair(name, options)
    record = weigh.optimizers.serialize(our)
    assert record == keras.optimizers.serialize(their)
    assert weigh.optimizers.deserialize(record).get_config() == our.get_config()


def test_declaring_slots_makes_no_array():
    optimizer = weigh.optimizers.Adam()
    optimizer.build([weigh.Variable("zeros", (10**6, 10**6), name="huge")])
    assert optimizer.slots[2].count == 10**12
    assert not any(slot.materialised for slot in optimizer.slots)


def test_the_pure_step_changes_nothing_and_works_under_jit():
    import jax

    _, _, optimizer, weights = pair("Adam", {})
    slots = [np.asarray(slot) for slot in optimizer.variables]
    values, gradients = [np.asarray(weight) for weight in weights], [np.ones(shape, "float32") for shape in SHAPES]
    after, moved = jax.jit(optimizer.stateless_apply)(slots, gradients, values)
    assert int(moved[0]) == 1
    assert int(optimizer.iterations) == 0
    optimizer.apply(gradients)
    for one, other in zip([*after, *moved], [*weights, *optimizer.variables], strict=True):
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-6)


def test_the_transformation_is_one_of_optax_and_stands_alone():
    import jax.numpy as jnp
    import optax

    adam = weigh.optimizers.Adam()
    weights = [jnp.ones((2, 3))]
    adam.build([weigh.Variable("zeros", (2, 3), name="w")])
    steps = optax.chain(optax.clip(1.0), adam.transformation(jnp.float32(0.1), jnp.int32(1)))
    changes, _ = steps.update([jnp.full((2, 3), 5.0)], steps.init(weights), weights)
    np.testing.assert_allclose(changes[0], -0.1, rtol=1e-4)


def test_constraints_hold_after_a_step():
    weight = weigh.Variable(np.array([1.0, -1.0], "float32"), constraint=weigh.constraints.NonNeg())
    optimizer = weigh.optimizers.SGD(0.1)
    optimizer.apply([np.array([50.0, 50.0], "float32")], [weight])
    assert np.asarray(weight).tolist() == [0.0, 0.0]


def test_what_is_excluded_from_weight_decay_keeps_its_size():
    kernel, bias = (weigh.Variable(np.ones(2, "float32"), name=name) for name in ("kernel", "bias"))
    optimizer = weigh.optimizers.SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply_gradients([(np.zeros(2, "float32"), kernel), (np.zeros(2, "float32"), bias)])
    np.testing.assert_allclose(kernel, 0.95)
    np.testing.assert_allclose(bias, 1.0)
    with pytest.raises(StateError, match="before it is built"):
        optimizer.exclude_from_weight_decay(var_list=[kernel])


def test_the_learning_rate_can_be_set():
    optimizer = weigh.optimizers.SGD(0.1)
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25
    assert optimizer.get_config()["learning_rate"] == 0.25


@given(name=st.sampled_from(["sgd", "SGD", "adam", "Adam", "rmsprop", "RMSprop"]))
def test_names_are_found_in_any_case(name):
    assert type(weigh.optimizers.get(name)).__name__ == type(keras.optimizers.get(name)).__name__


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: weigh.optimizers.Adam("fast"), "`learning_rate` must be a number"),
        (lambda: weigh.optimizers.Adam(clipnorm=1.0, clipvalue=1.0), "only one of"),
        (lambda: weigh.optimizers.Adam(rate=1.0), "no argument 'rate'"),
        (lambda: weigh.optimizers.SGD(momentum=1.5), "between 0 and 1"),
        (lambda: weigh.optimizers.Adam(use_ema=True), "not supported yet"),
        (lambda: weigh.optimizers.get("adamm"), "Did you mean 'Adam'"),
        (lambda: weigh.optimizers.get(3), "must be the name of one"),
    ],
)
def test_wrong_arguments_are_one_error_that_says_what_would_fit(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert isinstance(caught.value, WeighError)


def test_unknown_names_are_lookup_errors():
    with pytest.raises(UnknownNameError):
        weigh.optimizers.get("nothing like it")


def test_wrong_numbers_of_values_are_refused():
    _, _, optimizer, weights = pair("SGD", {})
    with pytest.raises(ShapeError, match="built for 3 weights"):
        optimizer.stateless_apply([1, 2], [1], weights)
    with pytest.raises(StateError, match="not built"):
        weigh.optimizers.SGD().stateless_apply([], [], [])
    with pytest.raises(ArgumentError, match="compile"):
        optimizer.check_weights(weights[:2])
