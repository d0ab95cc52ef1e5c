"""Convolutions, held to Keras where it has them and to a plain loop where it does not."""

import itertools

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.layers.counting import multiply_adds

import weigh
from weigh.compute import convolution
from weigh.report.explain import explanation

NUMBERS = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("name", "shape", "arguments"),
    [
        ("Conv1D", (2, 7, 3), {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}),
        ("Conv1D", (2, 3, 7), {"filters": 2, "kernel_size": 2, "padding": "causal", "data_format": "channels_first"}),
        ("Conv1D", (2, 8, 2), {"filters": 4, "kernel_size": 3, "strides": 3, "padding": "same", "use_bias": False}),
        ("Conv2D", (2, 5, 6, 3), {"filters": 4, "kernel_size": (3, 2), "activation": "relu"}),
        ("Conv2D", (2, 5, 6, 3), {"filters": 4, "kernel_size": 4, "strides": 2, "padding": "same"}),
        ("Conv2D", (2, 7, 6, 3), {"filters": 4, "kernel_size": (3, 2), "dilation_rate": (2, 3), "padding": "same"}),
        ("Conv2D", (2, 3, 5, 6), {"filters": 4, "kernel_size": 3, "data_format": "channels_first"}),
        ("Conv3D", (2, 4, 3, 4, 2), {"filters": 3, "kernel_size": (2, 1, 3), "strides": (2, 1, 1)}),
    ],
)
def test_a_convolution_is_that_of_keras(agree, name, shape, arguments):
    once = "activation" in arguments  # gradients are JAX' own: once is enough
    agree(name, shape, arguments, unknown="data_format" not in arguments, gradients=once)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("window", "filters", "groups"), [((3, 2), 4, 2), ((2, 2), 8, 4), ((1, 1), 5, 1)])
def test_forms_that_a_cpu_is_quick_at_are_those_of_keras(agree, data_format, window, filters, groups):
    agree(
        "Conv2D",
        (2, 4, 6, 4) if data_format == "channels_last" else (2, 4, 5, 3),
        {
            "filters": filters,
            "kernel_size": window,
            "groups": groups,
            "strides": 2,
            "padding": "same",
            "data_format": data_format,
        },
        training=(False,),
    )


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((2, 5, 6, 3), {"kernel_size": (3, 2), "padding": "same"}),
        ((2, 5, 6, 3), {"kernel_size": 3, "strides": 2, "depth_multiplier": 2, "activation": "relu"}),
        ((2, 3, 5, 6), {"kernel_size": 3, "strides": 2, "padding": "same", "data_format": "channels_first"}),
        ((2, 6, 7, 2), {"kernel_size": (2, 3), "dilation_rate": 2, "use_bias": False}),
        ((2, 9, 9, 2), {"kernel_size": 9, "padding": "same"}),
    ],
)
def test_a_depthwise_convolution_is_that_of_keras(agree, shape, arguments):
    first = "data_format" in arguments
    agree("DepthwiseConv2D", shape, arguments, tolerance=2e-5, unknown=not first, gradients=first)


def test_a_depthwise_convolution_over_steps_is_that_of_keras(agree):
    agree("DepthwiseConv1D", (2, 7, 3), {"kernel_size": 3, "depth_multiplier": 2, "dilation_rate": 2}, gradients=False)


@pytest.mark.parametrize(
    ("size", "window", "stride", "dilation", "padding"),
    [(7, 3, 1, 1, "same"), (8, 3, 2, 2, "same"), (9, 4, 3, 1, "valid"), (6, 2, 2, 3, "causal")],
)
def test_shifted_products_are_the_grouped_convolution_with_all_its_derivatives(size, window, stride, dilation, padding):
    x, kernel = NUMBERS.normal(size=(2, size, 3)).astype("f"), NUMBERS.normal(size=(window, 3, 1)).astype("f")

    def shifted(x, kernel):
        return convolution.convolve_depthwise(x, kernel, (stride,), padding, (dilation,), "channels_last")

    def grouped(x, kernel):
        return convolution._convolve(x, kernel.reshape(window, 1, 3), (stride,), padding, (dilation,), "channels_last")

    @jax.jit
    def derivatives(x, kernel):
        def of(function):
            y, forward = jax.jvp(function, (x, kernel), (x * x, kernel * kernel))
            return y, forward, jax.vjp(function, x, kernel)[1](y), jax.vmap(function, (0, None))(x[:, None], kernel)

        return of(shifted), of(grouped)

    for got, wanted in zip(*map(jax.tree.leaves, derivatives(x, kernel)), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=2e-5)


def test_other_devices_get_the_convolutions_of_lax(monkeypatch):
    x, kernel = NUMBERS.normal(size=(2, 5, 5, 4)).astype("f"), NUMBERS.normal(size=(3, 3, 4, 2)).astype("f")
    grouped, single = NUMBERS.normal(size=(3, 3, 2, 6)).astype("f"), NUMBERS.normal(size=(1, 1, 4, 3)).astype("f")

    def computed():
        how = ((2, 1), "same", (1, 1), "channels_last")
        return [
            convolution.convolve_depthwise(x, kernel, *how),
            convolution.convolve(x, grouped, *how),
            convolution.convolve(x, single, *how),
        ]

    here = computed()
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    for got, wanted in zip(computed(), here, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "shape", "arguments"),
    [
        ("SeparableConv1D", (2, 7, 3), {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}),
        ("SeparableConv2D", (2, 5, 6, 3), {"filters": 4, "kernel_size": (3, 2), "depth_multiplier": 2}),
        (
            "SeparableConv2D",
            (2, 3, 5, 6),
            {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "data_format": "channels_first", "use_bias": False},
        ),
    ],
)
def test_a_separable_convolution_is_that_of_keras(agree, name, shape, arguments):
    agree(name, shape, arguments, tolerance=2e-5, gradients="depth_multiplier" in arguments)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("window", "output_padding"), [((1, 2), None), ((3, 4), None), ((4, 3), (0, 2)), ((2, 1), (1, 0))]
)
def test_a_transposed_convolution_is_that_of_keras(agree, padding, window, output_padding):
    arguments = {
        "filters": 4,
        "kernel_size": window,
        "strides": (2, 3),
        "padding": padding,
        "output_padding": output_padding,
    }
    agree("Conv2DTranspose", (2, 3, 2, 2), arguments, gradients=window == (3, 4), unknown=True)


def test_other_transposed_convolutions_are_those_of_keras(agree):
    first = {"data_format": "channels_first", "strides": 2, "use_bias": False}
    agree(
        "Conv1DTranspose",
        (2, 4, 3),
        {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "activation": "tanh"},
        gradients=False,
    )
    agree("Conv1DTranspose", (2, 3, 4), {"filters": 2, "kernel_size": 3, "padding": "same", **first}, gradients=False)
    agree("Conv3DTranspose", (2, 2, 3, 2, 2), {"filters": 2, "kernel_size": 2, "strides": (1, 2, 1)}, gradients=False)


def test_in_half_precision_they_are_those_of_keras(agree):
    for name, arguments in [("Conv2D", {"filters": 3}), ("DepthwiseConv2D", {})]:
        mixed = {**arguments, "kernel_size": 2, "dtype": "mixed_bfloat16"}
        agree(name, (2, 4, 4, 2), mixed, tolerance=2e-2, gradients=False)


def test_regularizers_and_constraints_of_each_kernel_are_those_of_keras(agree):
    ours, _ = agree(
        "SeparableConv1D",
        (2, 5, 2),
        {
            "filters": 2,
            "kernel_size": 2,
            "depthwise_regularizer": "l2",
            "pointwise_constraint": "non_neg",
            "pointwise_initializer": "ones",
        },
        gradients=False,
        training=(False,),
    )
    assert len(ours.losses) == 1


def looped(x, kernel, bias, window, strides):
    """A locally connected layer as its definition reads, channels last, windows inside."""
    out = [(size - k) // step + 1 for size, k, step in zip(x.shape[1:-1], window, strides, strict=True)]
    y = np.zeros((len(x), *out, kernel.shape[-1]))
    for number, stop in enumerate(itertools.product(*map(range, out))):
        slices = [slice(i * step, i * step + k) for i, k, step in zip(stop, window, strides, strict=True)]
        seen = x[(slice(None), *slices)].reshape(len(x), -1)
        y[(slice(None), *stop)] = seen @ kernel[number] + bias[stop]
    return y


@pytest.mark.parametrize(
    ("name", "shape", "window", "strides"),
    [("LocallyConnected1D", (2, 7, 3), (3,), (2,)), ("LocallyConnected2D", (2, 5, 6, 2), (2, 3), (1, 2))],
)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_locally_connected_layer_is_the_loop_over_its_positions(name, shape, window, strides, padding):
    x = NUMBERS.normal(size=shape).astype("f")
    layer = getattr(weigh.layers, name)(4, window, strides, padding, implementation=3)
    y = layer(x)
    values = [NUMBERS.normal(size=weight.shape).astype("f") for weight in layer.weights]
    layer.set_weights(values)
    pads = convolution.paddings(shape[1:-1], window, strides, padding, (1,) * len(window))
    wide = np.pad(x, ((0, 0), *pads, (0, 0)))
    np.testing.assert_allclose(layer(x), looped(wide, *values, window, strides), rtol=1e-5, atol=1e-5)
    positions = y.shape[1:-1]
    assert [weight.shape for weight in layer.weights] == [
        (np.prod(positions), np.prod(window) * shape[-1], 4),
        (*positions, 4),
    ]
    assert layer.compute_cost(shape).multiply_adds == multiply_adds(layer, x)


def test_with_channels_first_a_locally_connected_layer_reads_its_weights_as_keras_2_wrote_them():
    layer = weigh.layers.LocallyConnected2D(2, 2, data_format="channels_first")
    x = NUMBERS.normal(size=(1, 3, 4, 3)).astype("f")
    layer(x)
    kernel, bias = (NUMBERS.normal(size=weight.shape).astype("f") for weight in layer.weights)
    layer.set_weights([kernel, bias])
    y = np.zeros((1, 2, 3, 2))
    for number, (i, j) in enumerate(itertools.product(range(3), range(2))):
        y[0, :, i, j] = x[0, :, i : i + 2, j : j + 2].reshape(-1) @ kernel[number]
    np.testing.assert_allclose(layer(x), y + bias.reshape(2, 3, 2), rtol=1e-5, atol=1e-5)


def test_a_locally_connected_layer_takes_the_size_that_it_was_built_for():
    layer = weigh.layers.LocallyConnected1D(2, 3)
    layer(weigh.Input((6, 2)))
    with pytest.raises(weigh.errors.ShapeError, match="axis 1 has size 6"):
        layer(weigh.Input((7, 2)))


@given(
    size=st.integers(1, 12),
    window=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.sampled_from(["valid", "same"]),
    more=st.none() | st.integers(0, 3),
)
@settings(max_examples=30)
def test_a_transposed_convolution_makes_sizes_that_the_convolution_brings_back(size, window, stride, padding, more):
    from weigh.declare.window import convolved_size, transposed_size

    out = transposed_size(size, window, stride, padding, 1, more)
    if more is None:
        assert convolved_size(out, window, stride, padding) == size


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("Conv2D", {"filters": 64, "kernel_size": 3, "groups": 4, "activation": "relu"}, (224, 224, 32)),
        ("SeparableConv2D", {"filters": 128, "kernel_size": 3, "padding": "same"}, (32, 32, 64)),
        ("LocallyConnected1D", {"filters": 8, "kernel_size": 5, "strides": 2}, (100, 3)),
    ],
)
def test_its_explanation_says_why_there_are_so_many(golden, lang, name, arguments, shape):
    inputs = weigh.Input(shape)
    layer = getattr(weigh.layers, name)(**arguments)
    model = weigh.Model(inputs, layer(inputs))
    golden(f"{layer.name}.{lang}.txt", explanation(model, layer.name, lang=lang, width=80) + "\n")
