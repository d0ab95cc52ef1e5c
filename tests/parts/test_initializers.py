"""Initializers: the numbers, the names and the records of Keras."""

import math
import subprocess
import sys
from typing import Any

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.compute.randomness import SeedGenerator
from weigh.declare import seed as seeds
from weigh.declare.dim import Dim, Origin
from weigh.errors import ArgumentError, ArgumentTypeError, FormatError, ShapeError, UnknownNameError
from weigh.parts import initializers

CONSTANT: list[tuple[str, dict[str, Any]]] = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {}),
    ("Constant", {"value": -2.7}),
    ("Identity", {}),
]
RANDOM: list[tuple[str, dict[str, Any]]] = [
    ("RandomNormal", {}),
    ("RandomNormal", {"mean": 0.3, "stddev": 2.0}),
    ("RandomUniform", {}),
    ("RandomUniform", {"minval": -0.3, "maxval": 1.1}),
    ("TruncatedNormal", {}),
    ("TruncatedNormal", {"mean": 0.3, "stddev": 2.0}),
    ("VarianceScaling", {}),
    ("VarianceScaling", {"scale": 0.3, "mode": "fan_out", "distribution": "untruncated_normal"}),
    ("VarianceScaling", {"scale": 3, "mode": "fan_avg", "distribution": "Uniform"}),
    ("VarianceScaling", {"distribution": "normal", "input_axes": [0], "output_axes": [1]}),
    ("GlorotUniform", {}),
    ("GlorotUniform", {"input_axes": [1], "output_axes": [0]}),
    ("GlorotNormal", {}),
    ("HeNormal", {}),
    ("HeUniform", {}),
    ("LecunNormal", {}),
    ("LecunUniform", {}),
    ("Orthogonal", {}),
    ("Orthogonal", {"gain": 1.7}),
]
STFT: list[tuple[str, dict[str, Any]]] = [
    ("STFT", {}),
    ("STFT", {"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True}),
    ("STFT", {"window": None}),
    ("STFT", {"scaling": None}),
    ("STFT", {"window": [0.1, 0.5, 0.7, 0.5, 0.3, 0.1], "side": "imag"}),
]
NAMES = sorted({name for name, _ in CONSTANT + RANDOM + STFT})
SPELLINGS = sorted(set(keras.src.initializers.ALL_OBJECTS_DICT) - {"Constant", "constant"})  # which it fails to make


def both(name: str, arguments: dict[str, Any]) -> tuple[Any, Any]:
    return getattr(initializers, name)(**arguments), getattr(keras.initializers, name)(**arguments)


def assert_same_bits(got: Any, expected: Any) -> None:
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(np.asarray(got), np.asarray(expected))


@pytest.mark.parametrize(("name", "arguments"), CONSTANT)
@pytest.mark.parametrize("dtype", [None, "float32", "bfloat16", "float16", "int32", "uint8", "bool"])
def test_constant_values_are_those_of_keras(name: str, arguments: dict[str, Any], dtype: str | None) -> None:
    if dtype == "uint8" and "value" in arguments:
        arguments = {"value": 7.0}  # what a negative number becomes without a sign is nobody's promise
    ours, theirs = both(name, arguments)
    expected = np.asarray(theirs((3, 5), dtype=dtype))
    got = ours((3, 5), dtype=dtype)
    np.testing.assert_array_equal(got, expected)
    assert str(got.dtype) == (dtype or "float32")


@pytest.mark.parametrize("shape", [(17, 5), (3, 5, 8)])
@pytest.mark.parametrize(("name", "arguments"), RANDOM)
def test_random_values_are_those_of_keras_bit_for_bit(
    name: str, arguments: dict[str, Any], shape: tuple[int, ...]
) -> None:
    for seed in (0, 1337, 2**32 - 1):
        ours, theirs = both(name, {**arguments, "seed": seed})
        assert_same_bits(ours(shape), theirs(shape))


@pytest.mark.parametrize(("name", "arguments"), [case for case in RANDOM if case[0] != "Orthogonal"])
def test_scalars_and_vectors_are_drawn_as_by_keras(name: str, arguments: dict[str, Any]) -> None:
    arguments = {key: value for key, value in arguments.items() if not key.endswith("axes")}
    ours, theirs = both(name, {**arguments, "seed": 3})
    for shape in [(), (7,)]:
        assert_same_bits(ours(shape), theirs(shape))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", ["GlorotUniform", "HeNormal", "RandomNormal"])
def test_random_values_of_other_dtypes_are_those_of_keras(name: str, dtype: str) -> None:
    ours, theirs = both(name, {"seed": 3})
    assert_same_bits(ours((6, 7), dtype), theirs((6, 7), dtype))


@settings(max_examples=12)
@given(
    shape=st.lists(st.integers(1, 9), min_size=2, max_size=4).map(tuple),
    seed=st.integers(0, 2**32 - 1),
    gain=st.sampled_from([1.0, 0.5, 3.0]),
)
def test_orthogonal_columns_or_rows_have_the_length_of_the_gain(shape: tuple[int, ...], seed: int, gain: float) -> None:
    matrix = initializers.Orthogonal(gain, seed)(shape).reshape(-1, shape[-1]).astype("float64")
    if matrix.shape[0] < matrix.shape[1]:
        matrix = matrix.T
    np.testing.assert_allclose(matrix.T @ matrix, gain**2 * np.eye(matrix.shape[1]), atol=1e-5 * gain**2)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_orthogonal_values_come_in_short_dtypes_too(dtype: str) -> None:
    ours = initializers.Orthogonal(seed=1)
    assert_same_bits(ours((5, 3), dtype), ours((5, 3)).astype(dtype))


@pytest.mark.parametrize(("name", "arguments"), STFT)
def test_the_fourier_basis_is_that_of_keras(name: str, arguments: dict[str, Any]) -> None:
    ours, theirs = both(name, arguments)
    np.testing.assert_allclose(ours((6, 1, 5)), theirs((6, 1, 5)), rtol=0, atol=1e-6, strict=True)


def test_the_fourier_basis_comes_in_short_dtypes_too() -> None:
    ours = initializers.STFT()
    for dtype in ("float16", "bfloat16"):
        short = ours((6, 1, 5), dtype)
        assert short.dtype == dtype
        np.testing.assert_allclose(short.astype("float32"), ours((6, 1, 5)), rtol=0, atol=0.02)


@given(shape=st.lists(st.integers(0, 9), max_size=5).map(tuple))
def test_fans_are_plain_numbers_equal_to_those_of_keras(shape: tuple[int, ...]) -> None:
    fans = initializers.compute_fans([Dim(size, Origin("argument", "units", "dense")) for size in shape])
    assert fans == keras.src.initializers.random_initializers.compute_fans(shape)
    assert {type(fan) for fan in fans} == {int}


def test_dims_are_taken_as_sizes() -> None:
    shape = (Dim(3), Dim(4) * Dim(2))
    for name, arguments in CONSTANT + RANDOM:
        assert getattr(initializers, name)(**arguments)(shape).shape == (3, 8)


@pytest.mark.parametrize(("name", "arguments"), CONSTANT + RANDOM + STFT)
def test_it_is_written_as_keras_writes_it_and_read_by_both(name: str, arguments: dict[str, Any]) -> None:
    ours, theirs = both(name, arguments)
    record = keras.initializers.serialize(theirs)
    assert initializers.serialize(ours) == record
    assert initializers.deserialize(record).get_config() == ours.get_config()
    assert initializers.get(record).get_config() == ours.get_config()
    assert keras.initializers.get(initializers.serialize(ours)).get_config() == theirs.get_config()
    assert type(ours.clone()) is type(ours)


def test_a_gain_of_identity_survives_being_written() -> None:
    read = initializers.deserialize(initializers.serialize(initializers.Identity(2.0)))
    np.testing.assert_array_equal(read((2, 2)), [[2, 0], [0, 2]])
    assert keras.initializers.get(initializers.serialize(initializers.Identity(2.0))).gain == 2.0


@pytest.mark.parametrize("value", [np.array([1.0, 2.0], "float32"), jax.numpy.array([1.0, 2.0])])
def test_an_array_as_constant_survives_being_written_here_and_by_keras(value: Any) -> None:
    for record in (
        initializers.serialize(initializers.Constant(value)),
        keras.initializers.serialize(keras.initializers.Constant(value)),
    ):
        np.testing.assert_array_equal(initializers.get(record)((3, 2)), [[1, 2]] * 3)
        np.testing.assert_array_equal(keras.initializers.get(record)((3, 2)), [[1, 2]] * 3)


@pytest.mark.parametrize("name", SPELLINGS)
def test_it_is_found_by_the_names_of_keras(name: str) -> None:
    ours, theirs = initializers.get(name), keras.initializers.get(name)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.get_config() == theirs.get_config()
    assert type(initializers.deserialize(name)) is type(ours)


@pytest.mark.parametrize("name", sorted(set(dir(keras.initializers)) - {"get", "serialize", "deserialize"}))
def test_the_names_in_the_module_are_those_of_keras(name: str) -> None:
    if not name.startswith("_"):
        assert getattr(initializers, name).__name__ == getattr(keras.initializers, name).__name__


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_the_arguments_of_keras_with_their_defaults(name: str) -> None:
    from inspect import signature

    def arguments(cls: Any) -> list[tuple[str, Any]]:
        if cls.__init__ is object.__init__:
            return []
        return [(parameter.name, parameter.default) for parameter in signature(cls).parameters.values()]

    assert arguments(getattr(initializers, name)) == arguments(getattr(keras.initializers, name))


def test_after_set_seed_the_nth_initializer_without_a_seed_draws_what_keras_draws() -> None:
    names = ["glorot_uniform", "zeros", "he_normal", "orthogonal", "random_normal", "ones", "lecun_uniform"]
    for seed in (0, 123456789):
        keras.utils.set_random_seed(seed)
        expected = [keras.initializers.get(name)((4, 6)) for name in names]
        seeds.set_seed(seed)
        drawn = [initializers.get(name) for name in names]
        for ours, theirs in reversed(list(zip(drawn, expected, strict=True))):  # when they are used does not matter
            np.testing.assert_array_equal(ours((4, 6)), theirs)
            assert ours.get_config().get("seed") is None


def test_constant_is_found_by_name_too() -> None:
    assert initializers.get("constant").value == initializers.get("Constant").value == 0.0


def test_the_same_initializer_draws_the_same_numbers_again_and_a_clone_others() -> None:
    ours = initializers.GlorotUniform()
    np.testing.assert_array_equal(ours((5, 5)), ours((5, 5)))
    assert (ours((5, 5)) != ours.clone()((5, 5))).any()


def test_a_seed_generator_gives_new_numbers_at_each_call_as_in_keras() -> None:
    ours = initializers.RandomNormal(seed=SeedGenerator(3))
    theirs = keras.initializers.RandomNormal(seed=keras.random.SeedGenerator(3))
    for _ in range(3):
        assert_same_bits(ours((4,)), theirs((4,)))


def test_a_seed_generator_is_written_and_read_as_in_keras() -> None:
    record = keras.initializers.serialize(keras.initializers.HeNormal(seed=keras.random.SeedGenerator(3)))
    ours = initializers.deserialize(record)
    assert initializers.serialize(ours) == record
    assert_same_bits(ours((4, 4)), keras.initializers.get(record)((4, 4)))


def test_values_are_made_inside_a_traced_function_too() -> None:
    for name in ("he_normal", "orthogonal"):
        initializer = initializers.get({"class_name": name, "config": {"seed": 5}})
        traced = jax.jit(lambda x, initializer=initializer: x + initializer((3, 4)))(0.0)
        np.testing.assert_array_equal(traced, initializer((3, 4)))


def test_an_array_stands_for_an_initializer_of_its_shape() -> None:
    given_array = np.arange(6.0).reshape(2, 3)
    made = initializers.get(given_array)((2, 3), "float32")
    assert_same_bits(made, given_array.astype("float32"))
    with pytest.raises(ShapeError, match=r"\(2, 3\).*\(3, 2\)"):
        initializers.get(given_array)((3, 2))


def test_none_a_class_and_a_callable_are_taken() -> None:
    def mine(shape: Any, dtype: Any = None) -> Any:
        return np.zeros(shape, dtype)

    assert initializers.get(None) is None
    assert type(initializers.get(initializers.Ones)) is initializers.Ones
    assert initializers.get(mine) is mine


@pytest.mark.parametrize("dtype", ["int32", "bool"])
@pytest.mark.parametrize("name", ["GlorotUniform", "RandomNormal", "TruncatedNormal", "Orthogonal"])
def test_random_integers_are_refused(name: str, dtype: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name} draws floating-point numbers, but was asked for {dtype}"):
        getattr(initializers, name)()((3, 3), dtype)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("VarianceScaling", {"scale": 0}, "scale.*positive, not 0"),
        ("VarianceScaling", {"scale": -1.0}, "scale"),
        ("VarianceScaling", {"mode": "fan"}, "'fan_avg', not 'fan'"),
        ("VarianceScaling", {"distribution": "cauchy"}, "not 'cauchy'"),
        ("STFT", {"side": "left"}, "side.*'left'"),
        ("STFT", {"scaling": "power"}, "scaling.*'power'"),
        ("STFT", {"window": "hamn"}, "window.*'hamn'"),
    ],
)
def test_a_value_that_cannot_work_is_refused_as_in_keras(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 — its words are Keras' own
        getattr(keras.initializers, name)(**arguments)
    with pytest.raises(ArgumentError, match=message):
        getattr(initializers, name)(**arguments)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused_at_once(seed: int) -> None:
    with pytest.raises(ArgumentError, match=rf"`seed` of HeNormal.*not {seed}"):
        initializers.HeNormal(seed=seed)


@pytest.mark.parametrize("seed", [1.5, "7", [1, 2]])
def test_a_seed_that_is_no_seed_is_refused(seed: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="`seed` of HeNormal"):
        initializers.HeNormal(seed=seed)


@pytest.mark.parametrize(
    ("name", "shape"), [("Identity", (3,)), ("Identity", (3, 3, 3)), ("Orthogonal", (3,)), ("STFT", (4, 3))]
)
def test_a_shape_that_cannot_be_filled_is_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as error:
        getattr(initializers, name)()(shape)
    assert name in str(error.value)
    assert str(shape) in str(error.value)


def test_a_window_of_another_length_than_the_frame_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(3,\).*frames of 4"):
        initializers.STFT(window=[1.0, 2.0, 1.0])((4, 1, 3))


def test_the_base_class_says_what_to_write() -> None:
    with pytest.raises(NotImplementedError, match="__call__"):
        initializers.Initializer()((3,))


def test_an_unknown_name_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"initializer: 'glorot_unifrom'.*'glorot_uniform'"):
        initializers.get("glorot_unifrom")


def test_a_record_of_somebody_elses_class_is_not_taken_for_ours() -> None:
    record = {"module": "theirs.own", "class_name": "Zeros", "config": {}, "registered_name": "theirs>Zeros"}
    with pytest.raises(FormatError, match=r"theirs\.own"):
        initializers.deserialize(record)


def test_what_cannot_be_an_initializer_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"3\.5 as initializer"):
        initializers.get(3.5)


def test_declaring_parts_imports_no_library() -> None:
    script = """
import sys
from weigh.parts import activations, constraints, initializers, regularizers
for name in ("glorot_uniform", "zeros", "he_normal", "orthogonal"):
    initializers.serialize(initializers.get(name))
regularizers.serialize(regularizers.get("l1"))
constraints.serialize(constraints.get("max_norm"))
activations.serialize(activations.get("relu"))
print(*{"numpy", "jax", "scipy", "dataclasses", "inspect", "random", "rich"} & set(sys.modules))
"""
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (process.stdout.split(), process.stderr) == ([], "")


def test_the_spread_of_each_initializer_is_what_its_name_promises() -> None:
    fan_in, fan_out = 300, 500
    variances = {
        "glorot_uniform": 2 / (fan_in + fan_out),
        "glorot_normal": 2 / (fan_in + fan_out),
        "he_uniform": 2 / fan_in,
        "he_normal": 2 / fan_in,
        "lecun_uniform": 1 / fan_in,
        "lecun_normal": 1 / fan_in,
    }
    for name, variance in variances.items():
        values = initializers.get({"class_name": name, "config": {"seed": 1}})((fan_in, fan_out))
        assert np.var(values) == pytest.approx(variance, rel=0.02), name
        assert abs(np.mean(values)) < 4 * math.sqrt(variance / values.size), name
