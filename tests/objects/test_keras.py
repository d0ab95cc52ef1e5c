"""Networks of Keras 3, living beside."""

import keras
import numpy as np
import pytest

import weigh
from weigh.errors import NotBuiltError


def seed() -> keras.Model:
    x = keras.Input((4096,))
    hidden = keras.layers.Dense(512, activation="relu")(x)
    hidden = keras.layers.BatchNormalization()(hidden)
    hidden = keras.layers.Dropout(0.5)(hidden)
    return keras.Model(x, keras.layers.Dense(80, activation="sigmoid")(hidden))


def test_the_three_counts_of_one_network_agree_before_and_after_training() -> None:
    model = seed()
    declared = weigh.account(model)
    model.compile("adam", "binary_crossentropy")
    compiled = weigh.account(model)
    model.fit(np.zeros((2, 4096), "float32"), np.zeros((2, 80), "float32"), verbose=0)
    trained = weigh.account(model)
    for account in (declared, compiled, trained):
        assert (account.total, account.trainable, account.non_trainable) == (2_140_752, 2_139_728, 1_024)
        assert account.by_kind() == {"trained": 2_139_728, "running statistic": 1_024}
    assert [row.kind for row in declared.beside] == ["random state"]
    assert sum(row.count for row in trained.beside if row.kind == "optimizer slot") == 2 * 2_139_728 + 2
    assert trained["batch_normalization/gamma"].sources == ["units of dense"]
    assert trained["dense/kernel"].sources == ["axis 1 of input_layer", "units of dense"]
    assert trained["dense_1/kernel"].sources == ["units of dense", "units of dense_1"]


def test_a_network_of_keras_has_the_rows_of_ours() -> None:
    def declared(library):
        return library.Sequential(
            [
                library.Input((8, 8, 3)),
                library.layers.Conv2D(4, 3),
                library.layers.BatchNormalization(),
                library.layers.SeparableConv2D(5, 3),
                library.layers.Reshape((16, 5)),
                library.layers.LSTM(3),
                library.Sequential([library.Input((3,)), library.layers.Dense(2)], name="head"),
            ]
        )

    theirs, ours = weigh.account(declared(keras)), weigh.account(declared(weigh))
    assert [(row.path, row.shape, row.role, row.kind) for row in theirs] == [
        (row.path, row.shape, row.role, row.kind) for row in ours
    ]
    assert theirs["lstm/lstm_cell/recurrent_kernel"].sources == ["units of lstm/lstm_cell", "4 × 3"]


def test_what_is_frozen_inside_is_told_from_what_is_tracked() -> None:
    inner = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.BatchNormalization()], name="inner"
    )
    inner.trainable = False
    model = keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(2)])
    assert weigh.account(model).by_kind() == {"frozen": 15 + 6, "running statistic": 6, "trained": 8}


def test_a_shared_layer_is_one_row_with_two_users() -> None:
    class Twice(keras.Model):
        def __init__(self):
            super().__init__()
            self.left = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, name="shared")], name="left")
            self.right = keras.Sequential([keras.Input((4,)), self.left.layers[0]], name="right")

        def call(self, x):
            return self.right(self.left(x))

    model = Twice()
    model(np.zeros((1, 4), "float32"))
    account = weigh.account(model)
    assert account.total == model.count_params() == 20
    assert account["left/shared/kernel"].users == ["left/shared", "right/shared"]


def test_what_is_not_built_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(NotBuiltError, match="Call it on a tensor"):
        weigh.account(keras.layers.Dense(3))


def test_an_optimizer_stands_beside_what_it_trains() -> None:
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    optimizer = keras.optimizers.SGD(momentum=0.9)
    optimizer.build(layer.trainable_variables)
    account = weigh.account(layer, optimizer)
    assert (account.total, sum(row.count for row in account.beside)) == (8, 8 + 2)
    assert weigh.account(optimizer).total == 0


def test_packed_kernels_keep_their_logical_shape() -> None:
    layer = keras.layers.Dense(4)
    layer.build((None, 6))
    layer.quantize("int4")
    account = weigh.account(layer)
    kernel = account["dense/kernel"]
    assert (kernel.shape, kernel.stored_elements, kernel.kind) == ((6, 4), 12, "frozen")
    assert kernel.packing == "2 weights in an int8, as quantization_mode says"
    assert account["dense/kernel_scale"].kind == "quantisation"
