"""Every function of `keras.ops` computes what Keras computes, and says what comes out before it is computed."""

import functools

import jax
import numpy as np
import pytest
from tests.ops.cases import CASES, words

import weigh
from weigh import ops
from weigh.declare import tree

NAMES = [name for name in CASES if CASES[name]]
EAGER = set(words("nonzero unique bincount bartlett blackman hamming hanning kaiser rearrange"))  # shapes are values
GROUPS = [[name for name in NAMES if name not in EAGER][start::16] for start in range(16)]
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
SMOOTH = words(
    "celu elu gelu glu hard_silu leaky_relu log_sigmoid log_softmax selu sigmoid silu softmax softplus "
    "softsign squareplus tanh conv depthwise_conv separable_conv conv_transpose max_pool average_pool "
    "adaptive_average_pool batch_normalization layer_normalization rms_normalization normalize moments "
    "dot_product_attention ctc_loss binary_crossentropy categorical_crossentropy matmul einsum fold "
    "unfold"
)
UNLIKE = {
    "where Keras' rule is not what it computes": "rot90 vstack corrcoef slogdet ndim adaptive_average_pool "
    "adaptive_max_pool multi_hot polar searchsorted cross lu_factor",
    "where Keras has no rule for unknown sizes": "qr scan",
}
"""Functions whose symbolic shape or format is not compared with Keras'; it is with what is computed."""


def found(library, name):
    return functools.reduce(getattr, name.split("."), library.ops)


def cases(names):
    return [(name, args, kwargs) for name in names for args, kwargs in CASES[name]]


def test_all_names_are_there():
    import keras

    for house in ("", "numpy", "nn", "linalg", "image"):
        theirs = getattr(keras.ops, house) if house else keras.ops
        ours = getattr(ops, house) if house else ops
        assert sorted(name for name in dir(theirs) if name[0] != "_") == sorted(ours.__all__)
    assert {name.replace("image.", "") for name in CASES} == {
        name for name in [*ops.__all__, *ops.image.__all__] if name not in ("image", "linalg", "nn", "numpy")
    }


def results(names):
    """What both libraries give for all cases of `names`, from one compiled program."""
    import keras

    chosen = cases(names)
    arrays = [leaf for leaf in tree.leaves([case[1:] for case in chosen]) if isinstance(leaf, np.ndarray)]

    def compute(arrays):
        rest = iter(arrays)
        outputs = []
        for name, args, kwargs in chosen:
            args, kwargs = tree.map_leaves(
                lambda leaf: next(rest) if isinstance(leaf, np.ndarray) else leaf, (args, kwargs)
            )
            outputs.append([jax.tree.leaves(found(library, name)(*args, **kwargs)) for library in (weigh, keras)])
        return outputs

    outputs = compute(arrays) if set(names) & EAGER else jax.jit(compute).lower(arrays).compile(QUICK)(arrays)
    return zip(chosen, outputs, strict=True)


@pytest.mark.parametrize("names", [*GROUPS, sorted(EAGER)], ids=lambda names: names[0])
def test_numbers_are_those_of_keras_and_shapes_were_said_before(names):
    for (name, args, kwargs), (ours, theirs) in results(names):
        for mine, its in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, its, rtol=2e-5, atol=2e-5, err_msg=f"{name}{args}{kwargs}")
            assert mine.dtype == its.dtype, name
        said = described(weigh, name, args, kwargs)
        if said is not None and name not in EAGER:
            assert said == [(one.shape, str(one.dtype)) for one in ours], (name, args, kwargs)


def described(library, name, args, kwargs, unknown=False):
    """The shapes and formats of what a call on symbolic tensors gives; an error where it is refused."""

    def one(leaf):
        if not isinstance(leaf, np.ndarray):
            return leaf
        shape = (None, *leaf.shape[1:]) if unknown and leaf.ndim and leaf.shape[0] == 2 else leaf.shape
        return library.KerasTensor(shape, dtype=str(leaf.dtype))

    args, kwargs = tree.map_leaves(one, (args, kwargs))
    if not any(isinstance(leaf, library.KerasTensor) for leaf in tree.leaves((args, kwargs))):
        return None
    outputs = found(library, name)(*args, **kwargs)
    return [(tuple(leaf.shape), str(leaf.dtype)) for leaf in tree.leaves(outputs) if leaf is not None]


@pytest.mark.parametrize("unknown", [False, True])
def test_symbolic_shapes_and_formats_are_those_of_keras(unknown):
    import keras

    unlike = " ".join(UNLIKE.values())
    for name, args, kwargs in cases(name for name in NAMES if name not in unlike):
        try:
            expected = described(keras, name, args, kwargs, unknown)
        except (TypeError, AttributeError, ValueError, IndexError, DeprecationWarning):
            continue  # Keras cannot say
        got = described(weigh, name, args, kwargs, unknown)
        assert got == expected, (name, [type(one) for one in args], kwargs)


def test_gradients_are_those_of_keras():
    import keras

    chosen = [(name, *CASES[name][0]) for name in SMOOTH]

    def loss(library, name, args, kwargs, given):
        rest = iter(given)
        filled = tree.map_leaves(lambda leaf: next(rest) if _is_float(leaf) else leaf, args)
        outputs = jax.tree.leaves(found(library, name)(*filled, **kwargs))
        return sum(jax.numpy.sum(jax.numpy.sin(output)) for output in outputs)

    def gradients(given):
        return [
            [jax.grad(lambda x, c=case, lib=library: loss(lib, *c, x))(arrays) for library in (weigh, keras)]
            for case, arrays in zip(chosen, given, strict=True)
        ]

    given = [[leaf for leaf in tree.leaves(args) if _is_float(leaf)] for _, args, _ in chosen]
    for (name, *_), (ours, theirs) in zip(chosen, jax.jit(gradients).lower(given).compile(QUICK)(given), strict=True):
        for mine, its in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-3, atol=1e-4, err_msg=name)


def _is_float(leaf):
    return isinstance(leaf, np.ndarray) and leaf.dtype == "float32"
