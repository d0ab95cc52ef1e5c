"""Operations in explanations: a formula of their own, no weights, and what they cost."""

import pytest

import weigh
from weigh import ops
from weigh.report.explain import explanation


@pytest.fixture
def network():
    x = weigh.Input((4, 3), name="image")
    scores = ops.einsum("bij,bkj->bik", x, x[:, ::2]) * 0.5
    shown = ops.where(scores > -1, ops.softmax(scores, axis=(1, 2)), ops.array([[1.0, 2.0]]))
    return weigh.Model(x, weigh.layers.Dense(2)(ops.concatenate([shown, -abs(shown)], axis=-1)), name="network")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_network_with_operations_explains_each(network, lang, golden):
    text = explanation(network, lang=lang, width=80)
    assert max(map(len, text.splitlines())) <= 80
    golden(f"network.{lang}.txt", text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_operation_is_explained_with_its_cost(network, lang, golden):
    golden(f"einsum.{lang}.txt", explanation(network, "einsum", lang=lang, width=80))


def test_the_account_has_no_rows_for_operations(network):
    assert [row.path for row in network.account()] == ["dense/kernel", "dense/bias"]
