"""Examples of the convolutions."""

from tests.layers.example import Bad, Example

import weigh
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import Conv1D, Conv2D, Conv2DTranspose, DepthwiseConv2D, LocallyConnected1D, SeparableConv2D

EXAMPLES = [
    Example("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal"}, (6, 2)),
    Example("Conv2D", {"filters": 4, "kernel_size": (3, 2), "groups": 2, "activation": "relu"}, (6, 5, 4)),
    Example("Conv3D", {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same"}, (4, 3, 4, 2)),
    Example("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, (6, 2)),
    Example("DepthwiseConv2D", {"kernel_size": 3, "padding": "same"}, (5, 4, 3)),
    Example("SeparableConv1D", {"filters": 4, "kernel_size": 3, "use_bias": False}, (6, 3)),
    Example("SeparableConv2D", {"filters": 4, "kernel_size": 3, "depth_multiplier": 2}, (5, 6, 3)),
    Example("Conv1DTranspose", {"filters": 4, "kernel_size": 3}, (4, 3)),
    Example("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (4, 3, 3)),
    Example("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "strides": 2, "output_padding": 1}, (2, 3, 2, 3)),
    Example("LocallyConnected1D", {"filters": 4, "kernel_size": 3}, (6, 2), peer=False),
    Example("LocallyConnected2D", {"filters": 4, "kernel_size": (2, 3), "strides": 2}, (6, 7, 2), peer=False),
]

BAD = [
    Bad(
        "Conv2D: an input of another rank",
        lambda: Conv2D(4, 3)(weigh.Input((5, 3))),
        ShapeError,
        r"'conv2d'.*4 axes.*3: shape \(None, 5, 3\)",
    ),
    Bad(
        "Conv2D: a number of channels that is unknown",
        lambda: Conv2D(4, 3)(weigh.Input((5, 5, None))),
        ShapeError,
        "'conv2d'.*axis -1",
    ),
    Bad(
        "Conv2D: a window that is larger than the input",
        lambda: Conv2D(4, 5, dilation_rate=2)(weigh.Input((5, None, 3))),
        ShapeError,
        r"'conv2d'.*spans 9 × 9.*input of 5 × \?.*`kernel_size` smaller",
    ),
    Bad(
        "Conv2D: strides with dilation",
        lambda: Conv2D(4, 3, strides=2, dilation_rate=(1, 2)),
        ArgumentError,
        r"'conv2d'.*\(2, 2\) and \(1, 2\)",
    ),
    Bad(
        "Conv2D: groups that do not divide the filters",
        lambda: Conv2D(4, 3, groups=3),
        ArgumentError,
        "'conv2d'.*`groups`.*`filters`, 4.*is 3.*fit: 1, 2, 4",
    ),
    Bad(
        "Conv2D: groups that do not divide the channels",
        lambda: Conv2D(4, 3, groups=4)(weigh.Input((5, 5, 6))),
        ArgumentError,
        "'conv2d'.*channels of its input, 6.*is 4.*fit: 1, 2, 3, 6",
    ),
    Bad(
        "Conv2D: causal padding",
        lambda: Conv2D(4, 3, padding="causal"),
        ArgumentError,
        "'conv2d'.*`padding`.*'valid', 'same'.*'causal'",
    ),
    Bad("Conv2D: no filters", lambda: Conv2D(0, 3), ArgumentError, "'conv2d'.*`filters`.*above 0, not 0"),
    Bad("Conv2D: no groups", lambda: Conv2D(4, 3, groups=0), ArgumentError, "'conv2d'.*`groups`.*above 0, not 0"),
    Bad("Conv2D: a window of 0", lambda: Conv2D(4, (3, 0)), ArgumentError, r"'conv2d'.*`kernel_size`.*\(3, 0\)"),
    Bad("Conv1D: too many strides", lambda: Conv1D(4, 3, (1, 2)), ArgumentError, r"'conv1d'.*`strides`.*\(1, 2\)"),
    Bad(
        "Conv1D: an unknown place of the channels",
        lambda: Conv1D(4, 3, data_format="channels_middle"),
        ArgumentError,
        "'conv1d'.*`data_format`.*'channels_middle'",
    ),
    Bad(
        "DepthwiseConv2D: no outputs for a channel",
        lambda: DepthwiseConv2D(3, depth_multiplier=0),
        ArgumentError,
        "'depthwise_conv2d'.*`depth_multiplier`.*not 0",
    ),
    Bad(
        "DepthwiseConv2D: a number of channels that is unknown",
        lambda: DepthwiseConv2D(3)(weigh.Input((5, 5, None))),
        ShapeError,
        "'depthwise_conv2d'.*axis -1",
    ),
    Bad(
        "SeparableConv2D: a window that is larger than the input",
        lambda: SeparableConv2D(4, 5)(weigh.Input((4, 6, 3))),
        ShapeError,
        "'separable_conv2d'.*spans 5 × 5.*input of 4 × 6",
    ),
    Bad(
        "Conv2DTranspose: more output padding than strides",
        lambda: Conv2DTranspose(4, 3, strides=2, output_padding=(1, 2)),
        ArgumentError,
        r"'conv2d_transpose'.*`output_padding`.*below `strides`.*\(1, 2\) with strides \(2, 2\)",
    ),
    Bad(
        "Conv2DTranspose: strides with dilation",
        lambda: Conv2DTranspose(4, 3, strides=2, dilation_rate=2),
        ArgumentError,
        r"'conv2d_transpose'.*\(2, 2\) and \(2, 2\)",
    ),
    Bad(
        "Conv2DTranspose: sizes of which nothing is left",
        lambda: Conv2DTranspose(4, 2, padding="same", output_padding=0)(weigh.Input((1, 1, 3))),
        ShapeError,
        "'conv2d_transpose'.*nothing would come out",
    ),
    Bad(
        "LocallyConnected1D: a size that is unknown",
        lambda: LocallyConnected1D(4, 3)(weigh.Input((None, 3))),
        ShapeError,
        r"'locally_connected1d'.*all sizes.*\(None, None, 3\)",
    ),
    Bad(
        "LocallyConnected1D: no such implementation",
        lambda: LocallyConnected1D(4, 3, implementation=4),
        ArgumentError,
        "'locally_connected1d'.*`implementation`.*not 4",
    ),
]
