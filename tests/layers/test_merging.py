"""Merging layers, held to Keras; sizes that remember their terms; the functional forms."""

import jax
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.compute import calling
from weigh.errors import ShapeError
from weigh.report.explain import explanation

ELEMENTWISE = ["Add", "Multiply", "Average", "Maximum", "Minimum"]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_what_merges_element_by_element_is_that_of_keras(agree, name):
    agree(name, [(2, 3), (2, 3), (2, 3)])
    agree(name, [(2, 4, 3), (2, 3)], gradients=False, training=(False,))


def test_shapes_are_broadcast_as_in_keras(agree):
    agree("Multiply", [(2, 4, 1), (2, 1, 3)], gradients=False, training=(False,), unknown=True)
    agree("Add", [(2, 1), (2, 5)], gradients=False, training=(False,))


@pytest.mark.parametrize("shapes", [[(2, 3), (2, 3)], [(2, 3), (2, 4, 3)]])
def test_subtract_is_that_of_keras(agree, shapes):
    agree("Subtract", shapes)


@pytest.mark.parametrize(
    ("shapes", "axis"),
    [([(2, 3), (2, 5)], -1), ([(2, 3, 4), (2, 5, 4)], 1), ([(2, 3, 4), (2, 3, 1), (2, 3, 2)], 2)],
)
def test_concatenate_is_that_of_keras(agree, shapes, axis):
    agree("Concatenate", shapes, {"axis": axis})


@pytest.mark.parametrize(
    ("shapes", "axes", "normalize"),
    [
        ([(2, 3), (2, 3)], 1, False),
        ([(2, 3), (2, 3)], -1, True),
        ([(2, 4, 3), (2, 3, 5)], (2, 1), False),
        ([(2, 4, 3), (2, 4, 5)], 1, True),
        ([(2, 4, 3), (2, 3)], [2, 1], False),
        ([(2, 3), (2, 4, 3)], (-1, -1), False),
        ([(2, 3, 4, 5), (2, 6, 4, 2)], 2, False),
    ],
)
def test_dot_is_that_of_keras(agree, shapes, axes, normalize):
    agree("Dot", shapes, {"axes": axes, "normalize": normalize}, training=(False,), gradients=len(shapes[0]) < 4)


def test_in_half_precision_what_comes_out_is_half_precision(agree):
    for name, arguments in [("Multiply", {}), ("Average", {}), ("Dot", {"axes": 1, "normalize": True})]:
        agree(name, [(2, 3), (2, 3)], {**arguments, "dtype": "mixed_float16"}, tolerance=5e-3, gradients=False)


def masked(library, arrays, masks):
    for array, mask in zip(arrays, masks, strict=True):
        if mask is not None and library is weigh:
            calling.masks.set(array, mask)
        elif mask is not None:
            keras.src.backend.set_keras_mask(array, mask)
    return arrays


@pytest.mark.parametrize("which", [(True, True, True), (True, False, True), (False, True, False)])
@pytest.mark.parametrize("name", [*ELEMENTWISE, "Concatenate"])
def test_masks_are_heeded_and_joined_as_in_keras(name, which):
    rng = np.random.default_rng(0)
    values = [rng.normal(size=(2, 4, 3)).astype("float32") for _ in which]
    masks = [rng.random((2, 4)) < 0.5 if one else None for one in which]
    results = []
    for library in (weigh, keras):
        arrays = [keras.ops.convert_to_tensor(value.copy()) for value in values]
        given_masks = [None if mask is None else keras.ops.convert_to_tensor(mask) for mask in masks]
        layer = getattr(library.layers, name)(**({"axis": 1} if name == "Concatenate" else {}))
        y = layer(masked(library, arrays, given_masks))
        mask = calling.masks.get(y) if library is weigh else keras.src.backend.get_keras_mask(y)
        results.append((np.asarray(y), mask))
    (mine, its) = results
    np.testing.assert_allclose(mine[0], its[0], rtol=1e-6)
    assert (mine[1] is None) == (its[1] is None)
    if its[1] is not None:
        np.testing.assert_array_equal(mine[1], its[1])


def test_a_masked_factor_counts_as_1_and_what_no_input_has_is_0():
    x, y = np.full((1, 3, 1), 2.0, "float32"), np.full((1, 3, 1), 5.0, "float32")
    masks = [np.array([[True, False, False]]), np.array([[True, True, False]])]
    np.testing.assert_array_equal(weigh.layers.Multiply()([x, y], mask=masks).ravel(), [10, 5, 0])


@pytest.mark.parametrize("masks", [[np.ones((2, 3), bool)], [np.ones((2, 5), bool), None], [np.ones(3, bool), None]])
def test_masks_that_do_not_fit_their_inputs_are_refused(masks):
    x = np.zeros((2, 3, 4), "float32")
    with pytest.raises(ShapeError, match=r"'maximum'.*masks of shapes.*inputs of shapes"):
        weigh.layers.Maximum()([x, x], mask=masks)


sizes = st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), min_size=1, max_size=3)


@given(sizes, st.integers(0, 2))
def test_what_is_declared_is_what_numpy_broadcasts(axes, missing):
    first = (2, *(1 if narrow else size for size, narrow, _ in axes))
    second = (2, *(1 if narrow else size for size, _, narrow in axes[missing:]))
    expected = np.broadcast_shapes(first, (2, *(1,) * (len(first) - len(second)), *second[1:]))
    merge = weigh.layers.Add()
    assert merge.compute_output_shape([first, second]) == expected
    structs = [jax.ShapeDtypeStruct(shape, "float32") for shape in (first, second)]
    assert jax.eval_shape(lambda arrays: merge(arrays), structs).shape == expected


def test_a_known_batch_size_makes_that_of_all():
    x, y = weigh.Input((3,), batch_size=4), weigh.Input((3,))
    assert weigh.layers.Add()([y, x]).shape == (4, 3)


def test_a_joined_size_remembers_its_terms():
    x = weigh.Input((4,))
    both = weigh.layers.Concatenate()([weigh.layers.Dense(3, name="a")(x), weigh.layers.Dense(5, name="b")(x)])
    assert repr(both.shape[-1].origin) == "3 + 5"
    assert [repr(part.origin) for part in both.shape[-1].origin.parts] == ["units of a", "units of b"]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [([(3, 4), (2, 5)], r"axis 1 they have \[3, 2\]"), ([(3, 4), (5,)], "one rank")],
)
def test_shapes_that_cannot_be_joined_are_refused_with_all_of_them(shapes, message):
    with pytest.raises(ShapeError, match=message):
        weigh.layers.Concatenate()([weigh.Input(shape) for shape in shapes])


def test_different_batch_sizes_are_refused():
    with pytest.raises(ShapeError, match="'add' got inputs with different batch sizes"):
        weigh.layers.Add()([np.zeros((2, 3)), np.zeros((3, 3))])


def test_the_functional_forms_make_the_layers():
    x, y = weigh.Input((3,)), weigh.Input((3,))
    for name in ("add", "subtract", "multiply", "average", "maximum", "minimum"):
        assert getattr(weigh.layers, name)([x, y]).layer.name == name
    assert weigh.layers.concatenate([x, y], axis=-1).shape == (None, 6)
    assert weigh.layers.dot([x, y], axes=1, normalize=True).layer.normalize


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_explanation_of_dot(golden, lang):
    x, y = weigh.Input((4, 3), name="queries"), weigh.Input((5, 3), name="keys")
    model = weigh.Model([x, y], weigh.layers.Dot(axes=2, normalize=True)([x, y]))
    golden(f"dot.{lang}.txt", explanation(model, "dot", lang=lang, width=80))
