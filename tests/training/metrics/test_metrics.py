"""Metrics give Keras' numbers, in the stateful form and in the pure one, and declare what they accumulate."""

from collections.abc import Callable
from typing import Any

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from weigh.account import roles
from weigh.compute import calling
from weigh.errors import ArgumentError, FormatError, ShapeError, StateError, UnknownNameError
from weigh.training import losses, metrics

random = np.random.default_rng(0)
PROBABILITIES = random.uniform(0, 1, (12, 5)).astype("float32")
YES_OR_NO = random.integers(0, 2, (12, 5))
ONE_HOT = np.eye(5, dtype="float32")[random.integers(0, 5, 12)]
NUMBERS = ONE_HOT.argmax(-1)

CASES: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("Accuracy", {}, NUMBERS, random.integers(0, 5, 12)),
    ("BinaryAccuracy", {}, YES_OR_NO, PROBABILITIES),
    ("BinaryAccuracy", {"threshold": 0.8}, YES_OR_NO[:, :1], PROBABILITIES[:, :1]),
    ("CategoricalAccuracy", {}, ONE_HOT, PROBABILITIES),
    ("SparseCategoricalAccuracy", {}, NUMBERS, PROBABILITIES),
    ("SparseCategoricalAccuracy", {}, NUMBERS[:, None], PROBABILITIES),
    ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, PROBABILITIES),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, NUMBERS, PROBABILITIES),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, NUMBERS, PROBABILITIES.argsort()),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, YES_OR_NO, PROBABILITIES),
    ("CategoricalCrossentropy", {"from_logits": True}, ONE_HOT, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {}, NUMBERS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, NUMBERS, PROBABILITIES),
    ("MeanSquaredError", {}, YES_OR_NO, PROBABILITIES),
    ("MeanAbsoluteError", {}, YES_OR_NO, PROBABILITIES),
    ("Precision", {}, YES_OR_NO, PROBABILITIES),
    ("Precision", {"thresholds": [0.9, 0.1, 0.4, 0.4]}, YES_OR_NO, PROBABILITIES),
    ("Precision", {"thresholds": [0.0, 0.5, 1.0]}, YES_OR_NO, PROBABILITIES.round(1)),
    ("Precision", {"top_k": 2}, YES_OR_NO, PROBABILITIES),
    ("Recall", {"top_k": 3, "class_id": 1}, YES_OR_NO, PROBABILITIES),
    ("Recall", {"class_id": 4, "thresholds": 0.3}, YES_OR_NO, PROBABILITIES),
    ("Recall", {"top_k": 2, "thresholds": [0.2, 0.7]}, YES_OR_NO, PROBABILITIES),
    ("AUC", {}, YES_OR_NO, PROBABILITIES),
    ("AUC", {"thresholds": [0.7, 0.2, 0.25]}, YES_OR_NO, PROBABILITIES),
    ("AUC", {"from_logits": True}, YES_OR_NO, 8 * PROBABILITIES - 4),
    ("AUC", {"label_weights": [1.0, 2.0, 0.0, 1.0, 0.5]}, YES_OR_NO, PROBABILITIES),
    ("AUC", {"multi_label": True}, YES_OR_NO, PROBABILITIES),
    (
        "AUC",
        {"multi_label": True, "num_labels": 5, "label_weights": [1.0, 2.0, 0.0, 1.0, 0.5]},
        YES_OR_NO,
        PROBABILITIES,
    ),
    ("AUC", {"multi_label": True, "thresholds": [0.3, 0.4], "curve": "PR"}, YES_OR_NO, PROBABILITIES),
    ("AUC", {"curve": "PR", "summation_method": "majoring", "num_thresholds": 20}, YES_OR_NO, PROBABILITIES),
]
IDS = [f"{name}-{arguments}" for name, arguments, *_ in CASES]


def pair(name: str, arguments: dict[str, Any]) -> tuple[metrics.Metric, Any]:
    return getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)


def same(ours: Any, theirs: Any) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=3e-6, atol=1e-6)


def keras_number(metric: Any, batches: list[tuple[Any, ...]]) -> tuple[Any, list[Any]]:
    """What Keras' metric says after the batches, and its variables; compiled, because op by op takes seconds."""
    if getattr(metric, "_built", True) is False:
        metric._build(batches[0][1].shape)

    def compute(batches: list[tuple[Any, ...]]) -> tuple[Any, list[Any]]:
        values = [variable.value for variable in metric.variables]
        for batch in batches:
            values = metric.stateless_update_state(values, *batch)
        return metric.stateless_result(values), values

    compiles = not (getattr(metric, "multi_label", False) and not metric._thresholds_distributed_evenly)
    return (jax.jit(compute) if compiles else compute)(batches)


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), CASES, ids=IDS)
def test_a_metric_is_keras_number_over_batches_with_and_without_weights(
    name: str, arguments: dict[str, Any], y_true: Any, y_pred: Any
) -> None:
    ours, theirs = pair(name, arguments)
    batches = [(y_true[:6], y_pred[:6]), (y_true[6:], y_pred[6:], np.linspace(0, 2, 6, dtype="float32"))]
    for batch in batches:
        ours.update_state(*batch)
    number, values = keras_number(theirs, batches)
    same(ours.result(), number)
    for variable, their_variable, value in zip(ours.variables, theirs.variables, values, strict=True):
        assert (variable.path, variable.shape) == (their_variable.path, their_variable.shape)
        same(variable.numpy(), value)
    assert ours.direction == getattr(theirs, "_direction", None)
    ours.reset_state()
    assert not any(variable.numpy().any() for variable in ours.variables)


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), {case[0]: case for case in CASES}.values())
def test_the_pure_form_compiled_gives_the_stateful_number_and_changes_nothing(
    name: str, arguments: dict[str, Any], y_true: Any, y_pred: Any
) -> None:
    metric = getattr(metrics, name)(**arguments)
    metric.build(np.shape(y_true), np.shape(y_pred))
    weights = np.linspace(0, 2, 12, dtype="float32")
    values = metric.initial()
    assert list(values) == [variable.name for variable in metric.variables]
    number = jax.jit(lambda values, *data: metric.result_of(metric.update(values, *data)))(
        values, y_true, y_pred, weights
    )
    assert not any(variable.numpy().any() for variable in metric.variables)
    same(number, metric(y_true, y_pred, weights))


@pytest.mark.parametrize("weights", [None, 0.5, [1.0, 0.0, 2.0, 3.0], np.arange(12.0).reshape(4, 3)], ids=repr)
@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_mean_and_sum_weigh_values_as_keras(name: str, weights: Any) -> None:
    ours, theirs = pair(name, {})
    values = np.arange(24, dtype="float32").reshape(4, 3, 2)
    for metric in (ours, theirs):
        metric.update_state(values, weights)
        metric.update_state(values[:2])
        metric.update_state(7.0)
    same(ours.result(), theirs.result())


def test_a_mean_of_nothing_is_zero() -> None:
    assert metrics.Mean().result() == 0
    assert metrics.AUC().result() == metrics.Precision().result() == metrics.AUC(multi_label=True).result() == 0


@pytest.mark.parametrize("weighted", [False, True])
def test_a_mask_on_the_predictions_counts_in_means_as_in_keras(weighted: bool) -> None:
    y_true, y_pred = YES_OR_NO.reshape(4, 3, 5), PROBABILITIES.reshape(4, 3, 5)
    mask = np.array([[True, True, False], [True, False, False], [True] * 3, [False] * 3])
    ours_pred, their_pred = jax.numpy.asarray(y_pred), keras.ops.convert_to_tensor(y_pred)
    calling.masks.set(ours_pred, jax.numpy.asarray(mask))
    keras.src.backend.set_keras_mask(their_pred, keras.ops.convert_to_tensor(mask))
    weights = np.linspace(0, 2, 12, dtype="float32").reshape(4, 3) if weighted else None
    ours, theirs = pair("MeanSquaredError", {})
    ours.update_state(y_true, ours_pred, weights)
    theirs.update_state(y_true, their_pred, weights)
    same(ours.result(), theirs.result())


# Counting -----------------------------------------------------------------------------------------------------------

predictions = arrays.arrays(
    "float32", 30, elements=st.sampled_from([i / 8 for i in range(9)]) | st.floats(0, 1, width=32)
)
some_thresholds = st.lists(st.sampled_from([i / 8 for i in range(9)]), min_size=4, max_size=4)


@settings(max_examples=60)
@given(predictions, arrays.arrays("bool", 30), arrays.arrays("int8", 30, elements=st.integers(0, 4)), some_thresholds)
def test_counts_are_those_of_comparing_every_prediction_with_every_threshold(
    y_pred: Any, y_true: Any, weights: Any, thresholds: list[float]
) -> None:
    precision, recall = metrics.Precision(thresholds), metrics.Recall(thresholds)
    precision.update_state(y_true, y_pred, weights)
    recall.update_state(y_true, y_pred, weights)
    above = y_pred > np.array(thresholds, "float32")[:, None]
    assert (precision.true_positives.numpy() == (above & y_true) @ weights).all()
    assert (precision.false_positives.numpy() == (above & ~y_true) @ weights).all()
    assert (recall.false_negatives.numpy() == (~above & y_true) @ weights).all()


@settings(max_examples=30)
@given(predictions, arrays.arrays("bool", 30))
def test_auc_of_eight_steps_is_the_trapezoids_of_its_points(y_pred: Any, y_true: Any) -> None:
    y_pred, y_true = np.round(y_pred * 7.5) / 8, np.append(y_true[2:], [True, False])
    above = y_pred > np.array([-1, *(i / 8 for i in range(1, 8)), 2], "float32")[:, None]
    x, y = (above & ~y_true).sum(1) / (~y_true).sum(), (above & y_true).sum(1) / y_true.sum()
    assert float(metrics.AUC(9)(y_true, y_pred)) == pytest.approx(np.trapezoid(y[::-1], x[::-1]), abs=1e-6)


@pytest.mark.parametrize("method", ["interpolation", "minoring", "majoring"])
@pytest.mark.parametrize("curve", ["ROC", "PR", "PRGAIN"])
def test_every_area_of_the_same_counts_is_keras_area(curve: str, method: str) -> None:
    ours, theirs = pair("AUC", {"curve": curve, "summation_method": method, "num_thresholds": 6})
    counts = np.array([[9, 7, 4, 4, 1, 0], [8, 5, 5, 2, 0, 0], [0, 3, 3, 6, 8, 8], [0, 2, 5, 5, 8, 9]], "float32")
    same(jax.jit(ours.stateless_result)(counts), jax.jit(theirs.stateless_result)(counts))


def test_a_perfect_order_has_area_1_and_its_reverse_0() -> None:
    y_true, y_pred = np.arange(10) > 4, np.linspace(0.05, 0.95, 10)
    assert metrics.AUC()(y_true, y_pred) == 1
    assert metrics.AUC()(~y_true, y_pred) == 0


def test_half_precision_is_accumulated_in_float32() -> None:
    metric = metrics.Mean(dtype="float16")
    for _ in range(3):
        metric.update_state(np.ones(2049))
    assert metric.result() == 1
    assert {variable.dtype for variable in metric.variables} == {"float32"}
    assert float(metric.count) == 3 * 2049


# Declared accumulators ----------------------------------------------------------------------------------------------


def test_accumulators_are_declared_weights_that_an_account_can_list() -> None:
    metric = metrics.AUC()
    assert [variable.path for variable in metric.variables] == [
        "auc/true_positives",
        "auc/false_positives",
        "auc/true_negatives",
        "auc/false_negatives",
    ]
    for variable in metric.variables:
        assert (variable.role, variable.trainable, variable.shape) == (roles.METRIC, False, (200,))
        assert not variable.materialised


def zeros(shape: tuple[int, ...], dtype: str) -> Any:
    return np.zeros(shape, dtype)


def test_a_users_metric_written_for_keras_works_stateful_and_pure() -> None:
    class Largest(metrics.Metric):
        def __init__(self, name: str | None = None) -> None:
            super().__init__(name=name)
            self.largest = self.add_weight(shape=(), initializer=zeros, name="largest")
            self.seen = metrics.Mean()
            self.more = [metrics.Mean(), metrics.Sum()]

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.largest.assign(jax.numpy.maximum(self.largest.value, jax.numpy.max(y_pred)))
            for metric in (self.seen, *self.more):
                metric.update_state(y_pred)

        def result(self) -> Any:
            return {"largest": self.largest + 0.0, "mean": self.seen.result(), "sum": self.more[1].result()}

    metric = Largest()
    assert metric.name == "largest"
    names = ["largest", "mean/total", "mean/count", "mean/total:1", "mean/count:1", "sum/total"]
    values = metric.initial()
    assert list(values) == names
    assert len(metric.variables) == len(names)
    update = jax.jit(metric.update)
    values = update(update(values, None, np.array([1.0, 5.0])), None, np.array([3.0, 3.0]))
    assert {key: float(value) for key, value in metric.result_of(values).items()} == {
        "largest": 5,
        "mean": 3,
        "sum": 12,
    }
    assert metric(None, np.array([2.0]))["largest"] == 2


def test_two_accumulators_of_one_name_are_kept_apart() -> None:
    class Twice(metrics.Metric):
        def __init__(self) -> None:
            super().__init__()
            self.parts = (metrics.Sum(), metrics.Sum())

        def update_state(self, y_true: Any, y_pred: Any) -> None:
            self.parts[0].update_state(y_true)
            self.parts[1].update_state(y_pred)

        def result(self) -> Any:
            return self.parts[0].result() - self.parts[1].result()

    metric = Twice()
    values = metric.update(metric.initial(), np.array([5.0]), np.array([2.0]))
    assert list(values) == ["sum/total", "sum/total:1"]
    assert metric.result_of(values) == 3
    assert metric.stateless_result(metric.stateless_update_state(metric.stateless_reset_state(), [1.0], [4.0])) == -3


def test_a_constructor_that_forgot_its_base_is_told() -> None:
    class Forgetful(metrics.Metric):
        def __init__(self) -> None:
            self.add_variable(())

    with pytest.raises(StateError, match=r"super\(\).__init__\(\)"):
        Forgetful()


# Errors -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: metrics.BinaryAccuracy(name="mine"),
        lambda: metrics.CategoricalAccuracy(name="mine"),
        lambda: metrics.SparseCategoricalAccuracy(name="mine"),
        lambda: metrics.MeanSquaredError(name="mine"),
        lambda: metrics.AUC(name="mine"),
        lambda: metrics.Precision(name="mine"),
    ],
)
def test_labels_of_another_shape_are_told_with_both_shapes_and_the_name(make: Callable[[], metrics.Metric]) -> None:
    metric = make()
    with pytest.raises(ShapeError) as caught:
        metric.update_state(np.zeros((4, 3)), np.zeros((4, 5)))
    for part in ("'mine'", "(4, 3)", "(4, 5)"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.Precision(thresholds=[0.5, 1.5]), r"'precision'.*\[1.5\]"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds"),
        (lambda: metrics.AUC(num_labels=3), "multi_label=True"),
        (lambda: metrics.AUC(curve="RCO"), "Did you mean 'ROC'"),
        (lambda: metrics.AUC(summation_method="majorin"), "majoring"),
        (lambda: metrics.Mean().stateless_result([1.0]), "2 variables.*1 values"),
    ],
)
def test_an_argument_that_cannot_work_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize(
    ("metric", "y_pred", "weights", "message"),
    [
        (metrics.Precision(class_id=7), np.zeros((2, 5)), None, r"class 7.*\(2, 5\)"),
        (metrics.AUC(multi_label=True), np.zeros(2), None, r"\(examples, labels\).*\(2,\)"),
        (metrics.AUC(), np.zeros((2, 5)), np.ones(3), r"\(3,\).*\(2, 5\)"),
        (metrics.MeanSquaredError(), np.zeros((2, 5)), np.ones(3), r"'mean_squared_error'.*\(3,\).*\(2,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_told(metric: metrics.Metric, y_pred: Any, weights: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        metric.update_state(np.zeros_like(y_pred), y_pred, weights)


# Names and configurations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "arguments"), [case[:2] for case in CASES], ids=IDS)
def test_keras_reads_our_configuration_and_we_read_keras_own(name: str, arguments: dict[str, Any]) -> None:
    ours, theirs = pair(name, arguments)
    config, their_config = ours.get_config(), dict(theirs.get_config())
    if "label_weights" in arguments:  # Keras writes a tensor, and reads a list
        their_config["label_weights"] = arguments["label_weights"]
        assert config == their_config
        return
    assert config == their_config
    assert metrics.serialize(ours) == keras.metrics.serialize(theirs)
    assert metrics.deserialize(keras.metrics.serialize(theirs)).get_config() == config
    assert keras.metrics.deserialize(metrics.serialize(ours)).get_config() == their_config


def test_keras_reads_label_weights_that_we_wrote() -> None:
    metric = metrics.AUC(multi_label=True, num_labels=2, label_weights=[1, 3])
    assert keras.metrics.deserialize(metrics.serialize(metric)).label_weights.tolist() == [1, 3]


def test_a_wrapped_function_survives_its_configuration_here_and_in_keras() -> None:
    wrapper = metrics.MeanMetricWrapper(losses.mean_squared_error, name="mine")
    again = metrics.deserialize(metrics.serialize(wrapper))
    assert again._fn is losses.mean_squared_error
    assert again.get_config() == wrapper.get_config()
    assert metrics.serialize(wrapper) == keras.metrics.serialize(
        keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error, name="mine")
    )


@pytest.mark.parametrize(
    "name", ["mse", "MAE", "bce", "auc", "AUC", "binary_accuracy", "sparse_categorical_crossentropy"]
)
def test_a_name_means_the_metric_that_it_means_in_keras(name: str) -> None:
    assert type(metrics.get(name)).__name__ == type(keras.metrics.get(name)).__name__


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="precision"):
        metrics.get("precison")
    with pytest.raises(FormatError, match="os"):
        metrics.get({"module": "os", "class_name": "system", "config": {}})


@pytest.mark.parametrize("identifier", ["accuracy", "acc", "mse", "Precision", metrics.AUC, losses.mean_squared_error])
@pytest.mark.parametrize(
    ("true_shape", "pred_shape"),
    [
        ((None,), (None, 1)),
        ((None, 1), (None, 1)),
        ((None,), (None, 5)),
        ((None, 1), (None, 5)),
        ((None, 5), (None, 5)),
    ],
)
def test_a_metric_is_chosen_and_named_as_keras_does_in_compile(
    identifier: Any, true_shape: tuple[int | None, ...], pred_shape: tuple[int | None, ...]
) -> None:
    from keras.src.trainers.compile_utils import get_metric

    if isinstance(identifier, str):
        their_identifier = identifier
    else:
        their_identifier = getattr(keras.metrics, identifier.__name__)
    theirs = get_metric(their_identifier, keras.KerasTensor(true_shape), keras.KerasTensor(pred_shape))
    ours = metrics.resolve(identifier, true_shape, pred_shape)
    assert (type(ours).__name__, ours.name) == (type(theirs).__name__, theirs.name)


def test_crossentropy_as_a_metric_is_chosen_by_the_shapes_too() -> None:
    metric = metrics.resolve("ce", (None,), (None, 5))
    assert isinstance(metric, metrics.SparseCategoricalCrossentropy)
    assert metric.name == "ce"
