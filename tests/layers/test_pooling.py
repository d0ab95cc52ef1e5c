"""Pooling, held to Keras."""

import itertools

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.compute.pooling import adaptive_windows
from weigh.errors import ShapeError
from weigh.report.explain import explanation

NUMBERS = np.random.default_rng(0)


@pytest.mark.parametrize("name", ["MaxPooling2D", "AveragePooling2D"])
@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((2, 5, 6, 3), {"pool_size": 2}),
        ((2, 5, 6, 3), {"pool_size": (3, 2), "strides": (1, 2)}),
        ((2, 5, 7, 3), {"pool_size": 3, "strides": 2, "padding": "same"}),
        ((2, 3, 5, 6), {"pool_size": 2, "padding": "same", "data_format": "channels_first"}),
    ],
)
def test_pooling_is_that_of_keras(agree, name, shape, arguments):
    agree(name, shape, arguments, unknown="data_format" not in arguments)


def test_pooling_over_one_and_three_axes_is_that_of_keras(agree):
    agree("MaxPooling1D", (2, 7, 3), {"pool_size": 3, "strides": 2})
    agree(
        "AveragePooling1D",
        (2, 3, 7),
        {"pool_size": 2, "padding": "same", "data_format": "channels_first"},
        gradients=False,
    )
    agree("MaxPooling3D", (2, 4, 3, 5, 2), {"pool_size": (2, 1, 3), "padding": "same"}, gradients=False)
    agree("AveragePooling3D", (2, 4, 3, 5, 2), {"pool_size": 2, "strides": 1}, gradients=False)


@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_global_pooling_is_that_of_keras(agree, kind):
    agree(f"Global{kind}Pooling1D", (2, 5, 3), {}, unknown=True)
    agree(f"Global{kind}Pooling2D", (2, 3, 4, 5), {"data_format": "channels_first", "keepdims": True})
    agree(f"Global{kind}Pooling3D", (2, 2, 3, 2, 3), {"keepdims": True}, gradients=False)


@pytest.mark.parametrize("arguments", [{}, {"keepdims": True}, {"data_format": "channels_first"}])
def test_steps_that_a_mask_hides_do_not_count(agree, arguments):
    shape = (2, 3, 4) if arguments.get("data_format") else (2, 4, 3)
    mask = np.array([[True, True, False, False], [True, False, True, True]])
    agree("GlobalAveragePooling1D", shape, arguments, {"mask": mask})


def test_a_mask_that_hides_everything_leaves_an_average_of_0():
    layer = weigh.layers.GlobalAveragePooling1D()
    x, mask = np.ones((2, 3, 1), "f"), np.array([[True] * 3, [False] * 3])
    np.testing.assert_array_equal(layer(x, mask=mask), [[1.0], [0.0]])
    assert layer.compute_mask(x, mask) is None
    with pytest.raises(ShapeError, match=r"mask of shape \(3,\).*\(batch, steps\), \(2, 3\)"):
        layer(x, mask=mask[0])


@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_adaptive_pooling_is_that_of_keras(agree, kind):
    agree(f"Adaptive{kind}Pooling1D", (2, 3, 7), {"output_size": 3, "data_format": "channels_first"})
    agree(f"Adaptive{kind}Pooling2D", (2, 6, 5, 3), {"output_size": (3, 4)}, gradients=False, unknown=True)
    agree(f"Adaptive{kind}Pooling3D", (2, 4, 2, 3, 2), {"output_size": (2, 1, 3)}, gradients=False)


@given(size=st.integers(1, 40), parts=st.integers(1, 40))
def test_adaptive_windows_cover_everything_in_order_and_hardly_overlap(size, parts):
    windows = adaptive_windows(size, parts)
    assert len(windows) == parts
    assert windows[0][0] == 0
    assert windows[-1][1] == size
    for (begin, end), (after, beyond) in itertools.pairwise(windows):
        assert begin <= after <= end <= beyond
        assert parts > size or end - after <= 1
    lengths = {end - begin for begin, end in windows}
    assert min(lengths) > 0
    assert size % parts or len(lengths) == 1


@pytest.mark.parametrize(
    ("size", "window", "strides", "padding"),
    [(6, 2, 2, "valid"), (7, 3, 2, "same"), (5, 3, 1, "same"), (7, 2, 3, "valid")],
)
def test_the_gradient_of_the_largest_goes_to_the_first_of_those_that_are_largest(size, window, strides, padding):
    """Also where several are: numbers that relu made 0 are, all the time."""
    x = NUMBERS.integers(0, 3, (2, size, size, 2)).astype("f")
    layer = weigh.layers.MaxPooling2D(window, strides, padding)
    weights = NUMBERS.normal(size=layer.compute_output_shape(x.shape)).astype("f")

    def plain(x):
        sizes, steps = (1, window, window, 1), (1, strides, strides, 1)
        return jax.lax.reduce_window(x, -np.inf, jax.lax.max, sizes, steps, padding.upper())

    @jax.jit
    def gradients(x):
        return [jax.grad(lambda x, pool=pool: jax.numpy.sum(pool(x) * weights))(x) for pool in (layer, plain)]

    np.testing.assert_allclose(*gradients(x), rtol=1e-5, atol=1e-5)


def test_in_half_precision_averages_are_kept_in_half_precision(agree):
    for name, arguments in [
        ("AveragePooling1D", {"pool_size": 2}),
        ("GlobalAveragePooling1D", {}),
        ("MaxPooling1D", {}),
    ]:
        agree(name, (2, 6, 3), {**arguments, "dtype": "mixed_bfloat16"}, tolerance=2e-2, gradients=False)


def test_the_largest_of_whole_numbers_is_a_whole_number():
    x = np.array([[[-5], [-3], [-9]]], "int32")
    np.testing.assert_array_equal(weigh.layers.MaxPooling1D(2, 1, "same")(x), [[[-3], [-3], [-9]]])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_its_explanation_says_what_it_does(golden, lang):
    inputs = weigh.Input((112, 112, 64))
    model = weigh.Model(inputs, weigh.layers.MaxPooling2D(3, 2, "same")(inputs))
    golden(f"max_pooling2d.{lang}.txt", explanation(model, "max_pooling2d", lang=lang, width=80) + "\n")
