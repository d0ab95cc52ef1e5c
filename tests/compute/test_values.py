"""Weights have values when they are needed, and bound values inside traced functions."""

import jax
import numpy as np
import pytest

import weigh
from weigh.compute import values
from weigh.compute.values import Variable
from weigh.errors import AllocationError, ShapeError, StateError


def counter(value=0.0):
    return Variable((), lambda shape, dtype: np.full(shape, value, dtype), name="counter", trainable=False)


def test_a_value_comes_into_being_when_it_is_first_read():
    made = []

    def initializer(shape, dtype):
        made.append(shape)
        return np.ones(shape, dtype)

    weight = Variable((2, 3), initializer)
    assert not made
    assert weight.numpy().sum() == weight.numpy().sum() == 6
    assert made == [(2, 3)]


def test_outside_a_trace_assign_replaces_the_value():
    weight = counter(1.0)
    weight.assign_add(2.0)
    assert float(weight) == 3.0
    assert float(2 * weight - 1) == 5.0


def test_inside_a_trace_reading_and_assigning_act_on_the_bound_value_only():
    weight = counter(1.0)

    @jax.jit
    def step(value):
        with values.bind([weight], [value]) as binding:
            weight.assign(weight * 10)
            weight.assign_add(1)
            assert binding.assigned(weight)
            return binding.read(weight)

    assert float(step(4.0)) == 41.0
    assert float(weight) == 1.0


def test_bindings_nest_and_end_with_their_block():
    outer, inner = counter(), counter()
    with values.bind([outer], [1.0]):
        with values.bind([inner], [2.0]):
            assert (outer.raw, inner.raw) == (1.0, 2.0)
        assert float(inner) == 0.0
    assert values.current_binding() is None


def test_assigning_a_tracer_to_a_weight_that_was_not_bound_is_refused():
    weight = counter()

    def leak(value):
        weight.assign(value)
        return value

    with pytest.raises(StateError, match=r"functional\(\)"):
        jax.jit(leak)(1.0)
    assert float(weight) == 0.0


def test_a_value_of_another_shape_is_refused_with_both_shapes():
    with pytest.raises(ShapeError, match=r"\(\).*\(3,\)"):
        counter().assign(np.zeros(3))


def test_autocast_reads_floats_in_the_compute_dtype_and_leaves_others():
    weight, whole = Variable((2,), np.ones), Variable((2,), np.ones, "int32")
    kept = Variable((2,), np.ones, autocast=False)
    with values.autocast("bfloat16"):
        assert weight.value.dtype == "bfloat16"
        assert whole.value.dtype == "int32"
        assert kept.value.dtype == "float32"
    assert weight.value.dtype == "float32"


def test_a_variable_can_be_made_of_an_array():
    weight = weigh.Variable(np.arange(3, dtype="float32"))
    assert weight.shape == (3,)
    assert np.asarray(weight).tolist() == [0, 1, 2]


def test_more_than_the_memory_is_refused_with_the_missing_bytes_before_anything_is_allocated():
    x = weigh.Input((1000,))
    model = weigh.Model(x, weigh.layers.Dense(10**12)(x))
    with pytest.raises(AllocationError, match=r"4,004,000,000,000,000 bytes.*are missing.*dense/kernel"):
        model(np.zeros((1, 1000), "float32"))
    assert not any(weight.materialised for weight in model.weights)
    assert model.count_params() == 1_001 * 10**12


def test_what_is_assigned_is_the_weights_own():
    import jax

    value = jax.numpy.ones(3)
    weight = Variable((3,))
    weight.assign(value)
    jax.jit(lambda taken: taken + 1, donate_argnums=0)(weight.raw)
    assert value.tolist() == [1, 1, 1]
