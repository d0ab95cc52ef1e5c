"""Arrays that were found rather than declared, as rows of an account."""

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.receipt import Receipt
from weigh.account.stored import Stored


def found() -> Account:
    arrays = [
        Stored("encoder.fc.weight", (4, 8), "int32", bytes=16, elements=4, packing="8 weights in an int32", key=1),
        Stored("encoder.fc.scales", (4,), "float16", bytes=8, role=roles.QUANTISATION_SCALE),
        Stored("decoder.weight", (4, 8), "int32", bytes=16, elements=4, key=1),
        Stored("bn.running_mean", (4,), "float32", bytes=16, trainable=False, role=roles.RUNNING_MEAN, evidence="name"),
        Stored("head.bias", (2,), "float32", bytes=8, trainable=True, learnable=True, role=roles.BIAS),
        Stored("frozen", (3,), "float32", bytes=12, trainable=False, learnable=True),
    ]
    return Account.stored("model", arrays, "test", Receipt("model.bin", 100))


def test_what_shares_a_storage_is_counted_once_and_said_twice() -> None:
    account = found()
    assert account.aliases == {"decoder.weight": "encoder.fc.weight"}
    assert account["encoder.fc.weight"].users == ["encoder.fc", "decoder"]
    assert account.total == 4 * 8 + 4 + 2 + 3


def test_what_is_no_weight_stands_beside_and_is_in_no_total() -> None:
    account = found()
    assert [row.path for row in account.beside] == ["encoder.fc.scales"]
    assert account.by_kind() == {"not known": 32, "running statistic": 4, "trained": 2, "frozen": 3}


def test_stored_and_meant_are_told_apart() -> None:
    account = found()
    assert (account.stored_elements, account.stored_bytes) == (4 + 4 + 4 + 2 + 3, 16 + 8 + 16 + 8 + 12)
    assert account["encoder.fc.weight"].packing == "8 weights in an int32"


def test_what_nothing_tells_is_null_and_never_a_guess() -> None:
    data = found().to_dict()
    assert data["trainable"] is None
    assert data["non_trainable"] is None
    assert data["weights"][0]["trainable"] is None
    assert data["weights"][0]["evidence"] is None
    assert data["receipt"] == Receipt("model.bin", 100).to_dict()


def test_receipts_of_parts_add_up() -> None:
    whole, part = Receipt("folder", 10), Receipt("file", 5)
    part.bytes_read = 3
    part.refused.append("os.system was named and not called")
    whole.add(part)
    assert (whole.bytes_present, whole.bytes_read, whole.refused) == (15, 3, ["os.system was named and not called"])
    whole.add(Receipt("stream"))
    assert whole.bytes_present is None
