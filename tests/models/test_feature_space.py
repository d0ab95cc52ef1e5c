"""Rows of a table as vectors. That they are Keras' is in `tests/layers/preprocessing/test_tensorflow.py`."""

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, ArgumentTypeError, DataError, StateError
from weigh.utils import FeatureSpace

COLUMNS = {"size": [1.0, 2.0, 6.0], "colour": ["red", "blue", "red"], "code": [7, 8, 7]}
KINDS = {"size": "float", "colour": "string_categorical", "code": "integer_categorical"}


def space(**options):
    made = FeatureSpace(KINDS, **options)
    made.adapt(COLUMNS)
    return made


def test_each_column_is_prepared_and_put_beside_the_others_in_the_order_of_names():
    assert space()(COLUMNS).tolist() == [
        [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0],  # code: stranger, 7, 8; colour: stranger, red, blue; size
        [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 2.0],
        [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 6.0],
    ]


def test_one_row_alone_and_rows_by_name():
    named = space(output_mode="dict", crosses=[FeatureSpace.cross(("colour", "code"), 5, "int")])
    rows = named(COLUMNS)
    assert {name: one.shape for name, one in rows.items()} == {
        "code": (3, 3),
        "colour": (3, 3),
        "size": (3, 1),
        "colour_X_code": (3, 1),
    }
    alone = named({name: column[1] for name, column in COLUMNS.items()})
    for name, one in alone.items():
        np.testing.assert_array_equal(one, rows[name][1])


def test_it_adapts_to_batches_and_to_single_rows():
    rows = [{name: column[place] for name, column in COLUMNS.items()} for place in range(3)]
    batches = [{name: np.array(column[:2]) for name, column in COLUMNS.items()}, rows[2]]
    for data in (rows, batches, iter(rows)):
        made = FeatureSpace(KINDS)
        made.adapt(data)
        np.testing.assert_array_equal(made(COLUMNS), space()(COLUMNS))


def test_every_kind_of_feature():
    made = FeatureSpace(
        {
            "size": FeatureSpace.float_discretized(bin_boundaries=[1.5, 3.0]),
            "rescaled": FeatureSpace.float_rescaled(scale=2.0, offset=1.0),
            "code": FeatureSpace.integer_hashed(num_bins=4, output_mode="one_hot"),
            "text": FeatureSpace.feature(
                "string", weigh.layers.TextVectorization(vocabulary=["a"], output_mode="count"), "float"
            ),
        }
    )
    rows = made({"size": [2.0], "rescaled": [3.0], "code": [7], "text": ["a b a"]})
    assert rows.shape == (1, 4 + 1 + 3 + 2)
    assert rows[0, 4:].tolist() == [7.0, 0.0, 1.0, 0.0, 1.0, 2.0]


def test_a_network_begins_with_it_and_it_is_saved_with_what_it_learned(tmp_path):
    made = space()
    model = weigh.Model(made.get_inputs(), weigh.layers.Dense(1)(made.get_encoded_features()))
    data = {name: np.array(column) for name, column in COLUMNS.items()}
    model.compile("sgd", "mse")
    model.fit(data, np.ones((3, 1)), verbose=0)
    np.testing.assert_allclose(model.predict(data, verbose=0), model.layers[-1](made(COLUMNS)), rtol=1e-5)
    made.save(tmp_path / "space.keras")
    np.testing.assert_array_equal(weigh.models.load_model(tmp_path / "space.keras")(COLUMNS), made(COLUMNS))


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: FeatureSpace({}), ArgumentError, "at least one feature"),
        (lambda: FeatureSpace({"a": "colour"}), ArgumentError, "'a'.*'colour'"),
        (lambda: FeatureSpace({"a": "float"}, output_mode="list"), ArgumentError, "'list'"),
        (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]), ArgumentError, r"\['b'\]"),
        (lambda: FeatureSpace.cross(("a", "b"), 3, "float"), ArgumentError, "'float'"),
        (lambda: FeatureSpace(KINDS)(COLUMNS), StateError, "adapt"),
        (lambda: FeatureSpace(KINDS).adapt(3), ArgumentTypeError, "int"),
        (lambda: FeatureSpace(KINDS).adapt([]), DataError, "no data"),
        (lambda: FeatureSpace(KINDS).adapt([[1.0]]), ArgumentTypeError, "dict"),
        (lambda: space()({"size": [1.0]}), DataError, r"\['code', 'colour'\]"),
        (lambda: space()([1.0]), ArgumentTypeError, "dict"),
        (
            lambda: FeatureSpace({"a": FeatureSpace.string_hashed(3, "int")})({"a": ["x"]}),
            ArgumentError,
            "'a'.*output_mode='dict'",
        ),
        (
            lambda: FeatureSpace({"a": FeatureSpace.feature("float32", weigh.layers.Rescaling(2.0), "one_hot")})(
                {"a": [1.0]}
            ),
            ArgumentError,
            "cannot be one-hot",
        ),
    ],
)
def test_what_cannot_work_is_refused(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()
