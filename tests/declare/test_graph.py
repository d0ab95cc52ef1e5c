"""Graphs are walked in Keras' order and say what is wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.declare.graph import Graph
from weigh.errors import ArgumentTypeError, GraphError


def build(library, plan):
    """A network of Adds and Denses on random earlier tensors; returns its layers' kinds and places."""
    inputs = [library.Input((3,), name=f"in{i}") for i in range(2)]
    tensors = list(inputs)
    shared = library.layers.Dense(3, name="shared")
    for number, (kind, a, b) in enumerate(plan):
        left, right = tensors[a % len(tensors)], tensors[b % len(tensors)]
        if kind == "dense":
            tensors.append(library.layers.Dense(3, name=f"d{number}")(left))
        elif kind == "shared":
            tensors.append(shared(left))
        else:
            tensors.append(library.layers.Add(name=f"a{number}")([left, right]))
    joined = library.layers.Add(name="join")([*tensors, *inputs])
    return library.Model(inputs, [joined, tensors[len(tensors) // 2]] if len(tensors) > 4 else joined)


plans = st.lists(
    st.tuples(st.sampled_from(["dense", "add", "shared"]), st.integers(0, 9), st.integers(0, 9)), max_size=8
)


@given(plans)
def test_layers_stand_in_the_order_in_which_keras_lists_them(plan):
    import keras

    assert [layer.name for layer in build(weigh, plan).layers] == [layer.name for layer in build(keras, plan).layers]


@given(plans)
def test_every_call_comes_after_those_whose_outputs_it_reads(plan):
    graph = build(weigh, plan).graph
    made = set()
    for node in graph.nodes:
        assert all(id(tensor) in made for tensor in node.inputs)
        made.update(map(id, node.outputs))


def test_a_network_of_five_thousand_layers_is_walked_without_recursion():
    x = first = weigh.Input((2,))
    layer = weigh.layers.Activation("linear")
    for _ in range(5000):
        x = layer(x)
    assert len(Graph([first], [x]).nodes) == 5001


def test_an_output_that_needs_another_input_is_named():
    a, b = weigh.Input((2,), name="a"), weigh.Input((2,), name="b")
    y = weigh.layers.Add(name="sum")([a, b])
    with pytest.raises(GraphError, match=r"'sum' needs the tensor 'b'.*inputs \['a'\]"):
        weigh.Model(a, y)


def test_an_output_that_no_layer_made_is_named():
    from weigh.declare.graph import Tensor

    with pytest.raises(GraphError, match="'loose'"):
        weigh.Model(weigh.Input((2,)), Tensor((None, 2), name="loose"))


def test_two_layers_of_one_name_are_refused_with_both_types():
    x = weigh.Input((2,))
    y = weigh.layers.Dropout(0.1, name="twin")(weigh.layers.Dense(2, name="twin")(x))
    with pytest.raises(GraphError, match=r"named 'twin': a (Dense|Dropout) and a (Dense|Dropout)"):
        weigh.Model(x, y)


def test_a_cycle_is_found_and_its_layers_named():
    x = weigh.Input((2,))
    first = weigh.layers.Dense(2, name="first")
    second = weigh.layers.Dense(2, name="second")
    y = second(first(x))
    first.inbound_nodes[0].inputs.append(y)  # nobody can write this with the API; a file could
    with pytest.raises(GraphError, match=r"cycle.*second.*first"):
        weigh.Model(x, y)


@pytest.mark.parametrize("use", [bool, iter, lambda tensor: __import__("numpy").asarray(tensor)])
def test_a_symbolic_tensor_says_that_it_has_no_values(use):
    with pytest.raises(ArgumentTypeError, match="has no values"):
        use(weigh.Input((2,)))


def test_a_network_may_begin_between_layers():
    x = weigh.Input((3,))
    middle = weigh.layers.Dense(4, name="lower")(x)
    y = weigh.layers.Dense(5, name="upper")(middle)
    upper = weigh.Model(middle, y)
    assert upper.count_params() == 4 * 5 + 5
    assert [layer.name for layer in upper.layers][1:] == ["upper"]
    assert upper.input_shape == (None, 4)
