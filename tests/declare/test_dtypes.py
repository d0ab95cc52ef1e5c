"""Number formats and policies."""

import pytest

from weigh.declare import dtypes
from weigh.errors import ArgumentError, UnknownNameError


@pytest.mark.parametrize("name", sorted(set(dtypes.BITS) - {"int4", "uint4", "string", "bool"}))
def test_sizes_are_those_of_the_real_arrays(name):
    import jax.numpy as jnp

    assert dtypes.size_in_bytes(name, 10) == 10 * jnp.dtype(name).itemsize


def test_half_bytes_are_rounded_up_to_whole_ones():
    assert dtypes.size_in_bytes("int4", 3) == 2


def test_dtypes_come_as_names_types_and_numpy_dtypes():
    import numpy as np

    assert dtypes.standardize(np.float32) == dtypes.standardize(np.dtype("float32")) == "float32"
    assert dtypes.standardize(int) == "int32"
    assert dtypes.standardize(None) == dtypes.standardize(float) == "float32"


def test_a_mixed_policy_computes_in_half_and_keeps_whole_weights():
    policy = dtypes.DTypePolicy("mixed_bfloat16")
    assert (policy.compute_dtype, policy.variable_dtype) == ("bfloat16", "float32")
    assert dtypes.DTypePolicy.from_config(policy.get_config()) == policy


def test_an_unknown_dtype_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="float32"):
        dtypes.standardize("flot32")
    with pytest.raises(UnknownNameError, match="mixed_bfloat16"):
        dtypes.DTypePolicy("mixed_bflot16")


def test_floatx_is_what_no_dtype_means():
    try:
        dtypes.set_floatx("float16")
        assert dtypes.standardize(None) == dtypes.dtype_policy().name == "float16"
        with pytest.raises(ArgumentError, match="int8"):
            dtypes.set_floatx("int8")
    finally:
        dtypes.set_floatx("float32")


def test_the_default_policy_can_be_set_and_unset():
    try:
        dtypes.set_dtype_policy("mixed_float16")
        assert dtypes.policy_of(None).compute_dtype == "float16"
    finally:
        dtypes.set_dtype_policy(None)
    assert dtypes.policy_of(None).name == "float32"
