"""An account has every weight once; its totals are sums of its rows and what Keras counts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import weigh
from weigh.account.account import Account
from weigh.account.compare import reckonings
from weigh.errors import GraphError, NotBuiltError, UnknownNameError


def seed_network(library):
    x = library.Input(batch_shape=(None, 4096))
    hidden = library.layers.Dense(512, activation="relu")(x)
    hidden = library.layers.BatchNormalization()(hidden)
    hidden = library.layers.Dropout(0.5)(hidden)
    return library.Model([x], [library.layers.Dense(80, activation="sigmoid")(hidden)])


def random_network(library, widths, flags):
    x = first = library.Input((widths[0],))
    for number, (width, (kind, use_bias, scale, center)) in enumerate(zip(widths[1:], flags, strict=False)):
        if kind == "dense":
            x = library.layers.Dense(width, use_bias=use_bias)(x)
        elif kind == "norm":
            x = library.layers.BatchNormalization(scale=scale, center=center)(x)
        elif kind == "nested":
            inner = library.Input((x.shape[-1],))
            y = library.layers.BatchNormalization()(library.layers.Dense(width)(inner))
            x = library.Model(inner, y)(x)
        else:
            x = library.layers.Concatenate(name=f"both{number}")([x, library.layers.Dense(width)(x)])
    return library.Model(first, x)


networks = st.tuples(
    st.lists(st.integers(1, 40), min_size=2, max_size=6),
    st.lists(
        st.tuples(st.sampled_from(["dense", "norm", "nested", "concat"]), st.booleans(), st.booleans(), st.booleans()),
        min_size=5,
        max_size=5,
    ),
)


@given(networks, st.data())
def test_totals_are_sums_of_rows_and_what_keras_counts_under_any_frozen_layers(plan, data):
    import keras

    ours, theirs = random_network(weigh, *plan), random_network(keras, *plan)
    for mine, its in zip(ours.layers, theirs.layers, strict=True):
        mine.trainable = its.trainable = data.draw(st.booleans())
    account = ours.account()
    assert account.total == sum(row.count for row in account) == ours.count_params() == theirs.count_params()
    assert account.trainable == sum(weight.size for weight in map(_array, theirs.trainable_weights))
    assert account.non_trainable == account.total - account.trainable
    assert sum(account.by_kind().values()) == sum(account.by_role().values()) == account.total
    assert sum(part.total for part in account.by_layer().values()) == account.total
    assert [row.weight for row in account] == ours.weights
    assert len({row.path for row in account}) == len(account)


def _array(variable):
    import numpy as np

    return np.empty(variable.shape)


def test_the_seeds_network_row_by_row():
    account = seed_network(weigh).account()
    assert [(row.path, row.working, row.count, row.kind) for row in account] == [
        ("dense/kernel", "4,096 × 512", 2_097_152, "trained"),
        ("dense/bias", "512", 512, "trained"),
        ("batch_normalization/gamma", "512", 512, "trained"),
        ("batch_normalization/beta", "512", 512, "trained"),
        ("batch_normalization/moving_mean", "512", 512, "running statistic"),
        ("batch_normalization/moving_variance", "512", 512, "running statistic"),
        ("dense_1/kernel", "512 × 80", 40_960, "trained"),
        ("dense_1/bias", "80", 80, "trained"),
    ]
    assert (account.total, account.trainable, account.non_trainable) == (2_140_752, 2_139_728, 1_024)
    assert account["dense_1/kernel"].sources == ["units of dense", "units of dense_1"]
    assert account["batch_normalization/gamma"].shape[0].axis == -1
    assert account.bytes == 4 * account.total


def test_the_random_state_of_dropout_stands_beside_and_in_no_total():
    account = seed_network(weigh).account()
    assert [(row.path, row.kind, row.count) for row in account.beside] == [
        ("dropout/seed_generator_state", "random state", 2)
    ]


def test_other_tools_totals_of_the_seeds_network():
    found = {one.tool: one.total for one in reckonings(seed_network(weigh).account())}
    assert found == {
        "keras": 2_140_752,
        "torch_parameters": 2_139_728,
        "torch_state_dict": 2_140_753,
        "flax_nnx": 2_140_754,
    }


def test_a_shared_weight_is_one_row_with_two_users():
    shared = weigh.layers.Dense(4, name="shared")
    x = weigh.Input((4,))
    inner = weigh.Model(x, shared(x), name="inner")
    y = weigh.Input((4,))
    outer = weigh.Model(y, shared(inner(y)))
    account = outer.account()
    assert [row.path for row in account] == ["inner/shared/kernel", "inner/shared/bias"]
    assert account.rows[0].users == ["inner/shared", "shared"]
    assert account.total == 20


def test_frozen_is_told_apart_from_tracked():
    model = seed_network(weigh)
    model.get_layer("dense").trainable = False
    model.get_layer("batch_normalization").trainable = False
    assert model.account().by_kind() == {"frozen": 2_098_688, "running statistic": 1_024, "trained": 41_040}


def test_a_lone_layer_has_an_account_of_its_own():
    layer = weigh.layers.BatchNormalization()
    layer.build((None, 512))
    account = Account.of(layer)
    assert account.total == 2048
    assert account.rows[0].path == "batch_normalization/gamma"


def test_an_unbuilt_network_says_what_to_do():
    with pytest.raises(NotBuiltError, match=r"'dense'.*build"):
        Account.of(weigh.layers.Dense(3))


def test_two_different_weights_claiming_one_path_are_refused():
    class Twice(weigh.Layer):
        def build(self, input_shape):
            self.add_weight((2,), name="w")
            self.add_weight((3,), name="w")

    with pytest.raises(GraphError, match=r"'twice/w'.*\(2,\).*\(3,\)"):
        Twice()(weigh.Input((4,)))


def test_two_layers_inside_one_that_claim_one_path_are_refused():
    class Twin(weigh.Layer):
        def __init__(self):
            super().__init__()
            self.parts = [weigh.layers.Dense(2, name="twin"), weigh.layers.Dense(3, name="twin")]

        def call(self, x):
            return self.parts[1](self.parts[0](x))

    layer = Twin()
    layer(weigh.Input((4,)))
    with pytest.raises(GraphError, match="'twin/twin/kernel'"):
        Account.of(layer)


def test_plain_data_survives_json_and_adds_up():
    data = json.loads(json.dumps(seed_network(weigh).account().to_dict()))
    assert sum(row["count"] for row in data["weights"]) == data["total"]
    assert data["weights"][0]["sources"] == ["axis -1 of input_layer", "units of dense"]


def test_an_unknown_path_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="dense_1/kernel"):
        seed_network(weigh).account()["dense_1/kernal"]


def test_units_of_a_million_millions_are_declared_and_accounted():
    x = weigh.Input((1000,))
    model = weigh.Model(x, weigh.layers.Dense(10**12)(x))
    assert model.count_params() == model.account().total == 1001 * 10**12


def test_the_role_of_a_users_weight_is_told_from_its_name_its_attribute_or_how_it_begins() -> None:
    class Linear(weigh.Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1], 4), initializer="random_normal")
            self.kept = [
                self.add_weight((4,), initializer="zeros"),
                self.add_weight((4,), initializer="ones"),
                self.add_weight((4, 4), initializer="orthogonal"),
                self.add_weight((4,), initializer="zeros", trainable=False),
                self.add_weight((2,), initializer="zeros", role="temperature"),
            ]

    layer = Linear()
    layer.build((None, 3))
    told = {(row.role, row.evidence) for row in Account.of(layer)}
    assert told == {
        ("kernel", "held as w"),
        ("bias", "1 axis, begins by Zeros"),
        ("scale", "1 axis, begins by Ones"),
        ("kernel", "2 axes, begins by Orthogonal"),
        ("weight", ""),
        ("temperature", "declared"),
    }
