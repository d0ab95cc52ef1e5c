"""``weigh.tree``, held to ``keras.tree``."""

from collections import namedtuple

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh

Point = namedtuple("Point", ["x", "y"])
STRUCTURES = [1, None, [], [1, [2, (3,)]], {"b": 1, "a": [2, {"c": 3}]}, Point(1, [2]), (None, {"x": None})]
structures = st.recursive(
    st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_what_is_walked_and_rebuilt_is_what_keras_walks_and_rebuilds(structure):
    leaves = weigh.tree.flatten(structure)
    assert leaves == keras.tree.flatten(structure)
    assert weigh.tree.is_nested(structure) == keras.tree.is_nested(structure)
    assert weigh.tree.flatten_with_path(structure) == [
        (tuple(p), v) for p, v in keras.tree.flatten_with_path(structure)
    ]
    assert weigh.tree.map_structure(str, structure) == keras.tree.map_structure(str, structure)
    assert weigh.tree.lists_to_tuples(structure) == keras.tree.lists_to_tuples(structure)
    assert weigh.tree.pack_sequence_as(structure, leaves) == structure
    for top_down in (True, False):
        mine, its = [], []
        weigh.tree.traverse(lambda part, seen=mine: seen.append(str(part)), structure, top_down)
        keras.tree.traverse(lambda part, seen=its: seen.append(str(part)), structure, top_down)
        assert mine == its


def test_none_may_stay_where_leaves_are_mapped():
    assert weigh.tree.map_structure(str, [1, None], none_is_leaf=False) == ["1", None]


def test_a_function_may_put_none_in_place_of_a_part():
    found = weigh.tree.traverse(lambda part: weigh.tree.MAP_TO_NONE if part == 2 else None, [1, [2]])
    assert found == keras.tree.traverse(lambda part: keras.tree.MAP_TO_NONE if part == 2 else None, [1, [2]])


def test_structures_are_mapped_as_far_as_the_shallow_one_goes():
    assert weigh.tree.map_structure_up_to([None, None], len, [[1, 1], [2]]) == [2, 1]
    assert weigh.tree.map_structure_up_to([0, [0, 0]], str, [[1, 1], [2, 2]]) == ["[1, 1]", ["2", "2"]]


def test_shapes_are_leaves_of_structures_of_shapes():
    shapes = {"a": (None, 3), "b": [(2,), (1, 2)]}
    assert weigh.tree.map_shape_structure(len, shapes) == keras.tree.map_shape_structure(len, shapes)


@pytest.mark.parametrize(
    ("a", "b"), [([1], (1,)), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ([1], 1), ([[1]], [1]), (Point(1, 2), (1, 2))]
)
def test_structures_of_different_form_are_refused(a, b):
    for tree in (weigh.tree, keras.tree):
        with pytest.raises(ValueError, match=r".+"):
            tree.assert_same_structure(a, b)
    with pytest.raises(weigh.errors.ArgumentError, match="leaves"):
        weigh.tree.pack_sequence_as([1, 2], [1])


def test_paths_may_agree_where_kinds_of_containers_do_not():
    weigh.tree.assert_same_paths([1, 2], (3, 4))
    with pytest.raises(weigh.errors.ArgumentError, match=r"\(1,\)"):
        weigh.tree.assert_same_paths([1, 2], (3,))


@given(structures)
def test_packing_is_the_inverse_of_flattening(structure):
    assert weigh.tree.pack_sequence_as(structure, weigh.tree.flatten(structure)) == structure
    weigh.tree.assert_same_structure(structure, weigh.tree.map_structure(lambda leaf: 0, structure))
