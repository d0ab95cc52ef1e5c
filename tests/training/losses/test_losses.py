"""Losses give Keras' numbers, say what does not fit, and are stable where they are computed from logits."""

import subprocess
import sys
from typing import Any

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.compute import calling
from weigh.errors import ArgumentError, FormatError, ShapeError, StateError, UnknownNameError
from weigh.training import losses

REDUCTIONS = ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None]
PAIRWISE = ["BinaryCrossentropy", "CategoricalCrossentropy", "MeanSquaredError", "MeanAbsoluteError"]


def batch(name: str, shape: tuple[int, ...], logits: bool = False, seed: int = 0) -> tuple[Any, Any]:
    """Labels and predictions that suit a loss."""
    random = np.random.default_rng(seed)
    y_pred = random.normal(0, 4, shape) if logits else random.uniform(0, 1, shape)
    y_pred = y_pred.astype("float32")
    if name.startswith("Sparse"):
        return random.integers(0, shape[-1], shape[:-1]), y_pred
    if name.startswith("Categorical"):
        return np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], shape[:-1])], y_pred
    return random.integers(0, 2, shape), y_pred


def weights_for(kind: str, shape: tuple[int, ...]) -> Any:
    """Sample weights of one of the kinds that Keras takes."""
    random = np.random.default_rng(1)
    sizes = {"none": None, "one": (), "example": shape[:1] + (1,) * (len(shape) - 2), "value": shape[:-1]}[kind]
    return None if sizes is None else random.uniform(0, 2, sizes).astype("float32")


def same(ours: Any, theirs: Any, **tolerances: float) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, **({"rtol": 2e-6, "atol": 1e-7} | tolerances))


@pytest.mark.parametrize("name", [*PAIRWISE, "SparseCategoricalCrossentropy"])
def in_every_reduction(loss: type, *batch: Any) -> list[Any]:
    """Compiled together, because Keras compiles for longer than it computes."""
    return jax.jit(lambda *data: [loss(reduction=reduction)(*data) for reduction in REDUCTIONS])(*batch)


@pytest.mark.parametrize(
    ("weighting", "shape"),
    [
        ("value", (4, 5)),
        ("none", (4, 3, 5)),
        ("one", (4, 3, 5)),
        ("example", (4, 3, 5)),
        ("value", (4, 3, 5)),
    ],
)
@pytest.mark.parametrize("name", [*PAIRWISE, "SparseCategoricalCrossentropy"])
def test_every_loss_is_keras_number_under_every_weight_and_reduction(
    name: str, weighting: str, shape: tuple[int, ...]
) -> None:
    data = *batch(name, shape), weights_for(weighting, shape)
    ours = in_every_reduction(getattr(losses, name), *data)
    for our, their in zip(ours, in_every_reduction(getattr(keras.losses, name), *data), strict=True):
        same(our, their)


@pytest.mark.parametrize("name", [*PAIRWISE, "SparseCategoricalCrossentropy"])
@pytest.mark.parametrize("weighting", ["none", "value"])
def test_a_mask_on_the_predictions_counts_as_in_keras(name: str, weighting: str) -> None:
    y_true, y_pred = batch(name, (4, 3, 5))
    mask = np.array([[True, True, False], [True, False, False], [True] * 3, [False] * 3])
    sample_weight = weights_for(weighting, (4, 3, 5))

    def masked(loss: type, attach: Any) -> Any:
        def compute(y_pred: Any, mask: Any) -> list[Any]:
            attach(y_pred, mask)
            return [loss(reduction=reduction)(y_true, y_pred, sample_weight) for reduction in REDUCTIONS]

        return jax.jit(compute)(y_pred, mask)

    ours = masked(getattr(losses, name), calling.masks.set)
    theirs = masked(getattr(keras.losses, name), keras.src.backend.set_keras_mask)
    for our, their in zip(ours, theirs, strict=True):
        same(our, their)


def test_a_mask_that_leaves_nothing_gives_zero_not_nan() -> None:
    y_pred = jax.numpy.ones((2, 3, 1))
    calling.masks.set(y_pred, jax.numpy.zeros((2, 3), bool))
    assert losses.MeanSquaredError()(np.zeros((2, 3, 1)), y_pred) == 0


ARGUMENTS: list[tuple[str, dict[str, Any]]] = [
    ("BinaryCrossentropy", {"from_logits": True}),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}),
    ("BinaryCrossentropy", {"axis": 1}),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.3, "axis": 1}),
    ("CategoricalCrossentropy", {"from_logits": True}),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}),
    ("CategoricalCrossentropy", {"axis": 1, "label_smoothing": 0.2}),
    ("SparseCategoricalCrossentropy", {"from_logits": True}),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1, "from_logits": True}),
]


@pytest.mark.parametrize(("name", "arguments"), ARGUMENTS, ids=str)
def test_every_argument_is_keras_argument(name: str, arguments: dict[str, Any]) -> None:
    y_true, y_pred = batch(name, (4, 3, 5), logits=bool(arguments.get("from_logits")))
    for sample_weight in (None, weights_for("example", (4, 3, 5))):
        ours = jax.jit(getattr(losses, name)(**arguments))(y_true, y_pred, sample_weight)
        same(ours, jax.jit(getattr(keras.losses, name)(**arguments))(y_true, y_pred, sample_weight))


@pytest.mark.parametrize("name", [*PAIRWISE, "SparseCategoricalCrossentropy"])
def test_the_gradient_is_keras_gradient(name: str) -> None:
    y_true, y_pred = batch(name, (4, 5))
    ours = jax.jit(jax.grad(lambda prediction: getattr(losses, name)()(y_true, prediction)))(y_pred)
    same(
        ours, jax.jit(jax.grad(lambda prediction: getattr(keras.losses, name)()(y_true, prediction)))(y_pred), rtol=1e-5
    )


def test_probabilities_of_0_and_1_are_clipped_as_in_keras() -> None:
    y_true, y_pred = np.array([[0.0, 1.0, 0.0, 1.0]]), np.array([[0.0, 0.0, 1.0, 1.0]], "float32")
    for name in ("BinaryCrossentropy", "CategoricalCrossentropy"):
        same(getattr(losses, name)()(y_true, y_pred), getattr(keras.losses, name)()(y_true, y_pred))
    same(losses.binary_crossentropy(np.ones((1, 1)), np.zeros((1, 1))), [-np.log(np.float32(1e-7))])


@pytest.mark.parametrize(
    ("true_shape", "pred_shape"), [((4,), (4, 1)), ((4, 1), (4,)), ((4,), (4,)), ((4, 3, 1), (4, 3))]
)
def test_a_last_axis_of_size_1_may_be_missing_on_either_side(
    true_shape: tuple[int, ...], pred_shape: tuple[int, ...]
) -> None:
    y_true = np.arange(np.prod(true_shape), dtype="float32").reshape(true_shape) % 2
    y_pred = np.linspace(0.1, 0.9, np.prod(pred_shape), dtype="float32").reshape(pred_shape)
    for name in ("BinaryCrossentropy", "MeanSquaredError"):
        same(getattr(losses, name)()(y_true, y_pred), getattr(keras.losses, name)()(y_true, y_pred))


@pytest.mark.parametrize("true_shape", [(4,), (4, 1)])
def test_sparse_labels_may_have_the_axis_of_the_classes(true_shape: tuple[int, ...]) -> None:
    _, y_pred = batch("Sparse", (4, 3))
    y_true = np.array([0, 2, 1, 2]).reshape(true_shape)
    same(
        losses.SparseCategoricalCrossentropy()(y_true, y_pred),
        keras.losses.SparseCategoricalCrossentropy()(y_true, y_pred),
    )


def test_sparse_labels_work_along_any_axis() -> None:
    y_true, y_pred = batch("Sparse", (4, 3, 5))
    along_last = losses.sparse_categorical_crossentropy(y_true, y_pred)
    same(losses.sparse_categorical_crossentropy(y_true, np.moveaxis(y_pred, -1, 1), axis=1), along_last)


def test_ignored_elements_leave_no_nan_in_the_gradient() -> None:
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    y_pred = jax.numpy.array([[np.nan, 1.0], [0.3, 0.7]])
    gradient = jax.jit(jax.grad(lambda prediction: loss(np.array([-1, 1]), prediction)))(y_pred)
    assert np.isfinite(gradient).all()
    same(loss(np.array([-1, 1]), y_pred), -np.log(0.7))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_computed_in_float32(dtype: str) -> None:
    y_true, y_pred = batch("BinaryCrossentropy", (8, 5))
    half = jax.numpy.asarray(y_pred, dtype)
    for loss in (losses.BinaryCrossentropy(), losses.BinaryCrossentropy(dtype=dtype), losses.binary_crossentropy):
        value = loss(y_true, half)
        assert value.dtype == "float32"
        same(np.mean(value), keras.losses.BinaryCrossentropy()(y_true, half))


@pytest.mark.parametrize("name", [*PAIRWISE, "SparseCategoricalCrossentropy"])
def test_a_loss_works_compiled(name: str) -> None:
    y_true, y_pred = batch(name, (4, 3, 5))
    loss = getattr(losses, name)(**({"ignore_class": 1} if name.startswith("Sparse") else {}))
    same(
        jax.jit(loss)(y_true, y_pred, weights_for("value", (4, 3, 5))),
        loss(y_true, y_pred, weights_for("value", (4, 3, 5))),
    )


# From logits --------------------------------------------------------------------------------------------------------

MATCHING = [
    ("BinaryCrossentropy", "sigmoid"),
    ("CategoricalCrossentropy", "softmax"),
    ("SparseCategoricalCrossentropy", "softmax"),
]


@pytest.mark.parametrize(("name", "activation"), MATCHING)
@pytest.mark.parametrize("weighting", ["none", "example"])
def test_with_logits_is_the_loss_of_the_activated_logits(name: str, activation: str, weighting: str) -> None:
    y_true, logits = batch(name, (64, 5), logits=True)
    loss, sample_weight = getattr(losses, name)(), weights_for(weighting, (64, 5))
    assert loss.matching_activation == activation
    y_pred = getattr(jax.nn, activation)(logits)
    same(loss.with_logits(y_true, logits, sample_weight), loss(y_true, y_pred, sample_weight), rtol=5e-5)
    ours = jax.jit(jax.grad(lambda x: loss.with_logits(y_true, x, sample_weight)))(logits)
    theirs = jax.jit(jax.grad(lambda x: loss(y_true, getattr(jax.nn, activation)(x), sample_weight)))(logits)
    same(ours, theirs, rtol=1e-4, atol=1e-5)


@settings(max_examples=100)
@given(st.floats(0, 15, width=32), st.booleans())
def test_with_logits_differs_by_the_rounding_of_the_probability_and_no_more(size: float, positive: bool) -> None:
    logit = np.array([[size if positive else -size]], "float32")
    loss = losses.BinaryCrossentropy()
    for label in (0.0, 1.0):
        from_probability = float(loss([[label]], jax.nn.sigmoid(logit)))
        exact = np.logaddexp(0.0, np.float64(logit[0, 0]) * (1 - 2 * label))
        from_logit = float(loss.with_logits([[label]], logit))
        assert from_logit == pytest.approx(exact, rel=1e-6, abs=1e-12)
        assert from_logit == pytest.approx(from_probability, rel=1e-6, abs=2.0**-22 * np.exp(size))


def test_with_logits_goes_on_where_clipped_probabilities_stop() -> None:
    loss, wrong = losses.BinaryCrossentropy(), np.array([[30.0]], "float32")
    assert float(loss([[0.0]], jax.nn.sigmoid(wrong))) == pytest.approx(15.94, abs=0.01)
    assert float(loss([[1.0]], jax.nn.sigmoid(-wrong))) == pytest.approx(16.12, abs=0.01)
    assert jax.jit(jax.grad(lambda x: loss([[0.0]], jax.nn.sigmoid(x))))(wrong) == 0
    assert float(loss.with_logits([[0.0]], wrong)) == 30
    assert jax.jit(jax.grad(lambda x: loss.with_logits([[0.0]], x)))(wrong) == 1


def test_a_wrapped_function_of_ours_knows_its_activation() -> None:
    y_true, logits = batch("BinaryCrossentropy", (4, 5), logits=True)
    loss = losses.resolve("binary_crossentropy", (4, 5), (4, 5))
    assert loss.matching_activation == "sigmoid"
    same(loss.with_logits(y_true, logits), losses.BinaryCrossentropy(from_logits=True)(y_true, logits))


@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError(),
        losses.BinaryCrossentropy(from_logits=True),
        losses.CategoricalCrossentropy(axis=1),
        losses.LossFunctionWrapper(lambda y_true, y_pred: y_pred),
        losses.Loss(),
    ],
    ids=repr,
)
def test_a_loss_that_undoes_no_activation_says_so(loss: losses.Loss) -> None:
    assert loss.matching_activation is None
    with pytest.raises(StateError, match=loss.name):
        loss.with_logits([[1.0]], [[1.0]])


# Errors -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAIRWISE)
@pytest.mark.parametrize(("true_shape", "pred_shape"), [((4, 3), (4, 5)), ((4,), (4, 5)), ((4, 1), (4, 5))])
def test_labels_of_another_shape_are_told_with_both_shapes_and_the_name(
    name: str, true_shape: tuple[int, ...], pred_shape: tuple[int, ...]
) -> None:
    loss = getattr(losses, name)(name="mine")
    with pytest.raises(ShapeError) as caught:
        loss(np.zeros(true_shape), np.zeros(pred_shape))
    for part in ("'mine'", str(true_shape), str(pred_shape)):
        assert part in str(caught.value)


def test_one_hot_labels_in_a_sparse_loss_are_told_which_loss_would_fit() -> None:
    with pytest.raises(ShapeError, match=r"\(4, 3\).*\(4, 3\).*needs \(4,\).*'categorical_crossentropy'"):
        losses.SparseCategoricalCrossentropy()(np.zeros((4, 3)), np.ones((4, 3)))


def test_weights_that_do_not_fit_are_told_with_their_shape() -> None:
    with pytest.raises(ShapeError, match=r"'mean_squared_error'.*shape \(3,\) for values of shape \(4,\)"):
        losses.MeanSquaredError()(np.zeros((4, 2)), np.ones((4, 2)), np.ones(3))


def test_weights_of_examples_hold_for_all_their_steps() -> None:
    y_true, y_pred = batch("MeanSquaredError", (3, 3, 5))
    sample_weight = np.array([1.0, 2.0, 4.0])
    loss = losses.MeanSquaredError()
    same(loss(y_true, y_pred, sample_weight), loss(y_true, y_pred, sample_weight[:, None]))


def test_an_unknown_reduction_is_refused() -> None:
    with pytest.raises(ArgumentError, match="sum_over_batch_size"):
        losses.MeanSquaredError(reduction="average")


def test_one_class_in_categorical_crossentropy_is_warned_about() -> None:
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        losses.categorical_crossentropy(np.ones((2, 1)), np.ones((2, 1)))


# Names and configurations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAIRWISE, "SparseCategoricalCrossentropy"])
def test_keras_reads_our_configuration_and_we_read_keras_own(name: str) -> None:
    ours, theirs = getattr(losses, name), getattr(keras.losses, name)
    assert losses.serialize(ours()) == keras.losses.serialize(theirs())
    mine = ours(reduction="sum", name="mine")
    assert keras.losses.deserialize(losses.serialize(mine)).get_config() == mine.get_config()
    theirs_summed = theirs(reduction="none")
    assert losses.deserialize(keras.losses.serialize(theirs_summed)).get_config() == theirs_summed.get_config()


def test_another_axis_of_a_sparse_loss_survives_its_configuration() -> None:
    loss = losses.SparseCategoricalCrossentropy(axis=1)
    assert losses.deserialize(losses.serialize(loss)).axis == 1


def test_a_wrapped_function_survives_its_configuration() -> None:
    wrapper = losses.LossFunctionWrapper(losses.binary_crossentropy, name="bce", label_smoothing=0.1)
    again = losses.deserialize(losses.serialize(wrapper))
    assert again.fn is losses.binary_crossentropy
    assert again.get_config() == wrapper.get_config()


@pytest.mark.parametrize("name", ["mse", "MSE", "mae", "MAE", "bce", "BCE", "sparse_categorical_crossentropy"])
def test_a_name_means_the_function_that_it_means_in_keras(name: str) -> None:
    assert losses.get(name).__name__ == keras.losses.get(name).__name__
    assert losses.deserialize(keras.losses.serialize(keras.losses.get(name))) is losses.get(name)
    assert losses.serialize(losses.get(name)) == keras.losses.serialize(keras.losses.get(name))


def test_a_class_name_a_class_an_object_and_none_are_taken_too() -> None:
    loss = losses.MeanSquaredError()
    assert isinstance(losses.get("MeanSquaredError"), losses.MeanSquaredError)
    assert isinstance(losses.get(losses.MeanSquaredError), losses.MeanSquaredError)
    assert losses.get(losses.serialize(loss)).name == "mean_squared_error"
    assert losses.get(loss) is loss
    assert losses.get(None) is None


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="mean_squared_error"):
        losses.get("mean_square_error")
    with pytest.raises(FormatError, match="os"):
        losses.deserialize({"module": "os", "class_name": "system", "config": {}})


@pytest.mark.parametrize(
    ("true_shape", "pred_shape", "kind"),
    [
        ((None,), (None, 1), "binary"),
        ((None, 1), (None, 1), "binary"),
        ((None,), (None, 5), "sparse"),
        ((None, 1), (None, 5), "sparse"),
        ((None, 5), (None, 5), "categorical"),
    ],
)
def test_crossentropy_is_chosen_by_the_shapes_as_keras_chooses(
    true_shape: tuple[int | None, ...], pred_shape: tuple[int | None, ...], kind: str
) -> None:
    from keras.src.trainers.compile_utils import get_loss

    theirs = get_loss("ce", keras.KerasTensor(true_shape), keras.KerasTensor(pred_shape))
    ours = losses.resolve("ce", true_shape, pred_shape)
    assert losses.kind_of_labels(true_shape, pred_shape) == kind
    assert isinstance(ours, losses.LossFunctionWrapper)
    assert (ours.name, ours.fn.__name__) == (theirs.name, theirs.fn.__name__)


def test_a_users_own_loss_works_as_in_keras() -> None:
    class Cubed(losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return abs(y_true - y_pred).mean(axis=-1) ** 3

    assert Cubed().name == "cubed"
    same(Cubed(reduction="sum")([[0], [2]], [[1.0], [0.0]], [1.0, 0.5]), 5.0)

    def halved(y_true: Any, y_pred: Any) -> Any:
        return y_pred / 2

    assert losses.resolve(halved, (2, 1), (2, 1)).name == "halved"
    same(losses.resolve(halved, (2, 1), (2, 1))([[0], [2]], [[1.0], [3.0]]), 1.0)


def test_importing_losses_and_metrics_imports_neither_numpy_nor_jax() -> None:
    code = (
        "import sys, weigh.training.losses, weigh.training.metrics as metrics; metrics.AUC(); "
        "sys.exit(bool({'numpy', 'jax', 'dataclasses', 'inspect'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
