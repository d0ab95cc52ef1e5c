"""Names of an older Keras behave as the classes did, and give layers of ours."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
import weigh.compat.keras1 as keras1
import weigh.compat.keras2 as keras2
from weigh.compat.door import Door, Spelling
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError

NAMES = {"output_dim": "units", "init": "kernel_initializer", "bias": "use_bias", "input_dim": "input_dim"}


@given(st.lists(st.integers(), max_size=4), st.data())
def test_arguments_mean_the_same_by_place_and_by_name(values: list[int], data: st.DataObject) -> None:
    spelling = Spelling("Dense", NAMES, {})
    given_by_place = data.draw(st.integers(0, len(values)))
    by_name = dict(list(zip(NAMES, values, strict=False))[given_by_place:])
    translated = spelling.translate(tuple(values[:given_by_place]), by_name)
    assert translated == dict(zip(NAMES.values(), values, strict=False))


def test_a_value_is_translated_by_the_last_word_of_its_name_unless_it_is_none() -> None:
    spelling = Spelling("Dense", NAMES, {"initializer": str.upper, "units": abs})
    assert spelling.translate((-3, "zero"), {}) == {"units": 3, "kernel_initializer": "ZERO"}
    assert spelling.translate((), {"init": None}) == {"kernel_initializer": None}


@pytest.mark.parametrize("kwargs", [{"output_dim": 3}, {"units": 3}])
def test_an_argument_that_comes_twice_is_refused(kwargs: dict[str, int]) -> None:
    with pytest.raises(ArgumentTypeError, match="twice"):
        keras1.layers.Dense(3, **kwargs)


def test_too_many_arguments_are_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(ArgumentTypeError, match="at most 3 arguments without their names, p, noise_shape, seed; got 4"):
        keras1.layers.Dropout(0.5, None, None, None)


@pytest.mark.parametrize("keras", [keras1, keras2])
class TestADoor:
    def test_gives_a_layer_of_ours(self, keras: object) -> None:
        layer = keras.layers.Dense(3)
        assert isinstance(layer, weigh.layers.Dense)
        assert type(layer).__name__ == "Dense"

    def test_says_of_any_layer_of_ours_whether_it_is_of_its_class(self, keras: object) -> None:
        layers = keras.layers
        assert isinstance(layers.Dense(3), layers.Dense)
        assert isinstance(weigh.layers.Dense(3), layers.Dense)
        assert isinstance(layers.Dense(3), layers.Layer)
        assert not isinstance(layers.Dense(3), layers.Dropout)
        assert issubclass(weigh.layers.Dense, layers.Dense)
        assert issubclass(layers.Dense, layers.Layer)
        assert not issubclass(layers.Layer, layers.Dense)

    def test_has_what_the_class_has(self, keras: object) -> None:
        config = keras.layers.Dense(3, name="three").get_config()
        assert keras.layers.Dense.from_config(config).units == 3

    def test_can_be_inherited_from_with_the_old_spelling(self, keras: object) -> None:
        class Wide(keras.layers.Dense):
            def __init__(self, **options: object) -> None:
                super().__init__(100, "relu" if keras is keras2 else "uniform", **options)

        layer = Wide()
        assert isinstance(layer, weigh.layers.Dense)
        assert isinstance(layer, keras.layers.Dense)
        assert issubclass(Wide, keras.layers.Dense)
        assert layer(keras.layers.Input((7,))).shape == (None, 100)

    def test_says_in_its_repr_what_it_stands_for(self, keras: object) -> None:
        assert repr(keras.layers.Dense) == f"<{keras.__name__}.layers.Dense, a spelling of weigh.layers.Dense>"

    def test_lets_a_layer_begin_with_given_weights(self, keras: object) -> None:
        kernel, bias = numpy.arange(6.0).reshape(2, 3), numpy.ones(3)
        layer = keras.layers.Dense(3, weights=[kernel, bias])
        layer(keras.layers.Input((2,)))
        for value, wanted in zip(layer.get_weights(), (kernel, bias), strict=True):
            numpy.testing.assert_array_equal(value, wanted)

    def test_refuses_given_weights_of_other_shapes(self, keras: object) -> None:
        layer = keras.layers.Dense(3, weights=[numpy.ones((3, 2)), numpy.ones(3)])
        with pytest.raises(ShapeError, match=r"weights of shapes \[\(2, 3\), \(3,\)\]"):
            layer(keras.layers.Input((2,)))

    def test_lets_a_layer_be_asked_about_its_calls(self, keras: object) -> None:
        first, second = keras.layers.Input((2,)), keras.layers.Input((2,))
        layer = keras.layers.Dense(3)
        outputs = layer(first), layer(second)
        assert [layer.get_output_at(call) for call in (0, 1)] == list(outputs)
        assert [layer.get_input_at(call) for call in (0, 1)] == [first, second]
        assert layer.input_shape == (None, 2)
        assert layer.output_shape == layer.get_output_shape_at(1) == (None, 3)
        with pytest.raises(ArgumentError, match="was called 2 times; there is no call 2"):
            layer.get_output_at(2)

    def test_keeps_a_shape_that_differs_between_calls_to_itself(self, keras: object) -> None:
        layer = keras.layers.Activation("relu")
        layer(keras.layers.Input((2,)))
        layer(keras.layers.Input((5,)))
        with pytest.raises(ArgumentError, match="several shapes: ask `get_output_shape_at"):
            _ = layer.output_shape

    def test_stands_for_each_layer_that_the_module_names(self, keras: object) -> None:
        doors = [thing for thing in vars(keras.layers).values() if isinstance(thing, Door)]
        assert doors
        for door in doors:
            assert issubclass(door.layer_class, door.ours)
