"""Objects of frameworks that are not installed here are imitated; their accounts are those of the real ones."""

import json
from typing import Any

import pytest
from tests.objects.imitate import FIXTURES, Imitation

import weigh

NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))


TOTALS = ("name", "format", "total", "trainable", "non_trainable", "bytes", "by_kind", "stored_bytes", "aliases")
FACTS = (
    *("path", "layer", "layer_type", "users", "shape", "dtype", "count", "bytes"),
    *("role", "kind", "trainable", "stored_elements", "sources"),
)


def facts(account: dict[str, Any]) -> dict[str, Any]:
    """What an account says of the object, without what words it uses for it."""
    rows = {where: [{name: row[name] for name in FACTS} for row in account[where]] for where in ("weights", "beside")}
    return {name: account[name] for name in TOTALS} | rows


@pytest.mark.parametrize("name", NAMES)
def test_an_imitated_object_has_the_account_of_the_real_one(name: str) -> None:
    imitated = Imitation(name)
    account = json.loads(json.dumps(weigh.account(imitated.value, imitated.optimizer).to_dict()))
    assert facts(account) == facts(imitated.account)


def test_batch_normalisation_of_torch_is_taken_apart() -> None:
    account = weigh.account(Imitation("torch_batch_norm").value)
    assert account.by_kind() == {"trained": 1024, "running statistic": 1024}
    assert [(row.path, row.kind, row.count) for row in account.beside] == [("num_batches_tracked", "counter", 1)]
    assert account["weight"].sources == ["num_features of BatchNorm1d"]
    assert account["running_var"].role == "running variance"
    assert account["running_var"].evidence == "declared"


def test_what_is_tied_frozen_lazy_or_a_view_in_torch_is_told() -> None:
    account = weigh.account(Imitation("torch").value)
    assert account.aliases == {
        "head.weight": "embedding.weight",
        "cell.weight_hh": "turned",  # the transposed view of the same numbers
        "again.weight": "slope.weight",
    }
    assert account["embedding.weight"].users == ["embedding", "head"]
    assert account["convolution.weight"].kind == "frozen"
    assert account["convolution.weight"].sources[1] == "4 ÷ 2"
    assert account["spectral.parametrizations.weight.original"].role == "kernel"
    assert {row.path: row.role for row in account.beside if row.kind != "counter"} == {
        "mask": "mask",
        "position_ids": "position table",
    }
    notes = " ".join(account.receipt.notes)
    assert "Not materialised yet, so of unknown shape and not counted: lazy.weight, lazy.bias." in notes
    assert "no state_dict: mask." in notes
    assert "bilinear.weight and view are views of one storage with 48 bytes in common" in notes


@pytest.mark.parametrize(
    ("name", "wrapper"), [("torch_parallel", "DataParallel"), ("torch_compiled", "OptimizedModule")]
)
def test_a_wrapper_of_torch_is_read_through_and_noted(name: str, wrapper: str) -> None:
    account = weigh.account(Imitation(name).value)
    assert account.rows[0].path == "0.weight"
    assert account.receipt.notes == [f"Read through {wrapper}: paths are those of the module inside."]


@pytest.mark.parametrize("name", ["torch_trained", "flax_nnx", "sklearn"])
def test_slots_stand_beside_and_in_no_total(name: str) -> None:
    imitated = Imitation(name)
    account = weigh.account(imitated.value, imitated.optimizer)
    slots = [row for row in account.beside if row.kind == "optimizer slot"]
    assert len(slots) > 2
    without = [row.count for row in weigh.account(imitated.value).rows]
    assert account.total == sum(without)


def test_a_state_of_equinox_belongs_to_the_module_that_indexes_it() -> None:
    account = weigh.account(Imitation("equinox").value)
    assert account.by_kind() == {"trained": 310, "running statistic": 8}
    assert account["1.Equinox.norm.batch_state_index.1"].role == "running variance"
    assert account["1.Equinox.norm.batch_state_index.1"].layer == "0.norm"
    assert "by Equinox's convention" in account["0.linear.weight"].evidence


def test_variables_of_flax_say_by_their_class_what_they_are() -> None:
    account = weigh.account(Imitation("flax_nnx").value)
    assert account["norm.var"].kind == "running statistic"
    assert account["norm.bias"].role == "offset"
    assert account["dropout.rngs.key"].kind == "random state"
    assert account.aliases == {"tied": "embedding.embedding"}


def test_hidden_sizes_of_a_perceptron_are_told() -> None:
    account = weigh.account(Imitation("sklearn").value)
    assert account["coefs_[1]"].sources == [
        "hidden_layer_sizes[0] of MLPClassifier",
        "hidden_layer_sizes[1] of MLPClassifier",
    ]
