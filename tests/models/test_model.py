"""Networks as Keras has them: functional, sequential, subclassed, nested, shared."""

import numpy as np
import pytest

import weigh
from weigh.errors import (
    ArgumentError,
    ArgumentTypeError,
    GraphError,
    NotBuiltError,
    ShapeError,
    StateError,
    UnknownNameError,
)


def branches(k):
    a, b = k.Input((6,), name="a"), k.Input((4,), name="b")
    shared = k.layers.Dense(5, activation="relu", name="shared")
    left = shared(a)
    right = shared(k.layers.Dense(6, name="widen")(b))
    both = k.layers.Concatenate(name="both")([left, right])
    normal = k.layers.BatchNormalization(name="normal")(both)
    return k.Model([a, b], [k.layers.Dense(2, name="first")(normal), k.layers.Add(name="second")([left, right])])


def nested(k):
    x = k.Input((6,))
    inner = k.Model(x, k.layers.Dropout(0.5)(k.layers.BatchNormalization()(k.layers.Dense(4)(x))), name="inner")
    y = k.Input((6,))
    once = inner(y)
    twice = inner(k.layers.Dense(6, name="back")(once))
    return k.Model(y, k.layers.Add()([once, twice]))


def stacked(k):
    return k.Sequential([k.Input((6,)), k.layers.Dense(4, activation="tanh"), nested_stack(k), k.layers.Dense(1)])


def nested_stack(k):
    return k.Sequential([k.layers.Dense(4), k.layers.BatchNormalization()], name="stack")


def same(ours, theirs, arrays, training=False):
    ours.set_weights(theirs.get_weights())
    got, wanted = ours(arrays, training=training), theirs(arrays, training=training)
    for one, other in zip(got, wanted, strict=True) if isinstance(wanted, list) else [(got, wanted)]:
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("network", "widths"), [(branches, (6, 4)), (nested, (6,)), (stacked, (6,))])
def test_networks_compute_what_keras_computes(network, widths):
    import keras

    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(3, width)).astype("float32") for width in widths]
    ours, theirs = network(weigh), network(keras)
    same(ours, theirs, arrays if len(arrays) > 1 else arrays[0])
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert ours.count_params() == theirs.count_params()
    assert ours.input_shape == theirs.input_shape
    assert ours.output_shape == theirs.output_shape


@pytest.mark.parametrize("network", [branches, nested, stacked])
def test_after_the_same_seed_weights_begin_as_in_keras(network):
    import keras

    keras.utils.set_random_seed(5)
    theirs = network(keras).get_weights()
    weigh.utils.set_random_seed(5)
    for ours, its in zip(network(weigh).get_weights(), theirs, strict=True):
        np.testing.assert_allclose(ours, its, rtol=1e-6)


def test_inputs_may_come_as_a_list_a_tuple_or_a_dict_of_names():
    model = branches(weigh)
    a, b = np.ones((2, 6), "float32"), np.ones((2, 4), "float32")
    first = model([a, b])[0]
    np.testing.assert_array_equal(model((a, b))[0], first)
    np.testing.assert_array_equal(model({"b": b, "a": a})[0], first)


def test_inputs_and_outputs_keep_their_structure():
    x, y = weigh.Input((3,), name="x"), weigh.Input((3,), name="y")
    model = weigh.Model({"x": x, "y": y}, {"sum": weigh.layers.Add()([x, y])})
    out = model({"x": np.ones((1, 3), "float32"), "y": np.ones((1, 3), "float32")})
    assert list(out) == ["sum"]
    np.testing.assert_array_equal(out["sum"], [[2, 2, 2]])


def test_a_sequential_without_an_input_is_declared_when_it_is_first_called():
    model = weigh.Sequential([weigh.layers.Dense(3), weigh.layers.Dense(2)])
    assert not model.built
    with pytest.raises(NotBuiltError, match="not built"):
        model.count_params()
    model(np.zeros((5, 7), "float32"))
    assert model.count_params() == 7 * 3 + 3 + 3 * 2 + 2
    assert model(np.zeros((9, 7), "float32")).shape == (9, 2)


def test_networks_are_named_as_in_keras_also_after_a_sequential():
    import keras

    def names(k):
        x = k.Input((3,))
        stack = k.Sequential([k.Input((3,)), k.layers.Dense(2)])
        stack.add(k.layers.Dense(1))
        deferred = k.Sequential([k.layers.Dense(2)])
        deferred.build((None, 3))
        return [network.name for network in (stack, deferred, k.Model(x, k.layers.Dense(1)(x)))]

    assert names(weigh) == names(keras)


def test_a_sequential_grows_and_shrinks():
    model = weigh.Sequential([weigh.Input((4,))])
    model.add(weigh.layers.Dense(3, name="first"))
    assert model.output_shape == (None, 3)
    model.add(weigh.layers.Dense(2, name="second"))
    assert model.output_shape == (None, 2)
    assert model.pop().name == "second"
    assert model.output_shape == (None, 3)
    assert [layer.name for layer in model.layers] == ["first"]


def test_the_shape_of_the_first_layer_may_stand_in_its_arguments():
    model = weigh.Sequential([weigh.layers.Dense(3, input_shape=(4,)), weigh.layers.Dense(2)])
    assert model.count_params() == 15 + 8


def test_a_subclassed_model_is_declared_by_build_without_arrays_and_by_call():
    class Two(weigh.Model):
        def __init__(self):
            super().__init__()
            self.first = weigh.layers.Dense(3)
            self.rest = [weigh.layers.BatchNormalization(), weigh.layers.Dense(1)]

        def call(self, x, training=False):
            x = self.first(x)
            for layer in self.rest:
                x = layer(x, training=training) if isinstance(layer, weigh.layers.BatchNormalization) else layer(x)
            return x

    model = Two()
    model.build((None, 6))
    assert model.count_params() == 21 + 12 + 4
    assert [row.path for row in model.account()][:3] == ["dense/kernel", "dense/bias", "batch_normalization/gamma"]
    assert not any(weight.materialised for weight in model.weights)
    called = Two()
    assert called(np.zeros((2, 6), "float32"), training=True).shape == (2, 1)
    assert called.count_params() == 37


def test_a_subclass_of_a_functional_model_is_one():
    class Mine(weigh.Model):
        def __init__(self):
            x = weigh.Input((3,))
            super().__init__(inputs=x, outputs=weigh.layers.Dense(2)(x))

    assert Mine().count_params() == 8
    assert Mine()(np.zeros((1, 3), "float32")).shape == (1, 2)


def test_a_users_layer_in_jax_is_declared_computed_and_accounted():
    import jax.numpy as jnp

    class Scaled(weigh.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

        def call(self, x):
            return jnp.sin(x) * self.scale

    x = weigh.Input((4,))
    model = weigh.Model(x, Scaled()(x))
    assert model.output_shape == (None, 4)
    assert model.account()["scaled/scale"].shape[0].axis == -1
    np.testing.assert_allclose(model(np.ones((2, 4), "float32")), np.full((2, 4), np.sin(1)), rtol=1e-6)


def test_freezing_works_on_layers_and_models_before_and_after_building():
    import keras

    def frozen(k):
        model = nested(k)
        model.get_layer("inner").trainable = False
        model.get_layer("back").trainable = False
        model.get_layer("back").trainable = True
        early = k.layers.Dense(3, trainable=False)
        x = k.Input((2,))
        return [model, k.Model(x, early(x))]

    for ours, theirs in zip(frozen(weigh), frozen(keras), strict=True):
        assert [w.shape for w in ours.trainable_weights] == [tuple(w.shape) for w in theirs.trainable_weights]
        assert [w.shape for w in ours.non_trainable_weights] == [tuple(w.shape) for w in theirs.non_trainable_weights]


def test_weights_of_a_wrong_number_or_shape_are_refused_and_none_is_set():
    model = branches(weigh)
    before = model.get_weights()
    with pytest.raises(ShapeError, match=r"10 weights.*3 values"):
        model.set_weights(before[:3])
    wrong = [value + 1 for value in before]
    wrong[-1] = np.zeros(7)
    with pytest.raises(ShapeError, match=r"\(7,\).*first/bias.*\(2,\)"):
        model.set_weights(wrong)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_an_unbuilt_network_cannot_be_set():
    with pytest.raises(NotBuiltError, match="not built"):
        weigh.Sequential([weigh.layers.Dense(2)]).set_weights([np.zeros(2)])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([np.zeros((2, 6), "float32")], "2 inputs"),
        ([np.zeros((2, 5), "float32"), np.zeros((2, 4), "float32")], r"size 6.*\(2, 5\)"),
        ({"a": np.zeros((2, 6), "float32")}, r"\['a', 'b'\]"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(arrays, message):
    with pytest.raises(ShapeError, match=message):
        branches(weigh)(arrays)


def test_what_is_no_symbolic_tensor_is_refused_as_an_input_or_output():
    x = weigh.Input((2,))
    with pytest.raises(ArgumentError, match="`outputs` must be symbolic tensors"):
        weigh.Model(x, np.zeros(2))
    with pytest.raises(GraphError, match="at least one"):
        weigh.Model([], [])
    with pytest.raises(ArgumentError, match="both"):
        weigh.Model(inputs=x)


def test_a_sequential_takes_layers_of_different_names_only():
    with pytest.raises(ArgumentTypeError, match="takes layers, not 3"):
        weigh.Sequential([3])
    with pytest.raises(GraphError, match="named 'same' already"):
        weigh.Sequential([weigh.layers.Dense(1, name="same"), weigh.layers.Dense(2, name="same")])
    with pytest.raises(ArgumentError, match="at the head"):
        weigh.Sequential([weigh.layers.Dense(1), weigh.Input((2,))])
    with pytest.raises(ArgumentError, match="no layer"):
        weigh.Sequential().pop()


def test_layers_are_found_by_name_and_by_place():
    model = branches(weigh)
    assert model.get_layer("normal") is model.get_layer(index=[layer.name for layer in model.layers].index("normal"))
    with pytest.raises(UnknownNameError, match="'shared'"):
        model.get_layer("shaerd")
    with pytest.raises(ArgumentError, match="none at 99"):
        model.get_layer(index=99)
    with pytest.raises(ArgumentError, match="`name` or an `index`"):
        model.get_layer()


def test_a_network_can_be_cut_at_a_layers_output():
    model = nested(weigh)
    inner = model.get_layer("back")
    cut = weigh.Model(model.input, inner.output)
    assert cut.output_shape == (None, 6)
    assert inner.input.shape == (None, 4)
    with pytest.raises(GraphError, match="called 2 times"):
        _ = branches(weigh).get_layer("shared").output
    with pytest.raises(NotBuiltError, match="no symbolic input"):
        _ = weigh.layers.Dense(1).input


def test_training_before_compile_says_what_to_do():
    with pytest.raises(StateError, match=r"compile\(optimizer, loss\)"):
        branches(weigh).fit(np.zeros((1, 6)))


def test_a_constructor_that_was_not_called_first_is_told():
    class Hasty(weigh.Layer):
        def __init__(self):
            self.add_weight((2,))

    with pytest.raises(StateError, match=r"super\(\)\.__init__\(\)"):
        Hasty()


def test_automatic_names_start_anew_after_clear_session():
    assert weigh.layers.Dense(1).name == "dense"
    assert weigh.layers.Dense(1).name == "dense_1"
    weigh.utils.clear_session()
    assert weigh.layers.Dense(1).name == "dense"
