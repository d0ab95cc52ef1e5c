"""Networks with the methods of Keras 1, trained, saved and read."""

from pathlib import Path

import numpy as np
import pytest

import weigh
import weigh.compat.keras1 as keras
from weigh.errors import ArgumentError

layers, models = keras.layers, keras.models


def small() -> object:
    return models.Sequential(
        [
            layers.Dense(8, input_dim=4, activation="hard_sigmoid", activity_regularizer="activity_l2"),
            layers.BatchNormalization(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(32, 4)), np.eye(3)[random.integers(3, size=32)]


def test_a_network_trains_and_reports_as_in_keras_1(capsys: pytest.CaptureFixture[str]) -> None:
    model = small()
    model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
    x, y = data()
    history = model.fit(x, y, 16, nb_epoch=2, verbose=0, validation_split=0.25)
    assert set(history.history) == {"loss", "acc", "val_loss", "val_acc"}
    assert len(history.epoch) == 2
    assert len(model.fit(x, y, verbose=0).epoch) == 10
    assert len(model.evaluate(x, y, verbose=0)) == 2
    assert model.predict(x).shape == (32, 3)
    np.testing.assert_array_equal(
        model.predict_classes(x, verbose=0), model.predict_proba(x, verbose=0).argmax(axis=-1)
    )
    assert capsys.readouterr().out == ""


def test_accuracy_is_renamed_wherever_it_is_named() -> None:
    x = layers.Input((4,))
    model = models.Model(x, [layers.Dense(1, name="a")(x), layers.Dense(1, name="b")(x)])
    model.compile("sgd", "mse", {"a": ["accuracy"], "b": "mae"})
    assert model.get_compile_config()["metrics"] == {"a": ["acc"], "b": "mae"}


def test_a_saved_network_comes_back_with_its_methods_and_its_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, (x, _) = small(), data()
    models.save_model(model, tmp_path / "small.keras")
    model.summary()
    read = models.load_model(tmp_path / "small.keras")
    np.testing.assert_array_equal(read.predict(x), model.predict(x))
    read.summary()
    printed = capsys.readouterr().out
    assert printed[: len(printed) // 2] == printed[len(printed) // 2 :]
    assert isinstance(models.model_from_json(model.to_json()), models.Sequential)


def test_a_functional_network_is_one_of_ours_in_files(tmp_path: Path) -> None:
    x = layers.Input((4,))
    model = models.Model(input=x, output=layers.Dense(2)(x))
    assert isinstance(model, models.Model)
    assert (model.name, type(model).__name__) == ("model_1", "Functional")
    model.save(tmp_path / "model.keras")
    assert type(weigh.saving.load_model(tmp_path / "model.keras")) is weigh.models.Functional
    assert isinstance(models.load_model(tmp_path / "model.keras"), models.Model)


def test_a_network_without_an_output_is_refused() -> None:
    with pytest.raises(ArgumentError, match="needs both `inputs` and `outputs`"):
        models.Model(input=layers.Input((4,)))


def test_freezing_a_network_freezes_its_weights_and_no_layer() -> None:
    model = small()
    model.layers[0].trainable = False
    model.trainable = False
    assert model.trainable_weights == []
    outer = models.Sequential([model, layers.Dense(1)])
    assert [weight.path for weight in outer.trainable_weights] == ["dense_3/kernel", "dense_3/bias"]
    assert [layer.trainable for layer in model.layers] == [False, True, True]
    model.trainable = True
    assert len(model.trainable_weights) == 4


class TestBehindAMerge:
    def merged(self) -> object:
        left = models.Sequential([layers.Dense(6, input_dim=4), layers.Dense(5)])
        right = models.Sequential([layers.Dense(5, input_dim=3)])
        model = models.Sequential([layers.Merge([left, right], mode="sum"), layers.Dense(2)])
        model.add(layers.Activation("softmax"))
        return model

    def test_a_network_has_the_inputs_and_layers_of_those_that_it_merges(self) -> None:
        model = self.merged()
        assert [layer.name for layer in model.layers] == ["dense_1", "dense_2", "dense_3", "dense_4", "activation_1"]
        assert model.account().total == model.count_params() == 30 + 35 + 20 + 12
        assert model.input_shape == [(None, 4), (None, 3)]

    def test_it_computes_what_the_functional_network_computes(self) -> None:
        model, random = self.merged(), np.random.default_rng(0)
        x = [random.normal(size=(7, 4)).astype("float32"), random.normal(size=(7, 3)).astype("float32")]
        (w1, b1, w2, b2, w3, b3, w4, b4) = model.get_weights()
        logits = ((x[0] @ w1 + b1) @ w2 + b2 + x[1] @ w3 + b3) @ w4 + b4
        expected = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        np.testing.assert_allclose(model.predict(x), expected, rtol=1e-5)

    def test_it_says_that_it_cannot_be_saved(self, tmp_path: Path) -> None:
        with pytest.raises(ArgumentError, match="begins with a Merge"):
            self.merged().save(tmp_path / "merged.keras")
        assert list(tmp_path.iterdir()) == []
