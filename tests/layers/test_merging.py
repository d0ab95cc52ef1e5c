"""Add and Concatenate, held to Keras."""

import pytest

import weigh
from weigh.errors import ShapeError


@pytest.mark.parametrize(
    "shapes",
    [[(2, 3), (2, 3)], [(2, 3), (2, 3), (2, 3)], [(2, 4, 3), (2, 3)], [(2, 4, 1), (2, 1, 3)], [(2, 1), (2, 5)]],
)
def test_add_is_that_of_keras(agree, shapes):
    agree("Add", shapes)


@pytest.mark.parametrize(
    ("shapes", "axis"),
    [([(2, 3), (2, 5)], -1), ([(2, 3, 4), (2, 5, 4)], 1), ([(2, 3, 4), (2, 3, 1), (2, 3, 2)], 2)],
)
def test_concatenate_is_that_of_keras(agree, shapes, axis):
    agree("Concatenate", shapes, {"axis": axis})


def test_a_joined_size_remembers_its_terms():
    x = weigh.Input((4,))
    both = weigh.layers.Concatenate()([weigh.layers.Dense(3, name="a")(x), weigh.layers.Dense(5, name="b")(x)])
    assert repr(both.shape[-1].origin) == "3 + 5"
    assert [repr(part.origin) for part in both.shape[-1].origin.parts] == ["units of a", "units of b"]


@pytest.mark.parametrize(
    ("layer", "shapes", "message"),
    [
        ("Add", [(3,), (4,)], r"'add'.*sizes \[3, 4\]"),
        ("Concatenate", [(3, 4), (2, 5)], r"axis 1 they have \[3, 2\]"),
        ("Concatenate", [(3, 4), (5,)], "one rank"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_with_all_of_them(layer, shapes, message):
    with pytest.raises(ShapeError, match=message):
        getattr(weigh.layers, layer)()([weigh.Input(shape) for shape in shapes])


def test_a_single_tensor_is_refused_with_the_way_out():
    with pytest.raises(ShapeError, match=r"layer\(\[a, b\]\)"):
        weigh.layers.Add()(weigh.Input((3,)))


def test_the_functional_forms_make_the_layers():
    x, y = weigh.Input((3,)), weigh.Input((3,))
    assert weigh.layers.add([x, y]).layer.name == "add"
    assert weigh.layers.concatenate([x, y], axis=-1).shape == (None, 6)
