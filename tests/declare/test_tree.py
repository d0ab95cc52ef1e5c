"""Nested structures are taken apart and put together again."""

from hypothesis import given
from hypothesis import strategies as st

from weigh.declare import tree

leaves = st.integers() | st.none()
structures = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(structures)
def test_pack_undoes_flatten(structure):
    packed = tree.pack(structure, tree.flatten(structure))
    assert packed == structure
    assert type(packed) is type(structure)


@given(structures)
def test_mapping_the_leaves_and_flattening_commute(structure):
    def twice(leaf):
        return (leaf or 0) * 2

    assert tree.flatten(tree.map_leaves(twice, structure)) == [twice(leaf) for leaf in tree.leaves(structure)]


def test_dicts_are_walked_in_the_order_of_their_keys():
    assert tree.flatten({"b": 1, "a": [2, 3]}) == [2, 3, 1]
    assert list(tree.pack({"b": 0, "a": [0, 0]}, [1, 2, 3])) == ["b", "a"]


def test_shapes_are_told_from_structures_of_shapes():
    assert tree.map_shapes(len, [(None, 3), (None, 4, 5)]) == [2, 3]
    assert tree.map_shapes(len, (None, 3)) == 2
    assert tree.map_shapes(len, {"a": (None, 3)}) == {"a": 2}
