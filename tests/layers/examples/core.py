"""Examples of the core layers, and what they refuse."""

from tests.layers.example import Bad, Example

import weigh
from weigh import layers
from weigh.errors import ArgumentError, ArgumentTypeError, NotBuiltError, ShapeError, StateError, UnsafeFileError
from weigh.layers import Dense


@weigh.saving.register_keras_serializable("tests")
def doubled(inputs):
    """What a Lambda is given to compute."""
    return 2 * inputs


EXAMPLES = [
    Example("Dense", {"units": 5}, (7,)),
    Example("Dense", {"units": 5, "lora_rank": 2}, (7,)),
    Example("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (3, 5), "bias_axes": "d"}, (3, 4)),
    Example("EinsumDense", {"equation": "...c,cde->...de", "output_shape": (5, 2), "activation": "relu"}, (3, 4)),
    Example("Identity", {}, (4,)),
    Example("Masking", {"mask_value": 1.0}, (3, 2)),
    Example("Lambda", {"function": doubled, "output_shape": (4,)}, (4,)),
]


def _einsum(equation, output_shape, shape=(3, 4), **arguments):
    return lambda: layers.EinsumDense(equation, output_shape, **arguments)(weigh.Input(shape))


def _adapt(times, **arguments):
    def attempt():
        layer = Dense(3, **arguments)
        if times:
            layer(weigh.Input((4,)))
        for _ in range(max(times, 1)):
            layer.enable_lora(2)

    return attempt


LAMBDA = {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None, "closure": None}}

BAD = [
    Bad("Dense: a rank that is too small", lambda: Dense(3)(weigh.Input(())), ShapeError, "'dense'.*at least 2 axes"),
    Bad("Dense: a width that is unknown", lambda: Dense(3)(weigh.Input((None,))), ShapeError, "'dense'.*axis -1"),
    Bad("Dense: a rank of 0", lambda: Dense(3, lora_rank=0), ArgumentError, "'dense'.*`lora_rank`.*0"),
    Bad("Dense: adapted before it is built", _adapt(0), NotBuiltError, "'dense' is not built"),
    Bad("Dense: adapted twice", _adapt(2), StateError, "'dense' is adapted already"),
    Bad(
        "Dense: adapted with a constraint", _adapt(1, kernel_constraint="non_neg"), ArgumentError, "'dense'.*constraint"
    ),
    Bad("EinsumDense: no equation", _einsum("abc", 5), ArgumentError, "'einsum_dense'.*'ab,bc->ac'.*'abc'"),
    Bad("EinsumDense: axes left out on one side only", _einsum("...c,cd->d", 5), ArgumentError, "must be of the form"),
    Bad(
        "EinsumDense: an axis of nowhere in the output",
        _einsum("abc,cd->abe", (3, 5)),
        ArgumentError,
        "axis 'e' of the output",
    ),
    Bad(
        "EinsumDense: an axis of nowhere in the kernel",
        _einsum("abc,cde->abd", (3, 5)),
        ArgumentError,
        "axis 'e' of the kernel",
    ),
    Bad("EinsumDense: an axis named twice", _einsum("abb,bd->ad", 5), ArgumentError, "names an axis twice"),
    Bad(
        "EinsumDense: a bias on no axis",
        _einsum("abc,cd->abd", (3, 5), bias_axes="x"),
        ArgumentError,
        "`bias_axes`.*'abd'.*'x'",
    ),
    Bad(
        "EinsumDense: a size of 0",
        _einsum("abc,cd->abd", (3, 0)),
        ArgumentError,
        r"`output_shape`.*\(3, 0\)",
    ),
    Bad("EinsumDense: too many axes", _einsum("abc,cd->abd", (3, 5), (3, 3, 4)), ShapeError, "takes inputs of 3 axes"),
    Bad("EinsumDense: an output of too few sizes", _einsum("abc,cd->abd", 5), ShapeError, r"3 named axes.*has 1 sizes"),
    Bad(
        "EinsumDense: a size that the input contradicts",
        _einsum("abc,cd->abd", (7, 5)),
        ShapeError,
        "axis 'b'.*size 3 in the input.*7 in `output_shape`",
    ),
    Bad(
        "EinsumDense: a width that is unknown",
        _einsum("abc,cd->abd", (3, 5), (3, None)),
        ShapeError,
        "size of axis 'c'",
    ),
    Bad("Masking: a rank that is too small", lambda: layers.Masking()(weigh.Input(())), ShapeError, "at least 2 axes"),
    Bad("Lambda: no function", lambda: layers.Lambda("x + 1"), ArgumentTypeError, "'lambda'.*`function`"),
    Bad(
        "Lambda: code from a file",
        lambda: layers.Lambda.from_config({"name": "layer", "function": LAMBDA}, safe_mode=False),
        UnsafeFileError,
        "Code from a file is not run",
    ),
    Bad(
        "Lambda: a shape as code from a file",
        lambda: layers.Lambda.from_config({"name": "layer", "function": "relu", "output_shape": LAMBDA}),
        UnsafeFileError,
        "`output_shape` as marshalled code",
    ),
    Bad(
        "Lambda: a lambda that is written",
        lambda: layers.Lambda(lambda x: x).get_config(),
        ArgumentError,
        "A lambda cannot be written",
    ),
]
